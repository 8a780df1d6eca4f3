"""What a loop evaluates for an element, each part under the conditions that come before it.

for t in tracks.values() if t.live for r in t.ratings if r > 0     →  if(t.live, check(not_none(t.ratings), …), None),
                                                                     if(t.live, r > 0, None)
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import dtypes, ir, raising, sequences

_TRUE = ir.Const(True, dtypes.BOOL)


def parts(comp: ir.Comp, heads: tuple[ir.Expr, ...]) -> Iterator[ir.Expr]:
    """Yield what the loop evaluates once it has begun: conditions, sources of inner loops, heads."""
    before: tuple[ir.Step, ...] = ()
    settled = sequences.settled(comp.steps)  # a list is cut before the loop begins
    begun = bool(settled)
    for step in comp.steps[len(settled) :]:
        if isinstance(step, ir.Cond):
            yield where(before, step.test)
        elif begun and isinstance(step, ir.Gen) and isinstance(step.source, ir.Items):
            yield where(before, iterable(step.source))
        begun = begun or isinstance(step, ir.Gen)
        before = (*before, step)
    yield from (where(before, head) for head in heads)


def where(steps: tuple[ir.Step, ...], part: ir.Expr) -> ir.Expr:
    """Return the part, evaluated only where the conditions of the steps hold."""
    guarded = part
    for step in reversed(steps):
        if isinstance(step, ir.Cut):
            return guarded  # it keeps only rows for which the conditions before it hold
        if isinstance(step, ir.Cond):
            guarded = ir.If(step.test, guarded, ir.Const(None, dtypes.optional(part.type)), dtypes.optional(part.type))
    return guarded


def iterable(source: ir.Items) -> ir.Expr:
    """Return a check that the source is there to be gone through; True where it is known to be."""
    if not dtypes.nullable(source.value.type) and not raising.may_raise(source.value):
        return _TRUE
    there = ir.Prim("not_none", (source.value,), dtypes.BOOL)
    told = "TypeError: 'NoneType' object is not iterable"
    if source.method:
        told = f"AttributeError: 'NoneType' object has no attribute '{source.method}'"
    message = ir.Const(told, dtypes.STR)
    return ir.Prim("check", (there, message, _TRUE), dtypes.BOOL)
