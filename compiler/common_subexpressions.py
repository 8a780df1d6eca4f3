"""Common subexpressions: what a SELECT would say many times is said once, as a column of a SELECT below it.

    SELECT f(a / b), g(a / b) FROM t
    →  SELECT f(s.shared_1), g(s.shared_1) FROM (SELECT …, CASE WHEN RAND_INTEGER(1) = 0 THEN a / b END AS shared_1
                                                 FROM t) AS s

Flink (2.2) evaluates an expression as often as it is written. Its planner needs seconds for long statements and
minutes for long methods, whose Java it splits in a time that grows with the square of their length; and it would merge
the two SELECTs, were the shared column not one that it must not evaluate twice. RAND_INTEGER(1) is always 0, which
the planner does not know.

The column is evaluated for every row, also where a CASE above would not have reached it: only what cannot raise is
shared, and a division is made so that it does not. The method is the usual one: equal trees become one node of a graph
(hash consing), and the node that saves most is shared first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlglot import exp

from compiler import flink_sql

GAIN = 400
"""Nodes of the tree that a shared column has to save: one more row is handed over for it."""

ALIAS = "s"
"""Name of the SELECTs below; no other relation is in their scope."""

Named = tuple[str, exp.Expression]


def select(columns: Sequence[Named], close: Callable[[list[exp.Expression]], exp.Select]) -> exp.Select:
    """Return the SELECT of the named columns; `close` makes one of columns over the tables at hand."""
    graph = _Graph()
    roots = [graph.add(tree) for _, tree in columns]
    layers = graph.layers(roots)
    if not layers:
        return close([named(tree, name) for name, tree in columns])
    own = {_below(node.tree): node.tree for node in graph.nodes if isinstance(node.tree, exp.Column)}
    known = {at: name for layer in layers for at, name in layer.items()}
    outer = [named(graph.written(at, known), name) for at, (name, _) in zip(roots, columns, strict=True)]
    selects = [outer]
    while layers:
        layer = layers.pop()
        known = {at: name for at, name in known.items() if at not in layer}
        shared = {name: _apart(_harmless(graph.written(at, known))) for at, name in layer.items()}
        wanted = dict.fromkeys(one.name for tree in selects[-1] for one in tree.find_all(exp.Column))
        selects.append([named(shared.get(name) or flink_sql.column(ALIAS, name), name) for name in wanted])
    tree = close([_over(one, own) for one in selects.pop()])
    for trees in reversed(selects):
        tree = exp.Select(expressions=trees, from_=_from(tree))
    return tree


def _over(tree: exp.Expression, own: Mapping[str, exp.Column]) -> exp.Expression:
    """Return a column of the lowest SELECT, over the tables at hand."""
    if isinstance(tree, exp.Column):
        return named(own[tree.name].copy(), tree.name)
    return tree.transform(lambda one: own[one.name].copy() if isinstance(one, exp.Column) else one, copy=False)


def named(tree: exp.Expression, name: str) -> exp.Expression:
    """Return a column of a SELECT under its name."""
    if isinstance(tree, exp.Column) and tree.name == name:
        return tree
    return exp.Alias(this=tree, alias=flink_sql.name_of(name))


def _from(tree: exp.Select) -> exp.From:
    return exp.From(this=exp.Subquery(this=tree, alias=exp.TableAlias(this=flink_sql.name_of(ALIAS))))


def _below(one: exp.Column) -> str:
    return f"{one.table}.{one.name}"


def _apart(tree: exp.Expression) -> exp.Expression:
    """Return the value so that Flink evaluates it here, once."""
    always = flink_sql.op(flink_sql.call("RAND_INTEGER", flink_sql.number(1)), "=", flink_sql.number(0))
    return flink_sql.case((always, tree))


# ---------------------------------------------------------------- what is equal


@dataclass(frozen=True, slots=True)
class _Node:
    tree: exp.Expression
    children: tuple[int, ...]
    total: bool  # never raises, if divisors of 0 are taken for NULL
    constant: bool


@dataclass(slots=True)
class _Graph:
    """Expressions, equal ones once; children come before their parents."""

    nodes: list[_Node] = field(default_factory=list)
    places: dict[object, int] = field(default_factory=dict)

    def add(self, tree: exp.Expression) -> int:
        """Return the place of a tree, which is new unless an equal one is known."""
        children: list[int] = []
        key: list[object] = [type(tree)]
        for name, value in tree.args.items():
            if isinstance(value, exp.Expression):
                children.append(self.add(value))
                key.append((name, children[-1]))
            elif isinstance(value, list):
                several = [self.add(one) for one in value]
                children.extend(several)
                key.append((name, *several))
            elif value is not None:
                key.append((name, value))
        place = self.places.setdefault(tuple(key), len(self.nodes))
        if place == len(self.nodes):
            total = all(self.nodes[one].total for one in children) and _is_total(tree)
            constant = not isinstance(tree, exp.Column) and all(self.nodes[one].constant for one in children)
            self.nodes.append(_Node(tree, tuple(children), total, constant))
        return place

    def layers(self, roots: list[int]) -> list[dict[int, str]]:
        """Return what is shared, with its name: in each layer what needs no more than the layers before it."""
        shared: set[int] = set()
        while (best := self._best(roots, shared)) is not None:
            shared.add(best)
        depths: list[int] = []
        layers: list[dict[int, str]] = []
        for at, node in enumerate(self.nodes):
            depth = max((depths[one] for one in node.children), default=0)
            depths.append(depth + (at in shared))
            if at in shared:
                layers.extend({} for _ in range(depth + 1 - len(layers)))
                layers[depth][at] = ""
        numbers = iter(range(1, len(shared) + 1))
        return [{at: f"shared_{next(numbers)}" for at in layer} for layer in layers]

    def _best(self, roots: list[int], shared: set[int]) -> int | None:
        sizes: list[int] = []  # as they would be written
        for node in self.nodes:
            sizes.append(1 + sum(1 if one in shared else sizes[one] for one in node.children))
        counts = [0] * len(self.nodes)  # how often each would be written
        for one in roots:
            counts[one] += 1
        for at in reversed(range(len(self.nodes))):
            times = min(counts[at], 1) if at in shared else counts[at]
            for one in self.nodes[at].children:
                counts[one] += times
        best, most = None, GAIN
        for at, node in enumerate(self.nodes):
            gain = (counts[at] - 1) * (sizes[at] - 1)
            if gain > most and at not in shared and node.total and not node.constant and isinstance(node.tree, _VALUES):
                best, most = at, gain
        return best

    def written(self, at: int, known: Mapping[int, str]) -> exp.Expression:
        """Return the tree at a place over a SELECT that has read its columns, and given the known ones their names."""
        node = self.nodes[at]
        if at in known:
            return flink_sql.column(ALIAS, known[at])
        if isinstance(node.tree, exp.Column):
            made: exp.Expression = flink_sql.column(ALIAS, _below(node.tree))
        else:
            children = iter(node.children)
            made = type(node.tree)(
                **{name: self._argument(value, children, known) for name, value in node.tree.args.items()}
            )
        made.type = node.tree.type
        return made.this if isinstance(made, exp.Paren) and isinstance(made.this, exp.Column) else made

    def _argument(self, value: object, children: Iterator[int], known: Mapping[int, str]) -> object:
        if isinstance(value, exp.Expression):
            return self.written(next(children), known)
        return [self.written(next(children), known) for _ in value] if isinstance(value, list) else value


# ---------------------------------------------------------------- what may be evaluated for every row

_VALUES = (
    exp.Neg, exp.Paren, exp.Is, exp.Binary, exp.Not, exp.In, exp.Case, exp.Cast, exp.TryCast, exp.Anonymous,
)  # fmt: skip
_NEVER_RAISE = (
    *_VALUES, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.If, exp.DataType, exp.DataTypeParam,
)  # fmt: skip
_FIRST = frozenset({"ABS", "COALESCE", "FLOOR", "CEIL", "GREATEST", "LEAST", "SIGN", "TRUNCATE", "ROUND"})
"""Functions of numbers that never raise and whose kind is that of their first argument."""

_TEXTS = frozenset({"BTRIM", "CHAR_LENGTH", "LOWER", "UPPER"})


def _is_total(tree: exp.Expression) -> bool:
    match tree:
        case exp.Anonymous():
            return tree.this in _FIRST or tree.this in _TEXTS or (tree.this == "MOD" and _is_exact(tree))
        case exp.Div():
            return _kind(tree) is not None
        case exp.Cast() if not isinstance(tree, exp.TryCast):
            return _casts(tree)
    return isinstance(tree, _NEVER_RAISE)


def _casts(tree: exp.Cast) -> bool:
    """Tell whether a cast takes any value of its operand's type: DECIMAL takes no infinite float, a number no text."""
    if tree.to.is_type(exp.DType.TEXT):
        return True
    kind = _kind(tree.this)
    if tree.to.is_type(exp.DType.DECIMAL):
        return kind == "exact" or isinstance(tree.this, exp.Null)
    return kind is not None and tree.to.is_type(exp.DType.DOUBLE, exp.DType.BIGINT, exp.DType.INT)


def _is_exact(tree: exp.Expression) -> bool:
    return all(_kind(one) == "exact" for one in tree.expressions)


def _kind(tree: exp.Expression) -> str | None:
    """Return "float" or "exact" for a number, None for what is none or is not known to be one."""
    match tree:
        case exp.Literal():
            return None if tree.is_string else "float" if "e" in tree.this else "exact"
        case exp.Cast():
            return _kind_of(tree.to)
        case exp.Paren() | exp.Neg():
            return _kind(tree.this)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            return _wider((tree.this, tree.expression))
        case exp.Case():
            return _wider([*(one.args["true"] for one in tree.args["ifs"]), *_default(tree)])
        case exp.Anonymous():
            if tree.this in ("MOD", "CHAR_LENGTH"):
                return "exact"
            return _wider(tree.expressions) if tree.this in _FIRST else None
    return None if tree.type is None else _kind_of(tree.type)


def _default(tree: exp.Case) -> Iterable[exp.Expression]:
    default = tree.args.get("default")
    return () if default is None else (default,)


def _wider(trees: Iterable[exp.Expression]) -> str | None:
    kinds = {_kind(one) for one in trees}
    return None if None in kinds else "float" if "float" in kinds else "exact"


def _kind_of(one: exp.DataType) -> str | None:
    if one.is_type(exp.DType.DOUBLE):
        return "float"
    return "exact" if one.is_type(exp.DType.BIGINT, exp.DType.INT, exp.DType.DECIMAL) else None


def _harmless(tree: exp.Expression) -> exp.Expression:
    """Divide by NULL where ints would be divided by 0, which raises; floats become infinite."""
    for one in list(tree.find_all(exp.Div, exp.Anonymous)):
        if isinstance(one, exp.Div) and _kind(one) != "float":
            one.set("expression", _not_zero(one.expression))
        elif isinstance(one, exp.Anonymous) and one.this == "MOD":
            one.set("expressions", [one.expressions[0], _not_zero(one.expressions[1])])
    return tree


def _not_zero(divisor: exp.Expression) -> exp.Expression:
    literals = list(divisor.find_all(exp.Literal, exp.Column))
    if len(literals) == 1 and isinstance(literals[0], exp.Literal) and Decimal(literals[0].this):
        return divisor
    return flink_sql.call("NULLIF", divisor, flink_sql.number(0))
