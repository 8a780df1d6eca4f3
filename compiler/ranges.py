"""Whole numbers as long as Python's: where an int may have more than 64 bits, SQL counts with 38 digits instead.

    a * b // 100   →  whole.int(whole.floordiv(whole.mul(a, b), 100))     what a field shows has to fit 64 bits again
    a * b > c      →  gt(whole.mul(a, b), c)                              what is only compared does not
    count + 1      →  int.add(count, 1)                                   nothing has so many rows

From what is known of the operands follows between which numbers a result lies; nothing is paid where that is within
64 bits. `docs/decisions/numbers.md` is the rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from compiler import digits, dtypes, ir, primitives

Bounds = tuple[int, int]

_FIT: Bounds = (-(2**63), 2**63 - 1)
_LONG: Bounds = (1 - 10**38, 10**38 - 1)
_ROWS: Bounds = (0, 2**31 - 1)
_ADDEND = 10**28 - 1
"""So long may what is added up be: ten thousand million of them have 38 digits."""
_QUOTIENT = 10**31
"""So long may a quotient be: SQL divides with six digits after the point, of the 38 that there are."""


def fitted(expr: ir.Expr) -> ir.Expr:
    """Return the expression with ints of 64 bits as its values, which raises where one would be longer."""
    match expr:
        case ir.MakeRecord(fields):
            return replace(expr, fields=tuple((name, fitted(value)) for name, value in fields))
        case ir.MakePair(items) | ir.MakeList(items):
            return replace(expr, items=tuple(map(fitted, items)))
        case ir.Prim("whole.kept" | "whole.addend"):
            return widened(expr)
    return _shown(widened(expr))


def kept(expr: ir.Expr) -> ir.Expr:
    """Return an int as it is, be it longer than 64 bits: to be added up, or compared in an order."""
    made = widened(expr)
    return ir.Prim("whole.kept", (made,), made.type, expr.span) if _is_whole(made.type) else expr


def widened(expr: ir.Expr) -> ir.Expr:
    """Return the expression with all the digits that it needs on the way; its own type may be `whole` then."""
    match expr:
        case ir.Prim():
            return _primitive(replace(expr, args=tuple(map(widened, expr.args))))
        case ir.If():
            then, orelse = _alike((widened(expr.then), widened(expr.orelse)))
            kind = _joined(expr.type, (then, orelse))
            return replace(expr, test=widened(expr.test), then=then, orelse=orelse, type=kind)
        case ir.MakeRecord() | ir.MakePair() | ir.MakeList():
            return fitted(expr)
    return expr


def addend(head: ir.Expr) -> ir.Expr:
    """Return what a sum adds per element, so that no sum of them wraps; the head itself where 64 bits do."""
    made = widened(head)
    if not _is_int(made.type):
        return head
    low, high = bounds(made)
    if low * _ROWS[1] >= _FIT[0] and high * _ROWS[1] <= _FIT[1]:
        return head
    longer = _whole(made)
    if low >= -_ADDEND and high <= _ADDEND:
        return ir.Prim("whole.kept", (longer,), longer.type, head.span)
    return ir.Prim("whole.addend", (longer, _float(made)), longer.type, head.span)


def bounds(expr: ir.Expr) -> Bounds:
    """Return between which numbers an int lies."""
    match expr:
        case ir.Const(value):
            return (int(value), int(value)) if isinstance(value, int) else _LONG
        case ir.Column(counts=True):
            return _ROWS
        case ir.If(_, then, orelse):
            return _either((then, orelse))
        case ir.Prim("check" | "after", args):
            return bounds(args[-1])
        case ir.Prim("coalesce", args):
            return _either(args)
        case ir.Prim() if expr.op in _BOUNDS:
            return _within(_BOUNDS[expr.op](expr), _limits(expr.type))
    return _limits(expr.type)


def magnitude(expr: ir.Expr) -> float:
    """Return the most that a float may be, whatever its sign; inf where that is not known."""
    match expr:
        case ir.Const(float() as value):
            return abs(value)
        case ir.If(_, then, orelse):
            return max(map(magnitude, (then, orelse)))
        case ir.Prim("check" | "after", args):
            return magnitude(args[-1])
        case ir.Prim("int.truediv" | "int.mean" | "int.float", args):
            return float(max(map(abs, bounds(args[0]))))  # a divisor is at least 1
        case ir.Prim("float.mul", (left, right)):
            return magnitude(left) * magnitude(right)
    return math.inf


# ---------------------------------------------------------------- operations


def _primitive(prim: ir.Prim) -> ir.Expr:
    if prim.op in _COMPARED:
        return replace(prim, args=_comparable(prim.args))
    if prim.op == "coalesce":
        if not _is_int(prim.type):
            return prim  # made of what is only evaluated for what it raises, or of no ints
        args = _alike(prim.args)
        return replace(prim, args=args, type=_joined(prim.type, args))
    if prim.op in ("check", "after"):
        return replace(prim, type=_joined(prim.type, prim.args[-1:]))
    if prim.op in _ANY_LENGTH:
        return prim
    name = prim.op.removeprefix("int.")
    if prim.op.startswith("int.") and name in _LONGER:
        return _arithmetic(prim, name)
    if prim.op in _UNCHANGED and _is_whole(prim.args[0].type) and not dtypes.nullable(prim.args[0].type):
        return prim.args[0]
    made = replace(prim, args=_narrowed(prim))
    return digits.shared(made, bounds) if prim.op in digits.PRODUCTS else made


def _arithmetic(prim: ir.Prim, name: str) -> ir.Expr:
    low, high = _BOUNDS[prim.op](prim)
    longer = any(_is_whole(one.type) for one in prim.args)
    if _FIT[0] <= low and high <= _FIT[1] and not longer:
        return prim
    args = prim.args
    made: ir.Expr = replace(prim, op=f"whole.{name}", type=_lengthened(prim.type))
    if name == "floordiv" and not (low >= -_QUOTIENT and high <= _QUOTIENT):
        near = ir.Prim("float.truediv", (_float(args[0]), _float(args[1])), dtypes.FLOAT)
        made = ir.Prim("whole.divided", (made, near), made.type, prim.span)
    if low < _LONG[0] or high > _LONG[1]:
        made = ir.Prim("whole.held", (made, _approximate(name, args)), made.type, prim.span)
    if _FIT[0] <= low and high <= _FIT[1]:
        return ir.Prim("whole.fit", (made,), prim.type, prim.span)
    return made


def _approximate(op: str, args: tuple[ir.Expr, ...]) -> ir.Expr:
    """Return a float near the result, which tells how long it is."""
    first, second = _float(args[0]), _float(args[-1])
    if op == "lshift":
        return ir.Prim("float.mul", (first, ir.Const(2.0 ** _constant(args[1]), dtypes.FLOAT)), dtypes.FLOAT)
    if op == "pow":
        made = first
        for _ in range(_constant(args[1]) - 1):
            made = ir.Prim("float.mul", (made, first), dtypes.FLOAT)
        return made
    sign = op if op in ("add", "sub", "mul") else "add"
    return first if len(args) == 1 or sign != op else ir.Prim(f"float.{sign}", (first, second), dtypes.FLOAT)


def _shown(made: ir.Expr) -> ir.Expr:
    if isinstance(made, ir.Reduce) and made.op == "sum" and _is_int(made.type):
        return _checked(made, made.type)  # by the time that it is a column it may be longer
    if not _is_whole(made.type):
        return made
    if isinstance(made, ir.Raises) or made == ir.Const(None, made.type):
        return replace(made, type=dtypes.optional(dtypes.INT))
    kind = _shortened(made.type)
    match made:
        case ir.If(_, then, orelse):
            return replace(made, then=_shown(then), orelse=_shown(orelse), type=kind)
        case ir.Prim("whole.of", (one,)):
            return one
    low, high = bounds(made)
    if _FIT[0] <= low and high <= _FIT[1]:
        return ir.Prim("whole.fit", (made,), kind, made.span)
    match made:
        case ir.Prim("whole.divided", (ir.Prim() as inner, _)):
            return _shown(inner) if not any(_is_whole(one.type) for one in inner.args) else _checked(made, kind)
        case ir.Prim(op, args) if op.removeprefix("whole.") in _WITHIN and not any(_is_whole(one.type) for one in args):
            return replace(made, op=f"int.{op.removeprefix('whole.')}_within", type=kind)
    return _checked(made, kind)


def _checked(made: ir.Expr, kind: dtypes.Type) -> ir.Expr:
    return ir.Prim("whole.int", (made,), kind, made.span)


def _narrowed(prim: ir.Prim) -> tuple[ir.Expr, ...]:
    """Return the operands; one that has to be an int of 64 bits here raises where it is longer."""
    try:
        params = primitives.get(prim.op).params
    except KeyError:  # casts, JSON texts, calls
        params = ()
    found = []
    for place, one in enumerate(prim.args):
        param = params[min(place, len(params) - 1)] if params else None
        if not _is_whole(one.type) or param in (dtypes.WHOLE, dtypes.FLOAT):
            found.append(one)
            continue
        found.append(ir.Prim("whole.narrow", (one,), _shortened(one.type), one.span))
    return tuple(found)


def _comparable(args: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    if not any(_is_whole(one.type) for one in args):
        return args
    others = [one for one in args if not _is_whole(one.type)]
    if all(_is_int(one.type) or isinstance(one.type, dtypes.NoneType) for one in others):
        return tuple(one if isinstance(one, ir.Const) or not _is_int(one.type) else _whole(one) for one in args)
    return tuple(
        ir.Prim("whole.narrow", (one,), _shortened(one.type), one.span) if _is_whole(one.type) else one for one in args
    )


def _alike(args: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    if not any(_is_whole(one.type) for one in args):
        return args
    return tuple(_whole(one) if _is_int(one.type) else one for one in args)


def _joined(kind: dtypes.Type, args: tuple[ir.Expr, ...]) -> dtypes.Type:
    return _lengthened(kind) if any(_is_whole(one.type) for one in args) else kind


def _whole(one: ir.Expr) -> ir.Expr:
    if isinstance(one, ir.Raises) or one == ir.Const(None, one.type):
        return replace(one, type=_lengthened(one.type))
    return one if _is_whole(one.type) else ir.Prim("whole.of", (one,), _lengthened(one.type), one.span)


def _float(one: ir.Expr) -> ir.Expr:
    if isinstance(one, ir.Const):
        return ir.Const(float(_constant(one)), dtypes.FLOAT)
    return ir.Prim("whole.float", (one,), dtypes.FLOAT, one.span)


def _constant(one: ir.Expr) -> int:
    assert isinstance(one, ir.Const)
    assert isinstance(one.value, int)
    return int(one.value)


# ---------------------------------------------------------------- types


def _is_whole(kind: dtypes.Type) -> bool:
    return dtypes.required(kind) == dtypes.WHOLE


def _is_int(kind: dtypes.Type) -> bool:
    return dtypes.required(kind) in (dtypes.INT, dtypes.WHOLE)


def _lengthened(kind: dtypes.Type) -> dtypes.Type:
    return dtypes.optional(dtypes.WHOLE) if dtypes.nullable(kind) else dtypes.WHOLE


def _shortened(kind: dtypes.Type) -> dtypes.Type:
    return dtypes.optional(dtypes.INT) if dtypes.nullable(kind) else dtypes.INT


def _limits(kind: dtypes.Type) -> Bounds:
    required = dtypes.required(kind)
    return (0, 1) if required == dtypes.BOOL else _LONG if required == dtypes.WHOLE else _FIT


# ---------------------------------------------------------------- between which numbers a result lies


def _within(found: Bounds, limits: Bounds) -> Bounds:
    return max(found[0], limits[0]), min(found[1], limits[1])


def _either(args: tuple[ir.Expr, ...]) -> Bounds:
    every = [bounds(one) for one in args if not isinstance(one, ir.Raises) and one != ir.Const(None, one.type)]
    return min((low for low, _ in every), default=0), max((high for _, high in every), default=0)


def _of_ends(combine: Callable[[int, int], int]) -> Callable[[ir.Prim], Bounds]:
    """Return what gives the bounds of an operation that is monotonous in each operand."""

    def found(prim: ir.Prim) -> Bounds:
        left, right = (bounds(one) for one in prim.args)
        corners = [combine(a, b) for a in left for b in right]
        return min(corners), max(corners)

    return found


def _negative(prim: ir.Prim) -> Bounds:
    low, high = bounds(prim.args[0])
    return -high, -low


def _size(prim: ir.Prim) -> Bounds:
    low, high = bounds(prim.args[0])
    return (0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))


def _power(prim: ir.Prim) -> Bounds:
    (low, high), power = bounds(prim.args[0]), _constant(prim.args[1])
    most = max(abs(low), abs(high)) ** power
    return (low**power if power % 2 else 0), (high**power if power % 2 else most)


def _quotient(prim: ir.Prim) -> Bounds:
    (low, high), (least, most) = bounds(prim.args[0]), bounds(prim.args[1])
    divisors = {one for one in (least, most, -1, 1) if least <= one <= most and one != 0} or {1}
    corners = [one // divisor for one in (low, high) for divisor in divisors]
    return min(*corners, 0), max(*corners, 0)


def _rest(prim: ir.Prim) -> Bounds:
    least, most = bounds(prim.args[1])
    return min(0, least + 1), max(0, most - 1)


def _least(prim: ir.Prim) -> Bounds:
    every = [bounds(one) for one in prim.args]
    return min(low for low, _ in every), min(high for _, high in every)


def _most(prim: ir.Prim) -> Bounds:
    every = [bounds(one) for one in prim.args]
    return max(low for low, _ in every), max(high for _, high in every)


def _same(prim: ir.Prim) -> Bounds:
    return bounds(prim.args[0])


def _masked(prim: ir.Prim) -> Bounds:
    return 0, _constant(prim.args[1])


def _between(low: int, high: int) -> Callable[[ir.Prim], Bounds]:
    return lambda _: (low, high)


def _days(prim: ir.Prim) -> Bounds:
    most = 3_652_059 if isinstance(prim.args[0], ir.Prim) and prim.args[0].op in _APART else 999_999_999
    return -most, most


_APART = frozenset({"date.minus", "datetime.minus", "local_datetime.minus"})
_PARTS = {"year": 9999, "month": 12, "day": 31, "hour": 23, "minute": 59, "second": 59, "microsecond": 999_999}

_BOUNDS: MappingProxyType[str, Callable[[ir.Prim], Bounds]] = MappingProxyType(
    {
        **dict.fromkeys(("int.add", "whole.add", "int.add_within"), _of_ends(lambda a, b: a + b)),
        **dict.fromkeys(("int.sub", "whole.sub", "int.sub_within"), _of_ends(lambda a, b: a - b)),
        **dict.fromkeys(("int.mul", "whole.mul", "int.mul_within"), _of_ends(lambda a, b: a * b)),
        **dict.fromkeys(("int.lshift", "whole.lshift"), _of_ends(lambda a, b: a << max(b, 0))),
        **dict.fromkeys(("int.neg", "whole.neg", "int.neg_within"), _negative),
        **dict.fromkeys(("int.abs", "whole.abs", "int.abs_within"), _size),
        **dict.fromkeys(("int.pow", "whole.pow"), _power),
        **dict.fromkeys(("int.floordiv", "whole.floordiv", "int.floordiv_within"), _quotient),
        **dict.fromkeys(("int.mod", "whole.mod"), _rest),
        **dict.fromkeys(("int.min", "whole.min"), _least),
        **dict.fromkeys(("int.max", "whole.max"), _most),
        **dict.fromkeys(
            (
                "whole.of", "whole.kept", "whole.fit", "whole.int", "whole.narrow", "whole.held", "whole.addend",
                "whole.divided",
                "int.pos", "int.int", "int.round", "int.round_to", "int.floor", "int.ceil", "int.trunc",
            ),
            _same,
        ),
        "int.and": _masked,
        **dict.fromkeys(("bool.int", "int_of_bool"), _between(0, 1)),
        **dict.fromkeys(("str.len", "list.len", "dict.len"), _between(0, 2**31 - 1)),
        **dict.fromkeys(("str.find", "str.rfind", "str.count", "list.index"), _between(-1, 2**31 - 1)),
        **{
            f"{of}.{part}": _between(0, most)
            for of in ("date", "datetime", "local_datetime")
            for part, most in {**_PARTS, "weekday": 6, "isoweekday": 7, "iso_year": 9999, "iso_week": 53}.items()
        },
        "timedelta.days": _days,
        "timedelta.seconds": _between(0, 86_399),
        "timedelta.microseconds": _between(0, 999_999),
    }
)  # fmt: skip

_LONGER = frozenset({"add", "sub", "mul", "neg", "abs", "pow", "lshift", "floordiv", "mod", "min", "max"})
_WITHIN = frozenset({"add", "sub", "mul", "neg", "abs", "floordiv"})
_UNCHANGED = frozenset({"int.pos", "int.int", "int.round", "int.round_to", "int.floor", "int.ceil", "int.trunc"})
_COMPARED = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "in"})
_ANY_LENGTH = frozenset({"truth", "is_none", "not_none", "str", "int.float", "int.truediv", "int.mean"})
