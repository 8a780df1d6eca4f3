"""One pass of a loop: what it makes of each name, where it leaves the loop, and what it evaluates that may raise.

if u.deaf: return u.name      leaving  truth(u.deaf)           returned  u.name
n += u.age                    ends     {n: int.add(acc(n), u.age)}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from compiler import dtypes, ir, outcomes, raising, rewrite, values
from compiler.diagnostics import Span
from compiler.outcomes import Break, Continue, Evaluate, Exit, Next, Outcome, Raise, Return
from compiler.scope import Scope, conditional, negate

TRUE = ir.Const(True, dtypes.BOOL)
FALSE = ir.Const(False, dtypes.BOOL)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass whose accumulators leave it with the types with which they entered it; `continue` is absorbed."""

    starts: Mapping[str, values.Value]
    ends: Mapping[str, values.Value]  # where the loop goes on
    body: Outcome

    @property
    def leaving(self) -> ir.Expr:
        """Return the test under which the pass is the last one."""
        return _leaving(self.body)

    @property
    def ways(self) -> set[type[outcomes.End]]:
        """Return in which ways the pass leaves the loop."""
        return {type(one) for one in _ends(self.body) if not isinstance(one, Next)}

    def left(self) -> Iterator[ir.Expr]:
        """Yield the tests under which the pass leaves, and what it returns."""
        for step in self.body.steps:
            if isinstance(step, Exit):
                yield step.test
        for end in _ends(self.body):
            if isinstance(end, Return) and isinstance(end.value, ir.Expr):
                yield end.value


def _ends(one: Outcome) -> Iterator[outcomes.End]:
    for step in one.steps:
        if isinstance(step, Exit):
            yield from _ends(step.outcome)
    yield one.end


def _leaving(one: Outcome) -> ir.Expr:
    found: ir.Expr = FALSE if isinstance(one.end, Next) else TRUE
    for step in reversed(one.steps):
        if isinstance(step, Exit):
            found = conditional(step.test, _leaving(step.outcome), found, dtypes.BOOL, step.test.span)
    return found


def ends(scope: Scope, body: Outcome, starts: Iterable[str]) -> dict[str, values.Value]:
    """Return what the names are at the end of a pass after which the loop goes on."""
    if isinstance(body.end, Next):
        return {name: body.end.scope.names.get(name, values.Unbound()) for name in starts}
    return {name: scope.names.get(name, values.Unbound()) for name in starts}  # no pass goes on


def returned(scope: Scope, one: Outcome, span: Span) -> values.Value:
    """Return what the pass gives that leaves the loop by `return` or `raise`."""
    found = _value(one.end)
    for step in reversed(one.steps):
        if isinstance(step, Exit):
            value = returned(scope, step.outcome, span)
            found = value if found is None else outcomes.choose(scope, step.test, value, found, span)
        elif found is not None and isinstance(step, Evaluate):
            found = scope.after(step.value, found, span)
    assert found is not None
    return found


def _value(end: outcomes.End) -> values.Value | None:
    match end:
        case Return(value):
            return value
        case Raise(error):
            return error
        case Next() | Break() | Continue():
            return None
        case _:
            assert_never(end)


def broken(scope: Scope, one: Outcome, span: Span) -> Scope | None:
    """Return the scope that the pass leaves that ends by `break`."""
    found = one.end.scope if isinstance(one.end, Break) else None
    for step in reversed(one.steps):
        if isinstance(step, Exit):
            there = broken(scope, step.outcome, span)
            if there is not None:
                found = there if found is None else outcomes.merge(scope, step.test, there, found, span)
    return found


# ---------------------------------------------------------------- what may raise

Evaluated = tuple[tuple[ir.Expr, ...], ir.Expr]
"""Tests that hold, and what is evaluated then."""


def evaluated(one: Outcome) -> Iterator[Evaluated]:
    """Yield what a pass evaluates that may raise, in order."""
    for step in one.steps:
        if isinstance(step, Evaluate):
            yield from _flat((), step.value)
        else:
            yield from _flat((), step.test)
            for tests, value in evaluated(step.outcome):
                yield (step.test, *tests), value


def _flat(tests: tuple[ir.Expr, ...], value: ir.Expr) -> Iterator[Evaluated]:
    match value:
        case ir.If(test, then, orelse):
            yield from _flat(tests, test)
            yield from _flat((*tests, test), then)
            yield from _flat((*tests, negate(test)), orelse)
        case ir.Prim("and" | "or" as op, args):
            for at, one in enumerate(args):
                before = args[:at] if op == "and" else tuple(negate(each) for each in args[:at])
                yield from _flat((*tests, *before), one)
        case ir.MakePair(items) | ir.MakeList(items):
            for one in items:
                yield from _flat(tests, one)
        case ir.MakeRecord(fields):
            for _, one in fields:
                yield from _flat(tests, one)
        case ir.Prim("acc.append" | "acc.extend" | "acc.set" | "acc.merge", args):
            for one in args[1:]:
                yield from _flat(tests, one)
        case ir.Prim("acc.get", (state, key, ir.Raises())) if _has(tests, state, key):
            return
        case ir.Prim("acc.get", (state, key, missing)) if not isinstance(missing, ir.Raises):
            # What the dict holds was evaluated in the pass that put it there.
            yield from _flat(tests, key)
            yield from _flat(tests, missing)
        case _ if raising.may_raise(sampled(value, tests)):
            yield tests, value


def _has(tests: tuple[ir.Expr, ...], state: ir.Expr, key: ir.Expr) -> bool:
    got = ir.Prim("acc.get", (state, key, ir.Const(None, dtypes.NONE)), dtypes.NONE)
    there = {ir.show(ir.Prim(op, args, dtypes.BOOL)) for op, args in (("acc.has", (state, key)), ("not_none", (got,)))}
    return any(ir.show(part) in there for test in tests for part in _conjuncts(test))


def sampled(value: ir.Expr, tests: tuple[ir.Expr, ...] = ()) -> ir.Expr:
    """Return the expression with any plain value in place of what was gathered: it raises the same where tests hold."""

    def sample(one: ir.Expr) -> ir.Expr | None:
        if isinstance(one, ir.Acc) or (isinstance(one, ir.Prim) and one.op in ("acc.get", "acc.field")):
            held = _SAMPLES.get(one.type)
            got = one.args[0] if isinstance(one, ir.Prim) and one.op == "acc.field" else one
            told = isinstance(got, ir.Prim) and got.op == "acc.get" and isinstance(got.args[2], ir.Raises)
            if told and isinstance(got, ir.Prim):
                told = not _has(tests, got.args[0], got.args[1])
            return None if held is None or told else ir.Const(held, one.type)
        return None

    return rewrite.transform(value, sample)


_SAMPLES: dict[dtypes.Type, int | str | Decimal] = {
    dtypes.INT: 1,
    dtypes.STR: "a",
    dtypes.DECIMAL: Decimal(1),
    dtypes.BOOL: True,
    dtypes.DATE: "2000-01-01",
    dtypes.LOCAL_DATETIME: "2000-01-01T00:00:00",
    dtypes.DATETIME: "2000-01-01T00:00:00+00:00",
    dtypes.TIMEDELTA: 1,
}


def covers(comp: ir.Comp, skip: int, tests: tuple[ir.Expr, ...], value: ir.Expr) -> bool:
    """Tell whether a fold over these combinations evaluates the value wherever the tests hold."""
    holding = {ir.show(one) for test in tests for one in _conjuncts(test)}
    inner = _gathered(_entry_of(value))
    if inner is not None:
        return _gathers(comp, skip, inner, holding)
    wanted = {ir.show(value), ir.show(_entry_of(value))}
    for step in comp.steps[skip:]:
        if not isinstance(step, ir.Cond):
            return False
        for part in _conjuncts(step.test):
            if _evaluates(part, wanted):
                return True
            if ir.show(part) not in holding:
                return False
    own = (comp.head, *(() if comp.key is None else (comp.key,)), *(one.key for one in comp.order))
    return any(_evaluates(one, wanted) for one in own)


def _gathers(comp: ir.Comp, skip: int, inner: ir.Comp, holding: set[str]) -> bool:
    """Tell whether a fold goes over all that an inner loop gathers in each pass where the tests hold."""
    at = len(comp.steps) - len(inner.steps)
    if comp.steps[at:] != inner.steps or (comp.head, comp.key) != (inner.head, inner.key):
        return False
    between = comp.steps[skip:at]
    tested = {ir.show(part) for step in between if isinstance(step, ir.Cond) for part in _conjuncts(step.test)}
    return all(isinstance(one, ir.Cond) for one in between) and tested <= holding


def _gathered(value: ir.Expr) -> ir.Comp | None:
    """Return what an inner loop gathers of each pass."""
    match value:
        case ir.Comp():
            return value
        case ir.GroupBy(comp=comp) | ir.Reduce("sum", comp):
            return comp
    return None


def _entry_of(value: ir.Expr) -> ir.Expr:
    """Return what is compared with, or added to, something gathered."""
    if isinstance(value, ir.Prim) and len(value.args) == 2:
        own = [one for one in value.args if not rewrite.mentions_acc(one)]
        if len(own) == 1:
            return own[0]
    return value


def _evaluates(expr: ir.Expr, wanted: set[str]) -> bool:
    """Tell whether evaluating the expression certainly evaluates one of the wanted."""
    if ir.show(expr) in wanted:
        return True
    match expr:
        case ir.If(test):
            return _evaluates(test, wanted)
        case ir.Prim("and" | "or", args):
            return _evaluates(args[0], wanted)
        case ir.Comp() | ir.Reduce() | ir.GroupBy():
            return False
    return any(_evaluates(one, wanted) for one in rewrite.children(expr))


def _conjuncts(test: ir.Expr) -> tuple[ir.Expr, ...]:
    return test.args if isinstance(test, ir.Prim) and test.op == "and" else (test,)
