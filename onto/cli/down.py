"""`onto down`: stop the local Kafka and Flink and wait until they are gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from onto.cli import options


@click.command("down")
@options.folder
@click.option("--purge", is_flag=True, help="Remove their data and logs too.")
@options.as_json
def command(purge: bool, as_json: bool, **flags: Any) -> None:
    """Stop the local Kafka and Flink."""
    from flink_jobs import local

    folder = Path(options.settings_from(flags).folder)
    stopped = local.stop(folder)
    if purge:
        for name in ("kafka", "flink", "statefun", "log"):
            shutil.rmtree(folder / name, ignore_errors=True)
    click.echo(json.dumps({"stopped": stopped}) if as_json else "stopped" if stopped else "nothing was running")
