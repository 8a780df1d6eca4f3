"""A datastore in the words of Firestore's client, whichever datastore it is.

client.document("City/LA").set({"country": "USA"})
client.collection("City").where("country", "==", "USA").order_by("name").limit(3).stream()
→  snapshots of the documents that meet it
"""

from __future__ import annotations

import datetime
import functools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from onto import condition
from onto.database import fields, matching, protocol, watching

ASCENDING: Literal["ASCENDING"] = "ASCENDING"
DESCENDING: Literal["DESCENDING"] = "DESCENDING"


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A condition in a value of its own: `where(filter=FieldFilter("country", "==", "USA"))`."""

    field_path: str
    op_string: str
    value: Any


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

    @property
    def parent(self) -> CollectionReference:
        """Return the collection that holds the document."""
        return CollectionReference(self._database, protocol.parent(self))

    def get(self, field_paths: Sequence[str] | None = None, transaction: Transaction | None = None) -> DocumentSnapshot:
        """Read the document; what a transaction reads is to be the same when it commits."""
        found = self._database.read(self)
        if transaction is not None:
            transaction.note(self, found)
        document = None if found is None else found.document
        if document is not None and field_paths is not None:
            document = fields.only(document, field_paths)
        return DocumentSnapshot(self, document, None if found is None else found.version)

    def set(self, document: protocol.Document, merge: bool | Sequence[str] = False) -> None:
        """Write the document; with `merge` into the one that is there, with a list only those fields of it."""
        protocol.check_path(self)
        with self._database.transaction():
            before = self._database.get(self) or {}
            self._database.write(self, fields.merged(before, document, merge))

    def create(self, document: protocol.Document) -> None:
        """Write a new document; AlreadyExistsError where there is one."""
        self._database.write(self, fields.merged({}, document, False), when=protocol.Exists(False))

    def update(self, changes: Mapping[str, Any], option: protocol.When = None) -> None:
        """Change some fields, `a.b` inside others; NotFoundError where there is no document."""
        protocol.check_path(self)
        with self._database.transaction():
            before = self._database.get(self)
            expected = protocol.Exists(True) if option is None else option
            self._database.write(self, fields.updated(before or {}, changes), when=expected)

    def delete(self, option: protocol.When = None) -> None:
        """Remove the document."""
        self._database.write(self, None, when=option)

    def collection(self, name: str) -> CollectionReference:
        """Return a collection below the document."""
        return CollectionReference(self._database, f"{self}/{name}")

    __truediv__ = collection

    def on_snapshot(self, callback: watching.Callback) -> watching.Watch:
        """Call back now and after each change with the snapshot (in a list), what changed, and when."""
        return watching.Watch(
            self._database, protocol.Scope("document", self), lambda _: True, lambda found: found, snapshot, callback
        )


@dataclass(frozen=True, slots=True)
class DocumentSnapshot:
    """A document as it was read; `exists` is false where there was none."""

    reference: DocumentReference
    document: protocol.Document | None
    version: int | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Return the document's id."""
        return self.reference.id

    @property
    def exists(self) -> bool:
        """Tell whether there was a document."""
        return self.document is not None

    @property
    def update_time(self) -> datetime.datetime | None:
        """Return when the document was last written."""
        return None if self.version is None else fields.moment(self.version)

    def to_dict(self) -> dict[str, Any] | None:
        """Return the document, None where there was none."""
        return None if self.document is None else dict(fields.copied(self.document))

    def get(self, field_path: str) -> Any:
        """Return a field, `a.b` inside others; None where there is none."""
        found = matching.value_at(self.document or {}, field_path)
        return None if found is matching.MISSING else found


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of a collection, or of all of a last name, that meet conditions, in an order."""

    database: protocol.Database
    path: str
    group: bool = False
    conditions: tuple[condition.Condition, ...] = ()
    order: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    count_limit: int | None = None
    skipped: int = 0
    cursors: tuple[fields.Cursor, ...] = ()

    def where(
        self,
        field_path: str | None = None,
        op_string: str | None = None,
        value: Any = None,
        *,
        filter: FieldFilter | None = None,
    ) -> Query:
        """Return the query with one more condition: `("country", "==", "USA")`."""
        given = FieldFilter(field_path or "", op_string or "", value) if filter is None else filter
        if isinstance(given.value, DocumentReference):
            given = FieldFilter(given.field_path, given.op_string, given.value.path)
        more = condition.Condition(given.field_path, given.op_string, given.value)
        return self._with(conditions=(*self.conditions, more))

    def order_by(self, field_path: str, direction: Literal["ASCENDING", "DESCENDING"] = ASCENDING) -> Query:
        """Return the query ordered by one more field; documents that lack it are left out.

        Raises ValueError for another direction.
        """
        if direction not in (ASCENDING, DESCENDING):
            raise ValueError(f"an order is {ASCENDING} or {DESCENDING}, not {direction!r}")
        return self._with(order=(*self.order, (field_path, "asc" if direction == ASCENDING else "desc")))

    def limit(self, count: int) -> Query:
        """Return the query of the first so many documents."""
        return self._with(count_limit=count)

    def offset(self, count: int) -> Query:
        """Return the query without the first so many documents."""
        return self._with(skipped=count)

    def start_at(self, place: DocumentSnapshot | Mapping[str, Any]) -> Query:
        """Return the query from the place on; a place is a snapshot, or values of the fields of the order."""
        return self._from("start", True, place)

    def start_after(self, place: DocumentSnapshot | Mapping[str, Any]) -> Query:
        """Return the query of what follows the place."""
        return self._from("start", False, place)

    def end_at(self, place: DocumentSnapshot | Mapping[str, Any]) -> Query:
        """Return the query up to the place."""
        return self._from("end", True, place)

    def end_before(self, place: DocumentSnapshot | Mapping[str, Any]) -> Query:
        """Return the query of what precedes the place."""
        return self._from("end", False, place)

    def stream(self, transaction: Transaction | None = None) -> Iterator[DocumentSnapshot]:
        """Yield the documents."""
        found = self.database.select(self._selection(self.count_limit if self._is_plain() else None))
        for one in self._arranged(found):
            if transaction is not None:
                transaction.note(one.path, one)
            yield snapshot(self.database, one)

    def get(self, transaction: Transaction | None = None) -> list[DocumentSnapshot]:
        """Return the documents in a list."""
        return list(self.stream(transaction))

    def on_snapshot(self, callback: watching.Callback) -> watching.Watch:
        """Call back now and after each change with all snapshots, what changed, and when."""
        wanted = self._selection(None)
        return watching.Watch(
            self.database,
            wanted.scope,
            lambda document: matching.meets(wanted, document),
            lambda found: self._arranged(matching.arranged(wanted, found)),
            snapshot,
            callback,
        )

    def contains(self, path: str, document: protocol.Document | None) -> bool:
        """Tell whether a document belongs to the query; its limit is left out of account."""
        wanted = self._selection(None)
        return document is not None and wanted.scope.covers(path) and matching.meets(wanted, document)

    @property
    def scope(self) -> protocol.Scope:
        """Return where the documents lie."""
        return self._selection(None).scope

    def _selection(self, limit: int | None) -> protocol.Selection:
        return protocol.Selection(self.path, self.group, self.conditions, self.order, limit)

    def _is_plain(self) -> bool:
        return not self.skipped and not self.cursors

    def _arranged(self, found: list[protocol.Stored]) -> list[protocol.Stored]:
        kept = [one for one in found if all(each.admits(one, self.order) for each in self.cursors)][self.skipped :]
        return kept if self.count_limit is None else kept[: self.count_limit]

    def _from(
        self, side: Literal["start", "end"], inclusive: bool, place: DocumentSnapshot | Mapping[str, Any]
    ) -> Query:
        if isinstance(place, DocumentSnapshot):
            cursor = fields.Cursor(side, inclusive, place.document or {}, place.reference.path)
        else:
            cursor = fields.Cursor(side, inclusive, place, None)
        return self._with(cursors=(*self.cursors, cursor))

    def _with(self, **changes: Any) -> Query:  # Any: fields of the query
        said = {name: getattr(self, name) for name in Query.__slots__}
        return Query(**{**said, **changes})


class CollectionReference(Query):
    """The documents of one collection."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """Return the collection's name."""
        return self.path.rpartition("/")[2]

    def document(self, doc_id: str | None = None) -> DocumentReference:
        """Return the reference to a document of the collection; without an id, to a new one."""
        return DocumentReference(self.database, f"{self.path}/{uuid.uuid4().hex if doc_id is None else doc_id}")

    def __truediv__(self, doc_id: str) -> DocumentReference:
        """Return the reference to a document of the collection: `db.ref / "City" / "LA"`."""
        return self.document(doc_id)

    def add(self, document: protocol.Document) -> DocumentReference:
        """Write a document under a new id; return its reference."""
        made = self.document()
        made.create(document)
        return made


class CollectionGroup(Query):
    """The documents of all collections of one last name, at any depth."""

    __slots__ = ()


class Batch:
    """Writes that are made together, or not at all, at `commit`."""

    def __init__(self, database: protocol.Database) -> None:
        """Begin without any."""
        self._database = database
        self._writes: list[Callable[[], None]] = []

    def set(
        self, reference: DocumentReference, document: protocol.Document, merge: bool | Sequence[str] = False
    ) -> None:
        """Write a document at the commit."""
        self._writes.append(lambda: reference.set(document, merge))

    def create(self, reference: DocumentReference, document: protocol.Document) -> None:
        """Write a new document at the commit."""
        self._writes.append(lambda: reference.create(document))

    def update(self, reference: DocumentReference, changes: Mapping[str, Any], option: protocol.When = None) -> None:
        """Change fields of a document at the commit."""
        self._writes.append(lambda: reference.update(changes, option))

    def delete(self, reference: DocumentReference, option: protocol.When = None) -> None:
        """Remove a document at the commit."""
        self._writes.append(lambda: reference.delete(option))

    def commit(self) -> None:
        """Make the writes; none of them, and the DatastoreError, where a document is not as one expects."""
        with self._database.transaction():
            for write in self._writes:
                write()
        self._writes = []

    def __enter__(self) -> Batch:
        """Collect writes in a `with` block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Commit unless the block raised."""
        if kind is None:
            self.commit()


class Transaction(Batch):
    """A batch that commits only while all that was read in it is as it was; see `transactional`."""

    def __init__(self, database: protocol.Database, max_attempts: int = protocol.MAX_RETRIES) -> None:
        """Begin without reads and writes."""
        super().__init__(database)
        self.max_attempts = max_attempts
        self._versions: dict[str, int | None] = {}

    def get(self, what: DocumentReference | Query) -> Any:
        """Read a document, or run a query."""
        return what.get(transaction=self)

    def note(self, path: str, found: protocol.Stored | None) -> None:
        """Remember in which version a document was read."""
        self._versions.setdefault(str(path), None if found is None else found.version)

    def commit(self) -> None:
        """Make the writes; ConflictError, and none of them, where something read has changed."""
        with self._database.transaction():
            for path, version in self._versions.items():
                protocol.expect_unchanged(path, self._database.read(path), version)
            super().commit()
        self._versions = {}

    def begin_anew(self) -> None:
        """Forget what was read and is to be written."""
        self._versions, self._writes = {}, []


def transactional(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that takes a transaction first, commits it, and runs again after each ConflictError.

    The last ConflictError of `max_attempts` is raised; ValueError where that is below 1.
    """

    @functools.wraps(function)
    def run(transaction: Transaction, *given: Any, **named: Any) -> Any:
        for attempt in range(1, transaction.max_attempts + 1):
            transaction.begin_anew()
            answer = function(transaction, *given, **named)
            try:
                transaction.commit()
            except protocol.ConflictError:
                if attempt == transaction.max_attempts:
                    raise
            else:
                return answer
        raise ValueError(f"max_attempts must be at least 1, not {transaction.max_attempts}")

    return run


@dataclass(frozen=True, slots=True)
class Root:
    """The place above all collections."""

    database: protocol.Database

    def __truediv__(self, name: str) -> CollectionReference:
        """Return a collection."""
        return CollectionReference(self.database, name)


@dataclass(frozen=True, slots=True)
class Client:
    """The way into a datastore."""

    database: protocol.Database

    @property
    def ref(self) -> Root:
        """Return where paths begin that slashes put together: `db.ref / "City" / "LA"`."""
        return Root(self.database)

    def document(self, *path: str) -> DocumentReference:
        """Return the reference to a document, by its path or the parts of it."""
        return DocumentReference(self.database, "/".join(path))

    def collection(self, *path: str) -> CollectionReference:
        """Return a collection, by its path or the parts of it."""
        return CollectionReference(self.database, "/".join(path))

    def collection_group(self, name: str) -> CollectionGroup:
        """Return all collections of that last name."""
        return CollectionGroup(self.database, name, group=True)

    def get_all(self, references: Sequence[DocumentReference]) -> Iterator[DocumentSnapshot]:
        """Yield the documents at several places."""
        return (one.get() for one in references)

    def batch(self) -> Batch:
        """Return a batch of writes."""
        return Batch(self.database)

    def transaction(self, max_attempts: int = protocol.MAX_RETRIES) -> Transaction:
        """Return a transaction for a `transactional` function."""
        return Transaction(self.database, max_attempts)

    def write_option(
        self, *, last_update_time: datetime.datetime | None = None, exists: bool | None = None
    ) -> protocol.When:
        """Return what a write expects of the document: when it was last written, or whether it is there."""
        if last_update_time is not None:
            return protocol.UpdatedAt(fields.version(last_update_time))
        return None if exists is None else protocol.Exists(exists)


def snapshot(database: protocol.Database, stored: protocol.Stored) -> DocumentSnapshot:
    """Return what a datastore holds as a snapshot."""
    return DocumentSnapshot(DocumentReference(database, stored.path), stored.document, stored.version)
