"""Dicts of records that a loop fills: a fold of its own over the rows of each key.

row = rows.setdefault(kind, {"n": 0, "sum": 0})      {kind: {"n": count(o …), "sum": sum(o.number …)}
row["n"] += 1                                    →    for kind in the kinds of orders}, each over the o of that kind
row["sum"] += o.number

What a pass does to the entry of its key is what a loop over the rows of that key alone would do to one record, which
begins as it begins where the key is not there yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler import accumulators, dtypes, groups, ir, primitives, rewrite, sequences, simplify, updates, values
from compiler.diagnostics import Span
from compiler.scope import Scope
from compiler.updates import Place

Names = Mapping[str, values.Value]
Fold = Callable[[Scope, Names, Names, values.Iteration, Span], dict[str, values.Value]]
"""Folds accumulators, given what they are before a loop and what one of its passes makes of them."""


def recorded(place: Place, fold: Fold) -> values.Value | None:
    """Recognise a dict of records, or of tuples, that is filled by keys."""
    kind = place.update.type
    if not isinstance(kind, dtypes.DictOf) or not isinstance(kind.value, dtypes.Record | dtypes.Pair):
        return None
    if not isinstance(place.start, values.EmptyDict):
        return None
    entry = groups.entry_of(place)
    begun = None if entry is None else updates.touched(entry.begun, groups.NONE_YET, updates.free)
    if entry is None or begun is None:
        return None
    return _Records(place, fold, entry, begun[0], begun[1][0]).made()


@dataclass(frozen=True, slots=True)
class _Records:
    """A dict whose entries are folded part by part."""

    place: Place
    fold: Fold
    entry: groups.Entry
    test: ir.Expr  # under which a pass touches the entry of its key
    first: ir.Expr  # the entry after the first pass that does

    def made(self) -> values.Value | None:
        scope, key, span = self.place.scope, self.entry.key, self.place.span
        assert isinstance(self.place.update.type, dtypes.DictOf)
        kind = self.place.update.type.value
        var = scope.fresh("entry")
        own = ir.EntryKey(var, key.type, span)
        loop = self._rows(ir.Prim("eq", (key, own), dtypes.BOOL, span))
        parts: list[tuple[str, ir.Expr]] = []
        folded = self._folded(loop)
        for name in _names(kind):
            found = folded.get(name) or self._alone(replace(self.place, loop=loop), name, own)
            if not isinstance(found, ir.Expr):
                return found
            parts.append((name, found))
        record = _renamed(scope, _made(parts, kind, span))
        rows = ir.Comp("dict", self.place.steps(self.test), _ONE, dtypes.DictOf(key.type, dtypes.INT), key, loop.order)
        every = ir.GroupBy("list", replace(rows, span=span), dtypes.DictOf(key.type, dtypes.ListOf(dtypes.INT)))
        order = sequences.places(var, loop.order)
        steps = (ir.Gen(var, ir.Items(every)),)
        return ir.Comp("dict", steps, record, dtypes.DictOf(key.type, record.type), own, order, span=span)

    def _rows(self, same: ir.Expr) -> values.Iteration:
        """Return the loop over the rows of one key."""
        return replace(self.place.loop, steps=(*self.place.steps(self.test), ir.Cond(same)))

    @property
    def _held(self) -> ir.Expr:
        held = self.entry.held
        return held.then if isinstance(held, ir.If) and updates.same(held.test, self.test) else held

    # ------------------------------------------------------------ parts that begin with a constant

    def _folded(self, loop: values.Iteration) -> dict[str, ir.Expr]:
        """Return the parts that begin with the same in every entry, as a loop over its rows alone would make them."""
        begun = self._begun()
        if begun is None:
            return {}
        own = {step.var for step in loop.steps if isinstance(step, ir.Gen)}
        starts: dict[str, values.Value] = {}
        ends: dict[str, values.Value] = {}
        for name in _names(begun.type):
            start = accumulators.part(begun, name)
            if not rewrite.variables(start) & own:
                starts[_path(name)], ends[_path(name)] = start, updates.merged(accumulators.part(self._held, name))
        after = self.fold(self.place.scope, starts, ends, loop, self.place.span)
        return {path.partition(".")[2]: one for path, one in after.items() if isinstance(one, ir.Expr)}

    def _begun(self) -> ir.Expr | None:
        """Return the record with which an entry begins before a pass changes it, where there is one."""
        missing = {
            one.args[2] for one in rewrite.walk(self.place.update)
            if isinstance(one, ir.Prim) and one.op == "acc.get" and isinstance(one.args[2], ir.MakeRecord | ir.MakePair)
        }  # fmt: skip
        begun = next(iter(missing)) if len(missing) == 1 else None
        if begun is None or rewrite.mentions_acc(begun):
            return None
        return begun if updates.same(_settled(_put(self._held, begun)), _settled(self.first)) else None

    # ------------------------------------------------------------ parts that begin with what the first row has

    def _alone(self, place: Place, name: str, own: ir.Expr) -> values.Value | None:
        """Return a part that depends on no other."""
        held, first = (updates.merged(accumulators.part(one, name)) for one in (self._held, self.first))
        if updates.is_acc(held, _path(name)) and updates.same(first, self.entry.key):
            return own
        if rewrite.mentions_acc(first):
            return None
        itself = rewrite.transform(held, lambda one: _renamed_acc(one, name))
        made = groups.monoid(place, groups.Entry(self.entry.key, itself, first), updates.TRUE, first)
        return None if made is None else _of_rows(made)


_ONE = ir.Const(1, dtypes.INT)
_NONE = ir.Const(None, dtypes.NONE)


def _names(kind: dtypes.Type) -> tuple[str, ...]:
    match kind:
        case dtypes.Record(fields):
            return tuple(name for name, _ in fields)
        case dtypes.Pair(items):
            return tuple(map(str, range(len(items))))
    return ()


def _path(name: str) -> str:
    return f"{groups.ENTRY}.{name}"


def _made(parts: list[tuple[str, ir.Expr]], kind: dtypes.Type, span: Span) -> ir.Expr:
    if isinstance(kind, dtypes.Pair):
        items = tuple(one for _, one in parts)
        return ir.MakePair(items, dtypes.Pair(tuple(one.type for one in items)), span)
    if isinstance(kind, dtypes.Record) and kind.name == accumulators.CELLS:
        return accumulators.listed(tuple(one for _, one in parts), span)
    return ir.MakeRecord(tuple(parts), dtypes.Record(tuple((name, one.type) for name, one in parts)), span)


def _renamed(scope: Scope, record: ir.Expr) -> ir.Expr:
    """Return the record with variables of its own: the loop over the keys has those of the rows already.

    What a pass raises is told of all rows, where the loop stands.
    """

    def checked(one: ir.Expr) -> ir.Expr | None:
        return replace(one, comp=replace(one.comp, checked=True)) if isinstance(one, ir.Reduce) else None

    renamed = rewrite.fresh(ir.Comp("list", (), record, dtypes.ListOf(record.type)), scope.fresh).head
    return rewrite.transform(renamed, checked)


def _renamed_acc(one: ir.Expr, name: str) -> ir.Expr | None:
    return ir.Acc(groups.ENTRY, one.type) if isinstance(one, ir.Acc) and one.name == _path(name) else None


def _put(held: ir.Expr, begun: ir.Expr) -> ir.Expr:
    """Return what a pass makes of an entry that was this record before."""

    def put(one: ir.Expr) -> ir.Expr | None:
        return accumulators.part(begun, one.name.partition(".")[2]) if isinstance(one, ir.Acc) else None

    return rewrite.transform(held, put)


def _settled(expr: ir.Expr) -> ir.Expr:
    """Return the expression with operations on constants carried out."""

    def settle(one: ir.Expr) -> ir.Expr | None:
        match one:
            case ir.Prim(op, args) if args:
                now = tuple(map(_settled, args))
                if op == "acc.append" and isinstance(now[0], ir.MakeList):
                    return ir.MakeList((*now[0].items, now[1]), one.type, one.span)
                return primitives.folded(replace(one, args=now))
        return None

    return simplify.simplify(rewrite.transform(expr, settle))


def _of_rows(made: ir.Comp | ir.GroupBy) -> ir.Expr | None:
    """Return what a dict that is filled by keys has for one of them, as a fold over its rows; there are some."""
    comp = made if isinstance(made, ir.Comp) else made.comp
    rows = replace(comp, kind="list", key=None, type=dtypes.ListOf(comp.head.type))
    if isinstance(made, ir.Comp):
        return ir.Reduce("last", rows, comp.head.type, _NONE, span=made.span)
    match made.op:
        case "list":
            return rows
        case "set":
            return replace(rows, kind="set", type=dtypes.SetOf(comp.head.type), order=())
        case "sum":
            assert isinstance(made.type, dtypes.DictOf)
            zero = ir.Const(0 if made.type.value == dtypes.INT else Decimal(0), made.type.value)
            return ir.Reduce("count" if comp.head == _ONE else "sum", rows, made.type.value, zero, span=made.span)
        case "first" | "min" | "max":
            return ir.Reduce(made.op, rows, comp.head.type, _NONE, span=made.span)
        case "any" | "all":
            return ir.Reduce(made.op, rows, dtypes.BOOL, span=made.span)
    return None
