"""Mediators to explanation: which triggers are a view's job, and which run where the mediator is started.

CityViewMediator, following City
  on_create     view job of CityView (cityView), which follows every change
CityFormMediator, following documents
  on_create     this process only: no job does `CityForm.new(…)`    mediators.py:41:15
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich import text as rich_text

from compiler import model

_Line = list[tuple[str, str]]  # pieces of text with their styles


def names(app: model.App) -> tuple[str, ...]:
    """Return what can be asked for: every mediator."""
    return tuple(one.name for one in app.mediators)


def narrowed(app: model.App, name: str | None) -> tuple[model.Mediator, ...]:
    """Return one mediator; all of them for None."""
    return tuple(one for one in app.mediators if name is None or name == one.name)


def styled(found: Sequence[model.Mediator], app: model.App) -> rich_text.Text:
    """Return the explanation of mediators, for terminals."""
    out = rich_text.Text()
    for one in found:
        for line in _mediator(one, app):
            for piece, style in line:
                out.append(piece, style=style)
            out.append("\n")
    return out


def to_json(found: Sequence[model.Mediator], app: model.App) -> list[dict[str, Any]]:
    """Return everything as JSON values."""
    return [
        {
            "mediator": one.name, "source": one.source, "trigger": each.name, "on": list(each.on),
            "views": [{"view_model": view, "collection": app.views[view].collection} for view in each.views],
            "is_view_job": each.forced is None, "file": each.span.file, "line": each.span.line,
            "column": each.span.column,
            "forced": None if each.forced is None else {
                "why": each.forced.why, "file": each.forced.span.file, "line": each.forced.span.line,
                "column": each.forced.span.column,
            },
        }
        for one in found
        for each in one.triggers
    ]  # fmt: skip


def _mediator(one: model.Mediator, app: model.App) -> Iterator[_Line]:
    yield [(one.name, "bold"), (f", following {one.source or 'documents'}", "")]
    width = max(len(each.name) for each in one.triggers)
    for each in one.triggers:
        if each.forced is None:
            jobs = ", ".join(f"{view} ({app.views[view].collection})" for view in each.views)
            what = (f"view job of {jobs}, which follows every change", "green")
            place = ""
        else:
            what = (f"this process only: {each.forced.why}", "yellow")
            place = f"    {each.forced.span.file}:{each.forced.span.line}:{each.forced.span.column}"
        yield [(f"  {each.name:<{width}}    ", "bold"), what, (place, "dim")]
