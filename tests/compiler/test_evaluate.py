"""The in-memory evaluator: relations and aggregates behave as Flink's do."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from compiler import dtypes, evaluate, evaluate_scalars, ir, plan

TEXT = dtypes.optional(dtypes.STR)
NUMBER = dtypes.optional(dtypes.INT)

DATA: dict[str, dict[str, dict[str, Any]]] = {
    "meetings": {
        "m1": {"doc_id": "m1", "place": "p1", "users": ["u2", "u1", "u2"], "tickets": {"a": "t1", "b": None}},
        "m2": {"doc_id": "m2", "place": "gone", "users": None, "tickets": {}},
        "m3": {"doc_id": "m3", "users": []},
    },
    "places": {"p1": {"doc_id": "p1", "city": "Oslo"}, "p0": {"doc_id": "p0", "city": None}},
    "animals": {
        "1": {"doc_id": "1", "obj_type": "Cat", "size": 2},
        "2": {"doc_id": "2", "obj_type": "Dog", "size": 5},
        "3": {"doc_id": "3", "obj_type": "Cat", "size": None},
        "4": {"doc_id": "4", "obj_type": "Cow", "size": 5},
    },
}


def col(alias: str, name: str, kind: dtypes.Type = TEXT) -> ir.Expr:
    return ir.Column(alias, name, kind)


def prim(op: str, *args: ir.Expr, kind: dtypes.Type = dtypes.BOOL) -> ir.Expr:
    return ir.Prim(op, args, kind)


def rows(relation: plan.Relation) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in evaluate.relation(relation, DATA)]


def project(source: plan.Relation, **columns: ir.Expr) -> plan.Project:
    return plan.Project(source, tuple(columns.items()), "o")


MEETINGS = plan.Scan("meetings", "m", ("doc_id", "place", "users", "tickets"))
PLACES = plan.Scan("places", "p", ("doc_id", "city"))
ANIMALS = plan.Scan("animals", "a", ("doc_id", "obj_type", "size"))
USERS = col("m", "users", dtypes.optional(dtypes.ListOf(dtypes.STR)))
TICKETS = col("m", "tickets", dtypes.optional(dtypes.DictOf(dtypes.STR, dtypes.STR)))


def test_a_left_join_keeps_rows_whose_key_is_null_or_dangling() -> None:
    joined = plan.Join(MEETINGS, PLACES, "left", ((col("m", "place"), col("p", "doc_id")),))
    assert rows(project(joined, id=col("m", "doc_id"), city=col("p", "city"))) == [
        ("m1", "Oslo"), ("m2", None), ("m3", None),
    ]  # fmt: skip


def test_null_keys_never_match() -> None:
    same = plan.Scan("places", "q", ("doc_id", "city"))
    joined = plan.Join(PLACES, same, "inner", ((col("p", "city"), col("q", "city")),))
    assert rows(project(joined, id=col("p", "doc_id"))) == [("p1",)]


def test_a_residual_that_is_null_drops_the_pair() -> None:
    small = prim("lt", col("a", "size", NUMBER), ir.Const(5, dtypes.INT))
    joined = plan.Join(PLACES, ANIMALS, "inner", (), small)
    assert rows(project(joined, p=col("p", "doc_id"), a=col("a", "doc_id"))) == [("p1", "1"), ("p0", "1")]


def test_a_scan_of_models_reads_those_alone() -> None:
    cats = plan.Scan("animals", "a", ("doc_id",), ("Cat", "Cow"))
    assert rows(project(cats, id=col("a", "doc_id"))) == [("1",), ("3",), ("4",)]


def test_a_list_gives_its_elements_from_one() -> None:
    unnested = plan.Unnest(MEETINGS, USERS, "u", "list")
    assert rows(project(unnested, id=col("m", "doc_id"), key=col("u", "key"), value=col("u", "value"))) == [
        ("m1", 1, "u2"), ("m1", 2, "u1"), ("m1", 3, "u2"),
    ]  # fmt: skip


def test_a_distinct_list_gives_each_element_once() -> None:
    unnested = plan.Unnest(MEETINGS, USERS, "u", "list", distinct=True)
    assert rows(project(unnested, value=col("u", "value"))) == [("u2",), ("u1",)]


def test_a_dict_gives_its_entries() -> None:
    unnested = plan.Unnest(MEETINGS, TICKETS, "t", "dict")
    assert rows(project(unnested, key=col("t", "key"), value=col("t", "value"))) == [("a", "t1"), ("b", None)]


def test_the_latest_of_a_group_is_its_one_value_whatever_the_branch() -> None:
    record = dtypes.Record((("city", TEXT),))
    packed = ir.MakeRecord((("city", col("p", "city")),), record)
    one = plan.Project(PLACES, (("id", col("p", "doc_id")), ("row", packed), ("n", ir.Const(None, NUMBER))), "i")
    other = plan.Project(
        ANIMALS, (("id", ir.Const("p1", TEXT)), ("row", ir.Const(None, record)), ("n", col("a", "size", NUMBER))), "i"
    )  # fmt: skip
    group = plan.Group(
        plan.Union((one, other), "i"),
        (("id", col("i", "id")),),
        (("row", plan.Agg("latest", col("i", "row", record))), ("n", plan.Agg("sum", col("i", "n", NUMBER)))),
        "g",
        having=prim("not_none", col("g", "row", record)),
    )
    city = ir.Prim("record.field", (col("g", "row", record), ir.Const("city", dtypes.STR)), TEXT)
    assert rows(project(group, id=col("g", "id"), city=city, n=col("g", "n", NUMBER))) == [
        ("p1", "Oslo", 12), ("p0", None, None),
    ]  # fmt: skip


def test_the_first_rows_per_partition_sort_null_first_and_last_when_descending() -> None:
    inner = plan.Project(ANIMALS, (("id", col("a", "doc_id")), ("size", col("a", "size", NUMBER))), "t")
    up = plan.TopN(inner, (), (ir.Order(col("t", "size", NUMBER)), ir.Order(col("t", "id"))), 3, "t")
    down = plan.TopN(inner, (), (ir.Order(col("t", "size", NUMBER), True), ir.Order(col("t", "id"))), 3, "t")
    assert [row[0] for row in rows(up)] == ["3", "1", "2"]
    assert [row[0] for row in rows(down)] == ["2", "4", "1"]


@pytest.mark.parametrize(
    ("op", "result"),
    [
        ("count", 3), ("count_distinct", 2), ("sum", 7), ("min", 2), ("max", 3), ("latest", 3),
        ("collect", [2, 2, 3]), ("first_error", 2),
    ],
)  # fmt: skip
def test_an_aggregate_leaves_null_out(op: plan.AggOp, result: Any) -> None:
    assert evaluate.aggregate(op, [2, None, 2, 3]) == result


def test_two_rows_for_one_key_are_a_fault() -> None:
    query = project(ANIMALS, kind=col("a", "obj_type"))
    table = plan.Table("t", None, (plan.TableColumn("kind", dtypes.STR),), ("kind",), query)
    view = plan.View("V", "t", "animals", (table,), (), (), (), None)
    with pytest.raises(evaluate.AmbiguousKeyError, match="two rows for"):
        evaluate.view(view, DATA)


def test_a_row_without_a_key_is_a_fault() -> None:
    query = project(ANIMALS, id=ir.Const(None, dtypes.optional(NUMBER)))
    table = plan.Table("t", None, (plan.TableColumn("id", NUMBER),), ("id",), query)
    view = plan.View("V", "t", "animals", (table,), (), (), (), None)
    with pytest.raises(evaluate.NullKeyError, match="the key of"):
        evaluate.view(view, DATA)


def test_tables_and_errors_are_keyed() -> None:
    table = plan.Table("t", None, (), ("id",), project(PLACES, id=col("p", "doc_id"), city=col("p", "city")))
    constant = {
        name: ir.Const(name, dtypes.STR) for name in ("view", "key", "field", "exception", "message")
    }  # fmt: skip
    errors = project(plan.Filter(PLACES, prim("is_none", col("p", "city"))), **constant)
    found = evaluate.view(plan.View("V", "t", "places", (table,), (), (), (), errors), DATA)
    assert found.tables == {"t": {("p1",): {"id": "p1", "city": "Oslo"}, ("p0",): {"id": "p0", "city": None}}}
    assert list(found.errors) == [("view", "key", "field")]


NULL = ir.Const(None, dtypes.optional(dtypes.BOOL))
TRUE = ir.Const(True, dtypes.BOOL)
FALSE = ir.Const(False, dtypes.BOOL)


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        (prim("and", NULL, FALSE), False), (prim("and", NULL, TRUE), None), (prim("or", NULL, TRUE), True),
        (prim("or", NULL, FALSE), None), (prim("not", NULL), None),
        (ir.If(NULL, TRUE, FALSE, dtypes.BOOL), False),
        (prim("lt", ir.Const(None, NUMBER), ir.Const(1, dtypes.INT)), None),
        (prim("eq", ir.Const(None, NUMBER), ir.Const(None, NUMBER)), True),
        (prim("check", FALSE, ir.Const("X", dtypes.STR), TRUE), None),
        (ir.Raises("ValueError", ""), None),
    ],
)  # fmt: skip
def test_null_means_unknown(expr: ir.Expr, result: Any) -> None:
    assert evaluate_scalars.value(expr, {}, {}) == result


def test_json_texts_are_those_that_functions_read() -> None:
    values = {
        "a": Decimal("12.50"), "b": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "c": b"\xff", "d": float("nan"),
        "e": [1, None], "f": {"k": True},
    }  # fmt: skip
    args = [one for name in values for one in (ir.Const(name, dtypes.STR), ir.Column("x", name, dtypes.JSON))]
    text = evaluate_scalars.value(prim("json.object", *args), {"x": values}, {})
    assert text == '{"a":12.50,"b":"2026-01-02T00:00:00Z","c":"/w==","d":"NaN","e":[1,null],"f":{"k":true}}'
