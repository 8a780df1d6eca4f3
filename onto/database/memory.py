"""The embedded datastore: documents in this process, for tests, `onto dev` and boiler.

with database.transaction():
    database.set("City/LA", {"cityName": "Los Angeles"})
→  listeners receive (Change("City/LA", None, {"cityName": "Los Angeles"}),)
"""

from __future__ import annotations

import copy
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onto.database import protocol

LOG = logging.getLogger(__name__)


class Memory:
    """A datastore in memory; safe to use from several threads, whose transactions run one after another.

    Listeners run after the transaction, in its thread, and may write: what they write is told after what
    they were told. A failing listener is logged, and stops neither the transaction nor other listeners.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.RLock()
        self._collections: dict[str, dict[str, protocol.Document]] = {}
        self._pending: dict[str, protocol.Document | None] | None = None
        self._listeners: dict[int, protocol.Listener] = {}
        self._next_listener = 0
        self._untold: deque[tuple[protocol.Change, ...]] = deque()
        self._telling = False

    def get(self, path: str) -> protocol.Document | None:
        """Return a copy of the document at a path; inside a transaction, with its own writes."""
        with self._lock:
            if self._pending is not None and path in self._pending:
                return copy.deepcopy(self._pending[path])
            return copy.deepcopy(self._committed(path))

    def set(self, path: str, document: protocol.Document) -> None:
        """Write a copy of the document."""
        _check(path)
        with self.transaction():
            assert self._pending is not None  # a transaction is open here
            self._pending[path] = copy.deepcopy(dict(document))

    def delete(self, path: str) -> None:
        """Remove a document, if it is there."""
        _check(path)
        with self.transaction():
            assert self._pending is not None  # a transaction is open here
            self._pending[path] = None

    def collection(self, path: str) -> list[tuple[str, protocol.Document]]:
        """Return copies of the committed documents of a collection, by doc_id."""
        with self._lock:
            found = self._collections.get(path, {})
            return [(f"{path}/{doc_id}", copy.deepcopy(found[doc_id])) for doc_id in sorted(found)]

    def group(self, name: str) -> list[tuple[str, protocol.Document]]:
        """Return the same for all collections of that last name."""
        with self._lock:
            paths = sorted(path for path in self._collections if path.rpartition("/")[2] == name)
            return [entry for path in paths for entry in self.collection(path)]

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
                self._untold.append(changes)
                self._tell()

    def listen(self, listener: protocol.Listener) -> Callable[[], None]:
        """Call the listener with the changes of each later transaction; return what ends that."""
        with self._lock:
            number = self._next_listener
            self._next_listener += 1
            self._listeners[number] = listener

        def stop() -> None:
            self._listeners.pop(number, None)

        return stop

    def _committed(self, path: str) -> protocol.Document | None:
        collection, _, doc_id = path.rpartition("/")
        return self._collections.get(collection, {}).get(doc_id)

    def _commit(self, pending: dict[str, protocol.Document | None]) -> tuple[protocol.Change, ...]:
        changes = []
        for path, after in pending.items():
            before = self._committed(path)
            if before == after:
                continue
            collection, _, doc_id = path.rpartition("/")
            if after is None:
                del self._collections[collection][doc_id]
            else:
                self._collections.setdefault(collection, {})[doc_id] = after
            changes.append(protocol.Change(path, before, after))
        return tuple(changes)

    def _tell(self) -> None:
        if self._telling:  # a listener wrote: the loop below tells it in its turn
            return
        self._telling = True
        try:
            while self._untold:
                changes = self._untold.popleft()
                for listener in list(self._listeners.values()):
                    try:
                        listener(changes)
                    except Exception:
                        LOG.exception("a listener failed on %s", [one.path for one in changes])
        finally:
            self._telling = False


def _check(path: str) -> None:
    parts = path.split("/")
    if len(parts) % 2 or not all(parts):
        raise ValueError(f"{path!r} is not the path of a document: COLLECTION/ID, or COLLECTION/ID/COLLECTION/ID")
