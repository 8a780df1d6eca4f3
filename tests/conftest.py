"""One Kafka and one Flink for the whole test session, started by the first test that asks for them.

    def test_x(road: Road) -> None:
        road.submit(tmp_path / "build")             topics and jobs of its own prefix, gone after the test
        road.feed(wire.Change("users", "u1", None, {"doc_id": "u1"}))

With ONTO_TEST_STACK=FOLDER the stack that `onto up` runs there is used instead of a fresh one.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flink_jobs import cluster, feed, local, submit, submitter, topics
from onto import bundle, consume, rows, settings, wire

Documents = Mapping[rows.Key, Mapping[str, Any]]


@dataclass
class Road:
    """The way of one test through Kafka and Flink, under a topic prefix that nobody else has."""

    chosen: settings.Settings
    submitter: submitter.Submitter
    jobs: list[str] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)

    @property
    def kafka(self) -> str:
        """Return the broker's address."""
        return self.chosen.bootstrap_servers

    @property
    def prefix(self) -> str:
        """Return the prefix of this test's topics."""
        return self.chosen.topic_prefix

    def submit(self, folder: Path) -> submit.Submitted:
        """Submit the bundle in `folder`; its jobs and topics end with the test."""
        done = submit.submit(folder, self.chosen, using=self.submitter)
        self.jobs += [job.job_id for job in done.jobs]
        self.topics |= set(done.topics)
        return done

    def create(self, made: bundle.Bundle) -> None:
        """Create the topics of `made` without running its jobs."""
        self.topics |= set(topics.ensure(topics.wanted(made, self.prefix), self.kafka, {}, 1))

    def feed(self, *changes: wire.Change, form: str = bundle.DEBEZIUM) -> None:
        """Write changes of collections and wait until Kafka has them."""
        self.send(*(wire.encode(change, self.prefix, form) for change in changes))

    def send(self, *records: wire.Record) -> None:
        """Write records as they are and wait until Kafka has them."""
        feed.send(records, self.kafka, {})

    def read_until(
        self, consumer: consume.Consumer, wanted: Callable[[Documents], bool], seconds: float = 60.0
    ) -> Documents:
        """Read on until the documents are as wanted, and return them."""
        deadline = time.monotonic() + seconds
        while not wanted(consumer.documents):
            assert not self.failures(), self.failures()
            assert time.monotonic() < deadline, f"documents are {consumer.documents}"
            consumer.poll(1.0)
        return consumer.documents

    def failures(self) -> list[str]:
        """Return why jobs failed, if any did."""
        asked = (cluster.last_failure(self.chosen.flink, job_id) for job_id in self.jobs)
        return [reason for reason in asked if reason is not None]

    def job_state(self, job_id: str) -> str:
        """Ask Flink for the state of a job."""
        return str(cluster.get(self.chosen.flink, f"/jobs/{job_id}")["state"])

    def close(self) -> None:
        """Cancel the jobs and delete the topics."""
        for job_id in self.jobs:
            cluster.cancel(self.chosen.flink, job_id)
        topics.delete(tuple(self.topics), self.kafka, {})


@pytest.fixture(scope="session")
def stack_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[settings.Settings]:
    """Start Kafka and Flink once, or use those of ONTO_TEST_STACK, and say where they are."""
    given = os.environ.get("ONTO_TEST_STACK")
    if given:
        found = local.status(Path(given))
        assert found.kafka, f"no stack runs in {given}"
        assert found.flink, f"no stack runs in {given}"
        yield settings.Settings(folder=given, bootstrap_servers=found.kafka, flink=found.flink)
        return
    folder = tmp_path_factory.mktemp("stack")
    with local.Stack(folder, shape=cluster.Shape(slots=16)) as stack:
        yield settings.Settings(folder=str(folder), bootstrap_servers=stack.kafka, flink=stack.flink)


@pytest.fixture(scope="session")
def session_submitter(stack_settings: settings.Settings) -> Iterator[submitter.Submitter]:
    """Keep one JVM that plans the jobs of all tests."""
    with submitter.Submitter(Path(stack_settings.folder) / "flink") as kept:
        yield kept


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Return a topic prefix that no other test has."""
    name = re.sub(r"\W+", "-", request.node.name)[:40]
    return f"{name}-{uuid.uuid4().hex[:8]}-"


@pytest.fixture
def road(stack_settings: settings.Settings, session_submitter: submitter.Submitter, prefix: str) -> Iterator[Road]:
    """Return this test's way through the session's Kafka and Flink."""
    chosen = settings.Settings(
        folder=stack_settings.folder,
        bootstrap_servers=stack_settings.bootstrap_servers,
        flink=stack_settings.flink,
        topic_prefix=prefix,
    )
    own = Road(chosen, session_submitter)
    try:
        yield own
    finally:
        own.close()
