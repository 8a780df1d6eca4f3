"""Who hears of a commit, and in which order: the listeners of one datastore.

    hearers = Hearers()
    hearers.add(listener, (Scope("collection", "City"),), since=3)
    hearers.tell(4, (Change("City/LA", None, {}),))   →  listener((Change("City/LA", None, {}),))

Not safe to use from several threads: the datastore's lock is held around every call.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from onto.database import protocol

LOG = logging.getLogger(__name__)
Scopes = tuple[protocol.Scope, ...]
Changes = tuple[protocol.Change, ...]


@dataclass(frozen=True, slots=True)
class _Hearing:
    """A listener, and the number of the last commit that it is not to hear of."""

    listener: protocol.Listener
    scopes: Scopes
    since: int


class Hearers:
    """Listeners, told of commits one after another: what one writes is told after what it was told.

    A failing listener is logged, and stops no other.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._hearing: dict[int, _Hearing] = {}
        self._heard_by: dict[protocol.Scope | None, dict[int, None]] = {}
        self._next = 0
        self._untold: deque[tuple[int, Changes]] = deque()
        self._telling = False

    def __bool__(self) -> bool:
        """Tell whether anybody listens."""
        return bool(self._hearing)

    def add(self, listener: protocol.Listener, scopes: Scopes, since: int) -> int:
        """Add a listener that hears of commits after that number; return what `forget` takes."""
        number = self._next
        self._next += 1
        self._hearing[number] = _Hearing(listener, scopes, since)
        for scope in scopes or (None,):
            self._heard_by.setdefault(scope, {})[number] = None
        return number

    def forget(self, number: int) -> bool:
        """Let a listener hear of nothing more; return whether it was one."""
        hearing = self._hearing.pop(number, None)
        for scope in () if hearing is None else hearing.scopes or (None,):
            kept = self._heard_by[scope]
            kept.pop(number, None)
            if not kept:
                del self._heard_by[scope]
        return hearing is not None

    def replay(self, listener: protocol.Listener, present: Changes) -> None:
        """Tell one listener what is there, before all that is still to be told."""
        outer, self._telling = self._telling, True
        try:
            _call(listener, present)
        finally:
            self._telling = outer
        self._drain()

    def tell(self, number: int, changes: Changes) -> None:
        """Tell everybody concerned of a commit, now or, from within a listener, when it has returned."""
        self._untold.append((number, changes))
        self._drain()

    def _drain(self) -> None:
        if self._telling:  # a listener wrote: the loop below tells it in its turn
            return
        self._telling = True
        try:
            while self._untold:
                number, changes = self._untold.popleft()
                for hearing, heard in self._audience(number, changes):
                    _call(hearing.listener, heard)
        finally:
            self._telling = False

    def _audience(self, commit: int, changes: Changes) -> Iterator[tuple[_Hearing, Changes]]:
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


def _call(listener: protocol.Listener, changes: Changes) -> None:
    try:
        listener(changes)
    except Exception:
        LOG.exception("a listener failed on %s", [one.path for one in changes])
