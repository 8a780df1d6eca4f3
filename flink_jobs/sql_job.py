"""Run a bundle's statement sets: functions, tables, then one Flink job per statement set.

    run(bundle, Path("build"), Target(flink="http://localhost:8081", …))
    →  (Started("meeting_sessions", "a1b2…"),)

Addresses and topic names are options of the tables, set after their creation: the bundle's SQL stays as it
was emitted. `python -m flink_jobs.sql_job` does the same in a process of its own, which keeps the gateway's
JVM and the bundle's Python modules out of the caller; `submitter` talks to it.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from onto import bundle, errors, wire

DEFAULTS = {
    # Not `thread`: there, deletions and retractions come out of a Python function as insertions (2.2.1).
    "python.execution-mode": "process",
    "python.fn-execution.bundle.time": "50",
    "execution.checkpointing.interval": "10 s",
    "python.client.executable": sys.executable,
    "table.local-time-zone": "UTC",
}
# Options by which a table of either Kafka connector is pointed at a broker and a topic.
BOOTSTRAP, TOPIC, PROPERTIES = "properties.bootstrap.servers", "topic", "properties."
GROUP = "properties.group.id"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a bundle runs: `flink` is a session cluster's REST address, None a cluster in this process."""

    flink: str | None
    bootstrap_servers: str
    topic_prefix: str = ""
    kafka: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    packages: str | None = None  # a folder of packages that functions import, to ship with the job
    jars: tuple[str, ...] = ()  # to ship with the job; the local cluster has the connector already


@dataclass(frozen=True, slots=True)
class Started:
    """One running job: the name of its statement set and Flink's id."""

    name: str
    job_id: str


def run(made: bundle.Bundle, folder: Path, target: Target) -> tuple[Started, ...]:
    """Start every job of bundle `made`, whose files lie in `folder`; ClusterError says what Flink refused."""
    environment = _environment(made, folder, target)
    tables = {table.name: table for table in made.tables()}
    for function in made.functions:
        _execute(environment, function.ddl, f"function `{function.name}`")
    for source in made.sources:
        # By its group a job tells Kafka how far it has read, which `onto.consume.inclusion` waits for.
        group = {GROUP: wire.job_group(made.app, target.topic_prefix)}
        _create(environment, source.name, source.ddl, source.topic, target, group)
    for table in tables.values():
        _create(environment, table.name, table.ddl, table.topic, target, {})
    sets = []
    for job in made.jobs:
        statements = environment.create_statement_set()
        for name in job.tables:
            with _explained(f"table `{name}` of job `{job.name}`"):
                statements.add_insert(_quoted(name), environment.sql_query(tables[name].query))
        sets.append((job, statements))
    return tuple(_executed(environment, made, sets, target))


def _executed(
    environment: Any,
    made: bundle.Bundle,
    sets: list[tuple[bundle.Job, Any]],
    target: Target,
) -> list[Started]:
    clients = {}
    try:
        for job, statements in sets:
            environment.get_config().set("pipeline.name", target.topic_prefix + job_name(made, job))
            with _explained(f"job `{job.name}`"):
                clients[job.name] = statements.execute().get_job_client()
    except errors.ClusterError:
        for client in clients.values():
            client.cancel()  # all jobs or none
        raise
    return [Started(name, str(client.get_job_id())) for name, client in clients.items()]


def job_name(made: bundle.Bundle, job: bundle.Job) -> str:
    """Return the name by which Flink shows a job of bundle `made`."""
    return f"{made.app}: {job.name}"


def _environment(made: bundle.Bundle, folder: Path, target: Target) -> Any:  # pyflink is not typed
    from pyflink import common, table

    configuration = common.Configuration()
    for name, value in {**DEFAULTS, **made.config, **_cluster(target), **target.config}.items():
        configuration.set_string(name, value)
    # A shipped folder's content becomes importable on the workers; here Flink asks for the signatures.
    roots = sorted({str(folder / function.module.split("/")[0]) for function in made.functions})
    if roots:
        shipped = [*roots, *([target.packages] if target.packages else [])]
        configuration.set_string("python.files", ",".join(shipped))
        sys.path[:0] = [path for path in shipped if path not in sys.path]
    if target.jars:
        configuration.set_string("pipeline.jars", ";".join(Path(jar).as_uri() for jar in target.jars))
    settings = table.EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration)
    with _explained("the table environment"):
        return table.TableEnvironment.create(settings.build())


def _cluster(target: Target) -> dict[str, str]:
    if target.flink is None:
        return {"execution.target": "local"}
    address = urlsplit(target.flink)
    return {
        "execution.target": "remote",
        "execution.attached": "false",
        "rest.address": address.hostname or "localhost",
        "rest.port": str(address.port or 8081),
    }


def _create(environment: Any, name: str, ddl: str, topic: str, target: Target, more: Mapping[str, str]) -> None:
    _execute(environment, ddl, f"table `{name}`")
    options = {
        BOOTSTRAP: target.bootstrap_servers,
        TOPIC: wire.topic(target.topic_prefix, topic),
        **{PROPERTIES + key: value for key, value in target.kafka.items()},
        **more,
    }
    pairs = ", ".join(f"{_literal(key)} = {_literal(value)}" for key, value in options.items())
    _execute(environment, f"ALTER TABLE {_quoted(name)} SET ({pairs})", f"table `{name}`")


def _execute(environment: Any, statement: str, what: str) -> None:
    with _explained(what):
        environment.execute_sql(statement.strip().removesuffix(";"))


class _explained:  # noqa: N801 (reads as a verb where it is used)
    """Turn an exception out of the JVM into one line about `what`."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise ClusterError from whatever Flink raised."""
        if isinstance(error, Exception):
            raise errors.ClusterError(f"Flink refuses {self.what}: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")] or lines
    wanted = [line for line in causes if not line.startswith("at ")][-1:] or ["no reason given"]
    line = wanted[0].removeprefix("Caused by: ")
    # org.apache.flink.table.api.ValidationException: message → message
    head, found, tail = line.partition(": ")
    return tail if found and head.count(".") >= 2 and " " not in head else line


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _answer(line: str) -> dict[str, Any]:
    request = json.loads(line)
    folder = Path(request["folder"])
    target = Target(**{**request["target"], "jars": tuple(request["target"]["jars"])})
    try:
        return {"jobs": [asdict(started) for started in run(bundle.read(folder), folder, target)]}
    except errors.OntoError as error:
        return {"problem": str(error)}


def main() -> None:
    """Answer each request, a line of JSON on standard input, by a line on standard output, until the end.

    The end of the input ends a request at work too: whoever asked does not wait any more, or is gone.
    """
    requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_listen, args=(requests, busy), daemon=True).start()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
        while (line := requests.get()) is not None:
            busy.set()
            answer = _answer(line)
            busy.clear()
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _listen(requests: queue.SimpleQueue[str | None], busy: threading.Event) -> None:
    for line in sys.stdin:
        requests.put(line)
    if busy.is_set():
        os._exit(1)  # the main thread waits for the JVM, which ends with this process
    requests.put(None)


if __name__ == "__main__":
    main()
