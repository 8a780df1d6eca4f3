"""`onto rules`: who may read which documents in Firestore, as the file of its security rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from onto import errors
from onto.cli import options, sources


@click.command("rules")
@click.argument("app")
@click.option("-o", "--output", default="firestore.rules", show_default=True, metavar="FILE", help="Where they go.")
def command(app: str, output: str, **flags: Any) -> None:
    """Write Firestore's security rules for APP (a module name or a path).

    What lies below /users/{uid} is that user's to read, other views are for whoever is signed in, and entities are
    closed to clients. A file that onto did not write stays as it is.
    """
    from compiler import access, emit_rules

    result = sources.compiled(app, options.settings_from(flags))
    if result.failed:
        sources.report(result, as_json=False)
        sys.exit(1)
    assert result.app is not None
    path = Path(output)
    if path.exists() and not path.read_text(encoding="utf-8").startswith(emit_rules.HEAD):
        raise errors.OntoError(f"{path}: not written by onto: move it away, or write elsewhere with `-o FILE`")
    found = access.access(result.app)
    path.write_text(emit_rules.emit(found), encoding="utf-8")
    for one in found.closed:
        place = f"{one.span.file}:{one.span.line}:{one.span.column}"
        click.echo(f"{place}: no client may read `{one.what}`: {one.why}", err=True)
    public = [one.what for one in found.places if not one.is_owned]
    if public:
        click.echo(f"whoever is signed in reads {', '.join(dict.fromkeys(public))}: nothing in their paths is a uid")
    click.echo(f"wrote {path}: `firebase deploy --only firestore:rules` puts it in place")
