"""SQL of the operations on lists and dicts.

list.item(v, -1)  →  v[CARDINALITY(v)]        Flink counts from 1 and refuses a negative constant
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import dtypes, flink_sql, ir
from compiler.flink_sql import Template, again, big, call, case, cast, number, op, plain


def size(xs: exp.Expression) -> exp.Expression:
    """Return the number of entries, an INT."""
    return call("CARDINALITY", again(xs))


def has_key(xs: exp.Expression, key: exp.Expression) -> exp.Expression:
    """Tell whether a map has a key, be its value NULL."""
    return call("ARRAY_CONTAINS", call("MAP_KEYS", xs), key)


def _item(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # `failures` has tested that the index is inside: 0 or less would end the job.
    constant, xs = flink_sql.constant_int(prim, 1), args[0]
    if constant is not None:
        place = number(constant + 1) if constant >= 0 else op(size(xs), "+", number(constant + 1))
        return flink_sql.item(xs, place)
    index = args[1]
    from_end = op(op(again(index), "+", size(xs)), "+", number(1))
    inside = case(
        (op(again(index), ">=", size(xs)), number(1)),
        (op(again(index), ">=", number(0)), op(again(index), "+", number(1))),
        (op(again(from_end), ">", number(0)), from_end),
        default=number(1),
    )
    return flink_sql.item(xs, cast(inside, flink_sql.INT32))


def _slice(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # ARRAY_SLICE(v, 1, 0) gives one element, so an empty slice is taken from beyond the end.
    xs = args[0]
    begin, end = (flink_sql.bound(prim, args, place, size(xs)) for place in (1, 2))
    beyond = op(size(xs), "+", number(1))
    empty = call("ARRAY_SLICE", again(xs), beyond, again(beyond))
    taken = call("ARRAY_SLICE", again(xs), op(again(begin), "+", number(1)), again(end))
    return case((op(begin, "<", end), taken), default=empty)


def _has_index(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    index = flink_sql.constant_int(prim, 1)
    if index is not None:
        return op(size(args[0]), ">", number(index if index >= 0 else -index - 1))
    least = flink_sql.neg(size(args[0]))
    return flink_sql.all_of(op(args[1], "<", size(args[0])), op(again(args[1]), ">=", least))


def _get_or(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    xs, key, other = args
    return case((has_key(again(xs), again(key)), _entry(xs, key)), default=other)


def _entry(xs: exp.Expression, key: exp.Expression) -> exp.Expression:
    return flink_sql.item(_null_where_empty(xs), key)


def _null_where_empty(xs: exp.Expression) -> exp.Expression:
    # Flink 2.2.1 reads items of stored and of displayed maps only; one of MAP_FROM_ARRAYS, which is how an empty map
    # is spelled, ends the job with a ClassCastException (tests/parity/apps/team.py, `counts`). NULL has no item either.
    match xs:
        case exp.Paren(this=inner):
            return exp.Paren(this=_null_where_empty(inner))
        case exp.Case(args={"ifs": branches, "default": default}):
            filled = ((one.this.copy(), _null_where_empty(one.args["true"])) for one in branches)
            return case(*filled, default=None if default is None else _null_where_empty(default))
        case exp.Cast(this=exp.Anonymous(this="MAP_FROM_ARRAYS"), args={"to": kind}):
            return exp.Cast(this=exp.Null(), to=kind.copy())
    return xs.copy()


def _mul(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    times = flink_sql.constant_int(prim, 1) or 1
    return call("ARRAY_CONCAT", *(again(args[0]) for _ in range(times)))


def _sorted(ascending: bool) -> Template:
    return lambda _, args: call("ARRAY_SORT", *args, *([] if ascending else [flink_sql.boolean(False)]))


def _made(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # A MAP of NOT NULL values gives -1 for a missing key, so it is cast to the nullable type.
    return cast(exp.Bracket(this=exp.var("MAP"), expressions=args), prim.type)


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "list.len": lambda _, args: big(call("CARDINALITY", args[0])),
        "set.items": plain("ARRAY_DISTINCT"),
        "set.len": lambda _, args: big(call("CARDINALITY", call("ARRAY_DISTINCT", args[0]))),
        "dict.len": lambda _, args: big(call("CARDINALITY", args[0])),
        "list.item": _item,
        "list.slice": _slice,
        "list.reverse": plain("ARRAY_REVERSE"),
        "list.has_none": lambda _, args: call("ARRAY_CONTAINS", args[0], flink_sql.null(dtypes.STR)),
        "list.mul": _mul,
        "list.sorted": _sorted(True),
        "list.sorted_down": _sorted(False),
        "dict.make": _made,
        "list.add": plain("ARRAY_CONCAT"),
        "list.index": lambda _, args: big(op(call("ARRAY_POSITION", *args), "-", number(1))),
        "list.has_index": _has_index,
        "list.contains": plain("ARRAY_CONTAINS"),
        "dict.has": lambda _, args: has_key(args[0], args[1]),
        "dict.item": lambda _, args: _entry(args[0], args[1]),
        "dict.get": lambda _, args: _entry(args[0], args[1]),
        "dict.get_or": _get_or,
    }
)
