"""A line of the user's source with carets below what a span marks, for everything that points at source.

marked(span, source)  →  Excerpt(52, '        return f"{name:{width}}"', '                       ^^^^^^^')
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from compiler.diagnostics import Span

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A source line by its number, and the carets that belong below it."""

    number: int
    line: str
    carets: str


def marked(span: Span, source: str | None) -> Excerpt | None:
    """Return the first line of a span; None where the source has no such line."""
    lines = [] if source is None else _LINE_END.split(source)
    if not 0 < span.line <= len(lines):
        return None
    line = lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(line) + 1
    before, inside = line[: span.column - 1], line[span.column - 1 : end - 1]
    # Tabs are kept, so that the caret stands below its character whatever a tab's width.
    margin = "".join("\t" if one == "\t" else " " * _width(one) for one in before)
    return Excerpt(span.line, line, margin + "^" * max(1, sum(_width(one) for one in inside)))


def _width(one: str) -> int:
    if unicodedata.combining(one):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1
