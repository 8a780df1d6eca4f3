"""Calls: functions of the project are inlined, builtins over collections become comprehensions and reductions.

sum(o.amount for o in orders.values()) → Reduce("sum", Comp(…), empty=0)
sorted(users.items(), key=lambda e: e[1].name) → Comp(…, order=name, key)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from compiler import (
    accumulators,
    aggregators,
    displays,
    dtypes,
    early,
    indexing,
    ir,
    library,
    model,
    primitives,
    raising,
    sequences,
    syntax,
    values,
)
from compiler.diagnostics import Span
from compiler.library import counting, methods
from compiler.operations import arranged
from compiler.scope import Arguments, Keywords, Scope, entity_id, facts_of

_ZERO = ir.Const(0, dtypes.INT)
_ONE = ir.Const(1, dtypes.INT)
Builder = Callable[[Scope, tuple[values.Value, ...], Mapping[str, values.Value], Span], values.Value | ir.Declined]


def call(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build any call."""
    if not isinstance(node, syntax.Call):
        return None
    function = scope.build(node.func)
    args: list[values.Value] = []
    for one in node.args:
        if isinstance(one, syntax.Starred):
            args.extend(_spread(scope, scope.build(one.value), one.span))
        else:
            args.append(scope.build(one))
    keywords: dict[str, values.Value] = {}
    for name, value in node.keywords:
        given = scope.build(value)
        keywords.update({name: given} if name is not None else _named(scope, given, value.span))
    return apply(scope, function, tuple(args), keywords, node.span)


def _spread(scope: Scope, value: values.Value, span: Span) -> tuple[values.Value, ...]:
    items = displays.items_of(value)
    spread = None if items is None else displays.spread(items)
    if spread is None:
        scope.decline("D309", span, "how many arguments these are is only known at run time")
    return spread


def _named(scope: Scope, value: values.Value, span: Span) -> dict[str, values.Value]:
    entries = () if value == values.EmptyDict() else displays.entries_of(value)
    if entries is None or any(key.type != dtypes.STR for key, _ in entries):
        scope.decline("D309", span, "which arguments these are is only known at run time")
    return {str(key.value): one for key, one in entries if isinstance(key, ir.Const)}


def apply(
    scope: Scope, function: values.Value, args: Arguments, keywords: Keywords, span: Span
) -> values.Value | ir.Declined:
    """Return what calling a value gives."""
    match function:
        case values.Closure():
            return scope.call(function, args, keywords, span)
        case values.ClassValue(record) if record.kind == "aggregator":
            return ir.Declined("D302", span, f"an object of the class `{record.name}` has no SQL form")
        case values.ClassValue():
            return _construct(scope, function, args, keywords, span)
        case values.BoundMethod():
            return _method(scope, function, args, keywords, span)
        case values.Builtin(qualified):
            return _builtin(scope, qualified, args, keywords, span)
        case values.Partial(inner, first, named):
            return apply(scope, inner, (*first, *args), {**dict(named), **keywords}, span)
        case values.Choice(test, then, orelse):
            made = scope.assume(facts_of(test, True)).apply(then, args, keywords, span)
            other = scope.assume(facts_of(test, False)).apply(orelse, args, keywords, span)
            return displays.choose(scope, test, made, other, span)
        case values.EnumValue(of) if len(args) == 1 and not keywords:
            return _member(scope, of, scope.as_expr(args[0], span), span)
        case ir.Raises():
            return function
    return ir.Declined("D350", span, "a call of this value has no SQL form")


def _member(scope: Scope, enum: model.EnumClass, value: ir.Expr, span: Span) -> values.Value | ir.Declined:
    """Return `Status(value)`: the member with that value, or ValueError."""
    kind = dtypes.required(value.type)
    if isinstance(kind, dtypes.Scalar) and kind == dtypes.required(enum.type):
        return value  # a member is its own
    plain = dtypes.without_enums(enum.type)
    if kind != plain:
        return ir.Declined("D354", span, f"`{enum.name}` of a `{dtypes.show(value.type)}` has no SQL form")
    constants = tuple(ir.Const(one, plain) for _, one in enum.members)
    known = primitives.folded(ir.Prim("in", (value, *constants), dtypes.BOOL, span))
    told = f"{ir.python_value(value)!r} is not a valid {enum.name}" if isinstance(value, ir.Const) else ""
    return displays.choose(scope, known, replace(value, type=enum.type), ir.Raises("ValueError", told, span=span), span)


def _construct(
    scope: Scope,
    cls: values.ClassValue,
    args: tuple[values.Value, ...],
    keywords: Mapping[str, values.Value],
    span: Span,
) -> values.Value | ir.Declined:
    names = [name for name, _, _ in cls.record.fields]
    given: dict[str, values.Value] = {**dict(zip(names, args, strict=False)), **keywords}
    fields: list[tuple[str, ir.Expr]] = []
    for name, _, default in cls.record.fields:
        if name in given:
            fields.append((name, scope.as_expr(given[name], span)))
        elif default is not None:
            fields.append((name, Scope(scope.shared, cls.module, {}).expr(default)))
        elif cls.record.kind != "typeddict":
            return ir.Raises("TypeError", f"{cls.record.name}() misses the argument '{name}'", span=span)
    unknown = set(given) - set(names)
    if unknown or len(args) > len(names):
        return ir.Declined("D309", span, f"the arguments do not fit `{cls.record.name}`")
    name = "" if cls.record.kind == "typeddict" else cls.record.name
    return ir.MakeRecord(tuple(fields), dtypes.Record(tuple((key, one.type) for key, one in fields), name), span)


# ---------------------------------------------------------------- methods


def _method(
    scope: Scope,
    method: values.BoundMethod,
    args: tuple[values.Value, ...],
    keywords: Mapping[str, values.Value],
    span: Span,
) -> values.Value | ir.Declined:
    receiver, name = method.receiver, method.name
    if isinstance(receiver, values.ClassValue):
        return aggregators.over(scope, receiver, args, keywords, span)  # no other method of a class is bound
    match name, args:
        case "join", (ir.Prim("after", (before, listed)),):
            text = _method(scope, method, (listed,), keywords, span)
            return text if isinstance(text, ir.Declined) else scope.after(before, text, span)
    known = _known_method(scope, receiver, name, args, keywords, span)
    if known is not None:
        return known
    is_dict = isinstance(receiver, ir.Expr) and isinstance(dtypes.required(receiver.type), dtypes.DictOf)
    if (isinstance(receiver, values.Mapping) or is_dict) and name in ("keys", "values", "items") and not args:
        return values.Entries(name, receiver)  # type: ignore[arg-type]  # checked by the test above
    if isinstance(receiver, values.Mapping):
        return _mapping_get(scope, receiver, name, args, span)
    value = scope.as_expr(receiver, span)
    if isinstance(value, ir.Const) and name == "join" and len(args) == 1:
        return _join(scope, value, args[0], span)
    if isinstance(value, ir.GroupBy | ir.Comp) and name in ("items", "keys", "values"):
        return _grouped_entries(value, name, span)
    if keywords:
        return ir.Declined("D351", span, f"`.{name}` with keyword arguments has no SQL form")
    operands = (value, *(scope.as_expr(one, span) for one in args))
    found = scope.primitive(f".{name}", operands, span)
    if found is not None:
        return found
    return ir.Declined(
        "D352", span, f"`.{name}()` of a value of type `{dtypes.show(value.type)}` has no exact SQL form"
    )


def _known_method(
    scope: Scope, receiver: values.Value, name: str, args: Arguments, keywords: Keywords, span: Span
) -> values.Value | ir.Declined | None:
    """Return what a method of an accumulator, a known dict or the library's table gives."""
    if isinstance(receiver, ir.Expr) and accumulators.is_dict(receiver) and name == "get" and 0 < len(args) < 3:
        key = scope.as_expr(args[0], span)
        default = scope.as_expr(args[1], span) if len(args) > 1 else ir.Const(None, dtypes.NONE, span)
        return scope.after(default, accumulators.item(scope, receiver, key, default, span), span)
    if name == "get" and args:
        otherwise = args[1] if len(args) > 1 else ir.Const(None, dtypes.NONE, span)
        entry = indexing.get(scope, receiver, args[0], otherwise, span)
        if entry is not None:
            return entry if isinstance(entry, ir.Declined) else scope.after(otherwise, entry, span)
    known = methods.apply(scope, receiver, name, args, keywords, span)
    if known is not None:
        return known
    if isinstance(receiver, ir.GroupBy) and receiver.start == counting.ZERO:
        counted = _counter(scope, receiver, name, args, span)
        if counted is not None:
            return counted
    if name in ("keys", "values", "items") and not args:
        entries = () if receiver == values.EmptyDict() else displays.entries_of(receiver)
        if entries is not None and isinstance(receiver, values.Table | ir.MakeRecord | values.EmptyDict):
            kind: Any = name  # one of the three
            items = displays.items_of(values.Entries(kind, receiver)) or ()
            return values.Several("list", items)
    return None


def _counter(
    scope: Scope, counter: ir.GroupBy, name: str, args: Arguments, span: Span
) -> values.Value | ir.Declined | None:
    if name == "total" and not args:
        return counting.total(counter, span)
    if name == "get" and len(args) == 2:
        return counting.entry(scope, counter, args[0], args[1], span)
    if name == "most_common" and len(args) < 2:
        return counting.most_common(scope, counter, args, span)
    return None


def _mapping_get(
    scope: Scope, mapping: values.Mapping, name: str, args: tuple[values.Value, ...], span: Span
) -> values.Value | ir.Declined:
    declared = scope.shared.store.reference(mapping.reference)
    assert declared is not None
    default = scope.as_expr(args[1], span) if len(args) > 1 else None
    if name != "get" or not args or (default is not None and not isinstance(default.type, dtypes.NoneType)):
        return ir.Declined("D352", span, f"`.{name}()` of a reference has no SQL form")
    key = scope.as_expr(args[0], span)
    if isinstance(dtypes.required(key.type), dtypes.Entity):
        key = entity_id(key)
    return ir.Lookup(mapping.reference, key, False, dtypes.optional(dtypes.Entity(declared.model)), span)


def _grouped_entries(value: ir.GroupBy | ir.Comp, name: str, span: Span) -> values.Value | ir.Declined:
    return ir.Declined("D304", span, f"`.{name}()` of a dict that the getter itself made has no SQL form yet")


def _join(scope: Scope, separator: ir.Const, items: values.Value, span: Span) -> values.Value | ir.Declined:
    comp = scope.comprehend(items, span)
    if dtypes.required(comp.head.type) != dtypes.STR:
        return ir.Declined("D353", span, "`join` of values that are not texts has no SQL form")
    if sequences.is_unordered(comp.order):
        return ir.Declined("D353", span, "`join` of texts in the order of a set, which is not defined, has no SQL form")
    return ir.Reduce("join", comp, dtypes.STR, ir.Const("", dtypes.STR), separator=str(separator.value), span=span)


# ---------------------------------------------------------------- builtins


def _builtin(
    scope: Scope, name: str, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    name = name.removeprefix("builtins.")
    match args:
        case (ir.Prim("after", (before, ir.Comp() | ir.GroupBy() | ir.Prim("after") as listed)), *rest):
            of_list: values.Value | ir.Declined = _builtin(scope, name, (listed, *rest), keywords, span)
            return of_list if isinstance(of_list, ir.Declined) else scope.after(before, of_list, span)
    known = library.FUNCTIONS.get(name)
    answer = None if known is None else known(scope, args, keywords, span)
    if answer is not None:
        return answer
    owner, _, method = name.partition(".")
    if owner in _TYPES and method and args and not hasattr(object, method):
        return scope.apply(values.BoundMethod(args[0], method), args[1:], keywords, span)
    collection = _COLLECTION.get(name)
    if collection is not None and len(args) > 0 and _is_collection(args[0], name):
        return collection(scope, args, keywords, span)
    if name == "collections.Counter" and not args:
        return values.EmptyDict(_ZERO)
    if name == "collections.defaultdict" and len(args) == 1:
        return _defaultdict(scope, args[0], span)
    if name == "decimal.Decimal":
        return _decimal(scope, args, span)
    if name == "str" and len(args) == 1:
        value = scope.as_expr(args[0], span)
        return values.to_text(value, span)
    if name == "bool" and len(args) == 1:
        return scope.truth(args[0], span)
    if keywords:
        return ir.Declined("D351", span, f"`{name}` with keyword arguments has no SQL form")
    operands = tuple(scope.as_expr(one, span) for one in args)
    found = scope.primitive(name, operands, span)
    if found is not None:
        return found
    types = ", ".join(f"`{dtypes.show(one.type)}`" for one in operands)
    return ir.Declined("D354", span, f"`{name}` of {types or 'nothing'} has no exact SQL form")


_TYPES = frozenset({"str", "int", "float", "dict", "list", "tuple", "bytes", "bool"})


_EMPTY: dict[str, ir.Expr] = {
    "int": _ZERO,
    "float": ir.Const(0.0, dtypes.FLOAT),
    "str": ir.Const("", dtypes.STR),
    "bool": ir.Const(False, dtypes.BOOL),
    "decimal.Decimal": ir.Const(Decimal(0), dtypes.DECIMAL),
    "list": ir.MakeList((), dtypes.ListOf(dtypes.NONE)),
    "set": ir.MakeList((), dtypes.SetOf(dtypes.NONE)),
}


def _defaultdict(scope: Scope, factory: values.Value, span: Span) -> values.Value | ir.Declined:
    """Return a dict that has, for a missing key, what the factory makes."""
    if isinstance(factory, values.Builtin) and factory.qualified in _EMPTY:
        return values.EmptyDict(_EMPTY[factory.qualified])
    if isinstance(factory, values.Closure):
        made = scope.as_expr(scope.call(factory, (), {}, span), span)
        if isinstance(made, ir.Const | ir.MakeList | ir.MakeRecord):
            return values.EmptyDict(made)
    return ir.Declined("D354", span, "a `defaultdict` of this has no SQL form")


def _is_collection(value: values.Value, function: str) -> bool:
    if isinstance(value, values.Mapping | values.Entries | values.Choice | ir.Comp | ir.GroupBy | ir.MakeList):
        return True
    if not isinstance(value, ir.Expr) or not isinstance(
        dtypes.required(value.type), dtypes.ListOf | dtypes.SetOf | dtypes.DictOf
    ):
        return False
    return isinstance(value, ir.If) or function != "len"  # the length of a column is a primitive


def _decimal(scope: Scope, args: tuple[values.Value, ...], span: Span) -> values.Value | ir.Declined:
    if not args:
        return ir.Const(Decimal(0), dtypes.DECIMAL, span)
    value = scope.as_expr(args[0], span)
    if isinstance(value, ir.Const) and isinstance(value.value, int | str) and not isinstance(value.value, bool):
        try:
            return ir.Const(Decimal(value.value), dtypes.DECIMAL, span)
        except InvalidOperation:
            return ir.Raises("InvalidOperation", "", span=span)
    found = scope.primitive("decimal.Decimal", (value,), span)
    return (
        found if found is not None else ir.Declined("D354", span, "`Decimal` of a computed value has no exact SQL form")
    )


def _len(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    value = args[0]
    if isinstance(value, ir.MakeList):
        return scope.after(value, ir.Const(len(value.items), dtypes.INT, span), span)
    if isinstance(value, ir.GroupBy):
        comp = replace(value.comp, kind="set", head=value.comp.key or value.comp.head, key=None)
        return ir.Reduce("count", comp, dtypes.INT, _ZERO, distinct=True, span=span)
    if isinstance(value, ir.Comp) and value.kind == "dict" and value.key is not None:
        return ir.Reduce(
            "count", replace(value, kind="set", head=value.key, key=None), dtypes.INT, _ZERO, distinct=True, span=span
        )
    distinct = isinstance(value, ir.Comp) and value.kind == "set"
    comp = value if isinstance(value, ir.Comp) else scope.comprehend(value, span)
    if distinct and isinstance(comp.head, ir.MakePair) and all(arranged.can_rank(one.type) for one in comp.head.items):
        comp = replace(comp, head=arranged.ranked_together(comp.head.items), type=dtypes.SetOf(dtypes.STR))
    sorting, comp = raising.apart(comp)
    counted = ir.Reduce("count", comp, dtypes.INT, _ZERO, distinct=distinct, span=span)
    return counted if sorting is None else scope.after(sorting, counted, span)


def _sum(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    comp = scope.comprehend(args[0], span)
    start = scope.as_expr(args[1] if len(args) > 1 else keywords.get("start", _ZERO), span)
    inner = dtypes.required(comp.head.type)
    if comp.head == _ONE and start == _ZERO:
        return ir.Reduce("count", comp, dtypes.INT, _ZERO, span=span)
    if comp.head.type == dtypes.BOOL and start == _ZERO:
        counted = replace(comp, steps=(*comp.steps, ir.Cond(comp.head)), head=_ONE, type=dtypes.ListOf(dtypes.INT))
        return ir.Reduce("count", counted, dtypes.INT, _ZERO, span=span)
    if inner == dtypes.BOOL:
        comp, inner = replace(comp, head=ir.Prim("int_of_bool", (comp.head,), dtypes.INT, span)), dtypes.INT
    if inner == dtypes.FLOAT:
        return ir.Declined("D356", span, "a sum of floats depends on their order, which an aggregate does not keep")
    if not isinstance(inner, dtypes.Scalar) or inner.name not in ("int", "decimal") or not isinstance(start, ir.Const):
        return ir.Declined("D356", span, f"a sum of `{dtypes.show(comp.head.type)}` has no exact SQL form")
    kind = dtypes.INT if inner == dtypes.INT else dtypes.DECIMAL
    if kind == dtypes.INT and start.type != dtypes.INT:
        return ir.Declined("D356", span, "a sum that starts with a value of another type has no exact SQL form")
    empty = (
        ir.Const(Decimal(start.value), kind, span)
        if kind == dtypes.DECIMAL and isinstance(start.value, int | Decimal)
        else start
    )
    reduced = ir.Reduce("sum", comp, kind, replace(empty, type=kind), span=span)
    if start.value == 0:
        return reduced
    zero = replace(empty, value=Decimal(0) if kind == dtypes.DECIMAL else 0)
    total = scope.primitive("+", (replace(reduced, empty=zero), empty), span)
    return total if total is not None else ir.Declined("D356", span, "this sum has no exact SQL form")


def _any(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    comp = scope.comprehend(args[0], span)
    return early.decided(scope, replace(comp, head=scope.truth(comp.head, span)), until=True, span=span)


def _all(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    comp = scope.comprehend(args[0], span)
    return early.decided(scope, replace(comp, head=scope.truth(comp.head, span)), until=False, span=span)


def _told_of_nothing(op: str) -> str:
    """Return what Python, of whichever version, raises for the `min` or `max` of nothing."""
    try:
        {"min": min, "max": max}[op](())
    except ValueError as error:
        return f"ValueError: {error}"
    raise AssertionError(op)


def _extreme(op: str) -> Builder:
    def build(
        scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
    ) -> values.Value | ir.Declined:
        if len(args) != 1:
            return ir.Declined("D354", span, f"`{op}` of several collections has no SQL form")
        comp = scope.comprehend(args[0], span)
        default = keywords.get("default")
        empty = None if default is None else scope.as_expr(default, span)
        error = "" if default is not None else _told_of_nothing(op)
        if "key" in keywords:
            ordered = _extremely(op, scope, comp, keywords["key"], span)
            kind = comp.head.type if empty is None else dtypes.join(comp.head.type, empty.type)
            if kind is None:
                return ir.Declined("D313", span, "the default has another type than the items")
            return _defaulted(ir.Reduce("first", ordered, kind, empty, error, span=span))
        inner = dtypes.required(comp.head.type)
        if isinstance(comp.head, ir.MakePair) and empty is None:  # tuples are compared item by item
            return ir.Reduce("first", _extremely(op, scope, comp, None, span), comp.head.type, None, error, span=span)
        if not isinstance(inner, dtypes.Scalar) or inner.name in ("bool", "bytes", "str"):
            # MIN and MAX of texts compare UTF-16 units in one mode and bytes in another; a text goes by order instead.
            if inner == dtypes.STR:
                ordered = replace(comp, order=(ir.Order(comp.head, op == "max"), *comp.order))
                kind = comp.head.type if empty is None else dtypes.join(comp.head.type, empty.type)
                if kind is not None:
                    return _defaulted(ir.Reduce("first", ordered, kind, empty, error, span=span))
            return ir.Declined("D357", span, f"`{op}` of `{dtypes.show(comp.head.type)}` has no exact SQL form")
        # Of one None alone it is None: only two are compared.
        kind = dtypes.join(comp.head.type, empty.type) if empty is not None else comp.head.type
        if kind is None:
            return ir.Declined("D313", span, "the default has another type than the items")
        return _defaulted(ir.Reduce("min" if op == "min" else "max", comp, kind, empty, error, span=span))

    return build


def _extremely(op: str, scope: Scope, comp: ir.Comp, key: values.Value | None, span: Span) -> ir.Comp:
    """Return a list in the order in which its extreme is the first."""
    ordered = _ordered(scope, comp, key, op == "max", span)
    if any(one.follows and dtypes.nullable(one.key.type) for one in ordered.order if one not in comp.order):
        # Each is compared with the best before it alone, so that None may never meet anything else.
        scope.decline("D410", span, f"`{op}` by a second key that may be None has no exact SQL form")
    return ordered


def _defaulted(reduce: ir.Reduce) -> ir.Expr:
    """Evaluate the default whether it is needed or not, and what the items are of before it, as Python does."""
    if reduce.empty is None:
        return reduce
    source = reduce.comp.steps[0] if reduce.comp.steps else None
    found = raising.after(reduce.empty, reduce)
    if isinstance(source, ir.Gen) and isinstance(source.source, ir.Items) and found != reduce:
        found = raising.after(source.source.value, found)
    return found


def _sorted(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    comp = scope.comprehend(args[0], span)
    reverse = scope.as_expr(keywords.get("reverse", ir.Const(False, dtypes.BOOL)), span)
    if not isinstance(reverse, ir.Const):
        return ir.Declined("D358", span, "`reverse` that is not a constant has no SQL form")
    return _ordered(scope, comp, keywords.get("key"), bool(reverse.value), span)


def _ordered(scope: Scope, comp: ir.Comp, key: values.Value | None, descending: bool, span: Span) -> ir.Comp:
    value: values.Value = comp.head
    if key is not None and not (isinstance(key, ir.Const) and key.value is None):
        holding = (facts_of(step.test, True) for step in comp.steps if isinstance(step, ir.Cond))
        value = scope.assume(fact for each in holding for fact in each).apply(key, (comp.head,), {}, span)
    sort_key = scope.as_expr(value, span)
    parts = sort_key.items if isinstance(sort_key, ir.MakePair) else (sort_key,)
    order: list[ir.Order] = []
    for part in parts:
        is_whole = not isinstance(dtypes.required(part.type), dtypes.Scalar)
        if is_whole and part is not parts[0] and sequences.is_unique(parts[0], comp.steps):
            break  # `sorted(mapping.items())`: keys are unique, so the second part never decides
        if not _sortable(part.type):
            scope.decline("D358", span, f"sorting by a value of type `{dtypes.show(part.type)}` has no exact SQL form")
        is_first = part is parts[0]
        order.append(ir.Order(part, descending, leads=is_first and len(parts) > 1, follows=not is_first))
    natural = tuple(one for one in comp.order if not any(one.key == other.key for other in order))
    return replace(comp, order=sequences.completed((*order, *natural), comp.steps))


def _sortable(kind: dtypes.Type) -> bool:
    inner = dtypes.required(kind)
    return isinstance(inner, dtypes.Scalar) and inner.name != "bytes" and not dtypes.is_member(inner)


def _reversed(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    comp = scope.comprehend(args[0], span)
    return replace(comp, order=sequences.backwards(comp.order))


def _listed(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    if isinstance(args[0], ir.Expr) and isinstance(dtypes.required(args[0].type), dtypes.SetOf):
        return ir.Declined(
            "D359", span, "the order of a set is not defined, so a list of it has no exact form; write `sorted(…)`"
        )
    if isinstance(args[0], ir.MakeList | ir.If):
        return args[0]
    return scope.comprehend(args[0], span)


def _set(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    comp = scope.comprehend(args[0], span)
    if not _sortable(comp.head.type):
        return ir.Declined("D359", span, f"a set of `{dtypes.show(comp.head.type)}` has no SQL form")
    made = replace(comp, kind="set", type=dtypes.SetOf(comp.head.type), order=())
    sorting, _ = raising.apart(comp)
    return made if sorting is None else scope.after(sorting, made, span)


def _next(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    if isinstance(args[0], ir.Attr | ir.MakeList):
        return ir.Declined("D305", span, "`next` of a list raises TypeError; write `next(iter(…))`")
    comp = scope.comprehend(args[0], span)
    empty = scope.as_expr(args[1], span) if len(args) > 1 else None
    kind = comp.head.type if empty is None else dtypes.join(comp.head.type, empty.type)
    if kind is None:
        return ir.Declined("D313", span, "the default has another type than the items")
    return _defaulted(ir.Reduce("first", comp, kind, empty, "" if empty is not None else "StopIteration", span=span))


def _identity(
    scope: Scope, args: tuple[values.Value, ...], keywords: Mapping[str, values.Value], span: Span
) -> values.Value | ir.Declined:
    return args[0]


_COLLECTION: dict[str, Builder] = {
    "len": _len, "sum": _sum, "any": _any, "all": _all, "min": _extreme("min"), "max": _extreme("max"),
    "sorted": _sorted, "reversed": _reversed, "list": _listed, "tuple": _listed, "set": _set, "frozenset": _set,
    "next": _next, "iter": _identity,
}  # fmt: skip
