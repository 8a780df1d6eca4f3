"""The shape of a getter's value: columns of its table, child tables, and how a reader puts them back together.

[{"name": u.name} for u in users.values()]
→  list field, child table keyed (doc_id, user_id), column name; null_when None
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Literal

from compiler import dtypes, ir, plan, raising, ranges, rewrite, sequences
from compiler.relate import checks, entries, joins

_BOOL = dtypes.BOOL
_FALSE = ir.Const(False, _BOOL)
_TRUE = ir.Const(True, _BOOL)
_NOTHING = ir.Const(None, dtypes.NONE)


@dataclass(frozen=True, slots=True)
class Child:
    """A child table: its rows, key, outputs and what chooses among its rows."""

    name: str
    parent: str
    kind: Literal["rows", "distinct", "group"]
    steps: tuple[ir.Step, ...]
    key: tuple[tuple[str, ir.Expr], ...]  # of the parent, then its own
    outputs: tuple[tuple[str, ir.Expr], ...]
    total: tuple[str, ir.GroupOp, ir.Expr] | None = None  # of a "group": column, operation, what is added


@dataclass(slots=True)
class Shape:
    """What one getter adds: a field of the document, outputs of its table, child tables."""

    node: plan.FieldNode
    outputs: list[tuple[str, ir.Expr]] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: its table, the steps and key of that table's rows, the prefix of its columns."""

    table: str
    steps: tuple[ir.Step, ...]
    key: tuple[tuple[str, ir.Expr], ...]

    @property
    def is_root(self) -> bool:
        """Tell whether the rows are the view's own."""
        return not self.steps


def shape(expr: ir.Expr, name: str, json_name: str, column: str, place: Place) -> Shape:
    """Return the shape of a value; `joins.NotRelational` where it has none."""
    inner = dtypes.required(expr.type)
    match inner:
        case dtypes.ListOf() | dtypes.SetOf() | dtypes.DictOf():
            return _collection(expr, name, json_name, column, place)
        case dtypes.Record(()) if isinstance(expr, ir.MakeRecord):
            raise joins.decline("D411", expr.span, "an empty dict has no columns")
        case dtypes.Record(fields):
            return _record(expr, fields, name, json_name, column, place)
        case dtypes.Entity():
            raise joins.decline("D407", expr.span, "a whole entity is not a value of a view; name its attributes")
        case dtypes.Pair():
            raise joins.decline("D412", expr.span, "a tuple has no form in a view; make it a dict with named fields")
        case dtypes.Json():
            raise joins.decline("D413", expr.span, "a value without a type has no column")
    node = plan.FieldNode(name, json_name, "scalar", column=column)
    return Shape(node, [(column, _checked(expr, place))])


def _checked(expr: ir.Expr, place: Place) -> ir.Expr:
    # What an inner collection raises is found at the root, where it makes the whole field None.
    moved = pushed(expr)
    return checks.with_checks(moved) if place.is_root else moved


# ---------------------------------------------------------------- records


def _record(
    expr: ir.Expr, fields: tuple[tuple[str, dtypes.Type], ...], name: str, json_name: str, column: str, place: Place
) -> Shape:
    result = Shape(plan.FieldNode(name, json_name, "record"))
    nodes: list[plan.FieldNode] = []
    for field_name, _ in fields:
        part = shape(_field(expr, field_name), field_name, field_name, f"{column}__{field_name}", place)
        nodes.append(part.node)
        result.outputs += part.outputs
        result.children += part.children
    none = _none_when(expr)
    null_when = None
    if none != _FALSE:
        null_when = f"{column}__null"
        result.outputs.append((null_when, _checked(none, place)))
    result.node = replace(result.node, fields=tuple(nodes), null_when=null_when)
    return result


def _field(expr: ir.Expr, name: str) -> ir.Expr:
    match expr:
        case ir.MakeRecord(fields):
            return dict(fields)[name]
        case ir.If():
            then, orelse = _field(expr.then, name), _field(expr.orelse, name)
            kind = dtypes.join(then.type, orelse.type)
            if kind is None:
                raise joins.decline("D313", expr.span, f"`{name}` has two types")
            return ir.If(expr.test, then, orelse, kind, expr.span)
        case ir.Const(None) | ir.Raises():
            return expr
        case ir.Prim("after", (before, value)):
            part = _field(value, name)
            return ir.Prim("after", (before, part), part.type, expr.span)
        case ir.Reduce(op="first" | "last", comp=comp):
            head = _field(comp.head, name)
            inner = replace(comp, head=head, type=dtypes.ListOf(head.type))
            empty = None if expr.empty is None else _field(expr.empty, name)
            kind = head.type if empty is None else (dtypes.join(head.type, empty.type) or head.type)
            return replace(expr, comp=inner, empty=empty, type=kind)
        case ir.EntryValue() | ir.Attr() | ir.Prim():
            kind = dtypes.required(expr.type)
            assert isinstance(kind, dtypes.Record)
            of = kind.get(name)
            assert of is not None
            return ir.Prim("record.field", (expr, ir.Const(name, dtypes.STR)), dtypes.optional(of), expr.span)
    raise joins.decline("D414", expr.span, "this dict has no columns")


def _none_when(expr: ir.Expr) -> ir.Expr:
    """Return the condition under which a record, list or dict is None."""
    match expr:
        case ir.Const(None):
            return _TRUE
        case ir.If():
            then, orelse = _none_when(expr.then), _none_when(expr.orelse)
            if then == orelse and not raising.may_raise(expr.test):
                return then
            return ir.If(expr.test, then, orelse, _BOOL, expr.span)
        case ir.Prim("after", (before, value)):
            return ir.Prim("after", (before, _none_when(value)), _BOOL, expr.span)
        case ir.Raises():
            return replace(expr, type=_BOOL)
        case ir.Reduce(op="first" | "last", comp=comp):
            none = _none_when(comp.head)
            empty = _FALSE if expr.empty is None else _none_when(expr.empty)
            if none == _FALSE and empty == _FALSE:
                return _FALSE
            inner = replace(comp, head=none, type=dtypes.ListOf(_BOOL))
            return replace(expr, comp=inner, empty=empty if expr.empty is not None else None, type=_BOOL)
        case ir.EntryValue() | ir.Attr() | ir.Prim() if dtypes.nullable(expr.type):
            return ir.Prim("is_none", (expr,), _BOOL, expr.span)
    return _FALSE


# ---------------------------------------------------------------- lists, sets and dicts


def _collection(expr: ir.Expr, name: str, json_name: str, column: str, place: Place) -> Shape:
    guards, comp = _one_branch(expr, place)
    table = f"{place.table}__{name}"
    null = _none_or_raised(expr, _texts(comp, place) if comp is not None else [], place)
    result = Shape(plan.FieldNode(name, json_name, "list"))
    if comp is None:
        raise joins.decline("D415", expr.span, "a collection that is always empty has no item type")
    null_when = None
    if null != _FALSE:
        null_when = f"{column}__null"
        result.outputs.append((null_when, _checked(null, place)))
    guarded = tuple(ir.Cond(test) for test in guards)
    comp_of = comp.comp if isinstance(comp, ir.GroupBy) else comp
    comp_of = replace(comp_of, steps=(*guarded, *comp_of.steps))
    comp = replace(comp, comp=comp_of) if isinstance(comp, ir.GroupBy) else comp_of
    node, children = _child(comp, name, json_name, table, place)
    result.node = replace(node, null_when=null_when)
    result.children = children
    return result


def _none_or_raised(expr: ir.Expr, texts: list[ir.Expr], place: Place) -> ir.Expr:
    """Return the condition under which a collection is None, which raises the texts where Python goes through it."""
    match expr:
        case _ if not texts:
            return _none_when(expr)
        case ir.If(test, then, orelse):
            goes, otherwise = (_one_branch(one, place)[1] is not None for one in (then, orelse))
            if not (goes and otherwise):
                none = _none_or_raised(then, texts if goes else [], place)
                other = _none_or_raised(orelse, texts if otherwise else [], place)
                return ir.If(test, none, other, _BOOL, expr.span)
        case ir.Prim("after", (before, value)):
            return ir.Prim("after", (before, _none_or_raised(value, texts, place)), _BOOL, expr.span)
    return checks.chain(texts, _none_when(expr))


def _texts(comp: ir.Comp | ir.GroupBy, place: Place) -> list[ir.Expr]:
    of = comp.comp if isinstance(comp, ir.GroupBy) else comp
    heads = checks.heads_of(comp)
    found = checks.of_steps(place.steps, of.steps, (*heads, *sequences.compared(of.order)))
    if place.is_root:
        found += checks.of_order(of)
    return found if place.is_root else []


def _one_branch(expr: ir.Expr, place: Place) -> tuple[tuple[ir.Expr, ...], ir.Comp | ir.GroupBy | None]:
    """Return the one collection among the branches that is not empty or None, and the tests that lead to it."""
    match expr:
        case ir.Comp() | ir.GroupBy():
            return (), expr
        case ir.MakeList(()) | ir.MakeRecord(()) | ir.Const(None) | ir.Raises():
            return (), None
        case ir.If():
            then_tests, then = _one_branch(expr.then, place)
            else_tests, orelse = _one_branch(expr.orelse, place)
            if then is not None and orelse is not None:
                return (), _several(_or_empty(expr), place)
            if then is not None:
                return (expr.test, *then_tests), then
            if orelse is not None:
                return (ir.Prim("not", (expr.test,), _BOOL, expr.span), *else_tests), orelse
            return (), None
        case ir.Prim("after", (_, value)):
            return _one_branch(value, place)
        case ir.Prim() | ir.MakeList() if sequences.are_several(expr):
            return (), _several(expr, place)
        case ir.Attr() | ir.EntryValue() | ir.Prim() | ir.MakeList():
            return (), _elements(expr, place)
    raise joins.decline("D418", expr.span, "this collection has no SQL form")


def _or_empty(expr: ir.Expr) -> ir.Expr:
    """Return one of several lists with an empty one in the place of None: nothing loops over a value that is shown."""
    match expr:
        case ir.If(_, then, orelse):
            return replace(expr, then=_or_empty(then), orelse=_or_empty(orelse))
        case ir.Prim("after", (before, value)):
            return replace(expr, args=(before, _or_empty(value)))
        case ir.Attr() | ir.EntryValue() if dtypes.nullable(expr.type):
            there = ir.Prim("not_none", (expr,), _BOOL, expr.span)
            return ir.If(there, expr, ir.MakeList((), dtypes.required(expr.type), expr.span), expr.type, expr.span)
    return expr


def _several(expr: ir.Expr, place: Place) -> ir.Comp:
    """Return the items of lists that stand one after the other, or of which one is chosen."""
    branches = sequences.branches(expr)
    kind = sequences.item_type(branches) if branches else None
    if branches is None or kind is None:
        raise joins.decline("D417", expr.span, "the value is one of two collections")
    var = _free(place)
    items = ir.Items(replace(expr, type=dtypes.ListOf(kind)))
    order = sequences.branch_places(var, branches)
    return ir.Comp("list", (ir.Gen(var, items),), ir.EntryValue(var, kind), dtypes.ListOf(kind), order=order)


def _free(place: Place) -> str:
    around = {step.var for step in place.steps if isinstance(step, ir.Gen)}
    names = chain(("item",), (f"item_{number}" for number in count(2)))
    return next(name for name in names if name not in around)


def _elements(expr: ir.Expr, place: Place) -> ir.Comp:
    inner = dtypes.required(expr.type)
    var = _free(place)
    gen = ir.Gen(var, ir.Items(expr))
    there = (ir.Cond(ir.Prim("not_none", (expr,), _BOOL)),) if dtypes.nullable(expr.type) else ()
    if isinstance(inner, dtypes.ListOf):
        index, item = ir.EntryKey(var, dtypes.INT), ir.EntryValue(var, dtypes.optional(inner.item))
        return ir.Comp("list", (*there, gen), item, inner, order=(ir.Order(index),), span=expr.span)
    if isinstance(inner, dtypes.DictOf):
        key, value = ir.EntryKey(var, inner.key), ir.EntryValue(var, dtypes.optional(inner.value))
        return ir.Comp("dict", (*there, gen), value, inner, key, (ir.Order(key),), span=expr.span)
    raise joins.decline("D418", expr.span, "this collection has no SQL form")


def _child(
    comp: ir.Comp | ir.GroupBy, name: str, json_name: str, table: str, place: Place
) -> tuple[plan.FieldNode, list[Child]]:
    of = comp.comp if isinstance(comp, ir.GroupBy) else comp
    steps = (*place.steps, *of.steps)
    parent_key = tuple(column for column, _ in place.key)
    entry = _entry_keys(of.steps, {column for column, _ in place.key} | _field_names(of.head))
    if isinstance(comp, ir.GroupBy):
        return _grouped(comp, name, json_name, table, place, steps)
    if of.kind == "set":
        return _set(of, name, json_name, table, place, steps)
    key = (*place.key, *entry)
    outputs: list[tuple[str, ir.Expr]] = []
    map_key = None
    if of.kind == "dict":
        assert of.key is not None
        map_key = next((column for column, one in entry if one == of.key), None)
        if map_key is None or len(entry) > 1:
            map_key = f"{name}_key"
            key = (*place.key, (map_key, of.key))
            known = ir.Cond(ir.Prim("not_none", (of.key,), _BOOL)) if dtypes.nullable(of.key.type) else None
            last = ir.Cut(sequences.variables(of), sequences.backwards(of.order), 0, 1, of.key)
            several = () if sequences.has_unique_keys(of) else (last,)
            steps = (*steps, *(() if known is None else (known,)), *several)
    item = shape(of.head, "value", "value", "value", Place(table, steps, key))
    item_columns = dict(item.outputs)
    outputs += item.outputs
    order: list[tuple[str, Literal["asc", "desc"]]] = []
    if of.kind == "list":
        if sequences.is_unordered(of.order):
            raise joins.unordered(of.order)
        order, sorting = _order(of, (*entry, *item.outputs))
        outputs += [one for one in sorting if one[0] not in item_columns]
    child = Child(table, place.table, "rows", steps, key, tuple(outputs))
    node = plan.FieldNode(
        name, json_name, "map" if of.kind == "dict" else "list",
        table=table, parent_key=parent_key, order=tuple(order), map_key=map_key, item=item.node,
    )  # fmt: skip
    return node, [child, *item.children]


def _field_names(head: ir.Expr) -> set[str]:
    inner = dtypes.required(head.type)
    return {f"value__{name}" for name, _ in inner.fields} if isinstance(inner, dtypes.Record) else {"value"}


def _entry_keys(steps: tuple[ir.Step, ...], taken: set[str]) -> tuple[tuple[str, ir.Expr], ...]:
    found: list[tuple[str, ir.Expr]] = []
    for step in steps:
        if not isinstance(step, ir.Gen):
            continue
        for part, one in entries.parts(step):
            for name, key in entries.keys(_entry_name(step, part), one):
                while name in taken:
                    name = f"{name}_"
                taken.add(name)
                found.append((name, key))
    return tuple(found)


def _entry_name(gen: ir.Gen, part: str) -> str:
    if isinstance(gen.source, ir.Many):
        return f"{_singular(gen.source.reference)}_id"
    source = gen.source.value
    if part != "key":
        return f"entry_{part}"
    named = _singular(source.name) if isinstance(source, ir.Attr) else "item"
    return f"{named}_{'index' if isinstance(dtypes.required(source.type), dtypes.ListOf) else 'key'}"


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 1 else name


def _order(
    of: ir.Comp, known: tuple[tuple[str, ir.Expr], ...]
) -> tuple[list[tuple[str, Literal["asc", "desc"]]], list[tuple[str, ir.Expr]]]:
    keys = {expr: column for column, expr in reversed(known)}
    order: list[tuple[str, Literal["asc", "desc"]]] = []
    extra: list[tuple[str, ir.Expr]] = []
    for one in of.order:
        column = keys.get(one.key)
        if column is None:
            column = f"order_{len(extra) + 1}"
            extra.append((column, ranges.kept(one.key)))
        order.append((column, "desc" if one.descending else "asc"))
    return order, extra


def _set(
    of: ir.Comp, name: str, json_name: str, table: str, place: Place,
    steps: tuple[ir.Step, ...],
) -> tuple[plan.FieldNode, list[Child]]:  # fmt: skip
    if dtypes.nullable(of.head.type):
        raise joins.decline("D420", of.span, "a set that may hold None has no key to be kept by")
    child = Child(table, place.table, "distinct", steps, (*place.key, ("value", of.head)), ())
    item = plan.FieldNode("value", "value", "scalar", column="value")
    node = plan.FieldNode(
        name, json_name, "set", table=table, parent_key=tuple(column for column, _ in place.key),
        order=(("value", "asc"),), item=item,
    )  # fmt: skip
    return node, [child]


def _grouped(
    comp: ir.GroupBy, name: str, json_name: str, table: str, place: Place,
    steps: tuple[ir.Step, ...],
) -> tuple[plan.FieldNode, list[Child]]:  # fmt: skip
    of = comp.comp
    assert of.key is not None
    if comp.op in ("first", "last"):
        return _child(_one_per_key(comp), name, json_name, table, place)
    map_key = f"{name}_key"
    key = (*place.key, (map_key, of.key))
    if comp.op in ("list", "set"):
        return _gathered(comp, name, json_name, table, place, key)
    child = Child(table, place.table, "group", steps, key, (), total=("value", comp.op, of.head))
    item = plan.FieldNode("value", "value", "scalar", column="value")
    node = plan.FieldNode(
        name, json_name, "map", table=table, parent_key=tuple(column for column, _ in place.key), map_key=map_key,
        item=item,
    )  # fmt: skip
    return node, [child]


def _one_per_key(made: ir.GroupBy) -> ir.Comp:
    """Return the dict of the first (or last) of each key: the last that a comprehension meets stays."""
    order = sequences.backwards(made.comp.order) if made.op == "first" else made.comp.order
    return replace(made.comp, kind="dict", order=order)


def _gathered(
    made: ir.GroupBy, name: str, json_name: str, table: str, place: Place, key: tuple[tuple[str, ir.Expr], ...]
) -> tuple[plan.FieldNode, list[Child]]:
    """Return a table of the keys, and one of what each of them holds."""
    of = made.comp
    assert of.key is not None
    known = (ir.Cond(ir.Prim("not_none", (of.key,), _BOOL)),) if dtypes.nullable(of.key.type) else ()
    steps = (*of.steps, *known)
    child = Child(table, place.table, "distinct", (*place.steps, *steps), key, ())
    held = ir.Comp(
        "set" if made.op == "set" else "list", steps, of.head, dtypes.ListOf(of.head.type), order=of.order, span=of.span
    )
    item, inner = _child(held, "value", "value", f"{table}__value", Place(table, place.steps, key))
    node = plan.FieldNode(
        name, json_name, "map", table=table, parent_key=tuple(column for column, _ in place.key), map_key=key[-1][0],
        item=item,
    )  # fmt: skip
    return node, [child, *inner]


# ---------------------------------------------------------------- what is done with the first of a collection


def pushed(expr: ir.Expr) -> ir.Expr:
    """Move what is done with the first entity of a collection into the collection: `first(ms).text` → first(m.text)."""
    return rewrite.transform(_pushed(rewrite.transform(expr, _as_found)), _within)


def _within(one: ir.Expr) -> ir.Expr | None:
    """Do the same inside a collection, for what is done with the first of another one there."""
    match one:
        case ir.Comp():
            return rewrite.transform_comp(one, pushed)
        case ir.Reduce():
            empty = None if one.empty is None else pushed(one.empty)
            return replace(one, comp=rewrite.transform_comp(one.comp, pushed), empty=empty)
        case ir.GroupBy():
            return replace(one, comp=rewrite.transform_comp(one.comp, pushed))
    return None


def _outside(expr: ir.Expr) -> Iterator[ir.Expr]:
    """Yield the expression and what is in it, but not what is inside collections."""
    yield expr
    if not isinstance(expr, ir.Reduce | ir.Comp | ir.GroupBy):
        for child in rewrite.children(expr):
            yield from _outside(child)


def _pushed(expr: ir.Expr) -> ir.Expr:
    firsts = {
        one for one in _outside(expr)
        if isinstance(one, ir.Reduce) and one.op in ("first", "last")
        and isinstance(dtypes.required(one.type), dtypes.Entity | dtypes.Record | dtypes.Pair)
    }  # fmt: skip
    if not firsts:
        return expr
    others = {one for one in _outside(expr) if isinstance(one, ir.Reduce | ir.GroupBy)} - firsts
    if len(firsts) == 1 and not others:
        return _moved(expr, next(iter(firsts)))
    if isinstance(expr, ir.If):
        return replace(expr, test=_pushed(expr.test), then=_pushed(expr.then), orelse=_pushed(expr.orelse))
    if isinstance(expr, ir.Prim):
        return replace(expr, args=tuple(map(_pushed, expr.args)))
    if isinstance(expr, ir.MakeList):
        return replace(expr, items=tuple(map(_pushed, expr.items)))
    raise joins.decline("D421", expr.span, "what is done with the first item needs another collection too")


def _as_found(one: ir.Expr) -> ir.Expr | None:
    # Behind `is not None` the first entity has the type of what is there: it is the same search all the same.
    if isinstance(one, ir.Reduce) and one.op in ("first", "last") and one.empty is not None:
        kind = dtypes.required(one.type)
        if isinstance(kind, dtypes.Entity) and one.type == kind:
            return replace(one, type=dtypes.optional(kind))
    return None


def _moved(expr: ir.Expr, first: ir.Reduce) -> ir.Expr:
    around = rewrite.variables(rewrite.transform(expr, lambda one: _NOTHING if one == first else None))
    clash = around & rewrite.bound(first)
    moved = rewrite.fresh(first.comp, lambda var: f"{var}_first" if var in clash else var) if clash else first.comp

    def with_head(one: ir.Expr) -> ir.Expr | None:
        return moved.head if one == first else None

    head = rewrite.transform(expr, with_head)
    if first.empty is None:
        empty: ir.Expr | None = None
    else:
        empty = rewrite.transform(expr, lambda one: first.empty if one == first else None)
    comp = replace(moved, head=head, type=dtypes.ListOf(head.type))
    return replace(first, comp=comp, type=expr.type, empty=empty)
