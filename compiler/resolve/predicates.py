"""Predicates of `on=`: what they read, and whether they tie the item to the store.

lambda store, order: order.meeting == store.meeting and order.paid   has the key order.meeting = store.meeting
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from compiler import diagnostics, model, syntax
from compiler.diagnostics import Log
from compiler.resolve import references


def store_names(on: syntax.Lambda) -> set[str]:
    """Return the references that a predicate reads from its store."""
    return {one.name for one in _attributes_of(on.body, on.params[0].name)}


def keys(on: syntax.Lambda) -> list[tuple[syntax.Expr, syntax.Expr]]:
    """Return the two sides of each equality or membership between store and item."""
    store, item = (one.name for one in on.params)
    return [(one.left, one.rest[0][1]) for one in _conjuncts(on.body) if _is_key(one, store, item)]


def check(
    one: references.Declared,
    item: model.DomainModel,
    known: Mapping[str, model.DomainModel],
    models: Mapping[str, model.DomainModel],
    log: Log,
) -> bool:
    """Report what is wrong with a predicate; `known` are the models of the store's references by name."""
    on = one.on
    if on is None or any(isinstance(node, syntax.Opaque) for node in syntax.walk(on.body)):
        return False
    store, other = (one.name for one in on.params)
    before = len(log.found)
    for read in _attributes_of(on.body, store):
        if read.name not in known:
            hint = diagnostics.alternatives(read.name, known, "the store declares")
            log.add("E228", read.name_span, f"the store has no reference `{read.name}`", hint=hint)
        elif read.name == one.name:
            log.add("E226", read.name_span, f"`{one.name}` joins through itself")
    for read in _attributes_of(on.body, other):
        _check_attribute(read, item, models, log)
    for node in syntax.walk(on.body):
        if isinstance(node, syntax.Attribute) and isinstance(node.value, syntax.Attribute):
            below = node.value
            if isinstance(below.value, syntax.Name) and below.value.id == store and below.name in known:
                _check_attribute(node, known[below.name], models, log)
    if not any(_is_key(each, store, other) for each in _conjuncts(on.body)):
        log.add(
            "E227", on.span, f"`on=` has no equality or `in` between {store} and {other}",
            hint=f"every {other} would be tried for every view: add `{other}.… == {store}.…`",
        )  # fmt: skip
    return len(log.found) == before


def _check_attribute(
    read: syntax.Attribute, owner: model.DomainModel, models: Mapping[str, model.DomainModel], log: Log
) -> None:
    names = [
        *(one.name for one in owner.stored),
        *(one.name for one in owner.computed),
        *(one.name for one in owner.methods),
    ]
    if read.name in names or read.name in ("keys", "values", "items", "get"):
        return
    below = [name for name in owner.subclasses if models[name].attribute(read.name) is not None]
    if below:
        hint: str | None = f"`{below[0]}` declares it, a subclass: refer to that class"
    else:
        hint = diagnostics.alternatives(read.name, names, f"`{owner.name}` declares")
    log.add("E229", read.name_span, f"`{owner.name}` has no attribute `{read.name}`", hint=hint)


def _attributes_of(body: syntax.Expr, name: str) -> Iterator[syntax.Attribute]:
    for node in syntax.walk(body):
        if isinstance(node, syntax.Attribute) and isinstance(node.value, syntax.Name) and node.value.id == name:
            yield node


def _conjuncts(body: syntax.Expr) -> Iterator[syntax.Expr]:
    if isinstance(body, syntax.BoolOp) and body.op == "and":
        for one in body.values:
            yield from _conjuncts(one)
    else:
        yield body


def _is_key(one: syntax.Expr, store: str, item: str) -> TypeGuard[syntax.Compare]:
    if not isinstance(one, syntax.Compare) or len(one.rest) != 1 or one.rest[0][0] not in ("==", "in"):
        return False
    left, right = _reads(one.left, store, item), _reads(one.rest[0][1], store, item)
    return (left, right) in (({store}, {item}), ({item}, {store}))


def _reads(side: syntax.Expr, store: str, item: str) -> set[str]:
    return {one.id for one in syntax.walk(side) if isinstance(one, syntax.Name) and one.id in (store, item)}
