"""What one pass of a loop does to an accumulator, taken apart: under which test, and what is put there.

if(c, acc.append(acc, a), if(d, acc.append(acc, b), acc))   →  test or(c, d), put if(c, a, b)
if(c, int.add(acc, 2), acc)                                 →  added if(c, 2, 0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler import accumulators, dtypes, ir, rewrite, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, conjunction, disjunction, negate, unify

TRUE = ir.Const(True, dtypes.BOOL)
FALSE = ir.Const(False, dtypes.BOOL)
Parts = tuple[ir.Expr, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One accumulator, or one field of a record or tuple of them: before the loop, and after one pass."""

    start: values.Value
    update: ir.Expr


@dataclass(frozen=True, slots=True)
class Place:
    """What a recogniser looks at: an accumulator among those of its loop."""

    scope: Scope
    leaves: Mapping[str, Leaf]
    name: str
    loop: values.Iteration
    span: Span

    @property
    def start(self) -> values.Value:
        """Return what the accumulator is before the loop."""
        return self.leaves[self.name].start

    @property
    def update(self) -> ir.Expr:
        """Return what a pass makes of it."""
        return self.leaves[self.name].update

    def steps(self, test: ir.Expr) -> tuple[ir.Step, ...]:
        """Return the loop's combinations for which the test holds."""
        return (*self.loop.steps, *(ir.Cond(one) for one in conjuncts(test)))

    def heads(self, test: ir.Expr, head: ir.Expr) -> ir.Comp:
        """Return the heads of the combinations for which the test holds, in order."""
        kind = dtypes.ListOf(head.type)
        return ir.Comp("list", self.steps(test), head, kind, order=self.loop.order, span=self.span)


def conjuncts(test: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return the parts of which all must hold."""
    if test == TRUE:
        return ()
    return test.args if isinstance(test, ir.Prim) and test.op == "and" else (test,)


def is_acc(value: values.Value | None, name: str) -> bool:
    """Tell whether a value is the accumulator as it was."""
    return isinstance(value, ir.Acc) and value.name == name


def same(one: ir.Expr, other: ir.Expr) -> bool:
    """Tell whether two expressions say the same, whatever is known of their types."""
    return ir.show(one) == ir.show(other)


def merged(update: ir.Expr) -> ir.Expr:
    """Return an update whose equal branches are one: `if(a, x, if(b, x, y))` is `if(or(a, b), x, y)`."""
    if isinstance(update, ir.Prim) and update.op in ("and", "or"):
        return _branched(update)
    if not isinstance(update, ir.If):
        return update
    test, then, orelse = update.test, merged(update.then), merged(update.orelse)
    if same(then, orelse):
        return then
    if isinstance(orelse, ir.If) and same(then, orelse.then):
        return merged(replace(orelse, test=disjunction((test, orelse.test), update.span)))
    if isinstance(orelse, ir.If) and same(then, orelse.orelse):
        reached = conjunction((negate(test), orelse.test), update.span)
        return merged(replace(orelse, test=reached, orelse=then))
    if isinstance(then, ir.If) and same(then.orelse, orelse):
        return replace(then, test=conjunction((test, then.test), update.span), orelse=orelse)
    if isinstance(then, ir.If) and same(then.then, orelse):
        return merged(
            replace(then, test=conjunction((test, negate(then.test)), update.span), then=then.orelse, orelse=orelse)
        )
    return replace(update, then=then, orelse=orelse)


def _branched(update: ir.Prim) -> ir.Expr:
    """Return `c or acc`, which a flag set under a test has become, as `if(c, True, acc)` again."""
    *tests, last = update.args
    if any(rewrite.mentions_acc(one) for one in tests) or not rewrite.mentions_acc(last):
        return update
    if update.op == "or":
        return merged(ir.If(disjunction(tests, update.span), TRUE, merged(last), dtypes.BOOL, update.span))
    return merged(ir.If(negate(conjunction(tests, update.span)), FALSE, merged(last), dtypes.BOOL, update.span))


def touched(update: ir.Expr, name: str, put: Callable[[ir.Expr], Parts | None]) -> tuple[ir.Expr, Parts] | None:
    """Return under which test a pass puts something into the accumulator, and the parts of what it puts.

    None where some test depends on what is gathered, or some path does another thing than to put.
    """
    found = _touched(update, name, put)
    return None if found is None or found[1] is None else (found[0], found[1])


def _touched(update: ir.Expr, name: str, put: Callable[[ir.Expr], Parts | None]) -> tuple[ir.Expr, Parts | None] | None:
    if is_acc(update, name):
        return FALSE, None
    if isinstance(update, ir.If) and not rewrite.mentions_acc(update.test):
        then, orelse = _touched(update.then, name, put), _touched(update.orelse, name, put)
        if then is None or orelse is None:
            return None
        parts = _either_parts(update.test, then[1], orelse[1])
        if parts is None and (then[1] is not None or orelse[1] is not None):
            return None
        return conditional(update.test, then[0], orelse[0], dtypes.BOOL, update.span), parts
    whole = put(update)
    return None if whole is None else (TRUE, whole)


def _either_parts(test: ir.Expr, then: Parts | None, orelse: Parts | None) -> Parts | None:
    if then is None or orelse is None or then == orelse:
        return then if orelse is None else orelse
    if len(then) != len(orelse):
        return None
    found: list[ir.Expr] = []
    for one, other in zip(then, orelse, strict=True):
        both = accumulators.unify_states(one, other)
        if both is None:
            return None
        found.append(conditional(test, *both, test.span))
    return tuple(found)


def free(expr: ir.Expr) -> Parts | None:
    """Return the expression as it is put, None where it depends on what is gathered."""
    return None if rewrite.mentions_acc(expr) else (expr,)


def flattened(test: ir.Expr, head: ir.Expr) -> tuple[tuple[ir.Step, ...], tuple[ir.Order, ...], ir.Expr] | None:
    """Return the steps and the head of an inner sum or count that is all that a pass adds."""
    if isinstance(head, ir.Reduce) and head.op in ("sum", "count") and not head.distinct:
        empty = head.empty
        if isinstance(empty, ir.Const) and empty.value == 0:
            steps = (*(ir.Cond(one) for one in conjuncts(test)), *head.comp.steps)
            return steps, head.comp.order, head.comp.head if head.op == "sum" else ir.Const(1, dtypes.INT)
    return None


# ---------------------------------------------------------------- sums


def added(scope: Scope, update: ir.Expr, name: str) -> ir.Expr | None:
    """Return what is added to the accumulator: acc + e gives e, an if gives an if, acc itself gives 0."""
    if is_acc(update, name):
        return ir.Const(0, dtypes.INT)
    if isinstance(update, ir.If) and not rewrite.mentions_acc(update.test):
        then, orelse = added(scope, update.then, name), added(scope, update.orelse, name)
        both = None if then is None or orelse is None else unify(then, orelse)
        return None if both is None else conditional(update.test, *both, update.span)
    if not isinstance(update, ir.Prim) or len(update.args) != 2:
        return None
    left, right = update.args
    if update.op.endswith(".add"):
        if rewrite.mentions_acc(left) and not rewrite.mentions_acc(right):
            return _plus(scope, added(scope, left, name), right, update.span)
        if rewrite.mentions_acc(right) and not rewrite.mentions_acc(left):
            return _plus(scope, left, added(scope, right, name), update.span)
    if update.op.endswith(".sub") and not rewrite.mentions_acc(right):
        less = scope.primitive("unary -", (right,), update.span) if not _is_number(right) else _negative(right)
        return None if less is None else _plus(scope, added(scope, left, name), less, update.span)
    return None


def _is_number(one: ir.Expr) -> bool:
    return isinstance(one, ir.Const) and type(one.value) in (int, Decimal)


def _negative(one: ir.Expr) -> ir.Expr:
    assert isinstance(one, ir.Const)
    assert isinstance(one.value, int | Decimal)
    return replace(one, value=-one.value)


def _plus(scope: Scope, left: ir.Expr | None, right: ir.Expr | None, span: Span) -> ir.Expr | None:
    if left is None or right is None:
        return None
    if is_zero(left):
        return right
    return left if is_zero(right) else scope.primitive("+", (left, right), span)


def zero_of(summand: dtypes.Type) -> ir.Const:
    """Return the sum of no values of a type; its own type is that of all sums of them."""
    whole = dtypes.required(summand) == dtypes.INT
    return ir.Const(0, dtypes.INT) if whole else ir.Const(Decimal(0), dtypes.DECIMAL)


def is_zero(one: values.Value) -> bool:
    """Tell whether a value is the constant 0."""
    return isinstance(one, ir.Const) and not isinstance(one.value, bool | str | bytes) and one.value == 0


def only_where(head: ir.Expr) -> tuple[tuple[ir.Expr, ...], ir.Expr]:
    """Split `if(c, e, 0)` into the condition and what is added there, so that counts stay counts."""
    if isinstance(head, ir.If):
        for test, branch, other in (
            (head.test, head.then, head.orelse),
            (negate(head.test), head.orelse, head.then),
        ):
            if is_zero(other):
                tests, inner = only_where(branch)
                return (test, *tests), inner
    return (), head


def number(scope: Scope, head: ir.Expr) -> ir.Expr | None:
    """Return a head that SUM adds as Python does: an int, a bool as an int, or a Decimal."""
    inner = dtypes.required(head.type)
    if inner == dtypes.BOOL and not dtypes.nullable(head.type):
        return ir.Prim("int_of_bool", (head,), dtypes.INT, head.span)
    return head if isinstance(inner, dtypes.Scalar) and inner.name in ("int", "decimal") else None
