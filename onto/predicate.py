"""The keys of an `on=` predicate, read from its source; the predicate itself is called as it is.

    lambda store, order: order.meeting == store.meeting and order.paid
    →  (Key(of item: order.meeting, of store: store.meeting),)

A key is an equality, or an `in`, between something of the item alone and something of the store alone, that
every match has to meet. An engine keeps the items by the item's side and looks the store's side up, so that
no predicate is ever tried on all items. None, and what cannot be computed, matches nothing.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from onto import errors


class PredicateError(errors.OntoError, TypeError):
    """An `on=` that has no key, or whose source cannot be read."""


@dataclass(frozen=True, slots=True)
class Key:
    """The item's side and the store's side of one condition; either may give several values, for `in`."""

    item: Callable[[Any], Any]
    store: Callable[[Any], Any]
    item_many: bool
    store_many: bool

    def of_item(self, item: Any) -> list[Any]:
        """Return the values under which an item is found."""
        return _values(self.item, item, self.item_many)

    def of_store(self, store: Any) -> list[Any]:
        """Return the values to look up."""
        return _values(self.store, store, self.store_many)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A predicate with its keys, at least one, and the attributes of the store that it reads."""

    holds: Callable[[Any, Any], Any]
    keys: tuple[Key, ...]
    store_names: frozenset[str]


def read(on: Callable[[Any, Any], Any], where: str) -> Predicate:
    """Read an `on=`; PredicateError names the place when it has no key or its source cannot be read."""
    node = _parse(on, where)
    parameters = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if len(parameters) != 2:
        raise PredicateError(f"{where}: `on=` takes the store and the item, in this order")
    body = _body(node, where)
    found = tuple(key for one in _conjuncts(body) for key in _keys_of(one, parameters[0], parameters[1], _names_of(on)))
    if not found:
        raise PredicateError(
            f"{where}: `on=` has no equality between {parameters[0]} and {parameters[1]}, so all would be "
            f"tried with all: add one, such as {parameters[1]}.… == {parameters[0]}.…"
        )
    return Predicate(on, found, _attributes_of(body, parameters[0]))


def _conjuncts(body: ast.expr) -> Iterator[ast.expr]:
    if isinstance(body, ast.BoolOp) and isinstance(body.op, ast.And):
        for one in body.values:
            yield from _conjuncts(one)
    else:
        yield body


def _keys_of(one: ast.expr, store: str, item: str, known: dict[str, Any]) -> Iterator[Key]:
    if not isinstance(one, ast.Compare) or len(one.ops) != 1:
        return
    left, right, operator = one.left, one.comparators[0], one.ops[0]
    if not isinstance(operator, ast.Eq | ast.In):
        return
    contained = isinstance(operator, ast.In)
    sides = (_reads(left, store, item), _reads(right, store, item))
    if sides == ({store}, {item}):
        yield Key(_function(item, right, known), _function(store, left, known), contained, False)
    if sides == ({item}, {store}):
        yield Key(_function(item, left, known), _function(store, right, known), False, contained)


def _reads(side: ast.expr, store: str, item: str) -> set[str]:
    return {one.id for one in ast.walk(side) if isinstance(one, ast.Name) and one.id in (store, item)}


def _attributes_of(side: ast.expr, store: str) -> frozenset[str]:
    return frozenset(
        one.attr
        for one in ast.walk(side)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == store
    )


def _function(parameter: str, side: ast.expr, known: dict[str, Any]) -> Callable[[Any], Any]:
    arguments = ast.arguments(posonlyargs=[], args=[ast.arg(parameter)], kwonlyargs=[], kw_defaults=[], defaults=[])
    tree = ast.Expression(ast.Lambda(arguments, side))
    made: Callable[[Any], Any] = eval(compile(ast.fix_missing_locations(tree), "<on>", "eval"), known)
    return made


def _values(side: Callable[[Any], Any], argument: Any, many: bool) -> list[Any]:
    try:
        value = side(argument)
        found: Iterable[Any] = value if many else [value]
        return [value for one in found if _hashable(value := getattr(one, "doc_id", one))]
    except Exception:  # what cannot be computed joins nothing, as None does
        return []


def _hashable(value: Any) -> bool:
    hash(value)
    return value is not None


def _names_of(on: Callable[[Any, Any], Any]) -> dict[str, Any]:
    closed = inspect.getclosurevars(on).nonlocals
    return {**_code_owner(on).__globals__, **closed}


def _code_owner(on: Callable[[Any, Any], Any]) -> types.FunctionType:
    if not isinstance(on, types.FunctionType):
        raise PredicateError(f"`on=` takes a function of the store and the item, not {on!r}")
    return on


def _body(node: ast.Lambda | ast.FunctionDef, where: str) -> ast.expr:
    if isinstance(node, ast.Lambda):
        return node.body
    last = node.body[-1]
    if isinstance(last, ast.Return) and last.value is not None and len(node.body) <= 2:
        return last.value
    raise PredicateError(f"{where}: `on=` takes a lambda, or a function of one return")


def _parse(on: Callable[[Any, Any], Any], where: str) -> ast.Lambda | ast.FunctionDef:
    code = _code_owner(on).__code__
    linecache.checkcache(code.co_filename)
    source = "".join(linecache.getlines(code.co_filename, _code_owner(on).__globals__))
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise PredicateError(f"{where}: {code.co_filename} has changed since it was imported") from error
    places = [(line, column) for line, _, column, end in code.co_positions() if line and column is not None and end]
    found = [node for node in ast.walk(tree) if _may_be(node, code, places)]
    if not found:
        raise PredicateError(f"{where}: the source of `on=` cannot be read: write it in a file")
    # A lambda inside another one lies inside its lines too: the innermost that holds all of the code is it.
    return max(found, key=lambda node: (node.lineno, node.col_offset))


def _may_be(
    node: ast.AST, code: types.CodeType, places: list[tuple[int, int]]
) -> TypeGuard[ast.Lambda | ast.FunctionDef]:
    if not isinstance(node, ast.Lambda | ast.FunctionDef) or code.co_firstlineno > _end(node)[0]:
        return False
    first, last = (node.body, node.body) if isinstance(node, ast.Lambda) else (node.body[0], node.body[-1])
    return all((first.lineno, first.col_offset) <= place <= _end(last) for place in places)


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
