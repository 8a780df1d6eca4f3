"""Probe values per type, and the constants with which an operation is tried.

VALUES["int"]  →  (None, 0, 1, -1, …)
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from compiler import dtypes

_UTC = datetime.UTC
_MOMENTS = (
    datetime.datetime(2024, 2, 29, 13, 5, 9, 123456),
    datetime.datetime(2023, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(1969, 12, 31, 23, 59, 59, 500000),
    datetime.datetime(2021, 1, 3, 0, 0, 0, 1),
    datetime.datetime(2024, 1, 1),
    datetime.datetime(1815, 7, 4, 1, 2, 3),
)

VALUES: dict[str, tuple[Any, ...]] = {  # Any: Python values of the type
    "bool": (None, True, False),
    "int": (
        None, 0, 1, -1, 2, 3, 7, -7, 10, 29, 2024, 2**31, -(2**31) - 1, 2**53 + 1, 2**62, -(2**62) - 1,
        2**63 - 1, -(2**63), 2**53, 3**33, 10**18 + 7,
    ),
    "whole": (
        None, 0, 1, -1, 7, -7, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 + 1, 10**27, -(2**94) + 1,
        2**126 - 1, -(10**38) + 1,
    ),
    "float": (
        None, 0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.675, 1.005, 0.125, 0.1, 0.30000000000000004, 9.995, -7.3, 1e-5, 1e-4,
        123456789.125, 1e15 + 0.5, 1e16, 1e22, 0.045, 1.115, 99.5, 1e200,
        2.0**53, 2.0**53 + 2, -(2.0**63), 2.0**63, 2.0**62, 9007199254740994.0, -0.0,
    ),
    "decimal": tuple(
        None if text is None else Decimal(text)
        for text in (
            None, "0", "1.1", "-7.5", "2.675", "2.665", "0.5", "1.5", "2.5", "-2.5", "123456789.995", "0.000000001",
            "1234567890123.5", "0.123456789", "0.125", "9999999999", "1234567890123456789", "-0.001",
        )
    ),
    "str": (
        None, "", "abc", "ABC abc", "😀ab😀", "Straße", "  hi \t\n", "don't stop", "İI", "ΑΣ", "a,b,,c", ",",
        "x\u00a0y\u2003z ", "a\\b", "12", " -7 ", "1_000", "12.5", "+5", "-", "٣", "99999999999999999999", "ǆ x", "～",
        "😀", "é", "b", "aXbXc", "None", "'", '"', "ﬁn", "ab", "A", "ς", "1__0", "%d", "{x}", "\u2028", "tab\tx",
        "abc\n", "12\n", "aª", "ǅ", "1²", "x5",
        "2024-02-29", "2023-02-29", "20240229", "2024-W09-4", "0000-01-01", "1.5", " -.5e3", "1e400", "nan", "1.5f",
        "a-b-c", "1.", ".", "abab", "ßa", "აბ", "ᾴx",
    ),
    "index": (0, 1, -1, 2, -2, 3, -3, 5, 2**40, -(2**40)),
    "date": (
        None, datetime.date(2024, 2, 29), datetime.date(1969, 12, 31), datetime.date(1970, 1, 1),
        datetime.date(2021, 1, 3), datetime.date(2023, 12, 31), datetime.date(1815, 7, 4),
    ),
    "local_datetime": (None, *_MOMENTS),
    "datetime": (None, *(one.replace(tzinfo=_UTC) for one in _MOMENTS)),
    "timedelta": (
        None,
        *(
            datetime.timedelta(microseconds=one)
            for one in (
                0, 1, -1, 59_999_999, 86_400_000_000, -86_400_000_001, 3_661_000_001, 1_500_000, 2**52 + 999_999,
            )
        ),
    ),
    "list[str]": (None, [], ["a"], ["b", "a", "b"], ["", "é", "😀"], ["a", "b", "c", "d"]),
    "list[int]": (None, [], [5], [3, 1, 2], [2**62, -1, 2**62]),
    "set[str]": (None, [], ["a"], ["b", "a", "b"], ["", "é", "😀", ""]),
    "dict[str, int]": (None, {}, {"k": 1, "z": 2}, {"a": 0}, {"": 5, "é": 7}),
    "dict[str, str]": (None, {}, {"k": "v"}, {"a": ""}),
}  # fmt: skip

_PARTS = ("partition", "rpartition")
_NO = None
_REPLACED = (
    (_NO, _NO, _NO, 0, 0, 0, 0), (_NO, _NO, 1, _NO, _NO, _NO, _NO), (2024, 12, 28, 23, 59, 59, 999_999),
    (_NO, _NO, _NO, _NO, _NO, 0, 0),
)  # fmt: skip
_SLICES = (
    (0, 2), (None, -1), (-2, None), (1, None), (1, 3), (-3, -1), (2, 1), (1, -1), (-2, 2), (None, None)
)  # fmt: skip

CONSTANTS: dict[str, tuple[tuple[Any, ...], ...]] = {  # Any: Python values of the constant parameters
    "int.pow": ((1,), (2,), (3,)),
    "whole.pow": ((1,), (2,), (3,)),
    "int.round_to": ((0,), (2,)),
    "float.floor_one": ((1,),),
    "float.mod_one": ((1,),),
    "float.round_to": ((1,), (2,), (3,), (7,)),
    "decimal.has_more": ((0,), (2,), (9,), (16,)),
    "decimal.round_to": ((1,), (2,), (8,)),
    "decimal.quantize": ((Decimal("0.01"),), (Decimal("1"),), (Decimal("0.001"),)),
    **dict.fromkeys(
        (f"decimal.quantize_{one}" for one in ("half_up", "half_down", "down", "up", "floor", "ceiling")),
        ((Decimal("0.01"),), (Decimal("1"),)),
    ),
    "int.and": ((1,), (7,), (4,), (10,), (0,)),
    "int.or": ((1,), (6,), (0,)),
    "int.xor": ((1,), (5,)),
    "int.lshift": ((0,), (3,)),
    "whole.lshift": ((0,), (3,)),
    "int.rshift": ((0,), (1,), (10,)),
    "list.mul": ((1,), (3,)),
    **dict.fromkeys(
        ("timedelta.seconds_floordiv", "timedelta.seconds_mod"), ((1,), (7,), (60,), (3600,), (2**31 - 1,))
    ),
    "texts.sorted": ((", ",), ("",)),
    "str.split_at": ((",", 1), ("X", 1), ("b", 2), ("😀", 1)),
    "str.rsplit_at": ((",", 1), ("X", 1), ("ab", 1), (",", 2)),
    **{f"str.{name}_{place}": ((",",), ("b",), ("😀",), ("ab",)) for name in _PARTS for place in range(3)},
    "str.rfind": ((",",), ("b",), ("aa",), ("😀",)),
    "str.center_with": ((6, "."), (7, "*")),
    "date.replace": ((None, None, 1), (2024, 2, 28), (None, 12, 5)),
    **{f"{name}.replace": _REPLACED for name in ("datetime", "local_datetime")},
    "date.combine": ((datetime.timedelta(0),), (datetime.timedelta(hours=12, microseconds=5),)),
    "str.strip_of": (("a",), ("ab",), (" ",)),
    "str.lstrip_of": (("a",), ("ab",)),
    "str.rstrip_of": (("a",), ("bc",)),
    "str.replace": (("a",), ("😀",), (",",)),
    "str.count": (("a",), ("b",), ("aa",), ("😀",)),
    "str.split": ((",",), ("X",), ("ab",), ("😀",), (".",)),
    "str.zfill": ((0,), (2,), (5,), (12,)),
    "str.rjust": ((0,), (5,)),
    "str.ljust": ((0,), (5,)),
    "str.rjust_with": ((6, "."), (6, "😀")),
    "str.ljust_with": ((6, "."),),
    "str.center": ((5,), (6,), (7,), (0,)),
}

BESIDE: dict[str, tuple[tuple[Any, ...], ...]] = {  # Any: Python values of parameters that may be constants as well
    "decimal.mul": ((Decimal("0.19"),), (Decimal(-100),), (Decimal("0.1234567890123"),)),
    "str.mul": ((3,), (0,), (-1,)),
    "str.rmul": ((2,),),
    "list.has_index": ((0,), (2,), (-1,), (-3,)),
    "str.item": ((0,), (1,), (-1,), (-2,)),
    "str.slice": _SLICES,
    "list.slice": _SLICES,
    "list.item": ((0,), (1,), (-1,), (-2,)),
}

SPECS: dict[str, tuple[str, ...]] = {
    "int": ("d", "05d", "+d", ",", ",d", ">8", "<8", "^8", "*^9", ">8d", "012", "3", "x<5"),
    "float": (".0f", ".1f", ".2f", ",.2f", ".1%", ".0%", "f", ">12.2f", "<10.1f", ",.0f", "10.3f"),
    "decimal": (".2f", ".0f", ".1f", ">12.2f", ",.2f", ",.0f", ">12,.1f"),
    "str": ("s", ">6", "<6", "^6", "^7", ".2", "*>8", "10.1", "6"),
    "date": ("%Y-%m-%d", "%d/%m/%y", "%A %B", "%j"),
    "local_datetime": ("%Y-%m-%d %H:%M:%S", "%I:%M %p", "%f", "on %d o'clock %H%%", "%a %b"),
    "datetime": ("%Y-%m-%dT%H:%M:%S", "%I:%M %p", "%d.%m.%Y at %H h"),
}

TIMEDELTAS: tuple[int, ...] = (0, 1_000, 86_400_000_000, 90_061_001_000, -3_600_000_000)


def of(name: str) -> dtypes.Type:
    """Return the type of that name."""
    match name:
        case "index":
            return dtypes.INT
        case "list[str]":
            return dtypes.ListOf(dtypes.STR)
        case "list[int]":
            return dtypes.ListOf(dtypes.INT)
        case "set[str]":
            return dtypes.SetOf(dtypes.STR)
        case "dict[str, int]":
            return dtypes.DictOf(dtypes.STR, dtypes.INT)
        case "dict[str, str]":
            return dtypes.DictOf(dtypes.STR, dtypes.STR)
    return dtypes.Scalar(name)  # type: ignore[arg-type]  # the names of VALUES
