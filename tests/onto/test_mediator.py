"""The quickstart in its own style: a view by mediator, a form by mediator."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from examples.city.forms import CityForm
from examples.city.mediators import CityFormMediator, CityViewMediator
from examples.city.models import City, Municipality
from examples.city.views import CityView
from onto import attrs
from onto.context import CTX
from onto.domain_model import DomainModel
from onto.mapper.frozen import ReadOnlyError
from onto.mediator import ProtocolBase, TaskMediator, ViewMediatorBase, ViewMediatorDeltaDAV
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.onto import datastores


@pytest.fixture(params=datastores.ALL, autouse=True)
def _fresh(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[None]:
    opened = datastores.ALL[request.param](tmp_path)
    CTX.use(opened)
    yield
    CTX.use(None)
    getattr(opened, "close", lambda: None)()


def stored(path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = CTX.db.document(path).get().to_dict()
    return found


def test_a_domain_model_becomes_a_stored_view() -> None:
    CityViewMediator(query=City.get_query()).start()
    Municipality.new(doc_id="TOK", city_name="Tokyo", country="Japan", capital=True).save()
    assert stored("cityView/TOK") == {
        "doc_ref": "cityView/TOK",
        "obj_type": "CityView",
        "country": "Japan",
        "name": "Tokyo",
    }


def test_what_is_there_at_the_start_is_created_and_a_change_updates() -> None:
    City.new(doc_id="X", city_name="X").save()
    mediator = CityViewMediator(query=City.get_query())
    mediator.start()
    mediator.start()
    City.new(doc_id="X", city_name="Y").save()
    assert (stored("cityView/X") or {})["name"] == "Y"
    mediator.stop()
    City.new(doc_id="X", city_name="Z").save()
    assert (stored("cityView/X") or {})["name"] == "Y"


def test_a_posted_form_becomes_a_city_and_its_view() -> None:
    CityViewMediator(query=City.get_query()).start()
    CityFormMediator(query=CTX.db.collection_group("cityForms")).start()
    CTX.db.document("users/uid1/cityForms/LA").set({"country": "USA", "name": "Los Angeles"})
    assert stored("City/LA") == {
        "cityName": "Los Angeles",
        "country": "USA",
        "doc_id": "LA",
        "doc_ref": "City/LA",
        "obj_type": "City",
    }
    assert stored("cityView/LA") == {
        "name": "Los Angeles",
        "country": "USA",
        "doc_ref": "cityView/LA",
        "obj_type": "CityView",
    }


def test_the_life_cycle_once() -> None:
    City.new(doc_id="X", city_name="X", country="Y").save()
    view = CityView.new(snapshot=CTX.db.document("City/X").get())
    assert view.to_view_dict() == {"name": "X", "country": "Y"}
    assert view.to_snapshot().to_dict() == {**view.to_view_dict(), "doc_ref": "cityView/X", "obj_type": "CityView"}


def test_a_form_begins_with_what_its_init_makes() -> None:
    form = CityForm.new(doc_ref=CTX.db.document("users/u/cityForms/LA"))
    form.update_vals(with_raw={"name": "Los Angeles", "other": 1})
    assert (form.city.doc_id, form.city.city_name, form.city.country) == ("LA", "Los Angeles", None)


def test_handlers_by_what_a_change_means_to_the_query() -> None:
    seen: list[tuple[str, str]] = []

    class Watching(ViewMediatorDeltaDAV):
        class Protocol(ProtocolBase):
            @staticmethod
            def on_create(snapshot: Any, mediator: Any) -> None:
                seen.append(("create", snapshot.id))
                if snapshot.id == "bad":
                    raise ValueError

            @staticmethod
            def on_update(snapshot: Any, mediator: Any) -> None:
                seen.append(("update", snapshot.to_dict()["country"]))

            @staticmethod
            def on_delete(snapshot: Any, mediator: Any) -> None:
                seen.append(("delete", snapshot.to_dict()["country"]))

    Watching(query=City.where(capital=True)).start()
    City.new(doc_id="bad", capital=True).save()
    City.new(doc_id="a", capital=False).save()
    City.new(doc_id="a", capital=True, country="x").save()
    City.new(doc_id="a", capital=True, country="y").save()
    City.new(doc_id="a", capital=False).save()
    assert seen == [("create", "bad"), ("create", "a"), ("update", "y"), ("delete", "y")]


def test_a_mediator_has_to_say_what_it_does() -> None:
    with pytest.raises(NotImplementedError, match="ViewMediatorBase does not say what to do with 1: define notify"):
        ViewMediatorBase(query=City.get_query()).notify(1)


def test_a_task_is_done_and_removed_in_one_commit_and_a_failing_one_stays() -> None:
    class Counting(TaskMediator):
        class Protocol(TaskMediator.Protocol):
            @staticmethod
            def on_task(snapshot: Any, mediator: Any) -> None:
                City.new(doc_id=snapshot.id, country=snapshot.get("country")).save()
                if snapshot.get("country") == "nowhere":
                    raise ValueError(snapshot.id)

    CTX.db.document("tasks/a").set({"country": "x"})
    CTX.db.document("tasks/b").set({"country": "nowhere"})
    mediator = Counting(query=CTX.db.collection("tasks"))
    mediator.start()
    CTX.db.document("tasks/c").set({"country": "z"})
    assert [one.id for one in CTX.db.collection("tasks").stream()] == ["b"]
    assert [one.doc_id for one in City.all()] == ["a", "c"]
    assert [(one.path, str(one.error)) for one in mediator.failures] == [("tasks/b", "b")]


class Hall(DomainModel):
    is_open: bool = attrs.nothing
    seats: list[str] = attrs.nothing


class HallStore(Store):
    hall = reference(dm_cls=Hall)


class HallView(ViewModel):
    store: HallStore

    is_open: bool = attrs.nothing

    @is_open.getter
    def is_open(self) -> bool:
        return self.store.hall.is_open

    @is_open.setter
    def is_open(self, value: bool) -> None:
        self.store.hall.is_open = value
        self.store.hall.seats.append(str(value))


def test_a_view_that_is_got_once_may_be_written_through_and_a_live_one_says_how() -> None:
    Hall.new(doc_id="h", is_open=False, seats=["a"]).save()
    live: list[dict[str, Any]] = []
    told = HallView.get("h", once=False, f_notify=lambda obj: live.append(obj.to_view_dict()))
    view = HallView.get("h")
    assert told is not None
    assert view is not None
    view.update_vals(with_raw={"isOpen": True, "store": 1})
    assert (view.is_open, stored("Hall/h")["isOpen"], live) == (True, False, [{"isOpen": False}])  # type: ignore[index]  # it is there
    view.propagate_change()
    assert (stored("Hall/h") or {})["seats"] == ["a", "True"]
    assert live == [{"isOpen": False}, {"isOpen": True}]
    with pytest.raises(ReadOnlyError, match=r"change it in a method, or by `View\.ref\(doc_id\)\.set\(\.\.\.\)`"):
        told.is_open = False
    HallView.release()
