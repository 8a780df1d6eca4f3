"""Hand a bundle to a session cluster: its functions can be imported, its topics are there, then its jobs.

submit(Path("build"), Settings(…))
→  Submitted(topics=("users", …), jobs=(Started("meeting_sessions", "a1b2…"),))
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path

from flink_jobs import cluster, importable, jars, progress, requirements, sql_job, submitter, topics
from onto import bundle, errors, settings

CANCEL_DEADLINE = 30.0  # seconds until running jobs have to be gone


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission did: the topics that it created and the jobs that now run."""

    topics: tuple[str, ...]
    jobs: tuple[sql_job.Started, ...]


def submit(
    folder: Path,
    chosen: settings.Settings,
    *,
    replace: bool = False,
    using: submitter.Submitter | None = None,
) -> Submitted:
    """Check that the functions of the bundle in `folder` can be imported, create its topics and start its jobs.

    Jobs of the same app that still run are cancelled first if `replace`, and refused otherwise. A submitter
    that is kept `using` saves the start of a JVM for each bundle.
    """
    made = bundle.read(folder)
    chosen = dataclasses.replace(chosen, topic_prefix=chosen.topic_prefix or made.topic_prefix)
    packages = requirements.folder(made.requirements, Path(chosen.folder))
    importable.check(made, folder, packages)
    if (problem := cluster.check(chosen.flink, 10)) is not None:
        raise errors.ClusterError(f"Flink at {chosen.flink} does not answer: {problem}")
    # Under another prefix an app may run beside itself, so the prefix is part of the jobs' names.
    _clear(made, chosen, replace=replace)
    created = topics.ensure(
        topics.wanted(made, chosen.topic_prefix), chosen.bootstrap_servers, chosen.kafka, chosen.partitions
    )
    progress.forget(made, chosen.topic_prefix, chosen.bootstrap_servers, chosen.kafka)
    home = _local_home(chosen)
    target = sql_job.Target(
        flink=chosen.flink,
        bootstrap_servers=chosen.bootstrap_servers,
        topic_prefix=chosen.topic_prefix,
        kafka=dict(chosen.kafka),
        packages=None if packages is None else str(packages),
        config={"parallelism.default": str(chosen.parallelism), **chosen.job},
        jars=() if home else (str(jars.connector()),),
    )
    if using is not None:
        return Submitted(created, using.start(folder, target))
    with submitter.Submitter(home) as own:
        return Submitted(created, own.start(folder, target))


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


def _local_home(chosen: settings.Settings) -> Path | None:
    """Return the local cluster's folder if that is the cluster chosen."""
    folder = Path(chosen.folder)
    try:
        address = json.loads((folder / settings.STACK_FILE).read_text(encoding="utf-8"))["flink"]
    except (OSError, ValueError, KeyError):
        return None
    return folder / "flink" if address == chosen.flink else None
