"""Loops that pair all entries of one collection with all of another: the user wrote a cross product, and is told so.

[(u.name, o.kind) for u in users.values() for o in orders.values()]                      →  W420
[(u.name, o.kind) for u in users.values() for o in orders.values() if o.user == u]       →  nothing: a join
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler import ir, rewrite
from compiler.diagnostics import NOWHERE, Span

Outer = dict[str, str]
"""Variables of the loops around, and what they go through."""


@dataclass(frozen=True, slots=True)
class Product:
    """A loop in which every entry of `right` meets every entry of `left`."""

    left: str
    right: str
    span: Span


def products(expr: ir.Expr) -> tuple[Product, ...]:
    """Return the cross products of an expression, each place once."""
    found = {one.span: one for one in _of(expr, {}, NOWHERE)}
    return tuple(found.values())


def _of(expr: ir.Expr, outer: Outer, near: Span) -> Iterator[Product]:
    comp = expr if isinstance(expr, ir.Comp) else expr.comp if isinstance(expr, ir.Reduce | ir.GroupBy) else None
    if comp is None:
        for child in rewrite.children(expr):
            yield from _of(child, outer, near)
        return
    place = comp.span if comp.span != NOWHERE else near
    found = (expr.span if expr.span != NOWHERE else place) if isinstance(expr, ir.Reduce) else place
    tests = [step.test for step in comp.steps if isinstance(step, ir.Cond)]
    if isinstance(expr, ir.Reduce) and expr.op == "any":
        tests.append(comp.head)
    related = _related(tests)
    known = {var: name for var, name in outer.items() if var in rewrite.variables(expr)}
    for step in comp.steps:
        if isinstance(step, ir.Gen):
            yield from _met(step, known, related, found)
            known = {**known, step.var: _name(step)}
        for child in rewrite.step_children(step):
            yield from _of(child, known, found)
    for child in (comp.head, *(() if comp.key is None else (comp.key,))):
        yield from _of(child, {**outer, **known}, found)


def _met(gen: ir.Gen, known: Outer, related: list[frozenset[str]], span: Span) -> Iterator[Product]:
    """Yield the product of a loop with those before it, if no equality relates them."""
    if not known or not isinstance(gen.source, ir.Many):
        return  # the items of an entry belong to it
    if not any(gen.var in one and one & known.keys() for one in related):
        yield Product(next(reversed(known.values())), _name(gen), span)


def _related(tests: list[ir.Expr]) -> list[frozenset[str]]:
    """Return the sets of variables that an equality or a membership relates."""
    found: list[frozenset[str]] = []
    for test in tests:
        match test:
            case ir.Prim("and", args):
                found += _related(list(args))
            case ir.Prim("eq" | "list.contains" | "dict.has" | "in"):
                found.append(rewrite.variables(test))
    return found


def _name(gen: ir.Gen) -> str:
    return gen.source.reference if isinstance(gen.source, ir.Many) else gen.var
