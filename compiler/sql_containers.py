"""SQL of the operations on lists and dicts.

list.item(v, -1)  →  v[CARDINALITY(v)]        Flink counts from 1 and refuses a negative constant
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import flink_sql, ir
from compiler.flink_sql import Template, again, big, call, case, number, op, plain


def _constant(prim: ir.Prim, place: int) -> int | None:
    one = prim.args[place]
    assert isinstance(one, ir.Const)
    assert one.value is None or isinstance(one.value, int)
    return one.value


def size(xs: exp.Expression) -> exp.Expression:
    """Return the number of entries, an INT."""
    return call("CARDINALITY", again(xs))


def has_key(xs: exp.Expression, key: exp.Expression) -> exp.Expression:
    """Tell whether a map has a key, be its value NULL."""
    return call("ARRAY_CONTAINS", call("MAP_KEYS", xs), key)


def _item(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    index = _constant(prim, 1) or 0
    place = number(index + 1) if index >= 0 else op(size(args[0]), "+", number(index + 1))
    return flink_sql.item(args[0], place)


def _slice(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # ARRAY_SLICE(v, 1, 0) gives one element, so an empty slice is taken from beyond the end.
    xs = args[0]
    start, stop = _constant(prim, 1) or 0, _constant(prim, 2)
    begin = number(start) if start >= 0 else _from_end(xs, start)
    end = size(xs)
    if stop is not None:
        end = call("LEAST", number(stop), end) if stop >= 0 else _from_end(xs, stop)
    beyond = op(size(xs), "+", number(1))
    empty = call("ARRAY_SLICE", again(xs), beyond, again(beyond))
    taken = call("ARRAY_SLICE", again(xs), op(again(begin), "+", number(1)), again(end))
    return case((op(begin, "<", end), taken), default=empty)


def _from_end(xs: exp.Expression, index: int) -> exp.Expression:
    return call("GREATEST", op(size(xs), "-", number(-index)), number(0))


def _has_index(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    index = _constant(prim, 1) or 0
    return op(size(args[0]), ">", number(index if index >= 0 else -index - 1))


def _get_or(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    xs, key, other = args
    return case((has_key(again(xs), again(key)), flink_sql.item(xs, key)), default=other)


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "list.len": lambda _, args: big(call("CARDINALITY", args[0])),
        "dict.len": lambda _, args: big(call("CARDINALITY", args[0])),
        "list.item": _item,
        "list.slice": _slice,
        "list.reverse": plain("ARRAY_REVERSE"),
        "list.add": plain("ARRAY_CONCAT"),
        "list.index": lambda _, args: big(op(call("ARRAY_POSITION", *args), "-", number(1))),
        "list.has_index": _has_index,
        "list.contains": plain("ARRAY_CONTAINS"),
        "dict.has": lambda _, args: has_key(args[0], args[1]),
        "dict.item": lambda _, args: flink_sql.item(args[0], args[1]),
        "dict.get": lambda _, args: flink_sql.item(args[0], args[1]),
        "dict.get_or": _get_or,
    }
)
