"""One app computed two ways: by the in-process engine, and by its compiled plan over rows in memory.

with Sides.of("examples.shop") as sides:
    sides.apply(change)
    assert sides.computed() == sides.expected()
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from compiler import emit_sql, evaluate, pipeline
from onto import app, boiler, bundle, columns, rows, wire
from onto.verify import outcome

Stored = dict[str, dict[str, dict[str, Any]]]  # collection → doc_id → document in stored form


class Sides:
    """An app, compiled and in process, with the same changes applied to both.

    No dataclass: hypothesis prints one of those field by field, whatever its `repr` is, and a plan shares its parts, so
    that the report of one failing test filled the memory of a machine.
    """

    def __init__(self, found: app.App, made: pipeline.Compiled, functions: evaluate.Functions) -> None:
        """Start the engine without any documents."""
        self.found = found
        self.made = made
        self.functions = functions
        self.stored: Stored = {}
        self.engine = boiler.Engine(found.views)

    def __repr__(self) -> str:
        """Name the app alone."""
        return f"Sides({self.found.name!r})"

    @staticmethod
    @contextlib.contextmanager
    def of(name: str) -> Iterator[Sides]:
        """Compile and load an app, which has no errors, by its module's name."""
        with Sides.opened(compiled(name), app.load(name)) as made:
            yield made

    @staticmethod
    @contextlib.contextmanager
    def opened(made: pipeline.Compiled, found: app.App) -> Iterator[Sides]:
        """Import the compiled app's own Python functions for as long as the sides are used."""
        with evaluate.functions(udfs(made)) as functions:
            yield Sides(found, made, functions)

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

    def expected(self) -> outcome.Outcome:
        """Return what the engine holds."""
        return outcome.held_by(self.engine)

    def computed(self) -> outcome.Outcome:
        """Return what the plan gives for what is stored now."""
        assert self.made.bundle is not None
        assert self.made.plan is not None
        data = {one.name: read(one, self.stored.get(one.name, {})) for one in self.made.bundle.sources}
        held = outcome.Outcome({}, {})
        for view, described in zip(self.made.plan.views, self.made.bundle.views, strict=True):
            found = evaluate.view(view, data, self.functions)
            for key, document in nested(described, found.tables).items():
                held.documents[view.view_model, key] = document
            for (name, key, getter), row in found.errors.items():
                held.errors[name, key, getter] = (row["exception"], outcome.message(described, getter, row["message"]))
        return held


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
