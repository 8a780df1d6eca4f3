"""Lists, sets and dicts that a getter makes itself, as what a loop can run over.

best = sorted(users.values(), key=…)[:3]   →  steps of the list, then Cut([:3] of user order …)
a + [x for x in b]                         →  two branches, one after the other
totals.items(), filled in a loop           →  Gen(entry, Items(GroupBy …)) in the order of the first entries
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from compiler import dtypes, ir, raising, rewrite


def variables(comp: ir.Comp) -> tuple[str, ...]:
    """Return the variables that a comprehension's own steps bind."""
    return tuple(step.var for step in comp.steps if isinstance(step, ir.Gen))


def cut(comp: ir.Comp, start: int, stop: int, *, from_end: bool = False) -> ir.Comp:
    """Return `comp[start:stop]`; from the end, `comp[-stop:-start]`."""
    order = backwards(comp.order) if from_end else comp.order
    heads = (comp.head,) if raising.may_raise(comp.head) else ()
    return replace(comp, steps=(*comp.steps, ir.Cut(variables(comp), order, start, stop, heads=heads)))


def numbered(comp: ir.Comp) -> tuple[ir.Comp, ir.Expr]:
    """Return the list, whose combinations are counted, and the place of each from 0; for what has at least one loop."""
    heads = (comp.head,) if raising.may_raise(comp.head) else ()
    over = variables(comp)
    name = f"{_NUMBER}{sum(isinstance(step, ir.Cut) for step in comp.steps)}"
    counted = replace(comp, steps=(*comp.steps, ir.Cut(over, comp.order, 0, None, heads=heads, number=name)))
    return counted, ir.EntryPart(over[-1], name, dtypes.INT)


def has_places(comp: ir.Comp) -> bool:
    """Tell whether the combinations of a list can be counted: Python comes to them in an order that is defined."""
    return bool(comp.order) and bool(variables(comp)) and not is_unordered(comp.order)


def at(comp: ir.Comp, place: ir.Expr) -> ir.Comp:
    """Return the combination with this place from 0, or none."""
    counted, number = numbered(comp)
    there = ir.Cond(ir.Prim("eq", (number, place), dtypes.BOOL, place.span))
    return replace(counted, steps=(*counted.steps, there))


def between(comp: ir.Comp, lower: int | None, upper: int | None) -> ir.Comp:
    """Return `comp[lower:upper]` for any ends, by the places of the combinations from the start and from the end."""
    counted, tests = comp, list[ir.Step]()
    for from_end in (False, True):
        ends = ((op, one) for op, one in (("ge", lower), ("lt", upper)) if one is not None and (one < 0) is from_end)
        for at, (op, bound) in enumerate(ends):
            if not at:
                order = backwards(comp.order) if from_end else comp.order
                counted, place = numbered(replace(counted, order=order))
            # The last item has place 0 from the end, and the index -1.
            limit = ir.Const(-bound - 1 if from_end else bound, dtypes.INT)
            sign = {"ge": "le", "lt": "gt"}[op] if from_end else op
            tests.append(ir.Cond(ir.Prim(sign, (place, limit), dtypes.BOOL)))
    return replace(counted, steps=(*counted.steps, *tests), order=comp.order)


def before(
    op: Literal["lt", "le"], counted: ir.Comp, number: ir.Expr, head: ir.Expr, name: Callable[[str], str]
) -> ir.Comp:
    """Return the heads of the combinations that come before the one around (`le`: and of that one itself)."""
    pair = ir.MakePair((head, number), dtypes.Pair((head.type, number.type)))
    again = rewrite.fresh(replace(counted, head=pair, type=dtypes.ListOf(pair.type)), name)
    assert isinstance(again.head, ir.MakePair)
    head, own = again.head.items
    test = ir.Cond(ir.Prim(op, (own, number), dtypes.BOOL))
    return replace(again, steps=(*again.steps, test), head=head, type=dtypes.ListOf(head.type))


def places_read(expr: ir.Expr) -> frozenset[tuple[str, str]]:
    """Return the places that an expression reads of what was counted around it."""
    inner = rewrite.bound(expr)
    return frozenset(
        (one.var, one.part)
        for one in rewrite.walk(expr)
        if isinstance(one, ir.EntryPart) and one.part.startswith(_NUMBER) and one.var not in inner
    )


_NUMBER = "number"


def backwards(order: tuple[ir.Order, ...]) -> tuple[ir.Order, ...]:
    """Return the opposite of an order."""
    return tuple(replace(one, descending=not one.descending) for one in order)


def places(var: str, order: tuple[ir.Order, ...], before: str = "place") -> tuple[ir.Order, ...]:
    """Return the order of the entries of a source that has places by these keys."""
    return tuple(
        ir.Order(ir.EntryPart(var, f"{before}{number}", one.key.type), one.descending)
        for number, one in enumerate(order)
    )


def unordered(var: str) -> tuple[ir.Order, ...]:
    """Return the order of what Python keeps in no order that could be repeated."""
    return (ir.Order(ir.EntryPart(var, "unordered", dtypes.INT)),)


def is_natural(one: ir.Order) -> bool:
    """Tell whether the order is that of the source, which Python keeps without comparing anything."""
    return isinstance(one.key, ir.EntryPart)


def compared(order: tuple[ir.Order, ...]) -> tuple[ir.Expr, ...]:
    """Return the keys that Python computes and compares."""
    return tuple(one.key for one in order if not is_natural(one))


def settled(steps: tuple[ir.Step, ...]) -> tuple[ir.Step, ...]:
    """Return the steps up to the last cut, which keeps what it keeps whatever comes after."""
    cuts = [place for place, step in enumerate(steps) if isinstance(step, ir.Cut)]
    return steps[: cuts[-1] + 1] if cuts else ()


def loops(steps: tuple[ir.Step, ...]) -> tuple[ir.Step, ...]:
    """Return the steps without the conditions that may be left to what is computed of each combination."""
    fixed = settled(steps)
    return (*fixed, *(step for step in steps[len(fixed) :] if isinstance(step, ir.Gen)))


def completed(order: tuple[ir.Order, ...], steps: tuple[ir.Step, ...]) -> tuple[ir.Order, ...]:
    """Return the order up to the key after which no two combinations are equal."""
    gens = [step for step in steps if isinstance(step, ir.Gen)]
    if len(gens) != 1:
        return order
    for number, one in enumerate(order):
        if _tells_apart(one.key, gens[0]):
            return order[: number + 1]
    return order


def _tells_apart(key: ir.Expr, gen: ir.Gen) -> bool:
    match key, gen.source:
        case ir.EntryKey(var), _:
            return var == gen.var
        case ir.EntryValue(var), ir.Items(ir.Comp(kind="set") | ir.Prim("set.items")):
            return var == gen.var
        case ir.Attr(ir.EntryValue(var), "doc_id"), ir.Many():
            return var == gen.var
    return False


def is_unique(key: ir.Expr, steps: tuple[ir.Step, ...]) -> bool:
    """Tell whether no two combinations share the key."""
    gens = [step for step in steps if isinstance(step, ir.Gen)]
    return isinstance(key, ir.EntryKey) or (len(gens) == 1 and _tells_apart(key, gens[0]))


def has_unique_keys(made: ir.Comp) -> bool:
    """Tell whether no two combinations of a dict comprehension share a key."""
    gens = [step for step in made.steps if isinstance(step, ir.Gen)]
    cuts = (step for step in made.steps if isinstance(step, ir.Cut) and (step.start, step.stop) == (0, 1))
    if any(one.per == made.key and set(one.over) == set(variables(made)) for one in cuts):
        return made.key is not None
    return len(gens) == 1 and made.key is not None and _tells_apart(made.key, gens[0])


def last_per_key(made: ir.Comp) -> ir.Comp:
    """Return a dict comprehension whose steps keep the last combination per key."""
    if has_unique_keys(made):
        return made
    heads = tuple(one for one in (made.head, made.key) if one is not None and raising.may_raise(one))
    last = ir.Cut(variables(made), backwards(made.order), 0, 1, made.key, heads)
    return replace(made, steps=(*made.steps, last), order=unordered(variables(made)[0]))


def first_per_key(made: ir.Comp, key: ir.Expr) -> ir.Comp:
    """Return a comprehension whose steps keep the first combination per key, in their order."""
    heads = tuple(one for one in (made.head, key) if raising.may_raise(one))
    return replace(made, steps=(*made.steps, ir.Cut(variables(made), made.order, 0, 1, key, heads)))


def entries_of_first(made: ir.GroupBy) -> ir.Comp:
    """Return the entries of a dict of what is first per key, as a dict comprehension of which no key comes twice."""
    comp = made.comp
    assert comp.key is not None
    natural = isinstance(comp.order[0].key, ir.EntryKey | ir.EntryPart) and not comp.order[0].descending
    order = comp.order if natural else unordered(variables(comp)[0])
    return replace(first_per_key(comp, comp.key), order=order)


def branches(made: ir.Expr) -> tuple[ir.Comp, ...] | None:
    """Return the lists that stand one after the other in a list expression, None where it is something else."""
    match made:
        case ir.MakeList(()):
            return ()
        case ir.MakeList() | ir.Prim() if _is_value(made):
            return (elements(made),)
        case ir.Comp(kind="list"):
            return (made,)
        case ir.MakeList(items):
            return tuple(ir.Comp("list", (), one, dtypes.ListOf(one.type), span=one.span) for one in items)
        case ir.Const(None) | ir.Raises():
            return ()
        case ir.If(test, then, orelse):
            otherwise = ir.Prim("not", (test,), dtypes.BOOL, made.span)
            return _both(_where(test, branches(then)), _where(otherwise, branches(orelse)))
        case ir.Prim("after", (_, value)):
            return branches(value)
        case ir.Prim("list.add", (left, right)):
            return _both(branches(left), branches(right))
        case ir.Attr() | ir.EntryValue() | ir.Prim() if isinstance(dtypes.required(made.type), dtypes.ListOf):
            return (elements(made),)
    return None


def are_several(made: ir.Expr) -> bool:
    """Tell whether a list is made of others, and no value by itself."""
    found = branches(made)
    return found is not None and found != (elements(made),)


def elements(made: ir.Expr) -> ir.Comp:
    """Return the items of a stored list."""
    of = dtypes.required(made.type)
    assert isinstance(of, dtypes.ListOf)
    gen = ir.Gen("item", ir.Items(made))
    index, item = ir.EntryKey("item", dtypes.INT), ir.EntryValue("item", of.item)
    return ir.Comp("list", (gen,), item, dtypes.ListOf(item.type), order=(ir.Order(index),), span=made.span)


def _is_value(made: ir.Expr) -> bool:
    """Tell whether the list is one value, of scalars alone: an array."""
    of = dtypes.required(made.type)
    if not isinstance(of, dtypes.ListOf) or isinstance(dtypes.required(of.item), dtypes.Entity):
        return False
    return not _has_rows(made)


def _has_rows(expr: ir.Expr) -> bool:
    """Tell whether there is a collection in it that is not folded to a scalar."""
    if isinstance(expr, ir.Reduce):
        return False
    return isinstance(expr, ir.Comp | ir.GroupBy) or any(map(_has_rows, rewrite.children(expr)))


def _both(left: tuple[ir.Comp, ...] | None, right: tuple[ir.Comp, ...] | None) -> tuple[ir.Comp, ...] | None:
    return None if left is None or right is None else (*left, *right)


def _where(test: ir.Expr, made: tuple[ir.Comp, ...] | None) -> tuple[ir.Comp, ...] | None:
    return None if made is None else tuple(replace(one, steps=(ir.Cond(test), *one.steps)) for one in made)


def branch_places(var: str, made: tuple[ir.Comp, ...]) -> tuple[ir.Order, ...]:
    """Return the order of the entries of branches: one branch after the other, each in its own order."""
    found = [ir.Order(ir.EntryPart(var, "branch", dtypes.INT))]
    for number, one in enumerate(made):
        for each in places(var, one.order, f"branch{number}_place"):
            key = each.key
            assert isinstance(key, ir.EntryPart)
            found.append(replace(each, key=replace(key, type=dtypes.optional(key.type))))
    return tuple(found)


def items_of_set(held: ir.Expr) -> ir.Expr:
    """Return the list of the different items of a set, in no order that could be repeated."""
    kind = dtypes.required(held.type)
    assert isinstance(kind, dtypes.SetOf)
    listed: dtypes.Type = dtypes.ListOf(kind.item)
    match held:
        case ir.If(_, then, orelse):
            return replace(held, then=items_of_set(then), orelse=items_of_set(orelse), type=listed)
        case ir.MakeList():
            return replace(held, type=listed)
        case ir.Const() | ir.Raises():
            return held
        case ir.Comp():
            gen = ir.Gen("item", ir.Items(held))
            return ir.Comp("list", (gen,), ir.EntryValue("item", kind.item), listed, order=unordered("item"))
    return ir.Prim("set.items", (held,), dtypes.optional(listed) if dtypes.nullable(held.type) else listed, held.span)


def is_unordered(order: tuple[ir.Order, ...]) -> bool:
    """Tell whether the order depends on what has none."""
    return any(isinstance(one.key, ir.EntryPart) and one.key.part == "unordered" for one in order)


def item_type(made: tuple[ir.Comp, ...]) -> dtypes.Type | None:
    """Return the type of all items of branches, None where they differ."""
    kind: dtypes.Type | None = made[0].head.type
    for one in made[1:]:
        kind = None if kind is None else dtypes.join(kind, one.head.type)
    return kind
