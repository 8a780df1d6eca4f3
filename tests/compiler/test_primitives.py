"""The table of operations: complete, unambiguous, and found by spelling and types."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from compiler import dtypes, emit_scalars, ir, primitives, sql_core
from compiler.dtypes import BOOL, DECIMAL, FLOAT, INT, STR


def found(spelling: str, *types: dtypes.Type) -> tuple[str, dtypes.Type] | None:
    row = primitives.find(spelling, types)
    return None if row is None else (row.op, row.result)


def test_every_operation_has_a_name_of_its_own() -> None:
    assert [op for op, times in Counter(row.op for row in primitives.TABLE).items() if times > 1] == []


def test_every_operation_has_sql() -> None:
    written = {*sql_core.TEMPLATES, *emit_scalars.CONNECTED, "record.field"}
    assert [row.op for row in primitives.TABLE if row.op not in written] == []


@pytest.mark.parametrize(
    ("spelling", "types", "expected"),
    [
        ("+", (INT, INT), ("int.add", INT)),
        ("+", (STR, STR), ("str.add", STR)),
        ("+", (BOOL, BOOL), ("int.add", INT)),
        ("/", (INT, INT), ("int.truediv", FLOAT)),
        ("round", (FLOAT,), ("float.round", INT)),
        ("round", (INT, INT), ("int.round_to", INT)),
        ("max", (INT, INT, INT), ("int.max", INT)),
        (".upper", (STR,), ("str.upper", STR)),
        ("attr:year", (dtypes.DATE,), ("date.year", INT)),
        ("in str", (STR, STR), ("str.contains", BOOL)),
        ("[]", (dtypes.ListOf(STR), INT), ("list.item", STR)),
        (".get", (dtypes.DictOf(STR, INT), STR), ("dict.get", dtypes.optional(INT))),
        ("len", (dtypes.DictOf(STR, dtypes.ListOf(INT)),), ("dict.len", INT)),
    ],
)
def test_an_operation_is_found_by_spelling_and_types(
    spelling: str, types: tuple[dtypes.Type, ...], expected: tuple[str, dtypes.Type]
) -> None:
    assert found(spelling, *types) == expected


def test_none_in_a_type_is_dropped() -> None:
    assert found("+", dtypes.optional(STR), STR) == ("str.add", STR)


def test_an_int_widens_to_float_and_to_decimal() -> None:
    assert [found("+", INT, FLOAT), found("-", DECIMAL, INT)] == [("float.add", FLOAT), ("decimal.sub", DECIMAL)]


def test_min_of_an_int_and_a_float_is_not_widened() -> None:
    assert found("min", INT, FLOAT) is None


@pytest.mark.parametrize(
    ("spelling", "types"),
    [
        ("&", (INT, FLOAT)),
        ("//", (FLOAT, FLOAT)),
        (".title", (STR,)),
        ("/", (DECIMAL, DECIMAL)),
        ("str", (DECIMAL,)),
        ("", (STR,)),
    ],
)
def test_what_sql_cannot_say_exactly_is_not_found(spelling: str, types: tuple[dtypes.Type, ...]) -> None:
    assert found(spelling, *types) is None


@pytest.mark.parametrize(
    ("spec", "of", "accepted"),
    [
        (".2f", FLOAT, True),
        (",.2f", FLOAT, True),
        (".9f", FLOAT, False),
        ("e", FLOAT, False),
        ("05d", INT, True),
        ("x", INT, False),
        (">8", STR, True),
        ("%Y-%m-%d", dtypes.DATE, True),
        ("%U", dtypes.DATE, False),
        ("", INT, False),
    ],
)
def test_a_format_is_accepted_where_sql_spells_it(spec: str, of: dtypes.Type, accepted: bool) -> None:
    row = primitives.get("format")
    assert row.accepts is not None
    assert row.accepts((ir.Column("t", "x", of), ir.Const(spec, STR))) is accepted


def test_an_operation_keeps_its_python_meaning() -> None:
    assert [
        primitives.get("int.floordiv").evaluate(-7, 2),
        primitives.get("float.round_to").evaluate(2.675, 2),
        primitives.get("float.sqrt").evaluate(2.0),
        primitives.get("str.slice").evaluate("abcd", -2, None),
        primitives.get("dict.get_or").evaluate({"a": None}, "a", 1),
    ] == [-4, 2.67, math.sqrt(2), "cd", None]
