"""What running statements on symbols comes to: what is evaluated on the way, where it leaves, and how it ends.

    if not tickets: return []        →  Outcome((Exit(not(truth(…)), → Return([])),), Next(names))
    seats = place.seats                 Outcome((Evaluate(place.seats),), Next({… seats: place.seats}))

An outcome is a line, not a tree: two paths that both go on are one path afterwards, whose names are `if(test, a, b)`.
So a hundred branches one after the other make a hundred conditions, not as many paths as they have combinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import assert_never

from compiler import accumulators, dtypes, ir, raising, rewrite, values
from compiler.diagnostics import NOWHERE, Span
from compiler.scope import Scope, Stop, conditional, conjunction, negate


@dataclass(frozen=True, slots=True)
class Next:
    """Goes on with the next statement, with these names."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Continue:
    """Goes on with the next pass of the loop."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Break:
    """Ends the loop, with these names."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Return:
    """Ends the function."""

    value: values.Value


@dataclass(frozen=True, slots=True)
class Raise:
    """Raises."""

    error: ir.Raises


End = Next | Continue | Break | Return | Raise


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Something is evaluated that may raise, whether or not its value is used."""

    value: ir.Expr


@dataclass(frozen=True, slots=True)
class Exit:
    """Where the test holds, this outcome is all: it never comes to what follows here."""

    test: ir.Expr
    outcome: Outcome


Step = Evaluate | Exit


@dataclass(frozen=True, slots=True)
class Outcome:
    """Steps in order of evaluation, then the end."""

    steps: tuple[Step, ...]
    end: End

    @property
    def goes_on(self) -> bool:
        """Tell whether the next statement is ever come to."""
        return isinstance(self.end, Next)

    def then(self, following: Outcome) -> Outcome:
        """Return this outcome, followed by another one."""
        return Outcome((*self.steps, *following.steps), following.end)


# ---------------------------------------------------------------- putting outcomes together


def evaluated(found: Iterable[values.Value]) -> tuple[Step, ...]:
    """Return the steps that evaluate values, as far as they may raise."""
    return tuple(Evaluate(part) for one in found for part in _parts(one) if raising.may_raise(part))


def _parts(value: values.Value) -> Iterator[ir.Expr]:
    """Yield what a value is made of, in the order in which it is evaluated."""
    match value:
        case values.Table(entries):
            for key, one in entries:
                yield key
                yield from _parts(one)
        case values.Several(kind, items) if kind != "generator":
            for item in items:
                yield from _parts(item.value) if item.test is None else _tested(item.test, item.value)
        case values.Choice(test, then, orelse):
            yield from _tested(test, then)
            yield from _tested(negate(test), orelse)
        case values.Range(start, stop):
            yield from (start, stop)
        case values.Partial(function, args, keywords):
            for one in (function, *args, *(each for _, each in keywords)):
                yield from _parts(one)
        case values.BoundMethod(receiver):
            yield from _parts(receiver)
    if isinstance(value, ir.Expr):
        yield value


def _tested(test: ir.Expr, value: values.Value) -> Iterator[ir.Expr]:
    yield test
    for one in _parts(value):
        yield ir.If(test, one, ir.Const(None, dtypes.NONE), dtypes.optional(one.type), one.span)


def branch(before: Scope, test: ir.Expr, then: Outcome, orelse: Outcome, span: Span) -> Outcome:
    """Return the outcome of `if test: then else: orelse`, the test being evaluated already."""
    if not then.goes_on:
        return Outcome((Exit(test, then), *orelse.steps), orelse.end)
    if not orelse.goes_on:
        return Outcome((Exit(negate(test), orelse), *then.steps), then.end)
    assert isinstance(then.end, Next)
    assert isinstance(orelse.end, Next)
    steps = (*_under(test, then.steps), *_under(negate(test), orelse.steps))
    return Outcome(steps, Next(merge(before, test, then.end.scope, orelse.end.scope, span)))


def _under(test: ir.Expr, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    found: list[Step] = []
    for step in steps:
        match step:
            case Evaluate(value):
                none = ir.Const(None, dtypes.NONE)
                found.append(Evaluate(ir.If(test, value, none, dtypes.optional(value.type), value.span)))
            case Exit(inner, outcome):
                found.append(Exit(conjunction((test, inner), inner.span), outcome))
            case _:
                assert_never(step)
    return tuple(found)


def absorb(before: Scope, one: Outcome, kind: type[Continue] | type[Break]) -> Outcome:
    """Return the outcome after the place to which `continue` or `break` goes."""
    if not one.steps:
        return Outcome((), Next(one.end.scope)) if isinstance(one.end, kind) else one
    first, rest = one.steps[0], absorb(before, Outcome(one.steps[1:], one.end), kind)
    match first:
        case Evaluate():
            return Outcome((first, *rest.steps), rest.end)
        case Exit(test, outcome):
            return branch(before, test, absorb(before, outcome, kind), rest, test.span)
        case _:
            assert_never(first)


def merge(before: Scope, test: ir.Expr, then: Scope, orelse: Scope, span: Span) -> Scope:
    """Return the scope after a branch: names that differ become `if(test, a, b)`."""
    names: dict[str, values.Value] = {}
    for name in {**then.names, **orelse.names}:
        a, b = then.names.get(name, values.Unbound()), orelse.names.get(name, values.Unbound())
        entry = _entry(then, orelse, a, b) if isinstance(a, values.Held) and isinstance(b, values.Held) else None
        if entry is None and any(isinstance(one, values.Held) and one.owed for one in (a, b)):
            before.decline("D360", span, f"`{name}` is put on one path alone where it was got from")
        names[name] = entry or (a if a is b else merged(before, test, a, b, name, span))
    return replace(before, names=names, known=then.known & orelse.known)


def _entry(then: Scope, orelse: Scope, a: values.Held, b: values.Held) -> values.Held | None:
    """Return the entry of a dict that a name names on both paths; it is known to be there where both know it."""
    if (a.owner, a.key, a.owed) != (b.owner, b.key, b.owed):
        return None
    sides = ((then, a), (orelse, b))
    absent = [one for scope, one in sides if not isinstance(one.missing, ir.Raises) and not _is_known(scope, one)]
    return absent[0] if absent else next((one for _, one in sides if isinstance(one.missing, ir.Raises)), a)


def _is_known(scope: Scope, one: values.Held) -> bool:
    state = scope.names[one.owner]
    found = isinstance(state, ir.Expr) and accumulators.item(scope, state, one.key, one.missing, NOWHERE)
    return found in scope.known


def merged(
    before: Scope, test: ir.Expr, then: values.Value, orelse: values.Value, name: str, span: Span
) -> values.Value:
    """Return what a name holds after a branch; what cannot be one value matters only where it is read."""
    if isinstance(then, values.Conflict) or (not isinstance(then, ir.Expr) and then == orelse):
        return then
    if isinstance(orelse, values.Conflict):
        return orelse
    if isinstance(then, values.Escaped) or isinstance(orelse, values.Escaped):
        return values.Escaped()
    if isinstance(then, ir.Expr) and isinstance(orelse, ir.Expr):
        grown = _grown(test, then, orelse, span)
        if grown is not None:
            return grown
    for one in (then, orelse):
        if isinstance(one, ir.Expr) and rewrite.is_larger(one, _LARGEST):
            told = f"what `{name}` holds depends on so many branches that one expression would be too long"
            return values.Conflict(ir.Declined("D365", span, told))
    try:
        return choose(before, test, unset(then, name), unset(orelse, name), span)
    except Stop as stop:
        return values.Conflict(stop.declined)


_LARGEST = 700
"""A name's value may have so many nodes: each branch that changes it in terms of itself doubles it."""

_NEUTRAL: Mapping[str, int | str] = MappingProxyType({"int.add": 0, "int.sub": 0, "str.add": ""})
"""What added to any value leaves it as it is; of floats nothing does, as -0.0 + 0.0 is 0.0."""


def _grown(test: ir.Expr, then: ir.Expr, orelse: ir.Expr, span: Span) -> ir.Expr | None:
    """Return `if(test, x + a, x)` as `x + if(test, a, 0)`: a sum of many branches says x once, not twice a branch."""
    sums = [one for one in (then, orelse) if isinstance(one, ir.Prim) and (one.op in _NEUTRAL or one.op == "list.add")]
    if not sums or isinstance(test, ir.Const):
        return None
    grown, op = sums[0], sums[0].op
    then_bases, else_bases = _bases(then, op), _bases(orelse, op)
    common = next(((a, b) for a, one in enumerate(then_bases) for b, two in enumerate(else_bases) if one == two), None)
    if common is None:
        return None
    added = [_added(bases[:at], grown) for bases, at in zip((then_bases, else_bases), common, strict=True)]
    if added[0] is None or added[1] is None or added[0].type != added[1].type:
        return None
    if any(rewrite.is_larger(each, _LARGEST) for each in (test, added[0], added[1])):
        return None
    base = then_bases[common[0]]
    return replace(grown, args=(base, conditional(test, added[0], added[1], added[0].type, span)))


def _bases(value: ir.Expr, op: str) -> list[ir.Expr]:
    """Return a sum, what it was before its last item was added, and so on."""
    found = [value]
    while isinstance(value, ir.Prim) and value.op == op:
        value = value.args[0]
        found.append(value)
    return found


def _added(sums: list[ir.Expr], grown: ir.Prim) -> ir.Expr | None:
    """Return all that sums add one after the other; None where adding it up first would say another error."""
    items = [one.args[1] for one in reversed(sums) if isinstance(one, ir.Prim)]
    if not items:
        nothing = grown.args[1].type if grown.op == "list.add" else grown.type
        return ir.MakeList((), nothing) if grown.op == "list.add" else ir.Const(_NEUTRAL[grown.op], nothing)
    if len(items) > 1 and grown.op == "int.sub":
        return None
    if len({one.type for one in items}) > 1 or (len(items) > 1 and any(map(raising.may_raise, items))):
        return None
    return reduce(lambda a, b: ir.Prim(grown.op, (a, b), a.type, b.span), items)


def unset(value: values.Value, name: str) -> values.Value:
    """Return what reading the name gives: UnboundLocalError where it certainly was not set."""
    return values.unset(name) if isinstance(value, values.Unbound) else value


def choose(scope: Scope, test: ir.Expr, then: values.Value, orelse: values.Value, span: Span) -> values.Value:
    """Return `then if test else orelse`; declines where that has no type."""
    if isinstance(then, values.Conflict) or isinstance(orelse, values.Conflict):
        raise Stop(then.declined if isinstance(then, values.Conflict) else orelse.declined)  # type: ignore[union-attr]
    if then == orelse:
        return then
    if isinstance(test, ir.Prim) and test.op == "not":
        test, then, orelse = test.args[0], orelse, then
    a, b = scope.as_expr(then, span), scope.as_expr(orelse, span)
    if isinstance(a, ir.Raises) or isinstance(b, ir.Raises):
        return conditional(test, a, b, b.type if isinstance(a, ir.Raises) else a.type, span)
    if is_search(test, a):
        found = accumulators.unify_states(a, b)
        if found is not None and isinstance(found[0], ir.Reduce):
            return replace(found[0], empty=found[1], empty_error="", type=found[2])
    both = accumulators.unify_states(a, b)
    if both is None:
        scope.decline(
            "D313", span, f"the value is sometimes `{dtypes.show(a.type)}` and sometimes `{dtypes.show(b.type)}`"
        )
    return conditional(test, *both, span)


def is_search(test: ir.Expr, found: ir.Expr) -> bool:
    """Tell whether a value is that of the first entry of a loop, and the test whether there is one."""
    if not isinstance(test, ir.Reduce) or not isinstance(found, ir.Reduce) or found.empty_error != SEARCHED:
        return False
    return test.op == "any" and test.comp.steps == found.comp.steps and test.comp.head == ir.Const(True, dtypes.BOOL)


SEARCHED = "StopIteration"
"""Marks the search for the entry at which a loop ends; it is never read where there is none."""


def result(scope: Scope, one: Outcome, span: Span = NOWHERE) -> values.Value:
    """Return what a function gives whose body comes to this outcome."""
    match one.end:
        case Next():
            found: values.Value = ir.Const(None, dtypes.NONE)
        case Return(value):
            found = value
        case Raise(error):
            found = error
        case Break() | Continue():
            raise AssertionError("a loop's body is not a function's")
        case _:
            assert_never(one.end)
    for step in reversed(one.steps):
        match step:
            case Evaluate(value):
                found = scope.after(value, found, span if span != NOWHERE else value.span)
            case Exit(test, outcome):
                place = test.span if span == NOWHERE else span
                found = scope.after(test, choose(scope, test, result(scope, outcome, place), found, place), place)
            case _:
                assert_never(step)
    return found
