"""What is kept for one entity between two messages, and how it is written down.

Entity("accounts/a", version=3, document={…})   →  state `env`, which every entity has
its locks and the transactions that it is the root of →  state `ctl`, which it has while there are any
the replies that it gave lately →  state `seen`
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flink_jobs import locks, messages, replies


@dataclass(slots=True)
class CheckedOut:
    """A document that a transaction has, or has asked for."""

    at: int
    held: bool = False
    document: messages.Document | None = None
    version: int = 0


@dataclass(slots=True)
class Transaction:
    """A call that runs at this entity, with all that it has locked, this entity among it."""

    x: str
    ts: int
    call: messages.Call
    refs: dict[str, CheckedOut]
    asked: int = 0


@dataclass(slots=True)
class Entity:
    """All that is kept for one entity between two messages; the version also grows by deletion."""

    ref: str
    version: int = 0
    document: messages.Document | None = None
    locks: locks.Locks = field(default_factory=locks.Locks)
    running: dict[str, Transaction] = field(default_factory=dict)
    seen: replies.Replies = field(default_factory=replies.Replies)


def dump_control(entity: Entity) -> dict[str, Any] | None:
    """Return the locks and running transactions as JSON values; None when there are none."""
    if not entity.locks and not entity.running:
        return None
    running = [
        [one.x, one.ts, messages.dump_call(one.call), one.asked, {ref: _dump(out) for ref, out in one.refs.items()}]
        for one in entity.running.values()
    ]
    return {**locks.dump(entity.locks), "t": running}


def load_control(entity: Entity, value: dict[str, Any]) -> None:
    """Give an entity the locks and running transactions of JSON values that `dump_control` made."""
    entity.locks = locks.load(value)
    for x, ts, call, asked, refs in value["t"]:
        outs = {ref: CheckedOut(*out) for ref, out in refs.items()}
        entity.running[x] = Transaction(x, ts, messages.load_call(call), outs, asked)


def _dump(out: CheckedOut) -> list[Any]:
    return [out.at, out.held, out.document, out.version]
