"""The statements around the queries: sources, view tables, functions, settings and the statement set.

view_table("carts", …)  →  CREATE TABLE `carts` (…, PRIMARY KEY (`doc_id`) NOT ENFORCED) WITH ('connector' = …)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from compiler import dtypes, flink_sql

Format = Literal["debezium-json", "upsert-json"]
Columns = tuple[tuple[str, dtypes.Type], ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the emitted SQL takes from the settings of an app, not from its models.

    `properties` are Kafka client properties (without the `properties.` prefix); `config` are Flink options that add to
    or replace the emitted ones; `formats` is per collection. `flush_interval` is in milliseconds.
    """

    bootstrap_servers: str = "localhost:9092"
    prefix: str = ""
    parallelism: int | None = None
    flush_interval: int = 200
    properties: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)

    def topic(self, name: str) -> str:
        """Return the topic of a collection or view table."""
        return f"{self.prefix}{name}"


# Changes that domain methods make are written in Kafka's transactions: what is not committed may yet be undone.
COMMITTED = {"properties.isolation.level": "read_committed"}


def source_table(name: str, columns: Columns, settings: Settings) -> str:
    """Return CREATE TABLE for a collection; `columns` are under their stored keys, doc_id first."""
    if settings.formats.get(name, "debezium-json") == "debezium-json":
        options = {
            "connector": "kafka",
            "topic": settings.topic(name),
            **_client(settings),
            **COMMITTED,
            "scan.startup.mode": "earliest-offset",
            "format": "debezium-json",
            # A malformed change is skipped. Only here: in upsert-kafka the same option would delete the document.
            "debezium-json.ignore-parse-errors": "true",
            "debezium-json.timestamp-format.standard": "ISO-8601",
        }
    else:
        options = {
            "connector": "upsert-kafka",
            "topic": settings.topic(name),
            **_client(settings),
            **COMMITTED,
            "key.format": "raw",
            "value.format": "json",
            # By default a doc_id that the value lacks would replace the key's: all documents fall into one.
            "value.fields-include": "EXCEPT_KEY",
            "value.json.timestamp-format.standard": "ISO-8601",
        }
    return _create_table(name, columns, ("doc_id",), options)


def view_table(name: str, columns: Columns, key: tuple[str, ...], settings: Settings) -> str:
    """Return CREATE TABLE for a 1NF table of a view."""
    return _create_table(
        name,
        columns,
        key,
        {
            "connector": "upsert-kafka",
            "topic": settings.topic(name),
            **_client(settings),
            "key.format": "json",
            "key.json.timestamp-format.standard": "ISO-8601",
            "value.format": "json",
            "value.fields-include": "ALL",
            "value.json.timestamp-format.standard": "ISO-8601",
            "value.json.encode.decimal-as-plain-number": "true",
            # One message per changed row: unbuffered, a joined row is first deleted, then written again.
            "sink.buffer-flush.max-rows": "1000",
            "sink.buffer-flush.interval": f"{settings.flush_interval} ms",
        },
    )


def _client(settings: Settings) -> dict[str, str]:
    properties = {"bootstrap.servers": settings.bootstrap_servers, **settings.properties}
    return {f"properties.{key}": value for key, value in properties.items()}


def _create_table(name: str, columns: Columns, key: tuple[str, ...], options: Mapping[str, str]) -> str:
    described: list[exp.Expression] = [
        exp.ColumnDef(this=flink_sql.name_of(column), kind=flink_sql.data_type(of)) for column, of in columns
    ]
    unchecked = exp.PrimaryKey(expressions=[flink_sql.name_of(one) for one in key], options=["NOT ENFORCED"])
    with_ = [
        exp.Property(this=flink_sql.string(option), value=flink_sql.string(value)) for option, value in options.items()
    ]
    table = exp.Table(this=flink_sql.name_of(name))
    return flink_sql.text(
        exp.Create(
            this=exp.Schema(this=table, expressions=[*described, unchecked]),
            kind="TABLE",
            properties=exp.Properties(expressions=with_),
        )
    )


def function(name: str, python: str) -> str:
    """Return CREATE FUNCTION for a Python function, given its dotted place."""
    return flink_sql.text(flink_sql.PythonFunction(this=flink_sql.name_of(name), expression=flink_sql.string(python)))


MINI_BATCH = {
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": "200 ms",
    "table.exec.mini-batch.size": "5000",
}
PYTHON = {
    # Thread mode forgets whether a row is an insertion or a deletion: all rows leave as insertions, deleted documents
    # stay (2.2.1: EmbeddedPythonScalarFunctionOperator; the example `shop` end to end). Process mode is right.
    "python.execution-mode": "process",
    "python.fn-execution.bundle.time": "50",  # milliseconds; the default of a second is all latency
}


def configuration(settings: Settings, name: str, *, stateful: bool, python: bool) -> dict[str, str]:
    """Return the Flink options of the app's job: whether it joins or groups, and calls Python functions."""
    chosen = {
        "pipeline.name": name,
        # A change may come twice, or as `c` for a document that exists: read the envelopes as upserts.
        "table.exec.source.cdc-events-duplicate": "true",
        # A plan without join or group gets no MiniBatchAssigner, but its ChangelogNormalize batches all the same and
        # writes nothing before a checkpoint (2.2.1; the example `city` end to end).
        **(MINI_BATCH if stateful else {}),
        **(PYTHON if python else {}),
        # Aware datetimes are stored in UTC, and their parts are read in this zone.
        "table.local-time-zone": "UTC",
    }
    if settings.parallelism is not None:
        chosen["parallelism.default"] = str(settings.parallelism)
    return {**chosen, **settings.config}


def set_line(option: str, value: str) -> str:
    """Return SET for one option."""
    pair = exp.EQ(this=flink_sql.string(option), expression=flink_sql.string(value))
    return flink_sql.text(exp.Set(expressions=[exp.SetItem(this=pair)]))


def statement_set(inserts: Iterable[str]) -> str:
    """Return EXECUTE STATEMENT SET around INSERT statements."""
    return "\n".join(("EXECUTE STATEMENT SET", "BEGIN", *(f"{one};" for one in inserts), "END"))


def insert(table: str, columns: tuple[str, ...], query: exp.Expression) -> str:
    """Return INSERT INTO a table, its columns named."""
    target = exp.Schema(
        this=exp.Table(this=flink_sql.name_of(table)), expressions=[flink_sql.name_of(one) for one in columns]
    )
    return flink_sql.text(exp.Insert(this=target, expression=query))
