"""Column values by Flink type, and documents as JSON."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onto import columns


@pytest.mark.parametrize(
    ("flink_type", "value", "expected"),
    [
        ("STRING", "x", "x"),
        ("VARCHAR(2147483647)", "x", "x"),
        ("BOOLEAN NOT NULL", True, True),
        ("BIGINT", 7, 7),
        ("DOUBLE", Decimal("0.1"), 0.1),
        ("DOUBLE", 3, 3.0),
        ("DECIMAL(38, 18)", Decimal("12.500000000000000000"), Decimal("12.5")),
        ("DECIMAL(38, 18)", 12, Decimal(12)),
        ("DECIMAL(38, 18)", Decimal("1E-18"), Decimal("0.000000000000000001")),
        ("DATE", "2026-01-02", datetime.date(2026, 1, 2)),
        ("TIMESTAMP(6)", "2026-01-02 03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5)),
        ("TIMESTAMP(6)", "2026-01-02 03:04:05.1", datetime.datetime(2026, 1, 2, 3, 4, 5, 100000)),
        ("TIMESTAMP(6)", "2026-01-02T03:04:05.123456", datetime.datetime(2026, 1, 2, 3, 4, 5, 123456)),
        (
            "TIMESTAMP_LTZ(6)",
            "2026-01-02 03:04:05.12Z",
            datetime.datetime(2026, 1, 2, 3, 4, 5, 120000, datetime.UTC),
        ),
        (
            "TIMESTAMP(6) WITH LOCAL TIME ZONE",
            "2026-01-02 03:04:05",
            datetime.datetime(2026, 1, 2, 3, 4, 5, 0, datetime.UTC),
        ),
        ("BYTES", "AP8=", b"\x00\xff"),
        ("ARRAY<DECIMAL(4, 2)>", [Decimal("1.50"), None], [Decimal("1.5"), None]),
        ("ARRAY<ARRAY<BIGINT>>", [[1], None], [[1], None]),
        ("MAP<STRING, ARRAY<DOUBLE>>", {"b": [1], "a": None}, {"a": None, "b": [1.0]}),
        (
            "ROW<`a, b` BIGINT, c ROW<d DATE NOT NULL>>",
            {"a, b": 1, "c": {"d": "2026-01-02"}},
            {"a, b": 1, "c": {"d": datetime.date(2026, 1, 2)}},
        ),
    ],
)
def test_a_value_is_decoded_by_its_type(flink_type: str, value: object, expected: object) -> None:
    decode = columns.decoder(flink_type)
    assert decode(value) == expected
    assert type(decode(value)) is type(expected)
    assert decode(None) is None


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown column type 'VARIANT'"):
        columns.decoder("VARIANT")


def test_every_kind_of_value_has_one_json_form() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert columns.to_json(
        {
            "total": Decimal("12.50"),
            "zero": Decimal("-0.00"),
            "big": Decimal("1E+3"),
            "at": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone),
            "day": datetime.date(2026, 1, 2),
            "took": datetime.timedelta(seconds=1.5),
            "raw": b"\x00\xff",
            "tags": {"b", "a"},
            "pair": (1, None),
            "nan": float("nan"),
            1: True,
        }
    ) == {
        "total": "12.5",
        "zero": "0",
        "big": "1000",
        "at": "2026-01-02T01:04:05+00:00",
        "day": "2026-01-02",
        "took": 1500000,
        "raw": "AP8=",
        "tags": ["a", "b"],
        "pair": [1, None],
        "nan": "NaN",
        "1": True,
    }


def test_a_value_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="a document cannot hold a object"):
        columns.to_json([object()])


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_equal_decimals_have_equal_text(value: Decimal) -> None:
    text = columns.decimal_text(value)
    assert Decimal(text) == value
    assert json.loads(text, parse_float=Decimal) == value
    assert "E" not in text.upper()
