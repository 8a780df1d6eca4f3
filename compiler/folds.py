"""Updates to reductions: what an accumulator holds after the loop, where its updates are a known monoid.

total = total + o.amount  if o.open      →  Reduce("sum", Comp(…, if o.open, head o.amount), start)
names.append(u.name)                     →  Comp(list, head u.name)
found = True  if u.deaf                  →  Reduce("any", Comp(…, if u.deaf))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from compiler import accumulators, distinct, dtypes, extremes, groups, ir, prefixes, records, rewrite, updates, values
from compiler.diagnostics import Span
from compiler.scope import Scope, Stop, conditional, conjunction, unify
from compiler.updates import Leaf, Place


def fold(
    scope: Scope, starts: Mapping[str, values.Value], ends: Mapping[str, values.Value], loop: values.Iteration,
    span: Span,
) -> dict[str, values.Value]:  # fmt: skip
    """Return what the accumulators hold after the loop; what is no known fold matters only where it is read."""
    leaves: dict[str, Leaf] = {}
    for name, start in starts.items():
        _spread(leaves, name, start, ends[name])
    return {name: _after(Place(scope, leaves, name, loop, span), start, ends[name]) for name, start in starts.items()}


def _spread(leaves: dict[str, Leaf], name: str, start: values.Value, end: values.Value) -> None:
    parts = _parts(name, start, end)
    if parts is None:
        if isinstance(end, ir.Expr):
            leaves[name] = Leaf(start, updates.merged(end))
        return
    for part, before, after in parts:
        _spread(leaves, part, before, after)


def _parts(name: str, start: values.Value, end: values.Value) -> list[tuple[str, ir.Expr, ir.Expr]] | None:
    """Return the fields or places that are folded each on its own."""
    match start, end:
        case ir.MakeRecord(before), ir.MakeRecord(after) if [one for one, _ in before] == [one for one, _ in after]:
            return [(f"{name}.{one}", old, new) for (one, old), (_, new) in zip(before, after, strict=True)]
        case ir.MakePair(before), ir.MakePair(after) if len(before) == len(after):
            return [(f"{name}.{at}", *both) for at, both in enumerate(zip(before, after, strict=True))]
        case ir.MakeRecord() | ir.MakePair(), ir.If(test, then, orelse):
            return _of_branches(name, start, test, then, orelse)
    return None


def _of_branches(
    name: str, start: ir.MakeRecord | ir.MakePair, test: ir.Expr, then: ir.Expr, orelse: ir.Expr
) -> list[tuple[str, ir.Expr, ir.Expr]] | None:
    left, right = _parts(name, start, then), _parts(name, start, orelse)
    if left is None or right is None:
        return None
    found: list[tuple[str, ir.Expr, ir.Expr]] = []
    for (part, before, one), (_, _, other) in zip(left, right, strict=True):
        both = accumulators.unify_states(one, other)
        if both is None:
            return None
        found.append((part, before, conditional(test, *both, test.span)))
    return found


def _after(place: Place, start: values.Value, end: values.Value) -> values.Value:
    parts = _parts(place.name, start, end)
    if parts is None:
        return _folded(place, start, end)
    found: list[ir.Expr] = []
    for part, before, after in parts:
        value = _after(replace(place, name=part), before, after)
        if not isinstance(value, ir.Expr):
            return value
        found.append(value)
    if isinstance(start, ir.MakePair):
        return ir.MakePair(tuple(found), dtypes.Pair(tuple(one.type for one in found)), place.span)
    assert isinstance(start, ir.MakeRecord)
    fields = tuple((one, value) for (one, _), value in zip(start.fields, found, strict=True))
    of = start.type.name if isinstance(start.type, dtypes.Record) else ""
    return ir.MakeRecord(fields, dtypes.Record(tuple((one, value.type) for one, value in fields), of), place.span)


def _folded(place: Place, start: values.Value, end: values.Value) -> values.Value:
    if end == start or updates.is_acc(end, place.name):
        return start
    if not isinstance(end, ir.Expr):
        unknown = isinstance(end, values.Unbound | values.Unknown)
        return values.Unknown() if unknown else _conflict(place, f"the loop makes something else of `{place.name}`")
    if updates.is_acc(place.update, place.name):
        return start
    try:
        for recognise in _RECOGNISERS:
            found = recognise(place)
            if found is not None:
                return found
        settled = prefixes.settled(place, _folded)
        if settled is not None:
            return _folded(settled, start, settled.update)
    except Stop as stop:
        return values.Conflict(stop.declined)
    name = place.name.partition(".")[0]
    return _conflict(
        place, f"what the loop does to `{name}` is not a sum, count, list, dict, flag, extreme or last value"
    )


def _conflict(place: Place, message: str) -> values.Conflict:
    return values.Conflict(ir.Declined("D364", place.span, message))


# ---------------------------------------------------------------- lists and sets


def _listed(place: Place) -> values.Value | None:
    def put(one: ir.Expr) -> updates.Parts | None:
        is_append = isinstance(one, ir.Prim) and one.op == "acc.append" and updates.is_acc(one.args[0], place.name)
        return updates.free(one.args[1]) if is_append and isinstance(one, ir.Prim) else None

    found = updates.touched(_as_set(place), place.name, put)
    if found is None:
        return _extended(place)
    return _gathered(place, place.heads(found[0], found[1][0]))


def _as_set(place: Place) -> ir.Expr:
    """Return the update of a set without the test whether it has the item already."""
    update = place.update
    if not isinstance(update, ir.If) or not isinstance(dtypes.required(update.type), dtypes.SetOf):
        return update
    match update.then:
        case ir.Prim("acc.append", (ir.Acc(name), item)) if name == place.name:
            new = ir.show(
                ir.Prim("not", (ir.Prim("acc.contains", (update.then.args[0], item), dtypes.BOOL),), dtypes.BOOL)
            )
            rest = tuple(one for one in updates.conjuncts(update.test) if ir.show(one) != new)
            return conditional(conjunction(rest, update.span), update.then, update.orelse, update.type, update.span)
    return update


def _extended(place: Place) -> values.Value | None:
    """Return the list of a loop whose passes append the items of another one."""

    def put(one: ir.Expr) -> updates.Parts | None:
        is_extend = isinstance(one, ir.Prim) and one.op == "acc.extend" and updates.is_acc(one.args[0], place.name)
        return updates.free(one.args[1]) if is_extend and isinstance(one, ir.Prim) else None

    found = updates.touched(place.update, place.name, put)
    if found is None or not isinstance(found[1][0], ir.Comp):
        return None
    test, inner = found[0], found[1][0]
    steps, order = (*place.steps(test), *inner.steps), (*place.loop.order, *inner.order)
    return _gathered(place, replace(inner, steps=steps, order=order, span=place.span))


def _gathered(place: Place, comp: ir.Comp) -> values.Value | None:
    kind = dtypes.required(place.update.type)
    if isinstance(kind, dtypes.SetOf):
        comp = replace(comp, kind="set", type=dtypes.SetOf(comp.head.type), order=())
    match place.start:
        case ir.MakeList(()) | values.Several("set", ()):
            return comp
        case start if isinstance(start, ir.Expr) and accumulators.is_filled(start):
            return ir.Prim("acc.extend", (start, comp), accumulators.wider(start.type, kind) or kind, place.span)
        case start if isinstance(start, ir.Expr) and accumulators.is_made(start):
            return accumulators.concatenated(place.scope, start, comp, place.span)
    return None


# ---------------------------------------------------------------- flags and single values


def _flag(place: Place) -> values.Value | None:
    found = updates.touched(place.update, place.name, lambda one: (one,) if isinstance(one, ir.Const) else None)
    if found is None or not isinstance(place.start, ir.Const | ir.Acc) or not isinstance(found[1][0], ir.Const):
        return None
    test, given = found[0], found[1][0]
    both = unify(given, place.start)
    if both is None:
        return None
    steps: tuple[ir.Step, ...] = place.steps(test)
    if isinstance(steps[-1], ir.Cond) and isinstance(steps[-1].test, ir.Reduce) and steps[-1].test.op == "any":
        # any(any(…)) is one any over the pairs
        inner = steps[-1].test.comp
        steps = (*steps[:-1], *inner.steps, *(ir.Cond(one) for one in updates.conjuncts(inner.head)))
    comp = replace(place.heads(updates.TRUE, updates.TRUE), steps=steps)
    return conditional(ir.Reduce("any", comp, dtypes.BOOL, span=place.span), *both, place.span)


def _logical(place: Place) -> values.Value | None:
    """Recognise `ok = ok and test` and `found = found or test`."""
    update = place.update
    if not isinstance(update, ir.Prim) or update.op not in ("and", "or") or not isinstance(place.start, ir.Expr):
        return None
    rest = tuple(one for one in update.args if not updates.is_acc(one, place.name))
    if len(rest) == len(update.args) or any(rewrite.mentions_acc(one) for one in rest):
        return None
    if not updates.is_acc(update.args[0], place.name) or place.start.type != dtypes.BOOL:
        return None
    head = replace(update, args=rest) if len(rest) > 1 else rest[0]
    op: ir.ReduceOp = "all" if update.op == "and" else "any"
    reduced = ir.Reduce(op, place.heads(updates.TRUE, head), dtypes.BOOL, span=place.span)
    if isinstance(place.start, ir.Const):
        return reduced if place.start.value is (op == "all") else place.start
    return replace(update, args=(place.start, reduced))


def _first(place: Place) -> values.Value | None:
    """Recognise `if first is None: first = …`."""
    update = place.update
    if not isinstance(update, ir.If) or not isinstance(place.start, ir.Const) or place.start.value is not None:
        return None
    tests = updates.conjuncts(update.test)
    own = [one for one in tests if extremes.is_unset(one, place.name)]
    rest = tuple(one for one in tests if one not in own)
    if len(own) != 1 or not updates.is_acc(update.orelse, place.name):
        return None
    if rewrite.mentions_acc(update.then) or any(rewrite.mentions_acc(one) for one in rest):
        return None
    there = place.scope.is_there(update.then, place.span)
    test = conjunction((*rest, there), place.span)
    return _chosen(place, "first", place.heads(test, update.then))


def _last(place: Place) -> values.Value | None:
    found = updates.touched(place.update, place.name, updates.free)
    if found is None:
        return _last_of_inner(place)
    return _chosen(place, "last", place.heads(found[0], found[1][0]))


def _last_of_inner(place: Place) -> values.Value | None:
    """Recognise the last value of an inner loop, which is the one before where the inner loop sets none."""

    def put(one: ir.Expr) -> updates.Parts | None:
        return (
            updates.free(replace(one, empty=None)) if isinstance(one, ir.Reduce) and _leaves(one, place.name) else None
        )

    found = updates.touched(place.update, place.name, put)
    if found is None or not isinstance(found[1][0], ir.Reduce):
        return None
    inner = found[1][0]
    steps, order = (*place.steps(found[0]), *inner.comp.steps), (*place.loop.order, *inner.comp.order)
    return _chosen(place, "last", replace(inner.comp, steps=steps, order=order, span=place.span))


def _leaves(one: ir.Expr, name: str) -> bool:
    return isinstance(one, ir.Reduce) and one.op == "last" and updates.is_acc(one.empty, name)


def _chosen(place: Place, op: ir.ReduceOp, comp: ir.Comp) -> values.Value | None:
    if isinstance(comp.head, ir.MakeList | ir.MakePair | ir.Comp | ir.GroupBy):
        return None
    if isinstance(place.start, values.Unbound):
        told = values.unset(place.name)
        error = f"{told.exception}: {told.message}"
        return ir.Reduce(op, comp, comp.head.type, empty_error=error, span=place.span)
    if not isinstance(place.start, ir.Expr):
        return None
    both = unify(comp.head, place.start)
    if both is None:
        return None
    kind = dtypes.ListOf(both[0].type)
    return ir.Reduce(op, replace(comp, head=both[0], type=kind), both[2], both[1], span=place.span)


# ---------------------------------------------------------------- sums and texts


def _summed(place: Place) -> values.Value | None:
    if not isinstance(place.start, ir.Expr):
        return None
    delta = updates.added(place.scope, place.update, place.name)
    if delta is None:
        return None
    if dtypes.required(delta.type) == dtypes.STR:
        return _joined(place)
    tests, amount = updates.only_where(delta)
    head = updates.number(place.scope, amount)
    if head is None:
        return None
    test = conjunction(tests, place.span)
    comp = place.heads(test, head)
    inner = updates.flattened(test, head)
    if inner is not None:
        steps, order, head = inner
        order = (*place.loop.order, *order)
        comp = replace(comp, steps=(*place.loop.steps, *steps), head=head, type=dtypes.ListOf(head.type), order=order)
    zero = updates.zero_of(head.type)
    op: ir.ReduceOp = "count" if head == ir.Const(1, dtypes.INT) else "sum"
    reduced = ir.Reduce(op, comp, zero.type, zero, span=place.span)
    return reduced if updates.is_zero(place.start) else place.scope.primitive("+", (place.start, reduced), place.span)


def _joined(place: Place) -> values.Value | None:
    """Recognise `text += …`."""

    def put(one: ir.Expr) -> updates.Parts | None:
        is_add = isinstance(one, ir.Prim) and one.op == "str.add" and updates.is_acc(one.args[0], place.name)
        return updates.free(one.args[1]) if is_add and isinstance(one, ir.Prim) else None

    found = updates.touched(place.update, place.name, put)
    if found is None or not isinstance(place.start, ir.Expr):
        return None
    empty = ir.Const("", dtypes.STR, place.span)
    joined = ir.Reduce("join", place.heads(found[0], found[1][0]), dtypes.STR, empty, span=place.span)
    return joined if place.start == empty else place.scope.primitive("+", (place.start, joined), place.span)


_RECOGNISERS: tuple[Callable[[Place], values.Value | None], ...] = (
    _listed,
    distinct.distinct,
    lambda place: records.recorded(place, fold),
    groups.grouped,
    _flag,
    _logical,
    _first,
    extremes.extreme,
    _summed,
    prefixes.restarted,
    _last,
)
