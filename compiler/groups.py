"""Dicts that a loop fills: what a pass makes of the entry of its key, and which monoid that is.

    counts[kind] = counts.get(kind, 0) + 1                       →  GroupBy("sum", key kind, head 1)
    groups.setdefault(kind, []).append(name)                     →  GroupBy("list", key kind, head name)
    if kind not in best or n > best[kind]: best[kind] = n        →  GroupBy("max", key kind, head n)
    names[kind] = name                                           →  Comp(dict, key kind, head name)

The entry is looked at twice: as it is changed where the key is there (`held`), and as it begins where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler import accumulators, dtypes, extremes, ir, rewrite, simplify, updates, values
from compiler.scope import Scope, unify
from compiler.updates import FALSE, TRUE, Place

ENTRY = "[]"
NONE_YET = "[]?"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a pass does to the entry of its key."""

    key: ir.Expr
    held: ir.Expr  # over Acc("[]"), the entry as it was
    begun: ir.Expr  # Acc("[]?") where the pass leaves the key out


def grouped(place: Place) -> values.Value | None:
    """Recognise a dict that is filled by keys."""
    if not accumulators.is_dict(place.update):
        return None
    if isinstance(place.start, values.EmptyDict):
        return _filled(place)
    if accumulators.is_dict(place.start):
        made = _filled(place)
        assert isinstance(place.start, ir.Expr)
        natural = isinstance(made, ir.Comp | ir.GroupBy) and _order_of(made) == place.loop.order
        return accumulators.merged(place.start, made, place.span) if natural and made is not None else None
    return None


def _order_of(made: ir.Comp | ir.GroupBy) -> tuple[ir.Order, ...]:
    return made.order if isinstance(made, ir.Comp) else made.comp.order


def _filled(place: Place) -> ir.Comp | ir.GroupBy | None:
    within = _of_inner(place)
    if within is not None:
        return within
    entry = entry_of(place)
    if entry is None:
        return None
    begun = updates.touched(entry.begun, NONE_YET, updates.free)
    return None if begun is None else monoid(place, entry, begun[0], begun[1][0])


def monoid(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    """Return the dict of what a pass makes of the entry of its key where the test holds; `first` is how it begins."""
    for recognise in (_latest, _earliest, _extreme, _listed, _summed, _flag):
        found = recognise(place, entry, test, first)
        if found is not None:
            return found
    return None


def _of_inner(place: Place) -> ir.Comp | ir.GroupBy | None:
    """Return the dict of a loop whose passes fill it in an inner loop."""

    def put(one: ir.Expr) -> updates.Parts | None:
        is_merge = isinstance(one, ir.Prim) and one.op == "acc.merge" and updates.is_acc(one.args[0], place.name)
        return updates.free(one.args[1]) if is_merge and isinstance(one, ir.Prim) else None

    found = updates.touched(place.update, place.name, put)
    made = None if found is None else found[1][0]
    if found is None or not isinstance(made, ir.Comp | ir.GroupBy):
        return None
    comp = made if isinstance(made, ir.Comp) else made.comp
    steps, order = (*place.steps(found[0]), *comp.steps), (*place.loop.order, *comp.order)
    longer = replace(comp, steps=steps, order=order, span=place.span)
    return longer if isinstance(made, ir.Comp) else replace(made, comp=longer)


# ---------------------------------------------------------------- the entry of a pass


def entry_of(place: Place) -> Entry | None:
    """Return what a pass does to the entry of its key; None where it is no single entry."""
    found = updates.touched(place.update, place.name, lambda one: _set(one, place.name))
    if found is not None:
        test, (key, item) = found
        kind = item.type
        held, begun = _kept(kind), ir.Acc(NONE_YET, kind)
        return Entry(
            key,
            updates.merged(ir.If(test, _known(item, True), held, kind)) if test != TRUE else _known(item, True),
            updates.merged(ir.If(test, _known(item, False), begun, kind)) if test != TRUE else _known(item, False),
        )
    return _of_one_key(place)


def _of_one_key(place: Place) -> Entry | None:
    """Take apart an update whose tests ask for the entry of its one key."""
    keys = {
        one.args[1] for one in rewrite.walk(place.update)
        if isinstance(one, ir.Prim) and one.op in ("acc.set", "acc.get", "acc.has") and one.args[0].type
    }  # fmt: skip
    if len(keys) != 1:
        return None
    key = next(iter(keys))
    if rewrite.mentions_acc(key):
        return None
    held = _entry_of(place.update, place.name, _kept(_value_type(place.update)), True)
    begun = _entry_of(place.update, place.name, ir.Acc(NONE_YET, _value_type(place.update)), False)
    return None if held is None or begun is None else Entry(key, held, begun)


def _kept(kind: dtypes.Type) -> ir.Expr:
    """Return the entry as it was, a record or tuple by its parts."""
    match kind:
        case dtypes.Record(fields):
            parts = tuple((name, ir.Acc(f"{ENTRY}.{name}", of)) for name, of in fields)
            return ir.MakeRecord(parts, kind)
        case dtypes.Pair(items):
            return ir.MakePair(tuple(ir.Acc(f"{ENTRY}.{at}", of) for at, of in enumerate(items)), kind)
    return ir.Acc(ENTRY, kind)


def _value_type(update: ir.Expr) -> dtypes.Type:
    assert isinstance(update.type, dtypes.DictOf)
    return update.type.value


def _entry_of(update: ir.Expr, name: str, kept: ir.Expr, there: bool) -> ir.Expr | None:
    match update:
        case ir.Acc():
            return kept if update.name == name else None
        case ir.If(test, then, orelse):
            known = _known(test, there)
            if isinstance(known, ir.Const):
                return _entry_of(then if known.value else orelse, name, kept, there)
            one, other = _entry_of(then, name, kept, there), _entry_of(orelse, name, kept, there)
            both = None if one is None or other is None else accumulators.unify_states(one, other)
            return None if both is None else updates.merged(ir.If(known, *both, update.span))
        case ir.Prim("acc.set", (_, _, item)):
            return _known(item, there)
    return None


def _set(one: ir.Expr, name: str) -> updates.Parts | None:
    """Return key and value of `acc.set` on the dict as it was, or where only a missing key was filled before."""
    match one:
        case ir.Prim("acc.set", (before, key, item)) if not rewrite.mentions_acc(key):
            fills = isinstance(before, ir.If) and all(
                updates.is_acc(each, name)
                or (isinstance(each, ir.Prim) and each.op == "acc.set" and each.args[1] == key)
                for each in (before.then, before.orelse)
            )
            own = all(
                each.args[1] == key for each in rewrite.walk(item)
                if isinstance(each, ir.Prim) and each.op in ("acc.get", "acc.has")
            )  # fmt: skip
            if own and (updates.is_acc(before, name) or fills):
                return key, _named(item)
    return None


def _named(item: ir.Expr) -> ir.Expr:
    """Return the value without its key, so that values of several keys can be compared."""
    none = ir.Const(None, dtypes.NONE)

    def name(one: ir.Expr) -> ir.Expr | None:
        match one:
            case ir.Prim("acc.get", (state, _, missing)):
                return replace(one, args=(state, none, _named(missing)))
            case ir.Prim("acc.has", (state, _)):
                return replace(one, args=(state, none))
        return None

    return rewrite.transform(item, name)


def _held(asked: ir.Expr) -> ir.Prim | None:
    """Return the look-up of which a test asks whether it gives None."""
    inner = asked.args[0] if isinstance(asked, ir.Prim) and asked.op == "id_of" else asked
    return inner if isinstance(inner, ir.Prim) and inner.op == "acc.get" else None


def _known(expr: ir.Expr, there: bool) -> ir.Expr:
    """Return the expression where the key is known to be there, or not to be."""

    def answer(one: ir.Expr) -> ir.Expr | None:
        match one:
            case ir.Prim("acc.has"):
                return TRUE if there else FALSE
            case ir.Prim("is_none" | "not_none" as op, (asked,)) if (held := _held(asked)) is not None:
                if there and not dtypes.nullable(held.args[0].type.value):  # type: ignore[union-attr]  # of a dict
                    return TRUE if op == "not_none" else FALSE
                if not there and held.args[2] == ir.Const(None, dtypes.NONE):
                    return TRUE if op == "is_none" else FALSE
            case ir.Prim("acc.field", (ir.Prim("acc.get", (_, _, missing)), ir.Const(str(name)))):
                return ir.Acc(f"{ENTRY}.{name}", one.type) if there else _known(accumulators.part(missing, name), there)
            case ir.Prim("acc.get", (_, _, missing)):
                return ir.Acc(ENTRY, one.type) if there else _known(missing, there)
            case ir.Prim("acc.append", (state, item)):
                of = _known(state, there)
                if isinstance(of, ir.MakeList):
                    return ir.MakeList((*of.items, _known(item, there)), one.type, one.span)
                return replace(one, args=(of, _known(item, there)))
        return None

    return simplify.simplify(rewrite.transform(expr, answer))


# ---------------------------------------------------------------- what becomes of it


def _comp(place: Place, entry: Entry, test: ir.Expr, head: ir.Expr) -> ir.Comp:
    kind = dtypes.DictOf(entry.key.type, head.type)
    return ir.Comp("dict", place.steps(test), head, kind, entry.key, place.loop.order, span=place.span)


def _latest(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    held = updates.touched(entry.held, ENTRY, updates.free)
    if held is None or held[0] != test or not updates.same(held[1][0], first):
        return None
    return None if isinstance(first, ir.Raises) else _comp(place, entry, test, first)


def _earliest(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    if not updates.is_acc(entry.held, ENTRY):
        return None
    comp = _comp(place, entry, test, first)
    return ir.GroupBy("first", comp, comp.type, span=place.span)


def _extreme(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    update = entry.held
    by_function = _of_function(place, entry, test, first)
    if by_function is not None:
        return by_function
    if not isinstance(update, ir.If) or not updates.is_acc(update.orelse, ENTRY):
        return None
    choice = extremes.chosen_by(update.test)
    if choice is None or choice.unset is not None or rewrite.mentions_acc(update.then):
        return None
    held = rewrite.transform(choice.held, lambda one: update.then if isinstance(one, ir.Acc) else None)
    whole = updates.conjuncts(test) == choice.guards
    if not whole or not updates.same(held, choice.key) or not updates.same(first, update.then):
        return None
    kind = dtypes.required(choice.key.type)
    if not isinstance(kind, dtypes.Scalar) or kind.name in ("bool", "bytes") or dtypes.nullable(choice.key.type):
        return None
    comp = _comp(place, entry, test, first)
    descending = choice.op in ("gt", "ge")
    if updates.same(first, choice.key) and kind != dtypes.STR:
        return ir.GroupBy("max" if descending else "min", comp, comp.type, span=place.span)
    natural = place.loop.order
    if choice.op in ("ge", "le"):
        natural = tuple(replace(one, descending=not one.descending) for one in natural)
    ordered = replace(comp, order=(ir.Order(choice.key, descending), *natural))
    return ir.GroupBy("first", ordered, comp.type, span=place.span)


def _of_function(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.GroupBy | None:
    """Recognise `best[key] = max(best.get(key, n), n)`."""
    held = updates.touched(entry.held, ENTRY, lambda one: _beside(one, ENTRY))
    if held is None or held[0] != test:
        return None
    name, number = "max" if _is_max(entry.held) else "min", held[1][0]
    itself = isinstance(first, ir.Prim) and all(updates.same(one, number) for one in first.args)
    if not itself and not updates.same(first, number):
        return None
    comp = _comp(place, entry, test, number)
    return ir.GroupBy("max" if name == "max" else "min", comp, comp.type, span=place.span)


def _beside(one: ir.Expr, name: str) -> updates.Parts | None:
    """Return what `max(acc, number)` compares with the accumulator."""
    if not isinstance(one, ir.Prim) or one.op not in ("int.max", "int.min", "decimal.max", "decimal.min"):
        return None
    others = tuple(each for each in one.args if not updates.is_acc(each, name))
    return updates.free(others[0]) if len(one.args) == 2 and len(others) == 1 else None


def _is_max(update: ir.Expr) -> bool:
    return any(isinstance(one, ir.Prim) and one.op.endswith(".max") for one in rewrite.walk(update))


def _listed(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    def put(one: ir.Expr) -> updates.Parts | None:
        is_append = isinstance(one, ir.Prim) and one.op == "acc.append" and updates.is_acc(one.args[0], ENTRY)
        return updates.free(one.args[1]) if is_append and isinstance(one, ir.Prim) else None

    held = updates.touched(entry.held, ENTRY, put)
    if held is None:
        return None
    added, item = held[0], held[1][0]
    begins_with = isinstance(first, ir.MakeList) and len(first.items) == 1 and updates.same(first.items[0], item)
    if added != test or not begins_with:
        return None
    is_set = isinstance(dtypes.required(first.type), dtypes.SetOf)
    comp = _comp(place, entry, test, item)
    of = dtypes.SetOf(item.type) if is_set else dtypes.ListOf(item.type)
    return ir.GroupBy("set" if is_set else "list", comp, dtypes.DictOf(entry.key.type, of), span=place.span)


def _summed(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    delta = updates.added(place.scope, entry.held, ENTRY)
    if delta is None:
        return None
    tests, amount = _split(delta, test)
    head = None if tests is None else updates.number(place.scope, amount)
    if head is None:
        return None
    total: dtypes.Type = dtypes.INT if dtypes.required(head.type) == dtypes.INT else dtypes.DECIMAL
    start = _start(place.scope, first, amount, total)
    if start is None:
        return None
    if not updates.is_zero(start):
        place.scope.decline("D364", place.span, "sums by key that begin with another number than 0")
    comp = _comp(place, entry, test, head)
    kind = dtypes.DictOf(entry.key.type, total)
    comp = replace(comp, type=kind)
    return ir.GroupBy("sum", comp, kind, span=place.span)


def _split(delta: ir.Expr, test: ir.Expr) -> tuple[tuple[ir.Expr, ...] | None, ir.Expr]:
    """Take off the test under which the key is touched at all."""
    if test == TRUE:
        return (), delta
    if isinstance(delta, ir.If) and updates.is_zero(delta.orelse) and updates.same(delta.test, test):
        return (test,), delta.then
    tests, amount = updates.only_where(delta)
    fits = tuple(part for one in tests for part in updates.conjuncts(one)) == updates.conjuncts(test)
    return (tests, amount) if fits else (None, delta)


def _start(scope: Scope, first: ir.Expr, amount: ir.Expr, total: dtypes.Type) -> ir.Expr | None:
    """Return what the sum of a key begins with: `first` is start and amount together."""
    zero = updates.zero_of(total)
    if updates.same(first, amount):
        return zero
    if isinstance(first, ir.Const) and isinstance(amount, ir.Const):
        if type(first.value) is int and type(amount.value) is int:
            return ir.Const(first.value - amount.value, dtypes.INT)
        return None
    if isinstance(first, ir.Prim) and first.op.endswith(".add") and updates.same(first.args[1], amount):
        begun = first.args[0]
        return unify(begun, zero)[0] if isinstance(begun, ir.Const) and unify(begun, zero) else None  # type: ignore[index]
    return None


def _flag(place: Place, entry: Entry, test: ir.Expr, first: ir.Expr) -> ir.Comp | ir.GroupBy | None:
    """Recognise `seen[key] = seen.get(key, False) or test`."""
    update = entry.held
    if not isinstance(update, ir.Prim) or update.op not in ("and", "or") or test != TRUE:
        return None
    rest = update.args[1:]
    if not updates.is_acc(update.args[0], ENTRY) or any(rewrite.mentions_acc(one) for one in rest):
        return None
    head = replace(update, args=rest) if len(rest) > 1 else rest[0]
    if not updates.same(first, head):
        return None
    comp = _comp(place, entry, test, head)
    return ir.GroupBy("all" if update.op == "and" else "any", comp, comp.type, span=place.span)
