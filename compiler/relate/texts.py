"""Texts that are joined in an order that an aggregate does not keep: each is gathered behind a rank.

", ".join(u.name for u in sorted(users.values(), key=lambda u: u.age))
→  texts.joined(collect(texts.placed(rank.of(u.age) + rank.of(u.key), u.name)), ', ')
"""

from __future__ import annotations

from compiler import dtypes, ir, sequences
from compiler.operations import arranged
from compiler.relate import joins

_LIST = dtypes.ListOf(dtypes.STR)


def is_sorted(comp: ir.Comp) -> bool:
    """Tell whether the texts are in their own order, which needs no rank."""
    return bool(comp.order) and comp.order[0].key == comp.head and not comp.order[0].descending


def gathered(comp: ir.Comp) -> ir.Expr:
    """Return what is gathered of each element."""
    if is_sorted(comp):
        return comp.head
    rank: ir.Expr = ir.Const("", dtypes.STR)
    for number, one in enumerate(sequences.completed(comp.order, comp.steps)):
        own = _rank(one)
        rank = own if number == 0 else ir.Prim("str.add", (rank, own), dtypes.STR)
    return ir.Prim("texts.placed", (rank, comp.head), comp.head.type, comp.span)


def _rank(order: ir.Order) -> ir.Expr:
    key = order.key
    if sequences.is_unordered((order,)):
        raise joins.unordered((order,))
    if not arranged.can_rank(key.type):
        shown = dtypes.show(key.type)
        raise joins.decline("D353", key.span, f"`join` of texts in the order of `{shown}` has no exact SQL form")
    rank = ir.Prim("rank.of", (key,), dtypes.STR, key.span)
    return ir.Prim("rank.reversed", (rank,), dtypes.STR, key.span) if order.descending else rank


def joined(reduce: ir.Reduce, column: ir.Expr) -> ir.Expr:
    """Return the joined texts of the column that gathered them, which is None where there are none."""
    op = "texts.sorted" if is_sorted(reduce.comp) else "texts.joined"
    separator = ir.Const(reduce.separator, dtypes.STR)
    there = ir.Prim("not_none", (column,), dtypes.BOOL)
    texts = ir.Prim(op, (_known(column), separator), dtypes.STR, reduce.span)
    return ir.If(there, texts, reduce.empty or ir.Const("", dtypes.STR), dtypes.STR, reduce.span)


def _known(column: ir.Expr) -> ir.Expr:
    assert isinstance(column, ir.Column)
    return ir.Column(column.alias, column.name, _LIST, column.span)
