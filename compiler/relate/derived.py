"""Collections that a getter makes, as relations that a loop runs over: groups, sets, lists after each other.

for kind, total in totals.items()   →  GROUP BY meeting, kind: sum(number), and each kind's first place
for name in a + b                   →  rows of a UNION ALL rows of b, with the branch and the order within it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compiler import dtypes, failures, ir, plan, ranges, sequences
from compiler.relate import groups

ID = "doc_id"
_ONE = ir.Const(1, dtypes.INT)
_PLACE = "place"

Scalar = Callable[[ir.Expr], ir.Expr]


@dataclass(frozen=True, slots=True)
class Below:
    """Rows that a derived relation is made of: what they are by then, and how an expression reads over them."""

    relation: Callable[[], plan.Relation]
    scalar: Scalar


@dataclass(slots=True)
class Made:
    """A derived relation under construction; `part` gives the column of what a loop over it reads."""

    alias: str
    build: Callable[[frozenset[str]], plan.Relation]
    types: dict[str, dtypes.Type]
    places: dict[str, dtypes.Type] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def part(self, name: str) -> ir.Expr | None:
        """Return a column by its name, None where there is none."""
        if name in self.places:
            self.asked.add(name)
            kind = dtypes.optional(self.places[name])
            record = ir.Column(self.alias, _PLACE, dtypes.optional(dtypes.Record(((name, kind),))))
            return ir.Prim("record.field", (record, ir.Const(name, dtypes.STR)), self.places[name])
        return ir.Column(self.alias, name, self.types[name]) if name in self.types else None

    def relation(self) -> plan.Relation:
        """Return the relation, with the places that were asked for."""
        return self.build(frozenset(self.asked))


def distinct(alias: str, below: Below, key: groups.Key, head: ir.Expr) -> Made:
    """Return the distinct values of a head, per root (and outer entries)."""
    value = below.scalar(head)
    below = _with(below, value)
    keys = (*key, ("value", failures.guarded(value)))

    def build(_: frozenset[str]) -> plan.Relation:
        return groups.grouped([groups.Input(below.relation(), keys, {})], alias)

    return Made(alias, build, {name: one.type for name, one in keys})


def group(alias: str, below: Below, key: groups.Key, made: ir.GroupBy) -> Made | None:
    """Return one row per key of a dict that was filled, None where its aggregate has no exact SQL form."""
    comp = made.comp
    assert comp.key is not None
    by = below.scalar(comp.key)
    below = _with(below, by)
    keys = (*key, ("key", failures.guarded(by)))
    held = dtypes.required(made.type)
    assert isinstance(held, dtypes.DictOf)
    holds_rows = made.op in ("list", "set")  # loops over them go over the rows again: `unfolded`
    value = None if holds_rows else aggregate(made.op, comp.head, below.scalar)
    if value is None and not holds_rows:
        return None
    order = tuple(ir.Order(failures.guarded(below.scalar(one.key)), one.descending) for one in comp.order)
    places = {f"place{number}": one.key.type for number, one in enumerate(comp.order)}

    def build(asked: frozenset[str]) -> plan.Relation:
        inputs = [groups.Input(below.relation(), keys, {} if value is None else {"value": value})]
        if asked:
            inputs.append(_first(below.relation(), keys, order))
        return groups.grouped(inputs, alias)

    longer = value is not None and dtypes.required(value[1].type) == dtypes.WHOLE
    types = {name: one.type for name, one in keys}
    if value is not None:
        types["value"] = dtypes.WHOLE if longer else held.value
    return Made(alias, build, types, places)


def _with(below: Below, value: ir.Expr) -> Below:
    """Return the rows for which a value is there, as far as its type promises one: it has none where it raises.

    A key that is NULL in spite of its type ends a Flink job.
    """
    there = None if dtypes.nullable(value.type) else failures.present(value)
    if there is None:
        return below
    return Below(lambda: plan.Filter(below.relation(), there), below.scalar)


def aggregate(op: ir.GroupOp, head: ir.Expr, scalar: Scalar) -> tuple[plan.AggOp, ir.Expr] | None:
    """Return the aggregate of the heads of one key, None where it has no exact SQL form."""
    value, kind = failures.guarded(scalar(head)), dtypes.required(head.type)
    match op:
        case "count":
            return "count", _ONE
        case "sum" if kind == dtypes.INT:
            return "sum", failures.guarded(scalar(ranges.addend(head)))
        case "sum" if _is_decimal(kind):
            return "sum", value
        case "min" | "max" if kind in (dtypes.INT, dtypes.DATE) or _is_decimal(kind):
            return op, value
    return None


def _is_decimal(kind: dtypes.Type) -> bool:
    return isinstance(kind, dtypes.Scalar) and kind.name == "decimal"


def _first(relation: plan.Relation, keys: groups.Key, order: tuple[ir.Order, ...]) -> groups.Input:
    """Return, per key, the place of the row that comes first."""
    named = tuple((f"place{number}", one.key) for number, one in enumerate(order))
    inner = plan.Project(relation, (*keys, *named), "t")
    by = tuple(
        ir.Order(ir.Column("t", name, one.key.type), one.descending)
        for (name, _), one in zip(named, order, strict=True)
    )
    top = plan.TopN(inner, tuple(name for name, _ in keys), by, 1, "t")
    kept = tuple((name, ir.Column("t", name, one.type)) for name, one in named)
    kind = dtypes.Record(tuple((name, dtypes.optional(one.type)) for name, one in kept))
    over = tuple((name, ir.Column("t", name, one.type)) for name, one in keys)
    return groups.Input(top, over, {_PLACE: ("latest", ir.MakeRecord(kept, kind))})


# ---------------------------------------------------------------- lists after each other


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the lists: its rows, its items, what tells them apart, and their order."""

    below: Below
    key: groups.Key
    item: ir.Expr
    entries: tuple[ir.Expr, ...]
    comp: ir.Comp


def concatenated(alias: str, branches: tuple[Branch, ...], kind: dtypes.Type) -> Made:
    """Return the items of all branches, with the branch and the place within it."""
    types: dict[str, dtypes.Type] = {name: one.type for name, one in branches[0].key}
    types |= {"branch": dtypes.INT, "value": kind}
    filled: list[dict[str, ir.Expr]] = []
    for number, one in enumerate(branches):
        columns = {"branch": ir.Const(number, dtypes.INT), "value": failures.guarded(one.below.scalar(one.item))}
        for place, entry in enumerate(one.entries):
            columns[f"branch{number}_key{place}"] = one.below.scalar(entry)
        for place, order in enumerate(one.comp.order):
            if not sequences.is_unordered((order,)):
                columns[f"branch{number}_place{place}"] = failures.guarded(one.below.scalar(order.key))
        types |= {name: dtypes.optional(made.type) for name, made in columns.items() if name not in types}
        filled.append(columns)

    def build(_: frozenset[str]) -> plan.Relation:
        projections = []
        for one, columns in zip(branches, filled, strict=True):
            own = {**dict(one.key), **columns}
            every = tuple((name, own.get(name, ir.Const(None, of))) for name, of in types.items())
            projections.append(plan.Project(one.below.relation(), every, alias))
        return plan.Union(tuple(projections), alias)

    return Made(alias, build, types)
