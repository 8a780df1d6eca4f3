"""What a pass reads of other accumulators: what the passes before it have made of them, as folds over these.

for o in orders:
    total += o.number          →  sum(o2.number for o2 <- orders if number(o2) < number(o)) + o.number
    totals.append(total)           is what each pass appends
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from compiler import dtypes, ir, rewrite, sequences, updates, values
from compiler.scope import negate
from compiler.updates import Leaf, Place

Fold = Callable[[Place, values.Value, values.Value], values.Value]


def settled(place: Place, fold: Fold) -> Place | None:
    """Return the place with nothing but its own accumulator in its update; None where a pass reads no other."""
    read = {one.name for one in rewrite.walk(place.update) if isinstance(one, ir.Acc)} - {place.name}
    rows = place.heads(updates.TRUE, updates.TRUE)
    if not read or not sequences.has_places(rows):
        return None
    counted, number = sequences.numbered(rows)
    found: dict[str, ir.Expr] = {}
    for name in sorted(read):
        leaf = place.leaves.get(name)
        before = None if leaf is None else _before(replace(place, name=name), leaf, (counted, number), fold)
        if before is None:
            return None
        found[name] = before

    def instead(one: ir.Expr) -> ir.Expr | None:
        return replace(found[one.name], type=one.type) if isinstance(one, ir.Acc) and one.name in found else None

    leaf = place.leaves[place.name]
    leaves: Mapping[str, Leaf] = {
        **place.leaves,
        place.name: replace(leaf, update=rewrite.transform(leaf.update, instead)),
    }
    return replace(place, leaves=leaves, loop=replace(place.loop, steps=counted.steps))


def restarted(place: Place) -> values.Value | None:
    """Recognise `run = run + 1 if won else 0`: the sum over the passes since the last one that began anew."""
    update, scope = place.update, place.scope
    if not isinstance(update, ir.If) or not updates.is_zero(place.start):
        return None
    goes_on, more, anew = update.test, update.then, update.orelse
    if updates.is_zero(more):
        goes_on, more, anew = negate(goes_on), anew, more
    delta = None if rewrite.mentions_acc(goes_on) else updates.added(scope, more, place.name)
    head = None if delta is None else updates.number(scope, delta)
    rows = place.heads(updates.TRUE, negate(goes_on))
    if head is None or not updates.is_zero(anew) or not sequences.has_places(rows):
        return None
    counted, number = sequences.numbered(rows)
    again = rewrite.fresh(replace(counted, head=ir.MakePair((counted.head, number), _PAIR)), scope.fresh)
    assert isinstance(again.head, ir.MakePair)
    begins, begun = again.head.items
    beginnings = replace(again, steps=(*again.steps, ir.Cond(begins)), head=begun, type=dtypes.ListOf(dtypes.INT))
    last = ir.Reduce("max", beginnings, dtypes.INT, ir.Const(-1, dtypes.INT), span=place.span)
    after = ir.Cond(ir.Prim("gt", (number, last), dtypes.BOOL, place.span))
    since = replace(counted, steps=(*counted.steps, after), head=head, type=dtypes.ListOf(head.type))
    zero = updates.zero_of(head.type)
    return ir.Reduce("sum", since, zero.type, zero, span=place.span)


_PAIR = dtypes.Pair((dtypes.BOOL, dtypes.INT))


def _before(place: Place, leaf: Leaf, rows: tuple[ir.Comp, ir.Expr], fold: Fold) -> ir.Expr | None:
    """Return what an accumulator holds as a pass begins: its fold over the passes with a smaller number."""
    is_alone = not any(isinstance(one, ir.Acc) and one.name != place.name for one in rewrite.walk(leaf.update))
    if not is_alone or not isinstance(dtypes.required(leaf.update.type), dtypes.Scalar):
        return None
    counted, number = rows
    earlier = sequences.before("lt", counted, number, leaf.update, place.scope.fresh)
    loop = replace(place.loop, steps=earlier.steps, order=earlier.order)
    inner = replace(place, leaves={place.name: replace(leaf, update=earlier.head)}, loop=loop)
    folded = fold(inner, leaf.start, earlier.head)
    return folded if isinstance(folded, ir.Expr) and not rewrite.mentions_acc(folded) else None
