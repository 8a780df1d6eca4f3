"""What `assert_view_equals_flink` does: the same waves of changes into this process and into a job, compared each time.

    checks.Checks(stack).check(MeetingSession, {"users": {"u1": {"firstName": "Ann"}}}, [("users", "u1", None)])

The job of an app starts with the first check of one of its views and serves the later ones; each check ends by deleting
what it wrote, so that the next finds nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from compiler import emit_sql, pipeline, render
from onto import boiler, domain_model, errors, settings, view_model, wire
from onto.verify import outcome, running

Document = Mapping[str, Any]  # in stored form: camelCase keys and JSON values; `doc_id` may be left out
Step = tuple[str, str, Document | None]  # collection, doc_id, the document or None for its deletion
Wave = Mapping[str, Mapping[str, Document | None]] | Iterable[Step | wire.Change | domain_model.DomainModel]


class Checks:
    """The checks of a test session, with the jobs that they share; a context manager."""

    def __init__(self, stack: running.Stack) -> None:
        """Start no job yet."""
        self._stack = stack
        self._jobs: dict[str, tuple[running.Job, contextlib.ExitStack]] = {}

    def __enter__(self) -> Checks:
        """Return the checks."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the jobs and delete their topics."""
        for _, opened in self._jobs.values():
            opened.close()

    def check(self, view: type[view_model.ViewModel], *waves: Wave, app: str | None = None) -> None:
        """Feed one wave after the other and compare after each; AssertionError says what differs.

        `app` is what to compile, when that is more than the module of the view.
        """
        name = app or view.__module__
        job = self._job(name)
        engine = boiler.Engine([view])
        written: dict[tuple[str, str], None] = {}
        try:
            for number, wave in enumerate(waves, start=1):
                given = list(_changes(wave))
                engine.apply(*given)
                written.update(dict.fromkeys((one.collection, one.doc_id) for one in given))
                job.feed(given)
                found = self._differences(job, engine, view)
                if found:
                    told = "\n".join(f"  {one}" for one in found)
                    raise AssertionError(f"after wave {number} of {len(waves)}, in process != on Flink:\n{told}")
        except BaseException:
            self._end(name)  # what it holds is not what the next check expects
            raise
        gone = [wire.Change(collection, doc_id, None, None) for collection, doc_id in written]
        engine.apply(*gone)
        job.feed(gone)
        if found := self._differences(job, engine, view):
            self._end(name)
            told = "\n".join(f"  {one}" for one in found)
            raise AssertionError(f"after everything was deleted, in process != on Flink:\n{told}")

    def _differences(
        self, job: running.Job, engine: boiler.Engine, view: type[view_model.ViewModel]
    ) -> list[outcome.Difference]:
        found = outcome.held_by(engine).difference(job.held())
        return [one for one in found if one.view == view.__name__]

    def _job(self, name: str) -> running.Job:
        if name not in self._jobs:
            opened = contextlib.ExitStack()
            self._jobs[name] = (opened.enter_context(running.started(compiled(name), self._stack)), opened)
        return self._jobs[name][0]

    def _end(self, name: str) -> None:
        _, opened = self._jobs.pop(name)
        opened.close()


def compiled(name: str) -> pipeline.Compiled:
    """Compile an app; OntoError with all that was found when that has errors."""
    made = pipeline.run(name, emit_sql.Settings(), settings.load(Path.cwd(), os.environ, {}).requirements)
    if made.failed:
        raise errors.OntoError(render.text([one for one in made.found if one.is_error], made.sources))
    return made


def _changes(wave: Wave) -> Iterable[wire.Change]:
    if isinstance(wave, Mapping):
        wave = [(name, doc_id, one) for name, documents in wave.items() for doc_id, one in documents.items()]
    for step in wave:
        match step:
            case wire.Change():
                yield step
            case domain_model.DomainModel():
                yield wire.Change(step.collection_name(), step.doc_id, None, step.to_dict())
            case (collection, doc_id, document):
                after = None if document is None else {**document, "doc_id": doc_id}
                yield wire.Change(collection, doc_id, None, after)
