"""Tagged JSON: what a function in Python packs, the reader unpacks to equal values."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import udf_runtime
from onto import tagged
from onto.mapper import dump

ZONE = datetime.timezone(datetime.timedelta(hours=2))

VALUES: tuple[Any, ...] = (
    None,
    {"a": [1, 2.5, "x", True, None]},
    {"$decimal": "not a decimal"},
    {1: "one", 2.5: [{"$x": 1}]},
    Decimal("4.50"),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6, ZONE),
    datetime.datetime(2026, 1, 2, 3, 4, 5),
    datetime.date(2026, 1, 2),
    datetime.timedelta(days=-1, microseconds=1),
    b"\x00\xff",
    float("inf"),
    2**63 - 1,
    -(2**63),
    'quo"te \\ \n 😀',
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    found = tagged.loads(udf_runtime.json_text(value))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("value", [2**63, [1, {"n": -(2**63) - 1}], Decimal(10**20)], ids=repr)
def test_a_number_longer_than_a_column_raises(value: Any) -> None:
    with pytest.raises(OverflowError, match="does not fit its column"):
        udf_runtime.json_text(value)


def test_plain_json_is_plain() -> None:
    assert json.loads(udf_runtime.json_text({"a": [1, None]})) == {"a": [1, None]}


@dataclasses.dataclass
class Point:
    x: int


class Pair(NamedTuple):
    first: int
    second: set[int]


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    "value",
    [Point(1), Pair(1, {3, 2}), Colour.RED, {Colour.RED: (1, 2)}, {2, 1}, range(3), ({"k": [Point(1)]},)],
    ids=repr,
)
def test_what_a_document_holds_as_something_plain_is_packed_as_that(value: Any) -> None:
    assert tagged.loads(udf_runtime.json_text(value)) == dump.plain(value)


@pytest.mark.parametrize("value", [[object()], {None: 1}, {1, "a"}, datetime.time(1)], ids=repr)
def test_what_no_document_holds_is_refused_in_the_same_words(value: Any) -> None:
    with pytest.raises(TypeError) as wanted:
        dump.plain(value)
    with pytest.raises(TypeError) as found:
        udf_runtime.json_text(value)
    assert str(found.value) == str(wanted.value)


KEYS = st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.booleans())
DECIMALS = st.decimals(-(10**19), 10**19, places=9) | st.decimals(-1, 1, places=18)  # as a column holds them
SCALARS = st.one_of(KEYS, st.none(), st.floats(allow_nan=False), DECIMALS, st.dates(), st.binary())


@given(st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(KEYS, inner)), max_leaves=8))
def test_any_value_comes_back(value: Any) -> None:
    assert tagged.loads(udf_runtime.json_text(value)) == value
