"""An app's compiled job on a real Flink, fed with changes and read until it holds what it should.

    with running.started(made, stack) as job:
        job.feed(changes)
        job.differences(lambda held: expected.difference(held))   →  [] once Flink has caught up

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
from onto.verify import outcome

QUIET = 6.0  # seconds without a new row after which Flink is taken to have said everything
PATIENT = 90.0  # the same for a job's first rows: on a busy machine it takes long to start
SETTLED = 1.5  # the same where nothing differs
DEADLINE = 180.0  # seconds until a wave has to be quiet
POLL = 0.05


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
    _rows: int = field(default=0, init=False)

    def feed(self, changes: Iterable[wire.Change]) -> None:
        """Write changes of the collections that the job reads, and wait until Kafka has them."""
        forms = {one.name: one.format for one in self.made.sources}
        records = [
            wire.encode(one, self.chosen.topic_prefix, forms[one.collection])
            for one in changes
            if one.collection in forms
        ]
        feed.send(records, self.chosen.bootstrap_servers, {})

    @property
    def fresh(self) -> bool:
        """Tell whether no row has come yet."""
        return self._rows == 0

    def held(self) -> outcome.Outcome:
        """Return what the topics hold, as far as it was read."""
        found = outcome.Outcome({}, {})
        for name, consumer in self.views.items():
            self._rows += len(consumer.poll(POLL))
            for (key,), document in consumer.documents.items():
                found.documents[name, key] = rows.to_json(document)
        if self.errors is not None:
            self._rows += len(self.errors.poll(POLL))
            for (view, key, name), row in self.errors.documents.items():
                told = outcome.message(self.made.view(view), name, row["message"])
                found.errors[view, key, name] = (row["exception"], told)
        return found

    def reached(self, signs: set[tuple[str, str]]) -> bool:
        """Read until those documents are there; false when they do not come. JobError when the job failed."""
        deadline = time.monotonic() + DEADLINE
        while not signs <= self.held().documents.keys():
            self.check()
            if time.monotonic() > deadline:
                return False
        return True

    def differences(
        self, compare: Callable[[outcome.Outcome], list[outcome.Difference]], quiet: float = QUIET
    ) -> list[outcome.Difference]:
        """Read until nothing differs any more, or until nothing has come for `quiet` seconds, and return what differs.

        JobError when the job failed meanwhile.
        """
        deadline = time.monotonic() + DEADLINE
        came, since = self._rows, time.monotonic()
        while True:
            found = compare(self.held())
            self.check()
            now = time.monotonic()
            if self._rows != came:
                came, since = self._rows, now
            # What is equal for a moment may have more to come, too.
            if now - since > (quiet if found else SETTLED) or now > deadline:
                return found

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
        yield Job(made.bundle, chosen, ids, views, None if table is None else reading(error_view(table)))


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
