"""`onto up`: start a local Kafka and Flink, and return when both answer."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

import click
import rich.console

from onto.cli import options


@click.command("up")
@options.folder
@click.option("--kafka-port", type=click.IntRange(0, 65535), help="Port for Kafka, 0 for any free one [9092].")
@click.option("--flink-port", type=click.IntRange(0, 65535), help="Port for Flink, 0 for any free one [8081].")
@click.option("--slots", type=click.IntRange(1, 256), help="How many tasks the local Flink runs at once [8].")
@click.option("--foreground", is_flag=True, help="Stay, and stop both on Ctrl-C.")
@options.as_json
def command(foreground: bool, as_json: bool, **flags: Any) -> None:
    """Start a local Kafka and Flink."""
    from flink_jobs import cluster, jars, local

    chosen = options.settings_from(flags)
    folder = Path(chosen.folder)
    console = rich.console.Console(stderr=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that what was started is stopped
    found = local.status(folder)
    if found.running and found.kafka and found.flink and not foreground:
        _tell(found.kafka, found.flink, folder, as_json, "already up")
        return
    with contextlib.ExitStack() as opened:
        progress = opened.enter_context(jars.shown(console)) if console.is_terminal else None
        stack = local.Stack(
            folder,
            kafka_port=chosen.kafka_port,
            flink_port=chosen.flink_port,
            shape=cluster.Shape(slots=chosen.slots),
            detached=not foreground,
            progress=progress,
            tell=lambda step: console.print(f"[dim]{step}[/dim]", highlight=False),
        )
        stack.start()
    _tell(stack.kafka, stack.flink, folder, as_json, "up")
    if foreground:
        try:
            signal.pause()
        finally:
            stack.stop()


def _tell(kafka: str, flink: str, folder: Path, as_json: bool, state: str) -> None:
    if as_json:
        click.echo(json.dumps({"state": state, "kafka": kafka, "flink": flink, "folder": str(folder)}))
        return
    click.echo(f"{state}: Kafka {kafka}, Flink {flink}, everything in {folder}; `onto down` stops them")
