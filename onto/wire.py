"""What travels on collection topics: a change in Debezium's envelope, its key, and the names of topics.

    Change("users", "u1", before=None, after={"doc_id": "u1", "firstName": "Ann"})
    →  key   u1
       value {"op":"c","before":null,"after":{"doc_id":"u1","firstName":"Ann"}}

A deletion is `op` "d" with the last known document, or at least its `doc_id`, in `before`. Collections that
are plain upserts instead (`bundle.UPSERT`) hold the document itself and a null value for a deletion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from onto import bundle, errors

ID_LIMIT = 200  # characters of a request id, and of a method's name
DOC_ID_LIMIT = 1500  # bytes of a document's id, as in Firestore

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
class Command:
    """A call of a domain method; `model` is the class that the caller means, `deadline` ms since 1970.

    RecordError when its request id is none: nobody could be told what came of it.
    """

    request_id: str
    method: str
    args: Mapping[str, Any]
    model: str | None = None
    deadline: int | None = None

    def __post_init__(self) -> None:
        """Check the request id."""
        if not _is_usable(self.request_id):
            raise errors.RecordError(f"a command's `request_id` is a text of 1 to {ID_LIMIT} characters")


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record, before it is sent or after it was read; a None value is a tombstone."""

    topic: str
    key: bytes
    value: bytes | None


def topic(prefix: str, name: str) -> str:
    """Return the topic of collection or view table `name` under the app's prefix."""
    return prefix + name


def job_group(app: str, prefix: str = "") -> str:
    """Return the consumer group under which the job of an app tells Kafka how far it has read."""
    return prefix + app


def encode(
    change: Change, prefix: str = "", form: str = bundle.DEBEZIUM, more: Mapping[str, Any] | None = None
) -> Record:
    """Return the record that says `change` on its collection's topic, as an envelope or a plain upsert.

    `more` is added to an envelope, for those who know it.
    """
    if form == bundle.DEBEZIUM:
        value: bytes | None = _envelope(change, more or {})
    else:
        value = None if change.after is None else text_of(change.after)
    return Record(topic(prefix, change.collection), encode_key(change.doc_id), value)


def command_topic(collection: str) -> str:
    """Return the topic on which a collection's commands arrive, without the app's prefix."""
    return f"{collection}-cmd"


def encode_command(command: Command, collection: str, doc_id: str, prefix: str = "") -> Record:
    """Return the record that brings a command to an entity."""
    value: dict[str, Any] = {"request_id": command.request_id, "method": command.method, "args": command.args}
    if command.model is not None:
        value["model"] = command.model
    if command.deadline is not None:
        value["deadline"] = command.deadline
    return Record(topic(prefix, command_topic(collection)), encode_key(doc_id), dumps(value))


def decode_command(value: bytes) -> Command:
    """Read a command; RecordError says what is wrong with it."""
    try:
        found = _READ(value.decode("utf-8"))
        if b"\\u" in value:
            dumps(found)  # half a surrogate pair, which no message and no record can carry
    except (ValueError, RecursionError) as error:
        raise errors.RecordError(f"a command is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise errors.RecordError("a command is not a JSON object")
    for name, kind, required in _COMMAND:
        given = found.get(name)
        if type(given) is not kind and (required or given is not None):
            raise errors.RecordError(f"a command's `{name}` is {given!r}")
    if len(found["method"]) > ID_LIMIT:
        raise errors.RecordError(f"a command's `method` has more than {ID_LIMIT} characters")
    return Command(
        found["request_id"], found["method"], found.get("args") or {}, found.get("model"), found.get("deadline")
    )


_COMMAND: tuple[tuple[str, type, bool], ...] = (
    ("request_id", str, True), ("method", str, True), ("args", dict, False), ("model", str, False),
    ("deadline", int, False),
)  # fmt: skip


def request_id_of(value: bytes) -> str | None:
    """Return a command's request id, even if nothing else in it is right; None without a usable one."""
    try:
        found = json.loads(value)["request_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        # A gateway names it first: so it can be told of what cannot be read to its end.
        begun = _BEGUN.match(value)
        found = None if begun is None else json.loads(begun[1].decode("utf-8", "replace"))
    return found if isinstance(found, str) and _is_usable(found) else None


_BEGUN = re.compile(rb'\s*\{\s*"request_id"\s*:\s*("[^"\\\x00-\x1f]*")')


def is_doc_id(text: str) -> bool:
    """Tell whether a document can be stored under an id: 1 to 1500 bytes, without `/`."""
    if text.isascii():
        return 0 < len(text) <= DOC_ID_LIMIT and "/" not in text
    try:
        return len(text.encode("utf-8")) <= DOC_ID_LIMIT and "/" not in text
    except UnicodeEncodeError:
        return False


def _is_usable(request_id: str) -> bool:
    """Tell whether a request id can be the key of its reply; half a surrogate pair cannot."""
    try:
        request_id.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return 0 < len(request_id) <= ID_LIMIT


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


def _envelope(change: Change, more: Mapping[str, Any]) -> bytes:
    before = change.before
    if change.after is None and before is None:
        before = {"doc_id": change.doc_id}  # a deletion has to name its document in `before`
    parts = [b'{"op":"', change.op.encode(), b'","before":', text_of(before), b',"after":', text_of(change.after)]
    return b"".join((*parts, b"," if more else b"", dumps(more)[1:-1], b"}"))


class Written(dict[str, Any]):
    """A JSON object together with its text: what is read or written is not written again wherever it goes.

    It must not be changed.
    """

    __slots__ = ("text",)
    text: bytes

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Written:
        """Write an object, unless that has been done."""
        if isinstance(value, Written):
            return value
        made = cls(value)
        made.text = dumps(value)
        return made

    @classmethod
    def read(cls, text: bytes) -> Written:
        """Read an object; ValueError for what is none."""
        made = cls(_READ(text.decode("utf-8")))
        made.text = text
        return made


def text_of(value: Mapping[str, Any] | None) -> bytes:
    """Return a JSON object as text."""
    return value.text if isinstance(value, Written) else dumps(value)


def dumps(value: Any) -> bytes:
    """Return JSON values as the text of a record."""
    return _text(value).encode("utf-8")


def dumps_ascii(value: Any) -> bytes:
    """Return JSON values as text that is valid whatever the texts in it hold."""
    return _ascii(value).encode("ascii")


def _writer(ascii_only: bool) -> Callable[[Any], str]:
    """Return `json.dumps` without its making two encoders for every value, one of them in C."""
    whole = json.JSONEncoder(separators=(",", ":"), ensure_ascii=ascii_only)
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return whole.encode
    strings = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    write = make(None, whole.default, strings, None, ":", ",", False, False, True)

    def text(value: Any) -> str:
        try:
            return "".join(write(value, 0))
        except Exception:
            return whole.encode(value)  # it tells what is wrong: this one does not look for circles

    return text


# Made once; and `json.loads` looks for the encoding of every text.
_READ = json.JSONDecoder().decode
_text, _ascii = _writer(False), _writer(True)
