"""Operations on lists and dicts held in columns.

`user.emails[0]`  →  Prim("list.item", (emails, Const(0)), STR), which raises IndexError on an empty list
"""

from __future__ import annotations

import operator

from compiler import dtypes
from compiler.dtypes import BOOL, INT, STR
from compiler.operation import Failure, Primitive, T
from compiler.operations import strings

_LIST = dtypes.ListOf(T)
_DICT = dtypes.DictOf(STR, T)


def _slice(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    of = dtypes.required(types[0])
    bounds = all(isinstance(one, dtypes.NoneType) or one == INT for one in types[1:])
    return of if len(types) == 3 and isinstance(of, dtypes.ListOf) and bounds else None


def _scalar_item(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    of = dtypes.required(types[0])
    fits = len(types) == 2 and isinstance(of, dtypes.ListOf) and isinstance(of.item, dtypes.Scalar)
    return INT if fits and isinstance(of, dtypes.ListOf) and of.item == types[1] else None


ROWS: tuple[Primitive, ...] = (
    Primitive("list.len", "len", (_LIST,), INT, len),
    Primitive("dict.len", "len", (_DICT,), INT, len),
    Primitive(
        "list.item", "[]", (_LIST, INT), T, operator.getitem,
        failures=(Failure("no_index", 1, ([], 0)),), constant=(1,), accepts=strings.constant_bounds,
    ),
    Primitive(
        "list.slice", "[:]", (), _LIST, lambda xs, start, stop: xs[start:stop],
        constant=(1, 2), accepts=strings.constant_bounds, applies=_slice,
    ),
    Primitive("list.reverse", "[::-1]", (_LIST,), _LIST, lambda xs: xs[::-1]),
    Primitive("list.add", "+", (_LIST, _LIST), _LIST, operator.add),
    Primitive(
        "list.index", ".index", (), INT, lambda xs, x: xs.index(x), applies=_scalar_item,
        failures=(Failure("not_in_list", 1, ([], 0), speaks=False),),
    ),
    Primitive(
        "dict.item", "[]", (_DICT, STR), T, operator.getitem, failures=(Failure("no_key", 1, ({}, "k"), speaks=False),)
    ),
    Primitive("dict.get", ".get", (_DICT, STR), dtypes.optional(T), lambda xs, key: xs.get(key)),
    Primitive(
        "dict.get_or", ".get", (_DICT, STR, T), T, lambda xs, key, other: xs.get(key, other),
        strict=True, propagates=False,
    ),
    # For `failures` alone: whether xs[i] is inside the list, whether a list has the item.
    Primitive(
        "list.has_index", "", (_LIST, INT), BOOL, lambda xs, i: -len(xs) <= i < len(xs),
        constant=(1,), accepts=strings.constant_bounds,
    ),
)  # fmt: skip
