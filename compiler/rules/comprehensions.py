"""Comprehensions, displays and lambdas.

[u.name for u in users.values() if u.active] → Comp(list, u <- $users, if …, head u.name)
"""

from __future__ import annotations

from compiler import dtypes, ir, raising, syntax, values
from compiler.scope import Scope, entity_id, facts_of


def comprehension(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build a list, set or dict comprehension, or a generator expression (as a list)."""
    if not isinstance(node, syntax.Comprehension):
        return None
    inner, steps, order = scope, list[ir.Step](), list[ir.Order]()
    limit: int | None = None
    for generator in node.generators:
        source = inner.build(generator.iter)
        hint = generator.target.id if isinstance(generator.target, syntax.Name) else "entry"
        loop = inner.iterate(source, node.span, hint)
        limit = loop.limit if loop.limit is not None else limit
        steps.extend(loop.steps)
        order.extend(loop.order)
        inner = inner.bind(inner.destructure(generator.target, loop.element))
        inner = inner.assume(
            known for step in loop.steps if isinstance(step, ir.Cond) for known in facts_of(step.test, True)
        )
        for condition in generator.conditions:
            test = inner.test(condition)
            if not (isinstance(test, ir.Const) and test.value is True):
                steps.append(ir.Cond(test))
            inner = inner.assume(facts_of(test, True))
    head = inner.expr(node.element)
    alone = len(node.generators) == 1 and not node.generators[0].conditions and node.kind not in ("dict", "set")
    if limit is not None and (not alone or raising.may_raise(head)):
        return ir.Declined(
            "D306", node.span, "more than a plain list of the items of a list that was cut has no SQL form"
        )
    if node.kind == "dict":
        assert node.key is not None
        key = _hashable(inner.expr(node.key))
        kind: dtypes.Type = dtypes.DictOf(key.type, head.type)
        return ir.Comp("dict", tuple(steps), head, kind, key, tuple(order), span=node.span)
    if node.kind == "set":
        head = _hashable(head)
        return ir.Comp("set", tuple(steps), head, dtypes.SetOf(head.type), span=node.span)
    return ir.Comp("list", tuple(steps), head, dtypes.ListOf(head.type), None, tuple(order), limit, node.span)


def _hashable(expr: ir.Expr) -> ir.Expr:
    return entity_id(expr) if isinstance(dtypes.required(expr.type), dtypes.Entity) else expr


def display(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `[a, b]`, `(a, b)` and `{"name": a}`."""
    match node:
        case syntax.Tuple(items):
            parts = tuple(scope.expr(one) for one in items)
            return ir.MakePair(parts, dtypes.Pair(tuple(one.type for one in parts)), node.span)
        case syntax.List(items) | syntax.Set(items):
            return _list(scope, items, node)
        case syntax.Dict(()):
            return values.EmptyDict()
        case syntax.Dict(items):
            return _record(scope, items, node)
    return None


def _list(scope: Scope, items: tuple[syntax.Expr, ...], node: syntax.Expr) -> values.Value | ir.Declined:
    if any(isinstance(one, syntax.Starred) for one in items):
        return ir.Declined("D330", node.span, "unpacking into a display has no SQL form")
    parts = tuple(scope.expr(one) for one in items)
    kind: dtypes.Type = dtypes.NONE
    for place, one in enumerate(parts):
        joined = one.type if place == 0 else dtypes.join(kind, one.type)
        if joined is None:
            return ir.Declined("D313", node.span, "the items of the list have different types")
        kind = joined
    return ir.MakeList(parts, dtypes.ListOf(kind), node.span)


def _record(
    scope: Scope, items: tuple[tuple[syntax.Expr | None, syntax.Expr], ...], node: syntax.Expr
) -> values.Value | ir.Declined:
    fields: dict[str, ir.Expr] = {}
    for key, value in items:
        if not isinstance(key, syntax.Literal) or not isinstance(key.value, str):
            return ir.Declined("D331", node.span, "a dict display whose keys are not literal strings has no SQL form")
        fields[key.value] = scope.expr(value)
    kind = dtypes.Record(tuple((name, one.type) for name, one in fields.items()))
    return ir.MakeRecord(tuple(fields.items()), kind, node.span)


def function(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build a lambda: it sees the names around it."""
    if not isinstance(node, syntax.Lambda):
        return None
    params = tuple(syntax.Parameter(name) for name in node.params)
    return values.Closure("<lambda>", params, (syntax.Return(node.body, node.span),), scope.module, scope.names)
