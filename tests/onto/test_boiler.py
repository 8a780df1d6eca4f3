"""The in-process engine: which documents change, when, and what they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from examples.chat.models import Bookmark, Member, Message, Room
from examples.chat.views import RoomOverview
from examples.meeting_room.models import Location, Meeting, Ticket, User
from examples.meeting_room.views import MeetingSession
from onto import attrs, wire
from onto.boiler import Engine, Event, Failure
from onto.domain_model import DomainModel
from onto.mapper.load import MappingError
from onto.store import Store, reference
from onto.view_model import ViewModel


def meeting_room() -> Engine:
    engine = Engine(views=[MeetingSession])
    engine.save(
        User.new(doc_id="ann", first_name="Ann", last_name="A", organization="X", hearing_aid_requested=True),
        User.new(doc_id="ben", first_name="Ben", last_name="B", organization="Y", hearing_aid_requested=False),
        Ticket.new(doc_id="ta", user="ann", attendance=True),
        Ticket.new(doc_id="tb", user="ben", attendance=False),
        Location.new(doc_id="hall", latitude=1.5, longitude=2.5, address="Here"),
        Meeting.new(
            doc_id="m1",
            status="in-session",
            location="hall",
            users=["ben", "ann"],
            tickets={"ann": "ta", "ben": "tb"},
        ),
    )
    return engine


def events_of(engine: Engine) -> list[Event]:
    events: list[Event] = []
    engine.subscribe(events.append)
    return events


def attendee(name: str, organization: str, aid: bool) -> dict[str, Any]:
    return {"name": name, "organization": organization, "hearing_aid_requested": aid}


M1 = {
    "inSession": True,
    "latitude": 1.5,
    "longitude": 2.5,
    "address": "Here",
    "attending": [attendee("Ann A", "X", True)],
    "numHearingAidRequested": 1,
}


def test_a_document_per_root() -> None:
    assert meeting_room().documents(MeetingSession) == {"m1": M1}


def test_an_event_per_changed_document_and_none_for_an_unchanged_one() -> None:
    engine = meeting_room()
    events = events_of(engine)
    engine.save(Ticket.new(doc_id="tb", user="ben", attendance=True))
    engine.save(Ticket.new(doc_id="tb", user="somebody", attendance=True))
    engine.save(User.new(doc_id="zoe", first_name="Zoe"))
    engine.delete(Meeting, "m1")
    engine.delete(Meeting, "m1")
    both = {**M1, "attending": [attendee("Ann A", "X", True), attendee("Ben B", "Y", False)]}
    assert events == [Event("update", "MeetingSession", "m1", both), Event("delete", "MeetingSession", "m1", None)]
    assert engine.documents(MeetingSession) == {}


def test_a_target_may_come_late_and_go_again() -> None:
    engine = meeting_room()
    engine.delete(Location, "hall")
    assert engine.documents(MeetingSession)["m1"]["address"] is None
    assert engine.errors[0] == Failure(
        "MeetingSession", "m1", "latitude", "AttributeError", "'NoneType' object has no attribute 'latitude'"
    )
    events = events_of(engine)
    engine.save(Location.new(doc_id="hall", latitude=3.0, longitude=4.0, address="There"))
    assert events == [
        Event("update", "MeetingSession", "m1", {**M1, "latitude": 3.0, "longitude": 4.0, "address": "There"})
    ]
    assert engine.errors == []


def test_all_changes_of_a_transaction_are_seen_at_once() -> None:
    engine = meeting_room()
    events = events_of(engine)
    with engine.transaction():
        engine.save(
            Meeting.new(doc_id="m2", status="in-session", location="attic", users=["cat"], tickets={"cat": "tc"})
        )
        engine.save(Ticket.new(doc_id="tc", user="cat", attendance=True))
        assert events == []
        engine.save(User.new(doc_id="cat", first_name="Cat", last_name="C"))
        engine.save(Location.new(doc_id="attic", latitude=0.0, longitude=0.0, address="Up"))
    expected = {
        "inSession": True,
        "latitude": 0.0,
        "longitude": 0.0,
        "address": "Up",
        "attending": [{"name": "Cat C", "organization": None, "hearing_aid_requested": None}],
        "numHearingAidRequested": 0,
    }
    assert events == [Event("insert", "MeetingSession", "m2", expected)]


def test_a_transaction_that_raises_changes_nothing() -> None:
    engine = meeting_room()
    events = events_of(engine)

    def failing() -> None:
        with engine.transaction():
            engine.delete(Meeting, "m1")
            raise KeyError("m1")

    with pytest.raises(KeyError):
        failing()
    assert (events, engine.documents(MeetingSession)) == ([], {"m1": M1})


def test_documents_in_stored_form_come_in_through_apply() -> None:
    engine = meeting_room()
    engine.apply(
        wire.Change("tickets", "ta", None, {"doc_id": "ta", "attendance": False, "unknown": [1], "user": "ann"}),
        wire.Change("elsewhere", "x", None, {"doc_id": "x"}),
        wire.Change("locations", "hall", {"doc_id": "hall"}, None),
    )
    assert engine.documents(MeetingSession)["m1"] == {
        **M1,
        "attending": [],
        "numHearingAidRequested": 0,
        "latitude": None,
        "longitude": None,
        "address": None,
    }


def test_a_change_that_does_not_fit_refuses_the_whole_transaction() -> None:
    engine = meeting_room()
    with pytest.raises(MappingError, match=r"Ticket\.attendance: 'yes' is not true or false"):
        engine.apply(
            wire.Change("locations", "hall", None, None),
            wire.Change("tickets", "ta", None, {"doc_id": "ta", "attendance": "yes"}),
        )
    assert engine.documents(MeetingSession) == {"m1": M1}


def test_a_document_that_the_datastore_took_unchecked_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    engine = meeting_room()
    with engine.transaction():
        engine.database.set("tickets/ta", {"attendance": "yes"})
        engine.delete(Location, "hall")
    assert engine.documents(MeetingSession)["m1"]["address"] is None
    assert "tickets/ta is not taken in" in caplog.text


def test_a_domain_method_changes_what_views_show() -> None:
    engine = meeting_room()
    engine.call(Ticket, "ta", "mark", attending=False)
    assert engine.documents(MeetingSession)["m1"]["attending"] == []
    with pytest.raises(LookupError, match="Ticket 'no' does not exist"):
        engine.call(Ticket, "no", "mark", attending=True)
    engine.call(Meeting, "m1", "close")
    with pytest.raises(ValueError, match="a meeting that is closed cannot be closed"):
        engine.call(Meeting, "m1", "close")


def test_writing_through_a_view_runs_its_setter_and_saves_what_that_changed() -> None:
    engine = meeting_room()
    engine.database.set("locations/hall", {**(engine.database.get("locations/hall") or {}), "legacy": 1})
    engine.update(MeetingSession, "m1", in_session=False)
    assert engine.documents(MeetingSession)["m1"]["inSession"] is False
    assert engine.database.get("meetings/m1")["status"] == "closed"  # type: ignore[index]  # it is there
    assert engine.database.get("locations/hall")["legacy"] == 1  # type: ignore[index]  # it is there


def test_an_engine_computes_what_is_stored_already_and_stops_when_closed() -> None:
    first = meeting_room()
    second = Engine(views=[MeetingSession], database=first.database)
    first.close()
    first.delete(Meeting, "m1")
    assert (first.documents(MeetingSession), second.documents(MeetingSession)) == ({"m1": M1}, {})


def test_a_failing_subscriber_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    engine = meeting_room()
    engine.subscribe(lambda _: 1 / 0)
    events = events_of(engine)
    engine.delete(Meeting, "m1")
    assert events == [Event("delete", "MeetingSession", "m1", None)]
    assert "a subscriber failed on MeetingSession m1" in caplog.text


# ---------------------------------------------------------------- what a change touches


class Counted(ViewModel):
    """A view that tells which of its documents are evaluated."""

    store: RoomStore
    evaluated: list[str] = []  # noqa: RUF012 - shared by all instances, on purpose

    @attrs.getter
    def summary(self) -> str:
        self.evaluated.append(self.store.room.doc_id)
        said = [f"{one.author}: {one.text}" for one in self.store.messages.values()]
        return f"{self.store.room.title} {sorted(self.store.members)} {said}"


class RoomStore(Store):
    room = reference(dm_cls=Room)
    messages = reference(dm_cls=Message, many=True, on=lambda store, message: message.room == store.room)
    members = reference(dm_cls=Member, many=True)


@pytest.fixture
def counted() -> Engine:
    Counted.evaluated.clear()
    engine = Engine(views=[Counted])
    with engine.transaction():
        for number in range(50):
            engine.save(Room.new(doc_id=f"r{number}", title=str(number), members=[f"m{number}", "all"]))
            engine.save(Message.new(doc_id=f"x{number}", room=f"r{number}", author="all", text="hi"))
            engine.save(Member.new(doc_id=f"m{number}", name="n"))
    Counted.evaluated.clear()
    return engine


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (lambda e: e.save(Message.new(doc_id="x7", room="r7", author="m7", text="hello")), ["r7"]),
        (lambda e: e.save(Message.new(doc_id="x7", room="r8", author="m7", text="moved")), ["r7", "r8"]),
        (lambda e: e.save(Message.new(doc_id="new", room="r9", text="first")), ["r9"]),
        (lambda e: e.save(Message.new(doc_id="lost", room=None, text="nowhere")), []),
        (lambda e: e.delete(Message, "x3"), ["r3"]),
        (lambda e: e.save(Member.new(doc_id="m5", name="other")), ["r5"]),
        (lambda e: e.delete(Room, "r6"), []),
        (lambda e: e.save(Bookmark.new(doc_id="b", room="r1")), []),
        (lambda e: e.save(Member.new(doc_id="stranger")), []),
        (lambda e: e.save(Message.new(doc_id="x7", room="r7", author="all", text="hi")), []),
    ],
)
def test_a_change_evaluates_the_documents_that_read_it_and_no_other(
    counted: Engine, change: Callable[[Engine], None], touched: list[str]
) -> None:
    change(counted)
    assert Counted.evaluated == touched


def test_a_transaction_evaluates_each_touched_document_once(counted: Engine) -> None:
    with counted.transaction():
        counted.save(Member.new(doc_id="m5", name="other"))
        counted.save(Message.new(doc_id="x5", room="r5", text="a"))
        counted.delete(Message, "x5")
    assert Counted.evaluated == ["r5"]


def test_what_a_getter_did_not_read_does_not_wake_it() -> None:
    evaluated = []

    class Lazy(ViewModel):
        store: RoomStore

        @attrs.getter
        def first(self) -> str | None:
            evaluated.append(1)
            return next(iter(self.store.messages)) if self.store.room.title == "open" else None

    engine = Engine(views=[Lazy])
    engine.save(Room.new(doc_id="r", title="shut"), Message.new(doc_id="x", room="r"))
    evaluated.clear()
    engine.save(Message.new(doc_id="w", room="r"))
    assert evaluated == []
    engine.save(Room.new(doc_id="r", title="open"))
    assert engine.documents(Lazy) == {"r": {"first": "w"}}
    engine.delete(Message, "w")
    assert engine.documents(Lazy) == {"r": {"first": "x"}}


# ---------------------------------------------------------------- what documents hold


def test_values_of_getters_become_plain_values() -> None:
    class Thing(DomainModel):
        tags: list[str] = attrs.nothing

    class ThingStore(Store):
        thing = reference(dm_cls=Thing)

    class Odd(ViewModel):
        class Meta:
            case_conversion = False

        given_tags = attrs.bproperty()
        an_entity = attrs.bproperty()
        a_set = attrs.bproperty()
        lazy = attrs.bproperty()
        unsayable = attrs.bproperty()
        round_about = attrs.bproperty()
        keyless = attrs.bproperty()

        @given_tags.getter
        def given_tags(self):
            return self.store.thing.tags

        @an_entity.getter
        def an_entity(self):
            return {"of": (self.store.thing, None)}

        @a_set.getter
        def a_set(self):
            return set(self.store.thing.tags)

        @lazy.getter
        def lazy(self):
            return (tag.upper() for tag in self.store.thing.tags)

        @unsayable.getter
        def unsayable(self):
            return print

        @keyless.getter
        def keyless(self):
            return {"in": {None: 1}}

        @round_about.getter
        def round_about(self):
            return self.round_about

    Odd.__annotations__ = {"store": ThingStore}
    engine = Engine(views=[Odd])
    engine.save(Thing.new(doc_id="t", tags=["b", "a"]))
    document = engine.documents(Odd)["t"]
    assert document == {
        "given_tags": ["b", "a"],
        "an_entity": {"of": ["t", None]},
        "a_set": ["a", "b"],
        "lazy": ["B", "A"],
        "unsayable": None,
        "round_about": None,
        "keyless": None,
    }
    assert type(document["given_tags"]) is list
    assert [(one.field, one.exception) for one in engine.errors] == [
        ("unsayable", "TypeError"),
        ("round_about", "RecursionError"),
        ("keyless", "TypeError"),
    ]


def test_views_and_getters_are_inherited() -> None:
    class Louder(RoomOverview):
        @attrs.getter
        def title(self) -> str:
            return super().title.upper()

    engine = Engine(views=[Louder])
    engine.save(Room.new(doc_id="r", title="tea"))
    document = engine.documents(Louder)["r"]
    assert (document["title"], document["messageCount"], Louder.collection_name()) == ("TEA", 0, "room_overviews")


def test_a_view_object_reads_the_present_state() -> None:
    engine = meeting_room()
    view = engine.view(MeetingSession, "m1")
    assert view is not None
    assert (view.in_session, view.to_view_dict(), view.doc_id) == (True, M1, "m1")
    assert engine.view(MeetingSession, "m9") is None
    with pytest.raises(LookupError, match="RoomOverview is not among this engine's views"):
        engine.view(RoomOverview, "r")
