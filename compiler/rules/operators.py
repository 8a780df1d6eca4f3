"""Operators: arithmetic, comparison, and/or/not, conditional expressions, subscripts.

a or b → If(truth(a), a, b)        x is None → is_none(x)        users[k] → Lookup("users", k)
"""

from __future__ import annotations

from compiler import accumulators, comparing, displays, dtypes, indexing, ir, members, syntax, values
from compiler.diagnostics import Span
from compiler.library import collecting, formatting
from compiler.scope import (
    Scope,
    conditional,
    conjunction,
    disjunction,
    facts_of,
    negate,
    unify,
)


def conditional_expression(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `body if test else orelse`."""
    if not isinstance(node, syntax.IfExp):
        return None
    test = scope.test(node.test)
    if isinstance(test, ir.Const):
        return scope.build(node.body if test.value else node.orelse)
    then = scope.assume(facts_of(test, True)).build(node.body)
    orelse = scope.assume(facts_of(test, False)).build(node.orelse)
    if then == orelse:
        return scope.after(test, then, node.span)
    if _is_callable(then) and _is_callable(orelse):
        return values.Choice(test, then, orelse)
    then, orelse = scope.as_expr(then, node.body.span), scope.as_expr(orelse, node.orelse.span)
    both = unify(then, orelse)
    if both is None:
        return values.Choice(test, then, orelse, node.span)  # of two types: to be unpacked, indexed, tested or spelled
    return conditional(test, *both, node.span)


def _is_callable(value: values.Value) -> bool:
    return isinstance(value, values.Closure | values.Builtin | values.BoundMethod | values.Partial | values.Choice)


def logical(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `a and b`, `a or b`, `not a`; `and` and `or` give one of their operands."""
    if isinstance(node, syntax.Unary) and node.op == "not":
        return negate(scope.test(node.value))
    if not isinstance(node, syntax.BoolOp):
        return None
    if node.op == "or" and isinstance(node.values[0], syntax.BoolOp) and node.values[0].op == "and":
        return _last_or(scope, node.values[0], node)
    result = scope.build(node.values[0])
    tests: list[ir.Expr] = []
    for following in node.values[1:]:
        test = scope.truth(result, node.span)
        tests.append(test)
        inner = scope.assume(
            facts_of(conjunction(tests, node.span), True)
            if node.op == "and"
            else facts_of(disjunction(tests, node.span), False)
        )
        value = inner.expr(following)
        left = scope.as_expr(result, node.span)
        if left.type == dtypes.BOOL and value.type == dtypes.BOOL:
            result = (conjunction if node.op == "and" else disjunction)((left, value), node.span)
            continue
        truthy = scope.assume(facts_of(test, True)).narrow(left)
        assert isinstance(truthy, ir.Expr)
        both = unify(value, left) if node.op == "and" else unify(truthy, value)
        if both is None and following is not node.values[-1]:
            return _two_types(left, value, node.span)
        if both is None:  # of two types, such as `tags or ()`: to be iterated, tested or spelled
            return values.Choice(test, *((truthy, value) if node.op == "or" else (value, left)), node.span)
        result = conditional(test, *both, node.span)
    return result


def _last_or(scope: Scope, first: syntax.BoolOp, node: syntax.BoolOp) -> values.Value:
    """Build `(a and b) or c`: where all before the `or` are true, it is the last of them."""
    test = scope.test(first)
    rest = node.values[1] if len(node.values) == 2 else syntax.BoolOp("or", node.values[1:], node.span)
    if isinstance(test, ir.Const):
        return scope.build(first.values[-1] if test.value else rest)
    then = scope.assume(facts_of(test, True)).expr(first.values[-1])
    orelse = scope.assume(facts_of(test, False)).expr(rest)
    if then.type == dtypes.BOOL and orelse.type == dtypes.BOOL:
        return disjunction((test, orelse), node.span)
    both = unify(then, orelse)
    return values.Choice(test, then, orelse, node.span) if both is None else conditional(test, *both, node.span)


def arithmetic(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `a + b`, `-a` and the like, as `primitives` has them."""
    if isinstance(node, syntax.Unary):
        value = scope.expr(node.value)
        if isinstance(value, ir.Const) and type(value.value) in (int, float) and node.op == "-":
            assert isinstance(value.value, int | float)
            return ir.Const(-value.value, value.type, node.span)
        return _applied(scope, f"unary {node.op}", (value,), node.span)
    if isinstance(node, syntax.Binary):
        left, right = scope.build(node.left), scope.build(node.right)
        known = _of_known(scope, node.op, left, right, node.span)
        if known is not None:
            return known
        args = scope.as_expr(left, node.left.span), scope.as_expr(right, node.right.span)
        return _applied(scope, node.op, args, node.span)
    return None


def _of_known(
    scope: Scope, op: str, left: values.Value, right: values.Value, span: Span
) -> values.Value | ir.Declined | None:
    """Return what an operator makes of lists, tuples, sets and dicts whose items are known, and of formats."""
    if op == "%" and isinstance(left, ir.Const) and isinstance(left.value, str):
        return formatting.percent(scope, left.value, right, span)
    if op in ("&", "|", "-", "^"):
        return collecting.combined(scope, op, left, right, span)
    return collecting.joined(scope, op, left, right, span) if op in ("+", "*") else None


def _applied(scope: Scope, op: str, args: tuple[ir.Expr, ...], span: Span) -> values.Value | ir.Declined:
    found = scope.primitive(op, args, span)
    if found is not None:
        return found
    types = ", ".join(f"`{dtypes.show(one.type)}`" for one in args)
    return ir.Declined("D320", span, f"`{op.removeprefix('unary ')}` of {types} has no exact SQL form")


def comparison(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `a < b`, `a == b`, `a in b`, `a is None`, and chains of them."""
    if not isinstance(node, syntax.Compare):
        return None
    left = scope.build(node.left)
    tests: list[ir.Expr] = []
    for op, right_node in node.rest:
        inner = scope.assume(facts_of(conjunction(tests, node.span), True)) if tests else scope
        right = inner.build(right_node)
        one = op in ("is", "is not") and members.are_of_one_enum(inner, left, right, right_node)
        told = {"is": "==", "is not": "!="}[op] if one else op
        test = comparing.compare(inner, told, left, right, node.span)
        if isinstance(test, ir.Declined):
            return test
        tests.append(test)
        left = right
    return conjunction(tests, node.span)


def subscript(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `users[k]`, `record["name"]`, `names[0]`, `text[1:3]`."""
    if not isinstance(node, syntax.Subscript):
        return None
    owner = scope.build(node.value)
    if isinstance(node.index, syntax.Slice):
        lower, upper, step = (
            None if part is None else _bound(scope.expr(part))
            for part in (node.index.lower, node.index.upper, node.index.step)
        )
        if upper is not None and upper.type == dtypes.BOOL and not isinstance(upper, ir.Const):  # "s"[: number != 1]
            ends = (ir.Const(one, dtypes.INT, node.span) for one in (1, 0))
            one, none = (indexing.cut(scope, owner, (lower, end, step), node.span) for end in ends)
            if isinstance(one, ir.Declined) or isinstance(none, ir.Declined):
                return one if isinstance(one, ir.Declined) else none
            return displays.choose(scope, upper, one, none, node.span)
        return indexing.cut(scope, owner, (lower, upper, step), node.span)
    index = scope.build(node.index)
    known = accumulators.known_part(owner, index) if isinstance(node.value, syntax.Name | syntax.Subscript) else None
    return indexing.item(scope, owner, index, node.span) if known is None else known


def _bound(expr: ir.Expr) -> ir.Expr | None:
    return None if isinstance(expr.type, dtypes.NoneType) else expr


def _two_types(a: ir.Expr, b: ir.Expr, span: Span) -> ir.Declined:
    return ir.Declined(
        "D313", span, f"the value is sometimes `{dtypes.show(a.type)}` and sometimes `{dtypes.show(b.type)}`"
    )
