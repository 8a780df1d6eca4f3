"""Plan to text: one line per relation, inputs below what reads them, the same bytes for the same plan.

project o: doc_id = m.doc_id, name = m.name
  scan meetings as m: doc_id, name
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from compiler import dtypes, ir, plan


def show(whole: plan.Plan) -> str:
    """Return the text of a plan."""
    return "".join(map(show_view, whole.views))


def show_view(view: plan.View) -> str:
    """Return the text of one view's plan."""
    return "\n".join(_view(view)) + "\n"


def show_relation(one: plan.Relation) -> str:
    """Return the text of a relation."""
    return "\n".join(_relation(one, "")) + "\n"


def _view(view: plan.View) -> Iterator[str]:
    yield f"view {view.view_model} ({view.collection}) of {view.root}"
    for table in view.tables:
        below = f" below {table.parent}" if table.parent else ""
        yield f"  table {table.name}{below}, key {', '.join(table.key)}"
        for column in table.columns:
            yield f"    column {column.name}: {dtypes.show(column.type)}"
        yield from _relation(table.query, "    ")
    if view.errors is not None:
        yield "  errors"
        yield from _relation(view.errors, "    ")
    for function in view.functions:
        params = ", ".join(f"{name}: {dtypes.show(kind)}" for name, kind in function.params)
        yield f"  function {function.name}({params}) -> {dtypes.show(function.result)}, {function.kind}"
    for node in view.document:
        yield from _node(node, "  field ")
    for info in view.fields:
        why = f" because {', '.join(one.code for one in info.why)}" if info.why else ""
        yield f"  {info.name}: {info.tier}{why}, reads {', '.join(info.reads) or 'nothing'}"


def _node(node: plan.FieldNode, head: str) -> Iterator[str]:
    parts = [f"{head}{node.json_name}: {node.kind}"]
    parts += [f"column {node.column}"] if node.column else []
    parts += [f"table {node.table}"] if node.table else []
    parts += [f"null when {node.null_when}"] if node.null_when else []
    parts += ["order " + ", ".join(f"{name} {way}" for name, way in node.order)] if node.order else []
    parts += [f"key {node.map_key}"] if node.map_key else []
    yield " ".join(parts)
    inner = " " * (len(head) - len(head.lstrip()) + 2)
    for one in node.fields:
        yield from _node(one, f"{inner}field ")
    if node.item is not None:
        yield from _node(node.item, f"{inner}item ")


def _relation(one: plan.Relation, indent: str) -> Iterator[str]:
    yield indent + _line(one)
    for each in _inputs(one):
        yield from _relation(each, indent + "  ")


def _inputs(one: plan.Relation) -> tuple[plan.Relation, ...]:
    match one:
        case plan.Scan():
            return ()
        case plan.Join(left, right):
            return (left, right)
        case plan.Union(inputs):
            return inputs
        case plan.Unnest(inner) | plan.Filter(inner) | plan.Project(inner) | plan.Group(inner) | plan.TopN(inner):
            return (inner,)
        case _:
            assert_never(one)


def _line(one: plan.Relation) -> str:
    match one:
        case plan.Scan(collection, alias, columns, models):
            kinds = f" of {', '.join(models)}" if models else ""
            return f"scan {collection}{kinds} as {alias}: {', '.join(columns)}"
        case plan.Unnest(_, collection, alias, kind, distinct):
            return f"unnest {'distinct ' if distinct else ''}{kind} {ir.show(collection)} as {alias}"
        case plan.Join(_, _, kind, on, residual):
            pairs = ", ".join(f"{ir.show(left)} = {ir.show(right)}" for left, right in on)
            return f"{kind} join on {pairs}" + (f" if {ir.show(residual)}" if residual is not None else "")
        case plan.Filter(_, condition):
            return f"filter {ir.show(condition)}"
        case plan.Project(_, columns, alias):
            return f"project {alias}: {_columns(columns)}"
        case plan.Group():
            return _group(one)
        case plan.Union(_, alias):
            return f"union {alias}"
        case plan.TopN(_, partition, order, limit, alias, start, number):
            by = ", ".join(ir.show(each.key) + (" desc" if each.descending else "") for each in order)
            kept = f"{start}:" if start else ""
            named = f", numbered {number}" if number else ""
            return f"top {kept}{'all' if limit is None else limit} {alias} per {', '.join(partition)} by {by}{named}"
        case _:
            assert_never(one)


def _group(one: plan.Group) -> str:
    aggregates = ", ".join(
        f"{name} = {agg.op}({'' if agg.arg is None else ir.show(agg.arg)})" for name, agg in one.aggregates
    )
    having = f" having {ir.show(one.having)}" if one.having is not None else ""
    return f"group {one.alias} by {_columns(one.keys)}: {aggregates}{having}"


def _columns(columns: tuple[tuple[str, ir.Expr], ...]) -> str:
    return ", ".join(f"{name} = {ir.show(expr)}" for name, expr in columns)
