"""The largest and the smallest kept by hand, with what belongs to them.

if best is None or o.n > best.n: best = o      →  first of the o, by n descending; of equals the first
if n <= least: least, found = n, key           →  min(n if n <= start); and the last key of those that have it
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler import dtypes, ir, rewrite, updates, values
from compiler.scope import conjunction, negate
from compiler.updates import Place

_FLIPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What decides whether an entry replaces the one that is held."""

    guards: tuple[ir.Expr, ...]  # do not depend on what is held
    unset: str | None  # the accumulator that is still None before the first entry
    op: str  # how the entry's key compares with what is held: gt, ge, lt, le
    key: ir.Expr
    held: ir.Expr  # the key of what is held
    driver: str  # the accumulator that `held` reads


def is_unset(test: ir.Expr, name: str) -> bool:
    """Tell whether a test is `acc is None`."""
    if not isinstance(test, ir.Prim) or test.op != "is_none":
        return False
    value = test.args[0]
    if isinstance(value, ir.Prim) and value.op == "id_of":
        value = value.args[0]
    return updates.is_acc(value, name)


def extreme(place: Place) -> values.Value | None:
    """Recognise `if best is None or key > best.key: best = …`, `if key > best: …` and `best = max(best, key)`."""
    update = _as_choice(place)
    if update is None or not updates.is_acc(update.orelse, place.name) or rewrite.mentions_acc(update.then):
        return None
    choice = chosen_by(update.test)
    if choice is None or choice.driver not in place.leaves:
        return None
    leader = _as_choice(replace(place, name=choice.driver))
    if leader is None or not updates.same(leader.test, update.test) or rewrite.mentions_acc(leader.then):
        return None
    if not _reads_leader(choice, leader.then):
        return None
    if choice.unset is None:
        return _beyond_start(place, choice, update.then)
    return _of_all(place, choice, update.then)


def _as_choice(place: Place) -> ir.If | None:
    update = place.update
    if isinstance(update, ir.If) and updates.is_acc(update.then, place.name):
        return replace(update, test=negate(update.test), then=update.orelse, orelse=update.then)
    if isinstance(update, ir.If):
        inner = update.then
        if updates.is_acc(update.orelse, place.name) and isinstance(inner, ir.Prim):
            within = _of_function(inner, place.name)
            return within and replace(within, test=conjunction((update.test, within.test), update.span))
        return update
    return _of_function(update, place.name) if isinstance(update, ir.Prim) else None


def _of_function(update: ir.Prim, name: str) -> ir.If | None:
    """Return `max(acc, key)` as `if key > acc`."""
    kind, _, function = update.op.partition(".")
    if function not in ("min", "max") or len(update.args) != 2 or kind == "float":
        return None
    held = next((one for one in update.args if updates.is_acc(one, name)), None)
    key = next((one for one in update.args if not updates.is_acc(one, name)), None)
    if held is None or key is None or dtypes.nullable(key.type):
        return None
    test = ir.Prim("gt" if function == "max" else "lt", (key, held), dtypes.BOOL, update.span)
    return ir.If(test, key, held, update.type, update.span)


def chosen_by(test: ir.Expr) -> Choice | None:
    """Take a test apart that compares with what is held."""
    parts = updates.conjuncts(test)
    own = [one for one in parts if rewrite.mentions_acc(one)]
    guards = tuple(one for one in parts if not rewrite.mentions_acc(one))
    if len(own) != 1 or parts[-1] is not own[0]:
        return None
    compared, unset = own[0], None
    if isinstance(compared, ir.Prim) and compared.op == "or":
        free = tuple(one for one in compared.args if not isinstance(one, ir.Acc))
        if len(free) != 2 or not isinstance(free[0], ir.Prim) or free[0].op != "is_none":
            return None
        unset = next((one.name for one in rewrite.walk(free[0]) if isinstance(one, ir.Acc)), None)
        if unset is None or not is_unset(free[0], unset):
            return None
        compared = free[1]
    if isinstance(compared, ir.Prim) and compared.op == "not" and isinstance(compared.args[0], ir.Prim):
        return None
    if not isinstance(compared, ir.Prim) or compared.op not in _FLIPPED:
        return None
    op, (key, held) = compared.op, compared.args
    if rewrite.mentions_acc(key):
        op, key, held = _FLIPPED[op], held, key
    drivers = {one.name for one in rewrite.walk(held) if isinstance(one, ir.Acc)}
    if rewrite.mentions_acc(key) or len(drivers) != 1:
        return None
    return Choice(guards, unset, op, key, held, drivers.pop())


def _reads_leader(choice: Choice, value: ir.Expr) -> bool:
    """Tell whether what is compared with is the key of the entry that is held."""
    held = rewrite.transform(choice.held, lambda one: value if isinstance(one, ir.Acc) else None)
    return updates.same(held, choice.key)


def _of_all(place: Place, choice: Choice, value: ir.Expr) -> values.Value | None:
    """Every entry is compared with the best before it, and the first is taken as it is."""
    assert choice.unset is not None
    mark = place.leaves.get(choice.unset)
    if mark is None or not isinstance(mark.start, ir.Const) or mark.start.value is not None:
        return None
    marked = _as_choice(replace(place, name=choice.unset))
    if marked is None or not same_test(marked, place) or dtypes.nullable(marked.then.type):
        return None  # a None that is taken as the best is taken for no best at all by the next pass
    return _found(place, choice, value, choice.guards)


def same_test(marked: ir.If, place: Place) -> bool:
    """Tell whether another accumulator is set under the very test of this one."""
    own = _as_choice(place)
    return own is not None and updates.same(marked.test, own.test)


def _beyond_start(place: Place, choice: Choice, value: ir.Expr) -> values.Value | None:
    """Only what goes beyond the start ever counts."""
    start = place.leaves[choice.driver].start
    if not isinstance(start, ir.Expr) or dtypes.nullable(start.type) or isinstance(start, ir.Acc):
        return None
    held = rewrite.transform(choice.held, lambda one: start if isinstance(one, ir.Acc) else None)
    test = ir.Prim(choice.op, (choice.key, held), dtypes.BOOL, place.span)
    return _found(place, choice, value, (*choice.guards, test))


def _found(place: Place, choice: Choice, value: ir.Expr, tests: tuple[ir.Expr, ...]) -> values.Value | None:
    descending = choice.op in ("gt", "ge")
    kind = dtypes.required(choice.key.type)
    if not isinstance(kind, dtypes.Scalar) or kind.name in ("bool", "bytes"):
        return None
    start = place.start
    if not isinstance(start, ir.Expr):
        return None
    joined = dtypes.join(value.type, start.type)
    if joined is None:
        return None
    comp = place.heads(conjunction(tests, place.span), value)
    if value == choice.key and kind != dtypes.STR and not dtypes.nullable(value.type):
        return ir.Reduce("max" if descending else "min", comp, joined, start, span=place.span)
    natural = place.loop.order
    if choice.op in ("ge", "le"):  # of equals the last is kept
        natural = tuple(replace(one, descending=not one.descending) for one in natural)
    rest = tuple(one for one in natural if one.key != choice.key)
    ordered = replace(comp, order=(ir.Order(choice.key, descending), *rest))
    return ir.Reduce("first", ordered, joined, start, span=place.span)
