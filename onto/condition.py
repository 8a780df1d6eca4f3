"""One condition on one attribute of stored entities.

    City.population < 1000000  →  Condition("population", "<", 1000000)

An entity that lacks the attribute, or has None there, meets no condition.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "in": lambda found, wanted: found in wanted,
    "not-in": lambda found, wanted: found not in wanted,
    "array_contains": lambda found, wanted: wanted in found,
    "array_contains_any": lambda found, wanted: any(one in found for one in wanted),
}
LISTING = ("in", "not-in", "array_contains_any")  # what takes a list


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator value`; the field is an attribute's name or a key of the document."""

    field: str
    operator: str
    value: Any

    def __post_init__(self) -> None:
        """Refuse operators that no datastore offers."""
        if isinstance(self.operator, str):  # Firestore's own spelling of the same
            spelt = self.operator.replace("array-contains-any", "array_contains_any")
            object.__setattr__(self, "operator", spelt.replace("array-contains", "array_contains"))
        if self.operator not in OPERATORS:
            raise ValueError(f"unknown operator {self.operator!r}: use one of {', '.join(OPERATORS)}")
        if self.operator in LISTING and not isinstance(self.value, list | tuple | set | frozenset):
            raise ValueError(f"{self.field}: `{self.operator}` takes a list, not {self.value!r}")

    def __bool__(self) -> bool:
        """Refuse `a and b`, `a or b` and `1 < a < 9`, of which Python keeps only one side."""
        raise TypeError(
            "a condition is neither true nor false: write where(a, b) for both of two, and "
            "City.country.in_([...]) or two queries for either"
        )

    def holds(self, found: Any) -> bool:
        """Tell whether an entity's value of the field meets the condition."""
        if found is None:
            return False
        try:
            return bool(OPERATORS[self.operator](found, self.value))
        except TypeError:  # a string is neither less nor more than a number
            return False


class Comparable:
    """What has the name of an attribute, and makes conditions of comparisons."""

    __slots__ = ()
    name: str

    def __lt__(self, other: Any) -> Condition:
        """Make a condition for `where`."""
        return Condition(self.name, "<", other)

    def __le__(self, other: Any) -> Condition:
        """Make a condition for `where`."""
        return Condition(self.name, "<=", other)

    def __gt__(self, other: Any) -> Condition:
        """Make a condition for `where`."""
        return Condition(self.name, ">", other)

    def __ge__(self, other: Any) -> Condition:
        """Make a condition for `where`."""
        return Condition(self.name, ">=", other)

    def __eq__(self, other: object) -> Any:
        """Make a condition for `where`."""
        return Condition(self.name, "==", other)

    def __ne__(self, other: object) -> Any:
        """Make a condition for `where`; an entity that lacks the attribute does not meet it."""
        return Condition(self.name, "!=", other)

    def in_(self, values: Iterable[Any]) -> Condition:
        """Make a condition for `where`: one of several values."""
        return Condition(self.name, "in", list(values))

    def has(self, value: Any) -> Condition:
        """Make a condition for `where`: a list that has the value."""
        return Condition(self.name, "array_contains", value)

    __hash__ = object.__hash__
