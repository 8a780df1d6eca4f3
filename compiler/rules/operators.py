"""Operators: arithmetic, comparison, and/or/not, conditional expressions, subscripts.

a or b → If(truth(a), a, b)        x is None → is_none(x)        users[k] → Lookup("users", k)
"""

from __future__ import annotations

from decimal import Decimal

from compiler import dtypes, ir, raising, syntax, values
from compiler.diagnostics import Span
from compiler.scope import (
    Scope,
    conditional,
    conjunction,
    disjunction,
    entity_id,
    facts_of,
    negate,
    retyped,
    unify,
)

_ORDERED = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def conditional_expression(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `body if test else orelse`."""
    if not isinstance(node, syntax.IfExp):
        return None
    test = scope.test(node.test)
    if isinstance(test, ir.Const):
        return scope.build(node.body if test.value else node.orelse)
    then = scope.assume(facts_of(test, True)).expr(node.body)
    orelse = scope.assume(facts_of(test, False)).expr(node.orelse)
    both = unify(then, orelse)
    if both is None:
        return _two_types(then, orelse, node.span)
    return conditional(test, *both, node.span)


def logical(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `a and b`, `a or b`, `not a`; `and` and `or` give one of their operands."""
    if isinstance(node, syntax.Unary) and node.op == "not":
        return negate(scope.test(node.value))
    if not isinstance(node, syntax.BoolOp):
        return None
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
        if both is None:
            return _two_types(left, value, node.span)
        result = conditional(test, *both, node.span)
    return result


def arithmetic(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `a + b`, `-a` and the like, as `primitives` has them."""
    if isinstance(node, syntax.Unary):
        value = scope.expr(node.value)
        if isinstance(value, ir.Const) and type(value.value) in (int, float) and node.op == "-":
            assert isinstance(value.value, int | float)
            return ir.Const(-value.value, value.type, node.span)
        return _applied(scope, f"unary {node.op}", (value,), node.span)
    if isinstance(node, syntax.Binary):
        return _applied(scope, node.op, (scope.expr(node.left), scope.expr(node.right)), node.span)
    return None


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
        test = _compare(inner, op, left, right, node.span)
        if isinstance(test, ir.Declined):
            return test
        tests.append(test)
        left = right
    return conjunction(tests, node.span)


def _compare(scope: Scope, op: str, left: values.Value, right: values.Value, span: Span) -> ir.Expr | ir.Declined:
    if op in ("in", "not in"):
        found = _contains(scope, left, right, span)
        return found if isinstance(found, ir.Declined) or op == "in" else negate(found)
    a, b = scope.as_expr(left, span), scope.as_expr(right, span)
    if op in ("==", "!=", "is", "is not"):
        equal = _equal(scope, a, b, op, span)
        return equal if isinstance(equal, ir.Declined) or op in ("==", "is") else negate(equal)
    a_kind, b_kind = dtypes.required(a.type), dtypes.required(b.type)
    if not _comparable(a_kind, b_kind):
        return ir.Declined(
            "D321", span, f"`{op}` of `{dtypes.show(a.type)}` and `{dtypes.show(b.type)}` has no exact SQL form"
        )
    return ir.Prim(_ORDERED[op], (a, b), dtypes.BOOL, span)


def _comparable(a: dtypes.Type, b: dtypes.Type) -> bool:
    if not isinstance(a, dtypes.Scalar) or not isinstance(b, dtypes.Scalar):
        return False
    if a.name == b.name:
        return a.name not in ("bytes", "bool")
    return {a.name, b.name} in ({"int", "float"}, {"int", "decimal"})


def _equal(scope: Scope, a: ir.Expr, b: ir.Expr, op: str, span: Span) -> ir.Expr | ir.Declined:
    for one, other in ((a, b), (b, a)):
        if isinstance(one.type, dtypes.NoneType):
            return negate(scope.is_there(other, span))
    if op in ("is", "is not") and not (a.type == dtypes.BOOL or b.type == dtypes.BOOL):
        return ir.Declined("D322", span, f"`{op}` on values other than None has no SQL form; write `==`")
    a, b = (entity_id(one) if isinstance(dtypes.required(one.type), dtypes.Entity) else one for one in (a, b))
    a_kind, b_kind = dtypes.required(a.type), dtypes.required(b.type)
    if isinstance(a_kind, dtypes.Scalar) and isinstance(b_kind, dtypes.Scalar):
        if isinstance(a, ir.Const) and isinstance(b, ir.Const):
            return ir.Const(a.value == b.value, dtypes.BOOL, span)
        numbers = {"int", "float", "decimal", "bool"}
        if a_kind.name == b_kind.name or {a_kind.name, b_kind.name} in ({"int", "float"}, {"int", "decimal"}):
            return ir.Prim("eq", (a, b), dtypes.BOOL, span)
        if not (a_kind.name in numbers and b_kind.name in numbers) and {a_kind.name, b_kind.name} & {
            "str",
            "bool",
            "bytes",
        }:
            # Values of unlike types are never equal.
            return raising.after(a, raising.after(b, ir.Const(False, dtypes.BOOL, span)))
    return ir.Declined(
        "D321", span, f"`==` of `{dtypes.show(a.type)}` and `{dtypes.show(b.type)}` has no exact SQL form"
    )


def _contains(scope: Scope, item: values.Value, container: values.Value, span: Span) -> ir.Expr | ir.Declined:
    match container:
        case values.Mapping(reference) | values.Entries("keys", values.Mapping(reference)):
            return _has_key(scope, scope.as_expr(item, span), reference, span)
        case values.Entries("keys", of) if isinstance(of, ir.Expr):
            container = of
        case values.Entries():
            container = scope.comprehend(container, span)
    if isinstance(container, ir.Comp):
        test = _equal(scope, container.head, scope.as_expr(item, span), "==", span)
        if isinstance(test, ir.Declined):
            return test
        comp = ir.Comp("list", container.steps, test, dtypes.ListOf(dtypes.BOOL), order=container.order, span=span)
        return ir.Reduce("any", comp, dtypes.BOOL, span=span)
    value, box = scope.as_expr(item, span), scope.as_expr(container, span)
    if isinstance(dtypes.required(value.type), dtypes.Entity):
        value = entity_id(value)
    if isinstance(box, ir.MakeList | ir.MakePair):
        return _among(scope, value, box.items, span)
    inner = dtypes.required(box.type)
    if isinstance(inner, dtypes.ListOf) and dtypes.required(inner.item) == dtypes.required(value.type):
        return ir.Prim("list.contains", (box, value), dtypes.BOOL, span)
    if isinstance(inner, dtypes.DictOf) and inner.key == dtypes.required(value.type):
        return ir.Prim("dict.has", (box, value), dtypes.BOOL, span)
    found = scope.primitive("in str", (value, box), span)
    if found is not None:
        return found
    return ir.Declined("D321", span, f"`in` a value of type `{dtypes.show(box.type)}` has no exact SQL form")


def _among(scope: Scope, value: ir.Expr, items: tuple[ir.Expr, ...], span: Span) -> ir.Expr | ir.Declined:
    kind = dtypes.required(value.type)
    if all(isinstance(one, ir.Const) and dtypes.required(one.type) == kind for one in items) and items:
        return ir.Prim("in", (value, *items), dtypes.BOOL, span)
    tests: list[ir.Expr] = []
    for one in items:
        test = _equal(scope, value, one, "==", span)
        if isinstance(test, ir.Declined):
            return test
        tests.append(test)
    return disjunction(tests, span)


def _has_key(scope: Scope, key: ir.Expr, reference: str, span: Span) -> ir.Expr:
    declared = scope.shared.store.reference(reference)
    assert declared is not None
    if isinstance(dtypes.required(key.type), dtypes.Entity):
        key = entity_id(key)
    found = ir.Lookup(reference, key, False, dtypes.optional(dtypes.Entity(declared.model)), span)
    return scope.is_there(found, span)


def subscript(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `users[k]`, `record["name"]`, `names[0]`, `text[1:3]`."""
    if not isinstance(node, syntax.Subscript):
        return None
    owner = scope.build(node.value)
    if isinstance(node.index, syntax.Slice):
        return _slice(scope, owner, node.index, node.span)
    index = scope.expr(node.index)
    if isinstance(owner, values.Mapping):
        declared = scope.shared.store.reference(owner.reference)
        assert declared is not None
        key = entity_id(index) if isinstance(dtypes.required(index.type), dtypes.Entity) else index
        lookup = ir.Lookup(owner.reference, key, True, dtypes.Entity(declared.model), node.span)
        known = ir.Lookup(owner.reference, key, False, dtypes.optional(dtypes.Entity(declared.model)), node.span)
        if known in scope.known:  # `if k in users: users[k]` does not raise
            return retyped(known, lookup.type)
        return lookup
    return _item(scope, owner, index, node.span)


def _item(scope: Scope, owner: values.Value, index: ir.Expr, span: Span) -> values.Value | ir.Declined:
    match owner:
        case ir.Acc(_, dtypes.DictOf(_, dtypes.Scalar() as kind)):
            # A defaultdict or Counter: a missing key reads as zero.
            zero = ir.Const(0 if kind == dtypes.INT else Decimal(0), kind)
            return ir.Prim("acc.get", (owner, index, zero), kind, span)
        case ir.MakeRecord():
            named = repr(index.value) if isinstance(index, ir.Const) else ""
            return scope.chosen(owner, index, ir.Raises("KeyError", named, span=span), span)
        case ir.MakeList(items) | ir.MakePair(items) if isinstance(index, ir.Const) and isinstance(index.value, int):
            if -len(items) <= index.value < len(items):
                others = (one for one in reversed(items) if one is not items[index.value])
                found_here: values.Value = items[index.value]
                for one in others:
                    found_here = scope.after(one, found_here, span)
                return found_here
            return ir.Raises("IndexError", "list index out of range", span=span)
        case ir.If() if isinstance(dtypes.required(owner.type), dtypes.Record):
            then, orelse = _item(scope, owner.then, index, span), _item(scope, owner.orelse, index, span)
            if isinstance(then, ir.Expr) and isinstance(orelse, ir.Expr):
                both = unify(then, orelse)
                if both is not None:
                    return conditional(owner.test, *both, span)
        case ir.Comp(kind="list") if isinstance(index, ir.Const) and index.value in (0, -1) and owner.limit is None:
            op: ir.ReduceOp = "first" if index.value == 0 else "last"
            return ir.Reduce(op, owner, owner.head.type, empty_error="IndexError: list index out of range", span=span)
    value = scope.as_expr(owner, span)
    found_item = scope.primitive("[]", (value, index), span)
    if found_item is not None:
        return found_item
    return ir.Declined("D323", span, f"an item of a value of type `{dtypes.show(value.type)}` has no exact SQL form")


def _slice(scope: Scope, owner: values.Value, index: syntax.Slice, span: Span) -> values.Value | ir.Declined:
    bounds = tuple(None if part is None else scope.expr(part) for part in (index.lower, index.upper, index.step))
    if any(one is not None and not isinstance(one, ir.Const) for one in bounds):
        return ir.Declined("D324", span, "a slice with computed bounds has no exact SQL form")
    lower, upper, step = (one.value if isinstance(one, ir.Const) else None for one in bounds)
    if isinstance(owner, ir.Comp) and owner.kind == "list" and owner.limit is None and step is None:
        if not lower and isinstance(upper, int) and upper > 0:
            return ir.Comp("list", owner.steps, owner.head, owner.type, owner.key, owner.order, upper, span)
        return ir.Declined("D324", span, "only the slice `[:n]` of a list has an exact SQL form")
    value = scope.as_expr(owner, span)
    none = ir.Const(None, dtypes.NONE, span)
    if step == -1 and lower is None and upper is None:
        found = scope.primitive("[::-1]", (value,), span)
    elif step in (None, 1):
        found = scope.primitive("[:]", (value, *(one if one is not None else none for one in bounds[:2])), span)
    else:
        found = None
    if found is not None:
        return found
    return ir.Declined("D324", span, f"this slice of a value of type `{dtypes.show(value.type)}` has no exact SQL form")


def _two_types(a: ir.Expr, b: ir.Expr, span: Span) -> ir.Declined:
    return ir.Declined(
        "D313", span, f"the value is sometimes `{dtypes.show(a.type)}` and sometimes `{dtypes.show(b.type)}`"
    )
