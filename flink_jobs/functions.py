"""The StateFun function behind every collection: a request's bytes in, a reply's bytes out.

    Functions(programs, names, clock).handle(ToFunction: `mark` for onto/tickets, t1)
    →  FromFunction: state `env` changed, a change for `tickets`, a reply for `meeting_room-replies`

What comes out is always an answer. Whatever is wrong with a command becomes an error reply and an entry on the error
topic: after an exception StateFun would send the same request again and again, and then end the job.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from statefun.request_reply_pb2 import FromFunction, ToFunction

from flink_jobs import answers, entities, messages, transactions
from onto import bundle, errors, wire

LOG = logging.getLogger(__name__)
NAMESPACE, EGRESS = "onto", "out"
MESSAGE, COMMAND = "onto/message", "onto/command"
JSON_TYPE = "onto/json"
# All that is kept for an entity is one value: StateFun's runtime has a table for each value of a function, and writes
# out with every checkpoint those that have changed, which costs more than the bytes that go back and forth.
STATE = "entity"
INPUT_LIMIT = 1_000  # characters of what an error entry repeats of its command
# Bytes. A reply has both. One of more than `payload_max_bytes` in module.yaml StateFun does not take, and asks again.
STATE_ROOM = 16_000_000  # of what is kept while calls run or wait at an entity; no more are taken in beyond
REPLY_ROOM = 16_000_000  # of what goes out for one request; commands that come beyond are to come again, locks wait


class Programs(transactions.Programs, Protocol):
    """Methods that may take some time together, for each request."""

    def begin(self) -> None:
        """Begin a request."""


@dataclass(frozen=True, slots=True)
class Names:
    """Where things go: topics with the app's prefix."""

    prefix: str
    replies: str
    errors: str


@dataclass(frozen=True, slots=True)
class Functions:
    """The methods of an app as StateFun calls them."""

    programs: Programs
    names: Names
    clock: Callable[[], int]  # ms since 1970
    limits: transactions.Limits = transactions.LIMITS

    def handle(self, body: bytes) -> bytes:
        """Answer one request: all messages for one entity that came together."""
        request = ToFunction.FromString(body).invocation
        given = next((one.state_value for one in request.state if one.state_name == STATE), None)
        if given is None:
            return _incomplete()
        before = given.value if given.has_value else None
        self.programs.begin()
        place = _Place(request.target.type, request.target.id)
        arguments = [(one.argument.typename, one.argument.value) for one in request.invocations]
        try:
            turn = _Turn(self, place, before)
            for typename, value in arguments:
                turn.take(typename, value)
            after, parts = turn.state(), turn.parts
        except Exception:
            LOG.exception("%s: taken in one by one", place.ref)
            after, parts = self._one_by_one(place, before, arguments)
        if after != before:
            parts.append(answers.state(STATE, JSON_TYPE, after))
        return answers.answer(parts)

    def _one_by_one(
        self, place: _Place, state: bytes | None, arguments: Iterable[tuple[str, bytes]]
    ) -> tuple[bytes | None, list[answers.Part]]:
        """Take in each message by itself and leave out those that fail, so that they hold up no other."""
        parts: list[answers.Part] = []
        for typename, value in arguments:
            try:
                turn = _Turn(self, place, state)
                turn.take(typename, value)
                after = turn.state()
            except Exception as error:
                LOG.exception("%s: left out: %s %r", place.ref, typename, value[:INPUT_LIMIT])
                out = _Out(self.names, place)
                out.refuse(value, "InternalError", f"{type(error).__name__}: {error}")
                parts += out.parts
                continue
            state = after
            parts += turn.parts
        return state, parts


@dataclass(frozen=True, slots=True)
class _Place:
    """The entity that a request is for."""

    collection: str
    doc_id: str

    @property
    def ref(self) -> str:
        return f"{self.collection}/{self.doc_id}"


class _Turn:
    """An entity between its state before and after."""

    def __init__(self, functions: Functions, place: _Place, before: bytes | None) -> None:
        self._functions = functions
        self._entity = entities.load(place.ref, before)
        self._out = _Out(functions.names, place)
        self._kept = len(before or b"")

    @property
    def parts(self) -> list[answers.Part]:
        return self._out.parts

    def take(self, typename: str, value: bytes) -> None:
        """Take in one message."""
        self._kept += len(value)
        if typename == MESSAGE:
            self._handle(messages.load(json.loads(value)))
            return
        if self._out.size > REPLY_ROOM:
            self._out.refuse(value, transactions.OVERLOADED, f"{self._entity.ref} has much to do: call again")
            return
        try:
            command = wire.decode_command(value)
        except errors.RecordError as error:
            self._out.refuse(value, "MalformedCommand", str(error))
            return
        self._handle(messages.Call(command.request_id, command.method, command.args, command.deadline, command.model))

    def state(self) -> bytes | None:
        """Return the state as it is now."""
        return entities.dump(self._entity)

    def _handle(self, message: messages.Message) -> None:
        functions, room, sendable = self._functions, self._kept <= STATE_ROOM, REPLY_ROOM - self._out.size
        effects = transactions.handle(
            self._entity, message, functions.programs, functions.clock(), functions.limits, room, sendable
        )
        for one in effects:
            self._out.put(one)
        if not self._entity.locks and not self._entity.running:
            self._kept = 0


@dataclass(slots=True)
class _Out:
    """What goes out for one request, and how many bytes that is."""

    names: Names
    place: _Place
    parts: list[answers.Part] = field(default_factory=list)
    size: int = 0

    def put(self, effect: transactions.Effect) -> None:
        """Send what the protocol decided."""
        match effect:
            case transactions.Send(ref, sent):
                self._send(ref, sent)
            case transactions.Changed(x, version, before, after):
                change = wire.Change(self.place.collection, self.place.doc_id, before, after)
                record = wire.encode(change, self.names.prefix, bundle.DEBEZIUM, {"x": x, "v": version})
                self._record(record.topic, self.place.doc_id, record.value or b"")
            case transactions.Answer(call, reply, repeated):
                self._record(self.names.replies, call.request_id, wire.text_of(reply))
                if "error" in reply and not repeated:
                    error = reply["error"]
                    self._problem(error["type"], error["message"], call.request_id, call.method, call.args)

    def refuse(self, value: bytes, kind: str, message: str) -> None:
        """Answer what is no command, or none that can be taken in, as far as it says who waits for an answer."""
        request_id = wire.request_id_of(value)
        if request_id is not None:
            reply = {"error": {"type": kind, "message": message[:INPUT_LIMIT]}}
            self._record(self.names.replies, request_id, wire.dumps_ascii(reply))
        self._problem(kind, message[:INPUT_LIMIT], request_id, None, value.decode("utf-8", "replace"))

    def _problem(self, kind: str, message: str, request_id: str | None, method: str | None, given: Any) -> None:
        shown = given if isinstance(given, str) else json.dumps(given)
        doc_id = self.place.doc_id[: wire.DOC_ID_LIMIT]  # a command may be for an id that nothing can have
        entry = {
            "collection": self.place.collection,
            "doc_id": doc_id,
            "request_id": request_id,
            "method": method,
            "exception": kind,
            "message": message,
            "input": shown if len(shown) <= INPUT_LIMIT else f"{shown[:INPUT_LIMIT]}…",
        }
        self._record(self.names.errors, doc_id, wire.dumps_ascii(entry))

    def _send(self, ref: str, message: messages.Message) -> None:
        collection, _, doc_id = ref.partition("/")
        value = wire.dumps(messages.dump(message))
        self.parts.append(answers.message(NAMESPACE, collection, doc_id, MESSAGE, value))
        self.size += len(value)

    def _record(self, topic: str, key: str, value: bytes) -> None:
        self.parts.append(answers.record(NAMESPACE, EGRESS, topic, key, value))
        self.size += len(value)


def _incomplete() -> bytes:
    """Ask for the state when StateFun did not send it: at first, and for what was under way when it started again."""
    reply = FromFunction()
    spec = reply.incomplete_invocation_context.missing_values.add(state_name=STATE, type_typename=JSON_TYPE)
    spec.expiration_spec.mode = FromFunction.ExpirationSpec.ExpireMode.NONE
    return bytes(reply.SerializeToString())
