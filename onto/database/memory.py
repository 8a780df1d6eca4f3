"""The embedded datastore: documents in this process, for tests, `onto dev` and boiler.

with database.transaction():
    database.set("City/LA", {"cityName": "Los Angeles"})
→  listeners receive (Change("City/LA", None, {"cityName": "Los Angeles"}),)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from onto.database import fields, hearing, matching, protocol


class Memory(protocol.Database):
    """A datastore in memory; safe to use from several threads, whose transactions run one after another.

    Listeners run after the transaction, in its thread, and may write: what they write is told after what
    they were told. A failing listener is logged, and stops neither the transaction nor other listeners.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.RLock()
        self._collections: dict[str, dict[str, protocol.Stored]] = {}
        self._groups: dict[str, set[str]] = {}
        self._pending: dict[str, protocol.Document | None] | None = None
        self._version = 0
        self._hearers = hearing.Hearers()
        self._commits = 0

    def read(self, path: str) -> protocol.Stored | None:
        """Return a copy of the document at a path; inside a transaction, with its own writes."""
        with self._lock:
            found = self._committed(path)
            if self._pending is not None and path in self._pending:
                document = self._pending[path]
                version = 0 if found is None else found.version
                return None if document is None else protocol.Stored(path, fields.copied(document), version)
            return None if found is None else _copy(found)

    def select(self, selection: protocol.Selection) -> list[protocol.Stored]:
        """Return copies of the committed documents that a selection means."""
        with self._lock:
            return [_copy(one) for one in matching.selected(selection, self._within(selection.scope))]

    def write(self, path: str, document: protocol.Document | None, when: protocol.When = None) -> None:
        """Write a copy of the document, or remove it, if it is as `when` expects."""
        protocol.check_path(path)
        kept = None if document is None else fields.checked(path, document)
        with self.transaction():
            assert self._pending is not None  # a transaction is open here
            if when is not None:
                protocol.expect(path, self.read(path), when)
            self._pending[path] = kept

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the writes of the block at its end, or none if it raises; inner ones join the outer."""
        with self._lock:
            if self._pending is not None:
                yield
                return
            self._pending = {}
            try:
                yield
                changes = self._commit(self._pending)
            finally:
                self._pending = None
            if changes:
                self._commits += 1
                self._hearers.tell(self._commits, changes)

    def listen(self, listener: protocol.Listener, *scopes: protocol.Scope, replay: bool = False) -> Callable[[], None]:
        """Call the listener with the changes of each later transaction in scope; return what ends that."""
        with self._lock:
            number = self._hearers.add(listener, scopes, self._commits)
            if replay:
                self._hearers.replay(listener, self._present(scopes))
        return lambda: self._forget(number)

    @property
    def heard(self) -> int:
        """Return the version of the last commit."""
        with self._lock:
            return self._version

    def close(self) -> None:
        """Let go of what the datastore holds outside of memory: nothing."""

    # ------------------------------------------------------------ documents

    def _committed(self, path: str) -> protocol.Stored | None:
        collection, _, doc_id = path.rpartition("/")
        return self._collections.get(collection, {}).get(doc_id)

    def _within(self, scope: protocol.Scope) -> Iterator[protocol.Stored]:
        if scope.kind == "document":
            found = self._committed(scope.path)
            yield from () if found is None else (found,)
        elif scope.kind == "collection":
            yield from self._collections.get(scope.path, {}).values()
        else:
            for collection in self._groups.get(scope.path, ()):
                yield from self._collections[collection].values()

    def _commit(self, pending: Mapping[str, protocol.Document | None]) -> tuple[protocol.Change, ...]:
        version = max(self._version + 1, time.time_ns() // 1000)
        changes = []
        for path, after in pending.items():
            found = self._committed(path)
            before = None if found is None else found.document
            if not fields.same(before, after):
                changes.append(protocol.Change(path, before, after, version))
        if changes:
            self._persist(changes, version)
            self._version = version
        for one in changes:
            self._put(one.path, one.after, version)
        return tuple(changes)

    def _persist(self, changes: list[protocol.Change], version: int) -> None:
        """Keep a commit where it outlives the process, before anybody sees it; raise if that fails."""

    def _put(self, path: str, document: protocol.Document | None, version: int) -> None:
        collection, _, doc_id = path.rpartition("/")
        if document is not None:
            self._collections.setdefault(collection, {})[doc_id] = protocol.Stored(path, document, version)
            self._groups.setdefault(collection.rpartition("/")[2], set()).add(collection)
            return
        kept = self._collections.get(collection, {})
        kept.pop(doc_id, None)
        if not kept:
            self._collections.pop(collection, None)
            self._groups.get(collection.rpartition("/")[2], set()).discard(collection)

    # ------------------------------------------------------------ listeners

    def _present(self, scopes: tuple[protocol.Scope, ...]) -> tuple[protocol.Change, ...]:
        wanted = scopes or tuple(protocol.Scope("collection", name) for name in self._collections)
        found = {one.path: one for scope in wanted for one in self._within(scope)}
        return tuple(protocol.Change(path, None, found[path].document, found[path].version) for path in sorted(found))

    def _forget(self, number: int) -> None:
        with self._lock:
            self._hearers.forget(number)


def _copy(stored: protocol.Stored) -> protocol.Stored:
    return protocol.Stored(stored.path, fields.copied(stored.document), stored.version)
