"""Relations and scalars as Flink SQL text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from compiler import dtypes, emit_ddl, emit_scalars, emit_sql, flink_sql, ir, plan
from compiler.dtypes import BOOL, DECIMAL, FLOAT, INT, STR, optional


def column(alias: str, name: str, of: dtypes.Type) -> ir.Column:
    return ir.Column(alias, name, of)


def prim(op: str, of: dtypes.Type, *args: ir.Expr) -> ir.Prim:
    return ir.Prim(op, args, of)


def const(value: Any) -> ir.Const:
    kinds = {int: INT, str: STR, float: FLOAT, bool: BOOL, Decimal: DECIMAL, type(None): dtypes.NONE}
    return ir.Const(value, kinds[type(value)])


SCALARS = emit_scalars.Scalars(lambda one: flink_sql.column(one.alias, one.name))
A, B, S = column("t", "a", optional(INT)), column("t", "b", INT), column("t", "s", optional(STR))


def value(expr: ir.Expr) -> str:
    return flink_sql.text(SCALARS.value(expr))


def condition(expr: ir.Expr) -> str:
    return flink_sql.text(SCALARS.condition(expr))


# ---------------------------------------------------------------- literals


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("it's", "'it''s'"),
        ("back\\slash", "'back\\slash'"),
        ("a\rb", "U&'a\\000Db'"),
        ("\r'\\😀", "U&'\\000D''\\\\😀'"),
        (7, "CAST(7 AS BIGINT)"),
        (3_000_000_000, "3000000000"),
        (-(2**63), "CAST('-9223372036854775808' AS BIGINT)"),
        (0.1, "0.1e0"),
        (-1e-7, "-1e-07"),
        (Decimal("1.50"), "CAST(1.50 AS DECIMAL(38, 18))"),
        (True, "TRUE"),
    ],
)
def test_a_literal_has_its_exact_type(given: Any, expected: str) -> None:
    assert value(const(given)) == expected


# ---------------------------------------------------------------- None and conditions


def test_equality_with_none_is_exact_as_a_value_and_short_as_a_condition() -> None:
    same = prim("eq", BOOL, S, const("x"))
    assert (value(same), condition(same)) == ("`t`.`s` IS NOT DISTINCT FROM 'x'", "`t`.`s` = 'x'")


def test_two_nullable_sides_stay_exact_as_a_condition() -> None:
    assert condition(prim("eq", BOOL, S, S)) == "`t`.`s` IS NOT DISTINCT FROM `t`.`s`"


def test_truth_of_a_text() -> None:
    truth = prim("truth", BOOL, S)
    assert [value(truth), condition(truth), condition(prim("not", BOOL, truth))] == [
        "COALESCE(`t`.`s`, '') <> ''",
        "`t`.`s` <> ''",
        "COALESCE(`t`.`s`, '') = ''",
    ]


def test_membership_with_none() -> None:
    assert value(prim("in", BOOL, A, const(1), const(None))) == "(`t`.`a` IN (1)) IS TRUE OR `t`.`a` IS NULL"


def test_a_guard_is_one_branch() -> None:
    ratio = ir.If(prim("eq", BOOL, B, const(0)), const(None), prim("int.truediv", FLOAT, A, const(2)), optional(FLOAT))
    assert value(ratio) == "CASE WHEN `t`.`b` <> 0 THEN CAST(`t`.`a` AS DOUBLE) / 2 END"


def test_a_guard_that_may_be_null_does_not_hide_the_value() -> None:
    x = column("t", "x", optional(FLOAT))
    spelled = ir.If(prim("gt", BOOL, x, const(1e16)), const(None), prim("str", STR, x), optional(STR))
    assert value(spelled).startswith("CASE\n  WHEN (`t`.`x` > 1.0e0) IS NOT TRUE".replace("1.0e0", "1e+16"))


# ---------------------------------------------------------------- relations

MEETINGS = plan.Scan("meetings", "m", ("doc_id", "first_name", "tickets"))
LOCATIONS = plan.Scan("locations", "l", ("doc_id", "open"), ("Place",))


def doc_id(alias: str) -> ir.Column:
    return column(alias, "doc_id", STR)


def joined(kind: Any) -> plan.Project:
    on = ((column("m", "first_name", optional(STR)), doc_id("l")),)
    opened = plan.Filter(LOCATIONS, prim("truth", BOOL, column("l", "open", optional(BOOL))))
    return plan.Project(plan.Join(MEETINGS, opened, kind, on), (("doc_id", doc_id("m")), ("at", doc_id("l"))), "v")


def test_what_filters_the_right_side_of_a_left_join_stands_in_on() -> None:
    assert emit_sql.emit_query(joined("left"), {"meetings": {"first_name": "firstName"}}) == (
        "SELECT\n  `m`.`doc_id`,\n  `l`.`doc_id` AS `at`\nFROM `meetings` AS `m`\nLEFT JOIN `locations` AS `l`\n"
        "  ON `m`.`firstName` = `l`.`doc_id` AND `l`.`obj_type` = 'Place' AND `l`.`open`"
    )


def test_what_filters_an_inner_join_stands_in_where() -> None:
    assert emit_sql.emit_query(joined("inner")) == (
        "SELECT\n  `m`.`doc_id`,\n  `l`.`doc_id` AS `at`\nFROM `meetings` AS `m`\nJOIN `locations` AS `l`\n"
        "  ON `m`.`first_name` = `l`.`doc_id`\nWHERE\n  `l`.`obj_type` = 'Place' AND `l`.`open`"
    )


def test_a_dict_is_unnested_to_key_and_value() -> None:
    tickets = column("m", "tickets", optional(dtypes.DictOf(STR, STR)))
    rows = plan.Unnest(MEETINGS, tickets, "x", "dict")
    query = plan.Project(rows, (("key", column("x", "key", STR)), ("id", column("x", "value", STR))), "v")
    assert emit_sql.emit_query(query) == (
        "SELECT\n  `x`.`key`,\n  `x`.`value` AS `id`\nFROM `meetings` AS `m`\n"
        "CROSS JOIN UNNEST(`m`.`tickets`) AS `x`(`key`, `value`)"
    )


def test_a_list_of_records_is_unnested_to_its_fields() -> None:
    item = dtypes.Record((("name", optional(STR)),))
    rows = plan.Unnest(MEETINGS, column("m", "tickets", dtypes.ListOf(item)), "x", "list")
    name = prim("record.field", optional(STR), column("x", "value", item), const("name"))
    query = plan.Project(rows, (("at", column("x", "key", INT)), ("name", name)), "v")
    assert emit_sql.emit_query(query) == (
        "SELECT\n  CAST(`x`.`key` AS BIGINT) AS `at`,\n  `x`.`value_name` AS `name`\nFROM `meetings` AS `m`\n"
        "CROSS JOIN UNNEST(`m`.`tickets`) WITH ORDINALITY AS `x`(`value_name`, `key`)"
    )


def test_having_repeats_the_aggregate() -> None:
    count = prim("gt", BOOL, column("g", "n", INT), const(0))
    query = plan.Group(MEETINGS, (("doc_id", doc_id("m")),), (("n", plan.Agg("count", None)),), "g", count)
    assert emit_sql.emit_query(query) == (
        "SELECT\n  `m`.`doc_id`,\n  COUNT(*) AS `n`\nFROM `meetings` AS `m`\nGROUP BY\n  `m`.`doc_id`\n"
        "HAVING\n  COUNT(*) > 0"
    )


# ---------------------------------------------------------------- tables


def test_a_plain_source_never_ignores_malformed_values() -> None:
    upsert = emit_ddl.Settings(formats={"users": "upsert-json"}, prefix="dev-", properties={"sasl.mechanism": "PLAIN"})
    ddl = emit_ddl.source_table("users", (("doc_id", STR), ("firstName", STR)), upsert)
    assert ddl == (
        "CREATE TABLE `users` (\n  `doc_id` STRING,\n  `firstName` STRING,\n  PRIMARY KEY (`doc_id`) NOT ENFORCED\n)\n"
        "WITH (\n  'connector' = 'upsert-kafka',\n  'topic' = 'dev-users',\n"
        "  'properties.bootstrap.servers' = 'localhost:9092',\n  'properties.sasl.mechanism' = 'PLAIN',\n"
        "  'properties.isolation.level' = 'read_committed',\n"
        "  'key.format' = 'raw',\n  'value.format' = 'json',\n  'value.fields-include' = 'EXCEPT_KEY',\n"
        "  'value.json.timestamp-format.standard' = 'ISO-8601'\n)"
    )


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (dtypes.DATETIME, "TIMESTAMP_LTZ(6)"),
        (dtypes.LOCAL_DATETIME, "TIMESTAMP(6)"),
        (dtypes.TIMEDELTA, "BIGINT"),
        (dtypes.BYTES, "BYTES"),
        (dtypes.JSON, "STRING"),
        (dtypes.Scalar("decimal", (12, 2)), "DECIMAL(12, 2)"),
        (optional(dtypes.ListOf(dtypes.DictOf(STR, FLOAT))), "ARRAY<MAP<STRING, DOUBLE>>"),
        (dtypes.Record((("at", dtypes.DATE), ("ok", BOOL))), "ROW<`at` DATE, `ok` BOOLEAN>"),
    ],
)
def test_a_type_has_a_flink_type(of: dtypes.Type, expected: str) -> None:
    assert flink_sql.text(flink_sql.data_type(of)) == expected
