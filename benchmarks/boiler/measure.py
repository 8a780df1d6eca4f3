"""Measure the in-process engine: a change among many meetings, memory of live views, many subscribers.

    python -m benchmarks.boiler.measure --meetings 1000 10000 100000 --rounds 5

Engines of all sizes live in one process and take turns, change by change, so that a busy moment hits them alike.
A meeting has five participants; a change flips the attendance of one. Ratios are to the smallest.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from examples.meeting_room.models import Meeting, Ticket, User
from examples.meeting_room.views import MeetingSession
from onto.boiler import Engine
from onto.database.memory import Memory

PARTICIPANTS = 5
PEOPLE = 1000
CHANGES = 200  # of each size in each round


def main() -> None:
    """Measure everything and print three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meetings", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1, 100, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    engines: dict[int, Engine] = {}
    memory: dict[int, float] = {}
    for size in chosen.meetings:
        engines[size], memory[size] = _filled(size)
        print(f"filled with {size} meetings", flush=True)
    figures = {
        "change": _changes(engines, chosen.rounds),
        "memory": memory,
        "subscribers": _subscribers(engines[chosen.meetings[0]], chosen.subscribers, chosen.rounds),
    }
    print(f"\n{'meetings':>9} {'cost of a change, to the smallest':>34} {'KiB per live view':>18}")
    for size in chosen.meetings:
        print(f"{size:>9} {figures['change'][size]:>34.2f} {memory[size] / 1024:>18.1f}")
    print(f"\n{'subscribers':>11} {'telling one, to a change without any':>37}")
    for count, ratio in figures["subscribers"].items():
        print(f"{count:>11} {ratio:>37.5f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _filled(meetings: int) -> tuple[Engine, float]:
    """Return an engine of that many meetings, and the bytes that each live view takes with its entities."""
    database = Memory()
    with database.transaction():
        for number in range(PEOPLE):
            person = User.new(doc_id=f"u{number}", first_name="Ann", last_name=str(number), organization="onto")
            database.set(f"users/{person.doc_id}", person.to_dict())
        for number in range(meetings):
            tickets = {f"u{(number + one) % PEOPLE}": f"t{number}-{one}" for one in range(PARTICIPANTS)}
            for user, ticket in tickets.items():
                made = Ticket.new(doc_id=ticket, attendance=True, user=user)
                database.set(f"tickets/{ticket}", made.to_dict())
            meeting = Meeting.new(doc_id=f"m{number}", status="in-session", users=list(tickets), tickets=tickets)
            database.set(f"meetings/{meeting.doc_id}", meeting.to_dict())
    sample = min(meetings, 10_000)  # tracing slows everything down: of the larger ones only this is said
    if sample < meetings:
        return Engine([MeetingSession], database), float("nan")
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    engine = Engine([MeetingSession], database)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return engine, taken / meetings


def _changes(engines: dict[int, Engine], rounds: int) -> dict[int, float]:
    chance = random.Random(7)
    ratios: dict[int, list[float]] = {size: [] for size in engines}
    for _ in range(rounds):
        taken = dict.fromkeys(engines, 0.0)
        for _ in range(CHANGES):
            for size, engine in engines.items():
                place = chance.randrange(size), chance.randrange(PARTICIPANTS)
                taken[size] += _timed(lambda engine=engine, place=place: _flip(engine, *place))  # type: ignore[misc]  # defaults bind the names
        smallest = taken[min(taken)]
        for size, seconds in taken.items():
            ratios[size].append(seconds / smallest)
    return {size: statistics.median(found) for size, found in ratios.items()}


def _subscribers(engine: Engine, counts: list[int], rounds: int) -> dict[int, float]:
    """Return what telling one more subscriber costs, to a change that nobody hears of."""
    ratios: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(rounds):
        for count in counts:
            alone = statistics.median(_timed(lambda: _flip(engine, 0, 0)) for _ in range(50))
            heard: list[object] = []
            stops = [engine.subscribe(heard.append) for _ in range(count)]
            told = statistics.median(_timed(lambda: _flip(engine, 0, 0)) for _ in range(50))
            for stop in stops:
                stop()
            assert len(heard) == 50 * count
            ratios[count].append((told - alone) / count / alone)
    return {count: statistics.median(found) for count, found in ratios.items()}


def _flip(engine: Engine, meeting: int, participant: int) -> None:
    ticket = engine.get(Ticket, f"t{meeting}-{participant}")
    assert ticket is not None
    ticket.attendance = not ticket.attendance
    engine.save(ticket)


def _timed(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
