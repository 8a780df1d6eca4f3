"""A view's topics read from real Kafka: the same with either client."""

from __future__ import annotations

import json
import time

import pytest

from flink_jobs import ports
from onto import consume, errors, wire
from onto.consume import consumer as consuming
from tests.conftest import Road
from tests.system import hand_written

DEADLINE = 30.0
VIEW = hand_written.VIEW


@pytest.fixture(params=[consume.CONFLUENT, consume.KAFKA_PYTHON])
def using(request: pytest.FixtureRequest) -> consuming.ClientName:
    """Name a Kafka client."""
    return request.param  # type: ignore[no-any-return] # one of the two above


@pytest.fixture
def topics(road: Road) -> Road:
    """Create the view's topics."""
    road.create(hand_written.BUNDLE)
    return road


def session(road: Road, doc_id: str, aids: int | None) -> wire.Record:
    """Return a row of the main table, None for its tombstone."""
    value = None if aids is None else json.dumps({"in_session": True, "hearing_aids": aids}).encode()
    return wire.Record(f"{road.prefix}sessions", json.dumps({"doc_id": doc_id}).encode(), value)


def attending(road: Road, doc_id: str, user_id: str, name: str | None) -> wire.Record:
    """Return a row of the child table, None for its tombstone."""
    key = json.dumps({"doc_id": doc_id, "user_id": user_id}).encode()
    value = None if name is None else json.dumps({"name": name}).encode()
    return wire.Record(f"{road.prefix}sessions__attending", key, value)


def document(aids: int, *names: str) -> dict[str, object]:
    """Return a session's document."""
    people = [{"name": name} for name in names]
    return {"inSession": True, "latitude": None, "hearingAids": aids, "attending": people}


def opened(road: Road, using: consuming.ClientName, settle: float = 0.5) -> consume.Consumer:
    """Open a consumer of the test's topics."""
    return consume.Consumer(VIEW, road.kafka, prefix=road.prefix, using=using, settle=settle)


def next_events(consumer: consume.Consumer) -> list[consume.Event]:
    """Return the next events that come."""
    deadline = time.monotonic() + DEADLINE
    while not (events := consumer.poll(1.0)):
        assert time.monotonic() < deadline
    return events


def test_what_was_there_before_is_one_insertion_per_document(topics: Road, using: consuming.ClientName) -> None:
    topics.send(
        *(session(topics, "m1", count) for count in range(500)),
        attending(topics, "m1", "u1", "Ann"),
        session(topics, "m2", 1),
        session(topics, "m3", 1),
        session(topics, "m3", None),
        attending(topics, "m4", "u1", "Nobody's"),
    )
    with opened(topics, using) as consumer:
        events = next_events(consumer)
    assert sorted(events, key=lambda event: event.key) == [
        consume.Event("insert", ("m1",), document(499, "Ann"), None),
        consume.Event("insert", ("m2",), document(1), None),
    ]


def test_a_change_of_several_tables_is_one_event(topics: Road, using: consuming.ClientName) -> None:
    with opened(topics, using) as consumer:
        assert consumer.poll(0.5) == []
        topics.send(
            attending(topics, "m1", "u2", "Bob"), attending(topics, "m1", "u1", "Ann"), session(topics, "m1", 2)
        )
        first = document(2, "Ann", "Bob")
        assert next_events(consumer) == [consume.Event("insert", ("m1",), first, None)]
        topics.send(attending(topics, "m1", "u1", None), session(topics, "m1", 1))
        assert next_events(consumer) == [consume.Event("update", ("m1",), document(1, "Bob"), first)]
        topics.send(session(topics, "m1", None))
        assert next_events(consumer) == [consume.Event("delete", ("m1",), None, document(1, "Bob"))]


def test_a_snapshot_is_complete_and_a_second_reader_sees_the_same(topics: Road, using: consuming.ClientName) -> None:
    topics.send(*(session(topics, f"m{number}", number) for number in range(300)))
    expected = {(f"m{number}",): document(number) for number in range(300)}
    with opened(topics, using) as consumer:
        assert consumer.snapshot() == expected
        topics.send(session(topics, "m0", None))
        del expected["m0",]
        assert consumer.snapshot() == expected
        assert consumer.poll(0) == []
    with opened(topics, using) as restarted:
        assert restarted.snapshot() == expected


def test_a_callback_is_called_until_told_otherwise(topics: Road, using: consuming.ClientName) -> None:
    topics.send(session(topics, "m1", 1))
    seen: list[consume.Event] = []
    with opened(topics, using) as consumer:
        consumer.run(seen.append, until=lambda: bool(seen))
    assert seen == [consume.Event("insert", ("m1",), document(1), None)]


def test_a_record_that_cannot_be_read_is_told_and_left_out(topics: Road, using: consuming.ClientName) -> None:
    bad = wire.Record(f"{topics.prefix}sessions", b"m1", b"{}")
    topics.send(bad, session(topics, "m2", 1))
    problems: list[str] = []
    with consume.Consumer(
        VIEW,
        topics.kafka,
        prefix=topics.prefix,
        using=using,
        on_problem=lambda problem: problems.append(str(problem)),
    ) as consumer:
        assert consumer.snapshot() == {("m2",): document(1)}
    assert [problem.partition(": Expecting")[0] for problem in problems] == ["sessions: key m1"]
    with opened(topics, using) as strict, pytest.raises(errors.RecordError, match=r"^sessions: key m1"):
        strict.snapshot()


def test_missing_topics_are_named(road: Road, using: consuming.ClientName) -> None:
    wanted = f"{road.prefix}sessions, {road.prefix}sessions__attending"
    with pytest.raises(errors.TopicError) as caught:
        opened(road, using)
    assert str(caught.value) == f"topic {wanted} does not exist; `onto submit` creates it"


def test_a_broker_that_is_not_there_is_one_line(using: consuming.ClientName) -> None:
    nobody = f"localhost:{ports.free()}"
    with pytest.raises(errors.BrokerError, match=rf"^Kafka at {nobody} does not answer: [^\n]*$"):
        consume.Consumer(VIEW, nobody, using=using)
