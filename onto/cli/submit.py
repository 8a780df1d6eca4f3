"""`onto submit`: create a bundle's topics, start its jobs and, on the local stack, serve its methods."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import rich.console

from onto.cli import options, serving


@click.command("submit")
@click.argument("bundle_folder", metavar="BUNDLE", default="build")
@options.connection
@click.option("--parallelism", type=click.IntRange(1), help="Parallel tasks per job [1].")
@click.option("--replace", is_flag=True, help="Cancel the app's running jobs first.")
@options.as_json
def command(bundle_folder: str, replace: bool, as_json: bool, **flags: Any) -> None:
    """Run the compiled app in BUNDLE [build] on a Flink cluster."""
    from flink_jobs import local, submit

    chosen = options.settings_from(flags)
    here = local.status(Path(chosen.folder)).kafka == chosen.bootstrap_servers
    console = rich.console.Console(stderr=True)
    served = serving.start(Path(bundle_folder), flags, console) if here else lambda: None
    done = submit.submit(Path(bundle_folder), chosen, replace=replace)
    served()
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    if done.topics:
        click.echo(f"created {len(done.topics)} topics: {', '.join(done.topics)}")
    for job in done.jobs:
        click.echo(f"runs {job.name} {job.job_id}")
