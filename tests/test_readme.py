"""What the README shows is what is there: its Python stands in the example, its SQL in what that compiles to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler import emit_sql, pipeline

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> list[str]:
    """Return the README's first block of code in a language, its lines without their indentation."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return lines(found[1])


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def stands_in(part: list[str], whole: list[str]) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole)))


def test_the_getter_stands_in_the_example() -> None:
    assert stands_in(block("python"), lines((ROOT / "examples/meeting_room/views.py").read_text(encoding="utf-8")))


def test_the_sql_is_what_the_example_compiles_to() -> None:
    files = pipeline.run("examples.meeting_room", emit_sql.Settings()).files
    assert files is not None
    assert stands_in(block("sql"), lines(files["sql/30_jobs.sql"]))


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
