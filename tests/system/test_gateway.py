"""The gateway on a real Kafka, where the test writes the replies."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from flink_jobs import topics
from onto import calling, errors, gateway, wire
from tests.conftest import Road
from tests.system import hand_written


@pytest.fixture
def calls(road: Road) -> Iterator[gateway.Gateway]:
    """Return a gateway to topics on which nobody answers."""
    names = {f"{road.prefix}things-cmd": "things"}
    road.topics |= set(topics.ensure(topics.of_functions(hand_written.BUNDLE, road.prefix, names), road.kafka, {}, 1))
    with gateway.Gateway(road.kafka, hand_written.BUNDLE.replies_topic, prefix=road.prefix) as made:
        yield made


def reply(road: Road, request_id: str, value: bytes) -> None:
    """Write a reply."""
    road.send(wire.Record(f"{road.prefix}{hand_written.BUNDLE.replies_topic}", request_id.encode(), value))


def test_a_reply_finds_its_call(road: Road, calls: gateway.Gateway) -> None:
    sent = [calls.send("things", "t1", wire.Command(f"r{one}", "do", {})) for one in range(4)]
    reply(road, "nobody's", b"{}")
    reply(road, "r1", json.dumps({"ok": 7, "token": [["things", "t1", 2]]}).encode())
    reply(road, "r0", json.dumps({"error": {"type": "ValueError", "message": "no"}}).encode())
    reply(road, "r2", b"{")
    assert sent[1].result(30) == calling.Reply("r1", 7, (("things", "t1", 2),))
    with pytest.raises(calling.CallError, match="ValueError: no"):
        sent[0].result(30)
    with pytest.raises(errors.RecordError, match="not a reply"):
        sent[2].result(30)
    calls.close()
    with pytest.raises(errors.BrokerError, match="the gateway was closed"):
        sent[3].result(30)


def test_a_reply_that_does_not_come_is_told_with_the_request_id(calls: gateway.Gateway) -> None:
    with pytest.raises(calling.NoReplyError, match="request_id='r1'"):
        calls.call("things", "t1", "do", {}, request_id="r1", seconds=0.1)


def test_a_command_that_is_too_large_is_not_taken(calls: gateway.Gateway) -> None:
    with pytest.raises(errors.BrokerError, match="the command was not taken"):
        calls.call("things", "t1", "do", {"text": "x" * 2_000_000}, seconds=30)


def test_replies_need_their_topic(road: Road) -> None:
    with pytest.raises(errors.TopicError, match="does not exist; `onto submit` creates it"):
        gateway.Gateway(road.kafka, "no-replies", prefix=road.prefix)
