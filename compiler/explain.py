"""Plan to explanation: the tier of every getter, what forced it, what to change to climb, what it reads.

MeetingSession (meeting_sessions), one per document of meetings
  in_session    expr         one SQL expression over joined rows
    reads meetings.status
  badge         udf          Python on one row
    D341 the format is not a literal, so SQL cannot spell it    views.py:52:16
      52 |         return f"{self.store.user.name:{width}}"
         |                                      ^^^^^^^
    to climb: write the width as a number
    reads users.name
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from compiler import codes, ir, model, plan
from compiler.diagnostics import Span

TIERS: MappingProxyType[plan.Tier, str] = MappingProxyType(
    {
        "expr": "one SQL expression over joined rows",
        "agg": "SQL joins and aggregates",
        "udf": "Python on one row",
        "udf-collect": "Python on the collected rows of its store, once per change",
    }
)


def text(whole: plan.Plan, app: model.App, view: str | None = None) -> str:
    """Return the explanation of all views, or of one."""
    sources = _sources(app)
    blocks = [_view(one, sources) for one in whole.views if view in (None, one.view_model)]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def to_json(whole: plan.Plan, app: model.App, view: str | None = None) -> dict[str, Any]:
    """Return the same as JSON values; lines and columns count from 1."""
    return {
        "app": app.name,
        "views": [
            {
                "view_model": one.view_model,
                "collection": one.collection,
                "root": one.root,
                "tables": [{"name": table.name, "key": list(table.key)} for table in one.tables],
                "fields": [
                    {
                        "name": field.name,
                        "tier": field.tier,
                        "reads": list(field.reads),
                        "why": [_reason(reason) for reason in field.why],
                    }
                    for field in one.fields
                ],
            }
            for one in whole.views
            if view in (None, one.view_model)
        ],
    }


def _sources(app: model.App) -> dict[str, str]:
    return {module.path: module.source for module in app.modules.values()}


def _reason(one: ir.Declined) -> dict[str, Any]:
    return {
        "code": one.code,
        "message": one.message,
        "file": one.span.file or None,
        "line": one.span.line or None,
        "column": one.span.column or None,
        "fix": _fix(one.code),
    }


def _fix(code: str) -> str | None:
    row = codes.find(code)
    return None if row is None else row.fix


def _view(view: plan.View, sources: Mapping[str, str]) -> list[str]:
    lines = [f"{view.view_model} ({view.collection}), one per document of {view.root}"]
    width = max((len(one.name) for one in view.fields), default=0)
    for field in view.fields:
        lines.append(f"  {field.name:<{width}}    {field.tier:<11}  {TIERS[field.tier]}")
        for reason in field.why:
            lines += [f"    {line}" for line in _why(reason, sources)]
        lines.append(f"    reads {', '.join(field.reads) or 'nothing'}")
    return lines


def _why(one: ir.Declined, sources: Mapping[str, str]) -> list[str]:
    place = f"    {one.span.file}:{one.span.line}:{one.span.column}" if one.span.line else ""
    lines = [f"{one.code} {one.message}{place}", *(f"  {line}" for line in _excerpt(one.span, sources))]
    fix = _fix(one.code)
    if fix is not None:
        first, *rest = fix.splitlines()
        lines += [f"to climb: {first}", *(f"          {line}" for line in rest)]
    return lines


def _excerpt(span: Span, sources: Mapping[str, str]) -> list[str]:
    """Return the source line with a caret below what the span marks."""
    lines = re.split(r"\r\n|\r|\n", sources.get(span.file, ""))
    if not 0 < span.line <= len(lines):
        return []
    line = lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(line) + 1
    number = str(span.line)
    caret = "^" * max(1, end - span.column)
    return [f"{number} | {line}", f"{' ' * len(number)} | {' ' * (span.column - 1)}{caret}"]
