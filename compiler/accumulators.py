"""Lists, sets and dicts while a loop fills them: what one pass makes of them, in terms of what they were before it.

    groups.setdefault(kind, []).append(name)   →  acc.set(acc, kind, acc.append(acc.get(acc, kind, []), name))
    seen.add(kind)                             →  acc.append(acc, kind)

These operations live inside `build` alone: `folds` makes reductions of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler import dtypes, ir, rewrite, sequences, values
from compiler.diagnostics import Span
from compiler.scope import Scope, Stop, conditional, disjunction, unify

_CHANGES = frozenset({"acc.append", "acc.extend", "acc.set", "acc.merge"})
_FALSE = ir.Const(False, dtypes.BOOL)
_TRUE = ir.Const(True, dtypes.BOOL)


def entering(name: str, value: values.Value, known: values.Value | None) -> values.Value:
    """Return what a name is as a pass begins; `known` is what it was at the end of one, which may have another type."""
    match value:
        case values.EmptyDict(missing):
            missing = None if missing is None else _stored(missing, certain=False)
            kind = dtypes.DictOf(dtypes.NONE, dtypes.NONE if missing is None else missing.type)
            return ir.Acc(name, _widened(kind, known), missing)
        case values.Several("set", ()):
            return ir.Acc(name, _widened(dtypes.SetOf(dtypes.NONE), known))
        case ir.MakeRecord(fields):
            parts = dict(known.fields) if isinstance(known, ir.MakeRecord) else {}
            inner = tuple((one, _part(f"{name}.{one}", part, parts.get(one))) for one, part in fields)
            return ir.MakeRecord(inner, _record(inner, value.type), value.span)
        case ir.MakePair(items):
            ends = known.items if isinstance(known, ir.MakePair) and len(known.items) == len(items) else ()
            pair = tuple(_part(f"{name}.{at}", one, ends[at] if ends else None) for at, one in enumerate(items))
            return ir.MakePair(pair, dtypes.Pair(tuple(one.type for one in pair)), value.span)
    if isinstance(value, ir.Expr):
        return ir.Acc(name, _widened(value.type, known), default(value))
    return value


def _part(name: str, value: ir.Expr, known: ir.Expr | None) -> ir.Expr:
    found = entering(name, value, known)
    assert isinstance(found, ir.Expr)
    return found


def _record(fields: tuple[tuple[str, ir.Expr], ...], kind: dtypes.Type) -> dtypes.Record:
    name = kind.name if isinstance(kind, dtypes.Record) else ""
    return dtypes.Record(tuple((one, part.type) for one, part in fields), name)


def _widened(kind: dtypes.Type, known: values.Value | None) -> dtypes.Type:
    other = values.type_of(known) if known is not None else None
    return kind if other is None else wider(kind, other) or kind


def wider(one: dtypes.Type, other: dtypes.Type) -> dtypes.Type | None:
    """Return the type that holds both, an empty collection being of any item type."""
    match one, other:
        case dtypes.ListOf(a), dtypes.ListOf(b):
            item = b if a == dtypes.NONE else a if b == dtypes.NONE else dtypes.join(a, b)
            return None if item is None else dtypes.ListOf(item)
        case dtypes.SetOf(a), dtypes.SetOf(b):
            item = b if a == dtypes.NONE else a if b == dtypes.NONE else dtypes.join(a, b)
            return None if item is None else dtypes.SetOf(item)
        case dtypes.DictOf(a, c), dtypes.DictOf(b, d):
            key = b if a == dtypes.NONE else a if b == dtypes.NONE else dtypes.join(a, b)
            value = d if c == dtypes.NONE else c if d == dtypes.NONE else wider(c, d)
            return None if key is None or value is None else dtypes.DictOf(key, value)
        case dtypes.Record(a, c), dtypes.Record(b, d) if [name for name, _ in a] == [name for name, _ in b]:
            held = _all_wider([kind for _, kind in a], [kind for _, kind in b])
            names = (name for name, _ in a)
            return None if held is None else dtypes.Record(tuple(zip(names, held, strict=True)), c if c == d else "")
        case dtypes.Pair(a), dtypes.Pair(b) if len(a) == len(b):
            items = _all_wider(a, b)
            return None if items is None else dtypes.Pair(items)
    return dtypes.join(one, other)


def _all_wider(some: Sequence[dtypes.Type], others: Sequence[dtypes.Type]) -> tuple[dtypes.Type, ...] | None:
    found = tuple(wider(one, other) for one, other in zip(some, others, strict=True))
    return None if None in found else tuple(one for one in found if one is not None)


def is_filled(value: values.Value) -> bool:
    """Tell whether a value is a list, set or dict that the loop around fills."""
    match value:
        case ir.Acc() | ir.Prim("acc.get" | "acc.field"):
            return isinstance(dtypes.required(value.type), dtypes.ListOf | dtypes.SetOf | dtypes.DictOf)
        case ir.Prim(op):
            return op in _CHANGES
        case ir.If(_, then, orelse):
            return is_filled(then) or is_filled(orelse)
    return False


def is_dict(value: values.Value) -> bool:
    """Tell whether a value is a dict that the loop around fills."""
    return is_filled(value) and isinstance(value, ir.Expr) and isinstance(value.type, dtypes.DictOf)


# ---------------------------------------------------------------- lists and sets


def appended(scope: Scope, state: ir.Expr, item: ir.Expr, span: Span) -> ir.Expr:
    """Return a list or set with one more item."""
    of = dtypes.required(state.type)
    assert isinstance(of, dtypes.ListOf | dtypes.SetOf)
    kind = wider(of, type(of)(item.type))
    if kind is None:
        scope.decline("D313", span, "the items of the list have different types")
    if isinstance(state, ir.MakeList):
        return ir.MakeList((*state.items, item), kind, span)
    if is_made(state):
        return concatenated(scope, state, ir.MakeList((item,), dtypes.ListOf(item.type), span), span)
    return ir.Prim("acc.append", (state, item), kind, span)


def extended(scope: Scope, state: ir.Expr, items: values.Value, span: Span) -> ir.Expr:
    """Return a list or set with more items."""
    if isinstance(items, ir.MakeList):
        for one in items.items:
            state = appended(scope, state, one, span)
        return state
    if is_made(state) and not (isinstance(state, ir.MakeList) and not state.items):
        return concatenated(scope, state, items, span)
    comp = scope.comprehend(items, span)
    of = dtypes.required(state.type)
    assert isinstance(of, dtypes.ListOf | dtypes.SetOf)
    kind = wider(of, type(of)(comp.head.type))
    if kind is None:
        scope.decline("D313", span, "the items of the list have different types")
    if isinstance(state, ir.MakeList) and not state.items and isinstance(of, dtypes.ListOf):
        return comp
    return ir.Prim("acc.extend", (state, comp), kind, span)


def is_made(value: values.Value) -> bool:
    """Tell whether a list or set is one that the getter itself made, whole, before anything is added to it."""
    match value:
        case ir.MakeList() | ir.Comp(kind="list" | "set"):
            return True
        case ir.If(_, then, orelse) | ir.Prim("list.add", (then, orelse)):
            return is_made(then) and is_made(orelse)
    return False


def concatenated(scope: Scope, made: ir.Expr, more: values.Value, span: Span) -> ir.Expr:
    """Return a made list or set with the items of another collection."""
    of = dtypes.required(made.type)
    if isinstance(of, dtypes.SetOf):
        added = scope.as_expr(more, span)
        if not isinstance(dtypes.required(added.type), dtypes.SetOf):
            added = scope.comprehend(more, span)
        return union(scope, made, added, span)
    known = isinstance(more, ir.Expr) and isinstance(more.type, dtypes.ListOf)
    added = scope.as_expr(more, span) if known else scope.comprehend(more, span)
    kind = wider(of, added.type)
    if kind is None:
        scope.decline("D313", span, "the items of the list have different types")
    return ir.Prim("list.add", (made, added), kind, span)


def union(scope: Scope, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr:
    """Return the set of the items of two sets (or of a set and a list)."""
    listed = tuple(
        sequences.items_of_set(one) if isinstance(dtypes.required(one.type), dtypes.SetOf) else one
        for one in (left, right)
    )
    kind = wider(listed[0].type, listed[1].type)
    if kind is None:
        scope.decline("D313", span, "the items of the sets have different types")
    loop = scope.iterate(ir.Prim("list.add", listed, kind, span), span, "item")
    head = scope.as_expr(loop.element, span)
    return ir.Comp("set", loop.steps, head, dtypes.SetOf(head.type), span=span)


def contains(scope: Scope, state: ir.Expr, item: ir.Expr, span: Span) -> ir.Expr:
    """Return whether a list or set has an item."""
    match state:
        case ir.Acc() | ir.Prim("acc.get" | "acc.field"):
            return ir.Prim("acc.contains", (state, item), dtypes.BOOL, span)
        case ir.Prim("acc.append", (before, other)):
            same = ir.Prim("eq", (item, other), dtypes.BOOL, span)
            return disjunction((same, contains(scope, before, item, span)), span)
        case ir.If(test, then, orelse):
            both = contains(scope, then, item, span), contains(scope, orelse, item, span)
            return conditional(test, *both, dtypes.BOOL, span)
        case ir.MakeList(()):
            return ir.Const(False, dtypes.BOOL, span)
    scope.decline("D364", span, "the loop asks for an item of a list that it has changed as a whole")


# ---------------------------------------------------------------- dicts


def put(scope: Scope, state: ir.Expr, key: ir.Expr, item: ir.Expr, span: Span) -> ir.Expr:
    """Return a dict with an entry set."""
    of = state.type
    assert isinstance(of, dtypes.DictOf)
    item = _stored(item, certain=_is_cells(of.value))
    if isinstance(state, ir.Prim) and state.op == "acc.set" and state.args[1] == key:
        state = state.args[0]
    begun = _begun(state, key)
    if begun is not None:
        state = begun[0]
    held = dtypes.NONE if isinstance(state, ir.Acc) and of.value == dtypes.NONE else of.value
    kind = wider(of, dtypes.DictOf(key.type, item.type))
    if kind is None:
        scope.decline("D313", span, f"the values of the dict are sometimes `{dtypes.show(held)}`")
    return ir.Prim("acc.set", (state, key, item), kind, span)


def item(scope: Scope, state: ir.Expr, key: ir.Expr, missing: ir.Expr, span: Span) -> ir.Expr:
    """Return what a dict has for a key, `missing` where it has none."""
    begun = _begun(state, key)
    if begun is not None:
        return item(scope, begun[0], key, begun[1], span)
    match state:
        case ir.Acc(_, dtypes.DictOf(_, kind)):
            missing = _stored(missing, certain=_is_cells(kind))
            return _apart(ir.Prim("acc.get", (state, key, missing), _value_type(kind, missing), span))
        case ir.Prim("acc.set", (_, other, value)) if other == key:
            return _shown(value)
        case ir.Prim("acc.set", (before, ir.Const() as other, _)) if isinstance(key, ir.Const) and other != key:
            return item(scope, before, key, missing, span)
        case ir.If(test, then, orelse):
            both = unify_states(item(scope, then, key, missing, span), item(scope, orelse, key, missing, span))
            if both is not None:
                return conditional(test, *both, span)
    scope.decline("D364", span, "the loop reads the dict by one key after setting it by another")


CELLS = "[]"
"""The name of a list of fixed length as a record: `[0, 0]`, of which `counts[key][0] += 1` changes one item."""


def _is_cells(kind: dtypes.Type) -> bool:
    return isinstance(kind, dtypes.Record) and kind.name == CELLS


def _stored(value: ir.Expr, *, certain: bool) -> ir.Expr:
    """Return an entry as a dict keeps it: a list that begins with numbers by its places."""
    match value:
        case ir.MakeList((_, *_) as items, dtypes.ListOf()):
            if certain or any(map(_is_cell, items)):
                return cells(items, value.span)
        case ir.If(test, then, orelse) if isinstance(value.type, dtypes.ListOf):
            both = unify_states(_stored(then, certain=certain), _stored(orelse, certain=certain))
            if both is not None and _is_cells(both[2]):
                return conditional(test, *both, value.span)
    return value


def _is_cell(item: ir.Expr) -> bool:
    """Tell whether an item of a list is a number that it begins with, or is made of a cell."""
    begins = isinstance(item, ir.Const) and dtypes.is_number(item.type)
    return begins or any(
        isinstance(one, ir.Prim) and one.op == "acc.field" and _is_cells(one.args[0].type) for one in rewrite.walk(item)
    )


def cells(items: Sequence[ir.Expr], span: Span) -> ir.MakeRecord:
    """Return a list of fixed length by its places."""
    fields = tuple((str(place), one) for place, one in enumerate(items))
    return ir.MakeRecord(fields, dtypes.Record(tuple((name, one.type) for name, one in fields), CELLS), span)


def _shown(value: ir.Expr) -> ir.Expr:
    """Return an entry as the getter sees it."""
    match value:
        case ir.MakeRecord(fields) if _is_cells(value.type):
            return listed(tuple(one for _, one in fields), value.span)
        case ir.If(test, then, orelse) if _is_cells(value.type):
            both = unify_states(_shown(then), _shown(orelse))
            assert both is not None
            return conditional(test, *both, value.span)
    return value


def listed(items: tuple[ir.Expr, ...], span: Span) -> ir.MakeList:
    """Return the list of these items; declines where they have no type in common."""
    kind: dtypes.Type | None = items[0].type
    for one in items[1:]:
        kind = None if kind is None else dtypes.join(kind, one.type)
    if kind is None:
        raise Stop(ir.Declined("D313", span, "the items of the list have different types"))
    return ir.MakeList(items, dtypes.ListOf(kind), span)


def _apart(held: ir.Expr) -> ir.Expr:
    """Return a record or tuple that a dict has for a key by its parts, each of which is an accumulator of its own."""

    def part(name: str, kind: dtypes.Type) -> ir.Expr:
        return ir.Prim("acc.field", (held, ir.Const(name, dtypes.STR)), kind, held.span)

    match held.type:
        case dtypes.Record(fields) if fields:
            return _shown(ir.MakeRecord(tuple((one, part(one, kind)) for one, kind in fields), held.type, held.span))
        case dtypes.Pair(items):
            return ir.MakePair(tuple(part(str(at), kind) for at, kind in enumerate(items)), held.type, held.span)
    return held


def part(record: ir.Expr, name: str) -> ir.Expr:
    """Return a field of a record, or an item of a tuple, that was made before."""
    match record:
        case ir.MakeRecord(fields):
            return dict(fields)[name]
        case ir.MakePair(items):
            return items[int(name)]
        case ir.If(test, then, orelse):
            both = unify_states(part(then, name), part(orelse, name))
            if both is None:
                raise Stop(ir.Declined("D313", record.span, f"`{name}` has two types"))
            return conditional(test, *both, record.span)
    return record  # what raises, raises whatever is read of it


def known_part(record: values.Value, key: values.Value) -> ir.Expr | None:
    """Return what a record or tuple has for a constant key that the loop around has evaluated before; else None."""
    if not isinstance(record, ir.Expr) or not isinstance(key, ir.Const) or not rewrite.mentions_acc(record):
        return None
    match record.type, key.value:
        case dtypes.Record(fields), str(name) if name in dict(fields):
            return part(record, name)
        case dtypes.Pair(items), int(at) if -len(items) <= at < len(items):
            return part(record, str(at % len(items)))
        case dtypes.ListOf(), int(at):
            kept = _stored(record, certain=True)
            size = len(kept.type.fields) if isinstance(kept.type, dtypes.Record) else 0
            return part(kept, str(at % size)) if -size <= at < size else None
    return None


def _begun(state: ir.Expr, key: ir.Expr) -> tuple[ir.Expr, ir.Expr] | None:
    """Return the dict before `if key not in d: d[key] = {…}`, and the record: it is what `setdefault` does."""
    match state:
        case ir.If(test, ir.Prim("acc.set", (before, other, made)), kept):
            absent = True
        case ir.If(test, kept, ir.Prim("acc.set", (before, other, made))):
            absent = False
        case _:
            return None
    is_made = isinstance(made, ir.MakeRecord | ir.MakePair)
    if not is_made or other != key or not isinstance(before, ir.Acc) or not _is_same(kept, before):
        return None
    return (before, made) if _asks(test, before, key, absent) else None


def _is_same(one: ir.Expr, other: ir.Acc) -> bool:
    return isinstance(one, ir.Acc) and one.name == other.name


def _asks(test: ir.Expr, state: ir.Acc, key: ir.Expr, absent: bool) -> bool:
    """Tell whether a test holds where the dict has no such key; or, if not `absent`, where it has it."""
    match test:
        case ir.Prim("not", (inner,)):
            return _asks(inner, state, key, not absent)
        case ir.Prim("acc.has", (of, other)):
            return not absent and _is_same(of, state) and other == key
        case ir.Prim("is_none" | "not_none" as op, (ir.Prim("acc.get", (of, other, missing)),)):
            is_none = isinstance(missing, ir.Const) and missing.value is None
            assert isinstance(state.type, dtypes.DictOf)
            there = not dtypes.nullable(state.type.value)
            return is_none and there and (op == "is_none") == absent and _is_same(of, state) and other == key
    return False


def _value_type(kind: dtypes.Type, missing: ir.Expr) -> dtypes.Type:
    if isinstance(missing, ir.Raises):
        return kind
    if kind == dtypes.NONE:
        return missing.type
    return wider(kind, missing.type) or kind


def has(scope: Scope, state: ir.Expr, key: ir.Expr, span: Span) -> ir.Expr:
    """Return whether a dict has a key."""
    match state:
        case ir.Acc():
            return ir.Prim("acc.has", (state, key), dtypes.BOOL, span)
        case ir.Prim("acc.set", (before, other, _)):
            if other == key:
                return _TRUE
            same = ir.Prim("eq", (key, other), dtypes.BOOL, span)
            return disjunction((same, has(scope, before, key, span)), span)
        case ir.If(test, then, orelse):
            return conditional(test, has(scope, then, key, span), has(scope, orelse, key, span), dtypes.BOOL, span)
    scope.decline("D364", span, "the loop asks for a key of a dict that it has changed as a whole")


def unify_states(then: ir.Expr, orelse: ir.Expr) -> tuple[ir.Expr, ir.Expr, dtypes.Type] | None:
    """Return two values with one type; of an empty list, or of one that the loop fills, any item type will do."""
    for one, other in ((then, orelse), (orelse, then)):
        if isinstance(one, ir.Raises):
            return then, orelse, other.type
    if is_filled(then) or is_filled(orelse):
        kind = wider(then.type, orelse.type)
        return None if kind is None else (then, orelse, kind)
    return unify(then, orelse)


def merged(start: ir.Expr, made: ir.Comp | ir.GroupBy, span: Span) -> ir.Expr | None:
    """Return a dict of the loop around, after an inner loop has filled it further."""
    kind = wider(start.type, made.type)
    return None if kind is None else ir.Prim("acc.merge", (start, made), kind, span)


def default(state: ir.Expr) -> ir.Expr | None:
    """Return what a `defaultdict` gives for a missing key, None of another dict."""
    match state:
        case ir.Acc():
            return state.default
        case ir.Prim("acc.set" | "acc.merge", (before, *_)):
            return default(before)
        case ir.If(_, then, _):
            return default(then)
    return None
