"""Loops of domain methods that look up one entity a round, where all of them could be looked up at once.

    for user_id in self.tickets:
        total += self.tickets[user_id].price    →  look them up with `for user_id, one in self.tickets.items()`

Told only where every round is certain to look up: nothing conditional around it, and no early end of the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compiler import dtypes, model
from compiler.callables import Function, Lookup
from compiler.entity_types import SAME, Cls, Many, One, Types

Problem = tuple[ast.expr, str, str]  # where, what, hint


def find(function: Function, lookup: Lookup) -> Iterator[Problem]:
    """Yield the lookups of a function that a loop does one by one, the first of each loop."""
    types = Types(function, lookup)
    types.learn()
    whole = {ast.unparse(owner) for one in ast.walk(function.node) if (owner := _taken_whole(one)) is not None}
    for node in ast.walk(function.node):
        loop = _loop(node)
        if loop is None:
            continue
        search = _Search(loop, types, whole)
        found = next((problem for one in loop.every_round for problem in search.look(one)), None)
        if found is not None:
            yield found


_CONSUMERS = frozenset({"sum", "min", "max", "list", "sorted", "tuple", "set", "frozenset", "dict"})
"""Builtins that take all of a generator, as `any` and `all` do not."""


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop over one name, and the expressions that every round evaluates."""

    variable: str
    over: ast.expr
    every_round: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for in one loop; `whole` are the collections that the function takes all of anyway."""

    loop: _Loop
    types: Types
    whole: set[str]

    def look(self, node: ast.expr) -> Iterator[Problem]:
        for one in _evaluated(node):
            match one:
                case ast.Subscript(value=owner, slice=key, ctx=ast.Load()):
                    yield from self._by_key(one, owner, key)
                case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[key, *_]):
                    yield from self._by_key(one, owner, key)
                    yield from self._by_id(one, owner, key)
                case ast.Call(func=ast.Attribute(value=owner, attr="get"), keywords=[ast.keyword(arg="doc_id")]):
                    yield from self._by_id(one, owner, one.keywords[0].value)

    def _by_key(self, node: ast.expr, owner: ast.expr, key: ast.expr) -> Iterator[Problem]:
        """Look for `self.tickets[key]` in a loop over the keys, or the places, of `self.tickets`."""
        of = self.types.type_of(owner)
        spelt = ast.unparse(owner)
        if not isinstance(of, Many) or of.fresh or spelt in self.whole or not self._is_variable(key):
            return
        if spelt == self._keys_of(self.loop.over):
            hint = f"`for …, one in {spelt}.items()`" if of.mapping else f"`for one in {spelt}`"
            yield self._told(node, f"loop with {hint}, which looks all of them up at once")

    def _by_id(self, node: ast.expr, owner: ast.expr, key: ast.expr) -> Iterator[Problem]:
        """Look for `User.get(one)` in a loop over a stored list of ids."""
        of = self.types.type_of(owner)
        stored = self._stored_list(self.loop.over)
        if isinstance(of, Cls) and stored is not None and self._is_variable(key):
            declared = f"{stored.name} = attrs.list(attrs.relation(dm_cls={of.model!r}))".replace("'", '"')
            yield self._told(node, f"declare `{declared}`: a loop over it looks all of them up at once")

    def _told(self, node: ast.expr, hint: str) -> Problem:
        return node, f"`{ast.unparse(node)}` looks up one entity in each round of the loop, and waits for it", hint

    def _is_variable(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == self.loop.variable

    def _keys_of(self, over: ast.expr) -> str | None:
        """Spell the collection whose keys or places a loop goes over."""
        match over:
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in SAME:
                return self._keys_of(inner)
            case ast.Call(func=ast.Attribute(value=owner, attr="keys"), args=[]):
                return ast.unparse(owner)
            case ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[inner])]):
                return ast.unparse(inner)
        of = self.types.type_of(over)
        return ast.unparse(over) if isinstance(of, Many) and of.mapping else None

    def _stored_list(self, over: ast.expr) -> model.StoredAttribute | None:
        if not isinstance(over, ast.Attribute):
            return None
        of = self.types.type_of(over.value)
        found = self.types.lookup.app.models[of.model].attribute(over.attr) if isinstance(of, One) else None
        if not isinstance(found, model.StoredAttribute) or found.relation is not None:
            return None
        return found if isinstance(found.type, dtypes.ListOf | dtypes.SetOf) else None


def _taken_whole(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="values" | "items")):
            return owner
    return None


def _loop(node: ast.AST) -> _Loop | None:
    match node:
        case ast.For(target=ast.Name(id=name), iter=over, body=body) if not _ends_early(body):
            return _Loop(name, over, tuple(_expressions(body)))
        case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() as made, *_]) if name in _CONSUMERS:
            return _loop(ast.ListComp(made.elt, made.generators))
        case (
            ast.ListComp(elt=made, generators=[one])
            | ast.SetComp(elt=made, generators=[one])
            | ast.DictComp(value=made, generators=[one])
        ) if isinstance(one.target, ast.Name):
            return _Loop(one.target.id, one.iter, (one.ifs[0],) if one.ifs else (made,))
    return None


def _ends_early(body: Iterable[ast.stmt]) -> bool:
    return any(isinstance(one, ast.Break | ast.Continue | ast.Return) for each in body for one in ast.walk(each))


def _expressions(body: Iterable[ast.stmt]) -> Iterator[ast.expr]:
    """Yield what every run of a block evaluates."""
    for node in body:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield value
                yield from _owners(targets)
            case ast.AugAssign(target=target, value=value):
                yield value
                yield from _owners([target])
            case ast.Expr(value=value):
                yield value
            case ast.AnnAssign(value=ast.expr() as value):
                yield value
            case ast.If(test=value) | ast.For(iter=value) | ast.Assert(test=value):
                yield value


def _owners(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    return (one.value for one in targets if isinstance(one, ast.Attribute))


def _evaluated(node: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression and those inside of it that are evaluated whenever it is."""
    yield node
    match node:
        case ast.BoolOp(values=[first, *_]) | ast.IfExp(test=first):
            yield from _evaluated(first)
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from _evaluated(child)
                elif isinstance(child, ast.keyword):
                    yield from _evaluated(child.value)
