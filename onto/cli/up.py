"""`onto up`: start a local Kafka and Flink, and return when both answer.

Where the compiled app of the folder has domain methods, StateFun and the endpoint that runs them start as well.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

import click
import rich.console

from onto.cli import options, serving


@click.command("up")
@options.folder
@click.option("--kafka-port", type=click.IntRange(0, 65535), help="Port for Kafka, 0 for any free one [9092].")
@click.option("--flink-port", type=click.IntRange(0, 65535), help="Port for Flink, 0 for any free one [8081].")
@click.option("--slots", type=click.IntRange(1, 256), help="How many tasks the local Flink runs at once [8].")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that run domain methods [1].")
@click.option("--foreground", is_flag=True, help="Stay, and stop them on Ctrl-C.")
@options.bundle
@options.as_json
def command(foreground: bool, bundle_folder: str, as_json: bool, **flags: Any) -> None:
    """Start a local Kafka and Flink and, if the compiled app has methods, StateFun."""
    from flink_jobs import cluster, jars, local

    chosen = options.settings_from(flags)
    folder = Path(chosen.folder)
    console = rich.console.Console(stderr=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that what was started is stopped
    found = local.status(folder)
    if found.running and found.kafka and found.flink and not foreground:
        if found.endpoint is None:
            serving.serve(Path(bundle_folder), flags, console)
        _tell(folder, as_json, "already up")
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
    try:
        serving.serve(Path(bundle_folder), flags, console)
        _tell(folder, as_json, "up")
        if foreground:
            signal.pause()
    except BaseException:
        stack.stop()
        raise


def _tell(folder: Path, as_json: bool, state: str) -> None:
    from flink_jobs import local

    found = local.status(folder)
    if as_json:
        described = {"kafka": found.kafka, "flink": found.flink, "endpoint": found.endpoint, "folder": str(folder)}
        click.echo(json.dumps({"state": state, **described}))
        return
    methods = f", methods {found.endpoint}" if found.endpoint else ""
    click.echo(
        f"{state}: Kafka {found.kafka}, Flink {found.flink}{methods}, everything in {folder}; `onto down` stops them"
    )
