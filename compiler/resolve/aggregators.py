"""Aggregators are whole: each declares the four functions, as functions of the class that return something.

class Longest(Aggregator): …  without retract  →  E233 aggregator `Longest` declares no `retract`
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler import model, syntax
from compiler.diagnostics import Log
from compiler.resolve import bodies, hierarchy

_WRITTEN = {
    "create_accumulator": ("", "return the accumulator of no items, such as `[]` or `0`"),
    "accumulate": ("accumulator, item", "return the accumulator with the item"),
    "retract": ("accumulator, item", "return the accumulator without the item, as if it had never been accumulated"),
    "get_value": ("accumulator", "return the result"),
}


def check(infos: Sequence[hierarchy.ClassInfo], read: bodies.Bodies, log: Log) -> None:
    """Report what an aggregator lacks; bases that only their subclasses complete are left alone."""
    every = [one for one in infos if one.kind == "aggregator"]
    for info in every:
        methods = {one.name: one for one in read.methods(info)}
        is_base = any(info in other.bases for other in every)
        for name, (params, task) in _WRITTEN.items():
            found = methods.get(name)
            if found is not None and name in read.own(info).methods:
                _check_method(info, found, log)
            elif found is None and not is_base:
                log.add(
                    "E233", info.declared.span, f"aggregator `{info.name}` declares no `{name}`",
                    hint=f"write `@classmethod` `def {name}({', '.join(filter(None, ('cls', params)))}):`, and {task}",
                )  # fmt: skip


def _check_method(info: hierarchy.ClassInfo, method: model.Method, log: Log) -> None:
    what = f"`{info.name}.{method.name}`"
    if method.kind not in ("class", "static"):
        hint = f"write `@classmethod` above it, and `cls` for `{_first(method)}`"
        log.add("E234", method.span, f"{what} is no class method, and nothing is made of an aggregator", hint=hint)
    elif method.name != "get_value" and not _returns(method.function):
        hint = "return the accumulator, also where it was changed in place"
        log.add("E234", method.span, f"{what} returns nothing, so the accumulator would be lost", hint=hint)


def _first(method: model.Method) -> str:
    return method.function.params[0].name if method.function.params else "self"


def _returns(function: syntax.Function) -> bool:
    nodes = list(syntax.walk(function))
    strange = any(isinstance(one, syntax.OpaqueStmt | syntax.Raise) for one in nodes)
    return strange or any(isinstance(one, syntax.Return) and one.value is not None for one in nodes)
