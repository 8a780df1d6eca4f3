"""Statements to values: what a function returns, found by running its body on symbols.

if not tickets: return []          →  if(exists(tickets), [...], [])
return [...]
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from compiler import (
    accumulators,
    catching,
    changes,
    conditions,
    displays,
    dtypes,
    failures,
    ir,
    loops,
    outcomes,
    patterns,
    raising,
    rewrite,
    syntax,
    targets,
    values,
)
from compiler.diagnostics import Span
from compiler.outcomes import Exit, Next, Outcome
from compiler.scope import Scope, Stop, negate


def run(scope: Scope, body: tuple[syntax.Stmt, ...]) -> values.Value:
    """Return the value of a function body; falling off its end gives None."""
    unset: dict[str, values.Value] = {
        name: values.Unbound() for name in sorted(targets.bound(body)) if name not in scope.names
    }
    scope = scope.bind(unset)
    return outcomes.result(scope, execute(scope, body))


def execute(scope: Scope, body: tuple[syntax.Stmt, ...]) -> Outcome:
    """Return the outcome of statements."""
    steps: list[outcomes.Step] = []
    for at, node in enumerate(body):
        rest = body[at + 1 :]
        branches = isinstance(node, syntax.If | syntax.Match) and bool(rest) and not scope.shared.probing
        one = _branching(scope, node, rest) if branches else _probed(scope, node)
        steps += one.steps
        if branches or not one.goes_on:
            return Outcome(tuple(steps), one.end)
        assert isinstance(one.end, Next)
        scope = one.end.scope
    return Outcome(tuple(steps), Next(scope))


def _probed(scope: Scope, node: syntax.Stmt) -> Outcome:
    """Run a statement; while types are being learned, leave out what cannot be built yet."""
    if not scope.shared.probing:
        return _statement(scope, node)
    try:
        return _statement(scope, node)
    except Stop as stop:
        if stop.declined.code[0] == "E":
            raise
        if isinstance(node, syntax.If):
            either = ir.Acc("", dtypes.BOOL)
            then, orelse = execute(scope, node.body), execute(scope, node.orelse)
            return outcomes.branch(scope, either, then, orelse, node.span)
        return Outcome((), Next(scope))


def _branching(scope: Scope, node: syntax.Stmt, rest: tuple[syntax.Stmt, ...]) -> Outcome:
    """Run what follows a branch once, on names that are `if(test, a, b)`; where that has no SQL, once per branch."""
    one = _statement(scope, node)
    if not isinstance(one.end, Next):
        return one
    after = one.end.scope
    used = dict(scope.shared.used)
    try:
        return one.then(execute(after, rest))
    except Stop as stop:
        differs = any(value is not scope.names.get(name) for name, value in after.names.items())
        too_long = stop.declined.code == "D365"  # and would be so in each of twice as many paths
        if stop.declined.code[0] == "E" or too_long or not differs or not scope.shared.may_split():
            raise
        scope.shared.used = used
        try:
            return _statement(scope, node, rest)
        except Stop:
            raise stop from None


def _statement(scope: Scope, node: syntax.Stmt, rest: tuple[syntax.Stmt, ...] = ()) -> Outcome:
    """Return the outcome of one statement; `rest` goes on at the end of each of its branches."""
    match node:
        case syntax.If():
            return _if(scope, node, rest)
        case syntax.Return(value):
            return _return(scope, value, node.span)
        case syntax.Raise():
            return _raise(scope, node)
        case syntax.Assert(test, message):
            return _assert(scope, test, message, node.span)
        case syntax.Break() if changes.owed(scope):
            scope.decline("D360", node.span, "the loop ends before what was got from a dict is put there")
        case syntax.Break():
            return Outcome((), outcomes.Break(scope))
        case syntax.Continue():
            return Outcome((), outcomes.Continue(scope))
        case syntax.For():
            return _for(scope, node)
        case syntax.While():
            return _while(scope, node, 0)
        case syntax.Match():
            return _match(scope, node, rest)
        case syntax.Try():
            return _try(scope, node)
    return _simple(scope, node)


def _simple(scope: Scope, node: syntax.Stmt) -> Outcome:
    """Return the outcome of a statement that neither branches nor loops."""
    match node:
        case syntax.Pass():
            return Outcome((), Next(scope))
        case syntax.Assign(target, value):
            return _assign(scope, target, value, node)
        case syntax.AugAssign():
            return _augmented(scope, node)
        case syntax.Delete(name):
            unbound = scope.names.get(name, values.Unbound())
            steps = outcomes.evaluated((outcomes.unset(unbound, name),))
            return Outcome(steps, Next(scope.bind({name: values.Unbound()})))
        case syntax.Define(function):
            return Outcome(
                (), Next(scope.bind({function.name: scope.nested(function.name, function.params, function.body)}))
            )
        case syntax.ExprStmt(syntax.Call(syntax.Attribute(owner, method)) as call) if method in targets.MUTATORS:
            return _change(scope, call, method, owner)
        case syntax.ExprStmt(value):
            bound, plain = conditions.hoisted(scope, value)
            built = bound.build(plain)
            return Outcome(outcomes.evaluated((*_new(scope, bound), built)), Next(bound))
        case syntax.OpaqueStmt(reason):
            scope.decline("D301", node.span, f"{reason} has no SQL form")
    scope.decline("D301", node.span, f"`{type(node).__name__.lower()}` here has no SQL form")


def _new(before: Scope, now: Scope) -> tuple[values.Value, ...]:
    return tuple(value for name, value in now.names.items() if value is not before.names.get(name))


# ---------------------------------------------------------------- ways out


def _return(scope: Scope, value: syntax.Expr | None, span: Span) -> Outcome:
    if value is None:
        return Outcome((), outcomes.Return(ir.Const(None, dtypes.NONE, span)))
    bound, plain = conditions.hoisted(scope, value)
    return Outcome(outcomes.evaluated(_new(scope, bound)), outcomes.Return(bound.build(plain)))


def _raise(scope: Scope, node: syntax.Raise) -> Outcome:
    match node.exc:
        case None if isinstance(scope.names.get(_HANDLED), ir.Raises):
            again = scope.names[_HANDLED]
            assert isinstance(again, ir.Raises)
            return Outcome((), outcomes.Raise(again))
        case None:
            scope.decline("D301", node.span, "`raise` alone, where SQL does not know what is raised,")
        case syntax.Call(func, args):
            parts = tuple(scope.build(one) for one in args)
            text = args[0].value if len(args) == 1 and isinstance(args[0], syntax.Literal) else ""
            error = ir.Raises(_exception(scope, func), str(text) if args else "", span=node.span)
            return Outcome(outcomes.evaluated(parts), outcomes.Raise(error))
        case exc:
            return Outcome((), outcomes.Raise(ir.Raises(_exception(scope, exc), "", span=node.span)))


_HANDLED = "*raise"
"""Under this name a handler's scope keeps what `raise` alone raises again."""


def _exception(scope: Scope, node: syntax.Expr) -> str:
    match node:
        case syntax.Name(name) if name not in scope.names:
            return name
        case syntax.Attribute(_, name):
            return name
    scope.decline("D301", node.span, "`raise` of a value has no SQL form")


def _assert(scope: Scope, test: syntax.Expr, message: syntax.Expr | None, span: Span) -> Outcome:
    tested = conditions.test(scope, test)
    text = str(message.value) if isinstance(message, syntax.Literal) else ""
    parts = () if message is None else (tested.fails.build(message),)
    fails = Outcome(outcomes.evaluated(parts), outcomes.Raise(ir.Raises("AssertionError", text, span=span)))
    if isinstance(tested.test, ir.Const):
        return Outcome((), Next(tested.holds)) if tested.test.value else fails
    steps = outcomes.evaluated((*_new(scope, tested.holds), tested.test))
    return Outcome((*steps, Exit(negate(tested.test), fails)), Next(tested.holds))


# ---------------------------------------------------------------- branches


def _if(scope: Scope, node: syntax.If, rest: tuple[syntax.Stmt, ...]) -> Outcome:
    tested = conditions.test(scope, node.test)
    if isinstance(tested.test, ir.Const):
        chosen, body = (tested.holds, node.body) if tested.test.value else (tested.fails, node.orelse)
        return Outcome(outcomes.evaluated(_new(scope, chosen)), Next(chosen)).then(execute(chosen, (*body, *rest)))
    then = execute(tested.holds, (*node.body, *rest))
    orelse = execute(tested.fails, (*node.orelse, *rest))
    steps = outcomes.evaluated((*_new(scope, tested.holds), tested.test))
    return Outcome(steps, Next(scope)).then(outcomes.branch(scope, tested.test, then, orelse, node.span))


def _match(scope: Scope, node: syntax.Match, rest: tuple[syntax.Stmt, ...]) -> Outcome:
    bound, plain = conditions.hoisted(scope, node.subject)
    value = bound.build(plain)
    subject = f"<subject {node.span.line}:{node.span.column}>"
    steps = outcomes.evaluated((*_new(scope, bound), value))
    inner = bound.bind({subject: value})
    return Outcome(steps, Next(inner)).then(_cases(inner, syntax.Name(subject, node.span), node.cases, rest))


def _cases(
    scope: Scope, subject: syntax.Expr, cases: tuple[syntax.Case, ...], rest: tuple[syntax.Stmt, ...]
) -> Outcome:
    if not cases:
        return execute(scope, rest)
    tested = patterns.case(scope, subject, cases[0])
    if isinstance(tested.test, ir.Const):
        if tested.test.value:
            return execute(tested.holds, (*cases[0].body, *rest))
        return _cases(tested.fails, subject, cases[1:], rest)
    then = execute(tested.holds, (*cases[0].body, *rest))
    orelse = _cases(tested.fails, subject, cases[1:], rest)
    steps = outcomes.evaluated((tested.test,))
    return Outcome(steps, Next(scope)).then(outcomes.branch(scope, tested.test, then, orelse, cases[0].span))


# ---------------------------------------------------------------- exceptions


def _try(scope: Scope, node: syntax.Try) -> Outcome:
    if any(not isinstance(one, syntax.Pass) for one in node.final):
        scope.decline("D301", node.span, "`finally` with statements has no SQL form")
    return _attempt(scope, node, node.body)


def _attempt(scope: Scope, node: syntax.Try, body: tuple[syntax.Stmt, ...]) -> Outcome:
    """Run a body statement by statement: what one of them raises, meets the names as they were before it."""
    if not body:
        return execute(scope, node.orelse)
    compound = isinstance(body[0], syntax.If | syntax.For | syntax.While | syntax.Match | syntax.Try)
    own = targets.assigned((body[0],)) if compound else set()
    before = scope.bind({name: values.Unknown() for name in sorted(own)})
    return _caught(before, node, _probed(scope, body[0]), body[1:])


def _caught(before: Scope, node: syntax.Try, one: Outcome, rest: tuple[syntax.Stmt, ...]) -> Outcome:
    if not one.steps:
        match one.end:
            case Next(scope):
                return _attempt(scope, node, rest)
            case outcomes.Raise(error):
                return _handled(before, node, error)
            case outcomes.Return(value) if isinstance(value, ir.Expr):
                return _failing(before, node, value, one)
        return one
    following = Outcome(one.steps[1:], one.end)
    match one.steps[0]:
        case outcomes.Evaluate(value):
            return _failing(before, node, value, _caught(before, node, following, rest))
        case Exit(test, outcome):
            leaves = _caught(before, node, outcome, ())
            return outcomes.branch(before, test, leaves, _caught(before, node, following, rest), node.span)


def _failing(before: Scope, node: syntax.Try, value: ir.Expr, following: Outcome) -> Outcome:
    for one in reversed(catching.of(before, value, node.span)):
        following = outcomes.branch(before, one.test, _handled(before, node, one.error), following, node.span)
    return following


def _handled(before: Scope, node: syntax.Try, error: ir.Raises) -> Outcome:
    handler = catching.handler(before, node.handlers, error, node.span)
    if handler is None:
        return Outcome((), outcomes.Raise(error))
    names: dict[str, values.Value] = {_HANDLED: error}
    if handler.name is not None:
        told = f"the exception itself, as `{handler.name}`, has no SQL form"
        names[handler.name] = values.Conflict(ir.Declined("D301", handler.span, told))
    one = execute(before.bind(names), handler.body)
    if isinstance(one.end, Next):
        after: dict[str, values.Value] = {_HANDLED: before.names.get(_HANDLED, values.Unbound())}
        if handler.name is not None:
            after[handler.name] = values.Unbound()
        return replace(one, end=Next(one.end.scope.bind(after)))
    return one


# ---------------------------------------------------------------- assignments and changes


def _assign(scope: Scope, target: syntax.Expr, value: syntax.Expr, node: syntax.Assign) -> Outcome:
    bound, plain = conditions.hoisted(scope, value)
    if isinstance(target, syntax.Name):
        named = changes.naming(bound, plain, node.span)
        if named is not None:
            return _named(scope, target, *named, node.span)
    built = bound.build(plain)
    if isinstance(built, ir.Expr) and rewrite.is_larger(built, _LARGEST):
        scope.decline("D365", node.span, "the value reads earlier ones so often that one expression would be too long")
    evaluated = (*_new(scope, bound), built)
    if isinstance(built, ir.Prim) and built.op == "after" and isinstance(built.args[1], ir.Comp | ir.GroupBy):
        built = built.args[1]  # what comes before it, is evaluated here
    if changes.keeps_shared(bound, target, value):
        scope.decline("D360", node.span, "one object under several keys, which is changed in place, has no SQL form")
    kept = changes.keeping(bound, target, value)
    if any(isinstance(scope.names[name], values.Held) for name in kept):  # it is there already
        return Outcome((), Next(bound.bind(kept)))
    now = changes.assign(bound, target, built, node.span)
    if kept:
        return Outcome(outcomes.evaluated((*evaluated, *_keys(bound, target))), Next(now.bind(kept)))
    is_same = isinstance(value, syntax.Name) or changes.is_borrowed(value)
    handed = changes.escaping(value) | (targets.names_of(target) if is_same else set())
    now = changes.handed_on(now, handed).bind(conditions.left_over(value))
    if isinstance(target, syntax.Tuple | syntax.List):
        evaluated = (*evaluated, *_new(bound, now))  # taking the value apart may raise too
    return Outcome(outcomes.evaluated((*evaluated, *_keys(bound, target))), Next(now))


def _named(scope: Scope, target: syntax.Name, now: Scope, held: values.Held, span: Span) -> Outcome:
    """Bind a name to an entry of a dict, whatever that is by then."""
    read = changes.held(now, held, span)
    steps = outcomes.evaluated((*_new(scope, now), held.key, read))
    return Outcome(steps, Next(changes.assign(now, target, held, span)))


_LARGEST = 6000
"""What is assigned may have so many nodes, written out: `x = x * x` doubles them each time."""


def _keys(scope: Scope, target: syntax.Expr) -> tuple[values.Value, ...]:
    match target:
        case syntax.Subscript(syntax.Name(), index):
            return (scope.build(index),)
        case syntax.Subscript(owner, index):
            return (changes.read(scope, owner), scope.build(index))
    return ()


def _augmented(scope: Scope, node: syntax.AugAssign) -> Outcome:
    state = changes.read(scope, node.target)
    if node.op in ("+", "|") and changes.is_mutable(state) and isinstance(state, ir.Expr):
        items = scope.build(node.value)
        new = accumulators.extended(scope, state, items, node.span)
        return Outcome(outcomes.evaluated((items,)), Next(changes.write(scope, node.target, new, node.span)))
    value = scope.build(syntax.Binary(node.op, node.target, node.value, node.span))
    keys = (*_keys(scope, node.target), *_in_place(node.op, value))
    if isinstance(node.target, syntax.Name):
        now = changes.assign(scope, node.target, value, node.span)
    else:
        now = changes.write(scope, node.target, value, node.span)
    return Outcome(outcomes.evaluated((*keys, value)), Next(now))


def _in_place(op: str, value: values.Value) -> tuple[ir.Expr, ...]:
    """Return what tells None operands as Python tells them of `a -= b`; loops tell in no certain words."""
    if not isinstance(value, ir.Prim) or op not in _IN_PLACE or rewrite.mentions_acc(value):
        return ()
    return tuple(failures.in_place(value, _IN_PLACE[op]))


_IN_PLACE: MappingProxyType[str, Callable[[Any, Any], Any]] = MappingProxyType(  # Any: Python values
    {
        "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "//": operator.ifloordiv,
        "%": operator.imod, "**": operator.ipow,
    }
)  # fmt: skip


def _change(scope: Scope, call: syntax.Call, method: str, owner: syntax.Expr) -> Outcome:
    now, evaluated = changes.changed(scope, call, method, owner)
    if isinstance(owner, syntax.Subscript):
        evaluated = (changes.read(scope, owner), *evaluated)
    handed: set[str] = set().union(*map(changes.escaping, call.args))
    return Outcome(outcomes.evaluated(evaluated), Next(changes.handed_on(now, handed)))


# ---------------------------------------------------------------- loops


def _for(scope: Scope, node: syntax.For) -> Outcome:
    built = scope.build(node.iter)
    steps: tuple[outcomes.Step, ...] = ()
    if isinstance(built, ir.Prim) and built.op == "after":
        steps, built = outcomes.evaluated((built.args[0],)), built.args[1]
    elif not isinstance(built, ir.Comp | ir.GroupBy):
        steps = outcomes.evaluated((built,))
    if isinstance(built, ir.Comp):
        sorting, built = raising.apart(built)
        steps = steps if sorting is None else (*steps, *outcomes.evaluated((sorting,)))
    items = displays.items_of(built)
    if items is None:
        hint = node.target.id if isinstance(node.target, syntax.Name) else "entry"
        one = loops.run(scope, node, scope.iterate(built, node.span, hint), execute)
        # What the loop leaves may not be read: then nothing else tells of None.
        if isinstance(built, ir.Expr):
            steps = (*steps, *outcomes.evaluated((_iterated(built),)))
        elif isinstance(built, values.Entries) and isinstance(built.of, ir.Expr):
            steps = (*steps, *outcomes.evaluated((_iterated(built.of, built.kind),)))
    elif isinstance(built, values.Several) and built.kind == "set" and len(items) > 1:
        scope.decline("D359", node.span, "the order of a set is not defined; loop over a tuple")
    else:
        one = outcomes.absorb(scope, _unrolled(scope, node, items), outcomes.Break)
    return Outcome(steps, Next(scope)).then(one)


def _iterated(built: ir.Expr, method: str = "") -> ir.Expr:
    """Return what tells that a collection is None, of which the method is called."""
    told = f"AttributeError: 'NoneType' object has no attribute '{method}'"
    message = ir.Const(told if method else "TypeError: 'NoneType' object is not iterable", dtypes.STR)
    there = ir.Prim("not_none", (built,), dtypes.BOOL)
    if isinstance(built, ir.Comp | ir.GroupBy) or not dtypes.nullable(built.type):
        return built
    return ir.Prim("check", (there, message, ir.Const(None, dtypes.NONE)), dtypes.NONE, built.span)


def _unrolled(scope: Scope, node: syntax.For, items: tuple[values.Item, ...]) -> Outcome:
    """Run a loop over items that are known one by one."""
    if not items:
        return execute(scope, node.orelse)
    if not scope.shared.may_unroll():
        scope.decline("D301", node.span, "a loop of so many passes has no SQL form that is not too long")
    first = items[0]
    bound = changes.assign(scope, node.target, scope.narrow(first.value), node.span)
    bound = changes.handed_on(bound, targets.names_of(node.target))
    one = outcomes.absorb(scope, execute(bound, node.body), outcomes.Continue)
    if first.test is not None:
        one = outcomes.branch(scope, first.test, one, Outcome((), Next(scope)), node.span)
    if not isinstance(one.end, Next):
        return one
    return one.then(_unrolled(one.end.scope, node, items[1:]))


def _while(scope: Scope, node: syntax.While, number: int) -> Outcome:
    tested = conditions.test(scope, node.test)
    if number == 0:
        return outcomes.absorb(scope, _while_passes(scope, node, tested, 1), outcomes.Break)
    return _while_passes(scope, node, tested, number)


def _while_passes(scope: Scope, node: syntax.While, tested: conditions.Tested, number: int) -> Outcome:
    steps = outcomes.evaluated((*_new(scope, tested.holds), tested.test))
    if isinstance(tested.test, ir.Const) and not tested.test.value:
        return Outcome(steps, Next(tested.fails)).then(execute(tested.fails, node.orelse))
    if number > _MOST_PASSES or not scope.shared.may_unroll():
        scope.decline("D301", node.span, "a `while` whose passes cannot be counted here has no SQL form")
    one = outcomes.absorb(scope, execute(tested.holds, node.body), outcomes.Continue)
    going_on = one
    if isinstance(one.end, Next):
        following = _while_passes(one.end.scope, node, conditions.test(one.end.scope, node.test), number + 1)
        going_on = one.then(following)
    if isinstance(tested.test, ir.Const):
        return Outcome((*steps, *going_on.steps), going_on.end)
    ended = execute(tested.fails, node.orelse)
    return Outcome(steps, Next(scope)).then(outcomes.branch(scope, tested.test, going_on, ended, node.span))


_MOST_PASSES = 64
