"""Live queries in Firestore's words: all documents at first, then what each commit makes of them.

watch = client.collection("City").on_snapshot(lambda snapshots, changes, read_time: ...)
watch.unsubscribe()
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onto.database import fields, protocol

Snapshots = list[Any]  # Any: snapshots are the client's, which builds on this module
Callback = Callable[[Snapshots, list["DocumentChange"], datetime.datetime], Any]


class ChangeType(enum.Enum):
    """What has become of a document in a query."""

    ADDED = 1
    REMOVED = 2
    MODIFIED = 3


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One document that came, changed or went, with its places in the query before and after; -1 for none."""

    type: ChangeType
    document: Any  # a snapshot
    old_index: int
    new_index: int


class Watch:
    """A query that is followed until `unsubscribe`."""

    def __init__(
        self,
        database: protocol.Database,
        scope: protocol.Scope,
        meets: Callable[[protocol.Document], bool],
        arranged: Callable[[list[protocol.Stored]], list[protocol.Stored]],
        snapshot: Callable[[protocol.Database, protocol.Stored], Any],
        callback: Callback,
    ) -> None:
        """Call back with what is there, then after every commit that changes the answer."""
        self._database = database
        self._meets = meets
        self._arranged = arranged
        self._snapshot = snapshot
        self._callback = callback
        self._matching: dict[str, protocol.Stored] = {}
        self._shown: list[protocol.Stored] | None = None  # None: nobody has been told anything yet
        self._stop = database.listen(self._follow, scope, replay=True)

    def unsubscribe(self) -> None:
        """Follow no longer."""
        self._stop()

    def _follow(self, changes: tuple[protocol.Change, ...]) -> None:
        for one in changes:
            if one.after is not None and self._meets(one.after):
                self._matching[one.path] = protocol.Stored(one.path, one.after, one.version)
            else:
                self._matching.pop(one.path, None)
        before, after = self._shown or [], self._arranged(list(self._matching.values()))
        told = self._changes(before, after)
        is_first, self._shown = self._shown is None, after
        if told or is_first:
            version = max((one.version for one in changes), default=0)
            snapshots = [self._snapshot(self._database, one) for one in after]
            self._callback(snapshots, told, fields.moment(version))

    def _changes(self, before: list[protocol.Stored], after: list[protocol.Stored]) -> list[DocumentChange]:
        old = {one.path: at for at, one in enumerate(before)}
        new = {one.path: at for at, one in enumerate(after)}
        found = [
            DocumentChange(ChangeType.REMOVED, self._snapshot(self._database, one), at, -1)
            for at, one in enumerate(before)
            if one.path not in new
        ]
        for at, one in enumerate(after):
            was = old.get(one.path, -1)
            if was < 0:
                found.append(DocumentChange(ChangeType.ADDED, self._snapshot(self._database, one), -1, at))
            elif before[was].version != one.version:
                found.append(DocumentChange(ChangeType.MODIFIED, self._snapshot(self._database, one), was, at))
        return found
