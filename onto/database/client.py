"""A datastore in the words of Firestore's client: references, snapshots, collection groups.

client.document("City/LA").set({"country": "USA"})
client.document("City/LA").get().to_dict()     →  {"country": "USA"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from onto.database import protocol


class DocumentReference(str):
    """The place of a document: its path, which it equals as a string, with ways to read and write there."""

    __slots__ = ("_database",)
    _database: protocol.Database

    def __new__(cls, database: protocol.Database, path: str) -> DocumentReference:
        """Return the reference to a path."""
        made = super().__new__(cls, path)
        made._database = database
        return made

    @property
    def id(self) -> str:
        """Return the last part of the path."""
        return self.rpartition("/")[2]

    @property
    def path(self) -> str:
        """Return the path."""
        return str(self)

    def get(self) -> DocumentSnapshot:
        """Read the document."""
        return DocumentSnapshot(self, self._database.get(self))

    def set(self, document: protocol.Document) -> None:
        """Write the document."""
        self._database.set(self, document)

    def delete(self) -> None:
        """Remove the document."""
        self._database.delete(self)

    def collection(self, name: str) -> CollectionReference:
        """Return a collection below the document."""
        return CollectionReference(self._database, f"{self}/{name}")


@dataclass(frozen=True, slots=True)
class DocumentSnapshot:
    """A document as it was read; `exists` is false where there was none."""

    reference: DocumentReference
    document: protocol.Document | None

    @property
    def id(self) -> str:
        """Return the document's id."""
        return self.reference.id

    @property
    def exists(self) -> bool:
        """Tell whether there was a document."""
        return self.document is not None

    def to_dict(self) -> dict[str, Any] | None:
        """Return the document, None where there was none."""
        return None if self.document is None else dict(self.document)


@dataclass(frozen=True, slots=True)
class CollectionReference:
    """The documents of one collection."""

    database: protocol.Database
    path: str

    def document(self, doc_id: str) -> DocumentReference:
        """Return the reference to a document of the collection."""
        return DocumentReference(self.database, f"{self.path}/{doc_id}")

    def stream(self) -> Iterator[DocumentSnapshot]:
        """Yield the documents, by id."""
        return _snapshots(self.database, self.database.collection(self.path))

    def contains(self, path: str, document: protocol.Document | None) -> bool:
        """Tell whether a document belongs to the collection."""
        return protocol.parent(path) == self.path


@dataclass(frozen=True, slots=True)
class CollectionGroup:
    """The documents of all collections of one last name, at any depth."""

    database: protocol.Database
    name: str

    def stream(self) -> Iterator[DocumentSnapshot]:
        """Yield the documents, by path."""
        return _snapshots(self.database, self.database.group(self.name))

    def contains(self, path: str, document: protocol.Document | None) -> bool:
        """Tell whether a document belongs to the group."""
        return protocol.parent(path).rpartition("/")[2] == self.name


@dataclass(frozen=True, slots=True)
class Client:
    """The way into a datastore."""

    database: protocol.Database

    def document(self, path: str) -> DocumentReference:
        """Return the reference to a document."""
        return DocumentReference(self.database, path)

    def collection(self, name: str) -> CollectionReference:
        """Return a collection."""
        return CollectionReference(self.database, name)

    def collection_group(self, name: str) -> CollectionGroup:
        """Return all collections of that last name."""
        return CollectionGroup(self.database, name)


def _snapshots(
    database: protocol.Database, found: Iterable[tuple[str, protocol.Document]]
) -> Iterator[DocumentSnapshot]:
    for path, document in found:
        yield DocumentSnapshot(DocumentReference(database, path), document)
