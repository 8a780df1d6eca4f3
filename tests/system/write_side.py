"""A Kafka, a StateFun and an endpoint for one app's methods, and the proof that a history of calls was serial.

with WriteSide(tmp_path, "tests.system.market") as side:
    side.calls.call("accounts", "a", "deposit", {"amount": 5})
    side.settled(...)       every acknowledged call, applied once, in some serial order that keeps real time
"""

from __future__ import annotations

import graphlib
import json
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import confluent_kafka

from compiler import emit_sql, pipeline
from flink_jobs import broker, cluster, ports, serve, warden
from onto import app, boiler, bundle, calling, errors, gateway, settings, wire
from tests.system.market.told import told

SECONDS = 120.0


@dataclass(frozen=True)
class Call:
    """One call, before it is made."""

    collection: str
    doc_id: str
    method: str
    args: Mapping[str, Any]
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class Made:
    """A call with its outcome, and when it was sent and answered."""

    call: Call
    outcome: calling.Reply | calling.CallError
    sent: float
    answered: float


@dataclass(frozen=True)
class Written:
    """A change as it stands on a collection's topic."""

    collection: str
    doc_id: str
    x: str
    version: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def request_id(self) -> str:
        return self.x.partition("#")[2].rpartition("@")[0]


class WriteSide:
    """The processes of one app's write side, without the Flink that runs views."""

    def __init__(self, folder: Path, name: str, workers: int = 1) -> None:
        self.folder = folder / "stack"
        self.build = folder / "build"
        self.app = app.load(name)
        (self.folder / "log").mkdir(parents=True)
        self._name = name
        self.bundle = self._compiled()
        port = ports.free()
        self.kafka = f"localhost:{port}"
        self.chosen = settings.Settings(folder=str(self.folder), bootstrap_servers=self.kafka, workers=workers)
        warden.write_spec(self.folder, (broker.prepare(self.folder, port, None),))

    def __enter__(self) -> WriteSide:
        self._warden = warden.launch(self.folder, detached=False)
        try:
            wait(lambda: broker.check(self.kafka, 2) is None)
            (self.folder / settings.STACK_FILE).write_text(json.dumps({"kafka": self.kafka}))
            serve.serve(self.folder, self.build, self.chosen)()
            self.calls = gateway.Gateway(self.kafka, self.bundle.replies_topic)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calls.close()
        self._stop()

    def redeploy(self) -> None:
        """Compile the app anew and serve it in the place of what is served."""
        self.bundle = self._compiled()
        serve.serve(self.folder, self.build, self.chosen)()

    def _compiled(self) -> bundle.Bundle:
        done = pipeline.run(self._name, emit_sql.Settings())
        assert done.bundle is not None, [str(one) for one in done.found]
        assert done.files is not None
        bundle.write(done.bundle, done.files, self.build)
        return done.bundle

    def _stop(self) -> None:
        assert self._warden.stdin is not None
        self._warden.stdin.close()
        self._warden.wait(60)

    def call(self, call: Call, sent: float | None = None) -> Made:
        """Make a call, again and again under its id until it is answered; it may have been sent before."""
        sent = sent or time.monotonic()
        while True:
            try:
                outcome: calling.Reply | calling.CallError = self.calls.call(
                    call.collection,
                    call.doc_id,
                    call.method,
                    call.args,
                    request_id=call.request_id,
                    seconds=SECONDS / 4,
                )
            except calling.CallError as error:
                outcome = error
                if error.kind in ("DeadlineExceeded", "Overloaded"):
                    assert time.monotonic() - sent < SECONDS, call
                    call = Call(call.collection, call.doc_id, call.method, call.args)  # that reply was final
                    continue
            except (calling.NoReplyError, errors.BrokerError):
                assert time.monotonic() - sent < SECONDS, call
                continue
            return Made(call, outcome, sent, time.monotonic())

    def new(self, collection: str, doc_id: str, **args: Any) -> Made:
        """Make an entity."""
        return self.call(Call(collection, doc_id, "new", args))

    def play(
        self, calls: Iterable[Call], threads: int = 8, kill: str = "", times: int = 0, sent: float | None = None
    ) -> list[Made]:
        """Make calls, several at a time; in between, a process is killed some times."""
        pending, made, problems = list(reversed(list(calls))), list[Made](), list[BaseException]()
        total = len(pending)

        def work() -> None:
            try:
                while not problems:
                    made.append(self.call(pending.pop(), sent))
            except IndexError:
                return
            except BaseException as error:
                problems.append(error)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for one in workers:
            one.start()
        for number in range(1, times + 1):
            reached = number * total // (times + 1)
            wait(lambda reached=reached: len(made) >= reached or bool(problems))  # type: ignore[misc]
            self.kill(kill)
        for one in workers:
            one.join()
        if problems:
            raise problems[0]
        return made

    def kill(self, name: str) -> None:
        """Kill a process that the warden keeps, and wait until it is another one."""
        before = warden.pids(self.folder)[name]
        os.kill(before, signal.SIGKILL)
        wait(lambda: warden.pids(self.folder).get(name) not in (None, before))

    def changes(self, *collections: str) -> list[Written]:
        """Read all changes that were committed."""
        return [_written(topic, value) for topic, value in self._values(*collections)]

    def noted(self, doc_id: str) -> list[dict[str, Any]]:
        """Read what was noted on the error topic for an entity."""
        found = [json.loads(value) for _, value in self._values(self.bundle.errors_topic)]
        return [one for one in found if one["doc_id"] == doc_id]

    def _values(self, *topics: str) -> list[tuple[str, bytes]]:
        consumer = confluent_kafka.Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": uuid.uuid4().hex,
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            consumer.assign([confluent_kafka.TopicPartition(one, 0, 0) for one in topics])
            return list(_read(consumer, len(topics)))
        finally:
            consumer.close()

    def assert_serial(self, made: list[Made], *collections: str) -> dict[str, Mapping[str, Any]]:
        """Find the serial order of these calls and make them in-process in it; return the final documents.

        All calls ever made for these entities have to be among them. Those that changed nothing stand where they saw
        what they tell of, and are left out if they tell of nothing.
        """
        ids = {f"{one.call.collection}/{one.call.doc_id}" for one in made}
        changes = self.changes(*collections)
        known = {one.call.request_id: one for one in made}
        changes = [one for one in changes if one.request_id in known or f"{one.collection}/{one.doc_id}" in ids]
        _assert_once(known, changes)
        engine = boiler.Engine()
        models = {one.collection_name(): one for one in self.app.models}
        for one in _order(made, changes):
            _replay(engine, models[one.call.collection], one)
        final = {f"{one.collection}/{one.doc_id}": one.after for one in changes}
        assert final == {place: engine.database.get(place) for place in final}
        return {place: document for place, document in final.items() if document is not None}


def _replay(engine: boiler.Engine, model: type[Any], made: Made) -> None:
    """Make a call in-process; its outcome has to be the same."""
    call = made.call
    if call.method == "new":
        engine.save(model.new(doc_id=call.doc_id, **call.args))
        return
    command = wire.Command(call.request_id, call.method, call.args)
    outcome = engine.submit(model, call.doc_id, command)
    if isinstance(made.outcome, calling.CallError):
        assert str(outcome.exception()) == str(made.outcome), call
    else:
        assert outcome.result().result == made.outcome.result, call


def wait(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _assert_once(known: Mapping[str, Made], changes: list[Written]) -> None:
    """Each acknowledged call has made exactly the changes that its token names; each document's changes are a chain."""
    by_request: dict[str, set[tuple[str, str, int]]] = {}
    for one in changes:
        by_request.setdefault(one.request_id, set()).add((one.collection, one.doc_id, one.version))
    assert set(by_request) <= set(known), "changes of calls that nobody made"
    for request_id, made in known.items():
        wanted = set(made.outcome.token) if isinstance(made.outcome, calling.Reply) else set()
        assert by_request.get(request_id, set()) == wanted, made
    assert len(changes) == sum(len(each) for each in by_request.values()), "a change stands there twice"
    last: dict[tuple[str, str], Written] = {}
    for one in changes:
        before = last.get((one.collection, one.doc_id))
        assert (0 if before is None else before.version) + 1 == one.version, one
        assert (None if before is None else before.after) == one.before, one
        last[one.collection, one.doc_id] = one


def _order(made: list[Made], changes: list[Written]) -> Iterator[Made]:
    """Yield the calls in an order in which each document's versions ascend, each where it saw what it tells of.

    A cycle, or an order against real time, is an error of the graph.
    """
    known = {one.call.request_id: one for one in made if told(one.call.method, one.outcome) or _changed(one)}
    graph: dict[str, set[str]] = {request_id: set() for request_id in known}
    writers: dict[str, list[Written]] = {}
    for one in changes:
        place = writers.setdefault(f"{one.collection}/{one.doc_id}", [])
        if place:
            graph[one.request_id].add(place[-1].request_id)
        place.append(one)
    for request_id, one in known.items():
        for place_name, (name, value) in told(one.call.method, one.outcome).items():
            after, before = _around(writers[place_name], name, value)
            graph[request_id].add(after.request_id)
            if before is not None:
                graph[before.request_id].add(request_id)
    answered = sorted(known.values(), key=lambda each: each.answered)
    for each in known.values():  # what was answered before this one was sent, the latest few: the rest follows
        earlier = [other for other in answered if other.answered < each.sent][-20:]
        graph[each.call.request_id].update(other.call.request_id for other in earlier)
    for request_id in graphlib.TopologicalSorter(graph).static_order():
        yield known[request_id]


def _changed(made: Made) -> bool:
    return isinstance(made.outcome, calling.Reply) and bool(made.outcome.token)


def _around(written: list[Written], name: str, value: Any) -> tuple[Written, Written | None]:
    """Return the change that made the one version with that value, and the change that followed it."""
    (at,) = (at for at, one in enumerate(written) if one.after is not None and one.after.get(name) == value)
    return written[at], written[at + 1] if at + 1 < len(written) else None


def _read(consumer: confluent_kafka.Consumer, partitions: int) -> Iterator[tuple[str, bytes]]:
    ended: set[str] = set()
    deadline = time.monotonic() + SECONDS
    while len(ended) < partitions:
        assert time.monotonic() < deadline
        message = consumer.poll(1.0)
        if message is None:
            continue
        topic = message.topic() or ""
        if message.error() is not None:
            if message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                ended.add(topic)
            continue
        value = message.value()
        assert isinstance(value, bytes)
        yield topic, value


def _written(collection: str, value: bytes) -> Written:
    change, told = wire.decode(collection, value), json.loads(value)
    return Written(collection, change.doc_id, told["x"], told["v"], change.before, change.after)


def shuffled(seed: int, calls: Iterable[Call]) -> list[Call]:
    """Return calls in a random order that the seed fixes."""
    found = list(calls)
    random.Random(seed).shuffle(found)
    return found


def functions_job(side: WriteSide) -> str:
    """Return the state of StateFun's job."""
    address = json.loads((side.folder / settings.STACK_FILE).read_text())["functions"]
    return cluster.jobs(address)[0].state
