"""`onto compile`: an app's SQL, functions and manifest, written as one folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from onto import bundle
from onto.cli import options, sources

TIERS = ("expr", "agg", "udf", "udf-collect")  # the best first


@click.command("compile")
@click.argument("app")
@click.option("-o", "--output", default="build", show_default=True, metavar="DIR", help="Where the bundle goes.")
@options.connection
@options.as_json
def command(app: str, output: str, as_json: bool, **flags: Any) -> None:
    """Compile APP (a module name or a path) to a folder that stock Flink runs.

    Nothing is written when there are errors: an older bundle stays as it was.
    """
    result = sources.compiled(app, options.settings_from(flags))
    if result.failed:
        sources.report(result, as_json=as_json)
        sys.exit(1)
    assert result.bundle is not None
    assert result.files is not None
    bundle.write(result.bundle, result.files, Path(output))
    if as_json:
        views = {one.collection: {name: info.tier for name, info in one.fields.items()} for one in result.bundle.views}
        click.echo(json.dumps({"ok": True, "bundle": output, "app": app, "views": views}))
        return
    sources.report(result, as_json=False)
    for view in result.bundle.views:
        tiers = [info.tier for info in view.fields.values()]
        counted = ", ".join(f"{tiers.count(tier)} {tier}" for tier in TIERS if tier in tiers)
        click.echo(f"{view.view_model}: {len(view.tables)} tables; {counted}")
    click.echo(f"wrote {output}: `onto submit {output}` runs it")
