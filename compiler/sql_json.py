"""SQL of what travels to and from Python functions: casts, JSON texts and the call itself (`udf_contract`).

json.object('#', k, 'name', n)  →  JSON_OBJECT('#' VALUE k, 'name' VALUE n)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import flink_sql, ir
from compiler.flink_sql import Template, call, cast, plain


def _object(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    pairs = zip(args[::2], args[1::2], strict=True)
    return exp.JSONObject(expressions=[exp.JSONKeyValue(this=key, expression=value) for key, value in pairs])


def _call(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    name = prim.args[0]
    assert isinstance(name, ir.Const)
    # The catalog keeps function names in lower case; a backtick is no part of a call's name here.
    return call(str(name.value), *args[1:])


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "cast": lambda prim, args: cast(args[0], prim.type),
        "json.text": plain("JSON_STRING"),
        "json.object": _object,
        "json.joined": lambda _, args: call("ARRAY_JOIN", args[0], flink_sql.string(",")),
        "udf.call": _call,
    }
)
