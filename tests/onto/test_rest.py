"""Views as routes of a Flask app."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import flasgger
import flask
import pytest
import yaml

from onto import errors
from onto.attrs import attrs
from onto.context import CTX
from onto.database import protocol
from onto.database.memory import Memory
from onto.domain_model import DomainModel
from onto.mediator import Mediator
from onto.rest import RestViewModelSource
from onto.store import Store, reference
from onto.view_model import ViewModel

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "counts": {"type": "array", "items": {"type": "integer"}}},
}


class Town(DomainModel):
    name: str = attrs.nothing
    people: int = attrs.nothing


class TownStore(Store):
    town = reference(dm_cls=Town)


class TownView(ViewModel):
    store: TownStore

    @attrs.getter
    def name(self) -> str:
        return self.store.town.name

    @attrs.getter
    def counts(self) -> list[int]:
        return [self.store.town.people]


class TownRest(Mediator):
    view_model_cls = TownView
    rest = RestViewModelSource()

    @rest.route("/<doc_id>", methods=("GET",))
    def show(self, doc_id: str) -> None:
        """Show a town."""
        TownView.get(doc_id, once=False, f_notify=lambda obj: self.rest.emit(obj.to_view_dict()))

    @rest.route("/<doc_id>", methods=("PATCH",))
    def rename(self, doc_id: str) -> Any:
        town = Town.get(doc_id)
        if town is not None:
            town.update_vals(with_raw=flask.request.json)
            town.save()
            return {"operation_status": "success"}
        return None

    @rest.route("/<doc_id>", methods=("POST",))
    def found(self, doc_id: str) -> None:
        CTX.database.write(f"Town/{doc_id}", {}, when=protocol.Exists(False))

    @rest.route("/<doc_id>", methods=("PUT",))
    def fail(self, doc_id: str) -> None:
        raise ZeroDivisionError(doc_id)


@pytest.fixture
def client() -> Iterator[Any]:
    CTX.use(Memory())
    app = flask.Flask(__name__)
    TownRest.rest.start(app)
    Town.new(doc_id="o", name="Oslo", people=7).save()
    yield app.test_client()
    CTX.use(None)


def test_a_request_is_answered_by_what_is_emitted_or_returned(client: Any) -> None:
    assert client.get("/TownView/o").json == {"name": "Oslo", "counts": [7]}
    assert client.patch("/TownView/o", json={"name": "Olso"}).json == {"operation_status": "success"}
    assert client.get("/TownView/o").json["name"] == "Olso"


def test_what_is_not_there_is_404_and_what_does_not_fit_400(client: Any) -> None:
    for answered in (client.get("/TownView/nobody"), client.patch("/TownView/nobody", json={})):
        assert (answered.status_code, answered.json) == (404, {"error": "there is nothing here"})
    answered = client.patch("/TownView/o", json={"people": "many"})
    assert (answered.status_code, answered.json) == (400, {"error": "Town.people: 'many' is not an integer"})
    assert Town.get("o").people == 7  # type: ignore[union-attr]  # it is there


def test_no_request_leaves_a_listener_behind(client: Any) -> None:
    client.get("/TownView/o")
    Town.new(doc_id="o", name="Bergen").save()  # would tell `emit`, which answers nobody
    with pytest.raises(RuntimeError, match="answers a request"):
        TownRest.rest.emit("x")


def test_every_route_is_described(client: Any) -> None:
    text = client.application.view_functions["TownRest.show"].__doc__
    summary, described = text.split("\n---\n")
    assert summary == "Show a town."
    found = yaml.safe_load(described)
    assert found["parameters"] == [{"name": "doc_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    assert found["responses"][200]["content"] == {"application/json": {"schema": SCHEMA}}


@pytest.mark.parametrize("first", ["routes", "Swagger"])
def test_flasgger_shows_every_route_as_openapi_3(first: str) -> None:
    app = flask.Flask(__name__)
    steps: list[Callable[[flask.Flask], Any]] = [TownRest.rest.start, flasgger.Swagger]
    for step in steps if first == "routes" else reversed(steps):
        step(app)
    with app.test_client() as client:
        page, found = client.get("/apidocs/"), client.get("/apispec_1.json").json
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert found["openapi"] == "3.0.3"
    assert "swagger" not in found
    assert list(found["paths"]) == ["/TownView/{doc_id}"]
    shown = found["paths"]["/TownView/{doc_id}"]
    summaries = {"get": "Show a town.", "patch": "rename", "post": "found", "put": "fail"}
    assert {verb: one["summary"] for verb, one in shown.items()} == summaries
    for one in shown.values():
        assert one["parameters"] == [{"name": "doc_id", "in": "path", "required": True, "schema": {"type": "string"}}]
        assert one["responses"]["200"]["content"] == {"application/json": {"schema": SCHEMA}}


def test_a_failing_route_is_logged_and_stops_no_other(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert client.put("/TownView/o").status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert client.get("/TownView/o").json == {"name": "Oslo", "counts": [7]}


def test_a_conflict_is_told_as_one(client: Any) -> None:
    answered = client.post("/TownView/o")
    assert (answered.status_code, answered.json) == (409, {"error": "Town/o: there is such a document already"})


def test_without_flask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    app = flask.Flask(__name__)
    monkeypatch.setitem(sys.modules, "flask", None)  # to import it raises ModuleNotFoundError
    with pytest.raises(errors.SettingsError, match=re.escape("routes need Flask: pip install 'onto[rest]'")):
        TownRest.rest.start(app)


def test_a_mediator_without_a_view_is_told() -> None:
    class Nameless(Mediator):
        rest = RestViewModelSource()

    with pytest.raises(ValueError, match="Nameless has no `view_model_cls`"):
        Nameless.rest.start(flask.Flask(__name__))
