"""What the original documentation shows works as printed, in process, on each datastore."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import flasgger
import flask
import pytest

from onto import errors, sink
from onto.config import Config
from onto.context import CTX
from tests.onto import datastores
from tests.seed.chapters import BLOCKS, Page
from tests.seed.meeting import Meeting, MeetingSession, Ticket

BEGIN = """
from onto import attrs
from onto.context import Context as CTX
from onto.database.client import DocumentSnapshot
from onto.domain_model import DomainModel
from onto.mapper import fields
from onto.mapper.schema import Schema
from onto.mediator import Mediator, ProtocolBase, ViewMediatorBase, ViewMediatorDeltaDAV
from onto.models.factory import ClsFactory
from onto.store import Store, reference
from onto.view_model import ViewModel
"""


@pytest.fixture(params=datastores.ALL, autouse=True)
def _datastore(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[None]:
    opened = datastores.ALL[request.param](tmp_path)
    CTX.use(opened)
    yield
    CTX.use(None)
    getattr(opened, "close", lambda: None)()


@pytest.fixture
def page() -> Page:
    return Page(BEGIN)


def stored(path: str) -> Any:
    return CTX.db.document(path).get().to_dict()


def test_1_4_3_a_view_of_a_snapshot(page: Page) -> None:
    page.run("4.5 Declare a Domain Model")
    exec("class CityStore(Store):\n    city = reference(dm_cls=City)\n", vars(page._module))
    page.run("1.4.3 Declare View Model")
    page.City.new(doc_id="TOK", city_name="Tokyo", country="Japan").save()
    view = page.CityView.new(page.City.get("TOK").to_snapshot())
    assert view.to_view_dict() == {"name": "Tokyo", "country": "Japan"}
    assert (view.doc_ref, view.doc_ref.id) == ("cityView/TOK", "TOK")


@pytest.fixture
def meeting() -> Iterator[None]:
    Ticket.new(doc_id="t1", meeting="m", user="ann", attending=True).save()
    Ticket.new(doc_id="t2", meeting="m", user="bob", attending=False).save()
    yield
    MeetingSession.release()


def shown() -> list[list[str] | None]:
    found = [stored(f"users/{one}/MeetingSession/m") for one in ("ann", "bob")]
    return [None if one is None else one["attending"] for one in found]


@pytest.mark.usefixtures("meeting")
def test_1_4_4_every_participants_screen_shows_the_new_list() -> None:
    page = Page(BEGIN, Meeting=Meeting, MeetingSession=MeetingSession)
    page.run("1.4.4 Document View")
    page.MeetingSessionGet.start()
    assert shown() == [None, None]
    Meeting.new(doc_id="m", title="Town hall").save()
    assert shown() == [["ann"], ["ann"]]
    bob = Ticket.get("t2")
    assert bob is not None
    bob.attending = True
    bob.save()
    assert shown() == [["ann", "bob"], ["ann", "bob"]]
    assert page.MeetingSessionGet.source.failures == []
    page.MeetingSessionGet.stop()


@pytest.mark.usefixtures("meeting")
def test_1_4_5_a_flask_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flask.Flask, "run", lambda app, debug: None)  # it would never return
    known = {
        "Flask": flask.Flask,
        "jsonify": flask.jsonify,
        "Swagger": flasgger.Swagger,
        "MeetingSessionC": MeetingSession,
    }
    page = Page(BEGIN + "from onto.rest import RestViewModelSource\n", Meeting=Meeting, **known)
    page.run("1.4.5 Create Flask View")
    page.MeetingSessionRest.start(page.app)
    Meeting.new(doc_id="m", title="Town hall").save()
    for names in (["ann"], ["ann", "bob"]):  # each request finds what is there now, and leaves no listener behind
        with page.app.test_client() as client:
            answered = client.get("/MeetingSession/m")
            described = client.get("/apispec_1.json").json
        assert (answered.status_code, answered.json["attending"]) == (200, names)
        assert (described["openapi"], list(described["paths"])) == ("3.0.3", ["/MeetingSession/{doc_id}"])
        bob = Ticket.get("t2")
        assert bob is not None
        bob.attending = True
        bob.save()


@pytest.mark.usefixtures("meeting")
def test_whoever_leaves_loses_the_view_and_a_late_sink_overwrites_nothing() -> None:
    out = sink.firestore()
    seen: list[MeetingSession] = []

    def notify(obj: MeetingSession) -> None:
        seen.append(obj)
        assert out.emit_all(obj)

    Meeting.new(doc_id="m", title="Town hall").save()
    MeetingSession.get("m", once=False, f_notify=notify)
    assert shown() == [["ann"], ["ann"]]
    early = seen[-1].to_snapshot()
    bob = Ticket.get("t2")
    assert bob is not None
    bob.delete()
    assert shown() == [["ann"], None]
    seen[-1].timepoint = early.version
    assert not out.emit_all(seen[-1])
    assert out.emit("copies/m", dataclasses.replace(early, version=9))
    assert not out.emit("copies/m", dataclasses.replace(early, version=8))
    assert out.emit("copies/m", dataclasses.replace(early, version=9))


@pytest.mark.usefixtures("meeting")
def test_a_view_is_live_once_per_root_until_it_is_released() -> None:
    Meeting.new(doc_id="m", title="Town hall").save()
    told: dict[str, list[list[str]]] = {"once": [], "first": [], "second": []}

    def tell(name: str) -> Any:
        return lambda obj: told[name].append(obj.attending)

    once = MeetingSession.get("m", f_notify=tell("once"))
    assert once is not None
    assert once.to_view_dict() == {"attending": ["ann"]}
    assert MeetingSession.get("none", once=False) is None
    MeetingSession.get("m", once=False, f_notify=tell("first"))
    MeetingSession.get("m", once=False, f_notify=tell("second"))
    with CTX.database.transaction():  # both changes are seen together, or not at all
        Ticket.new(doc_id="t3", meeting="m", user="cat", attending=True).save()
        Ticket.new(doc_id="t1", meeting="m", user="ann", attending=False).save()
    Meeting.new(doc_id="other", title="Elsewhere").save()
    Meeting.new(doc_id="m", title="Renamed").save()
    assert told == {"once": [["ann"]], "first": [["ann"]], "second": [["ann"], ["cat"], ["cat"]]}
    MeetingSession.release("m")
    Meeting.new(doc_id="m", title="Again").save()
    assert len(told["second"]) == 3


def test_2_1_and_2_2_users(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    exec(
        "class User(DomainModel):\n    first: str = attrs.nothing\n    last: str = attrs.nothing\n"
        "    born: str = attrs.nothing\n    class Meta:\n        collection_name = 'users'\n",
        vars(page._module),
    )
    page.run("2.1 Add data", "2.2 Read data")
    assert stored("users/alovelace") == {
        "first": "Ada", "last": "Lovelace", "born": "1815",
        "obj_type": "User", "doc_id": "alovelace", "doc_ref": "users/alovelace",
    }  # fmt: skip
    assert "'last': 'Lovelace'" in capsys.readouterr().out


def test_2_3_to_2_6_cities_made_by_the_factory(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    page.run("2.3 Save data", "2.4 Get data")
    assert "'population': 860000" in capsys.readouterr().out
    page.City.new(doc_id="DC", name="Washington D.C.", capital=True, population=700_000_000).save()
    page.run("2.5 Simple queries")
    assert "Washington" in (told := capsys.readouterr().out)
    assert "Francisco" not in told
    page.run("2.6 Query operators")
    city = page.City
    found = [city.where(state="CA"), city.where(city.population < 1000000), city.where(city.name >= "San Francisco")]
    assert [[one.doc_id for one in each] for each in found] == [["SF"], ["SF"], ["DC", "SF"]]
    assert city.get(doc_id="none") is None


def test_2_3_as_printed_says_what_to_write(page: Page) -> None:
    with pytest.raises(TypeError, match=r"City: the base CityBase is no class: write `class CityBase\(DomainModel\):`"):
        exec(BLOCKS["2.3 Save data"].replace("class CityBase", "def CityBase"), vars(page._module))
    with pytest.raises(ValueError, match=r"City has no attribute `populations`; did you mean `population`\?"):
        exec(BLOCKS["2.3 Save data"].replace("population=", "populations="), vars(page._module))


@pytest.mark.parametrize("method", [1, 2])
def test_2_7_and_2_8_models_and_their_keys(page: Page, method: int, capsys: pytest.CaptureFixture[str]) -> None:
    page.run(f"2.7 Declare Models, method {method}", "2.8 Field name conversion")
    assert stored("City/LA") == {
        "cityName": "Los Angeles",
        "cityState": "CA",
        "country": "USA",
        "capital": False,
        "regions": ["west_coast", "social"],
        "obj_type": "StandardCity",
        "doc_id": "LA",
        "doc_ref": "City/LA",
    }
    for title in ("2.8 Query by attribute", "2.8 Query by key"):
        page.run(title)
        assert capsys.readouterr().out == "Los Angeles\nSan Francisco\n"
    assert [one.doc_id for one in page.Municipality.all()] == ["BJ", "DC", "TOK"]


def test_3_1_boiler_yaml(page: Page, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CTX, "config", None)
    with pytest.raises(errors.SettingsError, match=r"boiler\.yaml: no such file"):
        page.run("3.1 Auto Configuration with boiler.yaml")
    (tmp_path / "boiler.yaml").write_text(
        'app_name: "<Your Firebase App Name>"\ndebug: True\ntesting: True\n'
        'certificate_filename: "<File Name of Certificate JSON>"\n'
    )
    page.run("3.1 Auto Configuration with boiler.yaml")
    assert CTX.config is not None
    assert CTX.config.app_name == "<Your Firebase App Name>"


def test_3_2_configuration_by_hand(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CTX, "config", None)
    page.run("3.2 Manual Configuration", "3.2 In your project code")
    assert isinstance(page.testing_config, Config)
    assert page.CTX.config is page.testing_config


def test_4_the_quickstart_end_to_end(page: Page) -> None:
    page.run(
        "4.5 Declare a Domain Model",
        "4.5.1 Declare View Model",
        "4.5.2 Declare Mediator Class",
        "4.6 Add Entrypoint",
        name="__main__",
    )
    page.run("4.6 Create a domain model")
    assert stored("cityView/TOK") == {
        "doc_ref": "cityView/TOK",
        "obj_type": "CityView",
        "country": "Japan",
        "name": "Tokyo",
    }
    page.city_view_mediator.stop()
    page.run("4.7.1 Create Form Class", "4.7.2 Declare Form Mediator", "4.7.4 Add Service", name="__main__")
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
    assert page.city_form_mediator.failures == page.city_view_mediator.failures
    page.city_form_mediator.stop()
    page.city_view_mediator.stop()


def test_no_block_is_left_out() -> None:
    text = pathlib.Path(__file__).read_text(encoding="utf-8").replace("{method}", "1") + "2.7 Declare Models, method 2"
    assert [title for title in BLOCKS if title not in text] == []
