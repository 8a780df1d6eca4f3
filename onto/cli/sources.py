"""What `check`, `compile` and `explain` share: compiling an app with progress, and showing what was found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich import console

from onto import settings

if TYPE_CHECKING:
    from compiler import pipeline


def compiled(app: str, chosen: settings.Settings) -> pipeline.Compiled:
    """Compile an app as the settings say."""
    from compiler import emit_sql, pipeline

    return pipeline.run(
        app,
        emit_sql.Settings(
            bootstrap_servers=chosen.bootstrap_servers,
            prefix=chosen.topic_prefix,
            parallelism=chosen.parallelism,
            properties=chosen.kafka,
            formats=chosen.formats,
        ),
        chosen.requirements,
    )


def report(result: pipeline.Compiled, *, as_json: bool) -> None:
    """Show what was found: text with carets on standard error, or JSON on standard output."""
    from compiler import render

    if as_json:
        click.echo(json.dumps({"ok": not result.failed, "diagnostics": render.to_json(result.found)}, indent=2))
        return
    shown = console.Console(stderr=True, highlight=False, soft_wrap=True)
    for one in render.in_order(result.found):
        shown.print(render.styled(one, result.sources))
    errors = sum(one.is_error for one in result.found)
    if errors:
        shown.print(f"{errors} error{'s' if errors > 1 else ''}", style="bold red")
