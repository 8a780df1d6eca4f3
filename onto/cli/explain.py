"""`onto explain`: what each getter became and why, or what a code means.

$ onto explain examples.shop ShopDashboard --sql          $ onto explain E324
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

from onto.cli import options, sources


@click.command("explain")
@click.argument("what")
@click.argument("view", required=False)
@click.option("--plan", "show_plan", is_flag=True, help="Also show the relational plan.")
@click.option("--sql", "show_sql", is_flag=True, help="Also show the SQL of the views' tables.")
@options.as_json
def command(what: str, view: str | None, show_plan: bool, show_sql: bool, as_json: bool, **flags: Any) -> None:
    """Explain WHAT: an app (a module name or a path), one VIEW of it, or a code such as E324."""
    if re.fullmatch(r"[EWDewd]\d{3}", what):
        _code(what, as_json=as_json)
        return
    result = sources.compiled(what, options.settings_from(flags))
    if result.failed:
        sources.report(result, as_json=as_json)
        sys.exit(1)
    assert result.plan is not None
    assert result.app is not None
    assert result.bundle is not None
    known = [one.view_model for one in result.plan.views]
    if view is not None and view not in known:
        raise click.UsageError(f"{what} has no view {view}; it has {', '.join(known)}")
    from compiler import explain, plan_text

    queries = [table for one in result.bundle.views if view in (None, one.view_model) for table in one.tables]
    chosen = [one for one in result.plan.views if view in (None, one.view_model)]
    if as_json:
        told = explain.to_json(result.plan, result.app, view)
        if show_plan:
            told["plan"] = "".join(map(plan_text.show_view, chosen))
        if show_sql:
            told["sql"] = {table.name: table.query for table in queries}
        click.echo(json.dumps(told, indent=2))
        return
    click.echo(explain.text(result.plan, result.app, view), nl=False)
    if show_plan:
        click.echo("\n" + "\n".join(map(plan_text.show_view, chosen)), nl=False)
    if show_sql:
        for table in queries:
            click.echo(f"\n-- {table.name}\n{table.query}")


def _code(number: str, *, as_json: bool) -> None:
    from compiler import codes

    row = codes.find(number)
    if row is None:
        raise click.UsageError(f"there is no code {number.upper()}")
    if as_json:
        told = {"code": row.number, "title": row.title, "why": row.why, "example": row.example, "fix": row.fix}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(codes.page(row), nl=False)
