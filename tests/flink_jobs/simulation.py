"""Many entities, one network, simulated time: random programs over the protocol, and what may be said of their history.

    history = run(scenario, random.Random(1))
    faults(history)   →  [] when some serial order explains it

Messages between two entities keep their order and take random times; commands come late, twice or, after a restart,
again. Between two messages an entity is nothing but JSON text, as in StateFun. A restart throws away everything since
the last checkpoint: states, messages under way and all that went out after it.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from flink_jobs import entities, messages
from flink_jobs import transactions as real


@dataclass(frozen=True)
class Read:
    """Read an entity, which decides what the rest does."""

    ref: str


@dataclass(frozen=True)
class Add:
    """Change an entity by everything that was read so far."""

    ref: str


@dataclass(frozen=True)
class Follow:
    """Read the entity that another one's value points at."""

    ref: str


@dataclass(frozen=True)
class Raise:
    """End with an exception where what was read is odd."""


Step = Read | Add | Follow | Raise


@dataclass(frozen=True)
class Command:
    """A call of `root`, whose program is `steps`, sent at `at` and delivered `copies` times."""

    request_id: str
    root: str
    steps: tuple[Step, ...]
    at: int
    copies: int = 1
    prefetch: bool = False  # ask at once for all that every run reaches, as what was compiled does
    deadline: int | None = None

    @property
    def reads_only(self) -> bool:
        return not any(isinstance(one, Add) for one in self.steps)


@dataclass(frozen=True)
class Scenario:
    refs: tuple[str, ...]
    commands: tuple[Command, ...]
    slowest: int = 50  # ms that a message may take
    restarts: tuple[int, ...] = ()
    checkpoint_every: int = 40
    skew: int = 0  # ms by which two machines' clocks may differ
    cramped: float = 0.0  # how often there is no room for more, to keep or to send
    limits: real.Limits = real.LIMITS


@dataclass
class History:
    """What the outside saw: replies, changes of each entity in order, and what each finished call read."""

    commands: Mapping[str, Command]
    replies: dict[str, list[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(list))
    changes: list[tuple[str, str, int, Any, Any]] = field(default_factory=list)  # ref, x, version, before, after
    runs: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = field(default_factory=dict)  # x: when, reads, writes
    sent: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    wounds: int = 0
    largest: int = 0  # bytes of an entity's state
    left: list[str] = field(default_factory=list)  # entities with locks at the end


class Programs:
    """Runs a command's steps; each value written is unique, and tells who wrote it."""

    def __init__(self, commands: Mapping[str, Command], history: History, module: ModuleType) -> None:
        self.commands = commands
        self.history = history
        self.module = module
        self.last: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}  # by request: its last whole run

    def mode(self, call: messages.Call) -> messages.Mode:
        return "S" if self.commands[call.request_id].reads_only else "X"

    def mode_of(self, call: messages.Call, ref: str) -> messages.Mode:
        return "X" if Add(ref) in self.commands[call.request_id].steps else "S"

    def run(self, attempt: real.Attempt) -> real.Outcome:
        command = self.commands[attempt.call.request_id]
        reads: dict[str, Any] = {}
        writes: dict[str, Any] = {}
        result = self._steps(command, attempt, reads, writes)
        if not isinstance(result, self.module.Need):
            failed = isinstance(result, self.module.Failed)
            self.last[command.request_id] = (attempt.x, reads, {} if failed else writes)
        return result

    def _steps(self, command: Command, attempt: real.Attempt, reads: dict[str, Any], writes: dict[str, Any]) -> Any:
        seen = [attempt.call.request_id]
        for one in command.steps:
            if isinstance(one, Raise):
                if _digest(seen) % 2:
                    return self.module.Failed("ValueError", "odd")
                continue
            ref = one.ref
            if ref not in attempt.documents:
                return self.module.Need(_missing(command, ref, attempt))
            if isinstance(one, Follow):
                document = writes.get(ref, attempt.documents[ref])
                reads.setdefault(ref, _value(attempt.documents[ref]))
                refs = sorted(self.history_refs)
                ref = refs[_digest([_value(document)]) % len(refs)]
            if ref not in attempt.documents:
                return self.module.Need((ref,))
            reads.setdefault(ref, _value(attempt.documents[ref]))
            seen.append(_value(writes.get(ref, attempt.documents[ref])))
            if isinstance(one, Add):
                writes[ref] = {"value": f"{command.request_id}:{_digest(seen)}"}
        return self.module.Done(_digest(seen), writes)

    history_refs: tuple[str, ...] = ()


def _missing(command: Command, ref: str, attempt: real.Attempt) -> tuple[str, ...]:
    """Return what a run asks for when it meets `ref`."""
    if not command.prefetch:
        return (ref,)
    certain = itertools.takewhile(lambda one: not isinstance(one, Raise), command.steps)
    refs = dict.fromkeys(one.ref for one in certain if not isinstance(one, Raise))
    return tuple(dict.fromkeys((ref, *(one for one in refs if one not in attempt.documents))))


def _value(document: Any) -> Any:
    return None if document is None else document["value"]


def _digest(values: Iterable[Any]) -> int:
    found = 7
    for character in json.dumps(list(values)):
        found = (found * 31 + ord(character)) % 1_000_003
    return found


@dataclass
class _World:
    """All that a checkpoint keeps."""

    states: dict[str, bytes | None] = field(default_factory=dict)
    events: list[tuple[int, int, str, str]] = field(default_factory=list)  # when, number, ref, JSON message
    busy: dict[tuple[str, str], int] = field(default_factory=dict)  # (from, to) → when the last one arrives

    def copied(self) -> _World:
        return _World(dict(self.states), list(self.events), dict(self.busy))  # what is in them never changes


def run(scenario: Scenario, rng: random.Random, module: ModuleType = real, *, limit: int = 400) -> History:
    """Play a scenario to its end; AssertionError where it does not come to one."""
    commands = {one.request_id: one for one in scenario.commands}
    history = History(commands)
    programs = Programs(commands, history, module)
    programs.history_refs = scenario.refs
    world = _World()
    clocks = {ref: rng.randrange(scenario.skew + 1) for ref in scenario.refs}
    counter = itertools.count()
    for one in scenario.commands:
        history.sent[one.request_id] = one.at
        call = json.dumps(messages.dump(messages.Call(one.request_id, "m", {}, one.deadline)))
        # The copies of a command come through one partition: in order with each other, not with other commands.
        for copy_number in range(one.copies):
            when = one.at + copy_number * rng.randrange(1, scenario.slowest * 4)
            heapq.heappush(world.events, (when, next(counter), one.root, call))
    restarts = sorted(scenario.restarts)
    kept = (world.copied(), _seen(history))
    next_checkpoint, done, budget = 0, 0, limit * (len(scenario.commands) + 20)
    while world.events:
        when, _, ref, text = heapq.heappop(world.events)
        if restarts and when >= restarts[0]:
            restarts.pop(0)
            world, outside = kept[0].copied(), kept[1]
            _forget(history, outside)
            continue
        if when >= next_checkpoint and scenario.restarts:
            heapq.heappush(world.events, (when, -1, ref, text))
            kept = (world.copied(), _seen(history))
            heapq.heappop(world.events)
            next_checkpoint = when + scenario.checkpoint_every
        done += 1
        assert done < budget, "the scenario does not come to an end"
        entity = entities.load(ref, world.states.get(ref))
        room, sendable = rng.random() >= scenario.cramped, sys.maxsize if rng.random() >= scenario.cramped else 0
        for effect in module.handle(
            entity, messages.load(json.loads(text)), programs, when + clocks[ref], scenario.limits, room, sendable
        ):
            if isinstance(effect, module.Send):
                arrives = when + rng.randrange(1, scenario.slowest)
                place = (ref, effect.ref)
                arrives = max(arrives, world.busy.get(place, 0) + 1)
                world.busy[place] = arrives
                heapq.heappush(
                    world.events, (arrives, next(counter), effect.ref, json.dumps(messages.dump(effect.message)))
                )
                history.messages += 1
                history.wounds += isinstance(effect.message, messages.Wound)
            elif isinstance(effect, module.Answer):
                history.replies[effect.call.request_id].append((when, effect.reply))
                if not effect.repeated and not _is_refused(effect.reply):
                    x, reads, writes = programs.last[effect.call.request_id]
                    history.runs[x] = (when, reads, writes)
            else:
                history.changes.append((ref, effect.x, effect.version, effect.before, effect.after))
        world.states[ref] = state = entities.dump(entity)
        history.largest = max(history.largest, len(state or b""))
    history.left = [ref for ref, state in world.states.items() if entities.load(ref, state).locks]
    return history


def _is_refused(reply: Any, *kinds: str) -> bool:
    """Tell whether a call was not run to its end; `kinds` are those errors after which it may be made again."""
    return "error" in reply and reply["error"]["type"] in (kinds or (real.OVERLOADED, real.LATE))


def _seen(history: History) -> Any:
    return ({name: list(some) for name, some in history.replies.items()}, len(history.changes), dict(history.runs))


def _forget(history: History, outside: Any) -> None:
    """What went out after the checkpoint was in a Kafka transaction that never committed."""
    replies, changes, runs = outside
    history.replies = defaultdict(list, {name: list(some) for name, some in replies.items()})
    del history.changes[changes:]
    history.runs = dict(runs)


# ---------------------------------------------------------------- what may be said of a history


def faults(history: History) -> list[str]:
    """Return what no correct run would show: unanswered or repeated effects, lost updates, circles of dependencies."""
    return [*_answers(history), *_versions(history), *_tokens(history), *_circles(history)]


def _answers(history: History) -> Iterator[str]:
    runs = Counter(x.partition("#")[2].rpartition("@")[0] for x in history.runs)
    for request_id, command in history.commands.items():
        replies = history.replies.get(request_id, [])
        if not replies:
            yield f"{request_id} was never answered"
        final = [reply for _, reply in replies if not _is_refused(reply, real.OVERLOADED)]
        if not command.reads_only and any(reply != final[0] for reply in final):
            yield f"{request_id} was answered in two ways"
        if not command.reads_only and runs[request_id] > 1:
            yield f"{request_id} was applied {runs[request_id]} times"
    for ref in history.left:
        yield f"{ref} is still locked when all is done"


def _versions(history: History) -> Iterator[str]:
    """Each change starts from the one before it, and each write of a finished run is one change."""
    last: dict[str, tuple[int, Any]] = defaultdict(lambda: (0, None))
    applied: dict[tuple[str, str], int] = defaultdict(int)
    for ref, x, version, before, after in history.changes:
        if (version - 1, before) != last[ref]:
            yield f"{ref} went from {last[ref]} to version {version} of {before}"
        last[ref] = (version, after)
        applied[x, ref] += 1
    for x, (_, _, writes) in history.runs.items():
        for ref in writes:
            if applied.pop((x, ref), 0) != 1:
                yield f"{x} wrote {ref} not once"
    for x, ref in applied:
        yield f"{ref} was changed by {x}, which did not end so"


def _tokens(history: History) -> Iterator[str]:
    """Each reply names the versions that its call made, and no others."""
    made: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for ref, x, version, _, _ in history.changes:
        made[x.partition("#")[2].rpartition("@")[0]].add((ref, version))
    for request_id, given in history.replies.items():
        final = [reply for _, reply in given if not _is_refused(reply, real.OVERLOADED)]
        for reply in final or [reply for _, reply in given]:
            named = {(f"{collection}/{doc_id}", version) for collection, doc_id, version in reply.get("token", ())}
            if named != made[request_id]:
                yield f"{request_id} was told of {named}, and made {made[request_id]}"


def _circles(history: History) -> Iterator[str]:
    """Read and write dependencies, and the order in real time, have no circle."""
    edges: dict[str, set[str]] = {x: set() for x in history.runs}
    order: dict[str, list[str]] = defaultdict(list)  # ref → writers in order
    position: dict[str, dict[Any, int]] = defaultdict(lambda: {None: 0})  # ref → value → how many wrote until it was
    for ref, x, _, _, after in history.changes:
        order[ref].append(x)
        position[ref][after["value"]] = len(order[ref])
    for writers in order.values():
        for one, other in itertools.pairwise(writers):
            _edge(edges, one, other)
    for x, (_, reads, _) in history.runs.items():
        for ref, read in reads.items():
            at = position[ref].get(read)
            if at is None:
                yield f"{x} read {read!r} of {ref}, which never was"
                continue
            if at > 0:
                _edge(edges, order[ref][at - 1], x)
            if at < len(order[ref]):
                _edge(edges, x, order[ref][at])
    _real_time(history, edges)
    circle = _circle(edges)
    if circle:
        yield f"no serial order: {' → '.join(circle)}"


def _real_time(history: History, edges: dict[str, set[str]]) -> None:
    """What was answered before another command was sent comes before it; through one node for each moment."""
    moments: list[tuple[int, int, str]] = []
    for x, (when, _, _) in history.runs.items():
        sent = history.sent[x.partition("#")[2].rpartition("@")[0]]
        moments += [(when, 1, x), (sent, 0, x)]
    barrier = None
    for number, (_, ended, x) in enumerate(sorted(moments)):
        if ended:
            fresh = f"moment {number}"
            edges[fresh] = set()
            edges[x].add(fresh)
            if barrier is not None:
                edges[barrier].add(fresh)
            barrier = fresh
        elif barrier is not None:
            edges[barrier].add(x)


def _edge(edges: dict[str, set[str]], one: str, other: str) -> None:
    if one != other and one in edges:
        edges[one].add(other)


def _circle(edges: Mapping[str, set[str]]) -> list[str]:
    """Return a circle if there is one: Kahn's algorithm, then a walk among what is left."""
    incoming: dict[str, int] = dict.fromkeys(edges, 0)
    for targets in edges.values():
        for target in targets:
            incoming[target] = incoming.get(target, 0) + 1
    free = [one for one, count in incoming.items() if not count]
    while free:
        one = free.pop()
        del incoming[one]
        for target in edges.get(one, ()):
            incoming[target] -= 1
            if not incoming[target]:
                free.append(target)
    if not incoming:
        return []
    # Everything left has a predecessor that is left: walk backwards until something comes again.
    before = {target: one for one in incoming for target in edges[one] if target in incoming}
    path = [next(iter(incoming))]
    while path[-1] not in path[:-1]:
        path.append(before[path[-1]])
    return path[::-1]


def serial_orders(history: History) -> Iterator[tuple[str, ...]]:
    """Yield the orders of finished runs that give each what it read and leave what is left; for few runs."""
    final: dict[str, Any] = {}
    for ref, _, _, _, after in history.changes:
        final[ref] = after
    for order in itertools.permutations(history.runs):
        state: dict[str, Any] = {}
        for x in order:
            _, reads, writes = history.runs[x]
            if any(_value(state.get(ref)) != read for ref, read in reads.items()):
                break
            state.update(writes)
        else:
            if state == final:
                yield order
