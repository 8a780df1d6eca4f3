"""Conditions that also bind names: `x := value` where the text evaluates it first, and after `and` and `or`.

if (city := place.city) and len(city) > 3: …   →  test and(truth(city), gt(len(city), 3)), city bound in both
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler import ir, outcomes, syntax, values
from compiler.scope import Scope, conjunction, disjunction, facts_of, negate


@dataclass(frozen=True, slots=True)
class Tested:
    """A condition, and the names where it holds and where it does not."""

    test: ir.Expr
    holds: Scope
    fails: Scope


def test(scope: Scope, node: syntax.Expr) -> Tested:
    """Build a condition."""
    if not _binds(node):
        found = scope.test(node)
        return Tested(found, scope.assume(facts_of(found, True)), scope.assume(facts_of(found, False)))
    match node:
        case syntax.BoolOp("and", (first, *rest)) if rest:
            one = test(scope, first)
            other = test(one.holds, replace(node, values=tuple(rest)) if len(rest) > 1 else rest[0])
            both = conjunction((one.test, other.test), node.span)
            return Tested(both, other.holds, outcomes.merge(scope, one.test, other.fails, one.fails, node.span))
        case syntax.BoolOp("or", (first, *rest)) if rest:
            one = test(scope, first)
            other = test(one.fails, replace(node, values=tuple(rest)) if len(rest) > 1 else rest[0])
            either = disjunction((one.test, other.test), node.span)
            return Tested(either, outcomes.merge(scope, one.test, one.holds, other.holds, node.span), other.fails)
        case syntax.Unary("not", value):
            inner = test(scope, value)
            return Tested(negate(inner.test), inner.fails, inner.holds)
    bound, plain = hoisted(scope, node)
    if _binds(plain):
        scope.decline("D301", node.span, "an assignment inside an expression that is not evaluated first")
    found = bound.test(plain)
    return Tested(found, bound.assume(facts_of(found, True)), bound.assume(facts_of(found, False)))


def hoisted(scope: Scope, node: syntax.Expr) -> tuple[Scope, syntax.Expr]:
    """Bind the names that an expression assigns before it evaluates anything else; return it with the names."""
    if not _binds(node):
        return scope, node
    match node:
        case syntax.Named(target, value):
            bound, plain = hoisted(scope, value)
            return bound.bind({target: bound.build(plain)}), syntax.Name(target, node.span)
        case syntax.Compare(left):
            bound, plain = hoisted(scope, left)
            return bound, replace(node, left=plain)
        case syntax.Binary(_, left):
            bound, plain = hoisted(scope, left)
            return bound, replace(node, left=plain)
        case syntax.Attribute(value) | syntax.Subscript(value) | syntax.Unary(_, value):
            bound, plain = hoisted(scope, value)
            return bound, replace(node, value=plain)
        case syntax.Call(syntax.Name(), (first, *rest)):
            bound, plain = hoisted(scope, first)
            return bound, replace(node, args=(plain, *rest))
        case syntax.Call(syntax.Attribute() as func):
            bound, plain = hoisted(scope, func)
            return bound, replace(node, func=plain)
        case syntax.IfExp(condition):
            bound, plain = hoisted(scope, condition)
            return bound, replace(node, test=plain)
    return scope, node


def _binds(node: syntax.Expr) -> bool:
    """Tell whether an expression assigns a name, but for what its comprehensions assign."""
    if isinstance(node, syntax.Named):
        return True
    if isinstance(node, syntax.Comprehension | syntax.Lambda):
        return False
    return any(_binds(one) for one in syntax.children(node) if isinstance(one, syntax.Expr))


def left_over(node: syntax.Node) -> dict[str, values.Value]:
    """Return the names that comprehensions assign: what they hold afterwards only Python knows."""
    found: dict[str, values.Value] = {}
    for one in syntax.walk(node):
        if isinstance(one, syntax.Comprehension):
            found |= {inner.target: values.Unknown() for inner in syntax.walk(one) if isinstance(inner, syntax.Named)}
    return found
