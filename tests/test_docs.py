"""The code in `docs/` runs, block after block of a page, and prints what stands below it."""

from __future__ import annotations

import linecache
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from onto.context import CTX
from tests.firestore import server

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if "```python" in page.read_text(encoding="utf-8")]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\n\n^```text\n(?P<printed>.*?)^```$)?", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(CTX, "config", None)
    monkeypatch.chdir(Path.cwd())  # so that a page that goes elsewhere is left behind
    CTX.use(None)
    yield
    CTX.use(None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_runs_and_prints_what_it_says(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text(encoding="utf-8")
    if '"url": "firestore://' in text:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", server.started())
    module = types.ModuleType(f"page_{page.stem}")
    sys.modules[module.__name__] = module
    found = list(BLOCK.finditer(text))
    assert len(found) == text.count("```python")
    for one in found:
        line = text[: one.start("code")].count("\n") + 1
        code = "\n" * (line - 1) + one["code"]
        name = f"{page}:{line}"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # for `inspect`
        exec(compile(code, name, "exec"), vars(module))
        if one["printed"] is not None:
            assert capsys.readouterr().out == one["printed"]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
