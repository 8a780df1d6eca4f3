"""Walking and rewriting IR: children, substitution, fresh variables.

substitute(head, {EntryValue("t"): Column("e", "value")})        fresh(comp, names) → the same with new variables
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import assert_never

from compiler import ir

Rewrite = Callable[[ir.Expr], ir.Expr | None]


def transform(expr: ir.Expr, rewrite: Rewrite) -> ir.Expr:
    """Rebuild top down: where `rewrite` answers an expression it stands, elsewhere the children are rebuilt."""
    answer = rewrite(expr)
    if answer is not None:
        return answer

    def go(child: ir.Expr) -> ir.Expr:
        return transform(child, rewrite)

    match expr:
        case (
            ir.Const() | ir.One() | ir.EntryKey() | ir.EntryValue() | ir.EntryPart() | ir.Column() | ir.Acc()
            | ir.Raises()
        ):  # fmt: skip
            return expr
        case ir.Attr():
            return replace(expr, entity=go(expr.entity))
        case ir.Lookup():
            return replace(expr, key=go(expr.key))
        case ir.Prim():
            return replace(expr, args=tuple(map(go, expr.args)))
        case ir.If():
            return replace(expr, test=go(expr.test), then=go(expr.then), orelse=go(expr.orelse))
        case ir.MakeRecord():
            return replace(expr, fields=tuple((name, go(value)) for name, value in expr.fields))
        case ir.MakePair() | ir.MakeList():
            return replace(expr, items=tuple(map(go, expr.items)))
        case ir.Comp():
            return transform_comp(expr, go)
        case ir.Reduce():
            return replace(
                expr, comp=transform_comp(expr.comp, go), empty=None if expr.empty is None else go(expr.empty)
            )
        case ir.GroupBy():
            return replace(expr, comp=transform_comp(expr.comp, go))
        case _:
            assert_never(expr)


def transform_comp(comp: ir.Comp, go: Callable[[ir.Expr], ir.Expr]) -> ir.Comp:
    """Rebuild a comprehension from its direct subexpressions."""
    return replace(
        comp,
        steps=tuple(_transform_step(step, go) for step in comp.steps),
        head=go(comp.head),
        key=None if comp.key is None else go(comp.key),
        order=tuple(replace(one, key=go(one.key)) for one in comp.order),
    )


def _transform_step(step: ir.Step, go: Callable[[ir.Expr], ir.Expr]) -> ir.Step:
    match step:
        case ir.Cond(test):
            return ir.Cond(go(test))
        case ir.Gen(var, ir.Items() as source):
            return ir.Gen(var, replace(source, value=go(source.value)))
        case ir.Cut():
            order = tuple(replace(one, key=go(one.key)) for one in step.order)
            per = None if step.per is None else go(step.per)
            return replace(step, order=order, per=per, heads=tuple(map(go, step.heads)))
    return step


def children(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the direct subexpressions, in evaluation order."""
    match expr:
        case (
            ir.Const() | ir.One() | ir.EntryKey() | ir.EntryValue() | ir.EntryPart() | ir.Column() | ir.Acc()
            | ir.Raises()
        ):  # fmt: skip
            return ()
        case ir.Attr():
            return (expr.entity,)
        case ir.Lookup():
            return (expr.key,)
        case ir.Prim():
            return expr.args
        case ir.If():
            return (expr.test, expr.then, expr.orelse)
        case ir.MakeRecord():
            return tuple(value for _, value in expr.fields)
        case ir.MakePair() | ir.MakeList():
            return expr.items
        case ir.Comp():
            return comp_children(expr)
        case ir.Reduce():
            return comp_children(expr.comp) + (() if expr.empty is None else (expr.empty,))
        case ir.GroupBy():
            return comp_children(expr.comp)
        case _:
            assert_never(expr)


def comp_children(comp: ir.Comp) -> tuple[ir.Expr, ...]:
    """Return the direct subexpressions of a comprehension."""
    steps: list[ir.Expr] = []
    for step in comp.steps:
        steps += step_children(step)
    key = () if comp.key is None else (comp.key,)
    return (*steps, *key, comp.head, *(one.key for one in comp.order))


def step_children(step: ir.Step) -> tuple[ir.Expr, ...]:
    """Return the direct subexpressions of a step."""
    match step:
        case ir.Cond(test):
            return (test,)
        case ir.Gen(_, ir.Items(value)):
            return (value,)
        case ir.Cut(order=order, per=per, heads=heads):
            return (*(one.key for one in order), *(() if per is None else (per,)), *heads)
    return ()


def walk(expr: ir.Expr) -> Iterator[ir.Expr]:
    """Yield the expression and everything below it, in pre-order."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def is_larger(expr: ir.Expr, limit: int) -> bool:
    """Tell whether an expression has more nodes than the limit, written out; looks at no more than that."""
    pending, number = [expr], 0
    while pending and number <= limit:
        number += 1
        pending.extend(children(pending.pop()))
    return number > limit


def variables(expr: ir.Expr) -> frozenset[str]:
    """Return the generator variables that occur in the expression."""
    return frozenset(one.var for one in walk(expr) if isinstance(one, ir.EntryKey | ir.EntryValue | ir.EntryPart))


def bound(expr: ir.Expr) -> frozenset[str]:
    """Return the variables that generators in the expression bind."""
    return frozenset(step.var for one in _comps(expr) for step in one.steps if isinstance(step, ir.Gen))


def mentions_acc(expr: ir.Expr, name: str | None = None) -> bool:
    """Tell whether an accumulator (of that name) occurs."""
    return any(isinstance(one, ir.Acc) and name in (None, one.name) for one in walk(expr))


def fresh(comp: ir.Comp, name: Callable[[str], str]) -> ir.Comp:
    """Return the comprehension with new names for all variables that it binds (nested ones too)."""
    bound = {step.var: name(step.var) for one in _comps(comp) for step in one.steps if isinstance(step, ir.Gen)}

    def rename(expr: ir.Expr) -> ir.Expr | None:
        match expr:
            case ir.EntryKey(var) | ir.EntryValue(var) | ir.EntryPart(var) if var in bound:
                return replace(expr, var=bound[var])
            case ir.Comp():
                return _rebind(transform_comp(expr, lambda child: transform(child, rename)), bound)
            case ir.Reduce():
                inner = _rebind(transform_comp(expr.comp, lambda child: transform(child, rename)), bound)
                empty = None if expr.empty is None else transform(expr.empty, rename)
                return replace(expr, comp=inner, empty=empty)
            case ir.GroupBy():
                return replace(
                    expr, comp=_rebind(transform_comp(expr.comp, lambda child: transform(child, rename)), bound)
                )
            case _:
                return None

    renamed = transform(comp, rename)
    assert isinstance(renamed, ir.Comp)
    return renamed


def _rebind(comp: ir.Comp, bound: dict[str, str]) -> ir.Comp:
    def rebind(step: ir.Step) -> ir.Step:
        match step:
            case ir.Gen(var):
                return replace(step, var=bound.get(var, var))
            case ir.Cut(over):
                return replace(step, over=tuple(bound.get(var, var) for var in over))
        return step

    return replace(comp, steps=tuple(map(rebind, comp.steps)))


def _comps(expr: ir.Expr) -> Iterator[ir.Comp]:
    for one in walk(expr):
        if isinstance(one, ir.Comp):
            yield one
        elif isinstance(one, ir.Reduce | ir.GroupBy):
            yield one.comp
