"""Every golden case: the texts of the passes are as the case says, and nothing else is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler import (
    build,
    emit_sql,
    explain,
    explain_mediators,
    facts,
    model,
    pipeline,
    plan_text,
    reach,
    read,
    render,
    resolve,
)
from compiler.diagnostics import Log
from onto import plain
from tests.compiler import casefile

FAMILIES = sorted((Path(__file__).parent / "cases").glob("*.case"))
CASES = [(path, at, one.title) for path in FAMILIES for at, one in enumerate(casefile.read(path))]


@dataclass(frozen=True, slots=True)
class Run:
    """What the compiler makes of a case: the front end at once, the later passes where a section asks for them."""

    name: str
    facts: facts.Facts
    app: model.App
    log: Log

    def compiled(self) -> pipeline.Compiled:
        """Return what all passes made."""
        return pipeline.run(self.name, emit_sql.Settings())

    def errors(self) -> str:
        """Return the errors and warnings as people read them; declines are the explanation's matter."""
        found = self.log.found if self.log.has_errors else self.compiled().found
        return render.text([one for one in found if one.code[0] != "D"], self.facts.sources)

    def stores(self) -> str:
        """Return the stores with their joins."""
        return "".join(model.show_store(one) for one in self.app.stores.values())

    def ir(self) -> str:
        """Return the getters' meaning."""
        program = self.compiled().program
        assert program is not None
        return build.show(program)

    def plan(self) -> str:
        """Return the relations that compute the views."""
        compiled = self.compiled()
        assert compiled.plan is not None
        return plan_text.show(compiled.plan)

    def explain(self) -> str:
        """Return the tiers and their reasons."""
        compiled = self.compiled()
        assert compiled.plan is not None
        assert compiled.app is not None
        return explain.text(compiled.plan, compiled.app)

    def sql(self) -> str:
        """Return the query of every view table."""
        compiled = self.compiled()
        assert compiled.bundle is not None
        return "\n".join(f"-- {one.name}\n{one.query}" for view in compiled.bundle.views for one in view.tables)

    def methods(self) -> str:
        """Return what the domain methods do to entities."""
        return reach.show(self.compiled().commands)

    def mediators(self) -> str:
        """Return which triggers of mediators are view jobs."""
        return explain_mediators.styled(self.app.mediators, self.app).plain

    def statefun(self) -> str:
        """Return the module that StateFun runs, and the registry of methods."""
        compiled = self.compiled()
        assert compiled.files is not None
        assert compiled.bundle is not None
        every = (*compiled.bundle.methods, *compiled.bundle.setters)
        registry = "".join(f"# {json.dumps(plain.dump(one))}\n" for one in every)
        return compiled.files.get("statefun/module.yaml", "no module\n") + registry


OUTPUTS: dict[str, Callable[[Run], str]] = {
    "facts": lambda run: facts.show(run.facts),
    "model": lambda run: model.show(run.app),
    "stores": Run.stores,
    "names": lambda run: model.show_names(run.app),
    "ir": Run.ir,
    "plan": Run.plan,
    "sql": Run.sql,
    "explain": Run.explain,
    "methods": Run.methods,
    "mediators": Run.mediators,
    "statefun": Run.statefun,
    "errors": Run.errors,
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
    run = Run(case.app, given, resolve.resolve(given, log), log)
    actual = {name: OUTPUTS[name](run).rstrip("\n") + "\n" for name in case.expected}
    if update_golden:
        cases = casefile.read(path)
        cases[at] = casefile.updated(case, actual)
        casefile.write(path, cases)
        return
    assert actual == case.expected
    assert "errors" in actual or not log.found
