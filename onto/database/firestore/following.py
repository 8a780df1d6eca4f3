"""One stream of changes for all listeners of a datastore: what it tells are moments at which all of them agree.

    following = Following(connection)
    following.follow(Scope("collection", "City"))
    following.next(before)   →  Moment(version=…, documents={Scope("collection", "City"): {"City/LA": Stored(…)}})

Firestore sends documents one by one, and then that all targets of the stream are at one time: only then a moment is
made of them. A stream that breaks is opened again from where it was, or from the beginning: moments hold what is
there, so that nothing is missed.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.cloud.firestore_v1 import types

from onto.database import protocol
from onto.database.firestore import connection, queries, values

LOG = logging.getLogger(__name__)
PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds before a broken stream is opened again; the last one from then on
Documents = Mapping[str, protocol.Stored]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is there at a time in the scopes in which something may have changed since the last one."""

    version: int
    documents: Mapping[protocol.Scope, Documents]


@dataclass(slots=True)
class _Target:
    """A scope on the stream: its documents so far, and whether they are all, others than last told, and ever told."""

    scope: protocol.Scope
    documents: dict[str, protocol.Stored] = field(default_factory=dict)
    is_whole: bool = False
    has_changed: bool = False
    was_told: bool = False
    token: bytes = b""


class _BrokenError(Exception):
    """What is known of a target is no longer what is there."""


class Following:
    """Follows scopes from the first one on until `close`, in a thread of its own."""

    def __init__(self, to: connection.Connection) -> None:
        """Follow nothing yet."""
        self._connection = to
        self._changed = threading.Condition()
        self._targets: dict[int, _Target] = {}
        self._numbers = itertools.count(1)
        self._moments: deque[Moment] = deque()
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stream: Any = None  # Google's, without a type
        self._thread: threading.Thread | None = None
        self.trouble: str | None = None  # why the stream broke, until it answers again
        self._closed = False

    def follow(self, scope: protocol.Scope) -> None:
        """Follow one more scope; its documents are in a moment to come."""
        with self._changed:
            number = next(self._numbers)
            self._targets[number] = _Target(scope)
            self._requests.put(self._add(number))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="changes of Firestore", daemon=True)
                self._thread.start()

    def forget(self, scope: protocol.Scope) -> None:
        """Follow a scope no longer."""
        with self._changed:
            for number in [number for number, one in self._targets.items() if one.scope == scope]:
                del self._targets[number]
                self._requests.put(types.ListenRequest(database=self._connection.root, remove_target=number))

    def next(self, before: float | None) -> Moment | None:
        """Return the next moment; None where there is none before that time, or ever."""
        with self._changed:
            while not self._moments and not self._closed:
                left = None if before is None else before - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            return self._moments.popleft() if self._moments else None

    def wait(self) -> bool:
        """Wait until there is a moment; False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._moments or self._closed)
            return not self._closed

    def close(self) -> None:
        """Follow nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._requests.put(None)
            if self._stream is not None:
                self._stream.cancel()
        if self._thread is not None:
            self._thread.join(connection.LIMIT)

    # ------------------------------------------------------------ the stream

    def _run(self) -> None:
        failed = 0
        while not self._closed:
            try:
                with self._connection.calling():
                    for response in self._open():
                        self._take(types.ListenResponse.pb(response))
                        failed, self.trouble = 0, None
            except (protocol.DatastoreError, _BrokenError) as error:
                self.trouble = str(error)
                if not self._closed:
                    LOG.warning("changes of Firestore: the stream broke, and is opened again: %s", error)
            with self._changed:
                if self._stream is not None:
                    self._stream.cancel()
                pause = PAUSES[min(failed, len(PAUSES) - 1)]
                self._changed.wait_for(lambda: self._closed, pause)
            failed += 1

    def _open(self) -> Any:
        with self._changed:
            if self._closed:
                return ()
            self._requests.put(None)
            self._requests = queue.SimpleQueue()
            for number, target in self._targets.items():
                if not target.token:
                    target.documents, target.is_whole = {}, False
                self._requests.put(self._add(number))
            self._stream = self._connection.listen(self._sent(self._requests))
            return self._stream

    def _sent(self, requests: queue.SimpleQueue[Any]) -> Iterator[Any]:
        while (one := requests.get()) is not None:
            yield one

    def _add(self, number: int) -> Any:
        target = self._targets[number]
        added: dict[str, Any] = {"target_id": number, "resume_token": target.token}
        if target.scope.kind == "document":
            added["documents"] = {"documents": [self._connection.name(target.scope.path)]}
        else:
            parent, query = queries.of_scope(target.scope)
            added["query"] = {"parent": f"{self._connection.root}/documents{parent}", "structured_query": query}
        return types.ListenRequest(database=self._connection.root, add_target=added)

    def _take(self, response: Any) -> None:
        with self._changed:
            match response.WhichOneof("response_type"):
                case "target_change":
                    self._take_target(response.target_change)
                case "document_change":
                    change = response.document_change
                    found = values.stored(change.document)
                    for target in self._named(change.target_ids):
                        target.documents[found.path] = found
                        target.has_changed = True
                    self._remove(found.path, change.removed_target_ids)
                case "document_delete":
                    gone = response.document_delete
                    self._remove(values.path_of(gone.document), gone.removed_target_ids)
                case "document_remove":
                    gone = response.document_remove
                    self._remove(values.path_of(gone.document), gone.removed_target_ids)
                case "filter":
                    for target in self._named((response.filter.target_id,)):
                        if len(target.documents) != response.filter.count:
                            target.token = b""  # documents went unseen while the stream was broken: all anew
                            raise _BrokenError(f"{target.scope} is to be read anew")

    def _take_target(self, change: Any) -> None:
        kinds = types.TargetChange.TargetChangeType
        named = self._named(change.target_ids or self._targets)
        for target in named:
            if change.resume_token:
                target.token = change.resume_token
            if change.target_change_type == kinds.RESET:
                target.documents, target.is_whole, target.token = {}, False, b""
            elif change.target_change_type == kinds.CURRENT:
                target.is_whole = target.has_changed = True
        if change.target_change_type == kinds.REMOVE and named:
            named[0].token = b""
            raise _BrokenError(change.cause.message or f"{named[0].scope} is followed no longer")
        if change.target_change_type == kinds.NO_CHANGE and not change.target_ids and change.HasField("read_time"):
            self._agree(values.version(change.read_time))

    def _agree(self, version: int) -> None:
        """Make a moment of what all targets hold: without those that begin, and not while one is read anew."""
        if any(target.was_told and not target.is_whole for target in self._targets.values()):
            return  # what others hold may be half of a commit
        told = {}
        for target in self._targets.values():
            if target.is_whole and target.has_changed:
                told[target.scope] = dict(target.documents)
                target.has_changed, target.was_told = False, True
        self._moments.append(Moment(version, told))
        self._changed.notify_all()

    def _named(self, numbers: Any) -> list[_Target]:
        return [self._targets[one] for one in numbers if one in self._targets]

    def _remove(self, path: str, numbers: Any) -> None:
        for target in self._named(numbers):
            target.documents.pop(path, None)
            target.has_changed = True
