"""Measure calls of domain methods against functions by hand, on one Kafka and one StateFun.

    python -m benchmarks.write_side.measure --rounds 5 --json figures.json

The contestants take turns within each round. A figure is the median of its ratios to `onto` in the same round; CPU is
that of all processes which a call passes through, the client among them. A reply that is no success ends the run.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent import futures
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import picture
from benchmarks.write_side import stack
from onto import calling, wire

COLLECTIONS = {"onto": "accounts", "hand": "hand", "hand_once": "hand_once"}
ACCOUNTS = 200
CROWDS = (64, 16, 4, 2, 1)  # accounts among which calls contend
TRANSFER_MESSAGES = 4  # command, ask, grant, commit: a transfer cannot do with fewer
RATE = 100  # calls a second while latency is measured
UNDER_WAY = 1000  # commands that are sent ahead of their replies
SECONDS = 120.0
MONEY = 1_000_000_000
# As tables and pictures name it → the runs, and what is compared of them.
MEASURED = {
    "calls a second": ("single", "seconds"),
    "CPU per call": ("single", "cpu"),
    "p50": ("latency", "p50"),
    "p99": ("latency", "p99"),
}

Calls = Sequence[tuple[str, str, dict[str, object]]]  # doc_id, method, arguments


@dataclass(frozen=True, slots=True)
class Run:
    """One contestant's calls in one round."""

    what: str
    contestant: str
    round: int
    calls: int
    seconds: float
    cpu: dict[str, float]  # seconds by process
    latencies: list[float] = field(default_factory=list)

    @property
    def cpu_per_call(self) -> float:
        """Return the CPU seconds of all processes."""
        return sum(self.cpu.values()) / self.calls


class Bench:
    """A running stack, with accounts for every contestant."""

    def __init__(self, running: stack.Stack, contestants: Iterable[str]) -> None:
        """Make the accounts."""
        self._stack = running
        for name in contestants:
            args: dict[str, object] = {"owner": "Ann Smith", "balance": MONEY}
            self.play("new", name, 0, [(f"a{number}", "new", args) for number in range(ACCOUNTS)])

    def play(self, what: str, contestant: str, number: int, calls: Calls, rate: float = 0.0) -> Run:
        """Make calls, as fast as they go or so many a second, and wait for all replies."""
        taken: list[float] = []
        room = threading.Semaphore(UNDER_WAY)
        pending = []
        before, begun = self._stack.cpu(), time.monotonic()
        for place, (doc_id, method, args) in enumerate(calls):
            if rate and (rest := begun + place / rate - time.monotonic()) > 0:
                time.sleep(rest)
            room.acquire()
            sent = time.monotonic()
            command = wire.Command(uuid.uuid4().hex, method, args, "Account", calling.deadline(SECONDS))
            future = self._stack.calls.send(COLLECTIONS[contestant], doc_id, command)

            def done(_: futures.Future[calling.Reply], sent: float = sent) -> None:
                taken.append(time.monotonic() - sent)
                room.release()

            future.add_done_callback(done)
            pending.append(future)
        for one in pending:
            one.result(SECONDS)
        seconds = time.monotonic() - begun
        cpu = {name: value - before.get(name, 0.0) for name, value in self._stack.cpu().items()}
        return Run(what, contestant, number, len(calls), seconds, cpu, taken if rate else [])

    def rounds(self, rounds: int, warm_up: int, size: int, contestants: Sequence[str]) -> Iterable[Run]:
        """Yield all runs; those of warming up have negative rounds."""
        for number in range(-warm_up, rounds):
            first = number % len(contestants)
            turns = (*contestants[first:], *contestants[:first])  # nobody is always the one that runs first
            for name in turns:
                yield self.play("single", name, number, _deposits(number, size, ACCOUNTS))
            yield self.play("transfer", "onto", number, _transfers(number, size // 4, ACCOUNTS))
            for name in turns:
                yield self.play("latency", name, number, _deposits(number, size // 16, ACCOUNTS), RATE)
            for crowd in CROWDS:
                for name in [one for one in turns if one != "hand_once"]:
                    yield self.play(f"single of {crowd}", name, number, _deposits(number, size // 4, crowd))
                if crowd > 1:
                    yield self.play(f"transfer of {crowd}", "onto", number, _transfers(number, size // 16, crowd))

    def workers(self, rounds: int, size: int) -> Iterable[Run]:
        """Yield runs with one worker of the endpoint and with two, in turns."""
        for number in range(rounds):
            for workers in (1, 2):
                self._stack.serve(workers)
                self.play("warm-up", "onto", -1, _deposits(number, size // 4, ACCOUNTS))
                yield self.play(f"{workers} workers", "onto", number, _deposits(number, size, ACCOUNTS))


def _deposits(seed: int, count: int, accounts: int) -> Calls:
    chance = random.Random(seed)
    return [(f"a{chance.randrange(accounts)}", "deposit", {"amount": 1}) for _ in range(count)]


def _transfers(seed: int, count: int, accounts: int) -> Calls:
    chance = random.Random(seed)
    pairs = [chance.sample(range(accounts), 2) for _ in range(count)]
    return [(f"a{source}", "transfer", {"to": f"a{target}", "amount": 1}) for source, target in pairs]


# ---------------------------------------------------------------- figures


def report(runs: Sequence[Run]) -> str:
    """Return the figures as Markdown."""
    parts = [
        f"| to `onto` | {' | '.join(MEASURED)} |\n|---|---|---|---|---|\n{_contestants(runs)}",
        "| of a call's CPU | deposit | transfer |\n|---|---|---|\n" + _shares(runs),
        "| accounts | deposits a second, to those by hand | CPU of a deposit | CPU of a transfer |\n"
        "|---|---|---|---|\n" + _crowds(runs),
    ]
    limit = _ratio(runs, ("single", "onto"), ("transfer", "onto"), "seconds")
    parts.append(f"Transfers reach {TRANSFER_MESSAGES * limit:.2f} of what {TRANSFER_MESSAGES} messages each allow.")
    if any(run.what == "2 workers" for run in runs):
        scale = _ratio(runs, ("1 workers", "onto"), ("2 workers", "onto"), "seconds")
        parts.append(f"A second worker of the endpoint makes {scale:.2f} times as many calls a second.")
    return "\n\n".join(parts)


def drawn(runs: Sequence[Run]) -> str:
    """Return the figures of the contestants as an SVG."""
    found = {name: _ratios(runs, name) for name in _by_hand(runs)}
    rows = {what: {name: one[what] for name, one in found.items()} for what in MEASURED}
    return picture.bars(rows, {name: name for name in found})


def _contestants(runs: Sequence[Run]) -> str:
    shown = {name: " | ".join(f"{one:.2f}" for one in _ratios(runs, name).values()) for name in _by_hand(runs)}
    return "\n".join(f"| `{name}` | {cells} |" for name, cells in shown.items())


def _by_hand(runs: Sequence[Run]) -> list[str]:
    return [one for one in COLLECTIONS if one != "onto" and any(run.contestant == one for run in runs)]


def _ratios(runs: Sequence[Run], name: str) -> dict[str, float]:
    """Return a contestant's ratios to onto, in the order of `MEASURED`."""
    return {what: _ratio(runs, (kind, name), (kind, "onto"), compared) for what, (kind, compared) in MEASURED.items()}


def _shares(runs: Sequence[Run]) -> str:
    lines = []
    for process in ("statefun", "endpoint", "kafka", "client"):
        cells = [
            statistics.median(one.cpu[process] / sum(one.cpu.values()) for one in runs if _is(one, what, "onto"))
            for what in ("single", "transfer")
        ]
        lines.append(f"| {process} | {' | '.join(f'{one:.0%}' for one in cells)} |")
    return "\n".join(lines)


def _crowds(runs: Sequence[Run]) -> str:
    lines = []
    for crowd in CROWDS:
        one, widest = f"single of {crowd}", f"single of {CROWDS[0]}"
        cells = [_ratio(runs, (one, "hand"), (one, "onto"), "seconds")]
        cells.append(_ratio(runs, (one, "onto"), (widest, "onto"), "cpu"))
        if crowd > 1:
            cells.append(_ratio(runs, (f"transfer of {crowd}", "onto"), (f"transfer of {CROWDS[0]}", "onto"), "cpu"))
        shown = [*(f"{each:.2f}" for each in cells), ""][:3]
        lines.append(f"| {crowd} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _ratio(runs: Sequence[Run], above: tuple[str, str], below: tuple[str, str], name: str) -> float:
    """Return the median over the rounds of one figure to another."""
    under = {one.round: one for one in runs if _is(one, *below)}
    pairs = [(_figure(one, name), _figure(under[one.round], name)) for one in runs if _is(one, *above)]
    return statistics.median(one / other for one, other in pairs)


def _figure(run: Run, name: str) -> float:
    match name:
        case "seconds":
            return run.seconds / run.calls
        case "cpu":
            return run.cpu_per_call
    ordered = sorted(run.latencies)
    return ordered[min(len(ordered) - 1, len(ordered) * int(name[1:]) // 100)]


def _is(run: Run, what: str, contestant: str) -> bool:
    return (run.what, run.contestant) == (what, contestant)


def main() -> None:
    """Run the rounds, print the tables, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=2, help="rounds that do not count")
    parser.add_argument("--calls", type=int, default=4000, help="of one entity, per contestant and round")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    chosen = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as place, stack.Stack(Path(place)) as running:
        bench = Bench(running, COLLECTIONS)
        begun = time.monotonic()
        for turns in (
            bench.rounds(chosen.rounds, chosen.warm_up, chosen.calls, list(COLLECTIONS)),
            bench.workers(chosen.rounds, chosen.calls),
        ):
            for run in turns:
                told = {**asdict(run), "latencies": len(run.latencies), "ms": 1000 * run.cpu_per_call}
                print(json.dumps(told), f"{time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
                runs.append(run)
    counted = [run for run in runs if run.round >= 0]
    print(report(counted))
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(run) for run in counted], indent=2) + "\n", encoding="utf-8")
    if chosen.svg:
        chosen.svg.write_text(drawn(counted), encoding="utf-8")


if __name__ == "__main__":
    main()
