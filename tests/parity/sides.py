"""One app computed two ways: by the in-process engine, and by its compiled plan over rows in memory.

with Sides.of("examples.shop") as sides:
    sides.apply(change)
    assert sides.computed() == sides.expected()
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler import emit_sql, evaluate, pipeline
from onto import app, boiler, bundle, columns, rows, wire

Stored = dict[str, dict[str, dict[str, Any]]]  # collection → doc_id → document in stored form


@dataclass
class Outcome:
    """All documents by view and key, as JSON values, and all errors by view, key and field."""

    documents: dict[tuple[str, str], dict[str, Any]]
    errors: dict[tuple[str, str, str], tuple[str, str | None]]  # exception and message

    def difference(self, other: Outcome) -> list[str]:
        """Say where two outcomes differ, a line for each field; messages count where both have one."""
        found: list[str] = []
        for place in sorted({*self.documents, *other.documents}):
            ours, theirs = self.documents.get(place), other.documents.get(place)
            if ours is None or theirs is None:
                found.append(f"{place}: {ours} != {theirs}")
                continue
            for name in sorted({*ours, *theirs}):
                if not same(ours.get(name), theirs.get(name)):
                    found.append(f"{place}.{name}: {ours.get(name)!r} != {theirs.get(name)!r}")
        for spot in sorted({*self.errors, *other.errors}):
            mine, its = self.errors.get(spot), other.errors.get(spot)
            if mine is None or its is None or mine[0] != its[0] or (mine[1] and its[1] and mine[1] != its[1]):
                found.append(f"{spot}: raises {mine} != {its}")
        return found


def same(ours: Any, theirs: Any) -> bool:
    """Compare JSON values: 1 is 1.0, as JSON has one kind of number, but not True; members of objects have no order."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(one, theirs[key]) for key, one in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same(one, other) for one, other in zip(ours, theirs, strict=True))
    return isinstance(ours, bool) == isinstance(theirs, bool) and bool(ours == theirs)


@dataclass
class Sides:
    """An app, compiled and in process, with the same changes applied to both."""

    found: app.App
    made: pipeline.Compiled
    functions: evaluate.Functions
    stored: Stored = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start the engine without any documents."""
        self.engine = boiler.Engine(self.found.views)

    @staticmethod
    @contextlib.contextmanager
    def of(name: str) -> Iterator[Sides]:
        """Compile and load an app by its module's name."""
        made = compiled(name)
        with evaluate.functions(udfs(made)) as functions:
            yield Sides(app.load(name), made, functions)

    def fresh(self) -> Sides:
        """Return the same app with nothing stored."""
        return Sides(self.found, self.made, self.functions)

    def apply(self, *changes: wire.Change) -> None:
        """Apply changes to both."""
        for one in changes:
            held = self.stored.setdefault(one.collection, {})
            held.pop(one.doc_id, None)
            if one.after is not None:
                held[one.doc_id] = dict(one.after)
        self.engine.apply(*changes)

    def expected(self) -> Outcome:
        """Return what the engine holds."""
        return held_by(self.engine)

    def computed(self) -> Outcome:
        """Return what the plan gives for what is stored now."""
        assert self.made.bundle is not None
        assert self.made.plan is not None
        data = {one.name: read(one, self.stored.get(one.name, {})) for one in self.made.bundle.sources}
        outcome = Outcome({}, {})
        for view, described in zip(self.made.plan.views, self.made.bundle.views, strict=True):
            found = evaluate.view(view, data, self.functions)
            for key, document in nested(described, found.tables).items():
                outcome.documents[view.view_model, key] = document
            for (name, key, getter), row in found.errors.items():
                outcome.errors[name, key, getter] = (row["exception"], message(described, getter, row["message"]))
        return outcome


def message(view: bundle.View, field: str, text: str | None) -> str | None:
    """Return what an error says, None where several elements may raise: which of them speaks is not promised."""
    return None if view.fields[field].tier == "agg" else text


def held_by(engine: boiler.Engine) -> Outcome:
    """Return all documents and errors of an engine."""
    documents = {
        (cls.__name__, key): rows.to_json(one) for cls in engine.views for key, one in engine.documents(cls).items()
    }
    errors = {(one.view, one.key, one.field): (one.exception, one.message) for one in engine.errors}
    return Outcome(documents, errors)


def compiled(name: str) -> pipeline.Compiled:
    """Compile an app without any error."""
    result = pipeline.run(name, emit_sql.Settings())
    assert [one for one in result.found if one.is_error] == []
    return result


def udfs(made: pipeline.Compiled) -> dict[str, str]:
    """Return the texts of the emitted Python modules by their path."""
    assert made.files is not None
    return {path.removeprefix("udfs/"): text for path, text in made.files.items() if path.startswith("udfs/")}


def read(source: bundle.Source, documents: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the rows of a collection as Flink reads them."""
    return {
        doc_id: {
            name: columns.decoder(kind)(_text(kind, document.get(source.json_names.get(name, name))))
            for name, kind in source.columns
        }
        for doc_id, document in documents.items()
    }


def _text(kind: str, value: Any) -> Any:
    return json.dumps(value) if kind == "STRING" and value is not None and not isinstance(value, str) else value


def nested(view: bundle.View, tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]]) -> dict[str, Any]:
    """Return the documents of a view's rows, as JSON values by key."""

    def children(table: str, key: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
        return (row for place, row in tables[table].items() if place[: len(key)] == key)

    root = view.tables[0]
    return {key[0]: rows.to_json(rows.nest(view, row, children)) for key, row in tables[root.name].items()}
