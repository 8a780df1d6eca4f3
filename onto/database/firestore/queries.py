"""Selections as Firestore's queries, which find what is selected, and perhaps more: the datastore sifts again.

    plans(Selection("City", conditions=(Condition("population", "<", 9),), order=(("name", "asc"),), limit=3))
    →  the whole query, which wants an index of its own;  its equalities alone, which do not;  the collection

What Firestore compares in another way than Python (None, decimals, dates), or only so many of, is not asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from onto import condition
from onto.database import protocol
from onto.database.firestore import values

ALTERNATIVES = 30  # of an `in`; Firestore takes no more
_COMPARING = {"==": 5, "=": 5, "<": 1, "<=": 2, ">": 3, ">=": 4}
_LISTING = {"array_contains": 7, "in": 8, "array_contains_any": 9}
_DIRECTIONS = {"asc": 1, "desc": 2}
_SIMPLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_ALL_OF = 1

# Any below: parts of Firestore's messages, as nested dicts.


def plans(selection: protocol.Selection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the parent and the query, the most exact first; each next one needs fewer indexes, and finds more."""
    asked = _asked(selection.conditions)
    equal = [one for one in asked if one.operator not in ("<", "<=", ">", ">=")]
    limited = selection.limit is not None and len(asked) == len(selection.conditions)
    ordered = bool(selection.order) and all(_SIMPLE.fullmatch(name) for name, _ in selection.order)
    # Without an order Firestore takes that of a range's field, in which the first so many are others.
    if limited and (ordered or (not selection.order and len(equal) == len(asked))):
        yield _query(selection, asked, whole=True)
    yield _query(selection, asked)
    if len(equal) < len(asked):
        yield _query(selection, equal)
    if asked:
        yield _query(selection, [])


def of_scope(scope: protocol.Scope) -> tuple[str, dict[str, Any]]:
    """Return the parent and the query of all documents of a collection, or of all of a last name."""
    return _query(protocol.Selection(scope.path, scope.kind == "group"), [])


def _asked(conditions: tuple[condition.Condition, ...]) -> list[condition.Condition]:
    """Return the conditions that Firestore takes together: of each kind with lists, one."""
    found: list[condition.Condition] = []
    for one in conditions:
        if not _SIMPLE.fullmatch(one.field):
            continue
        if one.operator in _COMPARING or one.operator == "array_contains":
            fits = values.is_plain(one.value)
        else:
            among = one.operator in _LISTING and isinstance(one.value, list | tuple)
            fits = among and 0 < len(one.value) <= ALTERNATIVES and all(map(values.is_plain, one.value))
        if fits and not (one.operator in _LISTING and any(other.operator in _LISTING for other in found)):
            found.append(one)
    return found


def _query(
    selection: protocol.Selection, conditions: list[condition.Condition], whole: bool = False
) -> tuple[str, dict[str, Any]]:
    above, _, name = selection.collection.rpartition("/")
    query: dict[str, Any] = {"from_": [{"collection_id": name, "all_descendants": selection.group}]}
    filters = [{"field_filter": _filter(one)} for one in conditions]
    if len(filters) == 1:
        query["where"] = filters[0]
    elif filters:
        query["where"] = {"composite_filter": {"op": _ALL_OF, "filters": filters}}
    if whole:
        query["limit"] = {"value": selection.limit}
        query["order_by"] = [
            {"field": {"field_path": path}, "direction": _DIRECTIONS[direction]} for path, direction in selection.order
        ]
    return f"/{above}" if above and not selection.group else "", query


def _filter(one: condition.Condition) -> dict[str, Any]:
    operator = {**_COMPARING, **_LISTING}[one.operator]
    return {"field": {"field_path": one.field}, "op": operator, "value": values.value(one.value)}
