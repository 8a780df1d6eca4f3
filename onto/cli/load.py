"""`onto import FILE`: existing documents into an app, each once.

$ onto import users.jsonl
1000 documents: 612 loaded, 388 were there, 0 refused
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import rich.console
import rich.progress

from onto.cli import calls, options


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@options.bundle
@options.datastore
@options.connection
@click.option("--seconds", default=30.0, show_default=True, help="Wait so long for each reply.")
@options.as_json
def command(file: str, bundle_folder: str, app: str | None, seconds: float, as_json: bool, **flags: Any) -> int:
    """Load the documents of FILE, JSON lines of {collection, doc_id, document}, where there is none yet.

    Every line is checked before anything is sent. What is there is left as it is, so an import that was interrupted is
    started again and goes on. The exit code is 1 when a document was refused. Without a stack they go into a datastore,
    if --database, the settings or boiler.yaml name one.
    """
    from onto import loading, methods

    place = calls.place(Path(bundle_folder), app, flags)
    lines = loading.read(Path(file), methods.Models.around(place.app.models))
    console = rich.console.Console(stderr=True)
    with (
        place.opened() as sender,
        rich.progress.Progress(console=console, disable=not console.is_terminal, transient=True) as bar,
    ):
        task = bar.add_task("loading", total=len(lines))
        done = loading.load(lines, sender, seconds=seconds, heard=lambda: bar.advance(task))
    for one in done.refused:
        click.echo(f"onto: {one}", err=True)
    if as_json:
        click.echo(json.dumps({"loaded": done.new, "there": done.there, "refused": list(done.refused)}))
    else:
        counted = f"{done.new} loaded, {done.there} were there, {len(done.refused)} refused"
        click.echo(f"{len(lines)} documents: {counted}")
    return int(bool(done.refused))
