"""Loops over the rows of a group, within a loop over the groups: each row has its group's key, so nothing is joined.

for kind in kinds of orders: sum(o.number for o in orders if o.kind == kind)   →   GROUP BY o.kind: sum(o.number)
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import dtypes, ir, rewrite, sequences


@dataclass(frozen=True, slots=True)
class Own:
    """A loop over the rows of the group that the variable goes through; `rest` are its steps after those rows."""

    var: str
    made: ir.GroupBy
    same: tuple[ir.Step, ...]
    rest: tuple[ir.Step, ...]


def group(outer: tuple[ir.Step, ...], steps: tuple[ir.Step, ...]) -> Own | None:
    """Return how steps go over the rows of the group around them; None where they go over others too."""
    around = groups(outer)
    if around is None or any(isinstance(one, ir.Cut) and (one.per is not None or one.number) for one in outer):
        return None
    var, made = around
    comp = made.comp
    length = len(comp.steps)
    if len(steps) <= length or any(isinstance(step, ir.Cut) for step in steps):
        return None
    named = dict(zip(sequences.variables(comp), _variables(steps[:length]), strict=False))
    renamed = rewrite.fresh(comp, lambda name: named.get(name, name))
    assert renamed.key is not None
    same = ir.Cond(ir.Prim("eq", (renamed.key, ir.EntryKey(var, renamed.key.type)), dtypes.BOOL))
    if steps[: length + 1] != (*renamed.steps, same):
        return None
    by = ir.GroupBy(made.op, renamed, made.type, made.start, made.span)
    return Own(var, by, steps[: length + 1], steps[length + 1 :])


def groups(steps: tuple[ir.Step, ...]) -> tuple[str, ir.GroupBy] | None:
    """Return the variable that goes through the groups of rows, and what made them; None for any other loop."""
    match [step for step in steps if isinstance(step, ir.Gen)]:
        case [ir.Gen(var, ir.Items(ir.GroupBy("list" | "set") as made))]:
            return var, made
    return None


def _variables(steps: tuple[ir.Step, ...]) -> tuple[str, ...]:
    return tuple(step.var for step in steps if isinstance(step, ir.Gen))
