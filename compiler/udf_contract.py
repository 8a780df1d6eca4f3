"""How SQL and Python functions meet: names, parameters, and the expressions that pack arguments and unpack results.

`relate` builds the calls with these functions, `emit_udf` writes the Python for the other end.

    scalar   f(meeting__doc_id, meeting__status)              one parameter per attribute read of a to-one reference
    collect  f(meeting__doc_id, meeting__status, users)       and one text per many-reference:
             users = ARRAY_JOIN(ARRAY_AGG(JSON_OBJECT('#' VALUE key, 'doc_id' VALUE …, 'status' VALUE …)), ',')
    result   ROW<`value` T, `error` STRING>                   error: "ZeroDivisionError: division by zero", or NULL

What SQL passes for a parameter of a Python type (`argument`), all of it nullable:

- str, bool, int, float, timedelta and raw JSON: the column itself (STRING, BOOLEAN, BIGINT, DOUBLE, BIGINT, STRING);
- everything else: `JSON_STRING(column)`, a STRING of JSON text, where DATE inside has become STRING (JSON functions
  refuse it); so a decimal arrives as `12.50`, a datetime as `"2026-01-02T03:04:05.123456Z"`, bytes in base64, a
  list, dict or record as JSON. Plain ARRAY or MAP arguments would end the job when they are NULL (thread mode).

Each `element` of a many-reference is a JSON object: `#` the mapping's key (left out where it is the doc_id), then one
member per attribute. Elements arrive in any order, joined by commas; NULL text means no element. The wrapper sorts.

What a function returns as `value` (`returned_type`) and what makes the Python type's column of it (`value`): temporal
values come as STRING and are cast (thread mode refuses them inside ROW); str, bool, int, float, timedelta, decimal
and bytes come as they are; lists, sets, dicts, records and raw JSON come as STRING in `onto.tagged` form and stay so.
Casting an aware datetime needs `table.local-time-zone` = UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from compiler import dtypes, ir, model, plan

KEY = "#"
"""The member of an element that holds the mapping's key; no attribute can have this name."""

VALUE = "value"
ERROR = "error"


# ---------------------------------------------------------------- names


def package(app: model.App) -> str:
    """Name the package of the app's functions.

    A TaskManager keeps imported modules for as long as it lives, so changed source must mean another name.
    """
    plain = re.sub(r"\W+", "_", app.name).strip("_").lower()
    return f"onto_udfs_{plain}_{app.source_hash[:8]}" if app.source_hash else f"onto_udfs_{plain}"


def module(app: model.App) -> str:
    """Name the module that holds the functions: `CREATE … FUNCTION f AS '<module>.f' LANGUAGE PYTHON`."""
    return f"{package(app)}.functions"


def function_name(view_model: str, field: str) -> str:
    """Name the function of a getter: MeetingSession, attending → meeting_session__attending."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", view_model)
    return f"{words.lower()}__{field}"


def parameter(reference: str, attribute: str) -> str:
    """Name the parameter of an attribute of a to-one reference."""
    return f"{reference}__{attribute}"


# ---------------------------------------------------------------- arguments


def argument(expr: ir.Expr) -> ir.Expr:
    """Return what to pass for a parameter whose value is `expr`."""
    if _direct(dtypes.required(expr.type)):
        return expr
    return ir.Prim("json.text", (_json_ready(expr),), dtypes.optional(dtypes.STR))


def element(key: ir.Expr | None, attributes: Iterable[tuple[str, ir.Expr]]) -> ir.Expr:
    """Return the JSON text of one entry of a many-reference; key None says that it is the doc_id."""
    members: list[ir.Expr] = [] if key is None else [ir.Const(KEY, dtypes.STR), key]
    for name, expr in attributes:
        members += (ir.Const(name, dtypes.STR), _json_ready(expr))
    return ir.Prim("json.object", tuple(members), dtypes.STR)


def collected(texts: ir.Expr) -> ir.Expr:
    """Return what to pass for a many-reference, from the array of its elements ("collect"); NULL where empty."""
    return ir.Prim("json.joined", (texts,), dtypes.optional(dtypes.STR))


def _direct(one: dtypes.Type) -> bool:
    match one:
        case dtypes.Scalar(name):
            return name in ("str", "bool", "int", "float", "timedelta")
        case dtypes.Json() | dtypes.NoneType() | dtypes.Entity():
            return True
    return False


def _json_ready(expr: ir.Expr) -> ir.Expr:
    """Cast dates to text, wherever they are inside: JSON_OBJECT and JSON_STRING refuse them."""
    ready = _without_dates(expr.type)
    return expr if ready == expr.type else ir.Prim("cast", (expr,), ready)


def _without_dates(one: dtypes.Type) -> dtypes.Type:
    match one:
        case dtypes.Scalar("date"):
            return dtypes.STR
        case dtypes.ListOf(item):
            return dtypes.ListOf(_without_dates(item))
        case dtypes.DictOf(key, value):
            return dtypes.DictOf(key, _without_dates(value))
        case dtypes.Record(fields, name):
            return dtypes.Record(tuple((key, _without_dates(value)) for key, value in fields), name)
        case dtypes.Optional(inner):
            return dtypes.optional(_without_dates(inner))
    return one


# ---------------------------------------------------------------- results


def is_json(result: dtypes.Type) -> bool:
    """Tell whether a result is shipped as JSON text in `onto.tagged` form (the manifest's kind "json")."""
    return not isinstance(dtypes.required(result), dtypes.Scalar)


def returned_type(result: dtypes.Type) -> dtypes.Type:
    """Return the type of the `value` that the function of a getter of type `result` returns."""
    inner = dtypes.required(result)
    if isinstance(inner, dtypes.Scalar) and inner.name not in ("datetime", "local_datetime", "date"):
        return dtypes.optional(inner)
    return dtypes.optional(dtypes.STR)


def call(function: plan.PyFunction, arguments: Iterable[ir.Expr]) -> ir.Expr:
    """Return the call of a function: a record of `value` and `error`. Project it once, as one column."""
    record = dtypes.Record(
        ((VALUE, returned_type(function.result)), (ERROR, dtypes.optional(dtypes.STR))), function.name
    )
    return ir.Prim("udf.call", (ir.Const(function.name, dtypes.STR), *arguments), record)


def value(called: ir.Expr, result: dtypes.Type) -> ir.Expr:
    """Return the getter's value, in the column's type, from a column that holds the `call`."""
    raw = _member(called, VALUE, returned_type(result))
    match dtypes.required(result):
        case dtypes.Scalar("datetime"):
            local = ir.Prim("cast", (raw,), dtypes.optional(dtypes.LOCAL_DATETIME))
            return ir.Prim("cast", (local,), dtypes.optional(dtypes.DATETIME))
        case dtypes.Scalar("local_datetime" | "date") as temporal:
            return ir.Prim("cast", (raw,), dtypes.optional(temporal))
    return raw


def error(called: ir.Expr) -> ir.Expr:
    """Return the error text, from a column that holds the `call`; None where the getter returned."""
    return _member(called, ERROR, dtypes.optional(dtypes.STR))


def _member(called: ir.Expr, name: str, type_: dtypes.Type) -> ir.Expr:
    return ir.Prim("record.field", (called, ir.Const(name, dtypes.STR)), type_)
