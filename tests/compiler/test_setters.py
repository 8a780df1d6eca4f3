"""What the compiler says of setters holds in every run: what is read-only, which entities it reaches, which always."""

from __future__ import annotations

import datetime
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import diagnostics, explain_methods, methods, model, reach
from onto import methods as running
from tests.compiler import casefile, projects

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
SOURCE = casefile.read(Path(__file__).parent / "cases" / "setters.case")[0].files["app.py"]
DOORS = ("d1", "d2", "d3", "gone")
VALUES = {"name": "new", "label": " new ", "tag": "red", "kept": "x"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> model.App:
    return projects.resolved(tmp_path_factory.mktemp("house"), app=SOURCE)


@pytest.fixture(scope="module")
def found(app: model.App) -> reach.Found:
    log = diagnostics.Log()
    found = methods.find(app, log)
    assert log.found == []
    return found


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> running.Models:
    folder = tmp_path_factory.mktemp("house_run")
    (folder / "house_of_setters.py").write_text(SOURCE, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("house_of_setters")
    finally:
        sys.path.remove(str(folder))
    return running.Models.around([module.House], [module.HouseView])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    maybe = st.sampled_from([*DOORS, None])
    doors = {
        f"Door/{one}": {
            "doc_id": one, "obj_type": "Door", "locked": draw(st.booleans()), "tags": draw(st.lists(st.just("x"))),
        }
        for one in DOORS[:3]
    }  # fmt: skip
    house = {
        "doc_id": "h", "obj_type": "House", "name": draw(st.sampled_from(["old", "new"])), "front": draw(maybe),
        "doors": draw(st.lists(st.sampled_from(DOORS), max_size=3)), "owner": draw(st.sampled_from(["ann", None])),
    }  # fmt: skip
    owner = {"doc_id": "ann", "obj_type": "Owner", "home": "h", "spare": draw(maybe)}
    return {"houses/h": house, "owners/ann": owner, **doors}


def _run(
    models: running.Models, values: dict[str, Any], stored: dict[str, Any], prefetch: running.Prefetch
) -> tuple[Any, list[str], int]:
    """Return the outcome, what was looked up, and in how many rounds."""
    touched: list[str] = []
    rounds = 0

    def lookup(refs: tuple[str, ...]) -> dict[str, Any]:
        nonlocal rounds
        new = [one for one in refs if one not in touched]
        rounds += bool(new)
        touched.extend(new)
        return {one: stored.get(one) for one in refs}

    request = running.Request(running.SET, values, "HouseView")
    try:
        return running.run(models, request, "houses/h", lookup, NOON, "x", prefetch), touched, rounds
    except Exception as error:
        return (type(error), str(error)), touched, rounds


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_is_said_of_setters_holds_in_every_run(
    data: st.DataObject, found: reach.Found, models: running.Models
) -> None:
    told = {one.name: one for one in found.setters}
    names = data.draw(st.lists(st.sampled_from(sorted(told)), min_size=1, max_size=2, unique=True))
    values = {name: VALUES.get(name, data.draw(st.booleans())) for name in names}
    stored = data.draw(documents())
    plain, touched, rounds = _run(models, values, stored, {})
    prefetch = {("HouseView", running.setter(name)): one.prefetch for name, one in told.items()}
    ahead, touched_ahead, rounds_ahead = _run(models, values, stored, prefetch)
    assert ahead == plain
    if not isinstance(plain, running.Done):
        return  # an exception that nothing in the text shows may have ended it before, or before the next setter
    assert rounds_ahead <= rounds
    assert set(touched_ahead) == set(touched)
    chosen = [told[name] for name in names]
    if all(one.read_only for one in chosen):
        assert plain.writes == {}
    if all(one.changes is not None for one in chosen):
        changes = {each for one in chosen for each in one.changes or ()}
        assert {ref.partition("/")[0] for ref in plain.writes} <= changes
    assert {ref.partition("/")[0] for ref in touched} <= {each for one in chosen for each in one.collections}
    if all(one.tier == "W1" for one in chosen):
        assert touched == ["houses/h"]
    if all(one.tier != "W3" for one in chosen):
        assert set(touched) <= {"houses/h", *(ref for one in chosen for ref in _reached(one, stored["houses/h"]))}


def _reached(one: reach.Setter, root: dict[str, Any]) -> set[str]:
    """Return the places behind the relations of the root."""
    values = [root[path.removeprefix("self.")] for path in one.reaches]
    ids = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return {f"Door/{each}" for each in ids}


def test_setters_are_explained_by_what_their_view_calls_its_entities(app: model.App, found: reach.Found) -> None:
    shown = explain_methods.setters_styled(explain_methods.narrowed(found, "HouseView.checked").setters, app).plain
    assert shown == (
        "HouseView (setters), commands on houses-cmd\n"
        "  checked    W2 known set   shared locks: it changes nothing\n"
        "    fetches at once   house.front\n"
        "    collections       Door, houses\n"
    )
    (told,) = explain_methods.setters_to_json(explain_methods.narrowed(found, "HouseView.kept").setters, app)
    assert (told["root"], told["mode"], told["tier"], told["collections"]) == ("House", "S", "W1", ["houses"])
