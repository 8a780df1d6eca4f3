"""The function behind a collection: every request is answered, whatever is in it."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from statefun.kafka_egress_pb2 import KafkaProducerRecord
from statefun.request_reply_pb2 import FromFunction, ToFunction

from flink_jobs import entities, functions, messages, programs
from onto import methods, wire
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class MutteringError(Exception):
    def __str__(self) -> str:
        raise SystemExit(4)


class EndlessError(Exception):
    def __str__(self) -> str:
        while True:
            pass


class Jar(DomainModel):
    class Meta:
        collection_name = "jars"

    coins: int = attrs.nothing
    label: str | None = attrs.nothing
    spare = attrs.relation(dm_cls="Jar")
    note = attrs.nothing

    @classmethod
    def upgrade(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**document, "coins": document["pennies"]} if "pennies" in document else document

    def put(self, coins: int) -> int:
        self.coins = (self.coins or 0) + coins
        return self.coins

    def pour(self, into: Jar, coins: int) -> None:
        if coins > self.coins:
            raise ValueError(f"only {self.coins} coins")
        self.coins -= coins
        into.coins = (into.coins or 0) + coins

    def count(self) -> int:
        return self.coins

    def echo(self, text: str) -> str:
        self.label = text
        return text

    def spin(self) -> None:
        while True:
            try:
                self.label = "dizzy"
            except Exception:
                continue

    def swell(self) -> None:
        self.label = "x" * 500_000

    def boast(self) -> str:
        return "x" * 500_000

    def leave(self) -> None:
        raise SystemExit(3)

    def mumble(self) -> None:
        self.label = "\ud800"

    def drift(self) -> None:
        self.note = float("inf")

    def lend(self, to: Jar, how: str) -> None:
        to.coins = 0
        match how:
            case "muttering":
                raise ValueError("\ud800")
            case "unheard":
                raise MutteringError
            case "endlessly":
                raise EndlessError
            case "to nobody":
                Jar.get("\ud800").coins = 1
            case "nowhere":
                Jar.new(doc_id="", coins=1).save()
            case "far away":
                Jar.new(doc_id="x" * 2_000, coins=1).save()
            case "astray":
                Jar.new(doc_id="a/b", coins=1).save()

    def keep(self, into: Jar, what: str) -> int:
        into.coins += 1
        return len(what)


class JarStore(Store):
    jar = reference(dm_cls=Jar)
    spare = reference(dm_cls=Jar)


class JarView(ViewModel):
    store: JarStore

    spilt: int = attrs.nothing

    @spilt.setter
    def spilt(self, value):
        self.store.jar.pour(self.store.spare, value)


def served(request_seconds: float = programs.REQUEST_SECONDS) -> functions.Functions:
    methods_ = programs.Programs(
        methods.Models([Jar], [JarView]), frozenset({("Jar", "count")}), seconds=0.2, request_seconds=request_seconds
    )
    return functions.Functions(methods_, functions.Names("dev-", "dev-app-replies", "dev-app-errors"), lambda: 1_000)


SERVED = served()


@dataclass
class Runtime:
    """StateFun's part: it keeps states, and takes messages to where they go."""

    states: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    records: list[tuple[str, str, Any]] = field(default_factory=list)
    requests: int = 0

    def give(self, collection: str, doc_id: str, *values: bytes) -> None:
        """Deliver commands to an entity, together, and all that follows from them."""
        pending = [((collection, doc_id), [(functions.COMMAND, value) for value in values])]
        while pending:
            place, arguments = pending.pop(0)
            reply = self.ask(place, arguments)
            for one in reply.invocation_result.outgoing_messages:
                pending.append(((one.target.type, one.target.id), [(one.argument.typename, one.argument.value)]))

    def call(self, doc_id: str, method: str, request_id: str = "", model: str = "Jar", **args: Any) -> Any:
        """Send one command and return its reply."""
        request_id = request_id or uuid.uuid4().hex
        command = wire.Command(request_id, method, args, model)
        self.give("jars", doc_id, wire.encode_command(command, "jars", doc_id).value or b"")
        found = [value for topic, key, value in self.records if topic == "dev-app-replies" and key == request_id]
        return found[-1]

    def entity(self, doc_id: str) -> entities.Entity:
        """Return what is kept of a jar."""
        return entities.load(f"jars/{doc_id}", self.states["jars", doc_id][functions.STATE])

    def of(self, topic: str) -> list[Any]:
        """Return the values on a topic."""
        return [value for name, _, value in self.records if name == topic]

    def ask(self, place: tuple[str, str], arguments: list[tuple[str, bytes]]) -> FromFunction:
        known = self.states.setdefault(place, {})
        body = ToFunction()
        body.invocation.target.namespace, body.invocation.target.type, body.invocation.target.id = "onto", *place
        for typename, value in arguments:
            one = body.invocation.invocations.add()
            one.argument.typename, one.argument.has_value, one.argument.value = typename, True, value
        self.requests += 1
        first = FromFunction.FromString(SERVED.handle(body.SerializeToString()))
        asked = {one.state_name for one in first.incomplete_invocation_context.missing_values}
        assert asked == {functions.STATE}
        state = body.invocation.state.add(state_name=functions.STATE)
        if known:
            state.state_value.has_value, state.state_value.value = True, known[functions.STATE]
        reply = FromFunction.FromString(SERVED.handle(body.SerializeToString()))
        assert reply.WhichOneof("response") == "invocation_result"
        for mutation in reply.invocation_result.state_mutations:
            if mutation.mutation_type == FromFunction.PersistedValueMutation.DELETE:
                del known[mutation.state_name]
            else:
                known[mutation.state_name] = mutation.state_value.value
        for one in reply.invocation_result.outgoing_egresses:
            record = KafkaProducerRecord.FromString(one.argument.value)
            self.records.append((record.topic, record.key, json.loads(record.value_bytes)))
        return reply


@pytest.fixture
def runtime() -> Runtime:
    """Return a runtime with two jars, of 10 and of no coins."""
    made = Runtime()
    made.call("a", "new", coins=10)
    made.call("b", "new", coins=0)
    made.records.clear()
    return made


def document(doc_id: str, **values: Any) -> dict[str, Any]:
    return {**values, "obj_type": "Jar", "doc_id": doc_id, "doc_ref": f"jars/{doc_id}"}


def test_a_call_of_one_entity_is_one_request_with_its_change_and_reply(runtime: Runtime) -> None:
    before = runtime.requests
    assert runtime.call("a", "put", "r1", coins=5) == {"ok": 15, "token": [["jars", "a", 2]]}
    assert runtime.requests == before + 1
    assert runtime.records == [
        (
            "dev-jars",
            "a",
            {
                "op": "u",
                "before": document("a", coins=10),
                "after": document("a", coins=15),
                "x": "jars/a#r1@1000",
                "v": 2,
            },
        ),
        ("dev-app-replies", "r1", {"ok": 15, "token": [["jars", "a", 2]]}),
    ]
    entity = runtime.entity("a")
    assert (entity.version, entity.document) == (2, document("a", coins=15))
    assert not entity.locks
    assert not entity.running


def test_a_call_of_two_entities_changes_both_or_none(runtime: Runtime) -> None:
    assert runtime.call("a", "pour", into="b", coins=4) == {"ok": None, "token": [["jars", "a", 2], ["jars", "b", 2]]}
    assert {one["after"]["doc_id"]: one["after"]["coins"] for one in runtime.of("dev-jars")} == {"a": 6, "b": 4}
    assert runtime.call("a", "pour", into="b", coins=40) == {"error": {"type": "ValueError", "message": "only 6 coins"}}
    assert len(runtime.of("dev-jars")) == 2


def test_a_setter_of_a_view_is_a_transaction_at_its_root(runtime: Runtime) -> None:
    runtime.call("c", "new", coins=5, spare="b")
    runtime.records.clear()
    first = runtime.call("c", "set", "r1", model="JarView", spilt=4)
    assert first == {"ok": None, "token": [["jars", "c", 2], ["jars", "b", 2]]}
    assert runtime.call("c", "set", "r1", model="JarView", spilt=4) == first
    assert {one["after"]["doc_id"]: one["after"]["coins"] for one in runtime.of("dev-jars")} == {"c": 1, "b": 4}
    refused = runtime.call("c", "set", model="JarView", spilt=4)
    assert refused == {"error": {"type": "ValueError", "message": "only 1 coins"}}
    refused = runtime.call("c", "set", model="JarView", spilt="all")
    assert refused == {"error": {"type": "BadArguments", "message": "JarView.spilt: 'all' is not an integer"}}
    assert len(runtime.of("dev-jars")) == 2


def test_a_repeated_command_is_answered_again_and_applied_once(runtime: Runtime) -> None:
    first = runtime.call("a", "put", "r1", coins=5)
    assert runtime.call("a", "put", "r1", coins=5) == first
    assert len(runtime.of("dev-jars")) == 1
    assert len(runtime.of("dev-app-replies")) == 2


@pytest.mark.parametrize(
    ("method", "args", "kind"),
    [
        ("spin", {}, "MethodTimeout"),
        ("swell", {}, "DocumentTooLarge"),
        ("boast", {}, "ResultTooLarge"),
        ("leave", {}, "SystemExit"),
        ("mumble", {}, "UnicodeEncodeError"),
        ("drift", {}, "BadValue"),
        ("put", {"coins": "many"}, "BadArguments"),
        ("put", {}, "BadArguments"),
        ("put", {"coins": 1, "more": 2}, "BadArguments"),
        ("pour", {"into": "nobody", "coins": 1}, "BadArguments"),
        ("_assign", {"given": {}}, "NoSuchMethod"),
        ("new", {"coins": 1}, "AlreadyExists"),
    ],
)
def test_what_cannot_be_done_is_replied_and_noted(
    runtime: Runtime, method: str, args: dict[str, Any], kind: str
) -> None:
    before = runtime.entity("a")
    reply = runtime.call("a", method, "r1", **args)
    assert reply["error"]["type"] == kind
    (noted,) = runtime.of("dev-app-errors")
    assert noted == {
        "collection": "jars",
        "doc_id": "a",
        "request_id": "r1",
        "method": method,
        "exception": kind,
        "message": reply["error"]["message"],
        "input": json.dumps(args),
    }
    after = runtime.entity("a")
    assert (after.version, after.document) == (before.version, before.document)
    assert runtime.call("a", "put", coins=1)["ok"] == 11


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("muttering", "ValueError", "?"),
        ("unheard", "MutteringError", "its message cannot be told: SystemExit"),
        ("endlessly", "MethodTimeout", "`lend` ran longer than 0.2 s"),
        ("to nobody", "AttributeError", "'NoneType' object has no attribute 'coins'"),
        ("nowhere", "BadId", "Jar: '' is no doc_id: that is 1 to 1500 bytes of text without `/`"),
        ("far away", "BadId", f"Jar: '{'x' * 200}…' is no doc_id: that is 1 to 1500 bytes of text without `/`"),
        ("astray", "BadId", "Jar: 'a/b' is no doc_id: that is 1 to 1500 bytes of text without `/`"),
    ],
)
def test_what_fails_late_gives_back_all_that_it_has_locked(runtime: Runtime, how: str, kind: str, message: str) -> None:
    assert runtime.call("a", "lend", to="b", how=how) == {"error": {"type": kind, "message": message}}
    for one in ("a", "b"):
        assert not runtime.entity(one).locks
        assert not runtime.entity(one).running
    assert runtime.call("a", "pour", into="b", coins=10)["ok"] is None
    assert runtime.call("b", "put", coins=1)["ok"] == 11


@pytest.mark.parametrize("doc_id", ["", "a/b", "x" * 1501, "ü" * 751, "x" * 900_000, "\x01" * 200_000])
def test_an_id_that_no_document_can_have_is_refused(runtime: Runtime, doc_id: str) -> None:
    assert runtime.call(doc_id, "new", coins=1)["error"]["type"] == "BadId"
    assert runtime.call(doc_id, "put", coins=1)["error"]["type"] == "DoesNotExist"
    assert runtime.call("a", "pour", into=doc_id, coins=1)["error"]["type"] == "BadArguments"
    assert runtime.of("dev-jars") == []
    for topic, key, value in runtime.records:
        assert len(key) + len(json.dumps(value)) < 50_000, topic


@pytest.mark.parametrize("doc_id", ["ü" * 750, "ä ö", "#@!?%&=", "\0", "\u2028", "'\"\\"])
def test_an_id_may_hold_what_it_likes(runtime: Runtime, doc_id: str) -> None:
    assert runtime.call(doc_id, "new", coins=1)["ok"] is None
    assert runtime.call("a", "pour", into=doc_id, coins=1)["token"] == [["jars", "a", 2], ["jars", doc_id, 2]]
    assert runtime.call(doc_id, "pour", into="a", coins=2)["ok"] is None


def test_a_request_is_answered_with_what_the_runtime_takes(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "REPLY_ROOM", 3_000)
    commands = [wire.Command(f"r{one}", "echo", {"text": "x" * 1_000}) for one in range(9)]
    runtime.give("jars", "a", *(wire.encode_command(one, "jars", "a").value or b"" for one in commands))
    replies = [value for topic, _, value in runtime.records if topic == "dev-app-replies"]
    assert [one["error"]["type"] for one in replies if "error" in one] == ["Overloaded"] * 7
    assert runtime.call("a", "echo", "r8", text="x")["ok"] == "x"
    assert [one["exception"] for one in runtime.of("dev-app-errors")] == ["Overloaded"] * 7


def test_methods_together_take_no_longer_than_the_runtime_waits(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SERVED", served(request_seconds=0.3))
    commands = [wire.Command(f"r{one}", "spin", {}) for one in range(9)]
    runtime.give("jars", "a", *(wire.encode_command(one, "jars", "a").value or b"" for one in commands))
    told = [one["error"]["type"] for one in runtime.of("dev-app-replies")]
    assert told == ["MethodTimeout"] * 2 + ["Overloaded"] * 7
    assert runtime.call("a", "echo", "r8", text="x")["ok"] == "x"


def test_many_entities_whose_methods_do_not_end_take_little_of_a_minute(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them is a request of its own, and all wait for one process."""
    monkeypatch.setattr(programs, "LOST_SECONDS", 0.5)
    monkeypatch.setattr(programs, "SHORT_SECONDS", 0.05)
    monkeypatch.setattr(sys.modules[__name__], "SERVED", served())
    for name in "abcdef":
        runtime.call(name, "save", document={"coins": 1})
        commands = [wire.Command(f"{name}{one}", "spin", {}) for one in range(4)]
        runtime.give("jars", name, *(wire.encode_command(one, "jars", name).value or b"" for one in commands))
    told = [one.get("error", {"message": "ok"})["message"] for one in runtime.of("dev-app-replies")]
    long, short = "`spin` ran longer than 0.2 s", "`spin` ran longer than 0.05 s"
    refused = "`spin` was not run: those before it took long"
    assert told[:5] == ["ok", long, long, long, refused]
    assert told[5:] == ["ok", short, *[refused] * 3] * 5
    assert runtime.call("a", "echo", text="x")["ok"] == "x"


def test_a_large_document_goes_to_few_readers_at_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them in one answer would be more than the runtime takes; whoever is done lets the next one in."""
    monkeypatch.setattr(functions, "REPLY_ROOM", 5_000)
    runtime.call("large", "new", coins=0, label="x" * 2_000)
    asks = [messages.Ask(f"jars/r{one}#r@{one}", 1, one, "S", f"jars/r{one}") for one in range(9)]
    arguments = [(functions.MESSAGE, wire.dumps(messages.dump(one))) for one in asks]
    for number, count in enumerate((2, 2, 2, 2, 1, 0, 0, 0, 0)):
        answer = runtime.ask(("jars", "large"), arguments)
        granted = [json.loads(one.argument.value) for one in answer.invocation_result.outgoing_messages]
        assert [one["t"] for one in granted] == ["grant"] * count
        done = messages.Release(f"jars/r{2 * number}#r@{2 * number}", 1)
        more = messages.Release(f"jars/r{2 * number + 1}#r@{2 * number + 1}", 1)
        arguments = [(functions.MESSAGE, wire.dumps(messages.dump(one))) for one in (done, more)]


def test_calls_that_wait_are_kept_within_bounds(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "STATE_ROOM", 5_000)
    commands = [wire.Command(f"r{one}", "keep", {"into": "b", "what": "x" * 1_000}) for one in range(9)]
    runtime.give("jars", "a", *(wire.encode_command(one, "jars", "a").value or b"" for one in commands))
    replies = {key: value for topic, key, value in runtime.records if topic == "dev-app-replies"}
    done = [key for key, value in replies.items() if "ok" in value]
    refused = [key for key, value in replies.items() if value.get("error", {}).get("type") == "Overloaded"]
    assert len(done) + len(refused) == 9
    assert 2 <= len(done) <= 5
    assert runtime.call("b", "count")["ok"] == len(done)
    assert runtime.call("a", "keep", refused[0], into="b", what="x")["ok"] == 1


def test_a_missing_entity_is_replied(runtime: Runtime) -> None:
    reply = {"error": {"type": "DoesNotExist", "message": "Jar 'c' does not exist"}}
    assert runtime.call("c", "put", coins=1) == reply


@pytest.mark.parametrize(
    ("value", "answered"),
    [
        (b"{", False),
        (b"\xff\xfe", False),
        (b"", False),
        (b"[]", False),
        (b"null", False),
        (b"[" * 100_000, False),
        (b'{"request_id": "r1", "args": {"coins": ' + b"[" * 100_000, True),
        (b'{"request_id": "r1", "method": "put", "args": {"coins": ' + b"9" * 5_000 + b"}}", True),
        (b'{"request_id":"r1","method":"put","args":{"coins":"\xff"}}', True),
        (b'{"request_id":"r1","method":"\\ud800"}', True),
        (b'{"request_id":"r1","method":"put","args":{"\\ud800":1}}', True),
        (b'{"request_id":"r1","method":"%b"}' % (b"x" * 900_000), True),
        (b'\xef\xbb\xbf{"request_id":"r1","method":"put"}', True),
        ('{"request_id":"r1","method":"put"}'.encode("utf-16"), True),
        (b'{"method": "put", "args": {}}', False),
        (b'{"request_id": "", "method": "put"}', False),
        (b'{"request_id": "\\ud800", "method": "put"}', False),
        (json.dumps({"request_id": "r" * 201, "method": "put"}).encode(), False),
        (b'{"request_id": "r1"}', True),
        (b'{"request_id": "r1", "method": 7}', True),
        (b'{"request_id": "r1", "method": "put", "args": [1]}', True),
        (b'{"request_id": "r1", "method": "put", "deadline": "soon"}', True),
    ],
)
def test_what_is_no_command_holds_nobody_up(runtime: Runtime, value: bytes, answered: bool) -> None:
    good = b'{"request_id": "r2", "method": "put", "args": {"coins": 1}}'
    runtime.give("jars", "a", value, good)
    replies = {key: reply for topic, key, reply in runtime.records if topic == "dev-app-replies"}
    assert replies.pop("r2")["ok"] == 11
    assert [one["error"]["type"] for one in replies.values()] == ["MalformedCommand"] * answered
    assert [one["exception"] for one in runtime.of("dev-app-errors")] == ["MalformedCommand"]
    assert max(len(json.dumps(one)) for *_, one in runtime.records) < 30_000


def test_a_large_command_makes_a_small_entry(runtime: Runtime) -> None:
    runtime.call("a", "put", coins="9" * 900_000)
    (noted,) = runtime.of("dev-app-errors")
    assert len(json.dumps(noted)) < 2 * functions.INPUT_LIMIT + 2_000


def test_states_that_cannot_be_read_are_left_as_they_are(runtime: Runtime) -> None:
    runtime.states["jars", "a"][functions.STATE] = b"garbage"
    assert runtime.call("a", "put", "r1", coins=1)["error"]["type"] == "InternalError"
    assert runtime.states["jars", "a"] == {functions.STATE: b"garbage"}


def test_documents_of_older_versions_are_upgraded_and_others_tolerated(runtime: Runtime) -> None:
    old = {"doc_id": "a", "obj_type": "Jar", "pennies": 7, "dropped": True}
    runtime.states["jars", "a"][functions.STATE] = entities.dump(entities.Entity("jars/a", 4, old)) or b""
    assert runtime.call("a", "count") == {"ok": 7, "token": []}
    assert runtime.call("a", "put", coins=1) == {"ok": 8, "token": [["jars", "a", 5]]}
    assert runtime.of("dev-jars")[-1]["after"] == document("a", coins=8)


def test_a_deletion_says_what_was_there(runtime: Runtime) -> None:
    assert runtime.call("a", "delete") == {"ok": None, "token": [["jars", "a", 2]]}
    (change,) = runtime.of("dev-jars")
    assert (change["op"], change["before"], change["after"]) == ("d", document("a", coins=10), None)
    assert runtime.call("a", "new", coins=1)["token"] == [["jars", "a", 3]]


def test_setters_lock_as_they_were_compiled_and_exclusively_with_any_that_changes() -> None:
    known = frozenset({("Jar", "count"), ("JarView", methods.setter("checked"))})
    served = programs.Programs(methods.Models([Jar], [JarView]), known)

    def mode(method: str, model: str | None, **args: Any) -> messages.Mode:
        return served.mode(messages.Call("r", method, args, model=model))

    assert mode("count", "Jar") == "S"
    assert mode("set", "JarView", checked=1) == "S"
    assert mode("set", "JarView", checked=1, spilt=2) == "X"
    assert mode("set", "JarView") == "X"
    assert mode("set", None, checked=1) == "X"
