"""Lists without repetitions that a loop gathers: what comes first of each key, in the order of the first ones.

if name not in names: names.append(name)        →  list(name for …, the first per name)
key = tag.lower()
if key not in seen:                             →  list(tag for …, the first per key)
    seen.add(key); tags.append(tag)
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import accumulators, dtypes, ir, rewrite, sequences, updates, values
from compiler.scope import conjunction, negate
from compiler.updates import Place


@dataclass(frozen=True, slots=True)
class _Appended:
    """A pass that appends an item where tests hold, and does nothing else."""

    tests: tuple[ir.Expr, ...]
    item: ir.Expr


def distinct(place: Place) -> values.Value | None:
    """Recognise what is appended only if its key was not seen before."""
    own = _appended(place.update, place.name)
    if own is None or not _is_empty(place.start):
        return None
    asked = [one for one in own.tests if rewrite.mentions_acc(one)]
    seen = _unseen(asked[0]) if len(asked) == 1 else None
    if seen is None or rewrite.mentions_acc(own.item) or rewrite.mentions_acc(seen[1]):
        return None
    driver, key = seen
    if not _is_driver(place, driver, own, key):
        return None
    rest = tuple(one for one in own.tests if one is not asked[0])
    steps = (*place.loop.steps, *(ir.Cond(one) for one in rest))
    if isinstance(dtypes.required(place.update.type), dtypes.SetOf):
        if not updates.same(own.item, key):
            return None
        return ir.Comp("set", steps, own.item, dtypes.SetOf(own.item.type), span=place.span)
    of = dtypes.ListOf(own.item.type)
    every = ir.Comp("list", steps, own.item, of, None, place.loop.order, place.span)
    return sequences.first_per_key(every, key)


def _is_empty(start: values.Value) -> bool:
    return start in (values.Several("set", ()),) or (isinstance(start, ir.MakeList) and not start.items)


def _appended(update: ir.Expr, name: str) -> _Appended | None:
    """Take an update apart: nested branches that keep the list, down to one that appends."""
    tests: tuple[ir.Expr, ...] = ()
    while isinstance(update, ir.If):
        if updates.is_acc(update.orelse, name):
            tests, update = (*tests, *_holding(update.test)), update.then
        elif updates.is_acc(update.then, name):
            tests, update = (*tests, *_holding(negate(update.test))), update.orelse
        else:
            return None
    match update:
        case ir.Prim("acc.append", (ir.Acc(of), item)) if of == name:
            return _Appended(tests, item)
    return None


def _holding(test: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the conditions of which all hold where the test holds."""
    match test:
        case ir.Prim("and", args):
            return tuple(part for one in args for part in _holding(one))
        case ir.Prim("not", (ir.Prim("or", args),)):
            return tuple(part for one in args for part in _holding(negate(one)))
    return (test,)


def _unseen(test: ir.Expr) -> tuple[str, ir.Expr] | None:
    match test:
        case ir.Prim("not", (ir.Prim("acc.contains", (ir.Acc(name), key)),)):
            return name, key
    return None


def _is_driver(place: Place, driver: str, own: _Appended, key: ir.Expr) -> bool:
    """Tell whether the list or set that is asked gets the key in just the passes that append."""
    leaf = place.leaves.get(driver)
    if leaf is None or not _is_empty(leaf.start) or not isinstance(leaf.update.type, dtypes.ListOf | dtypes.SetOf):
        return False
    its = _appended(leaf.update, driver)
    if its is None or not updates.same(its.item, key) or not accumulators.is_filled(leaf.update):
        return False
    return updates.same(conjunction(its.tests, place.span), conjunction(own.tests, place.span))
