"""Queries: the stored entities of a class that meet some conditions.

for city in City.where(City.population < 1000000, capital=True): ...
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from onto import condition
from onto.database import client, protocol

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Query(Generic[M]):
    """The entities of one collection that `load` accepts and that meet all conditions; iterate to run it."""

    database: protocol.Database
    collection: str
    load: Callable[[str, protocol.Document], M | None]
    name_of: Callable[[str], str]  # the attribute that a field's name or document key means
    conditions: tuple[condition.Condition, ...] = ()

    def where(self, *given: Any, **equal: Any) -> Query[M]:
        """Return the query with further conditions; ValueError for an attribute that does not exist."""
        if len(given) == 3 and isinstance(given[0], str):
            given = (condition.Condition(*given),)
        wrong = [one for one in given if not isinstance(one, condition.Condition)]
        if wrong:
            raise TypeError(f"{wrong[0]!r} is not a condition: write City.population < 9, or population=9")
        more = (*given, *(condition.Condition(name, "==", value) for name, value in equal.items()))
        named = tuple(dataclasses.replace(one, field=self.name_of(one.field)) for one in more)
        return dataclasses.replace(self, conditions=(*self.conditions, *named))

    def __iter__(self) -> Iterator[M]:
        """Yield the entities, by doc_id."""
        for path, document in self.database.collection(self.collection):
            found = self._find(path, document)
            if found is not None:
                yield found

    def stream(self) -> Iterator[client.DocumentSnapshot]:
        """Yield the documents themselves."""
        for path, document in self.database.collection(self.collection):
            if self.contains(path, document):
                yield client.DocumentSnapshot(client.DocumentReference(self.database, path), document)

    def contains(self, path: str, document: protocol.Document | None) -> bool:
        """Tell whether a document belongs to the answer."""
        if document is None or protocol.parent(path) != self.collection:
            return False
        return self._find(path, document) is not None

    def _find(self, path: str, document: protocol.Document) -> M | None:
        found = self.load(path, document)
        if found is None or not all(one.holds(getattr(found, one.field, None)) for one in self.conditions):
            return None
        return found
