"""Comprehensions, displays and lambdas.

[u.name for u in users.values() if u.active] → Comp(list, u <- $users, if …, head u.name)
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import conditions, displays, dtypes, ir, raising, rewrite, syntax, values
from compiler.diagnostics import NOWHERE, Span
from compiler.scope import Scope, conjunction, entity_id, facts_of


def comprehension(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build a list, set or dict comprehension, or a generator expression."""
    if not isinstance(node, syntax.Comprehension):
        return None
    first, *others = node.generators
    source = scope.build(first.iter)
    items = displays.items_of(source)
    if items is not None:
        written = _written_out(scope, node, items)
        if written is not None:
            if isinstance(source, ir.Expr):
                return scope.after(source, written, node.span)
            return _after_items(scope, items, written, node.span)
    return _over_rows(scope, node, source, others)


def _after_items(scope: Scope, items: tuple[values.Item, ...], written: values.Value, span: Span) -> values.Value:
    """Return what a comprehension gives, after those of the known items that may raise and that nothing of it reads."""
    parts = [one.value for one in written.items] if isinstance(written, values.Several) else [written]
    read = [one for part in parts if isinstance(part, ir.Expr) for one in rewrite.walk(part)]
    for one in reversed(items):
        if isinstance(one.value, ir.Expr) and raising.may_raise(one.value) and one.value not in read:
            if one.test is not None:
                scope.decline("D367", span, "what is computed here may raise, and the result does not begin with it")
            written = scope.after(one.value, written, span)
    return written


def _over_rows(
    scope: Scope, node: syntax.Comprehension, source: values.Value, others: list[syntax.Generator]
) -> values.Value | ir.Declined:
    told: list[ir.Expr] = []
    if isinstance(source, ir.Prim) and source.op == "after":
        told, source = [source.args[0]], source.args[1]
    if isinstance(source, ir.Comp) and others and raising.may_raise(source.head):
        told += [one for one in raising.counted(source) or () if isinstance(one, ir.Reduce) and one.op == "count"]
    if isinstance(source, ir.Comp) and (others or node.kind != "list" or node.generators[0].conditions):
        sorting, source = raising.apart(source)
        told += [] if sorting is None else [sorting]
    made: values.Value = _combined(scope, node, source, others)
    if isinstance(source, ir.Comp) and isinstance(made, ir.Comp) and raising.may_raise(made.head):
        # All is sorted before anything is computed of the first; where nothing raises then, the list itself tells.
        sorting, _ = raising.apart(source)
        if sorting is not None:
            told.append(sorting)
            _, made = raising.apart(made)
    for one in reversed(told):  # of all that is looped over: what comes next may leave it out
        made = scope.after(one, made, node.span)
    return made


def _combined(
    scope: Scope, node: syntax.Comprehension, source: values.Value, others: list[syntax.Generator]
) -> ir.Comp:
    inner, steps, order = scope, list[ir.Step](), list[ir.Order]()
    for generator in node.generators:
        if generator in others:
            source = inner.build(generator.iter)
        hint = generator.target.id if isinstance(generator.target, syntax.Name) else "entry"
        loop = inner.iterate(source, node.span, hint)
        steps.extend(loop.steps)
        order.extend(loop.order)
        inner = inner.bind_inner(inner.destructure(generator.target, loop.element))
        inner = inner.assume(
            known for step in loop.steps if isinstance(step, ir.Cond) for known in facts_of(step.test, True)
        )
        for condition in generator.conditions:
            tested = conditions.test(inner, condition)
            if not (isinstance(tested.test, ir.Const) and tested.test.value is True):
                steps.append(ir.Cond(tested.test))
            inner = tested.holds
    head = inner.expr(node.element)
    if node.kind == "dict":
        assert node.key is not None
        key = _hashable(inner.expr(node.key))
        kind: dtypes.Type = dtypes.DictOf(key.type, head.type)
        return ir.Comp("dict", tuple(steps), head, kind, key, tuple(order), span=node.span)
    if node.kind == "set":
        head = _hashable(head)
        return ir.Comp("set", tuple(steps), head, dtypes.SetOf(head.type), span=node.span)
    return ir.Comp("list", tuple(steps), head, dtypes.ListOf(head.type), None, tuple(order), node.span)


def _written_out(scope: Scope, node: syntax.Comprehension, items: tuple[values.Item, ...]) -> values.Value | None:
    """Return what a comprehension over known items gives, each written out; None where an inner source is not known."""
    found: list[values.Item] = []
    entries: list[tuple[ir.Expr, values.Value]] = []
    for inner, test in _passes(scope, node.generators, items, ()):
        if inner is None:
            return None
        value = inner.build(node.element)
        if node.kind != "dict":
            found.append(values.Item(value, test))
        elif test is None and node.key is not None:
            entries.append((_hashable(inner.expr(node.key)), value))
        else:
            return None
    if node.kind == "dict":
        return displays.table(tuple(entries), node.span)
    return displays.several(node.kind, tuple(found), node.span)


def _passes(
    scope: Scope, generators: tuple[syntax.Generator, ...], items: tuple[values.Item, ...], tests: tuple[ir.Expr, ...]
) -> Iterator[tuple[Scope | None, ir.Expr | None]]:
    """Yield the scope of every innermost pass with what decides about it; None for a source that is not known."""
    generator, *rest = generators
    for one in items:
        here = (*tests, *(() if one.test is None else (one.test,)))
        inner = scope.assume(fact for test in here for fact in facts_of(test, True))
        inner = inner.bind_inner(inner.destructure(generator.target, one.value))
        here, inner = _kept(inner, generator.conditions, here)
        if ir.Const(False, dtypes.BOOL) in here:
            continue
        if not rest:
            yield inner, conjunction(here, one.test.span if one.test else NOWHERE) if here else None
            continue
        source = inner.build(rest[0].iter)
        below = displays.items_of(source)
        if below is None:
            yield None, None
            return
        yield from _passes(inner, tuple(rest), below, here)


def _kept(
    scope: Scope, conditions: tuple[syntax.Expr, ...], tests: tuple[ir.Expr, ...]
) -> tuple[tuple[ir.Expr, ...], Scope]:
    for condition in conditions:
        test = scope.test(condition)
        if not (isinstance(test, ir.Const) and test.value):
            tests = (*tests, test)
        scope = scope.assume(facts_of(test, True))
    return tests, scope


def _hashable(expr: ir.Expr) -> ir.Expr:
    return entity_id(expr) if isinstance(dtypes.required(expr.type), dtypes.Entity) else expr


def display(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `[a, b]`, `(a, *b)`, `{a, b}` and `{"name": a, **b}`."""
    match node:
        case syntax.Tuple(items):
            return _several(scope, "tuple", items, node)
        case syntax.List(items):
            return _several(scope, "list", items, node)
        case syntax.Set(items):
            return _several(scope, "set", items, node)
        case syntax.Dict(()):
            return values.EmptyDict()
        case syntax.Dict(items):
            return _dict(scope, items, node)
    return None


def _several(scope: Scope, kind: str, items: tuple[syntax.Expr, ...], node: syntax.Expr) -> values.Value | ir.Declined:
    found: list[values.Item] = []
    rest: list[ir.Expr] = []  # the lists of unknown length so far, and what stood between them
    for one in items:
        if not isinstance(one, syntax.Starred):
            found.append(values.Item(scope.build(one)))
            continue
        source = scope.build(one.value)
        known = displays.items_of(source)
        if known is not None:
            found.extend(known)
            continue
        whole = scope.as_expr(source, one.span)
        if kind != "list" or not isinstance(dtypes.required(whole.type), dtypes.ListOf) or isinstance(whole, ir.Comp):
            return ir.Declined("D330", one.span, "unpacking a collection of unknown length here has no SQL form")
        rest.extend((scope.as_expr(displays.several(kind, tuple(found), node.span), node.span), whole))
        found = []
    end = displays.several(kind, tuple(found), node.span)
    return end if not rest else _joined(scope, (*rest, scope.as_expr(end, node.span)), node)


def _joined(scope: Scope, parts: tuple[ir.Expr, ...], node: syntax.Expr) -> values.Value | ir.Declined:
    filled = [one for one in parts if not (isinstance(one, ir.MakeList) and not one.items)]
    whole = filled[0]
    for one in filled[1:]:
        joined = scope.primitive("+", (whole, one), node.span)
        if joined is None:
            return ir.Declined("D313", node.span, "the items of the list have different types")
        whole = joined
    # `[*xs]` of None raises as a loop does: `list + list` tells of another error.
    if any(dtypes.nullable(one.type) for one in filled):
        return ir.Declined("D330", node.span, "unpacking a list that may be None has no SQL form")
    return whole


def _dict(
    scope: Scope, items: tuple[tuple[syntax.Expr | None, syntax.Expr], ...], node: syntax.Expr
) -> values.Value | ir.Declined:
    entries: list[tuple[ir.Expr, values.Value]] = []
    for key, value in items:
        if key is not None:
            entries.append((_hashable(scope.expr(key)), scope.build(value)))
            continue
        given = scope.build(value)
        known = () if given == values.EmptyDict() else displays.entries_of(given)
        if known is None:
            return ir.Declined("D331", value.span, "unpacking a dict whose keys are not known has no SQL form")
        entries.extend(known)
    made = displays.table(tuple(entries), node.span)
    for at, (named, held) in reversed(list(enumerate(entries))):  # one that a later entry replaces is evaluated too
        if isinstance(named, ir.Const) and any(named == other for other, _ in entries[at + 1 :]):
            made = scope.after(held, made, node.span)
    return made


def function(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build a lambda: it sees the names around it."""
    if not isinstance(node, syntax.Lambda):
        return None
    return scope.nested("<lambda>", node.params, (syntax.Return(node.body, node.span),))
