"""Unpacking: `a, b = pair`, `first, *rest = text.split(",")`, with the errors of a length that does not fit.

a, b = parts  →  a: if(gt(len(parts), 2), raise(ValueError), if(eq(len(parts), 0), …, list.item(parts, 0)))
"""

from __future__ import annotations

from dataclasses import replace

from compiler import displays, dtypes, indexing, ir, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Scope, conditional, facts_of


def unpack(scope: Scope, target: syntax.Tuple | syntax.List, value: values.Value) -> Arguments:
    """Return what each part of the target gets."""
    places = [place for place, one in enumerate(target.items) if isinstance(one, syntax.Starred)]
    star = places[0] if places else None
    items = displays.items_of(value)
    spread = None if items is None else displays.spread(items)
    if spread is not None:
        return _of_known(target, spread, star)
    if isinstance(value, values.Choice):
        return _of_branches(scope, target, value.test, value.then, value.orelse)
    if isinstance(value, ir.Reduce) and isinstance(value.comp.head, ir.MakePair):
        size = len(value.comp.head.items)
        found = [indexing.item(scope, value, ir.Const(place, dtypes.INT), target.span) for place in range(size)]
        if star is None and size == len(target.items):
            return tuple(one for one in found if not isinstance(one, ir.Declined))
    whole = scope.as_expr(value, target.span)
    if isinstance(whole, ir.Comp):
        scope.decline("D307", target.span, "unpacking rows has no SQL form: how many there are is not known")
    if isinstance(whole, ir.If) and isinstance(whole.type, dtypes.ListOf | dtypes.Pair):
        return _of_branches(scope, target, whole.test, whole.then, whole.orelse)
    kind = dtypes.required(whole.type)
    if not isinstance(kind, dtypes.ListOf):
        scope.decline("D307", target.span, f"unpacking a value of type `{dtypes.show(whole.type)}` has no SQL form")
    there = scope.is_there(whole, target.span)
    parts = _of_list(scope, len(target.items), replace(whole, type=kind), star, target.span)
    none = ir.Raises("TypeError", "cannot unpack non-iterable NoneType object", span=target.span)
    return tuple(displays.choose(scope, there, one, none, target.span) for one in parts)


def _of_branches(
    scope: Scope, target: syntax.Tuple | syntax.List, test: ir.Expr, then: values.Value, orelse: values.Value
) -> Arguments:
    inner, outer = scope.assume(facts_of(test, True)), scope.assume(facts_of(test, False))
    pairs = zip(unpack(inner, target, then), unpack(outer, target, orelse), strict=True)
    return tuple(displays.choose(scope, test, one, other, target.span) for one, other in pairs)


def _of_known(target: syntax.Tuple | syntax.List, items: Arguments, star: int | None) -> Arguments:
    wanted = len(target.items)
    fits = len(items) == wanted if star is None else len(items) >= wanted - 1
    if not fits:
        error = ir.Raises("ValueError", _told(wanted, len(items), star is not None), span=target.span)
        return (error,) * wanted
    if star is None:
        return items
    end = len(items) - (wanted - 1 - star)
    rest = displays.several("list", tuple(map(values.Item, items[star:end])), target.span)
    return (*items[:star], rest, *items[end:])


def _of_list(scope: Scope, wanted: int, whole: ir.Expr, star: int | None, span: Span) -> Arguments:
    size = ir.Prim("list.len", (whole,), dtypes.INT, span)
    parts: list[values.Value] = []
    for place in range(wanted):
        if place == star:
            upper = place + 1 - wanted
            bounds = (ir.Const(place, dtypes.INT), ir.Const(upper, dtypes.INT) if upper else None, None)
            part = indexing.cut(scope, whole, bounds, span)
        else:
            at = place if star is None or place < star else place - wanted
            part = indexing.item(scope, whole, ir.Const(at, dtypes.INT), span)
        assert isinstance(part, ir.Expr)
        parts.append(_checked(part, size, wanted, star is not None, span))
    return tuple(parts)


def _checked(part: ir.Expr, size: ir.Expr, wanted: int, starred: bool, span: Span) -> ir.Expr:
    """Return the part, or what Python raises where there are more or fewer of them."""
    checked = part
    for count in range(wanted - 1 if starred else wanted):
        error = ir.Raises("ValueError", _told(wanted, count, starred), part.type, span)
        few = ir.Prim("eq", (size, ir.Const(count, dtypes.INT)), dtypes.BOOL, span)
        checked = conditional(few, error, checked, part.type, span)
    if starred:
        return checked
    error = ir.Raises("ValueError", _told(wanted, wanted + 1, starred), part.type, span)
    many = ir.Prim("gt", (size, ir.Const(wanted, dtypes.INT)), dtypes.BOOL, span)
    return replace(conditional(many, error, checked, part.type, span), span=span)


def _told(wanted: int, given: int, starred: bool) -> str:
    if given > wanted:
        return f"too many values to unpack (expected {wanted})"
    return f"not enough values to unpack (expected {f'at least {wanted - 1}' if starred else wanted}, got {given})"
