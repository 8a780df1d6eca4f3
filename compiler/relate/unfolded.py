"""Collections inside collections, as loops over the same rows: what a group holds, entries looked up, lists of lists.

for kind, found in by_kind.items(): max(found)     →  max(o.units for o in orders.values() if o.kind == kind)
by_bed.get(bed.doc_id)                             →  last(a for a in admissions.values() if a.bed == bed.doc_id)
for x in [y for y in ys]: …                        →  for y in ys: …
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from compiler import dtypes, ir, raising, rewrite, sequences
from compiler.relate import joins

_TRUE = ir.Const(True, dtypes.BOOL)
_NONE = ir.Const(None, dtypes.NONE)
_ZERO = ir.Const(0, dtypes.INT)


def unfolded(expr: ir.Expr) -> ir.Expr:
    """Return the expression with its collections told by loops over rows, as far as they can be."""
    groups = dict(_groups(expr))
    if not groups and not any(map(_is_concerned, rewrite.walk(expr))):
        return expr
    return _Unfolding(groups).of(expr)


def _groups(expr: ir.Expr) -> Iterator[tuple[str, ir.GroupBy]]:
    """Yield the variables of loops over dicts of lists or sets."""
    for one in rewrite.walk(expr):
        comp = one if isinstance(one, ir.Comp) else one.comp if isinstance(one, ir.Reduce | ir.GroupBy) else None
        for step in () if comp is None else comp.steps:
            match step:
                case ir.Gen(var, ir.Items(ir.GroupBy("list" | "set") as made)):
                    yield var, made


def _is_concerned(one: ir.Expr) -> bool:
    match one:
        case ir.Prim("dict.get" | "dict.item" | "dict.has" | "truth" | "list.len", (ir.Comp() | ir.GroupBy(), *_)):
            return True
    return False


@dataclass(slots=True)
class _Unfolding:
    groups: dict[str, ir.GroupBy]
    copies: int = field(default=0)

    def of(self, expr: ir.Expr) -> ir.Expr:
        return rewrite.transform(expr, self._one)

    def _one(self, one: ir.Expr) -> ir.Expr | None:
        match one:
            case ir.EntryValue(var) if var in self.groups:
                return self.of(self._held(var))
            case ir.Comp():
                return self._flat(one)
            case ir.Reduce():
                empty = None if one.empty is None else self.of(one.empty)
                return replace(one, comp=self._flat(one.comp), empty=empty)
            case ir.GroupBy():
                return replace(one, comp=self._flat(one.comp))
            case ir.Prim(args=args) if args:
                whole = replace(one, args=tuple(map(self.of, args)))
                return _of_rows(whole) if isinstance(whole.args[0], ir.Comp | ir.GroupBy) else whole
        return None

    def _held(self, var: str) -> ir.Comp:
        """Return what a group holds: the heads of the rows that have its key."""
        made = self.groups[var]
        self.copies += 1
        comp = rewrite.fresh(made.comp, lambda name: f"{name}_of{self.copies}")
        assert comp.key is not None
        same = ir.Prim("eq", (comp.key, ir.EntryKey(var, comp.key.type)), dtypes.BOOL, comp.key.span)
        kind = dtypes.ListOf(comp.head.type)
        held: ir.Comp = replace(comp, kind="list", key=None, steps=(*comp.steps, ir.Cond(same)), type=kind)
        return replace(held, kind="set", type=dtypes.SetOf(comp.head.type), order=()) if made.op == "set" else held

    def _flat(self, comp: ir.Comp) -> ir.Comp:
        """Return the comprehension with loops over lists made here as loops over what they are made of."""
        plain = replace(
            comp, steps=tuple(map(self._step, comp.steps)), head=self.of(comp.head),
            key=None if comp.key is None else self.of(comp.key),
            order=tuple(replace(one, key=self.of(one.key)) for one in comp.order),
        )  # fmt: skip
        for step in plain.steps:
            match step:
                case ir.Gen(source=ir.Items(ir.Comp("list") as inner)) if self._is_of_group(inner):
                    plain = _spliced(plain, step, inner)
        return plain

    def _is_of_group(self, inner: ir.Comp) -> bool:
        last = inner.steps[-1] if inner.steps else None
        match last:
            case ir.Cond(ir.Prim("eq", (_, ir.EntryKey(var)))):
                return var in self.groups
        return False

    def _step(self, step: ir.Step) -> ir.Step:
        match step:
            case ir.Cond(test):
                return ir.Cond(self.of(test))
            case ir.Gen(_, ir.Items(value) as source):
                return replace(step, source=replace(source, value=self.of(value)))
            case ir.Cut():
                order = tuple(replace(one, key=self.of(one.key)) for one in step.order)
                per = None if step.per is None else self.of(step.per)
                return replace(step, order=order, per=per, heads=tuple(map(self.of, step.heads)))
        return step


def _spliced(comp: ir.Comp, gen: ir.Gen, inner: ir.Comp) -> ir.Comp:
    """Return the comprehension with the inner one's steps in the place of a loop over it."""

    def item(one: ir.Expr) -> ir.Expr | None:
        return inner.head if isinstance(one, ir.EntryValue) and one.var == gen.var else None

    def put(expr: ir.Expr) -> ir.Expr:
        found = rewrite.transform(expr, item)
        if gen.var in rewrite.variables(found):
            raise joins.decline("D304", expr.span, "the place of an entry in a list of a group has no SQL form")
        return found

    def ordered(order: tuple[ir.Order, ...]) -> tuple[ir.Order, ...]:
        every: list[ir.Order] = []
        for one in order:
            if isinstance(one.key, ir.EntryKey) and one.key.var == gen.var:
                every += sequences.backwards(inner.order) if one.descending else inner.order
            else:
                every.append(replace(one, key=put(one.key)))
        return tuple(every)

    steps: list[ir.Step] = []
    for step in comp.steps:
        match step:
            case ir.Gen(var) if var == gen.var:
                steps += inner.steps
            case ir.Gen(_, ir.Items(value) as source):
                steps.append(replace(step, source=replace(source, value=put(value))))
            case ir.Cond(test):
                steps.append(ir.Cond(put(test)))
            case ir.Cut(over=over):
                own = tuple(name for one in over for name in (sequences.variables(inner) if one == gen.var else (one,)))
                per = None if step.per is None else put(step.per)
                heads = tuple(map(put, step.heads))
                steps.append(replace(step, over=own, order=ordered(step.order), per=per, heads=heads))
            case _:
                steps.append(step)
    key = None if comp.key is None else put(comp.key)
    return replace(comp, steps=tuple(steps), head=put(comp.head), key=key, order=ordered(comp.order))


def _of_rows(one: ir.Prim) -> ir.Expr:
    """Return what is asked of a collection that the getter made, as a fold over its rows."""
    made = one.args[0]
    comp = made.comp if isinstance(made, ir.GroupBy) else made
    assert isinstance(comp, ir.Comp)
    if one.op in ("dict.get", "dict.item") and isinstance(made, ir.Comp) and _is_quiet(comp):
        return _entry(one, comp)
    if one.op == "dict.has" and comp.key is not None and _is_quiet(comp):
        return ir.Reduce("any", _listed(comp, _same(comp.key, one.args[1])), dtypes.BOOL, span=one.span)
    if one.op == "truth" and _is_quiet(comp):
        return ir.Reduce("any", _listed(comp, _TRUE), dtypes.BOOL, span=one.span)
    if one.op == "list.len" and comp.key is None:
        return ir.Reduce("count", comp, dtypes.INT, _ZERO, distinct=comp.kind == "set", span=one.span)
    return one


def _is_quiet(comp: ir.Comp) -> bool:
    """Tell whether making the collection raises nothing; else every element has to be looked at."""
    made = (comp.head,) if comp.key is None else (comp.key, comp.head)
    return not any(raising.may_raise(one) for one in (*made, *sequences.compared(comp.order)))


def _entry(one: ir.Prim, comp: ir.Comp) -> ir.Expr:
    assert comp.key is not None
    found = ir.Comp(
        "list", (*comp.steps, ir.Cond(_same(comp.key, one.args[1]))), comp.head, dtypes.ListOf(comp.head.type),
        order=comp.order, span=comp.span,
    )  # fmt: skip
    if one.op == "dict.get":
        return ir.Reduce("last", found, one.type, _NONE, span=one.span)
    return ir.Reduce("last", found, one.type, empty_error="KeyError: ", span=one.span)


def _listed(comp: ir.Comp, head: ir.Expr) -> ir.Comp:
    return ir.Comp("list", comp.steps, head, dtypes.ListOf(head.type), order=comp.order, span=comp.span)


def _same(key: ir.Expr, wanted: ir.Expr) -> ir.Expr:
    return ir.Prim("eq", (key, wanted), dtypes.BOOL, wanted.span)
