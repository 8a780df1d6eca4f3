"""Statements to values: what a function returns, found by running its body on symbols.

if not tickets: return []          →  if(exists(tickets), [...], [])
return [...]
"""

from __future__ import annotations

from compiler import dtypes, ir, loops, raising, rewrite, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, facts_of, negate, unify

_MUTATORS = ("append", "add", "extend", "sort", "reverse", "update", "insert", "remove", "pop", "clear", "setdefault")


def run(scope: Scope, body: tuple[syntax.Stmt, ...]) -> values.Value:
    """Return the value of a function body; falling off its end gives None."""
    if not body:
        return ir.Const(None, dtypes.NONE)
    first, rest = body[0], body[1:]
    match first:
        case syntax.Return(value):
            return ir.Const(None, dtypes.NONE, first.span) if value is None else scope.build(value)
        case syntax.Raise():
            return _raised(first)
        case syntax.If():
            return _branch(scope, first, rest)
        case syntax.For():
            return _loop(scope, first, rest)
        case syntax.Assert(test):
            holds = scope.test(test)
            following = scope.assume(facts_of(holds, True))
            return _choose(
                scope, holds, run(following, rest), ir.Raises("AssertionError", "", span=first.span), first.span
            )
        case _:
            now = simple(scope, first)
            return _after(scope, _evaluated(scope, now), run(now, rest), first.span)


_RESULT = ""
"""The name under which `simple` leaves what an expression statement gives, so that what it raises is not lost."""


def _evaluated(before: Scope, now: Scope) -> list[values.Value]:
    return [value for name, value in now.names.items() if value is not before.names.get(name)]


def _after(scope: Scope, evaluated: list[values.Value], result: values.Value, span: Span) -> values.Value:
    for one in reversed(evaluated):
        result = scope.after(one, result, span)
    return result


def simple(scope: Scope, statement: syntax.Stmt) -> Scope:
    """Return the scope after a statement that neither branches nor loops."""
    match statement:
        case syntax.Pass():
            return scope
        case syntax.Assign(target, value):
            return _assign(scope, target, value, statement.span)
        case syntax.AugAssign(syntax.Name(name), op, value):
            result = scope.build(syntax.Binary(op, statement.target, value, statement.span))
            return scope.bind({name: result})
        case syntax.AugAssign(syntax.Subscript() as target, op, value):
            return _assign(scope, target, syntax.Binary(op, target, value, statement.span), statement.span)
        case syntax.Define(function):
            made = scope.nested(function.name, function.params, function.body)
            return scope.bind({function.name: made})
        case syntax.ExprStmt(syntax.Call(syntax.Attribute(owner, name), args)) if name in _MUTATORS:
            return _mutate(scope, owner, name, args, statement.span)
        case syntax.ExprStmt(value):
            return scope.bind({_RESULT: scope.build(value)})
        case syntax.OpaqueStmt(reason):
            scope.decline("D301", statement.span, f"{reason} has no SQL form")
    scope.decline("D301", statement.span, f"`{type(statement).__name__.lower()}` here has no SQL form")


def _raised(statement: syntax.Raise) -> ir.Expr:
    match statement.exc:
        case syntax.Call(syntax.Name(name), (syntax.Literal(str(message)),)):
            return ir.Raises(name, message, span=statement.span)
        case syntax.Name(name) | syntax.Call(syntax.Name(name), ()):
            return ir.Raises(name, "", span=statement.span)
        case syntax.Call(syntax.Name(name)):
            # The message is computed: the exception's name is what every tier reports alike.
            return ir.Raises(name, "", span=statement.span)
    return ir.Raises("Exception", "", span=statement.span)


# ---------------------------------------------------------------- branches


def _branch(scope: Scope, node: syntax.If, rest: tuple[syntax.Stmt, ...]) -> values.Value:
    test = scope.test(node.test)
    if isinstance(test, ir.Const):
        return run(scope, (*(node.body if test.value else node.orelse), *rest))
    then_scope = scope.assume(facts_of(test, True))
    else_scope = scope.assume(facts_of(test, False))
    if not leaves(node.body) and not leaves(node.orelse) and not _loops(node.body) and not _loops(node.orelse):
        now, evaluated = _both(scope, test, node)
        return _after(scope, evaluated, run(now, rest), node.span)
    then = run(then_scope, (*node.body, *rest))
    orelse = run(else_scope, (*node.orelse, *rest))
    return scope.after(test, _choose(scope, test, then, orelse, node.span), node.span)


def _both(scope: Scope, test: ir.Expr, node: syntax.If) -> tuple[Scope, list[values.Value]]:
    """Return the scope after a branch that goes on, and what it evaluates that may raise."""
    then, from_then = straight(scope.assume(facts_of(test, True)), node.body)
    orelse, from_else = straight(scope.assume(facts_of(test, False)), node.orelse)
    evaluated: list[values.Value] = [test]
    for value in filter(_may_raise, from_then):
        evaluated.append(_where(scope, test, value, node.span))
    for value in filter(_may_raise, from_else):
        evaluated.append(_where(scope, negate(test), value, node.span))
    return merge(scope, test, then, orelse, node.span), evaluated


def _may_raise(value: values.Value) -> bool:
    return isinstance(value, ir.Expr) and raising.may_raise(value)


def _where(scope: Scope, test: ir.Expr, value: values.Value, span: Span) -> ir.Expr:
    expr = scope.as_expr(value, span)
    if isinstance(expr, ir.Comp | ir.GroupBy):
        scope.decline("D367", span, "what is computed in a branch may raise, and the result does not begin with it")
    return ir.If(test, expr, ir.Const(None, dtypes.NONE), dtypes.optional(expr.type), span)


def leaves(body: tuple[syntax.Stmt, ...]) -> bool:
    """Tell whether a return, raise, break or continue occurs."""
    for one in body:
        match one:
            case syntax.Return() | syntax.Raise() | syntax.Break() | syntax.Continue() | syntax.Assert():
                return True
            case syntax.If(_, then, orelse) if leaves(then) or leaves(orelse):
                return True
            case syntax.For() | syntax.While() if leaves(one.body) or leaves(one.orelse):
                return True
    return False


def _loops(body: tuple[syntax.Stmt, ...]) -> bool:
    return any(
        isinstance(one, syntax.For | syntax.While)
        or (isinstance(one, syntax.If) and (_loops(one.body) or _loops(one.orelse)))
        for one in body
    )


def straight(scope: Scope, body: tuple[syntax.Stmt, ...]) -> tuple[Scope, list[values.Value]]:
    """Return the scope after statements without return, raise, break, continue or loop, and what they evaluate."""
    evaluated: list[values.Value] = []
    for one in body:
        if isinstance(one, syntax.If):
            test = scope.test(one.test)
            if isinstance(test, ir.Const):
                now, found = straight(scope, one.body if test.value else one.orelse)
            else:
                now, found = _both(scope, test, one)
        else:
            now = simple(scope, one)
            found = _evaluated(scope, now)
        evaluated += found
        scope = now
    return scope, evaluated


def merge(before: Scope, test: ir.Expr, then: Scope, orelse: Scope, span: Span) -> Scope:
    """Return the scope after a branch: names that differ become `if(test, a, b)`."""
    names: dict[str, values.Value] = {}
    for name in {**then.names, **orelse.names}:
        a, b = then.names.get(name, values.Unbound()), orelse.names.get(name, values.Unbound())
        if isinstance(a, values.Unbound) or isinstance(b, values.Unbound):
            names[name] = values.Unbound()
        else:
            names[name] = a if a == b else _choose(before, test, a, b, span)
    return Scope(before.shared, before.module, names, then.known & orelse.known, before.calls)


def _choose(scope: Scope, test: ir.Expr, then: values.Value, orelse: values.Value, span: Span) -> values.Value:
    if then == orelse:
        return then
    a, b = scope.as_expr(then, span), scope.as_expr(orelse, span)
    if isinstance(a, ir.Raises) or isinstance(b, ir.Raises):
        return conditional(test, a, b, b.type if isinstance(a, ir.Raises) else a.type, span)
    both = unify(a, b)
    if both is None:
        scope.decline(
            "D313", span, f"the value is sometimes `{dtypes.show(a.type)}` and sometimes `{dtypes.show(b.type)}`"
        )
    return conditional(test, *both, span)


# ---------------------------------------------------------------- assignment


def _assign(scope: Scope, target: syntax.Expr, value: syntax.Expr, span: Span) -> Scope:
    if isinstance(target, syntax.Subscript) and isinstance(target.value, syntax.Name):
        return _set_item(scope, target.value.id, target.index, value, span)
    if not isinstance(target, syntax.Name | syntax.Tuple | syntax.List):
        scope.decline("D307", span, "assignment to this target has no SQL form")
    return scope.bind(scope.destructure(target, scope.build(value)))


def _set_item(scope: Scope, name: str, index: syntax.Expr, value: syntax.Expr, span: Span) -> Scope:
    owner = scope.names.get(name)
    key, item = scope.expr(index), scope.expr(value)
    if isinstance(owner, values.EmptyDict | ir.MakeRecord) and isinstance(key, ir.Const) and isinstance(key.value, str):
        fields = dict(owner.fields) if isinstance(owner, ir.MakeRecord) else {}
        fields[key.value] = item
        kind = dtypes.Record(tuple((one, part.type) for one, part in fields.items()))
        return scope.bind({name: ir.MakeRecord(tuple(fields.items()), kind, span)})
    if isinstance(owner, ir.Acc):
        return scope.bind({name: ir.Prim("acc.set", (owner, key, item), owner.type, span)})
    scope.decline("D307", span, "filling a dict by computed keys outside a loop has no SQL form")


def _mutate(scope: Scope, owner: syntax.Expr, method: str, args: tuple[syntax.Expr, ...], span: Span) -> Scope:
    if not isinstance(owner, syntax.Name) or owner.id not in scope.names:
        scope.decline("D360", span, f"`.{method}()` on this value has no SQL form")
    value = scope.names[owner.id]
    if method in ("append", "add") and len(args) == 1:
        item = scope.expr(args[0])
        if isinstance(value, ir.MakeList):
            joined = item.type if not value.items else dtypes.join(item.type, _item_type(value))
            if joined is not None:
                return scope.bind({owner.id: ir.MakeList((*value.items, item), dtypes.ListOf(joined), span)})
        if isinstance(value, ir.Acc) or (isinstance(value, ir.Prim) and value.op == "acc.append"):
            return scope.bind({owner.id: ir.Prim("acc.append", (value, item), dtypes.ListOf(item.type), span)})
    if method in ("sort", "reverse"):
        function = "sorted" if method == "sort" else "reversed"
        call = syntax.Call(syntax.Name(function, span), (owner, *args), (), span)
        return scope.bind({owner.id: scope.build(call)})
    scope.decline("D360", span, f"`.{method}()` on this value has no SQL form")


def _item_type(value: ir.MakeList) -> dtypes.Type:
    assert isinstance(value.type, dtypes.ListOf)
    return value.type.item


# ---------------------------------------------------------------- loops


def _loop(scope: Scope, node: syntax.For, rest: tuple[syntax.Stmt, ...]) -> values.Value:
    assigned, targets = _assigned((node,)), _targets(node.target)
    bound_before = {name for name, one in scope.names.items() if one != values.Unbound()}
    accumulators = (_assigned(node.body) - targets) & bound_before
    unset: dict[str, values.Value] = {name: values.Unbound() for name in sorted(assigned - accumulators)}
    bound = scope.bind({name: _accumulator(name, scope.names[name]) for name in accumulators}).bind(unset)
    loop, inner, body = _enter(scope, bound, node)
    tree = _walk_body(inner, body, frozenset(accumulators))
    scope = scope.bind(unset)
    exits = loops.exits(tree)
    if exits:
        return _loop_with_exit(scope, node, rest, loop, tree, accumulators)
    after: dict[str, values.Value] = {}
    for name in sorted(accumulators):
        folded = loops.fold(scope, name, scope.names[name], loops.update_of(tree, name), loop, node.span)
        after[name] = folded
    return _after(scope, list(after.values()), run(scope.bind(after), rest), node.span)


def _enter(before: Scope, bound: Scope, node: syntax.For) -> tuple[values.Iteration, Scope, tuple[syntax.Stmt, ...]]:
    """Return how a loop runs, together with a loop that is all it does, and the innermost body with its scope."""
    if node.orelse:
        before.decline("D361", node.span, "`for … else` has no SQL form yet")
    hint = node.target.id if isinstance(node.target, syntax.Name) else "entry"
    loop = before.iterate(before.build(node.iter), node.span, hint)
    if loop.limit is not None:
        before.decline("D306", node.span, "a loop over a list that was cut has no SQL form yet; write a comprehension")
    inner = bound.bind(bound.destructure(node.target, loop.element))
    inner = inner.assume(one for step in loop.steps if isinstance(step, ir.Cond) for one in facts_of(step.test, True))
    match node.body:
        case (syntax.For() as nested,) if not _breaks(nested.body):
            below, innermost, body = _enter(inner, inner, nested)
            both = values.Iteration((*loop.steps, *below.steps), below.element, (*loop.order, *below.order))
            return both, innermost, body
    return loop, inner, node.body


def _breaks(body: tuple[syntax.Stmt, ...]) -> bool:
    # A break of the inner loop goes on with the outer one: then the two are not one loop over pairs.
    return any(
        isinstance(one, syntax.Break) or (isinstance(one, syntax.If) and (_breaks(one.body) or _breaks(one.orelse)))
        for one in body
    )


def _loop_with_exit(
    scope: Scope,
    node: syntax.For,
    rest: tuple[syntax.Stmt, ...],
    loop: values.Iteration,
    tree: loops.Tree,
    accumulators: set[str],
) -> values.Value:
    found = loops.first_exit(tree)
    if found is None or any(loops.changes_before_exit(tree, name) for name in accumulators):
        scope.decline("D362", node.span, "a loop that both accumulates and ends early has no SQL form")
    condition, leaf = found
    if any(rewrite.mentions_acc(one) for one in (condition, *loops.ends(leaf, accumulators))):
        scope.decline("D362", node.span, "how the loop ends depends on what it accumulates")
    steps = (*loop.steps, ir.Cond(condition))
    if leaf.kind == "return":
        otherwise = scope.as_expr(run(scope, rest), node.span)
        assert leaf.value is not None
        return _found(scope, steps, loop, scope.as_expr(leaf.value, node.span), otherwise, node.span)
    after: dict[str, values.Value] = {}
    for name in sorted(accumulators):
        now = scope.as_expr(leaf.names[name], node.span)
        before = scope.as_expr(scope.names[name], node.span)
        if not (isinstance(now, ir.Acc) and now.name == name):
            after[name] = _found(scope, steps, loop, now, before, node.span)
    return run(scope.bind(after), rest)


def _found(
    scope: Scope, steps: tuple[ir.Step, ...], loop: values.Iteration, head: ir.Expr, otherwise: ir.Expr, span: Span
) -> ir.Expr:
    both = unify(head, otherwise)
    if both is None:
        scope.decline(
            "D313",
            span,
            f"the value is sometimes `{dtypes.show(head.type)}` and sometimes `{dtypes.show(otherwise.type)}`",
        )
    head, otherwise, kind = both
    if isinstance(head, ir.Const):
        exists = ir.Comp(
            "list", steps, ir.Const(True, dtypes.BOOL), dtypes.ListOf(dtypes.BOOL), order=loop.order, span=span
        )
        return conditional(ir.Reduce("any", exists, dtypes.BOOL, span=span), head, otherwise, kind, span)
    comp = ir.Comp("list", steps, head, dtypes.ListOf(head.type), order=loop.order, span=span)
    return ir.Reduce("first", comp, kind, otherwise, span=span)


def _accumulator(name: str, value: values.Value) -> values.Value:
    if isinstance(value, ir.Expr):
        return ir.Acc(name, value.type)
    if isinstance(value, values.EmptyDict):
        default = dtypes.JSON if value.default is None else value.default.type
        return ir.Acc(name, dtypes.DictOf(dtypes.JSON, default))
    return value


def _walk_body(scope: Scope, body: tuple[syntax.Stmt, ...], accumulators: frozenset[str]) -> loops.Tree:
    if not body:
        return loops.Leaf("next", scope.names, None)
    first, rest = body[0], body[1:]
    match first:
        case syntax.Continue():
            return loops.Leaf("next", scope.names, None)
        case syntax.Break():
            return loops.Leaf("break", scope.names, None)
        case syntax.Return(value):
            result = ir.Const(None, dtypes.NONE, first.span) if value is None else scope.build(value)
            return loops.Leaf("return", scope.names, result)
        case syntax.If(test_node, then, orelse):
            test = scope.test(test_node)
            if isinstance(test, ir.Const):
                return _walk_body(scope, (*(then if test.value else orelse), *rest), accumulators)
            return loops.Branch(
                test,
                _walk_body(scope.assume(facts_of(test, True)), (*then, *rest), accumulators),
                _walk_body(scope.assume(facts_of(test, False)), (*orelse, *rest), accumulators),
            )
        case syntax.For() | syntax.While():
            scope.decline("D363", first.span, "a loop inside a loop has no SQL form yet; write a comprehension")
        case _:
            now = simple(scope, first)
            tree = _walk_body(now, rest, accumulators)
            for evaluated in filter(_may_raise, _evaluated(scope, now)):
                if not loops.begins(tree, evaluated, accumulators):
                    scope.decline("D367", first.span, "this may raise in each pass, and not every path begins with it")
            return tree


def _assigned(body: tuple[syntax.Stmt, ...]) -> set[str]:
    names: set[str] = set()
    for one in body:
        match one:
            case syntax.Assign(target) | syntax.AugAssign(target):
                names |= _targets(target)
            case syntax.ExprStmt(syntax.Call(syntax.Attribute(syntax.Name(name), method))) if method in _MUTATORS:
                names.add(name)
            case syntax.ExprStmt(
                syntax.Call(syntax.Attribute(syntax.Call(syntax.Attribute(syntax.Name(name), "setdefault"))))
            ):
                names.add(name)
            case syntax.If(_, then, orelse):
                names |= _assigned(then) | _assigned(orelse)
            case syntax.For(target, _, inner, orelse):
                names |= _targets(target) | _assigned(inner) | _assigned(orelse)
            case syntax.While(_, inner, orelse):
                names |= _assigned(inner) | _assigned(orelse)
    return names


def _targets(target: syntax.Expr) -> set[str]:
    match target:
        case syntax.Name(name):
            return {name}
        case syntax.Subscript(syntax.Name(name)):
            return {name}
        case syntax.Tuple(items) | syntax.List(items):
            return set().union(*(_targets(one) for one in items))
    return set()
