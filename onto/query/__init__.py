"""Queries: the stored entities of a class that meet some conditions, in an order.

for city in City.where(City.population < 1000000, capital=True).order_by("name").limit(3): ...
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, NoReturn, TypeVar

from onto import condition, former
from onto.database import client, matching, protocol
from onto.mapper import shape

M = TypeVar("M")
Order = tuple[str, Literal["asc", "desc"]]
KINDS: dict[type, tuple[type, ...]] = {str: (str,), int: (int, float), float: (int, float), bool: (bool,)}
EQUALITIES = ("==", "=", "!=", "in", "not-in")


@dataclass(frozen=True, slots=True)
class Field:
    """What the name of a field means: an attribute, and the key under which every class stores it.

    The key is None where a datastore cannot compare the stored values as Python compares the attribute's.
    """

    attribute: str
    key: str | None
    where: str = ""
    shape: shape.Shape | None = None  # of its values, where it is an attribute's


@dataclass(frozen=True, slots=True)
class Query(Generic[M]):
    """The entities of one collection that `load` accepts and that meet all conditions; iterate to run it."""

    database: protocol.Database
    collection: str
    load: Callable[[str, protocol.Document], M | None]
    field_of: Callable[[str], Field]
    conditions: tuple[condition.Condition, ...] = ()
    order: tuple[Order, ...] = ()
    count: int | None = None

    def where(self, *given: Any, **equal: Any) -> Query[M]:
        """Return the query with further conditions.

        Raises ValueError for an attribute that does not exist, or for a value that none of the attribute's can be
        compared with, TypeError for what is no condition.

        `City.population < 9`, `population=9`, `population=("<", 9)`, `"population", "<", 9`.
        """
        if len(given) == 3 and isinstance(given[0], str):
            given = (condition.Condition(*given),)
        wrong = [one for one in given if not isinstance(one, condition.Condition)]
        if wrong:
            raise TypeError(f"{wrong[0]!r} is not a condition: write City.population < 9, or population=9")
        more = (*given, *(_equal(name, value) for name, value in equal.items()))
        named = tuple(_named(one, self.field_of(one.field)) for one in more)
        return dataclasses.replace(self, conditions=(*self.conditions, *named))

    def order_by(self, *fields: Any, descending: bool = False) -> Query[M]:
        """Return the query in the order of attributes, `City.population` or "population"; "-population" goes down.

        Entities without the attribute are left out, as datastores do.
        """
        more: list[Order] = []
        for one in fields:
            name = getattr(one, "name", one)
            down = descending or name.startswith("-")
            more.append((self.field_of(name.removeprefix("-")).attribute, "desc" if down else "asc"))
        return dataclasses.replace(self, order=(*self.order, *more))

    def limit(self, count: int) -> Query[M]:
        """Return the query of the first so many entities; ValueError for fewer than 0."""
        if count < 0:
            raise ValueError(f"a limit is at least 0, not {count}")
        return dataclasses.replace(self, count=count)

    def __iter__(self) -> Iterator[M]:
        """Yield the entities in order; without one, by doc_id."""
        return (entity for _, entity in self._found())

    def first(self) -> M | None:
        """Return the first entity, None where there is none."""
        return next(iter(self.limit(1)), None)

    def stream(self) -> Iterator[client.DocumentSnapshot]:
        """Yield the documents themselves."""
        for one, _ in self._found():
            yield client.snapshot(self.database, one)

    def contains(self, path: str, document: protocol.Document | None) -> bool:
        """Tell whether a document belongs to the answer; the limit is left out of account."""
        if document is None or protocol.parent(path) != self.collection:
            return False
        return self._find(path, document) is not None

    @property
    def scope(self) -> protocol.Scope:
        """Return where the entities lie."""
        return protocol.Scope("collection", self.collection)

    def _found(self) -> Iterator[tuple[protocol.Stored, M]]:
        asked = tuple(
            dataclasses.replace(one, field=key)
            for one in self.conditions
            if (key := self.field_of(one.field).key) is not None and isinstance(one.value, str | bool | int | float)
        )
        found = [
            (one, entity)
            for one in self.database.select(protocol.Selection(self.collection, conditions=asked))
            if (entity := self._find(one.path, one.document)) is not None
        ]
        for name, direction in reversed(self.order):
            found.sort(
                key=lambda entry, at=name: matching.rank(getattr(entry[1], at)),  # type: ignore[misc]  # a default binds the name
                reverse=direction == "desc",
            )
        yield from found if self.count is None else found[: self.count]

    def _find(self, path: str, document: protocol.Document) -> M | None:
        found = self.load(path, document)
        if found is None or not all(one.holds(getattr(found, one.field, None)) for one in self.conditions):
            return None
        return None if any(getattr(found, name, None) is None for name, _ in self.order) else found


def _equal(name: str, value: Any) -> condition.Condition:
    if isinstance(value, tuple) and len(value) == 2 and value[0] in condition.OPERATORS:
        return condition.Condition(name, *value)
    return condition.Condition(name, "==", value)


def _named(one: condition.Condition, field: Field) -> condition.Condition:
    """Return a condition by the attribute's name; ValueError where it could never hold."""
    if one.operator.startswith("array"):
        item = field.shape.item if isinstance(field.shape, shape.ListOf | shape.SetOf) else None
        given = _replaced(one, lambda value: _compared(item, field.where, value))
    else:
        if isinstance(field.shape, shape.Choice) and one.operator not in EQUALITIES:
            raise ValueError(f"{field.where}: members of {field.shape.type.__name__} have no order")
        given = _replaced(one, lambda value: _compared(field.shape, field.where, value))
    return dataclasses.replace(given, field=field.attribute)


def _replaced(one: condition.Condition, by: Callable[[Any], Any]) -> condition.Condition:
    """Return the condition with what `by` gives for its value, or for each of its values."""
    if one.operator in condition.LISTING:
        return dataclasses.replace(one, value=[by(value) for value in one.value])
    return dataclasses.replace(one, value=by(one.value))


def _compared(to: shape.Shape | None, where: str, value: Any) -> Any:
    """Return a value as an attribute of the shape has it; ValueError where it has none that compares with it."""
    if value is None:
        return None
    match to:
        case shape.Plain(kind) if type(value) not in KINDS.get(kind, (kind,)):
            wanted = kind.__name__
        case shape.Choice(kind) if not isinstance(value, kind):
            try:
                return kind(value)  # by its value, as it is stored
            except ValueError:
                wanted = " or ".join(str(one) for one in kind)
        case shape.Moment(local) if not isinstance(value, datetime.datetime) or (value.tzinfo is None) != local:
            wanted = "datetime, naive" if local else "datetime, with a time zone"
        case shape.Number() if isinstance(value, bool) or not isinstance(value, int | decimal.Decimal):
            wanted = "Decimal"
        case _:
            return value
    raise ValueError(f"{where}: {value!r} cannot be compared with its values, {wanted}")


def __getattr__(name: str) -> NoReturn:
    """Say what to write for a former name."""
    former.refuse(__name__, name)
