"""Operators on collections: `+` and `*` of known lists and tuples, `& | - ^` of sets, `|` of dicts.

set(tags) & {"a", "b"}  →  the items of the known one that the other holds        {"a": 1} | {"b": n}  →  one record
"""

from __future__ import annotations

from dataclasses import replace

from compiler import accumulators, comparing, displays, dtypes, ir, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conjunction, negate

_Answer = values.Value | ir.Declined | None


def joined(scope: Scope, op: str, left: values.Value, right: values.Value, span: Span) -> _Answer:
    """Return `left + right` or `left * right` of lists or tuples, None where an item is not known."""
    if op == "*":
        return _repeated(left, right, span) or _repeated(right, left, span)
    ours, theirs = _kind(left), _kind(right)
    if ours is None and theirs is None:
        return None
    for one, other, kind in ((left, right, theirs), (right, left, ours)):
        if isinstance(one, ir.MakeList) and not one.items and kind in (None, "list"):
            whole = scope.as_expr(other, span)
            return whole if isinstance(whole.type, dtypes.ListOf) else None
    if ours != theirs or ours is None:
        return None
    items = (*(displays.items_of(left) or ()), *(displays.items_of(right) or ()))
    return displays.several(ours, items, span)


def _kind(value: values.Value) -> str | None:
    match value:
        case ir.MakeList():
            return "list"
        case ir.MakePair():
            return "tuple"
        case values.Several("list" | "tuple" as kind):
            return kind
    return None


def _repeated(some: values.Value, times: values.Value, span: Span) -> values.Value | None:
    kind, items = _kind(some), displays.items_of(some)
    if kind is None or items is None or not (isinstance(times, ir.Const) and isinstance(times.value, int)):
        return None
    repeated = items * times.value
    return displays.several(kind, repeated, span) if len(repeated) <= displays.MAX_ITEMS else None


def combined(scope: Scope, op: str, left: values.Value, right: values.Value, span: Span) -> _Answer:
    """Return `left & right` and the like of two sets, or `|` of two dicts; None for anything else."""
    if op == "|":
        ours, theirs = (() if one == values.EmptyDict() else displays.entries_of(one) for one in (left, right))
        if ours is not None and theirs is not None:
            return displays.table((*ours, *theirs), span)
    if not (_is_set(left) and _is_set(right)):
        return None
    found = _of_sets(scope, op, left, right, span)
    if isinstance(found, ir.Declined) or op not in ("&", "-"):
        return found
    # Both are made, even if there is nothing to look for.
    found = scope.after(right, found, span)
    return scope.after(left, found, span) if isinstance(found, values.Several) and not found.items else found


def _of_sets(scope: Scope, op: str, left: values.Value, right: values.Value, span: Span) -> values.Value | ir.Declined:
    known, other = displays.items_of(left), displays.items_of(right)
    left = _as_rows(scope, left, span) if known is None else left
    if op == "&" and known is not None:
        return _kept(scope, known, right, True, span)
    if op == "&" and other is not None:
        return _kept(scope, other, left, True, span)
    if op == "-" and known is not None:
        return _kept(scope, known, right, False, span)
    if op in ("&", "-") and isinstance(left, ir.Comp):
        return _filtered(scope, left, right, op == "&", span)
    if op == "|" and known is not None and other is not None:
        rest = _kept(scope, other, left, False, span)
        return rest if isinstance(rest, ir.Declined) else values.Several("set", (*known, *rest.items))
    if op == "|" and not isinstance(left, values.Entries) and not isinstance(right, values.Entries):
        return accumulators.union(scope, scope.as_expr(left, span), scope.as_expr(right, span), span)
    return ir.Declined("D320", span, f"`{op}` of these sets has no SQL form")


def _is_set(value: values.Value) -> bool:
    match value:
        case values.Several("set") | values.Entries("keys"):
            return True
    return isinstance(value, ir.Expr) and isinstance(value.type, dtypes.SetOf)


def _as_rows(scope: Scope, value: values.Value, span: Span) -> values.Value:
    """Return a set that a document holds as a comprehension over its items."""
    if not isinstance(value, ir.Expr) or isinstance(value, ir.Comp):
        return value
    rows = scope.comprehend(value, span, "item")
    return replace(rows, kind="set", type=dtypes.SetOf(rows.head.type), order=())


def _kept(
    scope: Scope, items: tuple[values.Item, ...], other: values.Value, inside: bool, span: Span
) -> values.Several | ir.Declined:
    found: tuple[values.Item, ...] = ()
    for one in items:
        test = comparing.contains(scope, one.value, other, span)
        if isinstance(test, ir.Declined):
            return test
        met = test if inside else negate(test)
        found = displays.kept(found, one.value, met if one.test is None else conjunction((one.test, met), span))
    return values.Several("set", found)


def _filtered(scope: Scope, rows: ir.Comp, other: values.Value, inside: bool, span: Span) -> ir.Comp | ir.Declined:
    test = comparing.contains(scope, rows.head, other, span)
    if isinstance(test, ir.Declined):
        return test
    return replace(rows, steps=(*rows.steps, ir.Cond(test if inside else negate(test))))
