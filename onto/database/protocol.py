"""What onto asks of a datastore: read, select, write, transaction, listen. One suite tests all that offer it.

Documents are JSON objects in stored form, at paths such as `City/LA` or `users/uid1/cityForms/LA`. A datastore
derives from `Database` and writes those five methods and `heard`; the others follow from them.

    database.write("City/LA", {"country": "USA"}, when=Exists(False))
    database.read("City/LA")   →  Stored("City/LA", {"country": "USA"}, version=1772357400000005)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from onto import condition, errors

Document = Mapping[str, Any]
MAX_RETRIES = 5


class DatastoreError(errors.OntoError):
    """A datastore cannot do what was asked of it; the message names the document."""


class AlreadyExistsError(DatastoreError):
    """A document was to be new, and is there."""


class NotFoundError(DatastoreError):
    """A document was to be there, and is not."""


class ConflictError(DatastoreError):
    """A document is not as the write expects it; reading again and retrying may help."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it lies in a datastore.

    `version` is the time of its last write in microseconds since 1970, greater for every later commit.
    """

    path: str
    document: Document
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """One document created (`before` is None), replaced, or deleted (`after` is None), at a commit's version."""

    path: str
    before: Document | None
    after: Document | None
    version: int = field(default=0, compare=False)

    @property
    def collection(self) -> str:
        """Return the path of the document's collection."""
        return parent(self.path)

    @property
    def doc_id(self) -> str:
        """Return the last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Exists:
    """A write that expects the document to be there, or not to be: AlreadyExistsError, NotFoundError."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class UpdatedAt:
    """A write that expects the document in this version: ConflictError where it is another, or gone."""

    version: int


When = Exists | UpdatedAt | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a listener hears of: a document, a collection, or all collections of a last name."""

    kind: Literal["document", "collection", "group"]
    path: str

    def covers(self, path: str) -> bool:
        """Tell whether a document is in scope."""
        return self in scopes_of(path)


@dataclass(frozen=True, slots=True)
class Selection:
    """Documents of a collection (or, with `group`, of all of that last name) in order: by keys, then by path.

    Fields are keys of the document, `a.b` inside others. A document that lacks a field meets no condition on
    it, and is left out where it orders. Values of different types are neither less nor greater.
    """

    collection: str
    group: bool = False
    conditions: tuple[condition.Condition, ...] = ()
    order: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    limit: int | None = None

    @property
    def scope(self) -> Scope:
        """Return the scope in which the selected documents lie."""
        return Scope("group" if self.group else "collection", self.collection)


Listener = Callable[[tuple[Change, ...]], None]


class Database(Protocol):
    """A datastore with transactions that tells its listeners what each of them changed."""

    def read(self, path: str) -> Stored | None:
        """Return the document at a path; inside a transaction, with its own writes."""

    def select(self, selection: Selection) -> list[Stored]:
        """Return the committed documents that a selection means."""

    def write(self, path: str, document: Document | None, when: When = None) -> None:
        """Write a document, or remove it (None), if it is as `when` expects; inside a transaction, with that."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make the writes of a `with` block one: all of them, or none if it raises; inner ones join the outer.

        ConflictError where another commit came between what the block read and what it writes: `run` tries again.
        """

    def listen(self, listener: Listener, *scopes: Scope, replay: bool = False) -> Callable[[], None]:
        """Call the listener once with the changes of each later transaction; return what ends that.

        `scopes` narrow what it hears of; a datastore that cannot tell of everything asks for them. With `replay` it
        first hears, as created, of what is there: nothing comes twice, and nothing is left out between. A listener that
        fails stops nothing else.
        """

    @property
    def heard(self) -> int:
        """Return the version of the last commit that listeners have heard of, a removal too; 0 without any.

        What is replayed to a new listener is at least of that version, though no document may bear it any more.
        """

    # ------------------------------------------------------------ what follows from these

    def close(self) -> None:
        """Let go of what the datastore holds outside of this object, such as a file or connections."""

    def get(self, path: str) -> Document | None:
        """Return the document at a path, None where there is none."""
        found = self.read(path)
        return None if found is None else found.document

    def set(self, path: str, document: Document) -> None:
        """Write a document, replacing the one that is there."""
        self.write(path, document)

    def delete(self, path: str) -> None:
        """Remove a document, if it is there."""
        self.write(path, None)

    def collection(self, path: str) -> list[tuple[str, Document]]:
        """Return the path and document of every document of a collection, by doc_id."""
        return [(one.path, one.document) for one in self.select(Selection(path))]

    def group(self, name: str) -> list[tuple[str, Document]]:
        """Return the same for all collections of that last name, at any depth."""
        return [(one.path, one.document) for one in self.select(Selection(name, group=True))]


def run(database: Database, work: Callable[[], Any], attempts: int = MAX_RETRIES) -> Any:
    """Run `work` in a transaction, again after each ConflictError; the last is raised. ValueError below 1 attempt."""
    for attempt in range(1, attempts + 1):
        try:
            with database.transaction():
                return work()
        except ConflictError:
            if attempt == attempts:
                raise
    raise ValueError(f"attempts must be at least 1, not {attempts}")


def expect(path: str, found: Stored | None, when: When) -> None:
    """Raise AlreadyExistsError, NotFoundError or ConflictError where a document is not as a write expects it."""
    match when:
        case Exists(wanted=True) if found is None:
            raise NotFoundError(f"{path}: there is no such document")
        case Exists(wanted=False) if found is not None:
            raise AlreadyExistsError(f"{path}: there is such a document already")
        case UpdatedAt(version) if found is None or found.version != version:
            now = "is gone" if found is None else "has changed"
            raise ConflictError(f"{path}: the document {now} since it was read")


def expect_unchanged(path: str, found: Stored | None, version: int | None) -> None:
    """Raise ConflictError where a document is not in the version in which it was read; None: there was none."""
    if version != (None if found is None else found.version):
        raise ConflictError(f"{path}: the document has changed since it was read")


def parent(path: str) -> str:
    """Return the path of the collection that holds a document."""
    return path.rpartition("/")[0]


def scopes_of(path: str) -> tuple[Scope, Scope, Scope]:
    """Return the scopes that a document is in."""
    collection = parent(path)
    return Scope("document", path), Scope("collection", collection), Scope("group", collection.rpartition("/")[2])


def is_path(path: str) -> bool:
    """Tell whether a document could lie there."""
    parts = path.split("/")
    return len(parts) % 2 == 0 and all(parts)


def check_path(path: str) -> None:
    """Raise ValueError for what is no path of a document."""
    if not is_path(path):
        raise ValueError(f"{path!r} is not the path of a document: COLLECTION/ID, or COLLECTION/ID/COLLECTION/ID")
