"""An app's compiled job on a real Flink, fed with changes and read until it holds what it should.

    with running.started(made, stack) as job:
        job.feed(changes)
        expected.difference(job.held())   →  [] where Flink holds the same, once it has caught up

Topics and jobs have a prefix of their own and are gone afterwards, so a stack that `onto up` runs does as well.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from compiler import pipeline
from flink_jobs import cluster, feed, local, submit, submitter, topics
from onto import bundle, consume, errors, rows, settings, wire
from onto.consume import job_progress
from onto.verify import outcome

DEADLINE = 300.0  # seconds until the job has to have read what it was fed: on a busy machine it takes long to start
CHECKPOINTS = "500 ms"  # apart: how often the job tells how far it has read
POLL = 0.05
WAKING = 0.3  # seconds between records without a value: Flink's reader tells Kafka nothing while it waits for the next


class JobError(errors.ClusterError):
    """The job failed on the records that it was given."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A Kafka and a Flink that run, and one JVM that plans jobs for them."""

    chosen: settings.Settings
    submitter: submitter.Submitter


@contextlib.contextmanager
def stack(folder: Path, tell: Callable[[str], None], slots: int = 16) -> Iterator[Stack]:
    """Use the stack that runs in `folder`, else start one of our own and stop it in the end."""
    with contextlib.ExitStack() as opened:
        found = local.status(folder)
        if found.kafka and found.flink and found.running and not found.problems:
            tell(f"using the Kafka and Flink of {folder}")
            chosen = settings.Settings(folder=str(folder), bootstrap_servers=found.kafka, flink=found.flink)
        else:
            own = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="onto-verify-")))
            made = opened.enter_context(local.Stack(own, shape=cluster.Shape(slots=slots), tell=tell))
            chosen = settings.Settings(folder=str(own), bootstrap_servers=made.kafka, flink=made.flink)
        yield Stack(chosen, opened.enter_context(submitter.Submitter(Path(chosen.folder) / "flink")))


@dataclass
class Job:
    """A running job with its topics read."""

    made: bundle.Bundle
    chosen: settings.Settings
    ids: tuple[str, ...]
    views: dict[str, consume.Consumer]
    errors: consume.Consumer | None
    progress: job_progress.JobProgress
    _fed: dict[job_progress.Place, int] = field(default_factory=dict, init=False)

    def feed(self, changes: Iterable[wire.Change]) -> None:
        """Write changes of the collections that the job reads, and wait until Kafka has them."""
        forms = {one.name: one.format for one in self.made.sources}
        records = [
            wire.encode(one, self.chosen.topic_prefix, forms[one.collection])
            for one in changes
            if one.collection in forms
        ]
        self._fed.update(feed.send(records, self.chosen.bootstrap_servers, {}).offsets)

    def held(self) -> outcome.Outcome:
        """Return what the topics hold once the job has taken in all that it was fed.

        JobError when it failed meanwhile, or does not take it in.
        """
        self._await()
        found = outcome.Outcome({}, {})
        for name, consumer in self.views.items():
            for (key,), document in consumer.snapshot().items():
                found.documents[name, key] = rows.to_json(document)
        if self.errors is not None:
            for (view, key, name), row in self.errors.snapshot().items():
                told = outcome.message(self.made.view(view), name, row["message"])
                found.errors[view, key, name] = (row["exception"], told)
        return found

    def _await(self) -> None:
        deadline, waking = time.monotonic() + DEADLINE, 0.0
        while not self.progress.has_read(self._fed):
            self.check()
            now = time.monotonic()
            if now > deadline:
                raise JobError(f"it did not take in what it was fed within {DEADLINE:.0f} s")
            if now > waking:
                feed.send([wire.Record(topic, b"", None) for topic, _ in self._fed], self.chosen.bootstrap_servers, {})
                waking = now + WAKING
            time.sleep(POLL)
        self.check()

    def check(self) -> None:
        """Raise JobError if a job failed."""
        for job_id in self.ids:
            if (reason := cluster.last_failure(self.chosen.flink, job_id)) is not None:
                raise JobError(reason)


@contextlib.contextmanager
def started(made: pipeline.Compiled, on: Stack) -> Iterator[Job]:
    """Submit a compiled app under a prefix of its own, and read its topics."""
    assert made.bundle is not None
    assert made.files is not None
    prefix = f"verify-{uuid.uuid4().hex[:8]}-"
    chosen = settings.Settings(
        folder=on.chosen.folder,
        bootstrap_servers=on.chosen.bootstrap_servers,
        flink=on.chosen.flink,
        topic_prefix=prefix,
        job={"execution.checkpointing.interval": CHECKPOINTS, "execution.checkpointing.min-pause": CHECKPOINTS},
    )
    with tempfile.TemporaryDirectory(prefix="onto-verify-") as folder, contextlib.ExitStack() as opened:
        bundle.write(made.bundle, made.files, Path(folder) / "build")
        opened.callback(_delete, topics.wanted(made.bundle, prefix), chosen)
        done = submit.submit(Path(folder) / "build", chosen, using=on.submitter)
        ids = tuple(job.job_id for job in done.jobs)
        opened.callback(_cancel, ids, chosen)

        def reading(view: bundle.View) -> consume.Consumer:
            return opened.enter_context(consume.Consumer(view, chosen.bootstrap_servers, prefix=prefix))

        views = {view.view_model: reading(view) for view in made.bundle.views}
        table = made.bundle.error_table
        told = None if table is None else reading(error_view(table))
        progress = opened.enter_context(
            job_progress.JobProgress(chosen.bootstrap_servers, made.bundle.app, prefix=prefix)
        )
        yield Job(made.bundle, chosen, ids, views, told, progress)


def error_view(table: bundle.ViewTable) -> bundle.View:
    """Describe the error table as a view of one row each, so that a consumer reads it."""
    fields = tuple(bundle.Field(name, name, bundle.Scalar(name)) for name, _ in table.columns)
    return bundle.View("Errors", table.name, "", (table,), bundle.Document(table.key, fields), {})


def _cancel(ids: tuple[str, ...], chosen: settings.Settings) -> None:
    for job_id in ids:
        with contextlib.suppress(OSError):  # the stack is gone, and the job with it
            cluster.cancel(chosen.flink, job_id)


def _delete(wanted: tuple[topics.Topic, ...], chosen: settings.Settings) -> None:
    with contextlib.suppress(errors.BrokerError):  # as above; or they were never made
        topics.delete(tuple(one.name for one in wanted), chosen.bootstrap_servers, {})
