"""What the compiler tells its user: places, findings and how they are printed.

Every pass appends `Diagnostic` values to a `Log` and goes on; `pipeline` stops after one that added an error.

    log.add("E201", span, "`User` has no attribute `full_name`", hint="User declares first_name, last_name")
    → views.py:41:18: E201 `User` has no attribute `full_name`
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text: lines and columns count from 1, the end column is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


NOWHERE = Span("", 0, 0, 0, 0)
"""The span of a node that the compiler made itself."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a code of `codes.CODES`, its place, what is wrong, and what to write instead."""

    code: str
    span: Span
    message: str
    hint: str | None = None

    @property
    def is_error(self) -> bool:
        """Tell whether compilation stops after this pass."""
        return self.code.startswith("E")


@dataclass(slots=True)
class Log:
    """The findings of one run, in the order in which they were made."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, code: str, span: Span, message: str, *, hint: str | None = None) -> None:
        """Append a finding."""
        self.found.append(Diagnostic(code, span, message, hint))

    @property
    def has_errors(self) -> bool:
        """Tell whether any finding stops compilation."""
        return any(one.is_error for one in self.found)


def alternatives(wrong: str, known: Iterable[str], declares: str) -> str | None:
    """Say what may be meant instead of a wrong name: the closest known one, else all of them."""
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(wrong, names, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"{declares} {', '.join(names)}" if names else None
