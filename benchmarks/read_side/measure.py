"""Measure the emitted meeting-room job against others that keep the same tables.

    python -m benchmarks.read_side.measure --rounds 5 --scale 1.0 --json /tmp/read_side.json

The contestants take turns within each round, on one Kafka and one Flink; figures are ratios to `onto` in the
same round, and their medians. Wall time is from the job's start to the time of the last row that it wrote;
CPU is the TaskManager's. A round in which a table is not what it must be ends the run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # its stubs do not re-export

from benchmarks.read_side import contestants, data
from flink_jobs import cluster, feed, local, submit, submitter, topics, warden
from onto import bundle, settings, wire

QUIET = 2.0  # seconds without a row, once the tables are right, until they count as complete
DEADLINE = 900.0  # seconds for one catch-up
LOAD = 50  # ticket changes a second while latency is measured


@dataclass(frozen=True, slots=True)
class Run:
    """One contestant in one round."""

    contestant: str
    round: int
    records: int
    seconds: float
    cpu: float
    rows: int  # written, tombstones among them
    p50: float | None = None  # seconds from a ticket's change to the row
    p99: float | None = None


@dataclass(slots=True)
class Bench:
    """A running stack and what is compared on it."""

    folder: Path
    stack: local.Stack
    base: bundle.Bundle
    kept: submitter.Submitter
    serial: int = 0

    def load(self, name: str, changes: Sequence[wire.Change]) -> str:
        """Write changes to collection topics under a prefix of their own, and return it."""
        prefix = f"{name}-"
        wanted = tuple(_lasting(prefix + one.topic) for one in self.base.sources)
        self._create(wanted)
        feed.send((wire.encode(one, prefix) for one in changes), self.stack.kafka, {})
        return prefix

    def run(self, name: str, number: int, source: str, changes: Sequence[wire.Change], latency: int) -> Run:
        """Let one contestant catch up, check its tables, then measure its latency if wanted."""
        self.serial += 1
        views = f"r{self.serial}-"
        made = contestants.write(name, self.base, self.folder / "bundle", source, views)
        filled = {one.name for one in made.tables()}
        expected = {contestants.MAIN: data.counts(changes)} if name == "decode" else data.truth(changes)
        expected = {one: rows for one, rows in expected.items() if one in filled}
        cpu = self._cpu()
        chosen = settings.Settings(folder=str(self.folder), bootstrap_servers=self.stack.kafka, flink=self.stack.flink)
        done = submit.submit(self.folder / "bundle", chosen, using=self.kept)
        reader = _Reader(self.stack.kafka, views, made)
        job = done.jobs[0].job_id
        try:
            last = self._caught_up(reader, expected, job)
            result = Run(name, number, len(changes), last - self._started(job), self._cpu() - cpu, reader.seen)
            if latency:
                taken = self._latency(reader, source, changes, latency)
                result = Run(**{**asdict(result), "p50": _percentile(taken, 50), "p99": _percentile(taken, 99)})
        finally:
            reader.close()
            self._end(job)
        topics.delete(done.topics, self.stack.kafka, {})
        return result

    def _caught_up(self, reader: _Reader, expected: Mapping[str, data.Rows], job: str) -> float:
        deadline = time.monotonic() + DEADLINE
        quiet = time.monotonic()
        right = False
        while not right or time.monotonic() - quiet < QUIET:
            if reader.poll(0.2):
                quiet, right = time.monotonic(), False
            elif not right:
                right = reader.tables == expected
            if time.monotonic() > deadline:
                raise SystemExit(_difference(reader.tables, expected, cluster.last_failure(self.stack.flink, job)))
        return reader.last

    def _latency(self, reader: _Reader, source: str, changes: Sequence[wire.Change], count: int) -> list[float]:
        stored = data.last_documents(changes)
        open_meetings = [one for one in stored["meetings"].values() if one["status"] != "not-started"]
        tickets = [(one["doc_id"], user, ticket) for one in open_meetings for user, ticket in one["tickets"].items()]
        producer = confluent_kafka.Producer({"bootstrap.servers": self.stack.kafka, "linger.ms": 0, "log_level": 0})
        sent: dict[tuple[str, ...], float] = {}
        taken: dict[tuple[str, ...], float] = {}
        begun = time.monotonic()
        step = max(1, len(tickets) // count)
        for number, (meeting, user, ticket) in enumerate(tickets[::step][:count]):
            while (rest := begun + number / LOAD - time.monotonic()) > 0:
                reader.poll(min(rest, 0.005), sent, taken)
            before = stored["tickets"][ticket]
            after = {**before, "attendance": not before["attendance"]}
            record = wire.encode(wire.Change("tickets", ticket, before, after), source)
            sent[meeting, user] = time.monotonic()
            producer.produce(record.topic, key=record.key, value=record.value)
            producer.poll(0)
        producer.flush(10)
        deadline = time.monotonic() + 60
        while len(taken) < len(sent) and time.monotonic() < deadline:
            reader.poll(0.005, sent, taken)
        if len(taken) < len(sent):
            raise SystemExit(f"{len(sent) - len(taken)} of {len(sent)} changes were not seen")
        return list(taken.values())

    def _started(self, job: str) -> float:
        answer = cluster.get(self.stack.flink, f"/jobs/{job}")
        return float(answer["timestamps"]["RUNNING"]) / 1000

    def _cpu(self) -> float:
        pid = warden.pids(self.folder)["taskmanager"]
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _end(self, job: str) -> None:
        cluster.cancel(self.stack.flink, job)
        deadline = time.monotonic() + 60
        while cluster.get(self.stack.flink, f"/jobs/{job}")["state"] not in cluster.ENDED:
            if time.monotonic() > deadline:
                raise SystemExit(f"job {job} does not end")
            time.sleep(0.1)

    def _create(self, wanted: tuple[NewTopic, ...]) -> None:
        admin = AdminClient({"bootstrap.servers": self.stack.kafka})
        for future in admin.create_topics(list(wanted)).values():
            future.result(timeout=30)


class _Reader:
    """Folds a contestant's view topics into tables."""

    def __init__(self, servers: str, prefix: str, made: bundle.Bundle) -> None:
        self._consumer = confluent_kafka.Consumer(
            {"bootstrap.servers": servers, "group.id": prefix, "enable.auto.commit": False, "fetch.wait.max.ms": 5}
        )
        self._keys = {one.topic: one for one in made.tables()}
        self._consumer.assign(
            [confluent_kafka.TopicPartition(name, 0, confluent_kafka.OFFSET_BEGINNING) for name in self._keys]
        )
        self.tables: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {one.name: {} for one in self._keys.values()}
        self.seen = 0
        self.last = 0.0

    def poll(
        self,
        seconds: float,
        sent: Mapping[tuple[str, ...], float] | None = None,
        taken: dict[tuple[str, ...], float] | None = None,
    ) -> int:
        """Take what has come, note the time of first rows for keys in `sent`, and return how many there were."""
        messages = self._consumer.consume(2000, timeout=seconds)
        now = time.monotonic()
        for message in messages:
            if message.error() is not None:
                raise SystemExit(str(message.error()))
            table = self._keys[str(message.topic())]
            named = json.loads(message.key() or b"{}")
            key = tuple(named[name] for name in table.key)
            value = message.value()
            if value is None:
                self.tables[table.name].pop(key, None)
            else:
                self.tables[table.name][key] = json.loads(value)
            self.last = max(self.last, message.timestamp()[1] / 1000)
            if sent is not None and taken is not None and key in sent:
                taken.setdefault(key, now - sent[key])
        self.seen += len(messages)
        return len(messages)

    def close(self) -> None:
        """Give the connection back."""
        self._consumer.close()


def _lasting(name: str) -> NewTopic:
    # Compaction would change the input between one contestant and the next.
    config = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    return NewTopic(name, num_partitions=1, config=config)


def _difference(found: Mapping[str, data.Rows], expected: Mapping[str, data.Rows], failure: str | None) -> str:
    lines = [failure or "the tables are not what they must be"]
    for name, rows in expected.items():
        wrong = [key for key in {*rows, *found[name]} if rows.get(key) != found[name].get(key)]
        lines.append(f"{name}: {len(wrong)} of {len(rows)} rows")
        lines += [f"  {key}: {found[name].get(key)}, not {rows.get(key)}" for key in sorted(wrong)[:3]]
    return "\n".join(lines)


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def main() -> None:
    """Run the rounds, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestants", nargs="*", default=list(contestants.CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the backlog")
    parser.add_argument("--latency", type=int, default=0, help="changes per round to time one by one (0: none)")
    parser.add_argument("--warm-up", type=int, default=1, help="rounds that do not count")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    changes = data.backlog(data.Size().scaled(chosen.scale))
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with local.Stack(folder) as stack, submitter.Submitter(folder / "flink") as kept:
            bench = Bench(folder, stack, contestants.emitted(), kept)
            shared = "" if chosen.latency else bench.load("shared", changes)
            for number in range(-chosen.warm_up, chosen.rounds):
                first = number % len(chosen.contestants)  # nobody is always the one that runs on a cold JVM
                for name in (*chosen.contestants[first:], *chosen.contestants[:first]):
                    # Measuring latency writes to the topics, so each run then has its own.
                    source = shared or bench.load(f"s{number + chosen.warm_up}-{name}", changes)
                    latency = 0 if name == "decode" else chosen.latency
                    run = bench.run(name, number, source, changes, latency)
                    print(json.dumps(asdict(run)), flush=True)
                    runs.append(run)
    counted = [run for run in runs if run.round >= 0]
    print(table(counted))
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(run) for run in counted], indent=2) + "\n", encoding="utf-8")


def table(runs: Sequence[Run]) -> str:
    """Return medians of ratios to onto: above 1, onto is the better one."""
    by_round = {(run.round, run.contestant): run for run in runs}
    names = [name for name in contestants.CONTESTANTS if any(run.contestant == name for run in runs)]
    lines = [f"{'':>16} {'throughput':>11} {'CPU':>6} {'rows':>6} {'p50':>6} {'p99':>6}   (onto's advantage)"]
    for name in names:
        cells = []
        for field in ("seconds", "cpu", "rows", "p50", "p99"):
            ratios = [
                getattr(run, field) / getattr(by_round[run.round, "onto"], field)
                for run in runs
                if run.contestant == name and getattr(run, field) is not None
            ]
            cells.append(f"{statistics.median(ratios):.2f}" if ratios else "")
        lines.append(f"{name:>16} {cells[0]:>11} {cells[1]:>6} {cells[2]:>6} {cells[3]:>6} {cells[4]:>6}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
