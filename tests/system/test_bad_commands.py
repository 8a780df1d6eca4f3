"""Whatever comes on a command topic, and whatever methods do: a definite error, no change, the next command fine."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import confluent_kafka
import pytest

from onto import calling, errors, wire
from tests.system.write_side import SECONDS, WriteSide, functions_job, wait

BROKER_LIMIT = 1_048_588  # bytes of a record, Kafka's default
DEEP = b"[" * 50_000


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriteSide]:
    """Return a write side of two workers, with an account and two rogues."""
    with WriteSide(tmp_path_factory.mktemp("bad"), "tests.system.market", workers=2) as made:
        made.new("accounts", "a", balance=0, seen=0)
        made.new("rogues", "mate", harm=0)
        made.new("rogues", "rogue", harm=0, mate="mate")
        yield made


def produce(side: WriteSide, topic: str, *records: tuple[bytes | None, bytes | None]) -> None:
    """Write records past the gateway, as large as the broker takes them."""
    producer = confluent_kafka.Producer({"bootstrap.servers": side.kafka, "message.max.bytes": 2 * BROKER_LIMIT})
    problems: list[confluent_kafka.KafkaError] = []
    for key, value in records:
        producer.produce(
            topic, key=key, value=value, on_delivery=lambda error, _: problems.append(error) if error else None
        )
    assert producer.flush(SECONDS) == 0
    if problems:
        raise confluent_kafka.KafkaException(problems[0])


def refused(side: WriteSide, collection: str, doc_id: str, method: str, args: dict[str, Any]) -> str:
    """Return the class of the error that a call is answered with."""
    with pytest.raises(calling.CallError) as caught:
        side.calls.call(collection, doc_id, method, args, seconds=SECONDS)
    return caught.value.kind


def deposit(side: WriteSide) -> int:
    """Return the balance after one more coin: the account answers."""
    balance = side.calls.call("accounts", "a", "deposit", {"amount": 1}, seconds=SECONDS).result
    assert isinstance(balance, int)
    return balance


def test_records_that_are_no_commands_hold_nobody_up(side: WriteSide) -> None:
    before = deposit(side)
    answered = {uuid.uuid4().hex: value for value in (
        b'"args":{"amount":1}}', b'"method":7}', b'"method":"deposit","args":{"amount":"\xff\xfe"}}',
        b'"method":"deposit","args":{"amount":' + DEEP, b'"method":"deposit","args":{"amount":' + b"9" * 9_999 + b"}}",
        b'"method":"\\ud800"}', b'"method":"deposit","args":{"\\ud800":1}}', b'"method":"deposit","deadline":1.5}',
    )}  # fmt: skip
    unanswered: tuple[bytes | None, ...] = (
        None, b"", b"\x00", b"[]", b"null", b"7", b'"text"', b"\xff" * 1_000, DEEP, b"{" * 50_000, b"9" * 9_999,
        b'{"request_id": 7}', b'{"request_id": "", "method": "deposit"}', b'{"method": "deposit"}',
    )  # fmt: skip
    values = [b'{"request_id":"%b",%b' % (one.encode(), value) for one, value in answered.items()]
    waiting = [side.calls._pending.setdefault(one, futures.Future()) for one in answered]
    produce(side, "accounts-cmd", *((b"a", value) for value in (*values, *unanswered)))
    for one in waiting:
        with pytest.raises(calling.CallError, match="MalformedCommand"):
            one.result(SECONDS)
    assert deposit(side) == before + 1
    total = len(values) + len(unanswered)
    wait(lambda: [one["exception"] for one in side.noted("a")] == ["MalformedCommand"] * total)
    assert functions_job(side) == "RUNNING"


def test_records_without_a_key_and_keys_that_are_no_text_hold_nobody_up(side: WriteSide) -> None:
    before = deposit(side)
    command = b'{"request_id":"%b","method":"new","args":{"balance":1,"seen":0}}'
    produce(
        side, "accounts-cmd", (None, command % b"none"), (b"", command % b"empty"), (None, None), (b"", None),
        (b"\xff\xfe", command % b"bytes"),
    )  # fmt: skip
    assert deposit(side) == before + 1
    wait(lambda: [one["exception"] for one in side.noted("")] == [*(["BadId"] * 2), *(["MalformedCommand"] * 2)])
    made = [one for one in side.changes("accounts") if one.request_id == "bytes"]
    assert [one.doc_id for one in made] == ["\ufffd\ufffd"]  # it is some text or other
    assert functions_job(side) == "RUNNING"


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (b'{"amount":99999999999999999999999}', "BadArguments"),
        (b'{"amount":NaN}', "BadArguments"),
        (b'{"amount":1e999}', "BadArguments"),
        (b'{"amount":1.0}', "BadArguments"),
        (b'{"amount":' + b"[" * 900 + b"]" * 900 + b"}", "BadArguments"),
        (b'{"amount":1},"deadline":-5', "DeadlineExceeded"),
        (b'{"amount":1},"model":"Item"', "DoesNotExist"),
        (b'{"amount":1},"method":"fly"', "NoSuchMethod"),  # of a key that stands there twice, the last one counts
    ],
)
def test_values_that_do_not_fit_are_refused(side: WriteSide, args: bytes, kind: str) -> None:
    before, request_id = deposit(side), uuid.uuid4().hex
    waiting = side.calls._pending.setdefault(request_id, futures.Future())
    produce(
        side, "accounts-cmd", (b"a", b'{"request_id":"%b","method":"deposit","args":%b}' % (request_id.encode(), args))
    )
    with pytest.raises(calling.CallError, match=f"^{kind}: "):
        waiting.result(SECONDS)
    assert deposit(side) == before + 1
    wait(lambda: [one["exception"] for one in side.noted("a") if one["request_id"] == request_id] == [kind])


def test_an_id_may_be_any_text_of_some_length(side: WriteSide) -> None:
    deposit(side)
    for doc_id in ("ä ö", "#@!?%&=", "\u2028\u0000", "'\"\\", "\U0001f600", "x" * wire.DOC_ID_LIMIT):
        assert side.calls.call("accounts", doc_id, "new", {"balance": 2, "seen": 0}).token == (("accounts", doc_id, 1),)
        side.calls.call("accounts", doc_id, "transfer", {"to": "a", "amount": 1})
        side.calls.call("accounts", "a", "transfer", {"to": doc_id, "amount": 1})
        assert side.calls.call("accounts", doc_id, "look", {}).result == 2
    for doc_id in ("", "a/b", "/", "x" * 10_000, "\x01" * 150_000):
        assert refused(side, "accounts", doc_id, "new", {"balance": 2, "seen": 0}) == "BadId"
        assert refused(side, "accounts", doc_id, "deposit", {"amount": 1}) == "DoesNotExist"
        assert refused(side, "accounts", "a", "transfer", {"to": doc_id, "amount": 1}) == "BadArguments"
        noted = side.noted(doc_id[: wire.DOC_ID_LIMIT])
        assert [one["exception"] for one in noted][-2:] == ["BadId", "DoesNotExist"]
    assert functions_job(side) == "RUNNING"


def test_commands_as_large_as_kafka_takes_them_are_answered(side: WriteSide) -> None:
    before, sizes = deposit(side), (500_000, 900_000, 1_048_300)
    for method, arg in (("deposit", "amount"), ("transfer", "to"), ("x" * 300_000, "y")):
        waiting = {uuid.uuid4().hex: size for size in sizes}
        pending = [side.calls._pending.setdefault(one, futures.Future()) for one in waiting]
        for request_id, size in waiting.items():
            head = {"request_id": request_id, "method": method, "args": {"amount": 1, arg: ""}}
            empty = json.dumps(head, separators=(",", ":")).encode()
            value = empty.replace(b'""', b'"%b"' % (b"x" * (size - len(empty))))
            produce(side, "accounts-cmd", (b"a", value))
        for one in pending:
            with pytest.raises(calling.CallError, match=r"^(BadArguments|MalformedCommand): ") as caught:
                one.result(SECONDS)
            assert len(str(caught.value)) < 3_000
    with pytest.raises(confluent_kafka.KafkaException, match="MSG_SIZE_TOO_LARGE"):
        produce(side, "accounts-cmd", (b"a", b"x" * BROKER_LIMIT))
    with pytest.raises(errors.BrokerError, match=r"the command was not taken: .*too large \(1000\d{3} bytes\)"):
        side.calls.call("accounts", "a", "deposit", {"amount": "x" * 1_000_000})
    assert deposit(side) == before + 1
    assert functions_job(side) == "RUNNING"


def outcomes(side: WriteSide, collection: str, doc_id: str, method: str, args: dict[str, Any], count: int) -> list[str]:
    """Return how as many calls end that are made at once."""
    commands = [wire.Command(uuid.uuid4().hex, method, args) for _ in range(count)]
    sent = [side.calls.send(collection, doc_id, one) for one in commands]
    found = [one.exception(SECONDS) for one in sent]
    assert all(one is None or isinstance(one, calling.CallError) for one in found), found
    return ["ok" if one is None else one.kind for one in found if one is None or isinstance(one, calling.CallError)]


def test_many_calls_of_a_large_document_are_answered(side: WriteSide) -> None:
    side.new("places", "crowded", free=1_000, guests=["x" * 400_000])
    told = outcomes(side, "places", "crowded", "reserve", {"guest": "ann"}, 150)
    assert set(told) <= {"ok", "Overloaded"}
    assert told.count("ok") >= 16
    reply = side.calls.call("places", "crowded", "reserve", {"guest": "bob"}, seconds=SECONDS)
    assert reply.result == 1_000 - told.count("ok") - 1


def test_many_large_commands_that_wait_are_answered(side: WriteSide) -> None:
    side.new("rogues", "patient", harm=0, mate="mate")
    told = outcomes(side, "rogues", "patient", "do", {"what": "x" * 900_000}, 60)
    assert set(told) <= {"ok", "Overloaded"}
    assert told.count("ok") >= 10
    assert side.calls.call("rogues", "patient", "well", {}, seconds=SECONDS).result == told.count("ok") + 1


@pytest.mark.parametrize(
    ("method", "args", "kind"),
    [
        ("do", {"what": "exit"}, "SystemExit"),
        ("do", {"what": "interrupt"}, "KeyboardInterrupt"),
        ("do", {"what": "leave"}, "GeneratorExit"),
        ("do", {"what": "exhaust"}, "MemoryError"),
        ("do", {"what": "stop"}, "StopIteration"),
        ("do", {"what": "silent"}, "SilentError"),
        ("do", {"what": "half"}, "ValueError"),
        ("do", {"what": "bug"}, "ValueError"),
        ("do", {"what": "assert"}, "AssertionError"),
        ("dig", {"depth": 0}, "RecursionError"),
        ("spin", {}, "MethodTimeout"),
        ("grow", {}, "MemoryError"),
        ("answer", {"what": "nan"}, "BadValue"),
        ("answer", {"what": "loop"}, "RecursionError"),
        ("answer", {"what": "half"}, "UnicodeEncodeError"),
    ],
)
def test_what_a_method_raises_changes_nothing_and_holds_nobody_up(
    side: WriteSide, method: str, args: dict[str, Any], kind: str
) -> None:
    before = [side.calls.call("rogues", one, "well", {}) for one in ("rogue", "mate")]
    assert refused(side, "rogues", "rogue", method, args) == kind
    after = [side.calls.call("rogues", one, "well", {}) for one in ("rogue", "mate")]
    for one, other in zip(before, after, strict=True):
        assert (other.result, other.token[0][2]) == (one.result + 1, one.token[0][2] + 1)
    assert side.noted("rogue")[-1]["exception"] == kind


def test_many_endless_calls_are_answered_before_the_runtime_gives_up(side: WriteSide) -> None:
    told = outcomes(side, "rogues", "rogue", "spin", {}, 60)
    assert set(told) == {"MethodTimeout", "Overloaded"}
    assert functions_job(side) == "RUNNING"
    before = side.calls.call("rogues", "rogue", "well", {}, seconds=SECONDS).result
    assert side.calls.call("rogues", "rogue", "well", {}, seconds=SECONDS).result == before + 1
