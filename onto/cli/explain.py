"""`onto explain`: what each getter became and why, or what a code means.

$ onto explain examples.shop ShopDashboard.revenue --sql          $ onto explain E324
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click
from rich import console, text

from onto.cli import options, sources

if TYPE_CHECKING:
    from compiler import model, plan


@click.command("explain")
@click.argument("what")
@click.argument("name", required=False, metavar="[VIEW[.FIELD]|MODEL[.METHOD]|MEDIATOR]")
@click.option("--plan", "show_plan", is_flag=True, help="Also show the relational plan.")
@click.option("--sql", "show_sql", is_flag=True, help="Also show the SQL of the views' tables.")
@click.option("--mermaid", is_flag=True, help="Draw collections, joins and tables as a Mermaid flowchart instead.")
@options.as_json
def command(
    what: str, name: str | None, show_plan: bool, show_sql: bool, mermaid: bool, as_json: bool, **flags: Any
) -> None:
    """Explain WHAT: an app (a module name or a path), one VIEW or FIELD of it, or a code such as E324.

    A MODEL or MODEL.METHOD is explained too, and with a VIEW its setters. The tiers of getters are expr and agg (SQL
    alone), udf and udf-collect (the getter runs in Python); those of methods and setters are W1 (one entity), W2
    (entities known at once) and W3 (entities that the run finds). A trigger of a MEDIATOR is a view's job, or runs in
    this process only. With --json everything is told, the plan, the SQL and the flowchart too.
    """
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
    from compiler import explain, explain_mediators, explain_methods, flow

    known = (
        *explain.names(result.plan), *explain_methods.names(result.commands), *explain_mediators.names(result.app)
    )  # fmt: skip
    if name is not None and name not in known:
        raise click.UsageError(_unknown(what, name, known))
    chosen = explain.narrowed(result.plan, name)
    commands = explain_methods.narrowed(result.commands, name)
    mediators = explain_mediators.narrowed(result.app, name)
    queries = {table.name: table.query for view in result.bundle.views for table in view.tables}
    if as_json:
        told = {
            **explain.to_json(chosen, result.app, queries),
            "methods": explain_methods.to_json(commands.methods, result.app),
            "setters": explain_methods.setters_to_json(commands.setters, result.app),
            "mediators": explain_mediators.to_json(mediators, result.app),
        }
        click.echo(json.dumps(told, indent=2))
    elif mermaid:
        click.echo(flow.chart(chosen, result.app), nl=False)
    else:
        shown = console.Console(highlight=False, soft_wrap=True)
        if commands.methods:
            shown.print(explain_methods.methods_styled(commands.methods, result.app))
        if mediators:
            shown.print(explain_mediators.styled(mediators, result.app))
        setters = explain_methods.setters_styled(commands.setters, result.app)
        if (commands or mediators) and not chosen.views:
            shown.print(setters, end="")
            return
        wanted = {table.name: queries[table.name] for view in chosen.views for table in view.tables}
        _show(chosen, result.app, setters, show_plan=show_plan, queries=wanted if show_sql else {})


def _show(chosen: plan.Plan, app: model.App, setters: text.Text, *, show_plan: bool, queries: dict[str, str]) -> None:
    from compiler import explain, plan_text

    shown = console.Console(highlight=False, soft_wrap=True)
    shown.print(explain.styled(chosen, app), end="")
    if setters:
        shown.print("\n", setters, sep="", end="")
    if show_plan:
        click.echo("\n" + "\n".join(map(plan_text.show_view, chosen.views)), nl=False)
    for table, query in queries.items():
        click.echo(f"\n-- {table}\n{query}")


def _unknown(app: str, name: str, known: tuple[str, ...]) -> str:
    views = [one for one in known if "." not in one]
    if name.partition(".")[0] not in views:
        return f"{app} has no view {name.partition('.')[0]}; it has {', '.join(views)}"
    near = difflib.get_close_matches(name, known, n=3)
    fields = [one for one in known if one.startswith(f"{name.partition('.')[0]}.")]
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(fields)}"
    return f"{app} has no getter {name}; {hint}"


def _code(number: str, *, as_json: bool) -> None:
    from compiler import codes

    row = codes.find(number)
    if row is None:
        near = difflib.get_close_matches(number.upper(), [one.number for one in codes.CODES], n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise click.UsageError(f"there is no code {number.upper()}{hint}")
    if as_json:
        told = {"code": row.number, "title": row.title, "why": row.why, "example": row.example, "fix": row.fix}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(codes.page(row), nl=False)
