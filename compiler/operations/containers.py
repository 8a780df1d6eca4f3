"""Operations on lists and dicts held in columns.

`user.emails[0]`  →  Prim("list.item", (emails, Const(0)), STR), which raises IndexError on an empty list
"""

from __future__ import annotations

import operator
from typing import Any

from compiler import dtypes, ir
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


def _length_of_set(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    return INT if len(types) == 1 and isinstance(dtypes.required(types[0]), dtypes.SetOf) else None


def _few(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 1 <= last.value <= 20


def _sortable(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    if len(types) != 1:
        return None
    of = types[0]
    item = of.item if isinstance(of, dtypes.ListOf) else None
    return of if isinstance(item, dtypes.Scalar) and item.name not in ("bytes", "bool") else None


def _different(xs: Any) -> Any:  # Any: a list of items of any type, or None
    return None if xs is None else list(dict.fromkeys(xs))


def _made(*parts: Any) -> dict[Any, Any]:  # Any: keys and values in turn
    return dict(zip(parts[::2], parts[1::2], strict=True))


ROWS: tuple[Primitive, ...] = (
    Primitive("list.len", "len", (_LIST,), INT, len),
    Primitive("set.items", "", (), _LIST, _different, strict=False, applies=lambda _: None),
    Primitive("set.len", "len", (), INT, lambda xs: len(_different(xs)), applies=_length_of_set),
    Primitive("dict.len", "len", (_DICT,), INT, len),
    Primitive(
        "list.item", "[]", (_LIST, INT), T, operator.getitem,
        failures=(Failure("no_index", 1, ([], 0)),), accepts=strings.constant_bounds,
    ),
    Primitive(
        "list.slice", "[:]", (), _LIST, lambda xs, start, stop: xs[start:stop],
        accepts=strings.constant_bounds, applies=_slice,
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
        accepts=strings.constant_bounds,
    ),
    # For `failures` alone: whether a list of texts holds None.
    Primitive("list.has_none", "", (dtypes.ListOf(STR),), BOOL, lambda xs: None in xs),
    Primitive("list.mul", "*", (_LIST, INT), _LIST, operator.mul, constant=(1,), accepts=_few),
    Primitive("list.sorted", "sorted", (), _LIST, sorted, applies=_sortable),
    Primitive("list.sorted_down", "sorted reverse", (), _LIST, lambda xs: sorted(xs, reverse=True), applies=_sortable),
    Primitive("dict.make", "", (), _DICT, _made, strict=False, applies=lambda _: None, propagates=False),
)  # fmt: skip
