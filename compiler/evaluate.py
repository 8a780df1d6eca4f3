"""Plan and documents to rows: what the emitted job would write, worked out in memory; the tests' fast oracle.

with evaluate.functions(emit_udf.emit(plan, app)) as functions:
    evaluate.view(plan.views[0], {"meetings": {"m1": {"doc_id": "m1", "status": "in-session"}}}, functions)
→  Result(tables={"meeting_sessions": {("m1",): {"doc_id": "m1", "in_session": True}}}, errors={})
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, assert_never

from compiler import evaluate_scalars, ir, plan

Data = Mapping[str, Mapping[str, Mapping[str, Any]]]  # collection → doc_id → attribute → value, as in-process
Functions = Mapping[str, Callable[..., tuple[Any, str | None]]]
Row = dict[str, Any]
Scope = evaluate_scalars.Scope


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of a view's tables by their key, and of its error table by (view, key, field)."""

    tables: dict[str, dict[tuple[Any, ...], Row]]
    errors: dict[tuple[Any, ...], Row]


class AmbiguousKeyError(Exception):
    """A query gave two rows for one key of its table: the plan is wrong."""


class NullKeyError(Exception):
    """A query gave a row whose key is NULL, at which a job of Flink ends: the plan is wrong."""


def view(one: plan.View, data: Data, functions: Functions | None = None) -> Result:
    """Return the rows of all tables of a view; AmbiguousKeyError or NullKeyError where a query's key is none."""
    run = _Run(data, functions or {})
    tables = {table.name: _keyed(table.name, run.rows(table.query), table.key) for table in one.tables}
    errors = {} if one.errors is None else _keyed("errors", run.rows(one.errors), ("view", "key", "field"))
    return Result(tables, errors)


def relation(one: plan.Relation, data: Data, functions: Functions | None = None) -> list[Row]:
    """Return the rows of a relation that names its columns."""
    return _Run(data, functions or {}).rows(one)


def _keyed(name: str, rows: list[Row], key: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        place = tuple(row[column] for column in key)
        if None in place:
            raise NullKeyError(f"{name}: the key of {row} is {place}")
        if place in found:
            raise AmbiguousKeyError(f"{name}: two rows for {place}: {found[place]} and {row}")
        found[place] = row
    return found


# ---------------------------------------------------------------- relations


@dataclass(frozen=True, slots=True)
class _Run:
    """Scopes are what expressions see: per alias, the columns; an alias without a row has none, so NULLs."""

    data: Data
    functions: Functions

    def rows(self, one: plan.Relation) -> list[Row]:
        """Return the rows of a relation with one alias."""
        if isinstance(one, plan.Filter):
            kept = self.scopes(one)
            return [dict(scope[_alias(one.input)]) for scope in kept]
        return [dict(scope[_alias(one)]) for scope in self.scopes(one)]

    def scopes(self, one: plan.Relation) -> list[Scope]:
        """Return what expressions above the relation see, row by row."""
        match one:
            case plan.Scan():
                return self._scan(one)
            case plan.Unnest():
                return self._unnest(one)
            case plan.Join():
                return self._join(one)
            case plan.Filter(inner, condition):
                return [scope for scope in self.scopes(inner) if self._value(condition, scope) is True]
            case plan.Project(inner, columns, alias):
                return [
                    {alias: {name: self._value(expr, scope) for name, expr in columns}} for scope in self.scopes(inner)
                ]
            case plan.Group():
                return self._group(one)
            case plan.Union(inputs, alias):
                return [{alias: row} for each in inputs for row in self.rows(each)]
            case plan.TopN():
                return self._top(one)
            case _:
                assert_never(one)

    def _value(self, expr: ir.Expr, scope: Scope) -> Any:
        return evaluate_scalars.value(expr, scope, self.functions)

    def _scan(self, one: plan.Scan) -> list[Scope]:
        documents = self.data.get(one.collection, {}).values()
        return [
            {one.alias: document} for document in documents if not one.models or document.get("obj_type") in one.models
        ]

    def _unnest(self, one: plan.Unnest) -> list[Scope]:
        found: list[Scope] = []
        for scope in self.scopes(one.input):
            held = self._value(one.collection, scope)
            if held is None:
                continue
            if one.kind == "dict":
                entries = list(held.items())
            else:
                values = _distinct(held) if one.distinct else list(held)
                entries = list(enumerate(values, start=1))
            found += [{**scope, one.alias: {"key": key, "value": item}} for key, item in entries]
        return found

    def _join(self, one: plan.Join) -> list[Scope]:
        right: dict[tuple[Any, ...], list[Scope]] = {}
        for scope in self.scopes(one.right):
            place = tuple(evaluate_scalars.hashable(self._value(expr, scope)) for _, expr in one.on)
            if None not in place:  # NULL equals nothing, not even NULL
                right.setdefault(place, []).append(scope)
        found: list[Scope] = []
        for left in self.scopes(one.left):
            place = tuple(evaluate_scalars.hashable(self._value(expr, left)) for expr, _ in one.on)
            pairs = [{**left, **other} for other in right.get(place, ())] if None not in place else []
            if one.residual is not None:
                pairs = [pair for pair in pairs if self._value(one.residual, pair) is True]
            found += pairs
            if not pairs and one.kind == "left":
                found.append({**left, **{alias: {} for alias in _aliases(one.right)}})
        return found

    def _group(self, one: plan.Group) -> list[Scope]:
        groups: dict[tuple[Any, ...], list[Scope]] = {}
        keys: dict[tuple[Any, ...], Row] = {}
        for scope in self.scopes(one.input):
            row = {name: self._value(expr, scope) for name, expr in one.keys}
            place = tuple(evaluate_scalars.hashable(each) for each in row.values())
            groups.setdefault(place, []).append(scope)
            keys.setdefault(place, row)
        found: list[Scope] = []
        for place, scopes in groups.items():
            row = {**keys[place], **{name: self._aggregate(agg, scopes) for name, agg in one.aggregates}}
            if one.having is None or self._value(one.having, {one.alias: row}) is True:
                found.append({one.alias: row})
        return found

    def _aggregate(self, one: plan.Agg, scopes: list[Scope]) -> Any:
        if one.arg is None:
            return len(scopes)
        every = [self._value(one.arg, scope) for scope in scopes]
        return aggregate(one.op, every)

    def _top(self, one: plan.TopN) -> list[Scope]:
        parts: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.rows(one.input):
            place = tuple(evaluate_scalars.hashable(row[name]) for name in one.partition)
            parts.setdefault(place, []).append(row)
        found: list[Scope] = []
        for rows in parts.values():
            for order in reversed(one.order):
                rows.sort(key=functools.partial(self._rank, one, order.key), reverse=order.descending)
            kept = list(enumerate(rows, start=1))[one.start : one.limit]
            if one.number:
                kept = [(place, {**row, one.number: place}) for place, row in kept]
            found += [{one.alias: row, one.input.alias: row} for _, row in kept]
        return found

    def _rank(self, one: plan.TopN, key: ir.Expr, row: Row) -> tuple[bool, Any]:
        value = self._value(key, {one.alias: row, one.input.alias: row})
        return (value is not None, value)  # NULL sorts before everything, as in Flink


def aggregate(op: plan.AggOp, every: list[Any]) -> Any:
    """Return an aggregate of the argument's values, NULLs left out."""
    values = [one for one in every if one is not None]
    match op:
        case "count":
            return len(values)
        case "count_distinct":
            return len({evaluate_scalars.hashable(one) for one in values})
    if not values:
        return None
    match op:
        case "sum":
            return sum(values[1:], values[0])
        case "min" | "first_error":
            return min(values)
        case "max":
            return max(values)
        case "latest":
            return values[-1]
        case "collect":
            return values
        case _:
            assert_never(op)


def _distinct(values: Sequence[Any]) -> list[Any]:
    seen: dict[Any, Any] = {}
    for one in values:
        seen.setdefault(evaluate_scalars.hashable(one), one)
    return list(seen.values())


def _alias(one: plan.Relation) -> str:
    if isinstance(one, plan.Join | plan.Filter):
        raise AssertionError(f"evaluate: {type(one).__name__} has no name of its own")
    return one.alias


def _aliases(one: plan.Relation) -> Iterator[str]:
    match one:
        case plan.Join(left, right):
            yield from _aliases(left)
            yield from _aliases(right)
        case plan.Filter(inner):
            yield from _aliases(inner)
        case plan.Unnest(inner):
            yield one.alias
            yield from _aliases(inner)
        case plan.TopN():
            yield one.alias
            yield one.input.alias
        case _:
            yield one.alias


# ---------------------------------------------------------------- functions in Python


@contextlib.contextmanager
def functions(files: Mapping[str, str]) -> Iterator[Functions]:
    """Import the emitted getters from their texts (paths below `udfs/`), and forget them at the end."""
    package = next((path.partition("/")[0] for path in sorted(files)), None)
    if package is None:
        yield {}
        return
    finder = _Finder(files)
    _forget(package)
    sys.meta_path.insert(0, finder)
    try:
        getters = importlib.import_module(f"{package}.getters")
        yield {name: one for name, one in vars(getters).items() if callable(one) and not name.startswith("_")}
    finally:
        sys.meta_path.remove(finder)
        _forget(package)


def _forget(package: str) -> None:
    for name in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
        del sys.modules[name]


@dataclass(slots=True)
class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules in a mapping of paths to texts."""

    files: Mapping[str, str]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how to load a module, if its text is here."""
        plain = fullname.replace(".", "/")
        if f"{plain}/__init__.py" in self.files:
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        return importlib.util.spec_from_loader(fullname, self) if f"{plain}.py" in self.files else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's text."""
        plain = module.__name__.replace(".", "/")
        path = f"{plain}/__init__.py" if f"{plain}/__init__.py" in self.files else f"{plain}.py"
        exec(compile(self.files[path], path, "exec"), vars(module))
