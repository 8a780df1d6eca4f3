"""Plan to explanation: the tier of every getter, what forced it, what to change to climb, what it depends on.

MeetingSession (meeting_sessions), one per document of meetings
  in_session    expr         one SQL expression over joined rows
    value from meetings.status
  badge         udf          Python on one row
    D341 the format is not a literal, so SQL cannot spell it    views.py:52:16
      52 |         return f"{self.store.user.name:{width}}"
         |                                      ^^^^^^^
    to climb:   write the width as a number
    instead of: f"{user.name:{width}}"
    may read users.doc_id, users.name

2 getters: 1 expr, 1 udf; 50 % without Python
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, get_args

from rich import text as rich_text

from compiler import codes, dtypes, excerpt, flow, ir, model, plan, plan_text
from compiler.diagnostics import Span

EXPLAIN_VERSION = 1
"""Of the JSON form: keys may be added under the same version, none is renamed or dropped."""

TIERS: MappingProxyType[plan.Tier, str] = MappingProxyType(
    {
        "expr": "one SQL expression over joined rows",
        "agg": "SQL joins and aggregates",
        "udf": "Python on one row",
        "udf-collect": "Python on the collected rows of its store, once per change",
    }
)

_ROLES: MappingProxyType[plan.Role, str] = MappingProxyType(
    {"value": "value from", "condition": "depends on", "either": "may read", "join": "joined by"}
)

_STYLES: MappingProxyType[plan.Tier, str] = MappingProxyType(
    {"expr": "green", "agg": "green", "udf": "yellow", "udf-collect": "yellow"}
)

_Line = list[tuple[str, str]]  # pieces of text with their styles


# ---------------------------------------------------------------- one view, one field


def names(whole: plan.Plan) -> tuple[str, ...]:
    """Return what can be asked for: every view as `View` and every getter as `View.field`."""
    fields = (f"{view.view_model}.{one.name}" for view in whole.views for one in view.fields)
    return (*(view.view_model for view in whole.views), *fields)


def narrowed(whole: plan.Plan, name: str | None) -> plan.Plan:
    """Return the part of a plan that concerns a view or a field; all of it for None."""
    if name is None:
        return whole
    wanted, _, field = name.partition(".")
    views = (view for view in whole.views if view.view_model == wanted)
    return plan.Plan(tuple(_of_field(view, field) if field else view for view in views))


def _of_field(view: plan.View, name: str) -> plan.View:
    nodes = tuple(one for one in view.document if one.name == name)
    tables = set(_tables(nodes, view.tables[0].name))
    fields = tuple(one for one in view.fields if one.name == name)
    called = {one.function for one in fields}
    return replace(
        view,
        tables=tuple(one for one in view.tables if one.name in tables),
        document=nodes,
        fields=fields,
        functions=tuple(one for one in view.functions if one.name in called),
        errors=None,
    )


def _tables(nodes: tuple[plan.FieldNode, ...], inside: str) -> Iterator[str]:
    """Yield the tables that hold the fields of a document, or of an item of `inside`."""
    for node in nodes:
        held = inside if node.table is None else node.table
        if node.table is not None or node.column is not None:
            yield held
        yield from _tables(node.fields, held)
        yield from _tables(() if node.item is None else (node.item,), held)


# ---------------------------------------------------------------- text


def text(whole: plan.Plan, app: model.App) -> str:
    """Return the explanation of all views as plain text."""
    return styled(whole, app).plain


def styled(whole: plan.Plan, app: model.App) -> rich_text.Text:
    """Return the explanation of all views, for terminals."""
    sources = {module.path: module.source for module in app.modules.values()}
    out = rich_text.Text()
    for view in whole.views:
        for line in _view(view, sources):
            for piece, style in line:
                out.append(piece, style=style)
            out.append("\n")
        out.append("\n")
    out.append(f"{_total(summary(whole))}\n", style="bold")
    return out


def summary(whole: plan.Plan) -> dict[str, Any]:
    """Count the getters of each tier, and tell the share that runs without Python."""
    counted = Counter(one.tier for view in whole.views for one in view.fields)
    every = counted.total()
    tiers = {tier: counted[tier] for tier in get_args(plan.Tier)}
    return {
        "getters": every,
        "tiers": tiers,
        "without_python": (tiers["expr"] + tiers["agg"]) / every if every else 1.0,
    }


def _total(counted: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{count} {tier}" for tier, count in counted["tiers"].items() if count)
    many = "" if counted["getters"] == 1 else "s"
    if not parts:
        return "no getters"
    # Rounded down: all without Python is said only where it is so.
    return f"{counted['getters']} getter{many}: {parts}; {int(counted['without_python'] * 100)} % without Python"


def _view(view: plan.View, sources: Mapping[str, str]) -> Iterator[_Line]:
    yield [(view.view_model, "bold"), (f" ({view.collection}), one per document of {view.root}", "")]
    width = max((len(one.name) for one in view.fields), default=0)
    for field in view.fields:
        yield [(f"  {field.name:<{width}}    ", "bold"), (f"{field.tier:<11}", _STYLES[field.tier]), (_what(field), "")]
        for reason in field.why:
            yield from _why(reason, sources)
        for one in view.functions:
            if one.is_method and one.name == field.function:
                yield [("    calls ", "dim"), (one.name, ""), (f", the function of {one.view}.{one.field}", "dim")]
        yield from _depends(field.lineage)


def _what(field: plan.FieldInfo) -> str:
    over = f" over {', '.join(field.lineage.over)}" if field.tier == "agg" and field.lineage.over else ""
    return f"  {TIERS[field.tier]}{over}"


def _why(one: ir.Declined, sources: Mapping[str, str]) -> Iterator[_Line]:
    place = f"    {one.span.file}:{one.span.line}:{one.span.column}" if one.span.line else ""
    yield [("    ", ""), (one.code, "bold cyan"), (f" {one.message}", ""), (place, "dim")]
    found = excerpt.marked(one.span, sources.get(one.span.file))
    if found is not None:
        number = str(found.number)
        yield [(f"      {number} | {found.line}", "")]
        yield [(f"      {' ' * len(number)} | ", ""), (found.carets, "bold red")]
    row = codes.find(one.code)
    if row is not None:
        yield from _labelled("to climb:   ", row.fix, "green")
        yield from _labelled("instead of: ", row.example, "dim")


def _labelled(label: str, code: str, style: str) -> Iterator[_Line]:
    for at, line in enumerate(code.splitlines()):
        yield [(f"    {label if at == 0 else ' ' * len(label)}", style), (line, "")]


def _depends(lineage: plan.Lineage) -> Iterator[_Line]:
    if not lineage.reads:
        yield [("    depends on nothing", "dim")]
    for role, label in _ROLES.items():
        if lineage.of(role):
            yield [(f"    {label} ", "dim"), (", ".join(lineage.of(role)), "")]


# ---------------------------------------------------------------- JSON


def to_json(whole: plan.Plan, app: model.App, queries: Mapping[str, str]) -> dict[str, Any]:
    """Return everything as JSON values; lines and columns count from 1. `queries` are the tables' SQL by name."""
    return {
        "explain_version": EXPLAIN_VERSION,
        "app": app.name,
        "summary": summary(whole),
        "views": [_view_json(view, app, queries) for view in whole.views],
        "mermaid": flow.chart(whole, app),
    }


def _view_json(view: plan.View, app: model.App, queries: Mapping[str, str]) -> dict[str, Any]:
    store = app.stores[app.views[view.view_model].store]
    return {
        "view_model": view.view_model,
        "collection": view.collection,
        "root": view.root,
        "joins": [
            {
                "reference": one.name, "collection": app.models[one.model].collection, "model": one.model,
                "many": one.many, "by": flow.joined_by(app, store, one), **_place(one.span),
            }
            for one in store.references
        ],
        "tables": [
            {
                "name": table.name, "parent": table.parent, "key": list(table.key),
                "columns": [[one.name, dtypes.show(one.type)] for one in table.columns],
                "plan": plan_text.show_relation(table.query), "sql": queries.get(table.name),
            }
            for table in view.tables
        ],
        "fields": [_field_json(view, one) for one in view.fields],
    }  # fmt: skip


def _field_json(view: plan.View, field: plan.FieldInfo) -> dict[str, Any]:
    nodes = tuple(one for one in view.document if one.name == field.name)
    lineage = field.lineage
    return {
        "name": field.name,
        **_place(field.span),
        "tier": field.tier,
        "what": TIERS[field.tier],
        "over": list(lineage.over),
        "tables": list(dict.fromkeys(_tables(nodes, view.tables[0].name))),
        "reads": list(field.reads),
        "function": field.function or None,
        "lineage": [{"attribute": one.attribute, "role": one.role, **_place(one.span)} for one in lineage.reads],
        "why": [_reason(reason) for reason in field.why],
    }


def _reason(one: ir.Declined) -> dict[str, Any]:
    row = codes.find(one.code)
    return {
        "code": one.code,
        "message": one.message,
        **_place(one.span),
        "end_line": one.span.end_line or None,
        "end_column": one.span.end_column or None,
        "fix": None if row is None else row.fix,
        "example": None if row is None else row.example,
    }


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file or None, "line": span.line or None, "column": span.column or None}
