"""How many digits a Decimal may have, and how those that SQL multiplies with are shared out among two factors.

    price * count              →  decimal.mul_int(price, count, 9, 18)    DECIMAL(27, 18) * DECIMAL(10, 0)
    price * Decimal("0.19")    →  decimal.mul(price, 0.19, 18, 16)        DECIMAL(34, 16) * DECIMAL(3, 2)

SQL keeps all digits of a product whose factors have 37 together, 18 of them after the point. What is known of a factor
leaves more to the other; a factor that may be longer than its share is tested before (`failures`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from compiler import dtypes, ir

BEFORE = 19
"""Digits before the point of the longest product."""
AFTER = 18
"""Digits after the point of the longest product."""


class Digits(NamedTuple):
    """How many digits a number has at most, before the point and after it."""

    before: int
    after: int


PRODUCTS = frozenset({"decimal.mul", "decimal.mul_int", "int.mul_decimal"})

Bounds = Callable[[ir.Expr], tuple[int, int]]
_COLUMN = Digits(20, 18)


def shared(prim: ir.Prim, bounds: Bounds) -> ir.Prim:
    """Return a multiplication with two more operands: the digits that SQL gives to its first factor."""
    if len(prim.args) > 2:
        return prim
    first, second = (of(one, bounds) for one in prim.args)
    # Of what both need, an int gets the larger half, as places after the point are the Decimal's alone.
    before = _share(first.before, second.before, BEFORE, (BEFORE + (prim.op == "int.mul_decimal")) // 2)
    after = _share(first.after, second.after, AFTER, AFTER // 2)
    return replace(prim, args=(*prim.args, ir.Const(before, dtypes.INT), ir.Const(after, dtypes.INT)))


def _share(first: int, second: int, every: int, half: int) -> int:
    """Return what the first gets: with the second's need met if it is small, else its own if that is, else its half."""
    if second <= every - half:
        return every - second
    return min(first, half)


def share(prim: ir.Prim, place: int, bounds: Bounds) -> Digits:
    """Return the digits that SQL gives to a factor of a product."""
    before, after = (int(one.value or 0) for one in shared(prim, bounds).args[2:] if isinstance(one, ir.Const))
    return Digits(before, after) if place == 0 else Digits(BEFORE - before, AFTER - after)


def of(expr: ir.Expr, bounds: Bounds) -> Digits:
    """Return how many digits a Decimal or an int has at most; `bounds` tells between which numbers an int lies."""
    kind = dtypes.required(expr.type)
    if kind in (dtypes.INT, dtypes.BOOL, dtypes.WHOLE):
        return Digits(max(len(str(abs(one))) for one in bounds(expr)), 0)
    match expr:
        case ir.Const(Decimal() as value):
            exponent = value.as_tuple().exponent
            return Digits(max(value.adjusted() + 1, 1), max(-exponent, 0)) if isinstance(exponent, int) else _COLUMN
        case ir.If(_, then, orelse):
            return _most((then, orelse), bounds)
        case ir.Prim("check" | "after", args):
            return of(args[-1], bounds)
        case ir.Prim("coalesce" | "decimal.min" | "decimal.max", args):
            return _most(args, bounds)
        case ir.Prim("decimal.neg" | "decimal.pos" | "decimal.abs" | "decimal.decimal" | "int.decimal", (one,)):
            return of(one, bounds)
        case ir.Prim("decimal.add" | "decimal.sub", args):
            longest = _most(args, bounds)
            return _column(Digits(longest.before + 1, longest.after))
        case ir.Prim(op, (left, right, *_)) if op in PRODUCTS:
            first, second = of(left, bounds), of(right, bounds)
            return Digits(min(first.before + second.before, BEFORE), min(first.after + second.after, AFTER))
    return _COLUMN


def _most(args: tuple[ir.Expr, ...], bounds: Bounds) -> Digits:
    every = [of(one, bounds) for one in args if not isinstance(one, ir.Raises) and one != ir.Const(None, one.type)]
    return Digits(max((one.before for one in every), default=1), max((one.after for one in every), default=0))


def _column(one: Digits) -> Digits:
    return Digits(min(one.before, _COLUMN.before), min(one.after, _COLUMN.after))
