"""Operations that every type has: equality, truth, order, text. `build` makes them without looking them up.

`order.status == "open"`  →  Prim("eq", (status, Const("open")), BOOL)
"""

from __future__ import annotations

import operator
from typing import Any

from compiler import dtypes, ir
from compiler.operation import Primitive

ORDERED = ("str", "int", "float", "decimal", "bool", "date", "datetime", "local_datetime", "timedelta")
_TEXT = ("str", "int", "float", "bool", "date", "datetime", "local_datetime", "timedelta")


def _names(types: tuple[dtypes.Type, ...]) -> tuple[str, ...]:
    required = (dtypes.required(one) for one in types)
    return tuple(one.name if isinstance(one, dtypes.Scalar) else "" for one in required)


def _comparable(left: dtypes.Type, right: dtypes.Type) -> bool:
    left, right = dtypes.required(left), dtypes.required(right)
    if isinstance(left, dtypes.NoneType) or isinstance(right, dtypes.NoneType):
        return True
    if dtypes.is_number(left) and dtypes.is_number(right):
        return not ({"decimal", "float"} <= set(_names((left, right))))
    match left, right:
        case dtypes.ListOf(a), dtypes.ListOf(b):
            return isinstance(a, dtypes.Scalar) and a == b
        case dtypes.DictOf() | dtypes.SetOf() | dtypes.Record() | dtypes.Pair() | dtypes.ListOf(), _:
            return False
        case dtypes.Entity() | dtypes.Scalar("str"), dtypes.Entity() | dtypes.Scalar("str"):
            return True
    return left == right


def equality(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    """Answer BOOL for two types whose values SQL compares as Python does."""
    return dtypes.BOOL if len(types) == 2 and _comparable(*types) else None


def order(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    """Answer BOOL for two types whose values SQL orders as Python does."""
    names = _names(types)
    if len(names) != 2 or not set(names) <= set(ORDERED):
        return None
    return dtypes.BOOL if _comparable(*types) else None


def text(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    """Answer STR for a type whose `str` SQL can spell; a Decimal's scale is lost in storage, so not that."""
    names = _names(types)
    if len(names) == 1 and (names[0] in _TEXT or isinstance(dtypes.required(types[0]), dtypes.NoneType)):
        return dtypes.STR
    return None


def truth(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    """Answer BOOL for one type whose truth SQL can tell: all but raw JSON."""
    return dtypes.BOOL if len(types) == 1 and not isinstance(dtypes.required(types[0]), dtypes.Json) else None


def membership(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    """Answer BOOL for a value and the items that it may equal."""
    fits = len(types) > 1 and all(_comparable(types[0], item) for item in types[1:])
    return dtypes.BOOL if fits else None


def _boolean(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    return dtypes.BOOL if types and all(one == dtypes.BOOL for one in types) else None


def _anything(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    return dtypes.BOOL if len(types) == 1 else None


def _first(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    joined: dtypes.Type | None = types[0] if types else None
    for one in types[1:]:
        joined = None if joined is None else dtypes.join(dtypes.required(joined), one)
    return joined


def _last(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    return types[2] if len(types) == 3 else None


def _item(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    of = dtypes.required(types[0])
    if len(types) != 2 or not isinstance(of, dtypes.ListOf):
        return None
    item, one = dtypes.required(of.item), dtypes.required(types[1])
    return dtypes.BOOL if isinstance(item, dtypes.Scalar) and item == one else None


def _key(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    of = dtypes.required(types[0])
    if len(types) != 2 or not isinstance(of, dtypes.DictOf):
        return None
    return dtypes.BOOL if of.key == dtypes.required(types[1]) else None


def _checked(fine: bool, failure: str, value: Any) -> Any:  # Any: passed through
    if not fine:
        raise RuntimeError(failure)
    return value


def _coalesce(*values: Any) -> Any:  # Any: passed through
    return next((one for one in values if one is not None), None)


def _field(record: Any, name: str) -> Any:  # Any: a mapping or an object, and what it holds
    return record[name] if isinstance(record, dict) else getattr(record, name)


def _core(op: str, spelling: str, applies: Any, evaluate: Any, strict: bool = False) -> Primitive:  # Any: callables
    return Primitive(op, spelling, (), dtypes.BOOL, evaluate, strict=strict, applies=applies, propagates=strict)


def _constants(args: tuple[ir.Expr, ...]) -> bool:
    return all(isinstance(one, ir.Const) for one in args[1:])


ROWS: tuple[Primitive, ...] = (
    _core("eq", "==", equality, operator.eq),
    _core("ne", "!=", equality, operator.ne),
    _core("lt", "<", order, operator.lt, strict=True),
    _core("le", "<=", order, operator.le, strict=True),
    _core("gt", ">", order, operator.gt, strict=True),
    _core("ge", ">=", order, operator.ge, strict=True),
    _core("is_none", "", _anything, lambda x: x is None),
    _core("not_none", "", _anything, lambda x: x is not None),
    _core("not", "", _boolean, operator.not_),
    _core("and", "", _boolean, lambda *xs: all(xs)),
    _core("or", "", _boolean, lambda *xs: any(xs)),
    _core("truth", "bool", truth, bool),
    _core("str", "str", text, str),
    Primitive(
        "in", "in", (), dtypes.BOOL, lambda x, *items: x in items,
        strict=False, accepts=_constants, applies=membership, propagates=False,
    ),
    Primitive(
        "list.contains", "in list", (), dtypes.BOOL, lambda xs, x: x in xs, applies=_item, propagates=False
    ),
    Primitive(
        "dict.has", "in dict", (), dtypes.BOOL, lambda xs, x: x in xs, applies=_key, propagates=False
    ),
    Primitive("record.field", "", (), dtypes.BOOL, _field, strict=False, applies=lambda _: None),
    _core("coalesce", "", _first, _coalesce),
    _core("check", "", _last, _checked),
    _core("error.class", "", _anything, lambda told: None if told is None else told.partition(":")[0]),
    _core("error.message", "", _anything, lambda told: (told or "").partition(": ")[2] or None),
    _core("error.placed", "", _anything, lambda *told: None if told[-1] is None else "\0".join(told)),
    _core("error.told", "", _anything, lambda placed, at: None if placed is None else placed.split("\0", at)[at]),
    Primitive("int_of_bool", "", (dtypes.BOOL,), dtypes.INT, int),
)  # fmt: skip
