"""Golden cases: a small source and the texts that the passes make of it, several cases in one file.

    [prelude]                        stands at the head of `app.py` in every case below
    from onto.attrs import attrs

    === a relation of the reference's name carries the join
    [source]
    class User(DomainModel): …
    [model]
    model User in User
      …

A source of several files names each: `# file: shop/models.py`. What stands before the first is `app.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

SECTIONS = (
    "facts",
    "model",
    "stores",
    "names",
    "ir",
    "plan",
    "sql",
    "explain",
    "methods",
    "mediators",
    "statefun",
    "errors",
)

DIFFERS = "differs"
"""The section that says why the data give another result than in-process: `notyet: …` or `never: …`."""

COMPILED = frozenset({"ir", "plan", "sql", "explain"})
"""Sections of cases that compile; such cases have data as well (`tests/parity/test_golden.py`)."""

_TITLE = re.compile(r"^=== (.+)$", re.MULTILINE)
_SECTION = re.compile(rf"^\[(source|{'|'.join((*SECTIONS, DIFFERS))})\]\n", re.MULTILINE)
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its source with the family's prelude, and the expected text of each section."""

    title: str
    prelude: str
    source: str
    expected: dict[str, str]
    differs: str = ""

    @property
    def files(self) -> dict[str, str]:
        """Return the files of the source by their relative path."""
        head, *rest = _FILE.split(self.source)
        named = {name: text.rstrip("\n") + "\n" for name, text in zip(rest[::2], rest[1::2], strict=True)}
        if head.strip():
            named["app.py"] = self.prelude + head.rstrip("\n") + "\n"
        return named

    @property
    def app(self) -> str:
        """Return the module that is compiled: `app`, else the first file's topmost package."""
        return "app" if "app.py" in self.files else next(iter(self.files)).split("/")[0].removesuffix(".py")

    @property
    def compiles(self) -> bool:
        """Tell whether the case shows what a compiled app is."""
        return not COMPILED.isdisjoint(self.expected) and "errors" not in self.expected

    def write(self, folder: Path) -> None:
        """Write the source's files into a folder."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def read(path: Path) -> list[Case]:
    """Read the cases of a file."""
    head, *rest = _TITLE.split(path.read_text(encoding="utf-8"))
    prelude = head.strip().removeprefix("[prelude]\n").rstrip("\n")
    prelude = f"{prelude}\n\n\n" if prelude else ""
    return [_case(title, prelude, body) for title, body in zip(rest[::2], rest[1::2], strict=True)]


def write(path: Path, cases: list[Case]) -> None:
    """Write cases with what they expect now."""
    head = _TITLE.split(path.read_text(encoding="utf-8"))[0]
    parts = [head.rstrip("\n") + "\n\n" if head.strip() else ""]
    for case in cases:
        parts.append(f"=== {case.title}\n[source]\n{case.source.strip(chr(10))}\n")
        parts.extend(f"[{name}]\n{text.rstrip(chr(10))}\n" for name, text in case.expected.items())
        parts.extend([f"[{DIFFERS}]\n{case.differs}\n"] if case.differs else [])
        parts.append("\n")
    path.write_text("".join(parts).rstrip("\n") + "\n", encoding="utf-8")


def updated(case: Case, actual: dict[str, str]) -> Case:
    """Return the case with what the passes make of it now."""
    return replace(case, expected=actual)


def _case(title: str, prelude: str, body: str) -> Case:
    _, *rest = _SECTION.split(body)
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    source, differs = sections.pop("source"), sections.pop(DIFFERS, "").strip()
    expected = {name: text.strip("\n") + "\n" if text.strip() else "" for name, text in sections.items()}
    return Case(title, prelude, source, expected, differs)
