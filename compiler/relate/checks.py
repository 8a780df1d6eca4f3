"""What may raise inside a collection: expressions whose text says so, beside the value.

    sum(o.amount …)  →  check(is_none(error(o.amount …)), error(…), sum(o.amount …))

`error` reductions that cannot raise vanish when the table is assembled, so nothing is paid for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler import dtypes, ir, raising, ranges, rewrite, sequences
from compiler.operations import arranged
from compiler.relate import guards, joins, tables

_TEXT = dtypes.optional(dtypes.STR)
_NOTHING = ir.Const(None, _TEXT)
_TRUE = ir.Const(True, dtypes.BOOL)


def with_checks(expr: ir.Expr) -> ir.Expr:
    """Return a scalar expression in which every reduction carries what its elements may raise."""

    def add(one: ir.Expr) -> ir.Expr | None:
        if not isinstance(one, ir.Reduce):
            return None
        if one.op in ("collect", "error"):
            return one
        reduce = one if one.empty is None else replace(one, empty=with_checks(one.empty))
        if _is_told(one):
            return reduce
        if one.op in ("any", "all", "first", "last"):
            _never_raises_inside(one)
            checks = [*of_sources(reduce.comp.steps), *of_order(reduce.comp)]
        else:
            checks = [*of_steps((), reduce.comp.steps, _heads(reduce)), *_of_extreme(reduce)]
        return chain(checks, reduce)

    return rewrite.transform(expr, add)


def _never_raises_inside(reduce: ir.Reduce) -> None:
    """Decline where a collection inside one that stops early may raise: only Python knows how far it comes."""
    tests = (step.test for step in reduce.comp.steps if isinstance(step, ir.Cond))
    for part in (*tests, reduce.comp.head):
        for one in rewrite.walk(part):
            if isinstance(one, ir.Reduce | ir.Comp | ir.GroupBy) and raising.may_raise(one):
                raise joins.decline("D409", one.span, f"`{reduce.op}` stops early, and what it goes through may raise")


def chain(checks: list[ir.Expr], value: ir.Expr) -> ir.Expr:
    """Return the value, raising the first text among the checks."""
    for text in reversed(checks):
        value = tables.checked(text, value)
    return value


def of_steps(outer: tuple[ir.Step, ...], steps: tuple[ir.Step, ...], heads: tuple[ir.Expr, ...]) -> list[ir.Expr]:
    """Return the texts that the steps and heads of a collection may raise, given the steps around it."""
    found: list[ir.Expr] = []
    before: tuple[ir.Step, ...] = outer
    parts: list[ir.Expr] = []
    for step in (*steps, None):
        if isinstance(step, ir.Cond):
            found += inside(before, step.test)
            parts.append(guards.where(before, step.test))
            before = (*before, step)
            continue
        if isinstance(step, ir.Cut):
            found += _of_cut(before, step, parts)
            parts = []
            before = (*before, step)
            continue
        if step is None:
            found += [text for head in heads for text in inside(before, head)]
            parts += [guards.where(before, part) for head in heads for part in scalars(head)]
        elif isinstance(step.source, ir.Items):
            made = _of_source(before, step.source.value)
            if made is None:
                parts.append(guards.where(before, guards.iterable(step.source)))
            else:
                found += made
        if parts:
            found.append(_error(before, parts))
            parts = []
        if step is not None:
            before = (*before, step)
    return found


def _of_cut(before: tuple[ir.Step, ...], step: ir.Cut, parts: list[ir.Expr]) -> list[ir.Expr]:
    """Return the texts that choosing what is kept may raise."""
    computed = (*step.heads, *sequences.compared(step.order))
    found = [text for one in computed for text in inside(before, one)]
    parts = [*parts, *(guards.where(before, part) for one in computed for part in scalars(one))]
    if parts:
        found.append(_error(before, parts))
    if step.per is not None:
        return found  # the last of a key replaces the others; nothing is compared
    own = [place for place, one in enumerate(before) if isinstance(one, ir.Gen) and one.var in step.over]
    outer = before[: own[0]] if own else before
    cut = ir.Comp("list", before[len(outer) :], _TRUE, dtypes.ListOf(dtypes.BOOL), order=step.order)
    return found + [_error(outer, [guards.where(outer, tables.checked(text, _TRUE))]) for text in of_order(cut)]


def _of_source(outer: tuple[ir.Step, ...], made: ir.Expr) -> list[ir.Expr] | None:
    """Return the texts that making a collection may raise, None where it is a stored one."""
    if isinstance(made, ir.GroupBy):
        heads = evaluated(made.op, made.comp.head)
        assert made.comp.key is not None
        return of_steps(outer, made.comp.steps, (made.comp.key, *heads))
    if isinstance(made, ir.Comp):
        return _of_list(outer, made, (made.head,))
    if not sequences.are_several(made):
        return None
    return [text for one in sequences.branches(made) or () for text in _of_list(outer, one, (one.head,))]


def _of_list(outer: tuple[ir.Step, ...], comp: ir.Comp, heads: tuple[ir.Expr, ...]) -> list[ir.Expr]:
    """Return the texts that making a list, and sorting it, may raise."""
    found = of_steps(outer, comp.steps, (*heads, *sequences.compared(comp.order)))
    return found + [_error(outer, [guards.where(outer, tables.checked(text, _TRUE))]) for text in of_order(comp)]


def inside(outer: tuple[ir.Step, ...], head: ir.Expr) -> list[ir.Expr]:
    """Return the texts that reductions inside the head of a collection may raise."""
    match head:
        case ir.Reduce() if _is_told(head):
            return [] if head.empty is None else inside(outer, head.empty)
        case ir.Reduce(comp=comp):
            found = of_steps(outer, comp.steps, (*_heads(head), *sequences.compared(_sorting(head))))
            compared = [*_of_extreme(head), *(of_order(comp) if _sorting(head) else ())]
            found += [_error(outer, [guards.where(outer, tables.checked(text, _TRUE))]) for text in compared]
            return found + ([] if head.empty is None else inside(outer, head.empty))
        case ir.If(test, then, orelse):
            where, otherwise = ir.Cond(test), ir.Cond(ir.Prim("not", (test,), dtypes.BOOL))
            return [*inside(outer, test), *inside((*outer, where), then), *inside((*outer, otherwise), orelse)]
        case ir.Comp() | ir.GroupBy():
            comp = head if isinstance(head, ir.Comp) else head.comp
            return _of_list(outer, comp, heads_of(head))
    return [text for child in rewrite.children(head) for text in inside(outer, child)]


def _is_told(reduce: ir.Reduce) -> bool:
    """Tell whether all that going through a collection raises is told elsewhere, and its numbers have digits enough."""
    if not reduce.comp.checked:
        return False
    head = reduce.comp.head
    match reduce.op:
        case "sum":
            added = ranges.addend(head)
            return not (isinstance(added, ir.Prim) and added.op == "whole.addend")
        case "min" | "max":
            return ranges.fitted(head) == head
    return True


def _sorting(reduce: ir.Reduce) -> tuple[ir.Order, ...]:
    return reduce.comp.order if reduce.op in ("first", "last") else ()


def of_sources(steps: tuple[ir.Step, ...]) -> list[ir.Expr]:
    """Return the texts that starting the loop may raise; what comes later may never be reached."""
    settled = sequences.settled(steps)
    first = next((place for place, step in enumerate(steps) if isinstance(step, ir.Gen)), len(steps))
    return of_steps((), settled or steps[: first + 1], ())


def of_order(comp: ir.Comp) -> list[ir.Expr]:
    """Return the text of comparing None while sorting; declines where SQL cannot tell."""
    found: list[ir.Expr] = []
    for place, one in enumerate(comp.order):
        if not dtypes.nullable(one.key.type) or sequences.is_natural(one) or one.checked:
            continue
        if not one.follows:
            found.append(_uncomparable(comp, one.key, leads=one.leads))
            continue
        # Of sorts of what is sorted already, each has its own tuple.
        start = max(at for at, each in enumerate(comp.order[:place]) if not each.follows)
        before = tuple(each.key for each in comp.order[start:place])
        if not all(arranged.can_rank(each.type) for each in before):
            shown = ", ".join(dtypes.show(each.type) for each in before)
            raise joins.decline(
                "D410", one.key.span, f"a sort key that may be None, after one of `{shown}`, has no exact SQL form"
            )
        found.append(_uncomparable_among(comp, before, one.key))
    return found


def _of_extreme(reduce: ir.Reduce) -> list[ir.Expr]:
    if reduce.op in ("min", "max") and dtypes.nullable(reduce.comp.head.type):
        return [_uncomparable(reduce.comp, reduce.comp.head)]
    return []


def _heads(reduce: ir.Reduce) -> tuple[ir.Expr, ...]:
    """Return what is evaluated per element: the head, and for a sum or a join that it can be added."""
    return evaluated(reduce.op, reduce.comp.head)


def heads_of(collection: ir.Comp | ir.GroupBy) -> tuple[ir.Expr, ...]:
    """Return what is evaluated per element of a list, set or dict."""
    if isinstance(collection, ir.GroupBy):
        comp, heads = collection.comp, evaluated(collection.op, collection.comp.head)
    else:
        comp, heads = collection, (ranges.fitted(collection.head),)
    return heads if comp.key is None else (*heads, _there(ranges.fitted(comp.key)))


def _there(key: ir.Expr) -> ir.Expr:
    if not dtypes.nullable(key.type):
        return key
    there = ir.Prim("not_none", (key,), dtypes.BOOL)
    message = ir.Const("TypeError: a dict of a view has no place for the key None", dtypes.STR)
    return ir.Prim("check", (there, message, key), key.type, key.span)


def evaluated(op: ir.ReduceOp | ir.GroupOp, head: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return a head, and for a sum or a join the test that it can be added."""
    if op in ("min", "max"):
        return (ranges.fitted(head),)
    if op not in ("sum", "join"):
        return (head,)
    added = ranges.addend(head) if op == "sum" else head
    if not dtypes.nullable(head.type):
        return (added,)
    there = ir.Prim("not_none", (head,), dtypes.BOOL)
    return (
        added,
        ir.Prim("check", (there, ir.Const("TypeError", dtypes.STR), ir.Const(True, dtypes.BOOL)), dtypes.BOOL),
    )


def _uncomparable(comp: ir.Comp, key: ir.Expr, *, leads: bool = False) -> ir.Expr:
    # A sort of two or more compares every one of them with a neighbour, so one None among them raises; at the head of
    # tuples only None beside something else does.
    one = ir.Const(1, dtypes.INT)
    number = _count(comp, ())
    known = _count(comp, (ir.Cond(ir.Prim("not_none", (key,), dtypes.BOOL)),))
    several = ir.Prim("gt", (known, ir.Const(0, dtypes.INT)) if leads else (number, one), dtypes.BOOL)
    missing = ir.Prim("lt", (known, number), dtypes.BOOL)
    both = ir.Prim("and", (several, missing), dtypes.BOOL)
    return ir.If(both, ir.Const("TypeError", dtypes.STR), _NOTHING, _TEXT)


def _uncomparable_among(comp: ir.Comp, before: tuple[ir.Expr, ...], key: ir.Expr) -> ir.Expr:
    # The next item of a tuple is compared where those before it are equal: None beside something else raises there.
    # Then there are more pairs of what is equal and whether the next one is None than there are of what is equal.
    equal = arranged.ranked_together(before)
    pairs = _distinct(comp, arranged.beside(arranged.is_there(key), equal))
    mixed = ir.Prim("gt", (pairs, _distinct(comp, equal)), dtypes.BOOL)
    return ir.If(mixed, ir.Const("TypeError", dtypes.STR), _NOTHING, _TEXT)


def _distinct(comp: ir.Comp, head: ir.Expr) -> ir.Reduce:
    counted = ir.Comp("list", comp.steps, head, dtypes.ListOf(head.type))
    return ir.Reduce("count", counted, dtypes.INT, ir.Const(0, dtypes.INT), distinct=True)


def _count(comp: ir.Comp, more: tuple[ir.Step, ...]) -> ir.Reduce:
    counted = ir.Comp("list", (*comp.steps, *more), ir.Const(1, dtypes.INT), dtypes.ListOf(dtypes.INT))
    return ir.Reduce("count", counted, dtypes.INT, ir.Const(0, dtypes.INT))


def scalars(head: ir.Expr) -> Iterator[ir.Expr]:
    """Yield the scalar parts of a head; inner collections check themselves."""
    match head:
        case ir.MakeRecord(fields):
            for _, value in fields:
                yield from scalars(value)
        case ir.If() if isinstance(
            dtypes.required(head.type), dtypes.Record | dtypes.ListOf | dtypes.SetOf | dtypes.DictOf
        ):
            yield head.test
            for _, branch in ((True, head.then), (False, head.orelse)):
                yield from scalars(branch)
        case ir.Comp() | ir.GroupBy() | ir.Const():
            return
        case _ if isinstance(dtypes.required(head.type), dtypes.Entity):
            return  # taking an entity as it is cannot raise; reading it is another expression
        case _:
            yield head


def collects(expr: ir.Expr) -> bool:
    """Tell whether a collection occurs."""
    return any(isinstance(one, ir.Reduce | ir.Comp | ir.GroupBy) for one in rewrite.walk(expr))


def _error(steps: tuple[ir.Step, ...], parts: list[ir.Expr]) -> ir.Expr:
    together = parts[0] if len(parts) == 1 else ir.Prim("coalesce", tuple(parts), dtypes.optional(dtypes.BOOL))
    gens = sequences.loops(steps)
    if not gens:
        # Outside any loop: evaluating the parts raises by itself; this only gives them a place in the order.
        return ir.Prim("evaluated", (together,), _TEXT)
    comp = ir.Comp("list", gens, together, dtypes.ListOf(together.type))
    return ir.Reduce("error", comp, _TEXT)
