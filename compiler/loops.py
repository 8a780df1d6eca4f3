"""Loops to folds: what one pass of a loop's body does to each accumulator, and which monoid that is.

total = total + o.amount  if o.open      →  Reduce("sum", Comp(…, if o.open, head o.amount), start)
names.append(u.name)                     →  Comp(list, head u.name)
best[k] = best.get(k, 0) + n             →  GroupBy("sum", key k, head n)
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compiler import dtypes, ir, raising, rewrite, values
from compiler.diagnostics import NOWHERE, Span
from compiler.scope import Scope, conditional, conjunction, negate, unify


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of one path through a loop's body: what the names are then, and how it goes on."""

    kind: Literal["next", "break", "return"]
    names: Mapping[str, values.Value]
    value: values.Value | None


@dataclass(frozen=True, slots=True)
class Branch:
    """Two paths and the test between them."""

    test: ir.Expr
    then: Tree
    orelse: Tree


Tree = Leaf | Branch


def exits(tree: Tree) -> bool:
    """Tell whether some path ends the loop."""
    if isinstance(tree, Leaf):
        return tree.kind != "next"
    return exits(tree.then) or exits(tree.orelse)


def first_exit(tree: Tree) -> tuple[ir.Expr, Leaf] | None:
    """Return the condition and the leaf of the one path that ends the loop; None when there are several."""
    found = list(_exit_paths(tree, ()))
    if len(found) != 1:
        return None
    tests, leaf = found[0]
    return conjunction(tests, tests[-1].span if tests else NOWHERE), leaf


def _exit_paths(tree: Tree, tests: tuple[ir.Expr, ...]) -> list[tuple[tuple[ir.Expr, ...], Leaf]]:
    if isinstance(tree, Leaf):
        return [] if tree.kind == "next" else [(tests, tree)]
    return [
        *_exit_paths(tree.then, (*tests, tree.test)),
        *_exit_paths(tree.orelse, (*tests, negate(tree.test))),
    ]


def changes_before_exit(tree: Tree, name: str) -> bool:
    """Tell whether a path that goes on changes the accumulator."""
    if isinstance(tree, Branch):
        return changes_before_exit(tree.then, name) or changes_before_exit(tree.orelse, name)
    return tree.kind == "next" and not _is_acc(tree.names.get(name), name)


def ends(leaf: Leaf, accumulators: set[str]) -> list[ir.Expr]:
    """Return what the end of a loop gives: its result, and the accumulators that it changes."""
    changed = (leaf.names[name] for name in sorted(accumulators) if not _is_acc(leaf.names[name], name))
    given = (*changed, leaf.value) if leaf.kind == "return" else tuple(changed)
    return [one for one in given if isinstance(one, ir.Expr)]


def begins(tree: Tree, wanted: values.Value, accumulators: Set[str]) -> bool:
    """Tell whether every path evaluates the wanted value before anything else that may raise."""
    assert isinstance(wanted, ir.Expr)
    if isinstance(tree, Branch):
        first = raising.first(tree.test, wanted)
        if first is not None:
            return first
        return begins(tree.then, wanted, accumulators) and begins(tree.orelse, wanted, accumulators)
    given = [tree.names[name] for name in sorted(accumulators)] if tree.kind != "return" else [tree.value]
    return any(isinstance(one, ir.Expr) and raising.first(one, wanted) for one in given)


def _is_acc(value: values.Value | None, name: str) -> bool:
    return isinstance(value, ir.Acc) and value.name == name


def update_of(tree: Tree, name: str) -> values.Value:
    """Return the accumulator's value after one pass, in terms of its value before."""
    if isinstance(tree, Leaf):
        return tree.names[name]
    then, orelse = update_of(tree.then, name), update_of(tree.orelse, name)
    if then == orelse:
        return then
    if not isinstance(then, ir.Expr) or not isinstance(orelse, ir.Expr):
        return values.Unbound()  # one path makes a thing of it that is no value: no fold
    return ir.If(tree.test, then, orelse, then.type)


def fold(
    scope: Scope, name: str, start: values.Value, update: values.Value, loop: values.Iteration, span: Span
) -> values.Value:
    """Return the accumulator's value after the loop, or decline."""
    if _is_acc(update, name) or update == start:
        return start
    if not isinstance(update, ir.Expr):
        scope.decline("D364", span, f"the loop makes something else of `{name}`")
    for recognise in (_appended, _grouped, _flag, _summed, _last):
        found = recognise(scope, name, start, update, loop, span)
        if found is not None:
            return found
    scope.decline("D364", span, f"what the loop does to `{name}` is not a sum, count, list, dict, flag or last value")


def _guarded(update: ir.Expr, name: str) -> tuple[tuple[ir.Expr, ...], ir.Expr] | None:
    """Split `if(c, if(d, X, acc), acc)` into (c, d) and X; None when more than one path changes the accumulator."""
    if not isinstance(update, ir.If):
        return (), update
    for test, branch, other in (
        (update.test, update.then, update.orelse),
        (negate(update.test), update.orelse, update.then),
    ):
        if _is_acc(other, name):
            inner = _guarded(branch, name)
            return None if inner is None else ((test, *inner[0]), inner[1])
    return (), update


def _steps(loop: values.Iteration, tests: tuple[ir.Expr, ...]) -> tuple[ir.Step, ...]:
    return (*loop.steps, *(ir.Cond(one) for one in tests))


def _appended(
    scope: Scope, name: str, start: values.Value, update: ir.Expr, loop: values.Iteration, span: Span
) -> values.Value | None:
    guarded = _guarded(update, name)
    if guarded is None or not (isinstance(start, ir.MakeList) and not start.items):
        return None
    tests, body = guarded
    if not (isinstance(body, ir.Prim) and body.op == "acc.append" and _is_acc(body.args[0], name)):
        return None
    if any(rewrite.mentions_acc(one) for one in (*tests, body.args[1])):
        return None
    head = body.args[1]
    return ir.Comp("list", _steps(loop, tests), head, dtypes.ListOf(head.type), order=loop.order, span=span)


def _grouped(
    scope: Scope, name: str, start: values.Value, update: ir.Expr, loop: values.Iteration, span: Span
) -> values.Value | None:
    guarded = _guarded(update, name)
    if guarded is None or not isinstance(start, values.EmptyDict):
        return None
    tests, body = guarded
    if not (isinstance(body, ir.Prim) and body.op == "acc.set" and _is_acc(body.args[0], name)):
        return None
    _, key, item = body.args
    if any(rewrite.mentions_acc(one) for one in (*tests, key)):
        return None
    steps = _steps(loop, tests)
    if not rewrite.mentions_acc(item):
        kind: dtypes.Type = dtypes.DictOf(key.type, item.type)
        return ir.Comp("dict", steps, item, kind, key, loop.order, span=span)
    added = _added_to_entry(item, key)
    if added is None or (
        dtypes.required(added.type) not in (dtypes.INT, dtypes.DECIMAL) and not _is_decimal(added.type)
    ):
        return None
    total = dtypes.INT if dtypes.required(added.type) == dtypes.INT else dtypes.DECIMAL
    comp = ir.Comp("dict", steps, added, dtypes.DictOf(key.type, total), key, loop.order, span=span)
    return ir.GroupBy("sum", comp, dtypes.DictOf(key.type, total), span=span)


def _is_decimal(kind: dtypes.Type) -> bool:
    inner = dtypes.required(kind)
    return isinstance(inner, dtypes.Scalar) and inner.name == "decimal"


def _added_to_entry(item: ir.Expr, key: ir.Expr) -> ir.Expr | None:
    # acc.get(acc, key, 0) + e
    if not isinstance(item, ir.Prim) or not item.op.endswith(".add"):
        return None
    left, right = item.args
    for old, new in ((left, right), (right, left)):
        if isinstance(old, ir.Prim) and old.op == "acc.get" and old.args[1] == key and not rewrite.mentions_acc(new):
            default = old.args[2]
            return new if isinstance(default, ir.Const) and default.value in (0, Decimal(0)) else None
    return None


def _flag(
    scope: Scope, name: str, start: values.Value, update: ir.Expr, loop: values.Iteration, span: Span
) -> values.Value | None:
    guarded = _guarded(update, name)
    if guarded is None or not isinstance(start, ir.Const):
        return None
    tests, body = guarded
    if not isinstance(body, ir.Const) or any(rewrite.mentions_acc(one) for one in tests):
        return None
    head = ir.Const(True, dtypes.BOOL)
    exists = ir.Comp("list", _steps(loop, tests), head, dtypes.ListOf(dtypes.BOOL), order=loop.order, span=span)
    both = unify(body, start)
    if both is None:
        return None
    return conditional(ir.Reduce("any", exists, dtypes.BOOL, span=span), *both, span)


def _summed(
    scope: Scope, name: str, start: values.Value, update: ir.Expr, loop: values.Iteration, span: Span
) -> values.Value | None:
    added = _delta(update, name)
    if added is None or not isinstance(start, ir.Expr):
        return None
    tests, head = _only_where(added)
    inner = dtypes.required(head.type)
    if inner != dtypes.INT and not _is_decimal(inner):
        return None
    total: dtypes.Type = dtypes.INT if inner == dtypes.INT else dtypes.DECIMAL
    zero = ir.Const(0 if total == dtypes.INT else Decimal(0), total)
    comp = ir.Comp("list", _steps(loop, tests), head, dtypes.ListOf(head.type), order=loop.order, span=span)
    op: ir.ReduceOp = "count" if head == ir.Const(1, dtypes.INT) else "sum"
    reduced = ir.Reduce(op, comp, total, zero, span=span)
    if isinstance(start, ir.Const) and start.value == 0:
        return reduced
    return scope.primitive("+", (start, reduced), span)


def _delta(update: ir.Expr, name: str) -> ir.Expr | None:
    """Return what is added to the accumulator: acc + e gives e, an if gives an if, acc itself gives 0."""
    if _is_acc(update, name):
        return ir.Const(0, dtypes.INT)
    if isinstance(update, ir.If) and not rewrite.mentions_acc(update.test):
        then, orelse = _delta(update.then, name), _delta(update.orelse, name)
        both = None if then is None or orelse is None else unify(then, orelse)
        return None if both is None else conditional(update.test, *both, update.span)
    if (
        isinstance(update, ir.Prim)
        and update.op.endswith((".add", ".sub"))
        and not rewrite.mentions_acc(update.args[1])
    ):
        before = _delta(update.args[0], name)
        if before is None or update.op.endswith(".sub"):
            return None
        if isinstance(before, ir.Const) and before.value == 0:
            return update.args[1]
    if (
        isinstance(update, ir.Prim)
        and update.op.endswith(".add")
        and not rewrite.mentions_acc(update.args[0])
        and _is_acc(update.args[1], name)
    ):
        return update.args[0]
    return None


def _only_where(added: ir.Expr) -> tuple[tuple[ir.Expr, ...], ir.Expr]:
    # if(c, e, 0) adds e where c: the condition becomes a filter, so that counts stay counts.
    if isinstance(added, ir.If):
        for test, branch, other in (
            (added.test, added.then, added.orelse),
            (negate(added.test), added.orelse, added.then),
        ):
            if isinstance(other, ir.Const) and other.value == 0:
                tests, head = _only_where(branch)
                return (test, *tests), head
    return (), added


def _last(
    scope: Scope, name: str, start: values.Value, update: ir.Expr, loop: values.Iteration, span: Span
) -> values.Value | None:
    guarded = _guarded(update, name)
    if guarded is None or not isinstance(start, ir.Expr):
        return None
    tests, body = guarded
    if rewrite.mentions_acc(body) or any(rewrite.mentions_acc(one) for one in tests):
        return None
    both = unify(body, start)
    if both is None:
        return None
    comp = ir.Comp("list", _steps(loop, tests), both[0], dtypes.ListOf(both[0].type), order=loop.order, span=span)
    return ir.Reduce("last", comp, both[2], both[1], span=span)
