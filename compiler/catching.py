"""What `try` catches: when an expression raises which exception, and which handler that meets.

try: seats = place.seats // rows        →  is_none(place.seats) TypeError, eq(rows, 0) ZeroDivisionError
except ZeroDivisionError: seats = 0     →  if(eq(rows, 0), 0, int.floordiv(place.seats, rows))
"""

from __future__ import annotations

import builtins
import decimal
from collections.abc import Iterator
from dataclasses import dataclass, replace

from compiler import dtypes, failures, ir, raising, rewrite, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Scope, entity_id

_MODULES = {"decimal.InvalidOperation": decimal.InvalidOperation}


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition, which itself never raises, and what is raised where it holds."""

    test: ir.Expr
    error: ir.Raises


def of(scope: Scope, value: ir.Expr, span: Span) -> tuple[Failure, ...]:
    """Return when evaluating a value raises, in order; declines where SQL cannot tell beforehand."""
    shown = _shown(scope, value, span)
    return tuple(
        Failure(condition, ir.Raises(*_named(scope, text, span), span=span))
        for condition, text in failures.conditions(shown)
    )


def _named(scope: Scope, text: ir.Expr, span: Span) -> tuple[str, str]:
    if not isinstance(text, ir.Const):
        scope.decline("D301", span, "`try` around what raises by data has no SQL form")
    name, _, message = str(text.value).partition(": ")
    return name, message


def _shown(scope: Scope, value: ir.Expr, span: Span) -> ir.Expr:
    """Return the value with checks for what joins would tell only later."""

    def show(one: ir.Expr) -> ir.Expr | None:
        match one:
            case ir.Attr(entity, name):
                inner = rewrite.transform(entity, show)
                told = f"AttributeError: 'NoneType' object has no attribute '{name}'"
                known = replace(one, entity=replace(entity, type=dtypes.required(entity.type)))
                return _after(entity, inner, _check(entity, told, known) if dtypes.nullable(entity.type) else one)
            case ir.Lookup(key=key, raises=True):
                soft = replace(one, raises=False, type=dtypes.optional(one.type))
                told = f"KeyError: {ir.python_value(key)!r}" if isinstance(key, ir.Const) else "KeyError"
                return _after(key, rewrite.transform(key, show), _check(soft, told, replace(soft, type=one.type)))
            case ir.Prim("id_of", (entity,)):
                return _after(entity, rewrite.transform(entity, show), one)
            case ir.Reduce() | ir.Comp() | ir.GroupBy() if raising.may_raise(one):
                scope.decline("D301", span, "`try` around a collection that may raise has no SQL form")
        return None

    return rewrite.transform(value, show)


def _after(part: ir.Expr, shown: ir.Expr, value: ir.Expr) -> ir.Expr:
    """Return the value, before which a part of it is evaluated that may raise."""
    return value if shown == part else ir.Prim("after", (shown, value), value.type, value.span)


def _check(entity: ir.Expr, told: str, value: ir.Expr) -> ir.Expr:
    there = ir.Prim("not_none", (entity_id(entity),), dtypes.BOOL, value.span)
    return ir.Prim("check", (there, ir.Const(told, dtypes.STR), value), value.type, value.span)


# ---------------------------------------------------------------- handlers


def handler(scope: Scope, handlers: tuple[syntax.Handler, ...], error: ir.Raises, span: Span) -> syntax.Handler | None:
    """Return the handler that an exception meets, None where it goes on."""
    if error.exception == "OverflowError":
        return None  # told of what a column cannot hold: Python itself would not raise
    raised = _class_of(error.exception)
    for one in handlers:
        for name, caught in _caught(scope, one, span):
            if name == error.exception or caught in (Exception, BaseException):
                return one
            if raised is None or caught is None:
                scope.decline("D301", span, f"whether `{error.exception}` is a `{name}` is known only when it runs")
            if issubclass(raised, caught):
                return one
    return None


def _class_of(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None) or next(
        (one for path, one in _MODULES.items() if path.endswith(f".{name}")), None
    )
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _caught(scope: Scope, one: syntax.Handler, span: Span) -> Iterator[tuple[str, type[BaseException] | None]]:
    if one.types is None:
        yield "BaseException", BaseException
        return
    for each in one.types.items if isinstance(one.types, syntax.Tuple) else (one.types,):
        match each:
            case syntax.Name(name):
                builtin = name not in scope.names and scope.build(each) == values.Builtin(name)
                yield name, _class_of(name) if builtin else _MODULES.get(_qualified(scope, each))
            case syntax.Attribute(_, name):
                yield name, _MODULES.get(_qualified(scope, each))
            case _:
                scope.decline("D301", span, "`except` of a value has no SQL form")


def _qualified(scope: Scope, node: syntax.Expr) -> str:
    found = scope.build(node)
    return found.qualified if isinstance(found, values.Builtin) else ""
