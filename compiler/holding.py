"""Which local names hold only what the getter made itself: that may be changed in place, what the store holds may not.

rows = {}                                    rows         holds new records
row = rows.setdefault(key, {"names": []})    row          is one of them; row["names"] may be changed too
row["user"] = ticket.user                    row["user"]  belongs to the store
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from compiler import impurities

Level = Callable[[ast.expr], str]
Keys = frozenset[str]
"""Constant keys of a dict under which something of the store may be; everything else in it is new."""

_NONE: Keys = frozenset()


@dataclass(frozen=True, slots=True)
class Holding:
    """Local names of new collections: what is in them, and what is in the collections that they hold."""

    own: Mapping[str, Keys] = field(default_factory=lambda: MappingProxyType({}))
    within: Mapping[str, Keys] = field(default_factory=lambda: MappingProxyType({}))

    def has_new(self, expr: ast.expr) -> bool:
        """Tell whether an expression is something new that a local collection holds."""
        match expr:
            case ast.Call(func=ast.Name()):
                return _owner(expr) in self.within
            case ast.Subscript(value=ast.Subscript(value=ast.Name(id=name)), slice=ast.Constant(value=str(key))):
                return name in self.within and key not in self.within[name]
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                return name in self.own and key not in self.own[name]
            case ast.Subscript(value=ast.Name(id=name)) | ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                return self.own.get(name) == _NONE
        return False

    def new_target(self, target: ast.expr, source: ast.expr) -> ast.Name | None:
        """Return the name that a loop gives to new entries of a local collection."""
        found = _looped(target, source)
        return found[0] if found is not None and found[1] in self.within else None


def all_new(local: frozenset[str]) -> Holding:
    """Return what the names hold where nothing of the store is put anywhere: `find` takes from it what is not so."""
    names = dict.fromkeys(local, _NONE)
    return Holding(MappingProxyType(names), MappingProxyType(names))


def find(node: ast.AST, local: frozenset[str], level: Level, known: Holding) -> Holding:
    """Return which of what is supposed to be new is so, if all of it is."""
    found = _Search({name: _NONE for name in local if level(ast.Name(name)) == "fresh"}, level, known)
    for inner in ast.walk(node):
        found.look(inner)
    found.share()
    return Holding(MappingProxyType(found.own), MappingProxyType(found.within))


@dataclass(slots=True)
class _Search:
    own: dict[str, Keys]
    level: Level
    known: Holding
    within: dict[str, Keys] = field(init=False)
    put: dict[str, Keys | None] = field(default_factory=dict)  # by a name, into what it names
    entries: dict[str, str] = field(default_factory=dict)  # names of entries of a dict, and the dict's

    def __post_init__(self) -> None:
        self.within = dict(self.own)

    def look(self, node: ast.AST) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                self._put(self.own, name, self._keys(value))
                self._put(self.within, name, self._keys_within(value))
                owner = _owner(value)
                if owner is not None:
                    self.entries[name] = owner
                    self._put(self.within, owner, self._keys_of_default(value))
            case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
                looped = _looped(target, source)
                if looped is not None:
                    self._put(self.own, looped[0].id, self.known.within.get(looped[1]))
                    self.entries[looped[0].id] = looped[1]
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=value):
                if self.level(value) == "held":
                    key = index.value if isinstance(index, ast.Constant) else None
                    self._hold(name, frozenset({key}) if isinstance(key, str) else None)
                if not isinstance(value, ast.Name) or self.entries.get(value.id) != name:
                    self._put(self.within, name, self._keys_of_entry(value))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=args):
                if attr in impurities.MUTATORS:
                    for one in args[1:] if attr in ("setdefault", "insert") else args:
                        if self.level(one) == "held":
                            self._hold(name, None)
                        self._put(self.within, name, self._keys_of_entry(one))

    def _put(self, of: dict[str, Keys], name: str, keys: Keys | None) -> None:
        if keys is None:
            of.pop(name, None)
        elif name in of:
            of[name] |= keys

    def _hold(self, name: str, keys: Keys | None) -> None:
        before = self.put.get(name, _NONE)
        self.put[name] = None if keys is None or before is None else before | keys
        self._put(self.own, name, keys)

    def share(self) -> None:
        """Let a dict know what is put into its entries by names of their own."""
        for name, owner in self.entries.items():
            self._put(self.within, owner, self.put.get(name, _NONE))

    def _keys(self, value: ast.expr) -> Keys | None:
        """Return where a new collection holds something of the store; None where that may be anywhere."""
        match value:
            case ast.Dict(keys=keys, values=items):
                held = [key for key, item in zip(keys, items, strict=True) if self.level(item) == "held"]
                named = [key.value for key in held if isinstance(key, ast.Constant) and isinstance(key.value, str)]
                return frozenset(named) if len(named) == len(held) else None
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return None if any(self.level(one) == "held" for one in items) else _NONE
            case ast.DictComp(value=item) | ast.ListComp(elt=item):
                return None if self.level(item) == "held" else _NONE
            case ast.Call(func=ast.Name(id="dict" | "list"), args=[]) | ast.Call(func=ast.Name(id="defaultdict")):
                return _NONE
        owner, default = _owner(value), self._keys_of_default(value)
        within = None if owner is None else self.known.within.get(owner)
        return None if within is None or default is None else within | default

    def _keys_within(self, value: ast.expr) -> Keys | None:
        """Return the same of all collections that a new one begins with."""
        match value:
            case ast.Dict(values=items) | ast.List(elts=items) | ast.Tuple(elts=items):
                every = [self._keys_of_entry(one) for one in items]
                return None if None in every else _NONE.union(*(one for one in every if one is not None))
            case ast.DictComp(value=item) | ast.ListComp(elt=item):
                return self._keys_of_entry(item)
            case ast.Call(func=ast.Name(id="defaultdict"), args=[ast.Lambda(body=made)]):
                return self._keys_of_entry(made)
            case ast.Call(func=ast.Name(id="defaultdict" | "dict" | "list"), args=[] | [ast.Name()]):
                return _NONE
        return None

    def _keys_of_default(self, value: ast.expr) -> Keys | None:
        match value:
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]):
                return self._keys_of_entry(default)
        return _NONE

    def _keys_of_entry(self, value: ast.expr) -> Keys | None:
        if isinstance(value, ast.Name) and value.id in self.known.own:
            return self.known.own[value.id]
        return self._keys(value) if self.level(value) else _NONE


def _owner(value: ast.expr) -> str | None:
    """Return the collection of which an expression gives an entry: `rows[key]`, `rows.get(key)`, `max(rows, key=…)`."""
    match value:
        case ast.Subscript(value=ast.Name(id=name)):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get" | "setdefault")):
            return name
        case ast.Call(func=ast.Name(id="max" | "min"), args=[source]):
            return _whole(source, ("values",))
    return None


def _looped(target: ast.expr, source: ast.expr) -> tuple[ast.Name, str] | None:
    """Return the name that a loop gives to the entries of a collection, and the collection's."""
    match target:
        case ast.Name():
            owner, name = _whole(source, ("values",)), target
        case ast.Tuple(elts=[_, ast.Name() as name]):
            owner = _whole(source, ("items",))
        case _:
            return None
    return None if owner is None else (name, owner)


def _whole(source: ast.expr, methods: tuple[str, ...]) -> str | None:
    """Return the collection whose entries another one has: `rows`, `rows.values()`, `sorted(rows, key=…)`."""
    match source:
        case ast.Name(id=name) if "values" in methods:
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[]) if attr in methods:
            return name
        case ast.Call(func=ast.Name(id="sorted" | "list" | "reversed" | "tuple"), args=[inner]):
            return _whole(inner, methods)
    return None
