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
    if isinstance(expr, ir.Reduce) and expr.comp.checked:
        return _is_partial(expr)
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
            return failures.evaluated(replace(expr, args=tuple(operands))) is not None
        case ir.Reduce(op, comp):
            none = op in ("sum", "min", "max", "join") and dtypes.nullable(comp.head.type)
            return _is_partial(expr) or none or _iterates_none(comp)
        case ir.Comp():
            return _iterates_none(expr)
        case ir.GroupBy(comp=comp):
            return dtypes.nullable(comp.head.type) or _iterates_none(comp)
    return False


def _is_partial(found: ir.Reduce) -> bool:
    """Tell whether a fold has no value where there is nothing to fold."""
    return found.empty is None and found.op in ("first", "last", "min", "max")


def counted(made: ir.Comp | ir.GroupBy) -> tuple[ir.Expr, ...] | None:
    """Return values that raise what making the list, set or dict raises; None where that is not known."""
    comp = made if isinstance(made, ir.Comp) else made.comp
    parts = {"value": comp.head} if comp.key is None else {"key": comp.key, "value": comp.head}
    if isinstance(made, ir.GroupBy) and dtypes.nullable(comp.head.type):
        if made.op != "sum":
            return None
        parts["sum"] = _summand(comp.head)
    fields = tuple(part for name, one in parts.items() for part in _parts(name, one))
    head = ir.MakeRecord(fields, dtypes.Record(tuple((name, one.type) for name, one in fields)), made.span)
    every = ir.Comp("list", comp.steps, head, dtypes.ListOf(head.type), order=comp.order, span=made.span)
    found: list[ir.Expr] = [ir.Reduce("count", every, dtypes.INT, ir.Const(0, dtypes.INT), span=made.span)]
    sorting = apart(comp)[0] if comp.kind == "list" else None
    return tuple(found) if sorting is None else (*found, sorting)


def _summand(head: ir.Expr) -> ir.Expr:
    there = ir.Prim("not_none", (head,), dtypes.BOOL)
    return ir.Prim("check", (there, ir.Const("TypeError", dtypes.STR), ir.Const(True, dtypes.BOOL)), dtypes.BOOL)


def _parts(name: str, one: ir.Expr) -> list[tuple[str, ir.Expr]]:
    """Return the parts of a tuple, each with a name; an entity as it is raises nothing."""
    if isinstance(one, ir.MakePair):
        return [part for place, item in enumerate(one.items) for part in _parts(f"{name}_{place}", item)]
    return [(name, one)] if may_raise(one) else []


def _iterates_none(comp: ir.Comp) -> bool:
    held = (step.source.value for step in comp.steps if isinstance(step, ir.Gen) and isinstance(step.source, ir.Items))
    return any(map(dtypes.nullable, (one.type for one in held))) or _compares_none(comp.order)


def _compares_none(order: tuple[ir.Order, ...]) -> bool:
    """Tell whether sorting may compare None; the places of items, which lists and dicts are in order of, never do."""
    return any(
        dtypes.nullable(one.key.type) and not one.checked and not isinstance(one.key, ir.EntryPart) for one in order
    )


def apart(comp: ir.Comp) -> tuple[ir.Expr | None, ir.Comp]:
    """Return a value that raises what sorting the list raises, if it may, and the list without that.

    Python sorts before a loop over the list leaves out or repeats anything.
    """
    if not _compares_none(comp.order) and not any(may_raise(one.key) for one in comp.order if not one.checked):
        return None, comp
    true, false = ir.Const(True, dtypes.BOOL), ir.Const(False, dtypes.BOOL)
    every = ir.Comp("list", comp.steps, true, dtypes.ListOf(dtypes.BOOL), order=comp.order, span=comp.span)
    order = tuple(one if isinstance(one.key, ir.EntryPart) else replace(one, checked=True) for one in comp.order)
    return ir.Reduce("first", every, dtypes.BOOL, false, span=comp.span), replace(comp, order=order)


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
