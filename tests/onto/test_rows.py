"""Rows nested to documents."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from onto import bundle, errors, rows


def table(name: str, parent: str | None, key: tuple[str, ...], columns: bundle.Columns) -> bundle.ViewTable:
    """Build a table without SQL, which nesting does not look at."""
    return bundle.ViewTable(name, name, parent, columns, key, "", "")


VIEW = bundle.View(
    view_model="Cart",
    collection="carts",
    root="customers",
    tables=(
        table(
            "carts",
            None,
            ("doc_id",),
            (
                ("doc_id", "STRING"),
                ("total", "DECIMAL(38, 18)"),
                ("notes", "STRING"),
                ("best_name", "STRING"),
                ("best__null", "BOOLEAN"),
                ("orders__null", "BOOLEAN"),
            ),
        ),
        table(
            "carts__orders",
            "carts",
            ("doc_id", "order_id"),
            (("doc_id", "STRING"), ("order_id", "STRING"), ("rank", "BIGINT")),
        ),
        table(
            "carts__orders__lines",
            "carts__orders",
            ("doc_id", "order_id", "sku"),
            (("doc_id", "STRING"), ("order_id", "STRING"), ("sku", "STRING"), ("count", "BIGINT")),
        ),
    ),
    document=bundle.Document(
        key=("doc_id",),
        fields=(
            bundle.Field("total", "total", bundle.Scalar("total")),
            bundle.Field("notes", "notes", bundle.Json("notes")),
            bundle.Field(
                "best_seller",
                "bestSeller",
                bundle.Record((bundle.Field("name", "name", bundle.Scalar("best_name")),), "best__null"),
            ),
            bundle.Field(
                "orders",
                "orders",
                bundle.ListOf(
                    table="carts__orders",
                    parent_key=("doc_id",),
                    order=(("rank", "desc"),),
                    item=bundle.Record(
                        (
                            bundle.Field("order_id", "order_id", bundle.Scalar("order_id")),
                            bundle.Field(
                                "lines",
                                "lines",
                                bundle.MapOf(
                                    table="carts__orders__lines",
                                    parent_key=("doc_id", "order_id"),
                                    map_key="sku",
                                    item=bundle.Scalar("count"),
                                ),
                            ),
                        )
                    ),
                    null_when="orders__null",
                ),
            ),
        ),
    ),
    fields={},
)
ROOT = {
    "doc_id": "c1",
    "total": Decimal("12.5"),
    "notes": '{"a": [1, 2.5]}',
    "best_name": "pen",
    "best__null": False,
    "orders__null": None,
}
CHILDREN: dict[str, list[dict[str, Any]]] = {
    "carts__orders": [
        {"doc_id": "c1", "order_id": "o2", "rank": 1},
        {"doc_id": "c1", "order_id": "o1", "rank": None},
        {"doc_id": "c1", "order_id": "o4", "rank": 9},
        {"doc_id": "c1", "order_id": "o3", "rank": 9},
        {"doc_id": "c2", "order_id": "o5", "rank": 0},
    ],
    "carts__orders__lines": [
        {"doc_id": "c1", "order_id": "o2", "sku": "b", "count": 2},
        {"doc_id": "c1", "order_id": "o2", "sku": "a", "count": 1},
        {"doc_id": "c1", "order_id": "o1", "sku": "z", "count": None},
    ],
}


def children(name: str, key: rows.Key) -> Iterable[rows.Row]:
    """Return the rows of table `name` below `key`, in the order in which they arrived."""
    parents = VIEW.table(str(VIEW.table(name).parent)).key
    return [row for row in CHILDREN[name] if tuple(row[column] for column in parents) == key]


def test_scalars_json_records_lists_and_maps_nest_to_one_document() -> None:
    assert rows.nest(VIEW, ROOT, children) == {
        "total": Decimal("12.5"),
        "notes": {"a": [1, 2.5]},
        "bestSeller": {"name": "pen"},
        "orders": [
            {"order_id": "o3", "lines": {}},
            {"order_id": "o4", "lines": {}},
            {"order_id": "o2", "lines": {"a": 1, "b": 2}},
            {"order_id": "o1", "lines": {"z": None}},
        ],
    }


def test_keys_of_a_map_ascend() -> None:
    document = rows.nest(VIEW, ROOT, children)
    assert list(document["orders"][2]["lines"]) == ["a", "b"]


def test_a_true_null_column_makes_none_of_a_whole_value() -> None:
    row = {**ROOT, "best__null": True, "orders__null": True, "notes": None}
    assert rows.nest(VIEW, row, children) == {
        "total": Decimal("12.5"),
        "notes": None,
        "bestSeller": None,
        "orders": None,
    }


def test_a_record_takes_its_key_columns_from_the_key() -> None:
    decoded = rows.decode(
        VIEW.tables[0], b'{"doc_id": "c1"}', b'{"total": 12.500000000000000000, "best_name": "pen", "new": 1}'
    )
    assert decoded == {
        "doc_id": "c1",
        "total": Decimal("12.5"),
        "notes": None,
        "best_name": "pen",
        "best__null": None,
        "orders__null": None,
    }


@pytest.mark.parametrize("value", [b"{", b"[]", b'{"total": "x"}'])
def test_a_record_that_cannot_be_decoded_names_topic_and_key(value: bytes) -> None:
    with pytest.raises(errors.RecordError, match=r'^carts: key {"doc_id": "c1"}: '):
        rows.decode(VIEW.tables[0], b'{"doc_id": "c1"}', value)


def test_a_key_is_decoded_in_the_order_of_the_table() -> None:
    assert rows.decode_key(VIEW.tables[1], b'{"order_id": "o1", "doc_id": "c1"}') == ("c1", "o1")


def test_the_json_form_has_one_text_for_one_value() -> None:
    assert rows.to_json({"total": Decimal("12.50")}) == {"total": "12.5"}
