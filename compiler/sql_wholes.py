"""SQL of whole numbers that may have more than 64 bits, and the tests whether a result has.

whole.mul(a, b)       →  CAST(a AS DECIMAL(38, 0)) * CAST(b AS DECIMAL(38, 0))
int.add_fits(a, 1)    →  a <= 9223372036854775806
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import dtypes, flink_sql, ir, sql_numbers
from compiler.flink_sql import Template, again, big, call, case, cast, double, number, op, plain

_LEAST, _MOST = -(2**63), 2**63 - 1


def short(tree: exp.Expression) -> exp.Expression:
    """Return an operand without the cast of an integer literal: what is beside it is longer."""
    inner = tree.this if isinstance(tree, exp.Cast) else tree
    literal = flink_sql.bare(inner, exp.Null())
    return literal if isinstance(literal, exp.Literal | exp.Neg) else tree


def _longer(sign: str) -> Template:
    def build(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        left, right = args
        return op(short(left), sign, right) if short(left) is not left else op(left, sign, short(right))

    return build


def _long_pow(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    tree: exp.Expression = args[0]
    for _ in range(sql_numbers.integer(prim, 1) - 1):
        tree = exp.Mul(this=tree, expression=again(args[0]))
    return tree


def _long_mod(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    a, b = args
    rest = call("MOD", again(a), again(b))
    return op(rest, "+", case((sql_numbers.crosses(prim, a, b), again(b)), default=number(0)))


def _long_floordiv(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # Without its rest a is a multiple of b, and the quotient exact; DECIMAL / DECIMAL has six digits after the point.
    a, b = args
    quotient = op(op(again(a), "-", _long_mod(prim, args)), "/", again(b))
    return cast(quotient, dtypes.WHOLE)


def _fits(tree: exp.Expression) -> exp.Expression:
    return exp.Between(this=flink_sql.wrap(tree), low=number(_LEAST), high=number(_MOST))


def _add_fits(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    left, right = prim.args
    if isinstance(left, ir.Const):
        return _moved_fits(args[1], sql_numbers.integer(prim, 0))
    if isinstance(right, ir.Const):
        return _moved_fits(args[0], sql_numbers.integer(prim, 1))
    a, b = args
    below = op(a, "<=", op(number(_MOST), "-", again(b)))
    above = op(again(a), ">=", op(number(_LEAST), "-", again(b)))
    return case((op(b, ">=", number(0)), below), default=above)


def _sub_fits(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    if isinstance(prim.args[1], ir.Const):
        return _moved_fits(args[0], -sql_numbers.integer(prim, 1))
    a, b = args
    above = op(a, ">=", op(number(_LEAST), "+", again(b)))
    below = op(again(a), "<=", op(number(_MOST), "+", again(b)))
    return case((op(b, ">=", number(0)), above), default=below)


def _moved_fits(a: exp.Expression, by: int) -> exp.Expression:
    return op(a, "<=", number(_MOST - by)) if by >= 0 else op(a, ">=", number(_LEAST - by))


def _mul_fits(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    for place in (0, 1):
        if isinstance(prim.args[place], ir.Const) and sql_numbers.integer(prim, place) != 0:
            factor = sql_numbers.integer(prim, place)
            low, high = -(2**63 // abs(factor)), _MOST // abs(factor)
            ends = (low, high) if factor > 0 else (-high, min(-low, _MOST))
            return exp.Between(this=flink_sql.wrap(args[1 - place]), low=number(ends[0]), high=number(ends[1]))
    a, b = args
    near = op(call("ABS", op(cast(a, dtypes.FLOAT), "*", b)), "<", double(9e18))
    return flink_sql.any_of(near, _fits(op(_as_long(a), "*", again(b))))


def _floordiv_fits(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    a, b = args
    return flink_sql.any_of(op(b, "<>", number(-1)), op(a, "<>", number(_LEAST)))


def _as_long(tree: exp.Expression) -> exp.Expression:
    return cast(again(tree), dtypes.WHOLE)


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "int.add_within": sql_numbers.arithmetic("+"),
        "int.sub_within": sql_numbers.arithmetic("-"),
        "int.mul_within": sql_numbers.arithmetic("*"),
        "int.floordiv_within": sql_numbers.floordiv,
        "int.neg_within": lambda _, args: flink_sql.neg(args[0]),
        "int.abs_within": plain("ABS"),
        "int.add_fits": _add_fits,
        "int.sub_fits": _sub_fits,
        "int.mul_fits": _mul_fits,
        "int.floordiv_fits": _floordiv_fits,
        "int.neg_fits": lambda _, args: op(args[0], "<>", number(_LEAST)),
        "int.abs_fits": lambda _, args: op(args[0], "<>", number(_LEAST)),
        "whole.add": _longer("+"),
        "whole.sub": _longer("-"),
        "whole.mul": _longer("*"),
        "whole.neg": lambda _, args: flink_sql.neg(args[0]),
        "whole.abs": plain("ABS"),
        "whole.lshift": lambda prim, args: op(args[0], "*", number(1 << sql_numbers.integer(prim, 1))),
        "whole.pow": _long_pow,
        "whole.floordiv": _long_floordiv,
        "whole.mod": _long_mod,
        "whole.min": plain("LEAST"),
        "whole.max": plain("GREATEST"),
        "whole.of": lambda _, args: cast(flink_sql.bare(args[0], exp.Null()), dtypes.WHOLE),
        "whole.kept": lambda _, args: args[0],
        "whole.fit": lambda _, args: big(args[0]),
        "whole.int": lambda _, args: big(args[0]),
        "whole.narrow": lambda _, args: big(args[0]),
        "whole.held": lambda _, args: args[0],
        "whole.addend": lambda _, args: args[0],
        "whole.divided": lambda _, args: args[0],
        "whole.float": lambda _, args: cast(args[0], dtypes.FLOAT),
        "whole.fits": lambda _, args: _fits(args[0]),
    }
)
