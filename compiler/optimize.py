"""Plan → plan: no join for a key that is there already, and scans that read only what something above them uses.

    customers ⋈ orders on customers.doc_id = orders.customer, by customers.doc_id  →  orders, by orders.customer
    Project(Scan("meetings", "m", ()), doc_id, eq(m.status, …))  →  … Scan("meetings", "m", ("doc_id", "status"))

Shared inputs, fused aggregates and filters below joins come out of `relate` as they should be; Flink's planner
pushes filters into its scans and reuses equal parts of a statement set.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from compiler import ir, keyed, plan, rewrite

_Used = frozenset[tuple[str, str]]  # (alias, column)


def optimize(whole: plan.Plan) -> plan.Plan:
    """Return the plan without needless joins and with pruned scans."""
    return plan.Plan(tuple(_view(one) for one in whole.views))


def _view(view: plan.View) -> plan.View:
    tables = tuple(replace(one, query=_pruned(keyed.keyed(one.query), frozenset())) for one in view.tables)
    errors = None if view.errors is None else _pruned(keyed.keyed(view.errors), frozenset())
    return replace(view, tables=tables, errors=errors)


def _pruned(relation: plan.Relation, used: _Used) -> plan.Relation:
    match relation:
        case plan.Scan(_, alias):
            names = {name for owner, name in used if owner == alias} | {"doc_id"}
            if relation.models:
                names.add("obj_type")
            return replace(relation, columns=tuple(sorted(names, key=lambda name: (name != "doc_id", name))))
        case plan.Unnest():
            return replace(relation, input=_pruned(relation.input, used | _columns(relation.collection)))
        case plan.Filter():
            return replace(relation, input=_pruned(relation.input, used | _columns(relation.condition)))
        case plan.Join():
            both = used.union(*(_columns(one) for pair in relation.on for one in pair))
            if relation.residual is not None:
                both |= _columns(relation.residual)
            return replace(relation, left=_pruned(relation.left, both), right=_pruned(relation.right, both))
        case plan.Project():
            return _project(relation)
        case plan.Group():
            return replace(relation, input=_pruned(relation.input, frozenset()))
        case plan.Union():
            return replace(relation, inputs=tuple(_project(one) for one in relation.inputs))
        case plan.TopN():
            return replace(relation, input=_project(relation.input))
        case _:
            assert_never(relation)


def _project(relation: plan.Project) -> plan.Project:
    used: _Used = frozenset().union(*(_columns(expr) for _, expr in relation.columns))
    return replace(relation, input=_pruned(relation.input, used))


def _columns(expr: ir.Expr) -> _Used:
    return frozenset((one.alias, one.name) for one in rewrite.walk(expr) if isinstance(one, ir.Column))
