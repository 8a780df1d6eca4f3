"""SQL of the operations on numbers: what Flink does differently is put right here, exactly.

int.mod(a, b)  →  MOD(a, b) + CASE WHEN MOD(a, b) <> 0 AND (MOD(a, b) < 0) <> (b < 0) THEN b ELSE 0 END
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from sqlglot import exp

from compiler import digits, dtypes, flink_sql, ir, ranges
from compiler.flink_sql import Template, again, big, call, case, cast, double, number, op, plain
from compiler.operations import numbers


def integer(prim: ir.Prim, place: int) -> int:
    """Return a constant operand."""
    one = prim.args[place]
    assert isinstance(one, ir.Const)
    return int(one.value or 0)


# ---------------------------------------------------------------- int


def arithmetic(sign: str) -> Template:
    """Return `a sign b`."""

    def build(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        left, right = args
        return op(flink_sql.bare(left, right), sign, flink_sql.bare(right, left))

    return build


def _truediv(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # A DOUBLE holds ints up to 2**53. Longer ones are divided with more digits than a float has; one bit more says
    # whether there is a rest, so that the last rounding, which the cast does, is the only one.
    a, b = args[0], flink_sql.bare(args[1], args[0])
    near = op(cast(a, dtypes.FLOAT), "/", b)
    first, second = (ranges.bounds(one) for one in prim.args)
    if numbers.is_short(first) and numbers.is_short(second):
        return near
    if second[0] == second[1] and second[0].bit_count() == 1:
        return near  # halving is exact
    short = op(call("ABS", again(a)), "<=", number(2**53))
    if numbers.is_divisor(second):
        return case((short, near), default=_divided(a, args[1], 32))
    both = flink_sql.all_of(short, op(call("ABS", again(b)), "<=", number(2**53)))
    simple = flink_sql.any_of(both, op(again(a), "=", number(0)))
    large = op(call("ABS", again(near)), ">=", double(2.0**40))
    return case((simple, near), (large, _divided(a, args[1], 32)), default=_divided(a, args[1], 62))


def _divided(a: exp.Expression, b: exp.Expression, shift: int) -> exp.Expression:
    """Return a / b where a quotient of ints, a moved by so many bits, has more bits than a float."""
    moved = op(_long(a), "*", number(2**shift))
    rest = call("MOD", moved, _long(b))
    twice = op(op(op(again(moved), "-", again(rest)), "/", _long(b)), "*", number(2))
    sticky = op(call("SIGN", again(rest)), "*", call("SIGN", _long(b)))
    return op(cast(op(twice, "+", sticky), dtypes.FLOAT), "/", double(2.0 ** (shift + 1)))


def _long(tree: exp.Expression) -> exp.Expression:
    return cast(flink_sql.bare(again(tree), exp.Null()), dtypes.WHOLE)


def floordiv(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    """Return a // b, rounded down."""
    # Flink truncates: -7 / 2 is -3.
    a, b = args[0], flink_sql.bare(args[1], args[0])
    return op(op(again(a), "/", again(b)), "-", case((crosses(prim, a, b), number(1)), default=number(0)))


def _mod(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # Flink's sign follows the dividend: MOD(-7, 2) is -1.
    a, b = args[0], flink_sql.bare(args[1], args[0])
    rest = call("MOD", again(a), again(b))
    return op(rest, "+", case((crosses(prim, a, b), again(b)), default=number(0)))


def crosses(prim: ir.Prim, a: exp.Expression, b: exp.Expression) -> exp.Expression:
    """Tell whether a quotient with a rest lies below zero."""
    rest = call("MOD", again(a), again(b))
    divisor = prim.args[1]
    if isinstance(divisor, ir.Const) and isinstance(divisor.value, int) and divisor.value > 0:
        return op(rest, "<", number(0))
    signs = op(op(again(rest), "<", number(0)), "<>", op(again(b), "<", number(0)))
    return flink_sql.all_of(op(rest, "<>", number(0)), signs)


def _pow(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # POWER is DOUBLE: 7 ** 20 would be off by one.
    power = integer(prim, 1)
    if power == 0:
        return flink_sql.bigint(1)
    tree = args[0]
    for _ in range(power - 1):
        tree = exp.Mul(
            this=tree if isinstance(tree, exp.Mul) else flink_sql.wrap(tree), expression=flink_sql.wrap(again(args[0]))
        )
    return tree


def _masked(a: exp.Expression, bits: int) -> exp.Expression:
    # Flink has no bit operators; a mask of low bits is a remainder, a single bit a quotient's last one.
    if bits & (bits + 1) == 0:
        return _rest(a, bits + 1) if bits else flink_sql.bigint(0)
    terms = [1 << place for place in range(bits.bit_length()) if bits >> place & 1]
    parts = [op(_rest(_quotient(a, one), 2), "*", number(one)) if one > 1 else _rest(a, 2) for one in terms]
    tree = parts[0]
    for part in parts[1:]:
        tree = exp.Add(this=tree, expression=part)
    return tree


def _rest(a: exp.Expression, divisor: int) -> exp.Expression:
    rest = call("MOD", again(a), number(divisor))
    return op(rest, "+", case((op(again(rest), "<", number(0)), number(divisor)), default=number(0)))


def _quotient(a: exp.Expression, divisor: int) -> exp.Expression:
    below = op(call("MOD", again(a), number(divisor)), "<", number(0))
    return op(op(again(a), "/", number(divisor)), "-", case((below, number(1)), default=number(0)))


def _and(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return _masked(args[0], integer(prim, 1))


def _or(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    bits = integer(prim, 1)
    return op(op(args[0], "+", number(bits)), "-", flink_sql.wrap(_masked(args[0], bits)))


def _xor(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    bits = integer(prim, 1)
    twice = op(flink_sql.wrap(_masked(args[0], bits)), "*", number(2))
    return op(op(args[0], "+", number(bits)), "-", twice)


def _lshift(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return op(args[0], "*", number(1 << integer(prim, 1)))


def _rshift(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    shift = integer(prim, 1)
    return _quotient(args[0], 1 << shift) if shift else args[0]


# ---------------------------------------------------------------- float


def scaled(x: exp.Expression, places: int) -> exp.Expression:
    """Return round-half-even(ABS(x) * 10**places) as a DOUBLE, exactly.

    ROUND is half up on the decimal text (2.675 → 2.68). Here the product and its rounding error are both kept
    (Dekker's two-product), so the tie is decided on the float's true value. Exact below `numbers.rounding_limit`.
    """
    scale = 2 * 10**places
    q = call("ABS", x)
    p = op(q, "*", double(scale))
    half = op(again(p), "/", double(2))
    k = call("FLOOR", again(half))
    fraction = op(again(half), "-", again(k))
    split = op(double(134217729), "*", again(q))
    high = flink_sql.wrap(op(again(split), "-", op(again(split), "-", again(q))))
    low = op(again(q), "-", again(high))
    error = op(op(op(again(high), "*", double(scale)), "-", again(p)), "+", op(low, "*", double(scale)))
    odd = op(call("MOD", big(again(k)), number(2)), "=", number(1))
    tie = flink_sql.any_of(op(again(error), ">", double(0)), flink_sql.all_of(op(again(error), "=", double(0)), odd))
    up = flink_sql.any_of(
        op(again(fraction), ">", double(0.5)), flink_sql.all_of(op(again(fraction), "=", double(0.5)), tie)
    )
    return op(k, "+", case((up, double(1)), default=double(0)))


def is_whole(x: exp.Expression) -> exp.Expression:
    """Tell whether a float is so large that it is a whole number."""
    return op(call("ABS", again(x)), ">=", double(numbers.WHOLE))


def _sqrt(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # SQRT is a power of 0.5: of -0.0 it is 0.0.
    return case((op(again(args[0]), "=", double(0)), again(args[0])), default=call("SQRT", args[0]))


def _round(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    rounded = big(op(call("SIGN", args[0]), "*", scaled(again(args[0]), 0)))
    if ranges.magnitude(prim.args[0]) < numbers.WHOLE:
        return rounded
    return case((is_whole(args[0]), big(again(args[0]))), default=rounded)


def _round_to(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    places = integer(prim, 1)
    rounded = op(op(call("SIGN", args[0]), "*", scaled(again(args[0]), places)), "/", double(10**places))
    if ranges.magnitude(prim.args[0]) < numbers.WHOLE:
        return rounded
    return case((is_whole(args[0]), again(args[0])), default=rounded)


def _least(sign: str) -> Template:
    def build(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        first, second = args
        return case((op(again(second), sign, again(first)), second), default=first)

    return build


# ---------------------------------------------------------------- Decimal


def narrow(x: exp.Expression, precision: int, scale: int) -> exp.Expression:
    """Return x as DECIMAL(precision, scale)."""
    return cast(x, flink_sql.decimal_type(precision, scale))


def _sum(sign: str) -> Template:
    # DECIMAL(38, 18) + DECIMAL(38, 18) is DECIMAL(38, 17): one digit narrower, the result keeps all 18.
    return lambda _, args: op(narrow(args[0], 37, 18), sign, narrow(args[1], 37, 18))


def _product(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # DECIMAL(38, 18) * BIGINT would keep 6 places: DECIMAL(27, 18) * DECIMAL(10, 0) is DECIMAL(38, 18).
    first, second = (digits.share(prim, place, ranges.bounds) for place in (0, 1))
    left, right = (
        narrow(tree, one.before + one.after, one.after) for tree, one in zip(args[:2], (first, second), strict=True)
    )
    return op(left, "*", right)


def _has_more(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # Of two DECIMALs Flink compares with the fewer places: the second has to have all of them again.
    return op(again(args[0]), "<>", cast(narrow(args[0], 38, integer(prim, 1)), dtypes.DECIMAL))


def half_even(x: exp.Expression, places: int) -> exp.Expression:
    """Return a DECIMAL rounded half to even, as DECIMAL(38, 18): ROUND is half up."""
    step = flink_sql.exact(Decimal(2).scaleb(-places))
    tie = op(call("ABS", call("MOD", again(x), step)), "=", flink_sql.exact(Decimal(5).scaleb(-places - 1)))
    down = call("TRUNCATE", again(x), number(places))
    return cast(case((tie, down), default=call("ROUND", again(x), number(places))), dtypes.DECIMAL)


def _quantum(prim: ir.Prim) -> int:
    quantum = prim.args[1]
    assert isinstance(quantum, ir.Const)
    assert isinstance(quantum.value, Decimal)
    exponent = quantum.value.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def _half_up(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return cast(narrow(args[0], 38, _quantum(prim)), dtypes.DECIMAL)


def _cut(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return cast(call("TRUNCATE", args[0], number(_quantum(prim))), dtypes.DECIMAL)


def _up(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return _moved(prim, args, (">", "+"), ("<", "-"))


def _floor(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return _moved(prim, args, ("<", "-"))


def _ceiling(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return _moved(prim, args, (">", "+"))


def _moved(prim: ir.Prim, args: list[exp.Expression], *ways: tuple[str, str]) -> exp.Expression:
    """Return x cut off, and one step further where x lies on that side of it."""
    cut = _cut(prim, args)
    step = narrow(flink_sql.exact(Decimal(1).scaleb(-_quantum(prim))), 37, 18)
    return case(
        *((op(again(args[0]), side, again(cut)), op(narrow(again(cut), 37, 18), sign, step)) for side, sign in ways),
        default=cut,
    )


def _half_down(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    half = flink_sql.exact(Decimal(5).scaleb(-_quantum(prim) - 1))
    step = flink_sql.exact(Decimal(1).scaleb(-_quantum(prim)))
    tie = op(call("ABS", call("MOD", again(args[0]), step)), "=", half)
    return case((tie, _cut(prim, [again(args[0])])), default=_half_up(prim, args))


# ---------------------------------------------------------------- text


def _int_of_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # TRY_CAST alone takes '12.5' for 12; `failures` tests the pattern first.
    stripped = call("BTRIM", args[0], flink_sql.string(flink_sql.SPACES))
    return flink_sql.try_cast(call("REPLACE", stripped, flink_sql.string("_"), flink_sql.string("")), dtypes.INT)


def _float_of_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # TRY_CAST alone takes '1.5f'; `failures` tests the pattern first.
    return flink_sql.try_cast(call("BTRIM", args[0], flink_sql.string(flink_sql.SPACES)), dtypes.FLOAT)


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "int.add": arithmetic("+"),
        "int.sub": arithmetic("-"),
        "int.mul": arithmetic("*"),
        "int.truediv": _truediv,
        "int.floordiv": floordiv,
        "int.mod": _mod,
        "int.pow": _pow,
        "int.and": _and,
        "int.or": _or,
        "int.xor": _xor,
        "int.lshift": _lshift,
        "int.rshift": _rshift,
        "int.mean": _truediv,
        "float.mean": _truediv,
        "int.neg": lambda _, args: flink_sql.neg(args[0]),
        "int.pos": lambda _, args: args[0],
        "int.abs": plain("ABS"),
        "int.round": lambda _, args: args[0],
        "int.round_to": lambda _, args: args[0],
        "int.int": lambda _, args: args[0],
        "int.float": lambda _, args: cast(args[0], dtypes.FLOAT),
        "int.decimal": lambda _, args: cast(args[0], dtypes.DECIMAL),
        "int.floor": lambda _, args: args[0],
        "int.ceil": lambda _, args: args[0],
        "int.trunc": lambda _, args: args[0],
        "int.min": plain("LEAST"),
        "int.max": plain("GREATEST"),
        "bool.int": lambda _, args: big(args[0]),
        "bool.xor": lambda _, args: op(args[0], "<>", args[1]),
        "bool.and": lambda _, args: flink_sql.all_of(*args),
        "bool.or": lambda _, args: flink_sql.any_of(*args),
        "float.add": arithmetic("+"),
        "float.sub": arithmetic("-"),
        "float.mul": arithmetic("*"),
        "float.truediv": arithmetic("/"),
        "float.floor_one": lambda _, args: call("FLOOR", args[0]),
        "float.mod_one": lambda _, args: op(args[0], "-", call("FLOOR", again(args[0]))),
        "float.radians": plain("RADIANS"),
        "float.degrees": plain("DEGREES"),
        "float.neg": lambda _, args: flink_sql.neg(args[0]),
        "float.pos": lambda _, args: args[0],
        "float.abs": plain("ABS"),
        "float.fabs": plain("ABS"),
        "float.float": lambda _, args: args[0],
        "float.round": _round,
        "float.round_to": _round_to,
        "float.int": lambda _, args: big(args[0]),
        "float.trunc": lambda _, args: big(args[0]),
        "float.floor": lambda _, args: big(call("FLOOR", args[0])),
        "float.ceil": lambda _, args: big(call("CEIL", args[0])),
        "float.sqrt": _sqrt,
        "float.min": _least("<"),
        "float.max": _least(">"),
        "decimal.add": _sum("+"),
        "decimal.sub": _sum("-"),
        **dict.fromkeys(digits.PRODUCTS, _product),
        "decimal.has_more": _has_more,
        "decimal.neg": lambda _, args: flink_sql.neg(args[0]),
        "decimal.pos": lambda _, args: args[0],
        "decimal.abs": plain("ABS"),
        "decimal.decimal": lambda _, args: args[0],
        "decimal.float": lambda _, args: cast(args[0], dtypes.FLOAT),
        "decimal.int": lambda _, args: big(args[0]),
        "decimal.round": lambda _, args: big(half_even(args[0], 0)),
        "decimal.round_to": lambda prim, args: half_even(args[0], integer(prim, 1)),
        "decimal.quantize": lambda prim, args: half_even(args[0], _quantum(prim)),
        "decimal.quantize_half_up": _half_up,
        "decimal.quantize_half_down": _half_down,
        "decimal.quantize_down": _cut,
        "decimal.quantize_up": _up,
        "decimal.quantize_floor": _floor,
        "decimal.quantize_ceiling": _ceiling,
        "decimal.min": plain("LEAST"),
        "decimal.max": plain("GREATEST"),
        "str.int": _int_of_text,
        "str.float": _float_of_text,
    }
)
