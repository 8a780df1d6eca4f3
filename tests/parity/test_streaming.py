"""Real Flink, with Kafka on both sides, holds the engine's documents and errors after every wave of changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from random import Random

import pytest

from flink_jobs import submitter
from onto import app, boiler, histories, settings
from onto.verify import outcome, running, sides
from tests.parity import apps

IDS = (*histories.IDS, *(f"n{number}" for number in range(7)))
WAVES = 2
CHANGES = 150


@pytest.fixture
def stack(stack_settings: settings.Settings, session_submitter: submitter.Submitter) -> running.Stack:
    """Return the session's Kafka and Flink."""
    return running.Stack(stack_settings, session_submitter)


@contextlib.contextmanager
def both(name: str, stack: running.Stack) -> Iterator[tuple[running.Job, boiler.Engine, histories.Writer]]:
    """Run an app as a Flink job and in process."""
    found = app.load(name)
    with running.started(sides.compiled(name), stack) as job:
        yield job, boiler.Engine(found.views), histories.Writer(found, ids=IDS, filled=0.93)


def last(name: str) -> str:
    """Return an app's own name."""
    return name.rpartition(".")[2]


@pytest.mark.timeout(1800)  # Flink plans one app after the other, which takes minutes for some
@pytest.mark.parametrize("names", apps.GROUPS, ids=[" ".join(map(last, one)) for one in apps.GROUPS])
def test_flink_holds_what_the_engine_holds_after_every_wave(names: tuple[str, ...], stack: running.Stack) -> None:
    with contextlib.ExitStack() as opened:
        started = {name: opened.enter_context(both(name, stack)) for name in names}
        for wave in range(WAVES):
            for name, (job, engine, writer) in started.items():
                changes = writer.changes(Random(f"{name} {wave}"), CHANGES)
                engine.apply(*changes)
                job.feed(changes)
            for name, (job, engine, _) in started.items():
                found = outcome.held_by(engine).difference(job.held())
                assert found == [], f"{name}, wave {wave}:\n" + "\n".join(map(str, found[:60]))
