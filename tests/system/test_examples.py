"""The examples end to end: compiled, submitted, fed, read back; the in-process engine says what is right."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from compiler import emit_sql, pipeline
from onto import boiler, bundle, consume, rows, wire
from tests.conftest import Road

EXAMPLES = ("meeting_room", "city", "shop", "chat")
DEADLINE = 60.0
Expected = dict[str, dict[str, Any]]  # view collection → key → the document as JSON


class Pair:
    """An example in Flink and in this process, given the same changes."""

    def __init__(self, road: Road, engine: boiler.Engine, made: bundle.Bundle, opened: ExitStack) -> None:
        self.road = road
        self.engine = engine
        self.made = made
        views = (*made.views, error_view(made)) if made.error_table else made.views
        self.consumers = {
            view.collection: opened.enter_context(consume.Consumer(view, road.kafka, prefix=road.prefix))
            for view in views
        }

    def apply(self, *changes: wire.Change) -> None:
        """Give the changes to both."""
        self.engine.apply(*changes)
        self.road.feed(*changes)

    def expected(self) -> Expected:
        """Return what the engine says."""
        classes = {view.__name__: view for view in self.engine.views}
        wanted = {
            view.collection: {
                key: rows.to_json(document) for key, document in self.engine.documents(classes[view.view_model]).items()
            }
            for view in self.made.views
        }
        if self.made.error_table is not None:
            wanted["errors"] = {
                "/".join((one.view, one.key, one.field)): {"exception": one.exception, "message": one.message}
                for one in self.engine.errors
            }
        return wanted

    def found(self) -> Expected:
        """Return what has come out of Kafka until now."""
        for consumer in self.consumers.values():
            consumer.poll(0)
        return {
            name: {"/".join(map(str, key)): rows.to_json(each) for key, each in consumer.documents.items()}
            for name, consumer in self.consumers.items()
        }

    def agree(self) -> None:
        """Wait until Kafka holds what the engine says."""
        wanted = self.expected()
        deadline = time.monotonic() + DEADLINE
        while (found := self.found()) != wanted:
            assert time.monotonic() < deadline, difference(found, wanted, self.road.failures())


def error_view(made: bundle.Bundle) -> bundle.View:
    """Describe the error table as a view of its own, to read it like one."""
    assert made.error_table is not None
    fields = tuple(bundle.Field(name, name, bundle.Scalar(name)) for name in ("exception", "message"))
    document = bundle.Document(made.error_table.key, fields)
    return bundle.View("Errors", "errors", "", (made.error_table,), document, {})


def difference(found: Expected, wanted: Expected, failures: object) -> str:
    """Say where the two differ."""
    lines = [f"job failures: {failures}"]
    for view in sorted(found.keys() | wanted.keys()):
        there, here = found.get(view, {}), wanted.get(view, {})
        for key in sorted(there.keys() | here.keys()):
            if there.get(key) != here.get(key):
                lines += [f"{view} {key}", f"  Flink  {there.get(key)}", f"  engine {here.get(key)}"]
    return "\n".join(lines)


@pytest.fixture(params=EXAMPLES)
def pair(request: pytest.FixtureRequest, road: Road, tmp_path: Path) -> Iterator[tuple[str, Pair]]:
    """Compile and submit one example and load it into an engine."""
    name = str(request.param)
    result = pipeline.run(f"examples.{name}", emit_sql.Settings())
    assert result.bundle is not None, result.found
    assert result.files is not None
    bundle.write(result.bundle, result.files, tmp_path / "build")
    road.submit(tmp_path / "build")
    with ExitStack() as opened:
        yield name, Pair(road, boiler.load_app(f"examples.{name}"), bundle.read(tmp_path / "build"), opened)


def test_an_example_agrees_with_the_engine_after_every_change(pair: tuple[str, Pair]) -> None:
    name, both = pair
    data = importlib.import_module(f"examples.{name}.data")
    entities = [(collection, each) for collection, group in data.ENTITIES.items() for each in group]
    # Backwards, so that what is referred to comes late, or has not come yet.
    late = [wire.Change(collection, each["doc_id"], None, each) for collection, each in reversed(entities)]
    both.apply(*late[: len(late) // 2])
    both.agree()
    both.apply(*late[len(late) // 2 :])
    both.agree()
    for collection, doc_id, document in data.CHANGES:
        both.apply(wire.Change(collection, doc_id, {"doc_id": doc_id}, document))
        both.agree()
    # The same again, and then away with everything.
    both.apply(*late)
    both.agree()
    everything = {(one.collection, one.doc_id) for one in late} | {(one[0], one[1]) for one in data.CHANGES}
    both.apply(*(wire.Change(collection, doc_id, None, None) for collection, doc_id in sorted(everything)))
    both.agree()
    assert set(map(len, both.found().values())) == {0}
