"""`onto tail VIEW`: a view's documents as they change, as a live table or JSON lines.

$ onto tail meeting_sessions --json
{"op": "insert", "key": ["m1"], "document": {"inSession": true, "attending": []}}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import rich.console
import rich.live
import rich.table
import rich.text

from onto import bundle, columns, consume, errors, rows
from onto.cli import options

ROWS = 40  # documents in the live table; the newest changes stay


@click.command("tail")
@click.argument("view_name", metavar="VIEW")
@options.bundle
@options.connection
@click.option("--client", type=click.Choice([consume.CONFLUENT, consume.KAFKA_PYTHON]), default=consume.CONFLUENT)
@click.option("--once", is_flag=True, help="Write what there is now and end.")
@options.as_json
def command(view_name: str, bundle_folder: str, client: Any, once: bool, as_json: bool, **flags: Any) -> None:
    """Follow the documents of VIEW, until Ctrl-C."""
    chosen = options.settings_from(flags)
    made = bundle.read(Path(bundle_folder))
    view = made.view(view_name)
    with consume.Consumer(
        view,
        chosen.bootstrap_servers,
        prefix=chosen.topic_prefix or made.topic_prefix,
        using=client,
        properties=chosen.kafka,
        on_problem=_warn,
    ) as consumer:
        events = _now(consumer) if once else consumer.events()
        if as_json or once or not sys.stdout.isatty():
            _write_lines(events)
        else:
            _show_table(view, events)


def _warn(problem: errors.RecordError) -> None:
    click.echo(f"onto: {problem}; left out", err=True)


def _now(consumer: consume.Consumer) -> Iterator[consume.Event]:
    for key, document in sorted(consumer.snapshot().items()):
        yield consume.Event("insert", key, document, None)


def _write_lines(events: Iterator[consume.Event]) -> None:
    for event in events:
        document = None if event.document is None else rows.to_json(event.document)
        line = {"op": event.op, "key": columns.to_json(event.key), "document": document}
        click.echo(json.dumps(line, ensure_ascii=False))
        sys.stdout.flush()


def _show_table(view: bundle.View, events: Iterator[consume.Event]) -> None:
    shown: dict[rows.Key, Mapping[str, Any]] = {}
    with rich.live.Live(_table(view, shown), console=rich.console.Console(), auto_refresh=False) as live:
        for event in events:
            shown.pop(event.key, None)
            if event.document is not None:
                shown[event.key] = event.document  # last, where the eye looks for news
            live.update(_table(view, shown), refresh=True)


def _table(view: bundle.View, shown: Mapping[rows.Key, Mapping[str, Any]]) -> rich.table.Table:
    table = rich.table.Table(title=f"{view.view_model} ({len(shown)})", title_justify="left")
    table.add_column("key", style="bold", overflow="fold")
    for field in view.document.fields:
        table.add_column(field.json_name, overflow="fold")
    for key, document in list(shown.items())[-ROWS:]:
        cells = [_cell(document[field.json_name]) for field in view.document.fields]
        # Text, not str: what stands in a document is never rich's markup.
        table.add_row(*(rich.text.Text(cell) for cell in (" ".join(map(str, key)), *cells)))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(_cell, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_cell(item)}" for name, item in value.items())
    if value is None:
        return "-"
    plain = columns.to_json(value)
    return json.dumps(plain) if isinstance(plain, bool) else str(plain)
