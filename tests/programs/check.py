"""Compiles a random program and runs both sides on random histories; what is wrong comes back as a few words.

    check(program(7), seed=7)  →  [Failure("different", "g2", "expected 3, found None"), …]     [] where all is right
    check(program(7), seed=7, stack=stack)         the same on a real Flink

Nothing of a plan is kept or spelled out in a failure: a plan shares its parts, and the text of one can fill a machine.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Protocol

from compiler import emit_sql, pipeline
from onto import app, boiler, errors, histories, wire
from onto.verify import outcome, running, sides

SECONDS = 60  # for one program's compilation, a hundred times what most take
FLINK_SECONDS = 400  # for a job to start and to take in what it is fed
HISTORIES, ROUNDS, CHANGES = 3, 4, 10


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with a program: its kind, the getter or place in the compiler, and the words for it."""

    kind: str  # "crash", "refused", "slow", "engine", "evaluate" or "different"
    place: str
    text: str

    def is_like(self, other: Failure) -> bool:
        """Tell whether two failures may have one cause."""
        if self.kind == other.kind == "different":
            return self.text.split(":")[0] == other.text.split(":")[0]
        return self.kind == other.kind and (self.kind in ("slow",) or self.place == other.place)


class _SlowError(Exception):
    """The time is over."""


class Both(Protocol):
    """An app in process beside its compiled form, wherever that runs."""

    made: pipeline.Compiled
    stored: sides.Stored

    def apply(self, *changes: wire.Change) -> None:
        """Apply changes to both."""

    def expected(self) -> outcome.Outcome:
        """Return what the engine holds."""

    def computed(self) -> outcome.Outcome:
        """Return what the compiled app holds."""


class OnFlink:
    """An app in process beside its running job."""

    def __init__(self, found: app.App, made: pipeline.Compiled, job: running.Job) -> None:
        """Start the engine without any documents."""
        self.made = made
        self.stored: sides.Stored = {}
        self._engine = boiler.Engine(found.views)
        self._job = job

    def apply(self, *changes: wire.Change) -> None:
        """Apply changes to both."""
        self._engine.apply(*changes)
        for one in changes:
            self.stored.setdefault(one.collection, {})[one.doc_id] = {}
        self._job.feed(changes)

    def expected(self) -> outcome.Outcome:
        """Return what the engine holds."""
        return outcome.held_by(self._engine)

    def computed(self) -> outcome.Outcome:
        """Return what the job holds once it has taken in what was applied."""
        return self._job.held()


def check(
    text: str, seed: int, only: frozenset[str] = frozenset(), stack: running.Stack | None = None
) -> list[Failure]:
    """Return what is wrong with an app; `only` looks at these getters of it. With a stack the app runs there."""
    with tempfile.TemporaryDirectory(prefix="programs-") as folder, _module(Path(folder), text) as name:
        made = compiled(str(Path(folder) / f"{name}.py"))
        if isinstance(made, Failure):
            return [made]
        if refused := [one for one in made.found if one.is_error]:
            return [Failure("refused", one.code, f"{one.code}: {one.message} at {one.span.line}") for one in refused]
        try:
            found = app.load(name)
        except Exception as error:  # a random program may do anything when it is imported
            return [Failure("engine", type(error).__name__, f"import: {error}")]
        if stack is None:
            with sides.Sides.opened(made, found) as both:
                return _compared(both, found, seed, only, SECONDS)
        with running.started(made, stack) as job:
            return _compared(OnFlink(found, made, job), found, seed, only, FLINK_SECONDS)


def compiled(path: str) -> pipeline.Compiled | Failure:
    """Compile, within the time that there is; a failure where the compiler itself fails."""
    try:
        with _within(SECONDS):
            return pipeline.run(path, emit_sql.Settings())
    except _SlowError:
        return Failure("slow", "compile", f"more than {SECONDS} seconds")
    except RecursionError as error:
        return Failure("crash", _frame(error, repeats=True), "RecursionError")
    except Exception as error:
        return Failure("crash", _frame(error), f"{type(error).__name__}: {str(error)[:300]}")


def _compared(both: Both, found: app.App, seed: int, only: frozenset[str], seconds: int) -> list[Failure]:
    for number in range(HISTORIES):
        writer, random = histories.Writer(found), Random(f"{seed} {number}")
        for _ in range(ROUNDS):
            if failures := _round(both, writer.changes(random, CHANGES), only, seconds):
                return failures
        gone = [wire.Change(name, one, None, None) for name, held in both.stored.items() for one in held]
        if failures := _round(both, gone, only, seconds):
            return failures
    return []


def _round(both: Both, changes: list[wire.Change], only: frozenset[str], seconds: int) -> list[Failure]:
    try:
        both.apply(*changes)
        expected = both.expected()
    except errors.OntoError as error:
        return [Failure("engine", type(error).__name__, str(error)[:300])]
    except Exception as error:
        return [Failure("engine", _frame(error), f"{type(error).__name__}: {str(error)[:300]}")]
    try:
        with _within(seconds):
            differences = expected.difference(both.computed())
    except _SlowError:
        return [Failure("slow", "evaluate", f"more than {seconds} seconds")]
    except Exception as error:
        return [Failure("evaluate", _frame(error), f"{type(error).__name__}: {str(error)[:300]}")]
    tiers = {one.name: one.tier for view in (both.made.plan.views if both.made.plan else ()) for one in view.fields}
    wanted = {
        one.field or "": one
        for one in differences
        if (not only or one.field in only) and not (one.raises and _which(one, tiers.get(one.field or "")))
    }
    return [
        Failure("different", name, f"{_sorts(one.expected, one.found, raises=one.raises)}: {str(one)[:600]}")
        for name, one in wanted.items()
    ]


def _which(one: outcome.Difference, tier: str | None) -> bool:
    """Tell whether both raise, but not the same: of several elements that raise, which one speaks is not promised."""
    return tier == "agg" and one.expected is not None and one.found is not None


def _sorts(expected: object, found: object, *, raises: bool) -> str:
    if raises:
        words = [repr(one).replace(":", "") for one in (expected, found) if one is None or isinstance(one, tuple)]
        return "raises " + " and ".join(words)
    return f"{type(expected).__name__} {type(found).__name__}"


def _frame(error: BaseException, *, repeats: bool = False) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if repeats:
        return "RecursionError"
    own = [one for one in frames if "/compiler/" in one.filename or "/onto/" in one.filename]
    last = (own or list(frames))[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.name}"


@contextlib.contextmanager
def _module(folder: Path, text: str) -> Iterator[str]:
    """Write a module that can be imported, with a name that no other has, and forget it in the end."""
    name = f"{folder.name.replace('-', '_')}"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield name
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)
        sys.path_importer_cache.pop(str(folder), None)


@contextlib.contextmanager
def _within(seconds: int) -> Iterator[None]:
    """Raise in the middle of what takes longer; only where signals can be had."""

    def late(number: int, frame: FrameType | None) -> None:
        raise _SlowError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
