"""Operations on str. Lengths and positions count code points, in SQL as in Python.

`user.name.strip().upper()`  →  Prim("str.upper", (Prim("str.strip", (name,), STR),), STR)
"""

from __future__ import annotations

import operator
from typing import Any

from compiler import dtypes, ir
from compiler.dtypes import BOOL, INT, STR
from compiler.operation import Failure, Primitive

_LIST = dtypes.ListOf(STR)


def _filled(place: int) -> Any:  # Any: the type of `accepts`
    """Accept only a constant, non-empty text in that place: SQL differs from Python for the empty one."""

    def accepts(args: tuple[ir.Expr, ...]) -> bool:
        one = args[place]
        return isinstance(one, ir.Const) and isinstance(one.value, str) and one.value != ""

    return accepts


def _repeats(place: int) -> Any:  # Any: the type of `accepts`
    """Accept only a constant, small count: a large one from the data would end the job."""

    def accepts(args: tuple[ir.Expr, ...]) -> bool:
        one = args[place]
        return isinstance(one, ir.Const) and isinstance(one.value, int) and one.value <= 1000

    return accepts


def _padding(args: tuple[ir.Expr, ...]) -> bool:
    width, *fill = args[1:]
    fits = isinstance(width, ir.Const) and isinstance(width.value, int) and 0 <= width.value <= 1000
    return fits and all(isinstance(one, ir.Const) and len(str(one.value)) == 1 for one in fill)


def constant_bounds(args: tuple[ir.Expr, ...]) -> bool:
    """Accept slices whose bounds are constants (None included) that fit an INT."""
    return all(
        isinstance(one, ir.Const) and (one.value is None or (isinstance(one.value, int) and abs(one.value) < 2**31 - 1))
        for one in args[1:]
    )


def _slice(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    bounds = all(isinstance(one, dtypes.NoneType) or one == INT for one in types[1:])
    return STR if len(types) == 3 and dtypes.required(types[0]) == STR and bounds else None


def _test(op: str, spelling: str, evaluate: Any) -> Primitive:  # Any: a callable on str
    return Primitive(op, spelling, (STR,), BOOL, evaluate)


ROWS: tuple[Primitive, ...] = (
    Primitive("str.add", "+", (STR, STR), STR, operator.add),
    Primitive("str.mul", "*", (STR, INT), STR, operator.mul, constant=(1,), accepts=_repeats(1)),
    Primitive("str.rmul", "*", (INT, STR), STR, operator.mul, constant=(0,), accepts=_repeats(0)),
    Primitive("str.len", "len", (STR,), INT, len),
    Primitive("str.contains", "in str", (STR, STR), BOOL, lambda part, whole: part in whole),
    Primitive(
        "str.item", "[]", (STR, INT), STR, operator.getitem,
        failures=(Failure("no_character", 1, ("", 0)),), constant=(1,), accepts=constant_bounds,
    ),
    Primitive(
        "str.slice", "[:]", (), STR, lambda s, start, stop: s[start:stop],
        constant=(1, 2), accepts=constant_bounds, applies=_slice,
    ),
    Primitive("str.reverse", "[::-1]", (STR,), STR, lambda s: s[::-1]),
    Primitive("str.min", "min", (STR, STR), STR, min, propagates=False),
    Primitive("str.max", "max", (STR, STR), STR, max, propagates=False),
    Primitive("str.upper", ".upper", (STR,), STR, lambda s: s.upper()),
    Primitive("str.lower", ".lower", (STR,), STR, lambda s: s.lower()),
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
    Primitive("str.words", ".split", (STR,), _LIST, lambda s: s.split()),
    Primitive("str.join", ".join", (STR, _LIST), STR, lambda s, parts: s.join(parts)),
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
    _test("str.isdecimal", ".isdecimal", lambda s: s.isdecimal()),
    _test("str.isdigit", ".isdigit", lambda s: s.isdigit()),
    _test("str.isalnum", ".isalnum", lambda s: s.isalnum()),
    _test("str.isascii", ".isascii", lambda s: s.isascii()),
    _test("str.isalpha", ".isalpha", lambda s: s.isalpha()),
    _test("str.isspace", ".isspace", lambda s: s.isspace()),
    _test("str.isupper", ".isupper", lambda s: s.isupper()),
    _test("str.islower", ".islower", lambda s: s.islower()),
    # For `failures` alone: whether int(s) raises, and whether SQL parses it.
    Primitive("str.is_int_text", "", (STR,), BOOL, lambda s: _parses(s)),
    Primitive(
        "str.is_bigint_text", "", (STR,), BOOL,
        lambda s: _parses(s) and s.strip().isascii() and -(2**63) <= int(s) < 2**63, propagates=False,
    ),
)  # fmt: skip


def _parses(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True
