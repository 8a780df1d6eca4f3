"""Mediators under trouble, on each datastore: retries, two side by side, failing handlers, stacked triggers, sinks."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from examples.city.models import City
from onto import attrs, sink, source
from onto.context import CTX
from onto.database import protocol
from onto.domain_model import DomainModel
from onto.mediator import Mediator, ProtocolBase, TaskMediator, ViewMediatorDeltaDAV
from tests.onto import datastores


class Total(DomainModel):
    """What tasks add to."""

    sum: int = attrs.nothing


@pytest.fixture(params=datastores.ALL, autouse=True)
def _fresh(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[None]:
    opened = datastores.ALL[request.param](tmp_path)
    CTX.use(opened)
    yield
    CTX.use(None)
    getattr(opened, "close", lambda: None)()


def test_a_task_that_others_disturb_is_tried_so_often_and_then_stays() -> None:
    tried: list[str] = []

    class Disturbed(TaskMediator):
        max_retries = 3

        class Protocol(TaskMediator.Protocol):
            @staticmethod
            def on_task(snapshot: Any, mediator: Any) -> None:
                tried.append(snapshot.id)
                Total.new(doc_id=snapshot.id, sum=1).save()
                stale = protocol.UpdatedAt(0) if snapshot.id == "a" or len(tried) < 5 else None
                CTX.database.write("others/1", {"n": len(tried)}, when=stale)

    CTX.db.document("others/1").set({"n": 0})
    CTX.db.document("tasks/a").set({})
    CTX.db.document("tasks/b").set({})
    mediator = Disturbed(query=CTX.db.collection("tasks"))
    mediator.start()
    assert tried == ["a", "a", "a", "b", "b"]
    assert [(one.path, type(one.error)) for one in mediator.failures] == [("tasks/a", protocol.ConflictError)]
    assert [one.id for one in CTX.db.collection("tasks").stream()] == ["a"]
    assert [one.doc_id for one in Total.all()] == ["b"]
    mediator.stop()
    mediator.start()  # what was left is tried again
    assert tried[5:] == ["a", "a", "a"]


def test_two_that_follow_the_same_tasks_do_each_once() -> None:
    class Adding(TaskMediator):
        class Protocol(TaskMediator.Protocol):
            @staticmethod
            def on_task(snapshot: Any, mediator: Any) -> None:
                total = Total.get("all") or Total.new(doc_id="all", sum=0)
                total.sum += snapshot.get("n")
                total.save()

    both = [Adding(query=CTX.db.collection("tasks")) for _ in range(2)]
    for one in both:
        one.start()
    posting = [
        threading.Thread(target=lambda n=n: CTX.db.document(f"tasks/{n}").set({"n": n})) for n in (1, 10, 100, 1000)
    ]
    for one in posting:
        one.start()
    for one in posting:
        one.join()
    assert CTX.db.collection("tasks").get() == []
    assert [one.sum for one in Total.all()] == [1111]
    assert [list(one.failures) for one in both] == [[], []]


def test_a_failing_handler_is_seen_and_stops_neither_others_nor_what_follows() -> None:
    class Copying(ViewMediatorDeltaDAV):
        class Protocol(ProtocolBase):
            @staticmethod
            def on_create(snapshot: Any, mediator: Any) -> None:
                if snapshot.get("country") == "nowhere":
                    raise LookupError(snapshot.id)
                CTX.db.document(f"copies/{mediator.name}-{snapshot.id}").set({})

    class Other(Copying):
        pass

    one, other = Copying(query=City.get_query()), Other(query=City.get_query())
    one.start()
    other.start()
    with CTX.database.transaction():
        City.new(doc_id="a", country="nowhere").save()
        City.new(doc_id="b", country="x").save()
    City.new(doc_id="c", country="x").save()
    assert [at.id for at in CTX.db.collection("copies").stream()] == ["Copying-b", "Copying-c", "Other-b", "Other-c"]
    for each in (one, other):
        assert [(at.path, at.handler, repr(at.error)) for at in each.failures] == [
            ("City/a", "on_create", "LookupError('a')")
        ]


class Renaming(Mediator):
    """Saves an entity of another kind for each city that comes or changes, and takes note of those that go."""

    cities = source.domain_model(City)
    sink = sink.domain_model()

    @cities.triggers.on_create
    @cities.triggers.on_update
    def count(self, obj: Any) -> None:
        before = Total.get(obj.doc_id)
        self.sink.emit(Total.new(doc_id=obj.doc_id, sum=1 if before is None else before.sum + 1))

    @cities.triggers.on_update
    def complain(self, obj: Any) -> None:
        raise ValueError(obj.country)

    @cities.triggers.on_delete
    def forget(self, obj: Any) -> None:
        Total.new(doc_id=obj.doc_id).delete()


def test_triggers_are_stacked_and_a_sink_saves_entities() -> None:
    City.new(doc_id="a", country="x").save()
    Renaming.start()
    City.new(doc_id="a", country="y").save()
    City.new(doc_id="b", country="x").save()
    assert {one.doc_id: one.sum for one in Total.all()} == {"a": 2, "b": 1}
    assert [(one.handler, str(one.error)) for one in Renaming.cities.failures] == [("complain", "y")]
    City.new(doc_id="b").delete()
    assert [one.doc_id for one in Total.all()] == ["a"]
    Renaming.stop()
    City.new(doc_id="c").save()
    assert [one.doc_id for one in Total.all()] == ["a"]


def test_collections_of_one_name_are_followed_at_any_depth() -> None:
    seen: list[str] = []

    class Reading(ViewMediatorDeltaDAV):
        class Protocol(ProtocolBase):
            @staticmethod
            def on_create(snapshot: Any, mediator: Any) -> None:
                seen.append(str(snapshot.reference))

    paths = ["forms/a", "users/u/forms/b", "users/u/teams/t/forms/c"]
    CTX.db.document(paths[0]).set({})
    mediator = Reading(query=CTX.db.collection_group("forms"))
    mediator.start()
    for path in (*paths[1:], "users/u/other/d", "users/u"):
        CTX.db.document(path).set({})
    assert seen == paths
    mediator.stop()
