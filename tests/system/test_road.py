"""From changes of collections, through a real Flink job, to documents: with a bundle written by hand."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from flink_jobs import warden
from onto import bundle, consume, wire
from onto.consume import consumer as consuming
from tests.conftest import Road
from tests.system import hand_written

DEADLINE = 60.0


def change(collection: str, doc_id: str, **attributes: object) -> wire.Change:
    """Say that a document now has these attributes."""
    return wire.Change(collection, doc_id, None, {"doc_id": doc_id, **attributes})


def gone(collection: str, doc_id: str) -> wire.Change:
    """Say that a document was deleted, knowing no more of it than its id."""
    return wire.Change(collection, doc_id, {"doc_id": doc_id}, None)


MEETING = change("meetings", "m1", status="in-session", location="l1", tickets={"u1": "t1", "u2": "t2"})
SEATED = (
    MEETING,
    change("users", "u1", name="Ann", aid=True),
    change("users", "u2", name="Bob", aid=True),
    change("tickets", "t1", attendance=True),
    change("tickets", "t2", attendance=False),
)
ANN = {"name": "Ann"}
BOB = {"name": "Bob"}


def document(latitude: float | None, aids: int, *attending: object) -> dict[str, object]:
    """Return a session's document."""
    return {"inSession": True, "latitude": latitude, "hearingAids": aids, "attending": list(attending)}


@pytest.fixture(params=[consume.CONFLUENT, consume.KAFKA_PYTHON])
def using(request: pytest.FixtureRequest) -> consuming.ClientName:
    """Name a Kafka client: what is read must not depend on it."""
    return request.param  # type: ignore[no-any-return] # one of the two above


@pytest.fixture
def running(road: Road, tmp_path: Path) -> Road:
    """Run the hand-written job."""
    bundle.write(hand_written.BUNDLE, {}, tmp_path / "build")
    road.submit(tmp_path / "build")
    return road


def test_changes_become_documents_and_updates_and_deletions(running: Road, using: consuming.ClientName) -> None:
    running.feed(*SEATED)
    with consume.Consumer(hand_written.VIEW, running.kafka, prefix=running.prefix, using=using, settle=0.5) as consumer:
        read_until_now(consumer, document(None, 1, ANN))
        running.feed(change("locations", "l1", latitude=52.5), form=bundle.UPSERT)
        read_until_now(consumer, document(52.5, 1, ANN))
        running.feed(change("tickets", "t2", attendance=True))
        read_until_now(consumer, document(52.5, 2, ANN, BOB))
        running.feed(gone("users", "u1"))
        read_until_now(consumer, document(52.5, 1, BOB))
        running.feed(gone("locations", "l1"), form=bundle.UPSERT)
        read_until_now(consumer, document(None, 1, BOB))
        running.feed(gone("meetings", "m1"))
        last = read_until_now(consumer, None)
    assert [(event.op, event.key) for event in last][-1] == ("delete", ("m1",))


def read_until_now(consumer: consume.Consumer, expected: object) -> list[consume.Event]:
    """Collect events until m1 has the expected document, None for its deletion."""
    seen: list[consume.Event] = []
    deadline = time.monotonic() + DEADLINE
    while not seen or seen[-1].document != expected:
        assert time.monotonic() < deadline, f"events are {seen}, expected {expected}"
        seen += consumer.poll(1.0)
    return seen


def test_malformed_and_empty_records_do_not_stop_the_job(running: Road) -> None:
    users = wire.topic(running.prefix, "users")
    running.send(
        wire.Record(users, b"u1", None),
        wire.Record(users, b"u1", b""),
        wire.Record(users, b"u1", b"{"),
        wire.Record(users, b"\xff", b"\xff\xfe"),
        wire.Record(users, b"u1", b'{"op":"x","after":7}'),
        wire.Record(users, b"u1", b"[1,2]"),
        wire.Record(users, b"u3", b'{"op":"d","before":{"doc_id":"u3"},"after":null}'),
    )
    running.feed(*SEATED)
    with consume.Consumer(hand_written.VIEW, running.kafka, prefix=running.prefix) as consumer:
        expected = {("m1",): document(None, 1, ANN)}
        running.read_until(consumer, lambda documents: documents == expected)
    assert [running.job_state(job) for job in running.jobs] == ["RUNNING"]


def test_a_task_manager_that_is_killed_comes_back_and_the_job_goes_on(running: Road) -> None:
    running.feed(*SEATED)
    with consume.Consumer(hand_written.VIEW, running.kafka, prefix=running.prefix) as consumer:
        read_until_now(consumer, document(None, 1, ANN))
        killed = warden.pids(Path(running.chosen.folder))["taskmanager"]
        os.kill(killed, signal.SIGKILL)
        running.feed(change("tickets", "t2", attendance=True))
        read_until_now(consumer, document(None, 2, ANN, BOB))
    assert warden.pids(Path(running.chosen.folder))["taskmanager"] != killed
    assert [running.job_state(job) for job in running.jobs] == ["RUNNING"]
