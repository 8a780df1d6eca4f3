"""Sinks of a mediator: where it writes.

class MeetingSessionGet(Mediator):
    sink = sink.firestore()
    ...
        self.sink.emit(reference=ref, snapshot=view.to_snapshot())

What a live view writes carries its timepoint, the version of the last commit that it has seen. A sink refuses to
overwrite what a later timepoint has written: the timepoint of each place lies beside it, in the collection `ontoSinks`,
and is compared and written in the same transaction.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable
from typing import Any, NoReturn, Protocol

from onto import context, former
from onto.database import client, protocol
from onto.view_model import ViewModel

__path__: list[str] = []  # modules that once lay below this one are looked for, and `former` refuses them
COLLECTION = "ontoSinks"


class DocumentSink:
    """Writes documents to the context's datastore."""

    def emit(self, reference: str, snapshot: client.DocumentSnapshot) -> bool:
        """Write a snapshot to a place; False where a later one is there. ConflictError after too many retries."""
        database = context.Context.database
        path = str(reference)

        def write() -> bool:
            if not _is_latest(database, path, snapshot.version, {}):
                return False
            _put(database, path, snapshot.document)
            return True

        return bool(protocol.run(database, write))

    def emit_all(self, obj: ViewModel) -> bool:
        """Write a view to all its `_view_refs`, and remove it where an earlier one was and this one is not.

        All in one transaction; False, and nothing is written, where a later view was here.
        """
        database = context.Context.database
        snapshot = obj.to_snapshot()
        refs = [str(one) for one in obj._view_refs]
        place = f"{type(obj).__name__}/{obj.doc_id}"

        def write() -> bool:
            before = _kept(database, place).get("refs", [])
            if not _is_latest(database, place, snapshot.version, {"refs": refs}):
                return False
            for ref in [*refs, *(one for one in before if one not in refs)]:
                _put(database, ref, snapshot.document if ref in refs else None)
            return True

        return bool(protocol.run(database, write))


class Savable(Protocol):
    """What can save itself: an entity, a view."""

    def save(self) -> None:
        """Write it to its place."""


class ObjectSink:
    """Saves objects to their own places."""

    def emit(self, obj: Savable) -> None:
        """Save an entity or a view."""
        obj.save()


def firestore() -> DocumentSink:
    """Return the sink of documents, whichever datastore the context has."""
    return DocumentSink()


def domain_model() -> ObjectSink:
    """Return the sink that saves entities."""
    return ObjectSink()


def _is_latest(database: protocol.Database, place: str, timepoint: int | None, more: dict[str, Iterable[str]]) -> bool:
    """Note the timepoint of a place, unless a later one is noted."""
    if timepoint is None:
        return True
    kept = _kept(database, place)
    if kept.get("timepoint", 0) > timepoint:
        return False
    database.set(_companion(place), {"timepoint": timepoint, **more})
    return True


def _kept(database: protocol.Database, place: str) -> Any:
    return database.get(_companion(place)) or {}


def _companion(place: str) -> str:
    return f"{COLLECTION}/{urllib.parse.quote(place, safe='')}"


def _put(database: protocol.Database, path: str, document: protocol.Document | None) -> None:
    if document is None:
        database.delete(path)
    else:
        database.set(path, document)


def __getattr__(name: str) -> NoReturn:
    """Say what to write for a former name."""
    former.refuse(__name__, name)
