"""Operations on int, float, Decimal and bool that SQL says exactly.

Ints of columns have 64 bits; where a result may be longer, `ranges` puts an operation of `wholes` in its place.
Decimals have 19 digits before the point and 18 after it, and keep 38 where Python's default context would round to 28.
Not here, since a few values in ten thousand differ in the last bit: float ** n (x * x too), exp, log, sin.

    `total // 3`  →  Prim("int.floordiv", (total, Const(3)), INT), which raises where the divisor is 0
"""

from __future__ import annotations

import decimal
import math
import operator
from typing import Any

from compiler import ir
from compiler.dtypes import BOOL, DECIMAL, FLOAT, INT, STR
from compiler.operation import Failure, Primitive

MAX_ROUND_DIGITS = 7
"""Digits up to which the error-free rounding of `sql_numbers` is exact."""

ROUNDED = Failure("rounding_range", 0, reason="the float is outside the range that SQL rounds exactly")
"""What rounding a float fails with, where Python would not."""

_WHOLE = "the float is outside 64 bits"
_PRODUCT = "the Decimal is outside the range that SQL multiplies exactly"


_DIVIDED = Failure("division_range", 0, reason="the ints are outside the range that SQL divides exactly")


LONGEST_QUOTIENT = 10**22
LEAST_QUOTIENT = 2.0**-6
LONGEST_DIVIDEND = 2**64
LONGEST_OVER_SHORT = 2**94
"""Between these SQL divides ints exactly, if one of them is longer than a float holds (`sql_numbers`)."""


def is_short(bounds: tuple[int, int]) -> bool:
    """Tell whether a float holds all ints between these."""
    return max(map(abs, bounds)) <= 2**53


def is_divisor(bounds: tuple[int, int]) -> bool:
    """Tell whether an int that no float holds, divided by any of these, has 22 bits before the point."""
    return max(map(abs, bounds)) <= 2**31


WHOLE = 2.0**53
"""From here on floats are whole numbers: rounded, they are what they were."""


def rounding_limit(digits: int) -> float:
    """Return the bound of |x| below which SQL rounds x to so many digits exactly, if x is less than `WHOLE`."""
    return float(2**52 // (2 * 10**digits))


def _digits(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 0 < last.value <= MAX_ROUND_DIGITS


def _any_digits(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and last.value >= 0


def small_power(args: tuple[ir.Expr, ...]) -> bool:
    """Accept a constant power that is a few factors."""
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 1 <= last.value <= 16


def _bits(args: tuple[ir.Expr, ...]) -> bool:
    """Accept a constant of few bits: each is a term, but those of a mask such as 7."""
    last = args[-1]
    return (
        isinstance(last, ir.Const)
        and isinstance(last.value, int)
        and 0 <= last.value < 2**62
        and (last.value.bit_count() <= 4 or last.value & (last.value + 1) == 0)
    )


def small_shift(args: tuple[ir.Expr, ...]) -> bool:
    """Accept a constant shift within 64 bits."""
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 0 <= last.value < 62


def _mean(total: int, count: int) -> int | float:
    """Divide as `statistics.mean` of ints does: to an int where it is one."""
    return total / count if total % count else total // count


def _one(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and last.value == 1


def _quantum(args: tuple[ir.Expr, ...]) -> bool:
    last = args[1]
    return (
        isinstance(last, ir.Const)
        and isinstance(last.value, decimal.Decimal)
        and last.value.as_tuple().digits == (1,)
        and last.value.as_tuple().exponent in range(-8, 1)
    )


def _places(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 0 < last.value <= 9


ROUNDINGS = (
    decimal.ROUND_HALF_UP, decimal.ROUND_HALF_DOWN, decimal.ROUND_DOWN, decimal.ROUND_UP, decimal.ROUND_FLOOR,
    decimal.ROUND_CEILING,
)  # fmt: skip
"""Ways to quantize, beside half to even."""


def _quantize(rounding: str) -> Any:  # Any: a callable on Decimals
    return lambda x, quantum, *_: x.quantize(quantum, rounding)


def _product(one: Any, other: Any, *_: int) -> Any:  # Any: a Decimal or an int, or None
    # What follows the factors is how SQL shares out its digits among them (`digits`).
    return one * other


_ROOMY = decimal.Context(prec=80)


def _has_more(x: decimal.Decimal, places: int) -> bool:
    return x != x.quantize(decimal.Decimal(1).scaleb(-places), context=_ROOMY)


def _ints() -> tuple[Primitive, ...]:
    two = (INT, INT)
    zero = (Failure("zero", 1, (1, 0)),)
    return (
        Primitive("int.add", "+", two, INT, operator.add),
        Primitive("int.sub", "-", two, INT, operator.sub),
        Primitive("int.mul", "*", two, INT, operator.mul),
        Primitive("int.truediv", "/", two, FLOAT, operator.truediv, failures=(*zero, _DIVIDED)),
        Primitive("int.floordiv", "//", two, INT, operator.floordiv, failures=zero),
        Primitive("int.mod", "%", two, INT, operator.mod, failures=zero),
        Primitive("int.pow", "**", two, INT, operator.pow, constant=(1,), accepts=small_power),
        Primitive("int.and", "&", two, INT, operator.and_, constant=(1,), accepts=_bits, propagates=False),
        Primitive("int.or", "|", two, INT, operator.or_, constant=(1,), accepts=_bits),
        Primitive("int.xor", "^", two, INT, operator.xor, constant=(1,), accepts=_bits),
        Primitive("int.lshift", "<<", two, INT, operator.lshift, constant=(1,), accepts=small_shift),
        Primitive("int.rshift", ">>", two, INT, operator.rshift, constant=(1,), accepts=small_shift),
        Primitive("int.mean", "", two, FLOAT, _mean, failures=(*zero, _DIVIDED)),
        Primitive("float.mean", "", two, FLOAT, operator.truediv, failures=(*zero, _DIVIDED)),
        Primitive("int.neg", "unary -", (INT,), INT, operator.neg),
        Primitive("int.pos", "unary +", (INT,), INT, operator.pos),
        Primitive("int.abs", "abs", (INT,), INT, abs),
        Primitive("int.round", "round", (INT,), INT, round),
        Primitive("int.round_to", "round", two, INT, round, constant=(1,), accepts=_any_digits),
        Primitive("int.int", "int", (INT,), INT, int),
        Primitive("int.float", "float", (INT,), FLOAT, float),
        Primitive("int.decimal", "decimal.Decimal", (INT,), DECIMAL, decimal.Decimal),
        Primitive("int.floor", "math.floor", (INT,), INT, math.floor),
        Primitive("int.ceil", "math.ceil", (INT,), INT, math.ceil),
        Primitive("int.trunc", "math.trunc", (INT,), INT, math.trunc),
        Primitive("int.min", "min", two, INT, min, variadic=True, propagates=False),
        Primitive("int.max", "max", two, INT, max, variadic=True, propagates=False),
        Primitive("bool.int", "int", (BOOL,), INT, int),
        Primitive("bool.xor", "^", (BOOL, BOOL), BOOL, operator.xor),
        Primitive("bool.and", "&", (BOOL, BOOL), BOOL, operator.and_, propagates=False),
        Primitive("bool.or", "|", (BOOL, BOOL), BOOL, operator.or_, propagates=False),
    )


def _floats() -> tuple[Primitive, ...]:
    two = (FLOAT, FLOAT)
    whole = (Failure("whole_range", 0, reason=_WHOLE),)
    return (
        Primitive("float.add", "+", two, FLOAT, operator.add),
        Primitive("float.sub", "-", two, FLOAT, operator.sub),
        Primitive("float.mul", "*", two, FLOAT, operator.mul),
        Primitive("float.truediv", "/", two, FLOAT, operator.truediv, failures=(Failure("zero", 1, (1.0, 0.0)),)),
        Primitive("float.floor_one", "//", (FLOAT, INT), FLOAT, operator.floordiv, constant=(1,), accepts=_one),
        Primitive("float.mod_one", "%", (FLOAT, INT), FLOAT, operator.mod, constant=(1,), accepts=_one),
        Primitive("float.neg", "unary -", (FLOAT,), FLOAT, operator.neg),
        Primitive("float.pos", "unary +", (FLOAT,), FLOAT, operator.pos),
        Primitive("float.abs", "abs", (FLOAT,), FLOAT, abs),
        Primitive("float.float", "float", (FLOAT,), FLOAT, float),
        Primitive("float.round", "round", (FLOAT,), INT, round, failures=(ROUNDED,)),
        Primitive(
            "float.round_to", "round", (FLOAT, INT), FLOAT, round,
            failures=(ROUNDED,), constant=(1,), accepts=_digits,
        ),
        Primitive("float.int", "int", (FLOAT,), INT, int, failures=whole),
        Primitive("float.floor", "math.floor", (FLOAT,), INT, math.floor, failures=whole),
        Primitive("float.ceil", "math.ceil", (FLOAT,), INT, math.ceil, failures=whole),
        Primitive("float.trunc", "math.trunc", (FLOAT,), INT, math.trunc, failures=whole),
        Primitive("float.sqrt", "math.sqrt", (FLOAT,), FLOAT, math.sqrt, failures=(Failure("negative", 0, (-1.0,)),)),
        Primitive("float.radians", "math.radians", (FLOAT,), FLOAT, math.radians),
        Primitive("float.degrees", "math.degrees", (FLOAT,), FLOAT, math.degrees),
        Primitive("float.fabs", "math.fabs", (FLOAT,), FLOAT, math.fabs),
        Primitive("float.min", "min", two, FLOAT, min, propagates=False),
        Primitive("float.max", "max", two, FLOAT, max, propagates=False),
    )  # fmt: skip


def _decimals() -> tuple[Primitive, ...]:
    two = (DECIMAL, DECIMAL)
    factors = (Failure("first_factor", 0, reason=_PRODUCT), Failure("second_factor", 1, reason=_PRODUCT))
    whole = (Failure("whole_range", 0, reason="the Decimal is outside 64 bits"),)

    return (
        Primitive("decimal.add", "+", two, DECIMAL, operator.add),
        Primitive("decimal.sub", "-", two, DECIMAL, operator.sub),
        Primitive("decimal.mul_int", "*", (DECIMAL, INT), DECIMAL, _product, failures=factors),
        Primitive("int.mul_decimal", "*", (INT, DECIMAL), DECIMAL, _product, failures=factors),
        Primitive("decimal.mul", "*", two, DECIMAL, _product, failures=factors),
        Primitive("decimal.has_more", "", (DECIMAL, INT), BOOL, _has_more, constant=(1,)),
        Primitive("decimal.neg", "unary -", (DECIMAL,), DECIMAL, operator.neg),
        Primitive("decimal.pos", "unary +", (DECIMAL,), DECIMAL, operator.pos),
        Primitive("decimal.abs", "abs", (DECIMAL,), DECIMAL, abs),
        Primitive("decimal.decimal", "decimal.Decimal", (DECIMAL,), DECIMAL, decimal.Decimal),
        Primitive("decimal.float", "float", (DECIMAL,), FLOAT, float),
        Primitive("decimal.int", "int", (DECIMAL,), INT, int, failures=whole),
        Primitive("decimal.round", "round", (DECIMAL,), INT, round, failures=whole),
        Primitive("decimal.round_to", "round", (DECIMAL, INT), DECIMAL, round, constant=(1,), accepts=_places),
        Primitive(
            "decimal.quantize", ".quantize", two, DECIMAL, _quantize(decimal.ROUND_HALF_EVEN),
            constant=(1,), accepts=_quantum,
        ),
        *(
            Primitive(
                f"decimal.quantize_{rounding.removeprefix('ROUND_').lower()}", f".quantize {rounding}", two, DECIMAL,
                _quantize(rounding), constant=(1,), accepts=_quantum,
            )
            for rounding in ROUNDINGS
        ),
        Primitive("decimal.min", "min", two, DECIMAL, min, variadic=True, propagates=False),
        Primitive("decimal.max", "max", two, DECIMAL, max, variadic=True, propagates=False),
    )  # fmt: skip


_NOT_AN_INT = (
    Failure("not_int_text", 0, ("x",), speaks=False),
    Failure("not_bigint_text", 0, reason="the text is not a 64-bit int in ASCII digits"),
)


_NOT_A_FLOAT = (
    Failure("not_float_text", 0, ("x",), speaks=False),
    Failure("not_plain_float_text", 0, reason="the text is not a float in ASCII digits"),
)


def _parsed() -> tuple[Primitive, ...]:
    return (
        Primitive("str.int", "int", (STR,), INT, int, failures=_NOT_AN_INT),
        Primitive("str.float", "float", (STR,), FLOAT, float, failures=_NOT_A_FLOAT),
    )


ROWS: tuple[Primitive, ...] = (*_ints(), *_floats(), *_decimals(), *_parsed())
