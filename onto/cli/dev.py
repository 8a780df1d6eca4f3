"""`onto dev`: an app in this process, reloaded whenever a file is saved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from rich import console, table

from onto import rows


@click.command("dev")
@click.argument("app")
@click.option(
    "--data", type=click.Path(exists=True, dir_okay=False), help="JSON lines: {collection, doc_id, document}."
)
@click.option("--once", is_flag=True, help="Show the documents and stop.")
def command(app: str, data: str | None, once: bool) -> None:
    """Run APP in this process (no JVM, no broker) and show its views; start again on every save."""
    arguments = [sys.executable, "-m", "onto", "dev", app, "--once", *(["--data", data] if data else [])]
    if once:
        _show(app, data)
        return
    import watchfiles

    shown = console.Console()
    for _ in _saves(watchfiles.watch(Path.cwd(), watch_filter=watchfiles.PythonFilter(), raise_interrupt=False)):
        shown.rule(f"{app}")
        # A fresh process is the one way to reload Python that leaves nothing of the old code behind.
        subprocess.run(arguments, check=False)
        shown.print("waiting for a save (Ctrl-C ends)", style="dim")


def _saves(changes: Any) -> Any:  # Any: watchfiles' sets of changes, of which only the fact matters
    yield None
    yield from changes


def _show(app: str, data: str | None) -> None:
    from onto import app as apps
    from onto import boiler

    loaded = apps.load(app)
    engine = boiler.Engine(loaded.views)
    if data is not None:
        engine.apply(*_changes(Path(data)))
    shown = console.Console()
    for view in loaded.views:
        listed = table.Table("key", "document", title=view.__name__)
        for key, document in engine.documents(view).items():
            listed.add_row(key, json.dumps(rows.to_json(document), indent=1, ensure_ascii=False))
        shown.print(listed)
    for error in engine.errors:
        shown.print(f"{error.view} {error.key} {error.field}: {error.exception}: {error.message}", style="red")


def _changes(path: Path) -> list[Any]:
    from onto import errors, wire

    found: list[Any] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            found.append(wire.Change(entry["collection"], entry["doc_id"], None, entry["document"]))
        except (ValueError, KeyError, TypeError) as error:
            wanted = "{collection, doc_id, document}"
            raise errors.OntoError(f"{path}:{number}: not a line of {wanted} ({error})") from error
    return found
