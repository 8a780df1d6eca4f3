"""The lock table of one entity: who holds it, who waits, who has to give it back.

    locks.ask(Lock("b#2", 1, ts=20, "X", "accounts/b")); locks.admit(9)  →  [that lock], if it is free
    locks.ask(Lock("a#1", 1, ts=10, "X", "accounts/a")); locks.wounds()  →  [b#2's lock]: a#1 is older

Waiters are admitted by age alone, oldest first. An older transaction that would have to wait for a younger one
wounds it. So each wait is for somebody older: there is no circle of waits, and the oldest transaction of all waits for
nobody.
"""

from __future__ import annotations

import bisect
import dataclasses
from dataclasses import dataclass, field
from typing import Any

from flink_jobs import messages


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock that is held or waited for; with a `call`, a command that has not begun and holds nothing yet."""

    x: str
    at: int
    ts: int
    mode: messages.Mode
    root: str
    call: messages.Call | None = None
    wounded: bool = False

    @property
    def age(self) -> tuple[int, str]:
        """Return what orders transactions everywhere alike; the least is the oldest."""
        return (self.ts, self.x)


@dataclass(slots=True)
class Locks:
    """Holders and waiters; a transaction is among them at most once."""

    holders: list[Lock] = field(default_factory=list)
    queue: list[Lock] = field(default_factory=list)  # by age

    def __bool__(self) -> bool:
        """Tell whether anybody holds or waits."""
        return bool(self.holders or self.queue)

    def ask(self, lock: Lock) -> None:
        """Let a transaction wait; what it held or asked for here before is given up."""
        self.drop(lock.x)
        bisect.insort(self.queue, lock, key=lambda one: one.age)

    def drop(self, x: str) -> None:
        """Forget a transaction's lock, held or waited for."""
        self.holders = [one for one in self.holders if one.x != x]
        self.queue = [one for one in self.queue if one.x != x]

    def held_by(self, x: str, at: int) -> bool:
        """Tell whether a transaction holds the lock that it asked for with `at`."""
        return any(one.x == x and one.at == at for one in self.holders)

    def is_for(self, x: str, at: int) -> bool:
        """Tell whether a transaction holds, or waits for, the lock that it asked for with `at`."""
        return any(one.x == x and one.at == at for one in (*self.holders, *self.queue))

    def shed(self, most: int, own: str) -> list[Lock]:
        """Take out of the queue, and return, the youngest of other roots than `own`: all but `most` of these."""
        if len(self.queue) <= most:
            return []
        shed = [one for one in self.queue if one.root != own][most:]
        self.queue = [one for one in self.queue if one not in shed]
        return shed

    def admit(self, most: int) -> list[Lock]:
        """Make holders of the waiters whose turn it is, and return them as they were in the queue.

        Where `most` hold it, nobody waits for room but for somebody older.
        """
        admitted = []
        while self.queue and not any(_conflict(self.queue[0], holder) for holder in self.holders):
            if len(self.holders) >= most and any(holder.age < self.queue[0].age for holder in self.holders):
                break
            first = self.queue.pop(0)
            self.holders.append(dataclasses.replace(first, call=None))
            admitted.append(first)
        return admitted

    def wounds(self) -> list[Lock]:
        """Return the holders that have to give the lock back, each once.

        Those are the younger ones that keep a waiting transaction waiting, themselves or by what is ahead of it. A
        command that has not begun wounds nobody: it holds nothing that anybody could wait for.
        """
        found = [holder for holder in self.holders if not holder.wounded and self._keeps_older_waiting(holder)]
        for one in found:
            self.holders[self.holders.index(one)] = dataclasses.replace(one, wounded=True)
        return found

    def _keeps_older_waiting(self, holder: Lock) -> bool:
        blocked = False
        for waiter in self.queue:
            if waiter.age > holder.age:
                return False
            blocked = blocked or _conflict(holder, waiter)
            if blocked and waiter.call is None:
                return True
        return False


def _conflict(one: Lock, other: Lock) -> bool:
    return one.mode == "X" or other.mode == "X"


def dump(table: Locks) -> dict[str, Any]:
    """Return the table as JSON values."""
    return {"h": [_dump(one) for one in table.holders], "q": [_dump(one) for one in table.queue]}


def load(value: dict[str, Any]) -> Locks:
    """Return the table of JSON values that `dump` made."""
    return Locks([_load(one) for one in value["h"]], [_load(one) for one in value["q"]])


def _dump(one: Lock) -> list[Any]:
    call = None if one.call is None else messages.dump_call(one.call)
    return [one.x, one.at, one.ts, one.mode, one.root, int(one.wounded), call]


def _load(value: list[Any]) -> Lock:
    x, at, ts, mode, root, wounded, call = value
    return Lock(x, at, ts, mode, root, None if call is None else messages.load_call(call), bool(wounded))
