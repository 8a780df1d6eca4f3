"""Groups over a union: rows of several kinds that share a key, each with columns of its own.

rows of users, orders of users  →  GROUP BY meeting, user over (user, row, NULL) UNION ALL (user, NULL, 1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler import dtypes, ir, plan

Key = tuple[tuple[str, ir.Expr], ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the union: its rows, their key, and the columns that it alone fills."""

    relation: plan.Relation
    key: Key
    filled: Mapping[str, tuple[plan.AggOp, ir.Expr]]


def grouped(inputs: Sequence[Input], alias: str, marker: str | None = None) -> plan.Group:
    """Return the group of all inputs by their key; with a marker, only of keys that the input with that column has."""
    columns = {name: dtypes.optional(value.type) for one in inputs for name, (_, value) in one.filled.items()}
    projections = tuple(plan.Project(one.relation, (*one.key, *_padded(one, columns)), "i") for one in inputs)
    source: plan.Relation = plan.Union(projections, "i") if len(projections) > 1 else projections[0]
    aggregates = tuple(
        (name, plan.Agg(op, ir.Column("i", name, columns[name])))
        for one in inputs
        for name, (op, _) in one.filled.items()
    )
    keys = tuple((name, ir.Column("i", name, expr.type)) for name, expr in inputs[0].key)
    present = None
    if marker is not None and len(projections) > 1:
        counted = dict(aggregates)[marker].op == "count"
        found = ir.Column(alias, marker, dtypes.INT if counted else columns[marker])
        if counted:
            present = ir.Prim("gt", (found, ir.Const(0, dtypes.INT)), dtypes.BOOL)
        else:
            present = ir.Prim("not_none", (found,), dtypes.BOOL)
    return plan.Group(source, keys, aggregates, alias, having=present)


def _padded(one: Input, columns: Mapping[str, dtypes.Type]) -> tuple[tuple[str, ir.Expr], ...]:
    return tuple(
        (name, one.filled[name][1] if name in one.filled else ir.Const(None, kind)) for name, kind in columns.items()
    )
