"""The compiled plan, evaluated in memory, gives the documents of the in-process engine, change by change."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import random as random_module
from dataclasses import dataclass
from typing import Any

import pytest

from compiler import diagnostics, emit_sql, emit_udf, evaluate, ir, manifest, optimize, pipeline, plan, relate
from onto import boiler, bundle, rows, view_model, wire
from onto.verify import sides

Stored = dict[str, dict[str, dict[str, Any]]]  # collection → doc_id → document in stored form


@dataclass(frozen=True)
class Made:
    """A compiled app: its plan, manifest, and functions in Python."""

    plan: plan.Plan
    bundle: bundle.Bundle
    functions: dict[str, str]


@functools.cache
def compiled(app: str, *, in_python: bool) -> Made:
    """Compile an app as it is, or as if SQL could say none of its getters."""
    result = pipeline.run(app, emit_sql.Settings())
    assert [one for one in result.found if one.is_error] == []
    assert result.app is not None
    assert result.program is not None
    program = result.program
    if in_python:
        declined = ir.Declined("D301", diagnostics.NOWHERE, "left to Python by the test")
        getters = tuple(dataclasses.replace(one, result=declined) for one in program.getters)
        program = dataclasses.replace(program, getters=getters)
    log = diagnostics.Log()
    made = optimize.optimize(relate.relate(result.app, program, log))
    assert log.found == []
    sql = emit_sql.emit(made, result.app, emit_sql.Settings())
    described = manifest.manifest(result.app, made, sql, (), (), "0", "", ())
    return Made(made, described, emit_udf.emit(made, result.app))


class Pair:
    """An app run both ways on the same changes."""

    def __init__(self, made: Made, classes: list[type[view_model.ViewModel]]) -> None:
        self.made = made
        self.engine = boiler.Engine(classes)
        self.classes = {cls.__name__: cls for cls in classes}
        self.stored: Stored = {}

    def change(self, collection: str, doc_id: str, after: dict[str, Any] | None) -> None:
        held = self.stored.setdefault(collection, {})
        before = held.pop(doc_id, None)
        if after is not None:
            held[doc_id] = after
        if before is not None or after is not None:
            self.engine.apply(wire.Change(collection, doc_id, before, after))

    def compare(self, functions: evaluate.Functions) -> None:
        data = {one.name: sides.read(one, self.stored.get(one.name, {})) for one in self.made.bundle.sources}
        errors: set[tuple[Any, ...]] = set()
        for view, described in zip(self.made.plan.views, self.made.bundle.views, strict=True):
            found = evaluate.view(view, data, functions)
            wanted = self.engine.documents(self.classes[view.view_model])
            assert sides.nested(described, found.tables) == {key: rows.to_json(one) for key, one in wanted.items()}
            errors |= {(*place, row["exception"]) for place, row in found.errors.items()}
        assert errors == {(one.view, one.key, one.field, one.exception) for one in self.engine.errors}


APPS = ["meeting_room", "shop", "chat"]


def _pair(name: str, *, in_python: bool = False) -> tuple[Pair, Any]:
    """Return an example run both ways, and its data."""
    views = importlib.import_module(f"examples.{name}.views")
    classes = [
        one
        for one in vars(views).values()
        if isinstance(one, type) and issubclass(one, view_model.ViewModel) and one.__module__ == views.__name__
    ]
    return Pair(compiled(f"examples.{name}", in_python=in_python), classes), importlib.import_module(
        f"examples.{name}.data"
    )


IN_PYTHON = pytest.mark.parametrize("in_python", [False, True], ids=["sql", "python"])


@IN_PYTHON
@pytest.mark.parametrize("name", APPS)
def test_an_example_evaluates_to_the_engines_documents(name: str, in_python: bool) -> None:
    pair, data = _pair(name, in_python=in_python)
    with evaluate.functions(pair.made.functions) as functions:
        pair.compare(functions)
        for collection, entities in data.ENTITIES.items():
            for document in entities:
                pair.change(collection, document["doc_id"], document)
        pair.compare(functions)
        for collection, doc_id, after in data.CHANGES:
            pair.change(collection, doc_id, after)
            pair.compare(functions)


def _values(data: Any) -> dict[tuple[str, str], list[Any]]:
    """Return what stands in each field anywhere in the data."""
    found: dict[tuple[str, str], list[Any]] = {}
    changed = [(collection, after) for collection, _, after in data.CHANGES if after is not None]
    every = [(collection, one) for collection, entities in data.ENTITIES.items() for one in entities]
    for collection, document in [*every, *changed]:
        for field, value in document.items():
            if field not in ("doc_id", "obj_type", "doc_ref"):
                known = found.setdefault((collection, field), [None])
                if value not in known:
                    known.append(value)
    return found


def _other(random: random_module.Random, value: Any) -> Any:
    """Return a value a little away from one: a list or dict with entries gone, doubled or dangling, a text edited."""
    match value:
        case list():
            mixed = [*value, *value[:1], "nobody"]
            random.shuffle(mixed)
            return mixed[: random.randrange(len(mixed) + 1)]
        case dict():
            kept = {key: one for key, one in value.items() if random.random() < 0.7}
            return {**kept, "stranger": "nobody"} if random.random() < 0.3 else kept
        case bool():
            return not value
        case int():
            return value + random.randrange(-3, 4)
        case str() if value.isalpha():
            return random.choice(["", "nobody", value.upper(), value + " 😀"])
    return value


@IN_PYTHON
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", APPS)
def test_random_changes_evaluate_to_the_engines_documents(name: str, seed: int, in_python: bool) -> None:
    random = random_module.Random(f"{name} {seed}")
    pair, data = _pair(name, in_python=in_python)
    values = _values(data)
    with evaluate.functions(pair.made.functions) as functions:
        for collection, entities in data.ENTITIES.items():
            for document in entities:
                pair.change(collection, document["doc_id"], document)
        for _ in range(60):
            collection = random.choice(list(data.ENTITIES))
            document = random.choice(data.ENTITIES[collection])
            doc_id = document["doc_id"]
            after = dict(pair.stored[collection].get(doc_id, document))
            for field in [one for one in after if (collection, one) in values and random.random() < 0.4]:
                chosen = random.choice(values[collection, field])
                after[field] = _other(random, chosen) if random.random() < 0.3 else chosen
            pair.change(collection, doc_id, None if random.random() < 0.15 else after)
            pair.compare(functions)


def test_an_error_below_a_child_row_makes_the_whole_field_none() -> None:
    pair, _ = _pair("chat")
    pair.change("rooms", "r", {"doc_id": "r", "obj_type": "Room", "title": "R", "members": []})
    pair.change("messages", "m", {"doc_id": "m", "obj_type": "Message", "room": "r", "author": "a", "number": None})
    mark = {"doc_id": "b", "obj_type": "Bookmark", "room": "r", "member": "k", "lastRead": 1}
    pair.change("bookmarks", "b", mark)
    with evaluate.functions(pair.made.functions) as functions:
        pair.compare(functions)


def test_none_as_a_key_of_a_dict_is_an_error_of_the_field() -> None:
    pair, _ = _pair("chat")
    pair.change("rooms", "r", {"doc_id": "r", "obj_type": "Room", "title": "R", "members": []})
    for doc_id, member in (("b", None), ("c", "kim")):
        mark = {"doc_id": doc_id, "obj_type": "Bookmark", "room": "r", "member": member, "lastRead": 1}
        pair.change("bookmarks", doc_id, mark)
    with evaluate.functions(pair.made.functions) as functions:
        pair.compare(functions)
