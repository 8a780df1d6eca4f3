"""Collections whose items the compiler knows one by one: their items, and what they are as values.

[a, b]   range(3)   {"a": f, "b": g}.items()   Kind   →  the items, so that loops over them are written out

    sum(x for x in (a, b) if x)  →  Several(generator, (a if a, b if b))  →  list.add(if(a, [a], []), if(b, [b], []))
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from compiler import dtypes, ir, rewrite, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, unify

MAX_ITEMS = 200
"""So many items of a range or text are written out."""


def items_of(value: values.Value) -> tuple[values.Item, ...] | None:
    """Return the items of a collection that is known one by one; None for any other value."""
    match value:
        case values.Several(items=items):
            return items
        case ir.MakeList(items) | ir.MakePair(items):
            return tuple(map(values.Item, items))
        case values.EnumValue(of):
            return tuple(values.Item(ir.Const(one, of.item_type)) for _, one in of.members)
        case values.Range():
            numbers = _numbers(value)
            return None if numbers is None else tuple(values.Item(ir.Const(one, dtypes.INT)) for one in numbers)
        case ir.Const(str(text)) if value.type == dtypes.STR and len(text) <= MAX_ITEMS:
            return tuple(values.Item(ir.Const(one, dtypes.STR)) for one in text)
        case values.Entries(kind, of):
            entries = entries_of(of)
            if entries is not None:
                pick = {"keys": lambda key, _: key, "values": lambda _, one: one, "items": _pair}[kind]
                return tuple(values.Item(pick(*one)) for one in entries)
    entries = entries_of(value)
    return None if entries is None else tuple(values.Item(key) for key, _ in entries)


def entries_of(value: values.Value) -> tuple[tuple[ir.Expr, values.Value], ...] | None:
    """Return the entries of a dict with known, different keys, in order; None for any other value."""
    match value:
        case values.EmptyDict(None):
            return ()
        case ir.MakeRecord(fields) if isinstance(value.type, dtypes.Record) and not value.type.name:
            return tuple((ir.Const(name, dtypes.STR), one) for name, one in fields)
        case values.Table(entries) if all(isinstance(key, ir.Const) for key, _ in entries):
            return tuple(dict(entries).items())
    return None


def _pair(key: values.Value, one: values.Value) -> values.Value:
    if isinstance(key, ir.Expr) and isinstance(one, ir.Expr):
        return ir.MakePair((key, one), dtypes.Pair((key.type, one.type)))
    return values.Several("tuple", (values.Item(key), values.Item(one)))


def _numbers(value: values.Range) -> range | None:
    if not isinstance(value.start, ir.Const) or not isinstance(value.stop, ir.Const):
        return None
    start, stop = value.start.value, value.stop.value
    assert isinstance(start, int)
    assert isinstance(stop, int)
    numbers = range(start, stop, value.step)
    return numbers if len(numbers) <= MAX_ITEMS else None


def several(kind: str, found: tuple[values.Item, ...], span: Span) -> values.Value:
    """Return a list or tuple of such items, in the simplest form."""
    plain = tuple(one.value for one in found if one.test is None and isinstance(one.value, ir.Expr))
    if len(plain) == len(found) and kind == "tuple":
        return ir.MakePair(plain, dtypes.Pair(tuple(one.type for one in plain)), span)
    if len(plain) == len(found) and kind == "list":
        made = listed(plain, span)
        if made is not None:
            return made
    return values.Several(kind, found)  # type: ignore[arg-type]  # the callers' literals


def table(entries: tuple[tuple[ir.Expr, values.Value], ...], span: Span) -> values.Value:
    """Return a dict of such entries: a record where its keys are known texts and its values have columns."""
    keys = all(isinstance(key, ir.Const) and key.type == dtypes.STR for key, _ in entries)
    fields = {str(key.value): one for key, one in entries if isinstance(key, ir.Const)}
    if not entries:
        return values.EmptyDict()
    if not keys or not all(isinstance(one, ir.Expr) for one in fields.values()):
        return values.Table(entries, span)
    parts = tuple((name, one) for name, one in fields.items() if isinstance(one, ir.Expr))
    return ir.MakeRecord(parts, dtypes.Record(tuple((name, one.type) for name, one in parts)), span)


def listed(items: tuple[ir.Expr, ...], span: Span) -> ir.MakeList | None:
    """Return the list of these items, or None where they have no type in common."""
    kind: dtypes.Type = dtypes.NONE
    for place, one in enumerate(items):
        joined = dtypes.join(kind, one.type) if place else one.type
        if joined is None:
            return None
        kind = joined
    return ir.MakeList(items, dtypes.ListOf(kind), span)


def show(scope: Scope, value: values.Several | values.Table | values.Range, span: Span) -> ir.Expr:
    """Return such a collection as a value; declines where a column could not hold it."""
    match value:
        case values.Table():
            return _dict(scope, value, value.span if value.span.line else span)
        case values.Range():
            found = items_of(value)
            if found is None:
                scope.decline("D305", span, "a range whose ends are computed has no SQL form as a list")
            return _list(scope, found, span)
        case values.Several("set", ()):
            return ir.MakeList((), dtypes.SetOf(dtypes.NONE), span)
        case values.Several("set", items):
            whole = _list(scope, items, span)
            loop = scope.iterate(whole, span, "item")
            head = scope.as_expr(loop.element, span)
            return ir.Comp("set", loop.steps, head, dtypes.SetOf(head.type), span=span)
        case values.Several(kind, items):
            if kind == "tuple" and all(one.test is None for one in items):
                parts = tuple(scope.as_expr(one.value, span) for one in items)
                return ir.MakePair(parts, dtypes.Pair(tuple(one.type for one in parts)), span)
            return _list(scope, items, span)


def _list(scope: Scope, items: tuple[values.Item, ...], span: Span) -> ir.Expr:
    """Return `[a, *([b] if c else [])]` and the like as one list."""
    parts = tuple(scope.as_expr(one.value, span) for one in items)
    whole = listed(parts, span)
    if whole is None:
        scope.decline("D313", span, "the items of the list have different types")
    runs: list[ir.Expr] = []
    empty = ir.MakeList((), whole.type, span)
    for part, one in zip(parts, items, strict=True):
        alone = ir.MakeList((part,), whole.type, span)
        if one.test is not None:
            runs.append(conditional(one.test, alone, empty, whole.type, span))
        elif runs and isinstance(runs[-1], ir.MakeList):
            runs[-1] = ir.MakeList((*runs[-1].items, part), whole.type, span)
        else:
            runs.append(alone)
    return reduce(lambda a, b: ir.Prim("list.add", (a, b), whole.type, span), runs) if runs else empty


def _dict(scope: Scope, value: values.Table, span: Span) -> ir.Expr:
    entries = {key: scope.as_expr(one, span) for key, one in value.entries}
    if all(isinstance(key, ir.Const) and isinstance(key.value, str) for key in entries):
        fields = tuple((str(key.value), one) for key, one in entries.items() if isinstance(key, ir.Const))
        return ir.MakeRecord(fields, dtypes.Record(tuple((name, one.type) for name, one in fields)), span)
    if len(entries) > 1:
        # MAP['x', 1, 'x', 2] keeps both entries (Flink 2.2.1); Python keeps the last.
        scope.decline("D331", span, "a dict of several keys, one of them computed, has no exact SQL form")
    keys, parts = listed(tuple(entries), span), listed(tuple(entries.values()), span)
    if keys is None or parts is None:
        scope.decline("D313", span, "the keys or the values of the dict have different types")
    assert isinstance(keys.type, dtypes.ListOf)
    assert isinstance(parts.type, dtypes.ListOf)
    if keys.type.item != dtypes.STR:
        scope.decline("D331", span, "a dict whose keys are not texts, and not all known, has no SQL form")
    if any(isinstance(one, ir.Comp | ir.GroupBy) for part in entries.values() for one in rewrite.walk(part)):
        scope.decline("D331", span, "a dict with computed keys that holds collections has no SQL form")
    kind = dtypes.DictOf(keys.type.item, parts.type.item)
    return ir.Prim("dict.make", tuple(one for entry in entries.items() for one in entry), kind, span)


def without_tuples(expr: ir.Expr) -> ir.Expr:
    """Return a getter's result with its tuples as lists, as JSON has them, where their items are of one type."""
    match expr:
        case ir.MakePair(items):
            return listed(tuple(map(without_tuples, items)), expr.span) or expr
        case ir.MakeRecord(fields, dtypes.Record(_, name)):
            parts = tuple((key, without_tuples(one)) for key, one in fields)
            return replace(expr, fields=parts, type=dtypes.Record(tuple((key, one.type) for key, one in parts), name))
        case ir.If(test, then, orelse) if not isinstance(expr.type, dtypes.Scalar):
            both = unify(without_tuples(then), without_tuples(orelse))
            return expr if both is None else conditional(test, *both, expr.span)
    return expr


def without_enums(expr: ir.Expr) -> ir.Expr:
    """Return an expression with the values of enum members in the members' place."""

    def plain(one: ir.Expr) -> ir.Expr | None:
        kind = dtypes.without_enums(one.type)
        return None if kind == one.type else rewrite.transform(replace(one, type=kind), plain)

    return rewrite.transform(expr, plain)


def kept(found: tuple[values.Item, ...], value: values.Value, test: ir.Expr) -> tuple[values.Item, ...]:
    """Return the items with one more, kept where the test holds."""
    if isinstance(test, ir.Const):
        return (*found, values.Item(value)) if test.value else found
    return (*found, values.Item(value, test))


def first(scope: Scope, found: tuple[values.Item, ...], otherwise: values.Value, span: Span) -> values.Value:
    """Return the first item that is there, or else another value."""
    result = otherwise
    for one in reversed(found):
        result = one.value if one.test is None else choose(scope, one.test, one.value, result, span)
    return result


def choose(scope: Scope, test: ir.Expr, then: values.Value, orelse: values.Value, span: Span) -> values.Value:
    """Return `then if test else orelse` of any two values."""
    if isinstance(test, ir.Const):
        return then if test.value else orelse
    if then == orelse and isinstance(then, ir.Expr):
        return conditional(test, then, orelse if isinstance(orelse, ir.Expr) else then, then.type, span)
    if not isinstance(then, ir.Expr) or not isinstance(orelse, ir.Expr):
        if isinstance(then, values.Several | values.Table) or isinstance(orelse, values.Several | values.Table):
            then, orelse = scope.as_expr(then, span), scope.as_expr(orelse, span)
        else:
            return values.Choice(test, then, orelse)
    if isinstance(then, ir.Raises) or isinstance(orelse, ir.Raises):
        return conditional(test, then, orelse, orelse.type if isinstance(then, ir.Raises) else then.type, span)
    both = unify(then, orelse)
    if both is None:
        one, other = dtypes.show(then.type), dtypes.show(orelse.type)
        scope.decline("D313", span, f"the value is sometimes `{one}` and sometimes `{other}`")
    return conditional(test, *both, span)


def spread(values_: tuple[values.Item, ...]) -> tuple[values.Value, ...] | None:
    """Return the values of items that are all there; None where one may be absent."""
    return None if any(one.test is not None for one in values_) else tuple(one.value for one in values_)
