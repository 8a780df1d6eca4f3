"""Items and slices of any collection, and the entries of dicts by their keys.

users[k] → Lookup("users", k)        {"a": 1, "b": 2}.get(kind, 0) → if(eq(kind, "a"), 1, if(eq(kind, "b"), 2, 0))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from compiler import accumulators, comparing, displays, dtypes, ir, raising, ranges, sequences, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, disjunction, entity_id, retyped

_NONE = ir.Const(None, dtypes.NONE)


def item(scope: Scope, owner: values.Value, index: values.Value, span: Span) -> values.Value | ir.Declined:
    """Return `owner[index]`."""
    if isinstance(owner, values.Mapping):
        return _of_mapping(scope, owner, scope.as_expr(index, span), span)
    own = scope.shared.entries.get(index) if isinstance(index, ir.Expr) else None
    if own is not None and own[0] == owner:
        return own[1]
    entries = _entries(owner)
    if entries is not None:
        named = repr(ir.python_value(index)) if isinstance(index, ir.Const) else ""
        return look_up(scope, owner, entries, index, ir.Raises("KeyError", named, span=span), span)
    key = scope.as_expr(index, span)
    known = _sequence(owner)
    if known is not None:
        return _of_known(scope, owner, known, key, span)
    match owner:
        case _ if isinstance(owner, ir.Expr) and accumulators.is_dict(owner):
            named = repr(ir.python_value(key)) if isinstance(key, ir.Const) else ""
            missing = accumulators.default(owner)
            told = missing if missing is not None else ir.Raises("KeyError", named, span=span)
            return accumulators.item(scope, owner, key, told, span)
        case ir.Reduce("first" | "last", ir.Comp(head=ir.MakePair() | ir.MakeRecord()), empty=None):
            part = _of_found(scope, owner, key, span)
            if part is not None:
                return part
        case ir.Comp("dict", head=ir.MakeRecord() | ir.MakePair() | ir.MakeList()) if _has_keys_like(owner, key):
            return _each(owner.head, lambda head: _at(owner, head, key, span))
        case ir.If(test, then, orelse) if isinstance(dtypes.required(owner.type), dtypes.Record | dtypes.Pair):
            return _of_branches(scope, test, then, orelse, key, span)
        case values.Choice(test, one, other):
            return _of_branches(scope, test, one, other, key, span)
        case ir.Comp(kind="list") if isinstance(key, ir.Const) and isinstance(key.value, int):
            place = key.value if key.value >= 0 else -key.value - 1
            chosen = sequences.cut(owner, place, place + 1, from_end=key.value < 0) if place else owner
            op: ir.ReduceOp = "last" if key.value == -1 else "first"
            return ir.Reduce(op, chosen, owner.head.type, empty_error="IndexError: list index out of range", span=span)
        case ir.Comp(kind="list") if key.type == dtypes.INT and sequences.has_places(owner):
            return _at_place(scope, owner, key, span)
    value = scope.as_expr(owner, span)
    found = scope.primitive("[]", (value, key), span)
    if found is not None:
        return found
    return ir.Declined("D323", span, f"an item of a value of type `{dtypes.show(value.type)}` has no exact SQL form")


def _at_place(scope: Scope, owner: ir.Comp, key: ir.Expr, span: Span) -> values.Value:
    """Return the item of a computed list whose place is computed too: the one row that has it."""
    sorting, rows = raising.apart(owner)
    one = sequences.at(rows, _from_start(rows, key, span))
    told = "IndexError: list index out of range"
    found = ir.Reduce("first", one, rows.head.type, empty_error=told, span=span)
    return found if sorting is None else scope.after(sorting, found, span)


def _of_found(scope: Scope, found: ir.Reduce, key: ir.Expr, span: Span) -> ir.Expr | None:
    """Return an item of the first tuple, or of the first dict, of a collection."""
    match found.comp.head, key:
        case ir.MakePair(items) as head, _:
            part = _of_known(scope, head, items, key, span)
        case ir.MakeRecord(fields), ir.Const(str(name)):
            part = dict(fields).get(name, _NONE)
        case _:
            return None
    if not isinstance(part, ir.Expr) or isinstance(part, ir.Raises) or part is _NONE:
        return None
    return replace(found, comp=replace(found.comp, head=part, type=dtypes.ListOf(part.type)), type=part.type)


def _has_keys_like(made: ir.Comp, key: ir.Expr) -> bool:
    return made.key is not None and dtypes.required(made.key.type) == dtypes.required(key.type)


def _each(head: ir.Expr, part: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """Return a record, tuple or list with something in the place of each of its parts."""
    match head:
        case ir.MakeRecord(fields, dtypes.Record(_, name)):
            parts = tuple((one, part(value)) for one, value in fields)
            return ir.MakeRecord(parts, dtypes.Record(tuple((one, value.type) for one, value in parts), name))
        case ir.MakePair(items):
            made = tuple(map(part, items))
            return ir.MakePair(made, dtypes.Pair(tuple(one.type for one in made)), head.span)
        case ir.MakeList(items):
            return replace(head, items=tuple(map(part, items)))
    return part(head)


def _at(made: ir.Comp, head: ir.Expr, key: ir.Expr, span: Span) -> ir.Expr:
    """Return a part of what a dict has for a key."""
    assert made.key is not None
    of = replace(made, head=head, type=dtypes.DictOf(made.key.type, head.type))
    return ir.Prim("dict.item", (of, key), head.type, span)


def _of_mapping(scope: Scope, owner: values.Mapping, index: ir.Expr, span: Span) -> values.Value:
    declared = scope.shared.store.reference(owner.reference)
    assert declared is not None
    key = entity_id(index) if isinstance(dtypes.required(index.type), dtypes.Entity) else index
    lookup = ir.Lookup(owner.reference, key, True, dtypes.Entity(declared.model), span)
    known = ir.Lookup(owner.reference, key, False, dtypes.optional(dtypes.Entity(declared.model)), span)
    if known in scope.known:  # `if k in users: users[k]` does not raise
        return retyped(known, lookup.type)
    return lookup


def _entries(owner: values.Value) -> tuple[tuple[ir.Expr, values.Value], ...] | None:
    if isinstance(owner, values.Table):
        return owner.entries
    return None if isinstance(owner, values.EmptyDict) else displays.entries_of(owner)


def get(scope: Scope, owner: values.Value, key: values.Value, default: values.Value, span: Span) -> values.Value | None:
    """Return `owner.get(key, default)` of a dict whose entries are known; None for any other value."""
    own = scope.shared.entries.get(key) if isinstance(key, ir.Expr) else None
    if own is not None and own[0] == owner:
        return own[1]
    entries = () if owner == values.EmptyDict() else _entries(owner)
    return None if entries is None else look_up(scope, owner, entries, key, default, span)


def look_up(
    scope: Scope,
    owner: values.Value,
    entries: tuple[tuple[ir.Expr, values.Value], ...],
    key: values.Value,
    default: values.Value,
    span: Span,
) -> values.Value:
    """Return the value of an entry by its key: one condition per entry, unless the key is a constant."""
    found = default if entries else scope.after(key, default, span)
    if all(isinstance(name, ir.Const) for name, _ in entries):
        entries = tuple(reversed(dict(entries).items()))  # of equal keys the last counts: no need to look from there
    for name, value in entries:
        test = comparing.equal(scope, key, name, "==", span)
        if isinstance(test, ir.Declined):
            scope.decline("D323", span, f"the keys of the dict and this key: {test.message}")
        found = displays.choose(scope, test, value, found, span)
    # Python evaluates all values before it looks for one.
    for name, value in reversed(entries):
        found = scope.after(name, scope.after(value, found, span), span) if _shows(value) else found
    return found


def _shows(value: values.Value) -> bool:
    return isinstance(value, ir.Expr) and not isinstance(value, ir.Comp | ir.GroupBy)


def _sequence(owner: values.Value) -> tuple[values.Value, ...] | None:
    match owner:
        case ir.MakeList(items) | ir.MakePair(items):
            return items
        case values.Several("list" | "tuple", found):
            return displays.spread(found)
        case values.Range():
            numbers = displays.items_of(owner)
            return None if numbers is None else displays.spread(numbers)
    return None


def _of_known(
    scope: Scope, owner: values.Value, items: tuple[values.Value, ...], index: ir.Expr, span: Span
) -> values.Value | ir.Declined:
    kind = "tuple" if isinstance(owner, ir.MakePair) else "list"
    missing = ir.Raises("IndexError", f"{kind} index out of range", span=span)
    if isinstance(index, ir.Const) and isinstance(index.value, int):
        if not -len(items) <= index.value < len(items):
            return missing
        found = items[index.value]
        for one in reversed(items):
            found = found if one is items[index.value] else scope.after(one, found, span)
        return found
    if dtypes.required(index.type) != dtypes.INT:
        return ir.Declined("D323", span, f"an item at a `{dtypes.show(index.type)}` has no exact SQL form")
    found = missing
    low, high = ranges.bounds(index)
    if items and low >= 0 and high < len(items) and not dtypes.nullable(index.type):
        found, items = items[high], items[:high]  # it is there
    for place, one in enumerate(items):
        both = (place, place - len(items)) if low < 0 else (place,)
        places = tuple(values.Item(ir.Const(each, dtypes.INT)) for each in both)
        here = comparing.contains(scope, index, values.Several("tuple", places), span)
        assert not isinstance(here, ir.Declined)
        found = displays.choose(scope, here, one, found, span)
    if dtypes.nullable(index.type):
        there = ir.Prim("not_none", (index,), dtypes.BOOL, span)
        found = displays.choose(scope, there, found, _at_none(kind, span), span)
    return scope.after(owner, found, span)


def _at_none(kind: str, span: Span) -> ir.Raises:
    empty: Any = [] if kind == "list" else ()  # Any: to hear what Python says
    try:
        empty[None]
    except TypeError as error:
        return ir.Raises("TypeError", str(error), span=span)
    raise AssertionError("Python has no item at None")


def _of_branches(
    scope: Scope, test: ir.Expr, one: values.Value, other: values.Value, index: ir.Expr, span: Span
) -> values.Value | ir.Declined:
    then, orelse = item(scope, one, index, span), item(scope, other, index, span)
    if isinstance(then, ir.Declined) or isinstance(orelse, ir.Declined):
        return then if isinstance(then, ir.Declined) else orelse
    return displays.choose(scope, test, then, orelse, span)


# ---------------------------------------------------------------- slices


def cut(
    scope: Scope,
    owner: values.Value,
    bounds: tuple[ir.Expr | None, ir.Expr | None, ir.Expr | None],
    span: Span,
) -> values.Value | ir.Declined:
    """Return `owner[lower:upper:step]`."""
    constant = all(one is None or isinstance(one, ir.Const) for one in bounds)
    lower, upper, step = (_number(one) for one in bounds)
    known = _sequence(owner)
    if known is not None and constant:
        kind = "tuple" if isinstance(owner, ir.MakePair) else "list"
        taken = displays.several(kind, tuple(map(values.Item, known[slice(lower, upper, step)])), span)
        return scope.after(owner, taken, span) if isinstance(owner, ir.Expr) else taken
    if bounds[2] is not None and not isinstance(bounds[2], ir.Const):
        return ir.Declined("D324", span, "a slice with a computed step has no exact SQL form")
    if isinstance(owner, ir.Comp) and owner.kind == "list" and step in (None, 1):
        if constant and isinstance(upper, int) and 0 <= (lower or 0) < upper:
            return sequences.cut(owner, lower or 0, upper)
        if constant and isinstance(lower, int) and lower < 0 and upper is None:
            return sequences.cut(owner, 0, -lower, from_end=True)
        if not sequences.has_places(owner):
            return ir.Declined("D324", span, "the order of a set is not defined; write `sorted(…)` before the slice")
        return sequences.between(owner, lower, upper) if constant else _between(scope, owner, bounds, span)
    if isinstance(owner, ir.Comp) and step == -1 and lower is None and upper is None:
        return replace(owner, order=sequences.backwards(owner.order), span=span)
    value = scope.as_expr(owner, span)
    found: ir.Expr | None = None
    if step == -1 and bounds[0] is None and bounds[1] is None:
        found = scope.primitive("[::-1]", (value,), span)
    elif step in (None, 1):
        found = scope.primitive("[:]", (value, *(_NONE if one is None else one for one in bounds[:2])), span)
    if found is not None:
        return found
    return ir.Declined("D324", span, f"this slice of a value of type `{dtypes.show(value.type)}` has no exact SQL form")


def _between(
    scope: Scope, owner: ir.Comp, bounds: tuple[ir.Expr | None, ir.Expr | None, ir.Expr | None], span: Span
) -> values.Value | ir.Declined:
    """Return the rows of a computed list between computed ends."""
    sorting, rows = raising.apart(owner)
    counted, place = sequences.numbered(rows)
    tests: list[ir.Step] = []
    for op, bound in (("ge", bounds[0]), ("lt", bounds[1])):
        if bound is None:
            continue
        if dtypes.required(bound.type) != dtypes.INT:
            return ir.Declined("D324", span, f"a slice to a `{dtypes.show(bound.type)}` has no exact SQL form")
        test: ir.Expr = ir.Prim(op, (place, _from_start(rows, bound, span)), dtypes.BOOL, span)
        if dtypes.nullable(bound.type):
            test = disjunction((ir.Prim("is_none", (bound,), dtypes.BOOL, span), test), span)
        tests.append(ir.Cond(test))
    found: ir.Expr = replace(counted, steps=(*counted.steps, *tests))
    for one in (*(bound for bound in reversed(bounds) if bound is not None), *(() if sorting is None else (sorting,))):
        found = raising.after(one, found)
    return found


def _from_start(rows: ir.Comp, at: ir.Expr, span: Span) -> ir.Expr:
    """Return a place as it is counted from the start: one below 0 is counted from the end."""
    if ranges.bounds(at)[0] >= 0:
        return at
    length = ir.Reduce("count", rows, dtypes.INT, ir.Const(0, dtypes.INT), span=span)
    from_end = ir.Prim("lt", (at, ir.Const(0, dtypes.INT)), dtypes.BOOL, span)
    return conditional(from_end, ir.Prim("int.add", (at, length), dtypes.INT, span), at, dtypes.INT, span)


def _number(bound: ir.Expr | None) -> int | None:
    return bound.value if isinstance(bound, ir.Const) and isinstance(bound.value, int) else None
