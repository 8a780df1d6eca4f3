"""What one change writes: each affected row once, no passing tombstone, one tombstone for what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler import emit_sql, pipeline
from onto import bundle, consume, wire
from onto.consume import confluent
from tests.conftest import Road

Written = dict[tuple[str, ...], list[str]]  # table and key → "row" or "tombstone", in order


class Raw:
    """The records of a view's topics as they are, in batches."""

    def __init__(self, view: bundle.View, road: Road) -> None:
        """Begin at the earliest record."""
        self.tables = {wire.topic(road.prefix, table.topic): table.name for table in view.tables}
        self.client = confluent.Confluent(road.kafka, {})
        self.client.open(tuple(self.tables))

    def came(self) -> Written:
        """Return everything that was written since the last call."""
        found: Written = {}
        ends = self.client.ends()
        while not self.client.has_read(ends):
            for record in self.client.poll(0.5):
                place = (self.tables[record.topic], *json.loads(record.key).values())
                found.setdefault(place, []).append("tombstone" if record.value is None else "row")
        return found


class Room:
    """The meeting room, running."""

    def __init__(self, road: Road, folder: Path) -> None:
        made = pipeline.run("examples.meeting_room", emit_sql.Settings())
        assert made.bundle is not None
        assert made.files is not None
        bundle.write(made.bundle, made.files, folder)
        road.submit(folder)
        self.road = road
        self.view = made.bundle.views[0]
        self.raw = Raw(self.view, road)
        self.consumer = consume.Consumer(self.view, road.kafka, prefix=road.prefix, settle=0.5)
        self.stored: dict[tuple[str, str], dict[str, Any]] = {}

    def change(self, collection: str, doc_id: str, **attributes: Any) -> None:
        """Store a document, or delete it when there are no attributes."""
        before = self.stored.pop((collection, doc_id), None)
        after = {"doc_id": doc_id, **attributes} if attributes else None
        if after is not None:
            self.stored[collection, doc_id] = after
        self.road.feed(wire.Change(collection, doc_id, before, after))

    def until(self, **expected: Any) -> Written:
        """Wait until all of m1's named fields are so; return what was written for that."""

        def reached(documents: Any) -> bool:
            document = documents.get(("m1",))
            return document is not None and all(document[name] == value for name, value in expected.items())

        self.road.read_until(self.consumer, reached)
        return self.raw.came()

    def until_gone(self) -> Written:
        """Wait until there is no m1."""
        self.road.read_until(self.consumer, lambda documents: ("m1",) not in documents)
        return self.raw.came()


@pytest.fixture
def room(road: Road, tmp_path: Path) -> Iterator[Room]:
    """Run the meeting room with one meeting, two people and their tickets; u2's ticket and l1 are not there yet."""
    made = Room(road, tmp_path / "build")
    made.change("users", "u1", firstName="Ann", lastName="A", organization="x", hearingAidRequested=True)
    made.change("users", "u2", firstName="Bob", lastName="B", organization="x", hearingAidRequested=False)
    made.change("tickets", "t1", attendance=True)
    made.change(
        "meetings", "m1", status="in-session", location="l1", users=["u1", "u2", "gone"],
        tickets={"u1": "t1", "u2": "t2", "gone": "t3"},
    )  # fmt: skip
    made.until(numHearingAidRequested=1, inSession=True, address=None)
    with made.consumer:
        yield made
    made.raw.client.close()


MAIN = ("meeting_sessions", "m1")


def attending(user: str) -> tuple[str, ...]:
    return ("meeting_sessions__attending", "m1", user)


def test_each_change_writes_each_row_that_it_concerns_once(room: Room) -> None:
    room.change("tickets", "t2", attendance=True)  # a relation's target that comes late
    late = room.until(attending=[person("Ann A", True), person("Bob B", False)])
    room.change("locations", "l1", latitude=1.5, longitude=2.5, address="Main Street 1")
    located = room.until(address="Main Street 1", latitude=1.5)
    room.change("users", "u2", firstName="Bob", lastName="C", organization="x", hearingAidRequested=True)
    renamed = room.until(numHearingAidRequested=2)
    room.change("tickets", "t1", attendance=False)
    left = room.until(numHearingAidRequested=1)
    room.change("tickets", "t2")
    deleted = room.until(numHearingAidRequested=0)
    room.change("meetings", "m1")
    gone = room.until_gone()
    assert [late, located, renamed, left, deleted, gone] == [
        {attending("u2"): ["row"]},
        {MAIN: ["row"]},
        {attending("u2"): ["row"], MAIN: ["row"]},
        {attending("u1"): ["tombstone"], MAIN: ["row"]},
        {attending("u2"): ["tombstone"], MAIN: ["row"]},
        {MAIN: ["tombstone"]},
    ]


def test_records_that_are_no_changes_do_not_stop_the_job(room: Room) -> None:
    tickets = wire.topic(room.road.prefix, "tickets")
    room.road.send(
        wire.Record(tickets, b"t1", None),
        wire.Record(tickets, b"t1", b""),
        wire.Record(tickets, b"t1", b"{"),
        wire.Record(tickets, b"t9", b'{"op":"x","after":7}'),
        wire.Record(tickets, b"t9", b'{"op":"d","before":{"doc_id":"t9"},"after":null}'),
    )
    room.change("tickets", "t2", attendance=True)
    written = room.until(attending=[person("Ann A", True), person("Bob B", False)])
    assert written == {attending("u2"): ["row"]}
    assert [room.road.job_state(job) for job in room.road.jobs] == ["RUNNING"]


def person(name: str, aid: bool) -> dict[str, Any]:
    return {"name": name, "organization": "x", "hearing_aid_requested": aid}
