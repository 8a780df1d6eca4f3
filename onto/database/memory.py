"""The embedded datastore: documents in this process, for tests, `onto dev` and boiler.

with database.transaction():
    database.set("City/LA", {"cityName": "Los Angeles"})
→  listeners receive (Change("City/LA", None, {"cityName": "Los Angeles"}),)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from onto.database import fields, hearing, matching, protocol, transacting


class Memory(transacting.Transacting):
    """A datastore in memory; safe to use from several threads, whose transactions run one after another.

    Listeners run after the transaction, in its thread, and may write: what they write is told after what
    they were told. A failing listener is logged, and stops neither the transaction nor other listeners.
    """

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self._collections: dict[str, dict[str, protocol.Stored]] = {}
        self._groups: dict[str, set[str]] = {}
        self._version = 0
        self._hearers = hearing.Hearers()
        self._commits = 0

    def select(self, selection: protocol.Selection) -> list[protocol.Stored]:
        """Return copies of the committed documents that a selection means."""
        with self._lock:
            return [_copy(one) for one in matching.selected(selection, self._within(selection.scope))]

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

    def _stored(self, path: str) -> protocol.Stored | None:
        found = self._committed(path)
        return None if found is None else _copy(found)

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

    def _commit(self, block: transacting.Block) -> None:
        # Nothing is compared: no other block has run since this one began.
        changes = self._made(block.writes)
        if changes:
            self._commits += 1
            self._hearers.tell(self._commits, changes)

    def _made(self, writes: Mapping[str, protocol.Document | None]) -> tuple[protocol.Change, ...]:
        version = max(self._version + 1, time.time_ns() // 1000)
        changes = []
        for path, after in writes.items():
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
