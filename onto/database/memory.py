"""The embedded datastore: documents in this process, for tests, `onto dev` and boiler.

with database.transaction():
    database.set("City/LA", {"cityName": "Los Angeles"})
→  listeners receive (Change("City/LA", None, {"cityName": "Los Angeles"}),)
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onto.database import fields, matching, protocol

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Hearing:
    """A listener, and the number of the last commit that it is not to hear of."""

    listener: protocol.Listener
    scopes: tuple[protocol.Scope, ...]
    since: int


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
        self._hearing: dict[int, _Hearing] = {}
        self._heard_by: dict[protocol.Scope | None, dict[int, None]] = {}
        self._next_listener = 0
        self._commits = 0
        self._untold: deque[tuple[int, tuple[protocol.Change, ...]]] = deque()
        self._telling = False

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
            self._expect(path, when)
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
                self._untold.append((self._commits, changes))
                self._tell()

    def listen(self, listener: protocol.Listener, *scopes: protocol.Scope, replay: bool = False) -> Callable[[], None]:
        """Call the listener with the changes of each later transaction in scope; return what ends that."""
        with self._lock:
            number = self._next_listener
            self._next_listener += 1
            self._hearing[number] = _Hearing(listener, scopes, self._commits)
            for scope in scopes or (None,):
                self._heard_by.setdefault(scope, {})[number] = None
            if replay:
                self._replay(listener, scopes)
        return lambda: self._forget(number)

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

    def _expect(self, path: str, when: protocol.When) -> None:
        found = self.read(path) if when is not None else None
        match when:
            case protocol.Exists(wanted=True) if found is None:
                raise protocol.NotFoundError(f"{path}: there is no such document")
            case protocol.Exists(wanted=False) if found is not None:
                raise protocol.AlreadyExistsError(f"{path}: there is such a document already")
            case protocol.UpdatedAt(version) if found is None or found.version != version:
                now = "is gone" if found is None else "has changed"
                raise protocol.ConflictError(f"{path}: the document {now} since it was read")

    def _commit(self, pending: Mapping[str, protocol.Document | None]) -> tuple[protocol.Change, ...]:
        version = max(self._version + 1, time.time_ns() // 1000)
        changes = []
        for path, after in pending.items():
            found = self._committed(path)
            before = None if found is None else found.document
            if not _same(before, after):
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

    def _replay(self, listener: protocol.Listener, scopes: tuple[protocol.Scope, ...]) -> None:
        wanted = scopes or tuple(protocol.Scope("collection", name) for name in self._collections)
        found = {one.path: one for scope in wanted for one in self._within(scope)}
        present = tuple(
            protocol.Change(path, None, found[path].document, found[path].version) for path in sorted(found)
        )
        outer, self._telling = self._telling, True  # what it writes is told after what it was told
        try:
            self._call(listener, present)
        finally:
            self._telling = outer
        self._tell()

    def _tell(self) -> None:
        if self._telling:  # a listener wrote: the loop below tells it in its turn
            return
        self._telling = True
        try:
            while self._untold:
                number, changes = self._untold.popleft()
                for hearing, heard in self._audience(number, changes):
                    self._call(hearing.listener, heard)
        finally:
            self._telling = False

    def _audience(
        self, commit: int, changes: tuple[protocol.Change, ...]
    ) -> Iterator[tuple[_Hearing, tuple[protocol.Change, ...]]]:
        """Yield who hears of a commit, longest-standing first, and of which changes in it."""
        heard: dict[int, list[protocol.Change]] = {}
        for one in changes:
            for scope in (None, *protocol.scopes_of(one.path)):
                for number in self._heard_by.get(scope, ()):
                    found = heard.setdefault(number, [])
                    if not found or found[-1] is not one:
                        found.append(one)
        for number in sorted(heard):
            hearing = self._hearing.get(number)  # one before it may have ended it
            if hearing is not None and hearing.since < commit:
                yield hearing, tuple(heard[number])

    def _call(self, listener: protocol.Listener, changes: tuple[protocol.Change, ...]) -> None:
        try:
            listener(changes)
        except Exception:
            LOG.exception("a listener failed on %s", [one.path for one in changes])

    def _forget(self, number: int) -> None:
        with self._lock:
            hearing = self._hearing.pop(number, None)
            for scope in () if hearing is None else hearing.scopes or (None,):
                kept = self._heard_by[scope]
                kept.pop(number, None)
                if not kept:
                    del self._heard_by[scope]


def _copy(stored: protocol.Stored) -> protocol.Stored:
    return protocol.Stored(stored.path, fields.copied(stored.document), stored.version)


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in a document: 1, 1.0 and true are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)
