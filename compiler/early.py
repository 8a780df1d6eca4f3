"""Loops that end early at what may raise: Python comes to the first entry that decides or raises, whichever is first.

any(o.number > 3 for o in orders.values())
→  first(gt(o.number, 3) for o <- $orders, if or(is_none(o.number), gt(o.number, 3)) order o.key, empty=False)
"""

from __future__ import annotations

from dataclasses import replace

from compiler import catching, dtypes, failures, ir, raising, sequences
from compiler.diagnostics import Span
from compiler.scope import Scope, Stop, conjunction, disjunction, negate


def decided(scope: Scope, comp: ir.Comp, *, until: bool, span: Span) -> ir.Expr:
    """Return whether some (or, until False, every) head holds; `comp` has tests as heads, in order."""
    op: ir.ReduceOp = "any" if until else "all"
    plain = ir.Reduce(op, comp, dtypes.BOOL, span=span)
    steps, head = _together(comp, until=until)
    try:
        raises = tuple(one.test for one in catching.of(scope, head, span))
    except Stop:
        return plain
    if not raises or sequences.is_unordered(comp.order) or any(map(raising.may_raise, _tests(steps))):
        return plain
    settled = failures.guarded(head)
    holds = ir.Prim("truth", (settled,), dtypes.BOOL, span) if dtypes.nullable(settled.type) else settled
    deciding = disjunction((*raises, holds if until else negate(holds)), span)
    found = replace(comp, kind="list", steps=(*steps, ir.Cond(deciding)), head=head, type=dtypes.ListOf(dtypes.BOOL))
    return ir.Reduce("first", found, dtypes.BOOL, ir.Const(not until, dtypes.BOOL), span=span)


def _together(comp: ir.Comp, *, until: bool) -> tuple[tuple[ir.Step, ...], ir.Expr]:
    """Return the steps without the last conditions from one that may raise on, and a test that has them too."""
    steps = list(comp.steps)
    tests: list[ir.Expr] = []
    while steps and isinstance(steps[-1], ir.Cond):
        tests.insert(0, steps.pop().test)  # type: ignore[union-attr]  # a condition, as tested
    safe = 0
    while safe < len(tests) and not raising.may_raise(tests[safe]):
        safe += 1
    steps += [ir.Cond(one) for one in tests[:safe]]
    rest = tests[safe:]
    head = comp.head
    if rest and until:
        head = conjunction((*rest, head), head.span)
    elif rest:
        head = disjunction((negate(conjunction(rest, head.span)), head), head.span)
    return tuple(steps), head


def _tests(steps: tuple[ir.Step, ...]) -> tuple[ir.Expr, ...]:
    return tuple(step.test for step in steps if isinstance(step, ir.Cond))
