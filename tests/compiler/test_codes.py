"""Every code that the compiler uses has a page, and a case or test that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler import codes

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\b([DEW][1-5][0-9]{2})\b")
PAGES = ("codes.py", "declines.py")


def _used() -> set[str]:
    files = [one for one in (ROOT / "compiler").rglob("*.py") if one.name not in PAGES]
    return {code for one in files for code in re.findall(r'"([DEW][0-9]{3})"', one.read_text("utf-8"))}


def _shown() -> set[str]:
    files = [*(ROOT / "tests").rglob("*.case"), *(ROOT / "tests").rglob("test_*.py")]
    others = [one for one in files if one.name != Path(__file__).name]
    return {code for one in others for code in CODE.findall(one.read_text("utf-8"))}


NEVER_MET = {
    "D403": "a guard: E227 and E401 tell it",
    "D304": "a guard: keys of made dicts join by what they are made of",
    "D406": "a guard: lists are not compared (D321), and everything else of them is a value",
    "D414": "a guard: every expression of a record type has its fields",
    "D365": "a nesting that exceeds Python's recursion limit: a test would depend on the machine's stack",
}


def test_every_code_has_one_page() -> None:
    numbers = [one.number for one in codes.CODES]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) == _used()


@pytest.mark.parametrize("number", sorted(_used()))
def test_a_page_says_all_there_is_to_say(number: str) -> None:
    page = codes.find(number)
    assert page is not None
    assert all((page.title, page.why, page.example, page.fix))
    assert not page.title.endswith(".")


def test_every_code_is_shown_by_a_case_or_a_test() -> None:
    assert _used() - _shown() - set(NEVER_MET) == set()
