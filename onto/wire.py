"""What travels on collection topics: a change in Debezium's envelope, its key, and the names of topics.

    Change("users", "u1", before=None, after={"doc_id": "u1", "firstName": "Ann"})
    →  key   u1
       value {"op":"c","before":null,"after":{"doc_id":"u1","firstName":"Ann"}}

A deletion is `op` "d" with the last known document, or at least its `doc_id`, in `before`. Collections that
are plain upserts instead (`bundle.UPSERT`) hold the document itself and a null value for a deletion.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onto import bundle, errors

StoredDocument = Mapping[str, Any]  # stored form: camelCase keys and JSON values


@dataclass(frozen=True, slots=True)
class Change:
    """One document of `collection` created (`before` None), updated, or deleted (`after` None)."""

    collection: str
    doc_id: str
    before: StoredDocument | None
    after: StoredDocument | None

    @property
    def op(self) -> str:
        """Return Debezium's letter: c, u or d."""
        if self.after is None:
            return "d"
        return "c" if self.before is None else "u"


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record, before it is sent or after it was read; a None value is a tombstone."""

    topic: str
    key: bytes
    value: bytes | None


def topic(prefix: str, name: str) -> str:
    """Return the topic of collection or view table `name` under the app's prefix."""
    return prefix + name


def encode(change: Change, prefix: str = "", form: str = bundle.DEBEZIUM) -> Record:
    """Return the record that says `change` on its collection's topic, as an envelope or a plain upsert."""
    value = _envelope(change) if form == bundle.DEBEZIUM else change.after
    return Record(
        topic(prefix, change.collection),
        encode_key(change.doc_id),
        None if value is None else _dumps(value),
    )


def encode_key(doc_id: str) -> bytes:
    """Return the key of a collection's record: the plain text of its document's id."""
    return doc_id.encode("utf-8")


def decode(collection: str, value: bytes) -> Change:
    """Read an envelope; RecordError when it is not one."""
    try:
        envelope = json.loads(value)
        before, after = envelope.get("before"), envelope.get("after")
        doc_id = (after or before)["doc_id"]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise errors.RecordError(f"{collection}: not a change in Debezium's envelope: {value[:80]!r}") from error
    return Change(collection, doc_id, before, after)


def _envelope(change: Change) -> StoredDocument:
    before = change.before
    if change.after is None and before is None:
        before = {"doc_id": change.doc_id}  # a deletion has to name its document in `before`
    return {"op": change.op, "before": before, "after": change.after}


def _dumps(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
