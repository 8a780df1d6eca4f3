"""`onto status`: the local services, the cluster's jobs; exit code 1 when something is wrong."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import rich.console
import rich.table
import rich.text

from onto.cli import options

if TYPE_CHECKING:
    from flink_jobs import local


@click.command("status")
@options.connection
@options.as_json
def command(as_json: bool, **flags: Any) -> int:
    """Say what runs."""
    from flink_jobs import cluster, local

    chosen = options.settings_from(flags)
    stack = local.status(Path(chosen.folder))
    try:
        jobs = cluster.jobs(chosen.flink)
    except OSError:
        jobs = ()
    failed = bool(stack.problems) or not stack.running or any(job.state == "FAILED" for job in jobs)
    if as_json:
        described = {**dataclasses.asdict(stack), "jobs": [dataclasses.asdict(job) for job in jobs]}
        click.echo(json.dumps(described))
        return int(failed)
    console = rich.console.Console()
    if not stack.running:
        console.print(f"no local stack runs in {chosen.folder}; `onto up` starts one", highlight=False)
    else:
        services = rich.table.Table("service", "address", "pid", "state", box=None)
        for name, pid in stack.processes.items():
            addresses = {
                "kafka": stack.kafka,
                "jobmanager": stack.flink,
                "endpoint": stack.endpoint,
                "statefun": stack.functions,
            }
            address = addresses.get(name) or ""
            services.add_row(name, address, str(pid), _state(stack, name))
        console.print(services)
    if jobs:
        table = rich.table.Table("job", "state", "running for", "id", box=None)
        for job in jobs:
            table.add_row(rich.text.Text(job.name), job.state, f"{job.seconds} s", job.job_id)
        console.print(table)
    return int(failed)


def _state(stack: local.Status, name: str) -> rich.text.Text:
    service = {"jobmanager": "flink"}.get(name, name)
    problem = stack.problems.get(name) or stack.problems.get(service)
    return rich.text.Text(problem, "red") if problem else rich.text.Text("ok", "green")
