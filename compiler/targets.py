"""Which local names statements bind or change, whatever path is taken.

for u in users: n += 1; names.append(u.name)   →  {"u", "n", "names"}
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import syntax

MUTATORS = frozenset({
    "append", "add", "extend", "sort", "reverse", "update", "insert", "remove", "pop", "clear", "setdefault",
    "discard", "popitem", "appendleft",
})  # fmt: skip


def assigned(body: tuple[syntax.Stmt, ...]) -> set[str]:
    """Return the names that a body binds, or whose lists and dicts it changes in place."""
    return changed_in(body).union(*(_bound(one) for node in body for one in _nodes(node)))


def changed_in(body: tuple[syntax.Stmt, ...]) -> set[str]:
    """Return the names whose lists and dicts a body changes in place."""
    nodes = [one for node in body for one in _nodes(node)]
    in_place = set[str]().union(*map(_changed, nodes))
    for one in reversed(nodes):
        in_place |= _named(one, in_place)
    return in_place


def with_changed_entries(body: tuple[syntax.Stmt, ...]) -> set[str]:
    """Return the names of collections whose entries a body changes in place: `rows` of `rows[key]["n"] += 1`."""
    nodes = [one for node in body for one in _nodes(node)]
    owners = [owner for one in nodes for owner in _owners(one)]
    named = {one.id for one in owners if isinstance(one, syntax.Name)}
    direct = {one for owner in owners for one in _entry_of(owner)}
    return direct.union(*(_named(one, named) for one in nodes))


def _owners(node: syntax.Node) -> tuple[syntax.Expr, ...]:
    """Return what a node changes in place."""
    match node:
        case syntax.Assign(syntax.Subscript(owner)) | syntax.AugAssign(syntax.Subscript(owner)):
            return (owner,)
        case syntax.AugAssign(syntax.Name() as owner):
            return (owner,)  # a list, maybe
        case syntax.Call(syntax.Attribute(owner, method)) if method in MUTATORS:
            return (owner,)
    return ()


def _entry_of(owner: syntax.Expr) -> set[str]:
    match owner:
        case syntax.Subscript(value) | syntax.Call(syntax.Attribute(value, "setdefault" | "get")):
            return {value.id} if isinstance(value, syntax.Name) else _entry_of(value)
    return set()


def bound(body: tuple[syntax.Stmt, ...]) -> set[str]:
    """Return the names that are local to a function because its body binds them."""
    names: set[str] = set()
    for node in body:
        for one in _nodes(node):
            names |= _bound(one)
    return names


def _nodes(node: syntax.Node) -> Iterator[syntax.Node]:
    """Yield the node and what is below it in the same function."""
    yield node
    if isinstance(node, syntax.Define | syntax.Lambda):
        return
    for child in syntax.children(node):
        yield from _nodes(child)


def _named(node: syntax.Node, in_place: set[str]) -> set[str]:
    """Return the name of the dict of which another one, that is changed, names an entry: `row = rows[key]`."""
    match node:
        case syntax.Assign(syntax.Name(name), value) if name in in_place:
            match value:
                case syntax.Subscript(syntax.Name(owner)):
                    return {owner}
                case syntax.Call(syntax.Attribute(syntax.Name(owner), "get" | "setdefault")):
                    return {owner}
    return set()


def _bound(node: syntax.Node) -> set[str]:
    match node:
        case syntax.Assign(target) | syntax.AugAssign(target) | syntax.For(target):
            return names_of(target)
        case syntax.Named(name) | syntax.Define(syntax.Function(name)) | syntax.Delete(name):
            return {name}
        case syntax.Handler(name=str(name)):
            return {name}
        case syntax.Capture(name=str(name)) | syntax.Rest(name=str(name)):
            return {name}
    return set()


def _changed(node: syntax.Node) -> set[str]:
    match node:
        case syntax.Assign(target) | syntax.AugAssign(target) | syntax.For(target):
            return changed(target)
        case syntax.Call(syntax.Attribute(owner, method)) if method in MUTATORS:
            return changed(owner) | ({owner.id} if isinstance(owner, syntax.Name) else set())
    return set()


def names_of(target: syntax.Expr) -> set[str]:
    """Return the names that an assignment to the target binds."""
    match target:
        case syntax.Name(name):
            return {name}
        case syntax.Starred(value):
            return names_of(value)
        case syntax.Tuple(items) | syntax.List(items):
            return set().union(*(names_of(one) for one in items))
    return set()


def changed(target: syntax.Expr) -> set[str]:
    """Return the names whose values an assignment to the target changes in place: `d` of `d[k]["n"]`."""
    match target:
        case syntax.Subscript(syntax.Name(name)):
            return {name}
        case syntax.Subscript(value) | syntax.Starred(value):
            return changed(value)
        case syntax.Call(syntax.Attribute(syntax.Name(name), "setdefault")):
            return {name}
        case syntax.Call(syntax.Attribute(value, "setdefault")):
            return changed(value)
        case syntax.Tuple(items) | syntax.List(items):
            return set().union(*(changed(one) for one in items))
    return set()
