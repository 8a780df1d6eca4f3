"""Whether an expression may raise, and what it evaluates first: Python evaluates also what no result reads.

seats = place.seats            →  after($place.seats, if(open, $place.seats, 0)): the first one raises in any case
return seats if open else 0
"""

from __future__ import annotations

from dataclasses import replace

from compiler import dtypes, failures, ir, rewrite


def after(before: ir.Expr, value: ir.Expr) -> ir.Expr:
    """Return the value, evaluated after another one that may raise; alone where that makes no difference."""
    if not may_raise(before) or first(value, before):
        return value
    return ir.Prim("after", (before, value), value.type, value.span)


def may_raise(expr: ir.Expr) -> bool:
    """Tell whether evaluating the expression may raise; True where that is not known."""
    return _raises_itself(expr) or any(map(may_raise, rewrite.children(expr)))


def _raises_itself(expr: ir.Expr) -> bool:
    match expr:
        case ir.Raises():
            return True
        case ir.Attr(entity):
            return dtypes.nullable(entity.type)
        case ir.Lookup(raises=raises):
            return raises
        case ir.Prim():
            operands = (one if isinstance(one, ir.Const) else ir.Column("", "", one.type) for one in expr.args)
            return failures.failure(replace(expr, args=tuple(operands))) is not None
        case ir.Reduce(op, comp, empty=empty):
            no_value = empty is None and op in ("first", "last", "min", "max")
            none = op in ("sum", "min", "max") and dtypes.nullable(comp.head.type)
            return no_value or none or _iterates_none(comp)
        case ir.Comp():
            return _iterates_none(expr)
        case ir.GroupBy(comp=comp):
            return dtypes.nullable(comp.head.type) or _iterates_none(comp)
    return False


def _iterates_none(comp: ir.Comp) -> bool:
    held = (step.source.value for step in comp.steps if isinstance(step, ir.Gen) and isinstance(step.source, ir.Items))
    return any(dtypes.nullable(one.type) for one in (*held, *(each.key for each in comp.order)))


def first(expr: ir.Expr, wanted: ir.Expr) -> bool | None:
    """Tell whether the first evaluation that may raise is the wanted one; None where nothing may raise."""
    if expr == wanted or (type(expr) is type(wanted) and replace(expr, type=wanted.type) == wanted):
        return True
    match expr:
        case ir.If(test, then, orelse):
            tested = first(test, wanted)
            return _either(first(then, wanted), first(orelse, wanted)) if tested is None else tested
        case ir.Prim("and" | "or", args):
            begun = first(args[0], wanted)
            return begun if begun is not None or not any(map(may_raise, args[1:])) else False
        case ir.Comp(steps=steps) | ir.Reduce(comp=ir.Comp(steps=steps)) | ir.GroupBy(comp=ir.Comp(steps=steps)):
            match steps[0] if steps else None:
                case ir.Gen(_, ir.Items(value)):
                    held = first(value, wanted)
                    if held is not None:
                        return held
            return False if may_raise(expr) else None
    for one in rewrite.children(expr):
        found = first(one, wanted)
        if found is not None:
            return found
    return False if _raises_itself(expr) else None


def _either(then: bool | None, orelse: bool | None) -> bool | None:
    return then if then == orelse else False
