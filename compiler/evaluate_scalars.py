"""Scalar expressions of a plan to values: what SQL gives for one row, with NULL as None.

    value(Prim("eq", (Column("m", "status"), Const("open"))), {"m": {"status": "open"}}, {})   →  True

An operation whose operand is NULL gives NULL, as in SQL; that Python raises there is told by the error expressions
that `relate` puts beside the values.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from compiler import dtypes, ir, primitives

Scope = dict[str, Mapping[str, Any]]  # alias → column → value
Functions = Mapping[str, Callable[..., tuple[Any, str | None]]]


def value(expr: ir.Expr, scope: Scope, functions: Functions) -> Any:
    """Return the value of an expression over the columns in scope."""
    match expr:
        case ir.Const():
            return ir.python_value(expr)
        case ir.Column(alias, name):
            return _held(expr.type, _column(scope[alias], name))
        case ir.If(test, then, orelse):
            return value(then if value(test, scope, functions) is True else orelse, scope, functions)
        case ir.Raises():
            return None
        case ir.MakeRecord(fields):
            return {name: value(one, scope, functions) for name, one in fields}
        case ir.MakeList(items):
            return [value(one, scope, functions) for one in items]
        case ir.Prim():
            return _prim(expr, scope, functions)
    raise AssertionError(f"evaluate: {type(expr).__name__} has no place in a plan")


def _held(kind: dtypes.Type, column: Any) -> Any:
    """Return a column's value as Python has it: a column holds a timedelta in microseconds."""
    if dtypes.required(kind) == dtypes.TIMEDELTA and isinstance(column, int):
        return datetime.timedelta(microseconds=column)
    return column


def _column(row: Mapping[str, Any], name: str) -> Any:
    head, _, tail = name.partition(".")
    held = row.get(head)
    return held if not tail or held is None else _member(held, tail)


def _member(record: Any, name: str) -> Any:
    if record is None:
        return None
    return record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)


def _prim(expr: ir.Prim, scope: Scope, functions: Functions) -> Any:
    if expr.op in _LAZY:
        return _LAZY[expr.op](expr, scope, functions)
    args = [value(one, scope, functions) for one in expr.args]
    special = _SPECIAL.get(expr.op)
    if special is not None:
        return special(expr, args)
    if expr.op == "udf.call":
        answer, error = functions[str(args[0])](*map(_argument, args[1:]))
        return {"value": answer, "error": error}
    row = primitives.get(expr.op)
    operands = (given for one, given in zip(expr.args, args, strict=True) if one.type != dtypes.NONE)
    if row.strict and None in operands:  # what is always None is a bound that is left out: s[:3]
        return None
    return row.evaluate(*args)


def _argument(given: Any) -> Any:
    return given // datetime.timedelta(microseconds=1) if isinstance(given, datetime.timedelta) else given


def _and(expr: ir.Prim, scope: Scope, functions: Functions) -> bool | None:
    answer: bool | None = True
    for one in expr.args:
        found = value(one, scope, functions)
        if found is False:
            return False
        answer = None if found is None else answer
    return answer


def _or(expr: ir.Prim, scope: Scope, functions: Functions) -> bool | None:
    answer: bool | None = False
    for one in expr.args:
        found = value(one, scope, functions)
        if found is True:
            return True
        answer = None if found is None else answer
    return answer


def _check(expr: ir.Prim, scope: Scope, functions: Functions) -> Any:
    fine = value(expr.args[0], scope, functions)
    return value(expr.args[2], scope, functions) if fine is True else None


def _after(expr: ir.Prim, scope: Scope, functions: Functions) -> Any:
    return value(expr.args[1], scope, functions)  # what comes before it was told elsewhere


def _coalesce(expr: ir.Prim, scope: Scope, functions: Functions) -> Any:
    for one in expr.args:
        found = value(one, scope, functions)
        if found is not None:
            return found
    return None


_LAZY: dict[str, Callable[[ir.Prim, Scope, Functions], Any]] = {
    "after": _after,
    "and": _and,
    "or": _or,
    "check": _check,
    "coalesce": _coalesce,
}


def _cast(expr: ir.Prim, args: list[Any]) -> Any:
    return _convert(args[0], expr.type)


def _convert(held: Any, to: dtypes.Type) -> Any:
    if held is None:
        return None
    match dtypes.required(to):
        case dtypes.Scalar("str"):
            return held.isoformat() if isinstance(held, datetime.date) else str(held)
        case dtypes.Scalar("local_datetime"):
            return datetime.datetime.fromisoformat(held)
        case dtypes.Scalar("datetime"):
            return held.replace(tzinfo=datetime.UTC)
        case dtypes.Scalar("date"):
            return datetime.date.fromisoformat(held)
        case dtypes.ListOf(item) | dtypes.SetOf(item):
            return [_convert(one, item) for one in held]
        case dtypes.DictOf(_, item):
            return {key: _convert(one, item) for key, one in held.items()}
        case dtypes.Record(fields):
            return {name: _convert(_member(held, name), one) for name, one in fields}
    return held


def _json_object(_: ir.Prim, args: list[Any]) -> str:
    return (
        "{" + ",".join(f"{_json(str(key))}:{_json(one)}" for key, one in zip(args[::2], args[1::2], strict=True)) + "}"
    )


def _json(held: Any) -> str:
    """Spell a value as Flink's JSON functions do, but for the order of members."""
    match held:
        case None | bool() | int() | str():
            return json.dumps(held, ensure_ascii=False)
        case float():
            return json.dumps(held) if math.isfinite(held) else json.dumps(_float_name(held))
        case decimal.Decimal():
            return format(held, "f")
        case datetime.datetime():
            utc = held.astimezone(datetime.UTC).replace(tzinfo=None) if held.tzinfo else held
            return json.dumps(utc.isoformat() + ("Z" if held.tzinfo else ""))
        case datetime.timedelta():
            return str(held // datetime.timedelta(microseconds=1))
        case bytes():
            return json.dumps(base64.b64encode(held).decode("ascii"))
        case list() | tuple() | set() | frozenset():
            return "[" + ",".join(_json(one) for one in held) + "]"
        case Mapping():
            return "{" + ",".join(f"{_json(str(key))}:{_json(one)}" for key, one in held.items()) + "}"
    return _json(vars(held))


def _float_name(held: float) -> str:
    return "NaN" if math.isnan(held) else "Infinity" if held > 0 else "-Infinity"


_SPECIAL: dict[str, Callable[[ir.Prim, list[Any]], Any]] = {
    "not": lambda _, args: None if args[0] is None else not args[0],
    "record.field": lambda _, args: _member(args[0], args[1]),
    "dict.get_or": lambda _, args: (args[0] or {}).get(args[1], args[2]),
    "cast": _cast,
    # None is looked for like any other item; only the list or dict itself may not be None.
    "list.contains": lambda _, args: None if args[0] is None else args[1] in args[0],
    "dict.has": lambda _, args: None if args[0] is None else args[1] in args[0],
    "json.object": _json_object,
    "json.text": lambda _, args: None if args[0] is None else _json(args[0]),
    "json.joined": lambda _, args: None if args[0] is None else ",".join(one for one in args[0] if one is not None),
}


def hashable(held: Any) -> Any:
    """Return what stands for a value in a set or as a group's key; None stays None."""
    match held:
        case list() | tuple():
            return tuple(hashable(one) for one in held)
        case Mapping():
            return frozenset((key, hashable(one)) for key, one in held.items())
        case set():
            return frozenset(held)
    return held
