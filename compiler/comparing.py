"""Comparisons of any two values: `==`, `<`, `in` and the like, tuples and known collections included.

(a, b) < (c, d)  →  if(eq(a, c), lt(b, d), lt(a, c))        n in range(1, 10)  →  and(ge(n, 1), lt(n, 10))
"""

from __future__ import annotations

from dataclasses import replace

from compiler import accumulators, displays, dtypes, ir, primitives, raising, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, conjunction, disjunction, entity_id, facts_of, negate

ORDERED = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def compare(scope: Scope, op: str, left: values.Value, right: values.Value, span: Span) -> ir.Expr | ir.Declined:
    """Return `left op right` as a condition that is never None."""
    if op in ("in", "not in"):
        found = contains(scope, left, right, span)
        return found if isinstance(found, ir.Declined) or op == "in" else negate(found)
    if op in ("==", "!=", "is", "is not"):
        same = equal(scope, left, right, op, span)
        return same if isinstance(same, ir.Declined) or op in ("==", "is") else negate(same)
    if _is_set(left) and _is_set(right):
        return _subset(scope, op, left, right, span)
    ours, theirs = _sequence(left), _sequence(right)
    if ours is not None and theirs is not None and ours[0] == theirs[0]:
        return _evaluated(scope, left, right, _ordered(scope, op, ours[1], theirs[1], span), span)
    a, b = scope.as_expr(left, span), scope.as_expr(right, span)
    if not _comparable(dtypes.required(a.type), dtypes.required(b.type)):
        return ir.Declined(
            "D321", span, f"`{op}` of `{dtypes.show(a.type)}` and `{dtypes.show(b.type)}` has no exact SQL form"
        )
    return primitives.folded(ir.Prim(ORDERED[op], (a, b), dtypes.BOOL, span))


def _comparable(a: dtypes.Type, b: dtypes.Type) -> bool:
    if not isinstance(a, dtypes.Scalar) or not isinstance(b, dtypes.Scalar):
        return False
    if dtypes.is_member(a) or dtypes.is_member(b):
        return False
    if a.name == b.name:
        return a.name not in ("bytes", "bool")
    return {a.name, b.name} in ({"int", "float"}, {"int", "decimal"})


def _sequence(value: values.Value) -> tuple[str, tuple[values.Value, ...]] | None:
    """Return whether a tuple or a list, and its items, where all are known."""
    match value:
        case ir.MakePair(items):
            return "tuple", items
        case ir.MakeList(items):
            return "list", items
        case values.Several("tuple" | "list" as kind, found):
            spread = displays.spread(found)
            return None if spread is None else (kind, spread)
    return None


def _evaluated(
    scope: Scope, left: values.Value, right: values.Value, result: ir.Expr | ir.Declined, span: Span
) -> ir.Expr | ir.Declined:
    # Python makes both tuples before it compares their first items.
    if isinstance(result, ir.Declined):
        return result
    after = scope.after(left, scope.after(right, result, span), span)
    assert isinstance(after, ir.Expr)
    return after


def _ordered(
    scope: Scope, op: str, ours: tuple[values.Value, ...], theirs: tuple[values.Value, ...], span: Span
) -> ir.Expr | ir.Declined:
    if not ours or not theirs:
        met = {"<": len(ours) < len(theirs), "<=": len(ours) <= len(theirs)}
        met |= {">": len(ours) > len(theirs), ">=": len(ours) >= len(theirs)}
        return ir.Const(met[op], dtypes.BOOL, span)
    same = equal(scope, ours[0], theirs[0], "==", span)
    if isinstance(same, ir.Declined):
        return same
    here = compare(scope.assume(facts_of(same, False)), op, ours[0], theirs[0], span)
    rest = _ordered(scope, op, ours[1:], theirs[1:], span)
    if isinstance(here, ir.Declined) or isinstance(rest, ir.Declined):
        return here if isinstance(here, ir.Declined) else rest
    return conditional(same, rest, here, dtypes.BOOL, span)


# ---------------------------------------------------------------- equality


def equal(scope: Scope, left: values.Value, right: values.Value, op: str, span: Span) -> ir.Expr | ir.Declined:
    """Return `left == right`; `op` is how it is written, as `is` needs None or a bool."""
    ours, theirs = _sequence(left), _sequence(right)
    if ours is not None and theirs is not None:
        return _evaluated(scope, left, right, _all_equal(scope, ours, theirs, span), span)
    a, b = scope.as_expr(left, span), scope.as_expr(right, span)
    for one, other in ((a, b), (b, a)):
        if isinstance(one.type, dtypes.NoneType):
            return negate(scope.is_there(other, span))
    if op in ("is", "is not") and not (_is_single(a.type) or _is_single(b.type)):
        return ir.Declined("D322", span, f"`{op}` on values other than None has no SQL form; write `==`")
    a, b = (entity_id(one) if isinstance(dtypes.required(one.type), dtypes.Entity) else one for one in (a, b))
    found = _equal_values(a, b, span)
    if found is not None:
        return found
    return ir.Declined(
        "D321", span, f"`==` of `{dtypes.show(a.type)}` and `{dtypes.show(b.type)}` has no exact SQL form"
    )


def _is_single(kind: dtypes.Type) -> bool:
    """Tell whether equal values of the type are the same object: True and False, the members of an Enum."""
    inner = dtypes.required(kind)
    return kind == dtypes.BOOL or (isinstance(inner, dtypes.Scalar) and inner.enum != "")


_NUMBERS = frozenset({"int", "float", "decimal", "bool"})


def _equal_values(a: ir.Expr, b: ir.Expr, span: Span) -> ir.Expr | None:
    a_kind, b_kind = _without_mixed(dtypes.required(a.type)), _without_mixed(dtypes.required(b.type))
    match a_kind, b_kind:
        case dtypes.Scalar(enum=one), dtypes.Scalar(enum=other) if one != other:
            return raising.after(a, raising.after(b, ir.Const(False, dtypes.BOOL, span)))
        case dtypes.ListOf(item), dtypes.ListOf(other) if dtypes.required(item) == dtypes.required(other):
            return ir.Prim("eq", (a, b), dtypes.BOOL, span) if isinstance(item, dtypes.Scalar) else None
        case dtypes.Scalar(), dtypes.Scalar():
            if isinstance(a, ir.Const) and isinstance(b, ir.Const):
                return ir.Const(ir.python_value(a) == ir.python_value(b), dtypes.BOOL, span)
            if a_kind.name == b_kind.name or {a_kind.name, b_kind.name} in (
                {"int", "float"},
                {"int", "decimal"},
                {"int", "bool"},
                {"float", "bool"},
            ):
                return ir.Prim("eq", (a, b), dtypes.BOOL, span)
            if not {a_kind.name, b_kind.name} <= _NUMBERS and {a_kind.name, b_kind.name} & {"str", "bool", "bytes"}:
                # Values of unlike types are never equal.
                return raising.after(a, raising.after(b, ir.Const(False, dtypes.BOOL, span)))
    return None


def _without_mixed(kind: dtypes.Type) -> dtypes.Type:
    # A member of `class Status(str, Enum)` equals its value; one of a plain Enum equals only itself.
    mixed = isinstance(kind, dtypes.Scalar) and ":" in kind.enum
    return dtypes.without_enums(kind) if mixed else kind


def _all_equal(
    scope: Scope,
    ours: tuple[str, tuple[values.Value, ...]],
    theirs: tuple[str, tuple[values.Value, ...]],
    span: Span,
) -> ir.Expr | ir.Declined:
    if ours[0] != theirs[0] or len(ours[1]) != len(theirs[1]):
        return ir.Const(False, dtypes.BOOL, span)
    tests: list[ir.Expr] = []
    for one, other in zip(ours[1], theirs[1], strict=True):
        test = equal(scope, one, other, "==", span)
        if isinstance(test, ir.Declined):
            return test
        tests.append(test)
    return conjunction(tests, span)


# ---------------------------------------------------------------- membership


def contains(scope: Scope, item: values.Value, container: values.Value, span: Span) -> ir.Expr | ir.Declined:
    """Return `item in container`."""
    if isinstance(container, ir.Expr) and accumulators.is_filled(container):
        found = scope.as_expr(item, span)
        key = entity_id(found) if isinstance(dtypes.required(found.type), dtypes.Entity) else found
        has = accumulators.has if accumulators.is_dict(container) else accumulators.contains
        return has(scope, container, key, span)
    match container:
        case values.Mapping(reference) | values.Entries("keys", values.Mapping(reference)):
            return _has_key(scope, scope.as_expr(item, span), reference, span)
        case values.Range():
            return _in_range(scope, scope.as_expr(item, span), container, span)
        case values.Entries("keys", of) if isinstance(of, ir.Expr):
            container = of
        case ir.If(test, then, orelse) if isinstance(
            dtypes.required(container.type), dtypes.ListOf | dtypes.SetOf | dtypes.DictOf
        ):
            return _in_either(scope, item, values.Choice(test, then, orelse), span)
        case values.Choice():
            return _in_either(scope, item, container, span)
    if not isinstance(container, ir.Const):  # a text has no items, but parts
        known = displays.items_of(container)
        if known is None and isinstance(container, values.Table):
            known = tuple(values.Item(key) for key, _ in container.entries)
        if known is not None:
            return _evaluated(scope, container, item, _among(scope, item, known, span), span)
    if isinstance(container, values.Entries):
        container = scope.comprehend(container, span)
    if isinstance(container, ir.Comp):
        same = equal(scope, container.head if container.key is None else container.key, item, "==", span)
        if isinstance(same, ir.Declined):
            return same
        comp = ir.Comp("list", container.steps, same, dtypes.ListOf(dtypes.BOOL), order=container.order, span=span)
        after = scope.after(item, ir.Reduce("any", comp, dtypes.BOOL, span=span), span)  # there may be nothing in it
        assert isinstance(after, ir.Expr)
        # The values of a dict are evaluated, too.
        return after if container.key is None else _evaluated(scope, container, item, after, span)
    return _contains_value(scope, scope.as_expr(item, span), scope.as_expr(container, span), span)


def _in_either(scope: Scope, item: values.Value, choice: values.Choice, span: Span) -> ir.Expr | ir.Declined:
    inside, outside = (contains(scope, item, one, span) for one in (choice.then, choice.orelse))
    if isinstance(inside, ir.Declined) or isinstance(outside, ir.Declined):
        return inside if isinstance(inside, ir.Declined) else outside
    return conditional(choice.test, inside, outside, dtypes.BOOL, span)


def _contains_value(scope: Scope, value: ir.Expr, box: ir.Expr, span: Span) -> ir.Expr | ir.Declined:
    if isinstance(dtypes.required(value.type), dtypes.Entity):
        value = entity_id(value)
    inner = dtypes.required(box.type)
    kind = _without_mixed(dtypes.required(value.type))
    if isinstance(inner, dtypes.ListOf | dtypes.SetOf) and _without_mixed(dtypes.required(inner.item)) == kind:
        return ir.Prim("list.contains", (box, value), dtypes.BOOL, span)
    if isinstance(inner, dtypes.DictOf) and inner.key == kind:
        return ir.Prim("dict.has", (box, value), dtypes.BOOL, span)
    found = scope.primitive("in str", (value, box), span)
    if found is not None:
        return found
    return ir.Declined("D321", span, f"`in` a value of type `{dtypes.show(box.type)}` has no exact SQL form")


def _among(scope: Scope, item: values.Value, items: tuple[values.Item, ...], span: Span) -> ir.Expr | ir.Declined:
    plain = [one.value for one in items if one.test is None and isinstance(one.value, ir.Const)]
    if isinstance(item, ir.Expr) and len(plain) == len(items) and items:
        value = entity_id(item) if isinstance(dtypes.required(item.type), dtypes.Entity) else item
        kind = dtypes.required(value.type)
        if all(dtypes.required(one.type) == kind for one in plain) and isinstance(kind, dtypes.Scalar):
            return primitives.folded(ir.Prim("in", (value, *plain), dtypes.BOOL, span))
    tests: list[ir.Expr] = []
    for one in items:
        test = equal(scope, item, one.value, "==", span)
        if isinstance(test, ir.Declined):
            return test
        tests.append(test if one.test is None else conjunction((one.test, test), span))
    return disjunction(tests, span)


def _in_range(scope: Scope, value: ir.Expr, within: values.Range, span: Span) -> ir.Expr | ir.Declined:
    if dtypes.required(value.type) != dtypes.INT:
        return ir.Declined("D321", span, f"`in` a range of a `{dtypes.show(value.type)}` has no exact SQL form")
    there = scope.is_there(value, span)
    low, high = ("ge", "lt") if within.step > 0 else ("le", "gt")
    tests = [
        there,
        primitives.folded(ir.Prim(low, (value, within.start), dtypes.BOOL, span)),
        primitives.folded(ir.Prim(high, (value, within.stop), dtypes.BOOL, span)),
    ]
    if abs(within.step) != 1:
        beyond = ir.Prim("int.sub", (value, within.start), dtypes.INT, span)
        rest = ir.Prim("int.mod", (beyond, ir.Const(abs(within.step), dtypes.INT)), dtypes.INT, span)
        tests.append(ir.Prim("eq", (rest, ir.Const(0, dtypes.INT)), dtypes.BOOL, span))
    return conjunction(tests, span)


def _has_key(scope: Scope, key: ir.Expr, reference: str, span: Span) -> ir.Expr:
    declared = scope.shared.store.reference(reference)
    assert declared is not None
    if isinstance(dtypes.required(key.type), dtypes.Entity):
        key = entity_id(key)
    found = ir.Lookup(reference, key, False, dtypes.optional(dtypes.Entity(declared.model)), span)
    return scope.is_there(found, span)


# ---------------------------------------------------------------- sets


def _is_set(value: values.Value) -> bool:
    if isinstance(value, values.Several):
        return value.kind == "set"
    if isinstance(value, values.Entries):
        return value.kind == "keys"
    return isinstance(value, ir.Expr) and isinstance(value.type, dtypes.SetOf)


def _subset(scope: Scope, op: str, left: values.Value, right: values.Value, span: Span) -> ir.Expr | ir.Declined:
    small, large = (left, right) if op in ("<", "<=") else (right, left)
    inside = _within(scope, small, large, span)
    if op in ("<=", ">=") or isinstance(inside, ir.Declined):
        return inside
    back = _within(scope, large, small, span)
    return back if isinstance(back, ir.Declined) else conjunction((inside, negate(back)), span)


def _within(scope: Scope, small: values.Value, large: values.Value, span: Span) -> ir.Expr | ir.Declined:
    known = displays.items_of(small)
    tests: list[ir.Expr] = []
    for one in known or ():
        test = contains(scope, one.value, large, span)
        if isinstance(test, ir.Declined):
            return test
        tests.append(test if one.test is None else disjunction((negate(one.test), test), span))
    if known is not None:
        return conjunction(tests, span)
    comp = small if isinstance(small, ir.Comp) else scope.comprehend(small, span)
    inside = contains(scope, comp.head, large, span)
    if isinstance(inside, ir.Declined):
        return inside
    every = replace(comp, kind="list", head=inside, key=None, type=dtypes.ListOf(dtypes.BOOL))
    return ir.Reduce("all", every, dtypes.BOOL, span=span)
