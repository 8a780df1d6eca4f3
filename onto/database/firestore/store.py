"""A datastore in Firestore, which other processes and front ends may share.

Firestore("my-project").write("City/LA", {"country": "USA"}, when=Exists(False))

Transactions are optimistic: what a block read is read again in one of Firestore's transactions and compared, which then
makes the writes; so every commit holds what its block saw. What listeners hear is said in `following`, and in
docs/decisions/firestore.md.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from google.cloud import firestore as google_firestore

from onto.database import fields, hearing, matching, protocol, transacting
from onto.database.firestore import connection, following, queries

LOG = logging.getLogger(__name__)
ATTEMPTS = 8  # at a commit that Firestore gives up in favour of others


class Firestore(transacting.Transacting):
    """A datastore in Firestore; safe to use from several threads and from several processes.

    The transactions of one process run one after another. A write that a listener of this process is to hear of
    returns when it has heard: listeners run in the thread that wrote; for what others wrote in a thread of their own.
    """

    def __init__(self, project: str | None = None, database: str = "(default)", certificate: str | None = None) -> None:
        """Find the way to a database; SettingsError without credentials or project. Nothing is sent yet."""
        super().__init__()
        self._connection = connection.connected(project, database, certificate)
        self._following = following.Following(self._connection)
        self._hearers = hearing.Hearers()
        self._scopes: dict[protocol.Scope, int] = {}  # how many listeners each has
        self._present: dict[protocol.Scope, following.Documents] = {}
        self._seen = 0  # the version of the last moment that listeners were told of
        self._moments = 0
        self._warned = False
        self._native: google_firestore.Client | None = None
        self._telling: threading.Thread | None = None

    def read(self, path: str) -> protocol.Stored | None:
        """Return the document at a path; inside a transaction, with its own writes."""
        return super().read(path) if protocol.is_path(path) else None  # Firestore would refuse to look

    def select(self, selection: protocol.Selection) -> list[protocol.Stored]:
        """Return the committed documents that a selection means."""
        with self._lock:
            found = self._select(selection)
            if self._block is not None:
                self._block.selected.append((selection, {one.path: one.version for one in found}))
            return found

    def listen(self, listener: protocol.Listener, *scopes: protocol.Scope, replay: bool = False) -> Callable[[], None]:
        """Call the listener with the changes of each later moment in scope; return what ends that.

        DatastoreError without a scope, and where Firestore does not say what is there in time.
        """
        if not scopes:
            raise protocol.DatastoreError(
                f"{self._connection.where}: Firestore tells of collections, not of a whole database: name scopes"
            )
        with self._lock:
            self._begin(scopes)
            number = self._hearers.add(listener, scopes, self._moments)
            if replay:
                found = {path: one for key in scopes for path, one in self._present[key].items()}
                changes = (protocol.Change(one, None, found[one].document, found[one].version) for one in sorted(found))
                self._hearers.replay(listener, tuple(changes))
        return lambda: self._end(number, scopes)

    @property
    def heard(self) -> int:
        """Return the version of the last moment that listeners have heard of."""
        with self._lock:
            return self._seen

    @property
    def native(self) -> google_firestore.Client:
        """Return Google's own client on the same database, for what only Firestore has; made at its first use."""
        if self._native is None:
            self._native = self._connection.client()
        return self._native

    def close(self) -> None:
        """End what listens, and let go of the connection."""
        self._following.close()
        if self._telling is not None and self._telling is not threading.current_thread():
            self._telling.join(connection.LIMIT)
        if self._native is not None:
            self._native.close()  # type: ignore[no-untyped-call]  # Google's
        self._connection.close()

    # ------------------------------------------------------------ documents

    def _stored(self, path: str) -> protocol.Stored | None:
        return self._connection.get([path])[1].get(path)

    def _select(self, selection: protocol.Selection, transaction: bytes = b"") -> list[protocol.Stored]:
        *exact, last = queries.plans(selection)
        for parent, query in exact:
            try:
                return matching.selected(selection, self._connection.query(parent, query, transaction))
            except connection.UnindexedError as error:
                if not self._warned:
                    LOG.warning("a query reads more than it needs, for want of an index: %s", error)
                self._warned = True
        return matching.selected(selection, self._connection.query(*last, transaction))

    # ------------------------------------------------------------ commits

    def _commit(self, block: transacting.Block) -> None:
        self._hear(*self._written(block))

    def _written(self, block: transacting.Block) -> tuple[int, list[str]]:
        """Return the version of the commit, and the paths of what it changed."""
        for attempt in range(ATTEMPTS):
            try:
                return self._written_once(block)
            except connection.AbortedError:
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # so that two do not meet again
        raise protocol.ConflictError(f"{', '.join(sorted(block.writes))}: too many others write there at this time")

    def _written_once(self, block: transacting.Block) -> tuple[int, list[str]]:
        transaction, found = self._connection.get(sorted(block.paths), begin=True)
        try:
            block.compare(found)
            self._compare_selected(block, transaction)
            changed = {
                path: after
                for path, after in block.writes.items()
                if not fields.same(found[path].document if path in found else None, after)
            }
            if changed:
                return self._connection.commit(changed, transaction), list(changed)
        except protocol.DatastoreError:
            self._connection.rollback(transaction)
            raise
        self._connection.rollback(transaction)
        return 0, []

    def _compare_selected(self, block: transacting.Block, transaction: bytes) -> None:
        for selection, was in block.selected:
            now = {one.path: one.version for one in self._select(selection, transaction)}
            for path in sorted({*was, *now}):
                if was.get(path) != now.get(path):
                    raise protocol.ConflictError(
                        f"{path}: the document has changed since {selection.collection} was read"
                    )

    # ------------------------------------------------------------ listeners

    def _hear(self, version: int, written: list[str]) -> None:
        """Wait until listeners have heard of a commit of this process, where any of them is to."""
        if not any(key.covers(path) for key in self._present for path in written):
            return
        before = time.monotonic() + connection.LIMIT
        while self._seen < version:
            moment = self._following.next(before)
            if moment is None:  # the commit is made, and will be told
                LOG.warning("%s: written, and not told within %.0f s", written, connection.LIMIT)
                return
            self._tell(moment, written)

    def _begin(self, keys: tuple[protocol.Scope, ...]) -> None:
        for key in keys:
            self._scopes[key] = self._scopes.get(key, 0) + 1
            if self._scopes[key] == 1:
                self._following.follow(key)
        before = time.monotonic() + connection.LIMIT
        while not all(key in self._present for key in keys):
            moment = self._following.next(before)
            if moment is None:
                self._let_go(keys)
                why = self._following.trouble or f"{self._connection.where}: {connection.UNREACHED} (it says nothing)"
                raise protocol.DatastoreError(why)
            self._tell(moment, ())
        if self._telling is None:
            self._telling = threading.Thread(target=self._tell_on, name="listeners of Firestore", daemon=True)
            self._telling.start()

    def _end(self, number: int, keys: tuple[protocol.Scope, ...]) -> None:
        with self._lock:
            if self._hearers.forget(number):
                self._let_go(keys)

    def _let_go(self, keys: tuple[protocol.Scope, ...]) -> None:
        for key in keys:
            self._scopes[key] -= 1
            if not self._scopes[key]:
                del self._scopes[key]
                self._present.pop(key, None)
                self._following.forget(key)

    def _tell(self, moment: following.Moment, written: list[str] | tuple[()]) -> None:
        changes: dict[str, protocol.Change] = {}
        for key, documents in moment.documents.items():
            if key not in self._scopes:
                continue
            was = self._present.get(key, documents)  # what is there when a scope begins is no change
            self._present[key] = documents
            for path in {*was, *documents}:
                before, after = was.get(path), documents.get(path)
                old, new = (None if one is None else one.document for one in (before, after))
                if not fields.same(old, new):
                    version = moment.version if after is None else after.version
                    changes[path] = protocol.Change(path, old, new, version)
        self._seen = max(self._seen, moment.version)
        if changes:
            places = {path: at for at, path in enumerate(written)}
            told = sorted(changes.values(), key=lambda one: (places.get(one.path, -1), one.version, one.path))
            self._moments += 1
            # What a listener writes is no part of the transaction that waits here.
            outer, self._block = self._block, None
            try:
                self._hearers.tell(self._moments, tuple(told))
            finally:
                self._block = outer

    def _tell_on(self) -> None:
        while self._following.wait():
            with self._lock:
                moment = self._following.next(0.0)
                if moment is not None:
                    self._tell(moment, ())
