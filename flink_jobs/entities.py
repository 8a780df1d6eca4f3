"""What is kept for one entity between two messages, and how it is written down.

dump(Entity("accounts/a", version=3, document={…}))   →  [3, document, locks and transactions or null, [replies]]

Each part begins a line, so that documents and replies are cut out of the text, and put into it, as they stand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from flink_jobs import locks, messages, replies
from onto import wire

PART = b",\n"  # between the parts of the text: in no JSON text that is written on one line


@dataclass(slots=True)
class CheckedOut:
    """A document that a transaction has, or has asked for."""

    at: int
    held: bool = False
    document: messages.Document | None = None
    version: int = 0
    mode: messages.Mode = "X"


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


def dump(entity: Entity) -> bytes | None:
    """Return all that is kept as JSON; None when there is nothing."""
    control = dump_control(entity)
    if not entity.version and control is None and not entity.seen:
        return None
    document, running = wire.text_of(entity.document), wire.dumps(control)
    return b"[%d,\n%b,\n%b,\n[%b]]" % (entity.version, document, running, entity.seen.text)


def load(ref: str, text: bytes | None) -> Entity:
    """Return the entity of the JSON that `dump` made."""
    entity = Entity(ref)
    if text is not None:
        version, document, control, kept = text[1:-1].split(PART, 3)
        entity.version, entity.seen = int(version), replies.Replies(kept[1:-1])
        entity.document = None if document == b"null" else wire.Written.read(document)
        if control != b"null":
            load_control(entity, json.loads(control))
    return entity


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
    return [out.at, out.held, out.document, out.version, out.mode]
