"""`onto check`: everything that is wrong with an app, in one run."""

from __future__ import annotations

import sys
from typing import Any

import click

from onto.cli import options, sources


@click.command("check")
@click.argument("app")
@options.as_json
def command(app: str, as_json: bool, **flags: Any) -> None:
    """Read APP (a module name or a path), run none of it, and report what is wrong with it."""
    result = sources.compiled(app, options.settings_from(flags))
    sources.report(result, as_json=as_json)
    if result.failed:
        sys.exit(1)
    if not as_json:
        assert result.plan is not None
        getters = sum(len(view.fields) for view in result.plan.views)
        click.echo(f"{app}: {len(result.plan.views)} views, {getters} getters, no errors")
