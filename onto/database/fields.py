"""Fields of documents: copies, and in Firestore's words merging, changes, values that a write makes, cursors.

updated({"a": {"b": 1}, "n": 2}, {"a.b": DELETE_FIELD, "n": Increment(3)})   →  {"a": {}, "n": 5}
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from onto.database import matching, protocol

SCALARS = (str, bool, int, float, bytes, decimal.Decimal, datetime.date, datetime.datetime, datetime.timedelta)


class _Sentinel:
    """A value that stands for what a write does to a field."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        """Show the name."""
        return self._name


DELETE_FIELD = _Sentinel("DELETE_FIELD")
SERVER_TIMESTAMP = _Sentinel("SERVER_TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Increment:
    """Add to a number; what is none counts as 0."""

    value: float


@dataclass(frozen=True, slots=True)
class ArrayUnion:
    """Add those values to a list that it has not."""

    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class ArrayRemove:
    """Take values out of a list."""

    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an ordered query, given by a document, or by values of the first fields of the order."""

    side: Literal["start", "end"]
    inclusive: bool
    values: Mapping[str, Any]
    path: str | None

    def admits(self, one: protocol.Stored, order: tuple[tuple[str, Literal["asc", "desc"]], ...]) -> bool:
        """Tell whether a document lies on the cursor's side of its place."""
        found = self._place(one, order)
        return self.inclusive if found == 0 else (found > 0) == (self.side == "start")

    def _place(self, one: protocol.Stored, order: tuple[tuple[str, Literal["asc", "desc"]], ...]) -> int:
        """Return 1 where the document follows the place, 0 at it, -1 before it."""
        for name, direction in order:
            wanted = matching.value_at(self.values, name)
            if wanted is matching.MISSING:
                break
            mine, theirs = matching.rank(matching.value_at(one.document, name)), matching.rank(wanted)
            if mine != theirs:
                return 1 if (mine > theirs) == (direction == "asc") else -1
        if self.path is None or self.path == one.path:
            return 0
        last = order[-1][1] if order else "asc"
        return 1 if (one.path.split("/") > self.path.split("/")) == (last == "asc") else -1


def checked(path: str, document: protocol.Document) -> dict[str, Any]:
    """Return a copy of a document; DatastoreError, naming the field, for what none can hold."""
    return {_key(path, name): _checked(path, value, name) for name, value in document.items()}


def copied(value: Any) -> Any:
    """Return a copy whose dicts and lists belong to the caller."""
    if isinstance(value, Mapping):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def _checked(path: str, value: Any, field: str) -> Any:
    if value is None or isinstance(value, SCALARS):
        return str.__str__(value) if isinstance(value, str) else value  # a reference is kept as its path
    if isinstance(value, Mapping):
        return {_key(path, name): _checked(path, item, f"{field}.{name}") for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(path, item, f"{field}[{at}]") for at, item in enumerate(value)]
    raise protocol.DatastoreError(f"{path}: `{field}` is a {type(value).__name__}, which no document can hold")


def _key(path: str, name: object) -> str:
    if isinstance(name, str):
        return str(name)
    raise protocol.DatastoreError(f"{path}: the key {name!r} is not text, as the keys of documents are")


def merged(before: protocol.Document, given: protocol.Document, merge: bool | Sequence[str]) -> dict[str, Any]:
    """Return the document that `set` writes."""
    if merge is False:
        return _made({}, given)
    if merge is True:
        return _made(before, given)
    chosen = {path: matching.value_at(given, path) for path in merge}
    missing = [path for path, value in chosen.items() if value is matching.MISSING]
    if missing:
        raise ValueError(f"merge names `{missing[0]}`, which the document lacks")
    return updated(before, chosen)


def updated(before: protocol.Document, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with some fields changed, `a.b` inside others."""
    document = dict(before)
    for path, value in changes.items():
        _put(document, path.split("."), value)
    return document


def only(document: protocol.Document, paths: Sequence[str]) -> dict[str, Any]:
    """Return some fields of a document."""
    found = {path: matching.value_at(document, path) for path in paths}
    return updated({}, {path: value for path, value in found.items() if value is not matching.MISSING})


def moment(version: int) -> datetime.datetime:
    """Return a version as the time that it is."""
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=version)


def version(moment: datetime.datetime) -> int:
    """Return the version of a time."""
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(microseconds=1)


def _made(before: protocol.Document, given: Mapping[str, Any]) -> dict[str, Any]:
    document = dict(before)
    for name, value in given.items():
        inner = document.get(name)
        if isinstance(value, Mapping):
            document[name] = _made(inner if isinstance(inner, Mapping) else {}, value)
        else:
            _put(document, [name], value)
    return document


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    name, *rest = path
    inner = document.get(name)
    if rest:
        document[name] = dict(inner) if isinstance(inner, Mapping) else {}
        _put(document[name], rest, value)
    elif value is DELETE_FIELD:
        document.pop(name, None)
    else:
        document[name] = _value(inner, value)


def _value(before: Any, given: Any) -> Any:
    match given:
        case Increment(value):
            counts = isinstance(before, int | float) and not isinstance(before, bool)
            return before + value if counts else value
        case ArrayUnion(values):
            kept = list(before) if isinstance(before, list) else []
            return kept + [one for one in _distinct(values) if not _among(one, kept)]
        case ArrayRemove(values):
            return [one for one in before if not _among(one, values)] if isinstance(before, list) else []
        case _ if given is SERVER_TIMESTAMP:
            return datetime.datetime.now(datetime.UTC)
    return given


def _distinct(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for one in values:
        if not _among(one, found):
            found.append(one)
    return found


def _among(value: Any, values: Iterable[Any]) -> bool:
    return any(matching.rank(value) == matching.rank(one) for one in values)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in a document: 1, 1.0 and true are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
