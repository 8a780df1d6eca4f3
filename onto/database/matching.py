"""Which documents a selection means, and in which order: Firestore's rules, for datastores that have none.

    selected(Selection("City", conditions=(Condition("population", "<", 9),)), stored)
    →  those whose population is a number below 9

Types order as None, booleans, numbers, moments, text, bytes, lists, objects; only like compares with like.
"""

from __future__ import annotations

import datetime
import decimal
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from onto import condition
from onto.database import protocol

MISSING = object()

_RANKS: tuple[tuple[type | tuple[type, ...], int], ...] = (
    (type(None), 0),
    (bool, 1),
    ((int, float, decimal.Decimal), 2),
    ((datetime.datetime, datetime.date), 3),
    (str, 4),
    (bytes, 5),
    (list, 6),
    (Mapping, 7),
)


def selected(selection: protocol.Selection, stored: Iterable[protocol.Stored]) -> list[protocol.Stored]:
    """Return the documents of a collection or group that the selection means, in its order."""
    return arranged(selection, [one for one in stored if meets(selection, one.document)])


def meets(selection: protocol.Selection, document: protocol.Document) -> bool:
    """Tell whether a document meets all conditions and has what it is ordered by."""
    return all(_holds(one, value_at(document, one.field)) for one in selection.conditions) and all(
        value_at(document, name) is not MISSING for name, _ in selection.order
    )


def arranged(selection: protocol.Selection, found: list[protocol.Stored]) -> list[protocol.Stored]:
    """Return documents that meet the conditions in the selection's order, as many as it wants."""
    found.sort(key=lambda one: one.path.split("/"), reverse=bool(selection.order) and selection.order[-1][1] == "desc")
    for name, direction in reversed(selection.order):
        found.sort(key=lambda one, at=name: rank(value_at(one.document, at)), reverse=direction == "desc")  # type: ignore[misc]  # a default binds the name
    return found if selection.limit is None else found[: selection.limit]


def value_at(document: protocol.Document, field: str) -> Any:
    """Return the value of a field, `a.b` for `b` in the object `a`; MISSING where there is none."""
    if field in document:
        return document[field]
    first, dot, rest = field.partition(".")
    inner = document.get(first, MISSING) if dot else MISSING
    return value_at(inner, rest) if isinstance(inner, Mapping) else MISSING


def rank(value: Any) -> tuple[int, Any]:
    """Return what orders a value among values of all types; a member of an Enum by its value, as it is stored."""
    if isinstance(value, enum.Enum):
        value = value.value
    kind = next((number for types, number in _RANKS if isinstance(value, types)), 8)
    if kind == 6:
        return kind, [rank(one) for one in value]
    if kind == 7:
        return kind, [(name, rank(value[name])) for name in sorted(value)]
    return kind, 0 if value is None else _moment(value)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=datetime.UTC)
        return aware.astimezone(datetime.UTC)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
    return value


def _holds(one: condition.Condition, found: Any) -> bool:
    return found is not MISSING and _TESTS[one.operator](found, one.value)


def _same(found: Any, wanted: Any) -> bool:
    return rank(found) == rank(wanted)


def _compared(test: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, wanted: Any) -> bool:
        one, other = rank(found), rank(wanted)
        return one[0] == other[0] and bool(test(one, other))

    return holds


def _among(found: Any, wanted: Iterable[Any]) -> bool:
    return any(_same(found, one) for one in wanted)


def _contains(found: Any, wanted: Any) -> bool:
    return isinstance(found, list) and _among(wanted, found)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "=": _same,
    "!=": lambda found, wanted: found is not None and not _same(found, wanted),
    **{name: _compared(condition.OPERATORS[name]) for name in ("<", "<=", ">", ">=")},
    "in": _among,
    "not-in": lambda found, wanted: found is not None and not _among(found, wanted),
    "array_contains": _contains,
    "array_contains_any": lambda found, wanted: any(_contains(found, one) for one in wanted),
}
