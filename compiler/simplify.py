"""Scalar expressions made shorter without changing what they give: folded conditions, checks that cannot fail.

if(is_none(if(c, None, "E")), v, None)  →  if(c, v, None)        coalesce(x, None)  →  x
"""

from __future__ import annotations

from dataclasses import replace

from compiler import dtypes, ir, rewrite
from compiler.scope import conjunction, disjunction, negate

_TRUE = ir.Const(True, dtypes.BOOL)
_FALSE = ir.Const(False, dtypes.BOOL)


def simplify(expr: ir.Expr) -> ir.Expr:
    """Return an expression that gives and raises the same."""
    return rewrite.transform(expr, _rule)


def _rule(expr: ir.Expr) -> ir.Expr | None:
    match expr:
        case ir.If():
            return _conditional(expr)
        case ir.Prim():
            return _primitive(replace(expr, args=tuple(simplify(one) for one in expr.args)))
    return None


def _conditional(expr: ir.If) -> ir.Expr:
    test, then, orelse = simplify(expr.test), simplify(expr.then), simplify(expr.orelse)
    if isinstance(test, ir.Const):
        return _typed(then if test.value else orelse, expr.type)
    if then == orelse and not isinstance(then, ir.Raises):
        return _typed(then, expr.type)
    if isinstance(test, ir.Prim) and test.op == "not":
        test, then, orelse = test.args[0], orelse, then
    # if(x is None, None, x) and if(x is not None, x, None) are x
    if isinstance(test, ir.Prim) and test.op in ("is_none", "not_none"):
        value, other = (orelse, then) if test.op == "is_none" else (then, orelse)
        if value == test.args[0] and _is_null(other):
            return value
    then, orelse = _under(test, then, True), _under(test, orelse, False)
    if expr.type == dtypes.BOOL and not dtypes.nullable(then.type) and not dtypes.nullable(orelse.type):
        return _boolean(replace(expr, test=test, then=then, orelse=orelse))
    return replace(expr, test=test, then=then, orelse=orelse)


def _under(test: ir.Expr, branch: ir.Expr, holds: bool) -> ir.Expr:
    # if(t, if(t, a, b), c) is if(t, a, c)
    if isinstance(branch, ir.If) and branch.test == test:
        return _under(test, branch.then if holds else branch.orelse, holds)
    return branch


def _boolean(expr: ir.If) -> ir.Expr:
    test, then, orelse = expr.test, expr.then, expr.orelse
    if then == _TRUE:
        return disjunction((test, orelse), expr.span)
    if then == _FALSE:
        return conjunction((negate(test), orelse), expr.span)
    if orelse == _FALSE:
        return conjunction((test, then), expr.span)
    if orelse == _TRUE:
        return disjunction((negate(test), then), expr.span)
    return expr


def _primitive(expr: ir.Prim) -> ir.Expr:
    match expr.op:
        case "is_none":
            return _is_none(expr.args[0], expr)
        case "not_none":
            return negate(_is_none(expr.args[0], expr))
        case "not":
            return negate(expr.args[0])
        case "and":
            return conjunction(expr.args, expr.span)
        case "or":
            return disjunction(expr.args, expr.span)
        case "check" if expr.args[0] == _TRUE:
            return expr.args[2]
        case "coalesce":
            return _coalesce(expr)
    return expr


def _is_none(value: ir.Expr, expr: ir.Prim) -> ir.Expr:
    if _is_null(value):
        return _TRUE
    if not dtypes.nullable(value.type) and not isinstance(value, ir.Raises):
        return _FALSE
    if isinstance(value, ir.If):
        then = _is_none(value.then, ir.Prim("is_none", (value.then,), dtypes.BOOL))
        orelse = _is_none(value.orelse, ir.Prim("is_none", (value.orelse,), dtypes.BOOL))
        return _boolean(ir.If(value.test, then, orelse, dtypes.BOOL, value.span))
    if isinstance(value, ir.Prim) and value.op == "coalesce":
        return conjunction((_is_none(one, ir.Prim("is_none", (one,), dtypes.BOOL)) for one in value.args), value.span)
    return ir.Prim("is_none", (value,), dtypes.BOOL, expr.span)


def _coalesce(expr: ir.Prim) -> ir.Expr:
    kept: list[ir.Expr] = []
    for one in expr.args:
        if _is_null(one) or one in kept:
            continue
        kept.append(one)
        if not dtypes.nullable(one.type):
            break
    if not kept:
        return ir.Const(None, dtypes.optional(expr.type), expr.span)
    if len(kept) == 2 and isinstance(kept[0], ir.If) and (_is_null(kept[0].then) or _is_null(kept[0].orelse)):
        # coalesce(if(c, x, None), y) is if(c, coalesce(x, y), y)
        then, orelse = (_coalesce(replace(expr, args=(one, kept[1]))) for one in (kept[0].then, kept[0].orelse))
        return _conditional(ir.If(kept[0].test, then, orelse, expr.type, expr.span))
    return kept[0] if len(kept) == 1 else replace(expr, args=tuple(kept))


def _is_null(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and expr.value is None


def _typed(expr: ir.Expr, kind: dtypes.Type) -> ir.Expr:
    # A None (or a raise) that stands alone must keep the type that the whole had.
    return replace(expr, type=kind) if _is_null(expr) or isinstance(expr, ir.Raises) else expr
