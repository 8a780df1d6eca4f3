"""Operations on str. Lengths and positions count code points, in SQL as in Python.

`user.name.strip().upper()`  →  Prim("str.upper", (Prim("str.strip", (name,), STR),), STR)
"""

from __future__ import annotations

import datetime
import operator
import re
from collections.abc import Callable
from typing import Any

from compiler import dtypes, ir
from compiler.dtypes import BOOL, INT, STR
from compiler.operation import Failure, Primitive

_LIST = dtypes.ListOf(STR)
_PLAIN_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

MAX_REPEATS = 10_000
"""So often a text may be repeated: a count from the data must not end the job."""


def _filled(place: int) -> Any:  # Any: the type of `accepts`
    """Accept only a constant, non-empty text in that place: SQL differs from Python for the empty one."""

    def accepts(args: tuple[ir.Expr, ...]) -> bool:
        one = args[place]
        return isinstance(one, ir.Const) and isinstance(one.value, str) and one.value != ""

    return accepts


def _repeated(place: int) -> Failure:
    return Failure("repeat_range", place, reason=f"the text is longer than {MAX_REPEATS} of its parts")


def _splits(args: tuple[ir.Expr, ...]) -> bool:
    return _filled(1)(args) and isinstance(args[-1], ir.Const) and args[-1].value in range(1, 11)


def _splits_right(args: tuple[ir.Expr, ...]) -> bool:
    """Accept separators that do not overlap themselves: then it is the same from which side they are looked for."""
    separator = args[1].value if isinstance(args[1], ir.Const) else None
    if not isinstance(separator, str) or separator == "" or (len(args) == 3 and not _splits(args)):
        return False
    return not any(separator.startswith(separator[size:]) for size in range(1, len(separator)))


def _part(name: str, place: int) -> Any:  # Any: a callable on str
    return lambda s, t: getattr(s, name)(t)[place]


def _padding(args: tuple[ir.Expr, ...]) -> bool:
    width, *fill = args[1:]
    fits = isinstance(width, ir.Const) and isinstance(width.value, int) and 0 <= width.value <= 1000
    return fits and all(isinstance(one, ir.Const) and len(str(one.value)) == 1 for one in fill)


def constant_bounds(args: tuple[ir.Expr, ...]) -> bool:
    """Accept constant bounds (None included) that fit an INT; computed ones are cut to the length before."""
    return all(
        one.value is None or (isinstance(one.value, int) and abs(one.value) < 2**31 - 1)
        for one in args[1:]
        if isinstance(one, ir.Const)
    )


def _slice(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    bounds = all(isinstance(one, dtypes.NoneType) or one == INT for one in types[1:])
    return STR if len(types) == 3 and dtypes.required(types[0]) == STR and bounds else None


def _test(op: str, spelling: str, evaluate: Any) -> Primitive:  # Any: a callable on str
    return Primitive(op, spelling, (STR,), BOOL, evaluate)


ROWS: tuple[Primitive, ...] = (
    Primitive("str.add", "+", (STR, STR), STR, operator.add),
    Primitive("str.mul", "*", (STR, INT), STR, operator.mul, failures=(_repeated(1),)),
    Primitive("str.rmul", "*", (INT, STR), STR, operator.mul, failures=(_repeated(0),)),
    Primitive("str.len", "len", (STR,), INT, len),
    Primitive("str.contains", "in str", (STR, STR), BOOL, lambda part, whole: part in whole),
    Primitive(
        "str.item", "[]", (STR, INT), STR, operator.getitem,
        failures=(Failure("no_character", 1, ("", 0)),), accepts=constant_bounds,
    ),
    Primitive(
        "str.slice", "[:]", (), STR, lambda s, start, stop: s[start:stop], accepts=constant_bounds, applies=_slice
    ),
    Primitive("str.chars", "list", (STR,), _LIST, list),
    Primitive("str.reverse", "[::-1]", (STR,), STR, lambda s: s[::-1]),
    Primitive("str.min", "min", (STR, STR), STR, min, propagates=False),
    Primitive("str.max", "max", (STR, STR), STR, max, propagates=False),
    Primitive("str.upper", ".upper", (STR,), STR, lambda s: s.upper()),
    Primitive("str.lower", ".lower", (STR,), STR, lambda s: s.lower()),
    Primitive("str.capitalize", ".capitalize", (STR,), STR, lambda s: s.capitalize()),
    Primitive("str.strip", ".strip", (STR,), STR, lambda s: s.strip()),
    Primitive("str.lstrip", ".lstrip", (STR,), STR, lambda s: s.lstrip()),
    Primitive("str.rstrip", ".rstrip", (STR,), STR, lambda s: s.rstrip()),
    Primitive("str.strip_of", ".strip", (STR, STR), STR, lambda s, t: s.strip(t), constant=(1,), accepts=_filled(1)),
    Primitive("str.lstrip_of", ".lstrip", (STR, STR), STR, lambda s, t: s.lstrip(t), constant=(1,), accepts=_filled(1)),
    Primitive("str.rstrip_of", ".rstrip", (STR, STR), STR, lambda s, t: s.rstrip(t), constant=(1,), accepts=_filled(1)),
    Primitive("str.startswith", ".startswith", (STR, STR), BOOL, lambda s, t: s.startswith(t)),
    Primitive("str.endswith", ".endswith", (STR, STR), BOOL, lambda s, t: s.endswith(t)),
    Primitive("str.removeprefix", ".removeprefix", (STR, STR), STR, lambda s, t: s.removeprefix(t), propagates=False),
    Primitive("str.removesuffix", ".removesuffix", (STR, STR), STR, lambda s, t: s.removesuffix(t), propagates=False),
    Primitive(
        "str.replace", ".replace", (STR, STR, STR), STR, lambda s, old, new: s.replace(old, new),
        constant=(1,), accepts=_filled(1),
    ),
    Primitive("str.find", ".find", (STR, STR), INT, lambda s, t: s.find(t)),
    Primitive(
        "str.index", ".index", (STR, STR), INT, lambda s, t: s.index(t), failures=(Failure("not_found", 1, ("", "x")),)
    ),
    Primitive("str.count", ".count", (STR, STR), INT, lambda s, t: s.count(t), constant=(1,), accepts=_filled(1)),
    Primitive("str.split", ".split", (STR, STR), _LIST, lambda s, t: s.split(t), constant=(1,), accepts=_filled(1)),
    Primitive(
        "str.split_at", ".split", (STR, STR, INT), _LIST, lambda s, t, most: s.split(t, most),
        constant=(1, 2), accepts=_splits,
    ),
    Primitive(
        "str.rsplit_at", ".rsplit", (STR, STR, INT), _LIST, lambda s, t, most: s.rsplit(t, most),
        constant=(1, 2), accepts=_splits_right,
    ),
    *(
        Primitive(
            f"str.{name}_{place}", f".{name}[{place}]", (STR, STR), STR, _part(name, place),
            constant=(1,), accepts=_filled(1) if name == "partition" else _splits_right, propagates=False,
        )
        for name in ("partition", "rpartition") for place in range(3)
    ),
    Primitive(
        "str.rfind", ".rfind", (STR, STR), INT, lambda s, t: s.rfind(t), constant=(1,), accepts=_filled(1),
        propagates=False,
    ),
    Primitive("str.words", ".split", (STR,), _LIST, lambda s: s.split()),
    Primitive(
        "str.join", ".join", (STR, _LIST), STR, lambda s, parts: s.join(parts),
        failures=(Failure("none_item", 1, ("", [None]), speaks=False),),
    ),
    Primitive("str.zfill", ".zfill", (STR, INT), STR, lambda s, n: s.zfill(n), constant=(1,), accepts=_padding),
    Primitive("str.rjust", ".rjust", (STR, INT), STR, lambda s, n: s.rjust(n), constant=(1,), accepts=_padding),
    Primitive("str.ljust", ".ljust", (STR, INT), STR, lambda s, n: s.ljust(n), constant=(1,), accepts=_padding),
    Primitive(
        "str.rjust_with", ".rjust", (STR, INT, STR), STR, lambda s, n, c: s.rjust(n, c),
        constant=(1, 2), accepts=_padding,
    ),
    Primitive(
        "str.ljust_with", ".ljust", (STR, INT, STR), STR, lambda s, n, c: s.ljust(n, c),
        constant=(1, 2), accepts=_padding,
    ),
    Primitive("str.center", ".center", (STR, INT), STR, lambda s, n: s.center(n), constant=(1,), accepts=_padding),
    Primitive(
        "str.center_with", ".center", (STR, INT, STR), STR, lambda s, n, c: s.center(n, c),
        constant=(1, 2), accepts=_padding,
    ),
    _test("str.isdecimal", ".isdecimal", lambda s: s.isdecimal()),
    _test("str.isdigit", ".isdigit", lambda s: s.isdigit()),
    _test("str.isalnum", ".isalnum", lambda s: s.isalnum()),
    _test("str.isascii", ".isascii", lambda s: s.isascii()),
    _test("str.isalpha", ".isalpha", lambda s: s.isalpha()),
    _test("str.isspace", ".isspace", lambda s: s.isspace()),
    _test("str.isupper", ".isupper", lambda s: s.isupper()),
    _test("str.islower", ".islower", lambda s: s.islower()),
    # For `failures` alone: whether float(s) or date.fromisoformat(s) raises, and whether SQL parses it.
    Primitive("str.is_float_text", "", (STR,), BOOL, lambda s: _fits(float, s)),
    Primitive(
        "str.is_plain_float_text", "", (STR,), BOOL, lambda s: _PLAIN_FLOAT.fullmatch(s.strip()) is not None,
        propagates=False,
    ),
    Primitive("str.is_date_text", "", (STR,), BOOL, lambda s: _fits(datetime.date.fromisoformat, s)),
    Primitive(
        "str.is_plain_date_text", "", (STR,), BOOL,
        lambda s: _PLAIN_DATE.fullmatch(s) is not None and _fits(datetime.date.fromisoformat, s), propagates=False,
    ),
    # Likewise: whether int(s) raises, and whether SQL parses it.
    Primitive("str.is_int_text", "", (STR,), BOOL, lambda s: _parses(s)),
    Primitive(
        "str.is_bigint_text", "", (STR,), BOOL,
        lambda s: _parses(s) and s.strip().isascii() and -(2**63) <= int(s) < 2**63, propagates=False,
    ),
)  # fmt: skip


def _parses(text: str) -> bool:
    return _fits(int, text)


def _fits(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
