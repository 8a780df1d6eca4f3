"""Rows of which some are kept: the first so many in an order, for each of what came before.

best = sorted(users.values(), key=…)[:3]   →  top 3 per meeting by level, user, above users of meetings
enumerate(users.values())                  →  all per meeting by user, with their number
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compiler import ir, plan


@dataclass(slots=True)
class Top:
    """A top-n under construction: what is read above it is a column of the rows below."""

    below: Callable[[], plan.Relation]
    alias: str
    partition: tuple[ir.Expr, ...]
    order: tuple[ir.Order, ...]
    start: int
    stop: int | None
    number: str = ""
    columns: dict[ir.Expr, str] = field(default_factory=dict)

    def carried(self, expr: ir.Expr) -> ir.Expr:
        """Return the column that holds an expression over the rows below."""
        if expr not in self.columns:
            self.columns[expr] = self._name(expr)
        return ir.Column(self.alias, self.columns[expr], expr.type, expr.span)

    def _name(self, expr: ir.Expr) -> str:
        if isinstance(expr, ir.Column):
            named = f"{expr.alias}__{expr.name}"
            if named not in self.columns.values():
                return named
        return f"v{len(self.columns) + 1}"

    def relation(self) -> plan.Relation:
        """Return the rows that are kept, with all columns that were asked for."""
        partition = tuple(self.columns[one] for one in self.partition if self.carried(one))
        order = tuple(ir.Order(self.carried(one.key), one.descending) for one in self.order)
        columns = tuple((name, expr) for expr, name in self.columns.items())
        inner = plan.Project(self.below(), columns, self.alias)
        return plan.TopN(inner, partition, order, self.stop, self.alias, self.start, self.number)
