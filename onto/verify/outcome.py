"""What an app's views hold at one moment, and where two engines that should hold the same do not.

Outcome.difference  →  [Difference("Shop", "s1", "revenue", expected="4.50", found=None)]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onto import boiler, bundle, rows

Error = tuple[str, str | None]  # exception and message; no message where several may speak


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two outcomes differ; without a field it is the whole document, there or not."""

    view: str
    key: str
    field: str | None
    expected: Any  # a JSON value
    found: Any
    raises: bool = False  # both values are what was raised

    def __str__(self) -> str:
        """Say it in one line."""
        place = ".".join(one for one in (f"{self.view}[{self.key!r}]", self.field) if one)
        what = " raises" if self.raises else ""
        return f"{place}:{what} {self.expected!r} != {self.found!r}"


@dataclass
class Outcome:
    """All documents by view and key, as JSON values, and all errors by view, key and field."""

    documents: dict[tuple[str, str], dict[str, Any]]
    errors: dict[tuple[str, str, str], Error]

    def difference(self, other: Outcome) -> list[Difference]:
        """Say where another outcome differs from this one, which is right; messages count where both have one."""
        found: list[Difference] = []
        for view, key in sorted({*self.documents, *other.documents}):
            ours, theirs = self.documents.get((view, key)), other.documents.get((view, key))
            if ours is None or theirs is None:
                found.append(Difference(view, key, None, ours, theirs))
                continue
            found += [
                Difference(view, key, name, ours.get(name), theirs.get(name))
                for name in sorted({*ours, *theirs})
                if not same(ours.get(name), theirs.get(name))
            ]
        for spot in sorted({*self.errors, *other.errors}):
            mine, its = self.errors.get(spot), other.errors.get(spot)
            if mine is None or its is None or mine[0] != its[0] or (mine[1] and its[1] and mine[1] != its[1]):
                found.append(Difference(*spot, mine, its, raises=True))
        return found

    def where(self, wanted: Callable[[str], bool]) -> Outcome:
        """Return what there is of the keys that are wanted."""
        return Outcome(
            {place: one for place, one in self.documents.items() if wanted(place[1])},
            {place: one for place, one in self.errors.items() if wanted(place[1])},
        )


def same(ours: Any, theirs: Any) -> bool:
    """Compare JSON values: 1 is 1.0, as JSON has one kind of number, but not True; members of objects have no order."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(one, theirs[key]) for key, one in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same(one, other) for one, other in zip(ours, theirs, strict=True))
    return isinstance(ours, bool) == isinstance(theirs, bool) and bool(ours == theirs)


def held_by(engine: boiler.Engine) -> Outcome:
    """Return all documents and errors of an engine."""
    documents = {
        (cls.__name__, key): rows.to_json(one) for cls in engine.views for key, one in engine.documents(cls).items()
    }
    errors: dict[tuple[str, str, str], Error] = {
        (one.view, one.key, one.field): (one.exception, one.message) for one in engine.errors
    }
    return Outcome(documents, errors)


def message(view: bundle.View, field: str, text: str | None) -> str | None:
    """Return what an error says, None where several elements may raise: which of them speaks is not promised."""
    return None if view.fields[field].tier == "agg" else text
