"""What the benchmark of the write side compares answers alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from statefun.kafka_egress_pb2 import KafkaProducerRecord
from statefun.request_reply_pb2 import FromFunction, ToFunction

from benchmarks.write_side import bank, by_hand
from flink_jobs import functions, programs
from onto import methods, wire

COMMANDS = (
    ("r1", "new", {"owner": "Ann", "balance": 10}), ("r2", "deposit", {"amount": 5}), ("r2", "deposit", {"amount": 5}),
    ("r3", "deposit", {"amount": -1}), ("r4", "deposit", {"amount": 1}),
)  # fmt: skip


def records(handle: Callable[[bytes], bytes], namespace: str, name: str) -> list[Any]:
    """Play the commands to one account, and return its replies and changes without the contestant's names."""
    states: dict[str, Any] = {}
    found = []
    for request_id, method, args in COMMANDS:
        body = ToFunction()
        body.invocation.target.namespace, body.invocation.target.type, body.invocation.target.id = namespace, name, "a"
        argument = body.invocation.invocations.add().argument
        argument.typename, argument.has_value = "onto/command", True
        argument.value = wire.encode_command(wire.Command(request_id, method, args), name, "a").value or b""
        first = FromFunction.FromString(handle(body.SerializeToString()))
        for spec in first.incomplete_invocation_context.missing_values:
            state = body.invocation.state.add(state_name=spec.state_name)
            if spec.state_name in states:
                state.state_value.CopyFrom(states[spec.state_name])
        reply = FromFunction.FromString(handle(body.SerializeToString())).invocation_result
        states |= {one.state_name: one.state_value for one in reply.state_mutations}
        for one in reply.outgoing_egresses:
            record = KafkaProducerRecord.FromString(one.argument.value)
            value = json.loads(record.value_bytes.replace(name.encode(), b"accounts"))
            value.pop("x", None)
            found.append((record.topic.replace(name, "accounts"), record.key, value))
    return [one for one in found if one[0] != "bank-errors"]


@pytest.mark.parametrize("name", ["hand", "hand_once"])
def test_functions_by_hand_answer_as_onto_does(name: str) -> None:
    own = functions.Functions(
        programs.Programs(methods.Models([bank.Account]), frozenset()),
        functions.Names("", "bank-replies", "bank-errors"),
        lambda: 1_000,
    )
    served = by_hand.handler()
    found = records(lambda body: asyncio.run(served.handle_async(body)), "hand", name)
    wanted = records(own.handle, "onto", "accounts")
    if name == "hand":  # it does what comes twice twice
        assert found[:2] == wanted[:2]
        assert [value["ok"] for _, key, value in found if key == "r2"] == [15, 20]
    else:
        assert sorted(map(str, found)) == sorted(map(str, wanted))
