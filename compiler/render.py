"""Findings as people and tools read them: source line and caret as text, the same fields as JSON.

views.py:41:18: E312 `User` has no attribute `full_name`
   41 |         names = [u.full_name for u in self.store.users.values()]
      |                    ^^^^^^^^^
   hint: User declares first_name, last_name, display_name.
   more: onto explain E312
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich import text as rich_text

from compiler import excerpt
from compiler.diagnostics import Diagnostic, Span

_COLOURS = {"E": "bold red", "W": "bold yellow", "D": "bold cyan"}


def text(found: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Return the findings in order of place, as plain text; `sources` are files by their shown path."""
    return "\n".join(styled(one, sources).plain for one in in_order(found))


def styled(one: Diagnostic, sources: Mapping[str, str]) -> rich_text.Text:
    """Return one finding as rich text, with a line end."""
    out = rich_text.Text()
    if one.span.line:
        out.append(f"{one.span.file}:{one.span.line}:{one.span.column}: ", style="bold")
    out.append(one.code, style=_COLOURS.get(one.code[:1], "bold"))
    out.append(f" {one.message}\n")
    for line, style in _excerpt(one.span, sources.get(one.span.file)):
        out.append(f"{line}\n", style=style)
    if one.hint is not None:
        out.append("   hint: ", style="green")
        out.append(f"{one.hint}\n")
    out.append(f"   more: onto explain {one.code}\n", style="dim")
    return out


def to_json(found: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """Return the findings in order of place, as JSON values; lines and columns count from 1."""
    return [
        {
            "code": one.code,
            "file": one.span.file or None,
            "line": one.span.line or None,
            "column": one.span.column or None,
            "end_line": one.span.end_line or None,
            "end_column": one.span.end_column or None,
            "message": one.message,
            "hint": one.hint,
        }
        for one in in_order(found)
    ]


def in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings by file and place, each once."""
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda one: (one.span.file, one.span.line, one.span.column, one.code, one.message))


def _excerpt(span: Span, source: str | None) -> list[tuple[str, str]]:
    found = excerpt.marked(span, source)
    if found is None:
        return []
    number = f"{found.number:>5}"
    return [(f"{number} | {found.line}", ""), (f"{' ' * len(number)} | {found.carets}", _COLOURS["E"])]
