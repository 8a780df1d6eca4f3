"""Every golden case: the texts of the passes are as the case says, and nothing else is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler import facts, model, read, render, resolve
from compiler.diagnostics import Diagnostic, Log
from tests.compiler import casefile

FAMILIES = sorted((Path(__file__).parent / "cases").glob("*.case"))
CASES = [(path, at, one.title) for path in FAMILIES for at, one in enumerate(casefile.read(path))]


@dataclass(frozen=True, slots=True)
class Run:
    """What the front end made of a case's source."""

    facts: facts.Facts
    app: model.App
    found: tuple[Diagnostic, ...]

    @property
    def errors(self) -> str:
        """Return the errors and warnings as people read them."""
        return render.text(self.found, self.facts.sources)


OUTPUTS: dict[str, Callable[[Run], str]] = {
    "facts": lambda run: facts.show(run.facts),
    "model": lambda run: model.show(run.app),
    "stores": lambda run: "".join(model.show_store(one) for one in run.app.stores.values()),
    "names": lambda run: model.show_names(run.app),
    "errors": lambda run: run.errors,
}


@pytest.mark.parametrize(("path", "at", "title"), CASES, ids=[f"{p.stem}: {title}" for p, _, title in CASES])
def test_case(
    path: Path, at: int, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    case = casefile.read(path)[at]
    case.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    log = Log()
    given = read.read(case.app, log)
    run = Run(given, resolve.resolve(given, log), tuple(log.found))
    actual = {name: OUTPUTS[name](run) for name in case.expected}
    if update_golden:
        cases = casefile.read(path)
        cases[at] = casefile.updated(case, actual)
        casefile.write(path, cases)
        return
    assert actual == case.expected
    assert "errors" in actual or run.errors == ""
