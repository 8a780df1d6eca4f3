"""Loops that pair all entries of one reference with all of another: the user wrote a cross product, and is told so.

[(u.name, o.kind) for u in users.values() for o in orders.values()]                      →  W420
[(u.name, o.kind) for u in users.values() for o in orders.values() if o.user == u]       →  nothing: a join

Any condition that reads both entries relates them, wherever it stands: what may be a join is not warned of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler import dtypes, ir, rewrite
from compiler.diagnostics import NOWHERE, Span

_Around = dict[str, str]
"""Variables of the loops around, and the reference that each goes through."""


@dataclass(frozen=True, slots=True)
class Product:
    """A loop in which every entry of `right` meets every entry of `left`."""

    left: str
    right: str
    span: Span


def products(expr: ir.Expr) -> tuple[Product, ...]:
    """Return the cross products of a getter, each place once."""
    related = tuple(_related(expr))
    found = {one.span: one for one in _of(expr, {}, related, NOWHERE)}
    return tuple(found.values())


def _related(expr: ir.Expr) -> Iterator[frozenset[str]]:
    """Yield the variables that each condition of the getter reads."""
    for one in rewrite.walk(expr):
        if isinstance(one, ir.Prim) and one.op not in ("and", "or", "not") and dtypes.required(one.type) == dtypes.BOOL:
            yield rewrite.variables(one)
        elif isinstance(one, ir.If):
            yield rewrite.variables(one.test)


def _of(expr: ir.Expr, around: _Around, related: tuple[frozenset[str], ...], near: Span) -> Iterator[Product]:
    comp = expr if isinstance(expr, ir.Comp) else expr.comp if isinstance(expr, ir.Reduce | ir.GroupBy) else None
    if comp is None:
        for child in rewrite.children(expr):
            yield from _of(child, around, related, near)
        return
    place = expr.span if expr.span != NOWHERE else comp.span if comp.span != NOWHERE else near
    # What reads nothing of the loops around is computed once for all of their passes.
    known = {var: name for var, name in around.items() if var in rewrite.variables(expr)}
    for step in comp.steps:
        for child in rewrite.step_children(step):
            yield from _of(child, known, related, place)
        if isinstance(step, ir.Gen) and isinstance(step.source, ir.Many):
            if known and not any(step.var in one and one & known.keys() for one in related):
                yield Product(next(reversed(known.values())), step.source.reference, place)
            known = {**known, step.var: step.source.reference}
    for child in (comp.head, *(() if comp.key is None else (comp.key,))):
        yield from _of(child, {**around, **known}, related, place)
