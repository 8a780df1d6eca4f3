"""How references join: inferred from relations, or by `on=`; what is refused, and with which words."""

from __future__ import annotations

from typing import Any

import pytest

from onto import attrs, joins, predicate
from onto.domain_model import DomainModel
from onto.store import Store, reference


class Place(DomainModel):
    pass


class Member(DomainModel):
    home = attrs.relation(dm_cls="Place")


class Guest(Member):
    pass


class Meeting(DomainModel):
    place = attrs.relation(dm_cls="Place")
    members = attrs.list(attrs.relation(dm_cls="Member"))
    seats = attrs.dict(attrs.relation(dm_cls="Seat"))
    organiser = attrs.relation(dm_cls="Member")
    tags = attrs.list(attrs.str)


class Seat(DomainModel):
    meeting = attrs.relation(dm_cls="Meeting")


class Note(DomainModel):
    meeting = attrs.relation(dm_cls="Meeting")
    about = attrs.relation(dm_cls="Member")
    kind = attrs.str


def vias(cls: type[Store]) -> dict[str, joins.Via]:
    return {name: one.via for name, one in joins.resolve(cls).items()}


def test_relations_of_the_root_are_followed_by_name_and_by_type() -> None:
    class View(Store):
        spot = reference(dm_cls=Place)
        meeting = reference(dm_cls=Meeting)

    class Whole(Store):
        meeting = reference(dm_cls=Meeting)
        place = reference(dm_cls=Place)
        member = reference(dm_cls="Member", many=True)
        seats = reference(dm_cls=Seat, many=True)
        notes = reference(dm_cls=Note, many=True)
        organiser = reference(dm_cls=Guest)

    assert vias(View) == {"spot": joins.Root(), "meeting": joins.PointsBack("place", "spot")}
    assert vias(Whole) == {
        "meeting": joins.Root(),
        "place": joins.ThroughOne("meeting", "place"),
        "member": joins.ThroughList("meeting", "members"),
        "seats": joins.ThroughDict("meeting", "seats"),
        "notes": joins.PointsBack("meeting", "meeting"),
        "organiser": joins.ThroughOne("meeting", "organiser"),
    }


def test_a_chain_goes_through_references_in_whatever_order_they_are_declared() -> None:
    class Chain(Store):
        seat = reference(dm_cls=Seat)
        home = reference(dm_cls=Place, on=lambda store, place: place.doc_id == store.organiser.home)
        organiser = reference(dm_cls=Member)
        meeting = reference(dm_cls=Meeting)

    found = joins.resolve(Chain)
    assert list(found) == ["seat", "meeting", "organiser", "home"]
    assert found["organiser"].via == joins.ThroughOne("meeting", "organiser")


def test_mappings_join_through_the_entries_of_others_where_nothing_leads_from_one_entity() -> None:
    class Through(Store):
        place = reference(dm_cls=Place)
        notes = reference(dm_cls=Note, many=True)
        meetings = reference(dm_cls=Meeting, many=True)
        seats = reference(dm_cls=Seat, many=True)
        members = reference(dm_cls=Guest, many=True, on=lambda store, one: one.doc_id in store.seats)

    assert vias(Through) | {"members": None} == {
        "place": joins.Root(),
        "meetings": joins.PointsBack("place", "place"),
        "notes": joins.PointsBack("meeting", "meetings"),
        "seats": joins.ThroughEach("meetings", "seats"),
        "members": None,
    }


def test_the_root_is_the_first_reference_to_one_without_on() -> None:
    class Late(Store):
        notes = reference(dm_cls=Note, many=True)
        meeting = reference(dm_cls=Meeting)

    assert next(iter(joins.resolve(Late))) == "meeting"


def refused(cls: type[Store]) -> str:
    with pytest.raises((joins.JoinError, predicate.PredicateError)) as found:
        joins.resolve(cls)
    return str(found.value)


def test_what_cannot_be_told_is_refused_with_the_candidates_and_the_on_to_write() -> None:
    class Ambiguous(Store):
        member = reference(dm_cls=Member)
        meeting = reference(dm_cls=Meeting)
        note = reference(dm_cls=Note)

    class Nothing(Store):
        place = reference(dm_cls=Place)
        seats = reference(dm_cls=Seat, many=True)

    class Rootless(Store):
        seats = reference(dm_cls=Seat, many=True)

    class Untold(Store):
        seat = reference()

    class Unknown(Store):
        seat = reference(dm_cls="Saet")

    assert refused(Ambiguous) == (
        "Ambiguous.note could join through Note.meeting, Note.about: say which, "
        "such as on=lambda store, item: item.meeting == store.meeting"
    )
    assert refused(Nothing) == (
        "Nothing.seats: no relation leads from place to Seat: write on=lambda store, item: item.… == store.place"
    )
    assert refused(Rootless) == "Rootless has no root: declare a reference to one entity, without `on=`"
    assert refused(Untold) == "Untold.seat does not say what it refers to: write reference(dm_cls=…)"
    assert refused(Unknown) == "Unknown.seat: no domain model is called 'Saet'"


def test_on_needs_an_equality_between_store_and_item() -> None:
    class Cross(Store):
        meeting = reference(dm_cls=Meeting)
        notes = reference(
            dm_cls=Note, many=True, on=lambda store, note: note.kind == "x" or note.meeting == store.meeting
        )

    assert refused(Cross) == (
        "Cross.notes: `on=` has no equality between store and note, so all would be tried with all: "
        "add one, such as note.… == store.…"
    )


KIND = "todo"


def by_meeting(store: Any, note: Any) -> bool:
    return note.meeting == store.meeting and note.kind == KIND


def keys(on: Any, item: Any, store: Any) -> list[tuple[list[Any], list[Any]]]:
    return [(key.of_item(item), key.of_store(store)) for key in predicate.read(on, "here").keys]


def test_the_keys_of_predicates() -> None:
    class Whole(Store):
        meeting = reference(dm_cls=Meeting)

    kind = "x"
    store = Whole.from_objects(meeting=Meeting.new(doc_id="m", tags=["a", "b", None], members=["u"], seats={"k": "s"}))
    note = Note.new(doc_id="n", meeting="m", kind="a")
    several = (
        lambda store, note: note.kind == kind and store.meeting == note.meeting,
        lambda store, note: note.kind in store.meeting.tags,
    )
    assert keys(by_meeting, note, store) == [(["m"], ["m"])]
    assert keys(several[0], note, store) == [(["m"], ["m"])]
    assert keys(several[1], note, store) == [(["a"], ["a", "b"])]
    assert keys(lambda s, n: n.doc_id in s.meeting.seats.values() and n.kind.upper() == s.meeting.x, note, store) == [
        (["n"], ["s"]),
        (["A"], []),
    ]
    assert keys(lambda s, n: s.meeting in n.kind, Note.new(kind=["m", "x"]), store) == [(["m", "x"], ["m"])]


def test_a_predicate_may_stand_inside_another_lambda() -> None:
    outer = lambda kind: lambda store, note: note.kind == store.kind and kind  # noqa: E731
    assert len(predicate.read(outer(1), "here").keys) == 1


def test_a_predicate_without_source_is_refused() -> None:
    made = eval("lambda store, note: note.kind == store.kind")
    with pytest.raises(predicate.PredicateError, match="here: the source of `on=` cannot be read"):
        predicate.read(made, "here")
