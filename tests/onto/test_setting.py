"""`View.ref(key).set(...)`: setters as one transaction over what relations lead to from the view's root."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from onto import calling, methods, setting, signature, wire
from onto.attrs import attrs
from onto.boiler import Engine
from onto.context import CTX
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


class Door(DomainModel):
    locked: bool = attrs.nothing

    def turn(self, locked: bool) -> None:
        self.locked = locked


class House(DomainModel):
    name: str = attrs.nothing
    front = attrs.relation(dm_cls="Door")
    doors = attrs.list(attrs.relation(dm_cls="Door"))
    by_side = attrs.dict(attrs.relation(dm_cls="Door"))

    def rename(self, name: str) -> None:
        if not name:
            raise ValueError("a house needs a name")
        self.name = name


class Note(DomainModel):
    house = attrs.relation(dm_cls="House")


class HouseStore(Store):
    house = reference(dm_cls=House)
    front = reference(dm_cls=Door)
    doors = reference(dm_cls=Door, many=True)
    by_side = reference(dm_cls=Door, many=True)
    notes = reference(dm_cls=Note, many=True)


class HouseView(ViewModel):
    store: HouseStore

    name: str = attrs.nothing
    closed: bool = attrs.nothing
    side: str = attrs.nothing
    gone: bool = attrs.nothing
    noted: bool = attrs.nothing

    @name.getter
    def name(self):
        return self.store.house.name

    @name.setter
    def name(self, value):
        self.store.house.rename(value)

    @closed.setter
    def closed(self, value):
        self.store.front.turn(value)
        for door in self.store.doors.values():
            door.turn(value)

    @side.setter
    def side(self, value):
        self.store.by_side[value].locked = True

    @gone.setter
    def gone(self, value):
        self.store.front.delete()

    @noted.setter
    def noted(self, value):
        self.store.notes.clear()

    @attrs.getter
    def shout(self) -> str:
        return self.name.upper()


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(views=[HouseView])
    made.save(
        *(Door.new(doc_id=one, locked=False) for one in ("f", "b", "s")),
        House.new(doc_id="h", name="Home", front="f", doors=["f", "b"], by_side={"left": "s"}),
    )
    CTX.call_through(made)
    yield made
    CTX.call_through(None)


def locked(engine: Engine) -> dict[str, bool]:
    return {path.partition("/")[2]: document["locked"] for path, document in engine.database.collection("Door")}


def test_setters_change_what_relations_lead_to(engine: Engine) -> None:
    reply = HouseView.ref("h").set(name="Hut", closed=True).reply()
    assert sorted(one[:2] for one in reply.token) == [("Door", "b"), ("Door", "f"), ("House", "h")]
    HouseView.ref("h").set(side="left").result()
    assert locked(engine) == {"f": True, "b": True, "s": True}
    assert engine.documents(HouseView)["h"]["name"] == "Hut"


def test_setters_change_all_or_nothing(engine: Engine) -> None:
    with pytest.raises(calling.CallError, match="ValueError: a house needs a name"):
        HouseView.ref("h").set(closed=True, name="").result()
    assert locked(engine) == {"f": False, "b": False, "s": False}


def test_what_was_set_under_a_request_id_is_set_once(engine: Engine) -> None:
    first = HouseView.ref("h", request_id="r1").set(name="Hut").reply()
    engine.call(House, "h", "rename", name="Hall")
    assert HouseView.ref("h", request_id="r1").set(name="Hut").reply() == first
    assert engine.documents(HouseView)["h"]["name"] == "Hall"


def test_what_a_setter_deletes_stays_deleted(engine: Engine) -> None:
    HouseView.ref("h").set(gone=True).result()
    assert sorted(locked(engine)) == ["b", "s"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nam": "x"}, "HouseView has no attribute `nam`; did you mean `name`?"),
        ({"shout": "x"}, "HouseView.shout has no setter; declare one with `@shout.setter`"),
        ({"name": 1}, "HouseView.name: 1 is not a string"),
        ({}, "HouseView: name the attributes to set, with their values"),
    ],
)
def test_what_cannot_be_set_is_not_sent(engine: Engine, values: dict[str, Any], message: str) -> None:
    with pytest.raises(signature.BadArgumentsError) as caught:
        HouseView.ref("h").set(**values)
    assert str(caught.value) == message
    command = wire.Command("r1", methods.SET, values, "HouseView")
    with pytest.raises(calling.CallError) as refused:
        engine.submit(House, "h", command).result()
    assert (refused.value.kind, refused.value.message) == ("BadArguments", message)


def test_a_root_that_is_not_there_has_no_view(engine: Engine) -> None:
    with pytest.raises(calling.CallError, match="DoesNotExist: HouseView 'no' does not exist"):
        HouseView.ref("no").set(name="x").result()


def test_a_reference_that_only_a_search_finds_is_refused(engine: Engine) -> None:
    with pytest.raises(calling.CallError, match=r"Unreachable: HouseStore\.notes: a setter reaches entities by"):
        HouseView.ref("h").set(noted=True).result()


def test_a_class_propagates_the_change_as_it_says(engine: Engine) -> None:
    class Named(HouseView):
        def propagate_change(self) -> None:
            self.store.house.name += "!"

    named = Engine(views=[Named], database=engine.database)
    Named.ref("h", through=named).set(name="Hut").result()
    assert engine.documents(HouseView)["h"]["name"] == "Hut!"


def test_what_is_not_at_hand_is_asked_for_first(engine: Engine) -> None:
    at_hand: dict[str, Any] = {"House/h": engine.database.get("House/h")}
    asked: list[tuple[str, ...]] = []

    def lookup(refs: tuple[str, ...]) -> dict[str, Any]:
        missing = tuple(ref for ref in refs if ref not in at_hand)
        if missing:
            raise methods.NeedEntity(missing)
        return {ref: at_hand[ref] for ref in refs}

    models = methods.Models.around([House], [HouseView])
    request = methods.Request("set", setting.dump_values(HouseView, {"closed": True}), "HouseView")
    while True:
        try:
            done = methods.run(models, request, "House/h", lookup, NOON, "x")
            break
        except methods.NeedEntity as needed:
            asked.append(needed.refs)
            at_hand.update({ref: engine.database.get(ref) for ref in needed.refs})
    assert asked == [("Door/f",), ("Door/b",)]
    assert sorted(done.writes) == ["Door/b", "Door/f"]
