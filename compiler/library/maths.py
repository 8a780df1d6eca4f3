"""math and statistics: what is made of operations that SQL has exactly; functions of constants are computed here.

math.isclose(a, b)  →  a == b or abs(b - a) <= abs(1e-09 * b) or …        statistics.fmean(xs)  →  sum(xs) / len(xs)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from compiler import displays, dtypes, ir, sequences, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Builder, Keywords, Scope, conditional, disjunction

_Answer = values.Value | ir.Declined | None


def _isclose(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    relative = scope.as_expr(keywords.get("rel_tol", ir.Const(1e-9, dtypes.FLOAT)), span)
    absolute = scope.as_expr(keywords.get("abs_tol", ir.Const(0.0, dtypes.FLOAT)), span)
    a, b = (scope.primitive("float", (scope.as_expr(one, span),), span) for one in args[:2])
    constants = isinstance(relative, ir.Const) and isinstance(absolute, ir.Const)
    if a is None or b is None or dtypes.nullable(a.type) or dtypes.nullable(b.type) or not constants:
        return ir.Declined("D354", span, "`math.isclose` of values that may be None has no exact SQL form")

    def size(left: ir.Expr, op: str, right: ir.Expr) -> ir.Expr:
        found = scope.primitive(op, (left, right), span)
        assert found is not None
        whole = scope.primitive("abs", (found,), span)
        assert whole is not None
        return whole

    apart = size(b, "-", a)
    bounds = (size(relative, "*", b), size(relative, "*", a), absolute)
    near = (ir.Prim("le", (apart, bound), dtypes.BOOL, span) for bound in bounds)
    return disjunction((ir.Prim("eq", (a, b), dtypes.BOOL, span), *near), span)


def _prod(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    present = None if items is None else displays.spread(items)
    if present is None:
        return ir.Declined("D354", span, "a product of rows has no SQL form")
    total: values.Value = keywords.get("start", ir.Const(1, dtypes.INT))
    for one in present:
        total = scope.operate("*", total, one, span)
    return total


def _computed(function: Callable[..., Any]) -> Builder:  # Any: numbers
    """Return what the function gives for constants, as a constant."""

    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        given = [ir.python_value(one) for one in args if isinstance(one, ir.Const)]
        if keywords or len(given) < len(args):
            return None
        try:
            made = function(*given)
        except (TypeError, ValueError, OverflowError) as error:
            return ir.Raises(type(error).__name__, str(error), span=span)
        kinds: dict[type, dtypes.Type] = {int: dtypes.INT, float: dtypes.FLOAT, bool: dtypes.BOOL}
        return ir.constant(made, kinds[type(made)], span) if type(made) in kinds else None

    return build


# ---------------------------------------------------------------- statistics


def _mean(name: str) -> Builder:
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        total = scope.apply(values.Builtin("sum"), args[:1], {}, span)
        count = scope.apply(values.Builtin("len"), (_listed(scope, args[0], span),), {}, span)
        if not isinstance(total, ir.Expr) or not isinstance(count, ir.Expr) or total.type != dtypes.INT or keywords:
            return ir.Declined("D354", span, f"`statistics.{name}` of values that are not whole has no exact SQL form")
        op = "float.mean" if name == "fmean" else "int.mean"
        divided = ir.Prim(op, (total, count), dtypes.FLOAT, span)
        message = f"{name} requires at least one data point"
        nothing = ir.Prim("eq", (count, ir.Const(0, dtypes.INT)), dtypes.BOOL, span)
        return conditional(nothing, ir.Raises("StatisticsError", message, span=span), divided, dtypes.FLOAT, span)

    return build


def _median(name: str) -> Builder:
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        rows = scope.apply(values.Builtin("sorted"), args[:1], {}, span)
        if keywords or not isinstance(rows, ir.Comp) or not sequences.has_places(rows):
            return None
        if dtypes.nullable(rows.head.type):
            return ir.Declined("D354", span, f"`statistics.{name}` of what may be None has no exact SQL form")
        count = ir.Reduce("count", rows, dtypes.INT, ir.Const(0, dtypes.INT), span=span)
        half = _halved(count, span)
        before = _halved(ir.Prim("int.sub", (count, ir.Const(1, dtypes.INT)), dtypes.INT, span), span)
        lower, upper = (_at(rows, one, span) for one in (before, half))
        is_odd = ir.Prim("eq", (before, half), dtypes.BOOL, span)
        found = {"median_low": lower, "median_high": upper}.get(name) or _middle(scope, lower, upper, is_odd, span)
        if found is None:
            return None
        nothing = ir.Prim("eq", (count, ir.Const(0, dtypes.INT)), dtypes.BOOL, span)
        empty = ir.Raises("StatisticsError", "no median for empty data", span=span)
        return conditional(nothing, empty, found, found.type, span)

    return build


def _halved(number: ir.Expr, span: Span) -> ir.Expr:
    return ir.Prim("int.floordiv", (number, ir.Const(2, dtypes.INT)), dtypes.INT, span)


def _at(rows: ir.Comp, place: ir.Expr, span: Span) -> ir.Expr:
    return ir.Reduce("first", sequences.at(rows, place), rows.head.type, empty_error="StatisticsError", span=span)


def _middle(scope: Scope, lower: ir.Expr, upper: ir.Expr, is_odd: ir.Expr, span: Span) -> ir.Expr | None:
    """Return the mean of the two in the middle; of an odd number they are one, and Python takes that as it is."""
    total, two = scope.primitive("+", (lower, upper), span), ir.Const(2, dtypes.INT)
    if total is None or total.type == dtypes.INT:
        return None if total is None else ir.Prim("int.mean", (total, two), dtypes.FLOAT, span)
    mean = scope.primitive("/", (total, two), span)
    return None if mean is None else conditional(is_odd, lower, mean, mean.type, span)


def _listed(scope: Scope, value: values.Value, span: Span) -> values.Value:
    return value if displays.items_of(value) is not None else scope.comprehend(value, span)


_OF_CONSTANTS = {
    f"math.{name}": getattr(math, name)
    for name in (
        "factorial", "comb", "perm", "gcd", "lcm", "exp", "log", "log2", "log10", "sin", "cos", "tan", "pow", "hypot",
        "sqrt", "floor", "ceil", "trunc", "degrees", "radians", "fabs",
    )
}  # fmt: skip

FUNCTIONS: dict[str, Builder] = {
    **{name: _computed(function) for name, function in _OF_CONSTANTS.items()},
    **{f"statistics.{name}": _median(name) for name in ("median", "median_low", "median_high")},
    "math.isclose": _isclose, "math.prod": _prod, "statistics.mean": _mean("mean"), "statistics.fmean": _mean("fmean"),
}  # fmt: skip
