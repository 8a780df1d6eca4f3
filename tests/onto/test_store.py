"""Stores filled by hand, and what getters may do with what they read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onto import attrs, boiler
from onto.context import CTX
from onto.database.memory import Memory
from onto.domain_model import DomainModel
from onto.mapper.frozen import ReadOnlyError
from onto.store import Store, reference
from onto.view_model import ViewModel


class Pupil(DomainModel):
    name: str = attrs.nothing
    marks: list[int] = attrs.nothing
    extra = attrs.raw


class Class(DomainModel):
    pupils = attrs.list(attrs.relation(dm_cls="Pupil"))


class ClassStore(Store):
    room = reference(dm_cls=Class)
    pupils = reference(dm_cls=Pupil, many=True)


@pytest.fixture(autouse=True)
def _stored() -> Iterator[None]:
    CTX.use(Memory())
    Class.new(doc_id="1a", pupils=["b", "a"]).save()
    Pupil.new(doc_id="a", name="Ann").save()
    Pupil.new(doc_id="b", name="Ben").save()
    yield
    CTX.use(None)


def test_snapshots_become_entities_on_refresh() -> None:
    store = ClassStore()
    store.add_snapshot("room", dm_cls=Class, snapshot=CTX.db.document("Class/1a").get())
    store.add_snapshot("pupils", dm_cls=Pupil, snapshot=CTX.db.document("Pupil/b").get())
    store.add_snapshot("pupils", dm_cls=Pupil, snapshot=CTX.db.document("Pupil/a").get(), key="first")
    with pytest.raises(AttributeError, match=r"ClassStore\.room is not loaded: add_snapshot, then refresh"):
        _ = store.room
    store.refresh()
    assert (store.room, dict(store.pupils)) == ("1a", {"b": "b", "first": "a"})


def test_stores_from_objects_and_from_a_structure() -> None:
    one = ClassStore.from_objects(room=Class.new(doc_id="x"), pupils={"k": Pupil.new(doc_id="p")})
    two = ClassStore.from_struct({"room": (Class, "1a"), "pupils": {"z": (Pupil, "a"), "y": (Pupil, "none")}})
    assert (one.room, dict(one.pupils), two.room, dict(two.pupils)) == ("x", {"k": "p"}, "1a", {"z": "a"})


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="ClassStore has no reference `rooom`"):
        ClassStore.from_objects(rooom=None)
    with pytest.raises(AttributeError, match="has no attribute 'teacher'"):
        _ = ClassStore().teacher  # type: ignore[attr-defined]  # that is the point


def test_many_is_a_read_only_mapping_in_key_order() -> None:
    store = ClassStore.from_objects(pupils={"b": Pupil.new(doc_id="b"), "B": Pupil.new(), "a": Pupil.new()})
    assert list(store.pupils) == ["B", "a", "b"]
    assert ("b" in store.pupils, store.pupils.get("c"), len(store.pupils)) == (True, None, 3)
    with pytest.raises(TypeError):
        store.pupils["c"] = Pupil.new()  # type: ignore[index]  # that is the point


def test_propagate_back_saves_what_was_read() -> None:
    store = ClassStore.from_struct({"room": (Class, "1a"), "pupils": {"a": (Pupil, "a")}})
    store.pupils["a"].name = "Anna"
    store.propagate_back()
    assert [one.name for one in Pupil.all()] == ["Anna", "Ben"]


def test_a_getter_cannot_change_what_it_reads() -> None:
    class Greedy(ViewModel):
        store: ClassStore

        @attrs.getter
        def renamed(self) -> str:
            self.store.room.pupils = []
            return ""

        @attrs.getter
        def grown(self) -> int:
            self.store.room.pupils.append("x")
            return 0

        @attrs.getter
        def nested(self) -> int:
            self.store.pupils["a"].extra["x"]["y"] = 1
            return 0

        @attrs.getter
        def sorted_marks(self) -> list[int]:
            marks = list(self.store.pupils["a"].marks)
            marks.sort()
            return marks

    engine = boiler.Engine(views=[Greedy])
    engine.save(Class.new(doc_id="1a", pupils=["a"]), Pupil.new(doc_id="a", marks=[2, 1], extra={"x": {}}))
    assert engine.documents(Greedy) == {"1a": {"renamed": None, "grown": None, "nested": None, "sortedMarks": [1, 2]}}
    assert {one.exception for one in engine.errors} == {ReadOnlyError.__name__}
    assert engine.get(Class, "1a").pupils == ["a"]  # type: ignore[union-attr]  # it is there
