"""What onto asks of a datastore.

Documents are JSON objects in stored form, at paths such as `City/LA` or `users/uid1/cityForms/LA`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One document created (`before` is None), replaced, or deleted (`after` is None)."""

    path: str
    before: Document | None
    after: Document | None

    @property
    def collection(self) -> str:
        """Return the path of the document's collection."""
        return parent(self.path)

    @property
    def doc_id(self) -> str:
        """Return the last part of the path."""
        return self.path.rpartition("/")[2]


Listener = Callable[[tuple[Change, ...]], None]


class Database(Protocol):
    """A datastore with transactions that tells its listeners what each of them changed."""

    def get(self, path: str) -> Document | None:
        """Return the document at a path, None where there is none."""

    def set(self, path: str, document: Document) -> None:
        """Write a document, replacing the one that is there."""

    def delete(self, path: str) -> None:
        """Remove a document, if it is there."""

    def collection(self, path: str) -> list[tuple[str, Document]]:
        """Return the path and document of every document of a collection, by doc_id."""

    def group(self, name: str) -> list[tuple[str, Document]]:
        """Return the same for all collections of that last name, at any depth."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make the writes of a `with` block one: all of them, or none if it raises."""

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call the listener with the changes of each transaction; return what ends that."""


def parent(path: str) -> str:
    """Return the path of the collection that holds a document."""
    return path.rpartition("/")[0]
