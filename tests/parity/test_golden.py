"""Every golden case that compiles, with data: the plan's documents and errors are those of the in-process engine."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from onto import histories
from onto.verify import sides
from tests.compiler import casefile

FAMILIES = sorted((Path(__file__).parents[1] / "compiler" / "cases").glob("*.case"))
CASES = [(path, at, one.title) for path in FAMILIES for at, one in enumerate(casefile.read(path)) if one.compiles]
HISTORIES, CHANGES, EVERY = 6, 40, 4  # histories a case, changes in each, how many changes between comparisons


@pytest.mark.parametrize(("path", "at", "title"), CASES, ids=[f"{p.stem}: {title}" for p, _, title in CASES])
def test_a_case_computes_what_python_does(
    path: Path, at: int, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    case = casefile.read(path)[at]
    if case.differs:
        request.applymarker(pytest.mark.xfail(reason=case.differs, raises=AssertionError))
    case.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [one for one in sys.modules if one.partition(".")[0] == case.app]:
        monkeypatch.delitem(sys.modules, name)
    with sides.Sides.of(case.app) as both:
        for seed in range(HISTORIES):
            pair, writer, random = both.fresh(), histories.Writer(both.found), Random(f"{title} {seed}")
            for number in range(CHANGES):
                pair.apply(writer.change(random))
                if number % EVERY == 0:
                    assert pair.computed().difference(pair.expected()) == []
    for name in [one for one in sys.modules if one.partition(".")[0] == case.app]:
        del sys.modules[name]
