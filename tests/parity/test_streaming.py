"""Real Flink, with Kafka on both sides, holds the engine's documents and errors after every wave of changes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from onto import app, boiler, bundle, consume, rows
from tests import strategies
from tests.conftest import Road
from tests.parity import apps, sides

IDS = (*strategies.IDS, *(f"n{number}" for number in range(7)))
WAVES = 2
CHANGES = 150
DEADLINE = 90.0  # seconds for one wave to arrive


@dataclass
class Running:
    """An app as a Flink job, and in process."""

    made: bundle.Bundle
    engine: boiler.Engine
    writer: strategies.Writer
    views: dict[str, consume.Consumer]
    errors: consume.Consumer | None

    def held(self) -> sides.Outcome:
        """Return what the topics hold, as far as it was read."""
        outcome = sides.Outcome({}, {})
        for name, consumer in self.views.items():
            consumer.poll(0.05)
            for (key,), document in consumer.documents.items():
                outcome.documents[name, key] = rows.to_json(document)
        if self.errors is not None:
            self.errors.poll(0.05)
            for place, row in self.errors.documents.items():
                view, key, field = place
                told = sides.message(self.made.view(view), field, row["message"])
                outcome.errors[view, key, field] = (row["exception"], told)
        return outcome


def error_view(table: bundle.ViewTable) -> bundle.View:
    """Describe the error table as a view of one row each, so that a consumer reads it."""
    fields = tuple(bundle.Field(name, name, bundle.Scalar(name)) for name, _ in table.columns)
    return bundle.View("Errors", table.name, "", (table,), bundle.Document(table.key, fields), {})


@contextlib.contextmanager
def running(name: str, road: Road, folder: Path) -> Iterator[Running]:
    """Compile and submit an app."""
    made = sides.compiled(name)
    assert made.bundle is not None
    assert made.files is not None
    bundle.write(made.bundle, made.files, folder)
    road.submit(folder)
    found = app.load(name)
    with contextlib.ExitStack() as stack:
        views = {
            view.view_model: stack.enter_context(consume.Consumer(view, road.kafka, prefix=road.prefix))
            for view in made.bundle.views
        }
        table = made.bundle.error_table
        errors = (
            None if table is None
            else stack.enter_context(consume.Consumer(error_view(table), road.kafka, prefix=road.prefix))
        )  # fmt: skip
        yield Running(
            made.bundle, boiler.Engine(found.views), strategies.Writer(found, ids=IDS, filled=0.93), views, errors
        )


@pytest.mark.parametrize(
    "names",
    [apps.EXAMPLES, tuple(one for one in apps.CORPUS if one not in apps.NOTYET), apps.UNNESTED],
    ids=["examples", "corpus", "unnested"],
)
def test_flink_holds_what_the_engine_holds_after_every_wave(names: tuple[str, ...], road: Road, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(running(name, road, tmp_path / name)) for name in names]
        for wave in range(WAVES):
            for name, one in zip(names, started, strict=True):
                changes = one.writer.changes(Random(f"{name} {wave}"), CHANGES)
                one.engine.apply(*changes)
                road.feed(*changes)
            deadline = time.monotonic() + DEADLINE
            for name, one in zip(names, started, strict=True):
                wait_until_same(name, wave, one, road, deadline)


def wait_until_same(name: str, wave: int, one: Running, road: Road, deadline: float) -> None:
    """Read until both hold the same."""
    expected = sides.held_by(one.engine)
    while difference := expected.difference(one.held()):
        assert not road.failures(), road.failures()
        assert time.monotonic() < deadline, f"{name}, wave {wave}:\n" + "\n".join(difference[:60])
