"""SQL of what puts gathered texts in order.

texts.joined(placed, ', ')  →  ARRAY_JOIN(ARRAY_SORT(placed), '&'), the ranks taken off by REGEXP_REPLACE, `&` to ', '
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import dtypes, flink_sql, ir, sql_times
from compiler.flink_sql import Template, again, call, case, cast, concat, number, op, string
from compiler.operations import arranged


def _rank(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    key, of = args[0], prim.args[0].type
    rank = _of(key, dtypes.required(of))
    return call("COALESCE", rank, string("")) if dtypes.nullable(of) else rank


def _of(key: exp.Expression, kind: dtypes.Type) -> exp.Expression:
    if kind == dtypes.STR:
        return concat(call("HEX", key), string(arranged.END))
    if kind == dtypes.BOOL:
        return case((again(key), string("1")), (exp.Not(this=key), string("0")))
    if kind == dtypes.DATE:
        return sql_times.iso(key, kind, " ")
    if kind in (dtypes.DATETIME, dtypes.LOCAL_DATETIME):
        moment = sql_times.iso(key, kind, " ")
        return concat(moment, string(arranged.END))
    # Whole numbers with leading zeros; below 0 they count up from the least.
    from_least = op(op(again(key), "+", flink_sql.bigint(2**63 - 1)), "+", number(1))
    return case(
        (op(again(key), "<", number(0)), concat(string("0"), _digits(from_least))),
        default=concat(string("1"), _digits(key)),
    )


def _digits(of: exp.Expression) -> exp.Expression:
    return call("LPAD", cast(of, dtypes.STR), number(19), string("0"))


def _reversed(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return call("TRANSLATE", args[0], string(arranged.SIGNS), string(arranged.SIGNS[::-1]))


def _placed(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    text = args[1]
    for sign, other in arranged.ESCAPES:
        text = call("REPLACE", text, string(sign), string(other))
    return concat(args[0], string(arranged.AFTER_RANK), text)


def _joined(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    separator = prim.args[1]
    assert isinstance(separator, ir.Const)
    assert isinstance(separator.value, str)
    between, after = arranged.BETWEEN, arranged.AFTER_RANK
    listed = concat(string(between), call("ARRAY_JOIN", call("ARRAY_SORT", args[0]), string(between)))
    texts = call("REGEXP_REPLACE", listed, string(f"{between}[^{after}]*[{after}]"), string(between))
    joined = call("SUBSTRING", texts, number(2))
    joined = call("REPLACE", joined, string(between), string(arranged.escaped(separator.value)))
    for sign, other in reversed(arranged.ESCAPES):
        joined = call("REPLACE", joined, string(other), string(sign))
    return joined


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "rank.of": _rank,
        "rank.reversed": _reversed,
        "texts.placed": _placed,
        "texts.joined": _joined,
        "texts.sorted": lambda _, args: call("ARRAY_JOIN", call("ARRAY_SORT", args[0]), args[1]),
    }
)
