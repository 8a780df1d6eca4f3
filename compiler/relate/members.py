"""What the entries of one mapping lead to, for references that join through it.

products, of each of lines                    →  {line.product for line in lines}
on=lambda store, line: line.order in store.orders
→  Among(item: line.order, of "orders")
on=lambda store, p: p.doc_id in [l.product for l in store.lines.values() if l.paid]
→  Among(item: p.doc_id, of {l.product for l in lines if l.paid})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler import dtypes, ir, model, raising, rewrite

_EACH, _HELD = "each", "held"


@dataclass(frozen=True, slots=True)
class Among:
    """One condition of `on=`: the item's side is a key of a mapping, or one of the values of a comprehension."""

    item: ir.Expr
    of: str | ir.Comp

    @property
    def may_raise(self) -> bool:
        """Tell whether making the values may raise, for which Python joins nothing at all."""
        told = raising.counted(self.of) if isinstance(self.of, ir.Comp) else ()
        return told is None or any(map(raising.may_raise, told))


def held_by_each(app: model.App, store: model.Store, via: model.ThroughEach) -> ir.Comp:
    """Return the ids that the entries of a mapping hold in a relation, or in a list or dict of relations."""
    owner = store.reference(via.reference)
    assert owner is not None
    stored = app.models[owner.model].attribute(via.attribute)
    assert isinstance(stored, model.StoredAttribute)
    each = ir.EntryValue(_EACH, dtypes.Entity(owner.model))
    # A set is stored as a list, and what comes out is a set anyway.
    kind = dtypes.ListOf(stored.type.item) if isinstance(stored.type, dtypes.SetOf) else stored.type
    held = ir.Attr(each, via.attribute, dtypes.optional(kind))
    gen = ir.Gen(_EACH, ir.Many(owner.name))
    if dtypes.required(stored.type) == dtypes.STR:
        return _set((gen,), held)
    item = dtypes.optional(dtypes.STR)
    return _set((gen, ir.Gen(_HELD, ir.Items(held))), ir.EntryValue(_HELD, item))


def ids(owner: model.Reference) -> ir.Comp:
    """Return the ids of the entries of a mapping."""
    each = ir.EntryValue(_EACH, dtypes.Entity(owner.model))
    return _set((ir.Gen(_EACH, ir.Many(owner.name)),), ir.Attr(each, "doc_id", dtypes.STR))


def of(
    app: model.App, store: model.Store, reference: model.Reference, predicates: Mapping[str, ir.Expr]
) -> ir.Comp | None:
    """Return the ids of all that a reference reads, where these are what the entries of one mapping hold."""
    match reference.via:
        case model.ThroughEach():
            return held_by_each(app, store, reference.via)
        case model.On():
            found = among(predicates[reference.name])
            if found is not None and isinstance(found.of, ir.Comp) and _is_id(found.item):
                return found.of
    return None


def parts(test: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the conditions that all have to hold."""
    return test.args if isinstance(test, ir.Prim) and test.op == "and" else (test,)


def has_equalities_only(test: ir.Expr) -> bool:
    """Tell whether an `on=` test compares the item with single values only."""
    return all(
        isinstance(one, ir.Prim)
        and one.op == "eq"
        and _reads_item(one.args[0]) != _reads_item(one.args[1])
        and not looks_up(one)
        for one in parts(test)
    )


def looks_up(expr: ir.Expr) -> bool:
    """Tell whether an expression reads an entry of a mapping by its key."""
    return any(isinstance(one, ir.Lookup) for one in rewrite.walk(expr))


def among(part: ir.Expr) -> Among | None:
    """Return a condition of `on=` as a membership in what a mapping has, None where it is another one."""
    match part:
        case ir.Prim("not_none", (ir.Prim("id_of", (ir.Lookup(reference, key),)),)):
            return Among(key, reference) if _reads_item(key) else None
        case ir.Reduce("any", ir.Comp(steps=steps, head=ir.Prim("eq", (left, right)))):
            if _reads_item(left) == _reads_item(right):
                return None
            item, held = (left, right) if _reads_item(left) else (right, left)
            inner = any(_reads_item(one) for step in steps for one in rewrite.step_children(step))
            return None if inner else Among(item, _set(steps, held))
    return None


def _set(steps: tuple[ir.Step, ...], head: ir.Expr) -> ir.Comp:
    return ir.Comp("set", steps, head, dtypes.SetOf(head.type))


def _is_id(item: ir.Expr) -> bool:
    match item:
        case ir.Attr(ir.EntryValue(ir.JOINED), "doc_id") | ir.Prim("id_of", (ir.EntryValue(ir.JOINED),)):
            return True
    return False


def _reads_item(expr: ir.Expr) -> bool:
    return ir.JOINED in rewrite.variables(expr)
