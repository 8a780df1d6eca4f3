"""Groups whose inputs join the root for its key alone: they take the key from the other side, and the join is gone.

    FROM customers ⋈ orders ON customers.doc_id = orders.customer GROUP BY customers.doc_id
    →  FROM orders WHERE orders.customer IS NOT NULL GROUP BY orders.customer

Only where the group asks for the root's own row as well: of keys that no root has, nothing comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from compiler import dtypes, ir, plan, rewrite


def keyed(relation: plan.Relation) -> plan.Relation:
    """Return the relation with such joins removed, wherever they are."""
    match relation:
        case plan.Scan():
            return relation
        case plan.Join():
            return replace(relation, left=keyed(relation.left), right=keyed(relation.right))
        case plan.Union():
            return replace(relation, inputs=tuple(map(_project, relation.inputs)))
        case plan.TopN():
            return replace(relation, input=_project(relation.input))
        case plan.Group(plan.Union() as union):
            inner = replace(union, inputs=tuple(map(_project, union.inputs)))
            return replace(relation, input=_union(inner, relation))
        case plan.Project() | plan.Filter() | plan.Unnest() | plan.Group():
            return replace(relation, input=keyed(relation.input))
        case _:
            assert_never(relation)


def _project(one: plan.Project) -> plan.Project:
    return replace(one, input=keyed(one.input))


def _union(union: plan.Union, group: plan.Group) -> plan.Union:
    first, *others = union.inputs
    root = _first(first.input)
    # The condition on the group is that the first input, which has a row for each root, gave one.
    if group.having is None or len(group.keys) != 1 or root is None or not _is_key(first.columns[0][1], root):
        return union
    return replace(union, inputs=(first, *(_without(one, root) for one in others)))


def _first(relation: plan.Relation) -> plan.Scan | None:
    """Return the scan that a relation of joins begins with."""
    match relation:
        case plan.Scan():
            return relation
        case plan.Join():
            return _first(relation.left)
        case plan.Filter() | plan.Unnest():
            return _first(relation.input)
        case plan.Project() | plan.Group() | plan.Union() | plan.TopN():
            return None
        case _:
            assert_never(relation)


def _is_key(expr: ir.Expr, root: plan.Scan) -> bool:
    return isinstance(expr, ir.Column) and (expr.alias, expr.name) == (root.alias, "doc_id")


def _without(branch: plan.Project, root: plan.Scan) -> plan.Project:
    """Return an input without the root, if only its key is read and the first join has it too."""
    other = _joined_key(branch.input, root)
    every = (*(expr for _, expr in branch.columns), *_expressions(branch.input))
    columns = [one for expr in every for one in rewrite.walk(expr) if isinstance(one, ir.Column)]
    if other is None or any(one.alias == root.alias and not _is_key(one, root) for one in columns):
        return branch

    def instead(expr: ir.Expr) -> ir.Expr | None:
        return replace(other, type=expr.type) if isinstance(expr, ir.Column) and _is_key(expr, root) else None

    def changed(relation: plan.Relation) -> plan.Relation:
        match relation:
            case plan.Join(plan.Scan(), right) if relation.left == root:
                return plan.Filter(right, ir.Prim("not_none", (other,), dtypes.BOOL))
            case plan.Join():
                on = tuple((rewrite.transform(one, instead), two) for one, two in relation.on)
                residual = None if relation.residual is None else rewrite.transform(relation.residual, instead)
                return replace(relation, left=changed(relation.left), on=on, residual=residual)
            case plan.Filter():
                condition = rewrite.transform(relation.condition, instead)
                return replace(relation, input=changed(relation.input), condition=condition)
            case plan.Unnest():
                collection = rewrite.transform(relation.collection, instead)
                return replace(relation, input=changed(relation.input), collection=collection)
        raise AssertionError(f"keyed: {type(relation).__name__} has no first scan")

    named = tuple((name, rewrite.transform(expr, instead)) for name, expr in branch.columns)
    return replace(branch, input=changed(branch.input), columns=named)


def _joined_key(relation: plan.Relation, root: plan.Scan) -> ir.Column | None:
    """Return the column that the first join, an inner one, compares with the root's key, and with nothing else."""
    match relation:
        case plan.Join(plan.Scan(), plan.Scan(), "inner", ((key, ir.Column() as other),), None):
            return other if relation.left == root and _is_key(key, root) else None
        case plan.Join():
            return _joined_key(relation.left, root)
        case plan.Filter() | plan.Unnest():
            return _joined_key(relation.input, root)
    return None


def _expressions(relation: plan.Relation) -> Iterator[ir.Expr]:
    match relation:
        case plan.Join():
            yield from (one for pair in relation.on for one in pair if not isinstance(relation.left, plan.Scan))
            yield from () if relation.residual is None else (relation.residual,)
            yield from _expressions(relation.left)
        case plan.Filter():
            yield relation.condition
            yield from _expressions(relation.input)
        case plan.Unnest():
            yield relation.collection
            yield from _expressions(relation.input)
        case plan.Scan() | plan.Project() | plan.Group() | plan.Union() | plan.TopN():
            return
        case _:
            assert_never(relation)
