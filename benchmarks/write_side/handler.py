"""Measure what one request costs an endpoint, onto's and those by hand, without any JVM: where a change of it is tried.

    python -m benchmarks.write_side.handler --rounds 10
    python -m benchmarks.write_side.handler --profile

Each request is a deposit for an account that has answered as many commands before as are kept. The contestants take
turns within each round; a figure is the median of its ratios to `onto` in the same round.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import statistics
import time
from collections.abc import Callable, Mapping

from statefun.kafka_egress_pb2 import KafkaProducerRecord
from statefun.request_reply_pb2 import FromFunction, ToFunction

from benchmarks.write_side import bank, by_hand
from flink_jobs import functions, programs
from onto import methods, wire

Handle = Callable[[bytes], bytes]
PLACES = {"onto": ("onto", "accounts"), "hand": ("hand", "hand"), "hand_once": ("hand", "hand_once")}
BEFORE = 40  # commands that the account has answered
REQUESTS = 2000  # of each contestant in a round


def handlers() -> dict[str, Handle]:
    """Return what answers requests, by contestant."""
    own = functions.Functions(
        programs.Programs(methods.Models([bank.Account]), frozenset()),
        functions.Names("", "bank-replies", "bank-errors"),
        lambda: time.time_ns() // 1_000_000,
    )
    served = by_hand.handler()
    loop = asyncio.new_event_loop()

    def by_hand_(body: bytes) -> bytes:
        return bytes(loop.run_until_complete(served.handle_async(body)))

    return {"onto": own.handle, "hand": by_hand_, "hand_once": by_hand_}


def request(contestant: str, handle: Handle, batch: int) -> bytes:
    """Return a request of so many deposits for an account that has answered others."""
    states: dict[str, object] = {}
    _played(contestant, handle, states, [("r", "new", {"owner": "Ann Smith", "balance": 1_000_000_000})])
    for number in range(BEFORE):
        _played(contestant, handle, states, [(f"{number:032x}", "deposit", {"amount": 1})])
    deposits = [(f"{BEFORE + number:032x}", "deposit", {"amount": 1}) for number in range(batch)]
    return _body(contestant, states, deposits, handle)


def _played(
    contestant: str, handle: Handle, states: dict[str, object], calls: list[tuple[str, str, Mapping[str, object]]]
) -> None:
    reply = FromFunction.FromString(handle(_body(contestant, states, calls, handle)))
    states |= {one.state_name: one.state_value for one in reply.invocation_result.state_mutations}


def _body(
    contestant: str, states: Mapping[str, object], calls: list[tuple[str, str, Mapping[str, object]]], handle: Handle
) -> bytes:
    namespace, kind = PLACES[contestant]
    body = ToFunction()
    body.invocation.target.namespace, body.invocation.target.type, body.invocation.target.id = namespace, kind, "a17"
    for request_id, method, args in calls:
        argument = body.invocation.invocations.add().argument
        argument.typename, argument.has_value = "onto/command", True
        command = wire.Command(request_id, method, args, "Account", time.time_ns() // 1_000_000 + 120_000)
        argument.value = wire.encode_command(command, kind, "a17").value or b""
    first = FromFunction.FromString(handle(body.SerializeToString()))
    for spec in first.incomplete_invocation_context.missing_values:
        state = body.invocation.state.add(state_name=spec.state_name)
        if spec.state_name in states:
            state.state_value.CopyFrom(states[spec.state_name])
    return bytes(body.SerializeToString())


def _check(reply: bytes, batch: int) -> None:
    """Make sure that what is measured is calls that succeed: each has a change and a reply."""
    result = FromFunction.FromString(reply).invocation_result
    replies = [KafkaProducerRecord.FromString(one.argument.value).value_bytes for one in result.outgoing_egresses]
    assert sum(one.startswith(b'{"ok":') for one in replies) == batch, replies
    assert len(replies) == 2 * batch, replies


def main() -> None:
    """Run the rounds and print the ratios, or where onto's time goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--batch", type=int, default=1, help="commands for the account in each request")
    parser.add_argument("--profile", action="store_true", help="show what onto spends its time on instead")
    chosen = parser.parse_args()
    served = handlers()
    bodies = {name: request(name, handle, chosen.batch) for name, handle in served.items()}
    for name, handle in served.items():
        _check(handle(bodies[name]), chosen.batch)
    if chosen.profile:
        with cProfile.Profile() as profile:
            _timed(served["onto"], bodies["onto"])
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    ratios: dict[str, list[float]] = {name: [] for name in served if name != "onto"}
    for number in range(chosen.rounds):
        names = list(served)
        turns = [*names[number % len(names) :], *names[: number % len(names)]]
        taken = {name: _timed(served[name], bodies[name]) for name in turns}
        for name, found in ratios.items():
            found.append(taken[name] / taken["onto"])
    print("| to `onto` | CPU of the endpoint for a request |\n|---|---|")
    for name, found in ratios.items():
        print(f"| `{name}` | {statistics.median(found):.2f} |")


def _timed(handle: Handle, body: bytes) -> float:
    begun = time.process_time()
    for _ in range(REQUESTS):
        handle(body)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
