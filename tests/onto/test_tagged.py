"""Tagged JSON: what a function in Python packs, the reader unpacks to equal values."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import udf_runtime
from onto import tagged

ZONE = datetime.timezone(datetime.timedelta(hours=2))

VALUES: tuple[Any, ...] = (
    None,
    {"a": [1, 2.5, "x", True, None]},
    {"$decimal": "not a decimal"},
    {1: "one", (1, 2): {"nested"}},
    (1, (2, 3)),
    {1, 2, 3},
    Decimal("4.50"),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6, ZONE),
    datetime.datetime(2026, 1, 2, 3, 4, 5),
    datetime.date(2026, 1, 2),
    datetime.time(3, 4, 5),
    datetime.timedelta(days=-1, microseconds=1),
    b"\x00\xff",
    float("inf"),
    2**70,
    'quo"te \\ \n 😀',
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    found = tagged.loads(udf_runtime.json_text(value))
    assert (found, type(found)) == (value, type(value))


def test_plain_json_is_plain() -> None:
    assert json.loads(udf_runtime.json_text({"a": [1, None]})) == {"a": [1, None]}


def test_an_object_that_no_document_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="a document cannot hold a object"):
        udf_runtime.json_text([object()])


KEYS = st.one_of(st.text(), st.integers(), st.booleans(), st.none())
SCALARS = st.one_of(KEYS, st.floats(allow_nan=False), st.decimals(allow_nan=False), st.dates(), st.binary())


@given(st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(KEYS, inner)), max_leaves=8))
def test_any_value_comes_back(value: Any) -> None:
    assert tagged.loads(udf_runtime.json_text(value)) == value
