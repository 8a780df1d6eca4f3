"""Findings as text and JSON, and the table of codes behind them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler import codes, render
from compiler.diagnostics import NOWHERE, Diagnostic, Log, Span, alternatives

ROOT = Path(__file__).parent.parent.parent


def test_a_finding_shows_its_line_with_a_caret_the_hint_and_where_to_read_more() -> None:
    found = Diagnostic("E204", Span("views.py", 2, 8, 2, 12), "type `Usre` is not defined", "did you mean `User`?")
    assert render.text([found], {"views.py": "import x\nowner: Usre = 1\n"}) == (
        "views.py:2:8: E204 type `Usre` is not defined\n"
        "    2 | owner: Usre = 1\n"
        "      |        ^^^^\n"
        "   hint: did you mean `User`?\n"
        "   more: onto explain E204\n"
    )


def test_a_finding_without_a_place_or_source_is_one_line_and_its_page() -> None:
    missing = Diagnostic("E102", NOWHERE, "no module or path `shop`")
    assert render.text([missing], {}) == "E102 no module or path `shop`\n   more: onto explain E102\n"
    elsewhere = Diagnostic("E103", Span("a.py", 9, 1, 9, 2), "`a.py` is not text")
    assert render.text([elsewhere], {"a.py": "x"}) == (
        "a.py:9:1: E103 `a.py` is not text\n   more: onto explain E103\n"
    )


@pytest.mark.parametrize(
    ("line", "span", "caret"),
    [
        ("\tx = y", Span("a", 1, 6, 1, 7), "\t    ^"),
        ("'漢字' + y", Span("a", 1, 8, 1, 9), "         ^"),
        ("'漢字'", Span("a", 1, 1, 1, 5), "^^^^^^"),
        ("f(a,", Span("a", 1, 3, 2, 4), "  ^^"),
        ("f(", Span("a", 1, 3, 1, 3), "  ^"),
        ("f(", Span("a", 1, 9, 1, 10), "  ^"),
    ],
)
def test_the_caret_stands_below_what_it_marks(line: str, span: Span, caret: str) -> None:
    shown = render.text([Diagnostic("E101", span, "x")], {"a": f"{line}\nmore"})
    assert shown.splitlines()[2] == f"      | {caret}"


def test_findings_are_in_order_of_place_each_once_and_the_same_in_json() -> None:
    later = Diagnostic("E201", Span("b.py", 1, 1, 1, 2), "b")
    first = Diagnostic("W217", Span("a.py", 3, 1, 3, 4), "a", "write it")
    before = Diagnostic("E102", NOWHERE, "c")
    assert render.in_order([later, first, later, before]) == [before, first, later]
    assert render.to_json([later, first, before]) == [
        {
            "code": "E102", "file": None, "line": None, "column": None, "end_line": None, "end_column": None,
            "message": "c", "hint": None,
        },
        {
            "code": "W217", "file": "a.py", "line": 3, "column": 1, "end_line": 3, "end_column": 4,
            "message": "a", "hint": "write it",
        },
        {
            "code": "E201", "file": "b.py", "line": 1, "column": 1, "end_line": 1, "end_column": 2,
            "message": "b", "hint": None,
        },
    ]  # fmt: skip


def test_colour_is_in_the_rich_text_alone() -> None:
    styled = render.styled(Diagnostic("E101", Span("a", 1, 1, 1, 2), "x"), {"a": "b"})
    assert any("red" in str(one.style) for one in styled.spans)
    assert "\x1b" not in styled.plain


def test_a_wrong_name_is_answered_with_the_closest_or_with_all() -> None:
    assert alternatives("meting", ["meeting", "user"], "the store declares") == "did you mean `meeting`?"
    assert alternatives("xyz", ["meeting", "user"], "the store declares") == "the store declares meeting, user"
    assert alternatives("xyz", [], "the store declares") is None


def test_a_log_has_errors_when_one_finding_stops() -> None:
    log = Log()
    log.add("W217", NOWHERE, "x")
    assert not log.has_errors
    log.add("E101", NOWHERE, "y", hint="z")
    assert log.has_errors
    assert log.found[1] == Diagnostic("E101", NOWHERE, "y", "z")


def test_every_code_of_the_front_end_has_a_page_and_a_case() -> None:
    sources = [*(ROOT / "compiler" / "read").glob("*.py"), *(ROOT / "compiler" / "resolve").glob("*.py")]
    used = {code for path in sources for code in re.findall(r'"([EW][12]\d\d)"', path.read_text(encoding="utf-8"))}
    pages = {one.number for one in codes.CODES if one.number[1] in "12"}
    tests = [*(ROOT / "tests" / "compiler" / "cases").glob("*.case"), Path(__file__).parent / "test_read.py"]
    shown = {code for path in tests for code in re.findall(r"[EW][12]\d\d", path.read_text(encoding="utf-8"))}
    assert used == pages
    assert used <= shown


def test_codes_are_in_order_and_each_is_there_once() -> None:
    numbers = [(one.number[1:], one.number[0]) for one in codes.CODES]
    assert numbers == sorted(set(numbers))


def test_a_page_is_found_whatever_the_case_and_tells_what_to_write() -> None:
    found = codes.find("e224")
    assert found is not None
    assert codes.page(found) == (
        "E224: ambiguous join\n\n"
        "Several relations could carry the join, and none of them has the reference's name.\n\n"
        "For example:\n\n"
        "    person = reference(dm_cls=User)   # Meeting has host and guest, both users\n\n"
        "Instead:\n\n"
        "    host = reference(dm_cls=User)\n"
    )
    assert codes.find("E999") is None
