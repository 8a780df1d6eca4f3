"""Patterns of `match` to conditions over the subject, and the names that they bind.

case "LA" | "NY": …           →  in(city, 'LA', 'NY')
case [first, *rest]: …        →  ge(list.len(tags), 1), first bound to tags[0], rest to tags[1:]
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler import conditions, displays, dtypes, ir, syntax, values
from compiler.scope import Scope, conjunction, disjunction, facts_of

_TRUE = ir.Const(True, dtypes.BOOL)
_FALSE = ir.Const(False, dtypes.BOOL)


@dataclass(frozen=True, slots=True)
class Fit:
    """When a pattern fits, and what it binds where it does."""

    test: ir.Expr
    names: dict[str, values.Value] = field(default_factory=dict)


def case(scope: Scope, subject: syntax.Expr, one: syntax.Case) -> conditions.Tested:
    """Return when a case is taken, with its guard, and the names then."""
    fit = _fit(scope, subject, one.pattern)
    matched = scope.assume(facts_of(fit.test, True)).bind(fit.names)
    if one.guard is None:
        return conditions.Tested(fit.test, matched, scope.assume(facts_of(fit.test, False)))
    guarded = conditions.test(matched, one.guard)
    # Where only the guard fails, the names are bound all the same.
    unknown: dict[str, values.Value] = {name: values.Unknown() for name in fit.names}
    both = conjunction((fit.test, guarded.test), one.span)
    return conditions.Tested(both, guarded.holds, scope.bind(unknown))


def _fit(scope: Scope, subject: syntax.Expr, pattern: syntax.Pattern) -> Fit:
    match pattern:
        case syntax.Capture(inner, name):
            fit = Fit(_TRUE) if inner is None else _fit(scope, subject, inner)
            return fit if name is None else Fit(fit.test, {**fit.names, name: _narrowed(scope, fit.test, subject)})
        case syntax.ValuePattern(value):
            singleton = isinstance(value, syntax.Literal) and (value.value is None or isinstance(value.value, bool))
            return Fit(_singleton(scope, subject, value) if singleton else _equal(scope, subject, value))
        case syntax.OrPattern(patterns):
            fits = [_fit(scope, subject, one) for one in patterns]
            if any(one.names for one in fits):
                scope.decline("D301", pattern.span, "an alternative that binds names has no SQL form")
            return Fit(disjunction((one.test for one in fits), pattern.span))
        case syntax.SequencePattern(items):
            return _sequence(scope, subject, items, pattern)
        case syntax.MappingPattern(items, None):
            return _mapping(scope, subject, items, pattern)
        case syntax.ClassPattern():
            return _class(scope, subject, pattern)
    scope.decline("D301", pattern.span, "this pattern has no SQL form")


def _narrowed(scope: Scope, test: ir.Expr, subject: syntax.Expr) -> values.Value:
    return scope.assume(facts_of(test, True)).build(subject)


def _equal(scope: Scope, subject: syntax.Expr, value: syntax.Expr) -> ir.Expr:
    return scope.test(syntax.Compare(subject, (("==", value),), value.span))


def _singleton(scope: Scope, subject: syntax.Expr, value: syntax.Expr) -> ir.Expr:
    kind = values.type_of(scope.build(subject))
    is_none = isinstance(value, syntax.Literal) and value.value is None
    if not is_none and kind is not None and dtypes.required(kind) != dtypes.BOOL:
        return _FALSE  # 1 equals True, but it is another object
    return scope.test(syntax.Compare(subject, (("is" if is_none else "==", value),), value.span))


# ---------------------------------------------------------------- sequences, mappings, classes


def _sequence(
    scope: Scope, subject: syntax.Expr, items: tuple[syntax.Pattern | syntax.Rest, ...], pattern: syntax.Pattern
) -> Fit:
    starred = [at for at, one in enumerate(items) if isinstance(one, syntax.Rest)]
    least = len(items) - len(starred)
    size = _size(scope, subject, least, bool(starred), pattern)
    tests, names, inner = [size], dict[str, values.Value](), scope.assume(facts_of(size, True))
    for at, one in enumerate(items):
        place = at if not starred or at < starred[0] else at - len(items)
        if isinstance(one, syntax.Rest):
            if one.name is not None:
                end = None if at == len(items) - 1 else syntax.Literal(at + 1 - len(items), one.span)
                cut = syntax.Slice(syntax.Literal(at, one.span), end, None, one.span)
                names[one.name] = inner.build(syntax.Subscript(subject, cut, one.span))
            continue
        fit = _fit(inner, syntax.Subscript(subject, syntax.Literal(place, one.span), one.span), one)
        tests.append(fit.test)
        names |= fit.names
    return Fit(conjunction(tests, pattern.span), names)


def _size(scope: Scope, subject: syntax.Expr, least: int, more: bool, pattern: syntax.Pattern) -> ir.Expr:
    value = scope.build(subject)
    known = displays.spread(displays.items_of(value) or ())
    is_text = isinstance(value, ir.Expr) and dtypes.required(value.type) == dtypes.STR
    if isinstance(value, ir.MakeList | ir.MakePair) and known is not None and not is_text:
        fits = len(known) >= least if more else len(known) == least
        return ir.Const(fits, dtypes.BOOL, pattern.span)
    kind = dtypes.required(value.type) if isinstance(value, ir.Expr) else None
    if isinstance(kind, dtypes.Scalar | dtypes.NoneType | dtypes.DictOf | dtypes.Entity):
        return _FALSE
    if not isinstance(kind, dtypes.ListOf) or isinstance(value, ir.Comp):
        scope.decline("D301", pattern.span, "a pattern for the items of this value has no SQL form")
    assert isinstance(value, ir.Expr)
    there = scope.is_there(value, pattern.span)
    length = syntax.Call(syntax.Name("len", pattern.span), (subject,), (), pattern.span)
    compared = syntax.Compare(length, ((">=" if more else "==", syntax.Literal(least, pattern.span)),), pattern.span)
    return conjunction((there, scope.assume(facts_of(there, True)).test(compared)), pattern.span)


def _mapping(
    scope: Scope, subject: syntax.Expr, items: tuple[tuple[syntax.Expr, syntax.Pattern], ...], pattern: syntax.Pattern
) -> Fit:
    value = scope.build(subject)
    kind = dtypes.required(value.type) if isinstance(value, ir.Expr) else None
    if isinstance(kind, dtypes.Scalar | dtypes.NoneType | dtypes.ListOf):
        return Fit(_FALSE)
    if displays.entries_of(value) is None and not isinstance(kind, dtypes.DictOf):
        scope.decline("D301", pattern.span, "a pattern for the keys of this value has no SQL form")
    there = scope.is_there(value, pattern.span) if isinstance(value, ir.Expr) else _TRUE
    tests, names, inner = [there], dict[str, values.Value](), scope.assume(facts_of(there, True))
    for key, one in items:
        has = inner.test(syntax.Compare(key, (("in", subject),), key.span))
        tests.append(has)
        if has == _FALSE:
            break
        fit = _fit(inner, syntax.Subscript(subject, key, key.span), one)
        tests.append(fit.test)
        names |= fit.names
    return Fit(conjunction(tests, pattern.span), names)


def _class(scope: Scope, subject: syntax.Expr, pattern: syntax.ClassPattern) -> Fit:
    builtin = isinstance(pattern.cls, syntax.Name) and scope.build(pattern.cls) == values.Builtin(pattern.cls.id)
    if not builtin or not isinstance(pattern.cls, syntax.Name):
        scope.decline("D301", pattern.span, "a pattern of this class has no SQL form")
    test = _is_of(scope, scope.expr(subject), pattern.cls.id, pattern)
    inner = scope.assume(facts_of(test, True))
    names: dict[str, values.Value] = {}
    tests = [test]
    parts = [(subject, one) for one in pattern.positional]
    if len(parts) > 1:
        scope.decline("D301", pattern.span, "positional patterns of this class have no SQL form")
    parts += [(syntax.Attribute(subject, name, one.span, one.span), one) for name, one in pattern.keywords]
    for value, one in parts:
        fit = _fit(inner, value, one)
        tests.append(fit.test)
        names |= fit.names
    return Fit(conjunction(tests, pattern.span), names)


def _is_of(scope: Scope, value: ir.Expr, name: str, pattern: syntax.ClassPattern) -> ir.Expr:
    """Return `isinstance(value, name)`; of a typed value only None is open."""
    if name not in _TYPES:
        scope.decline("D301", pattern.span, f"a pattern of the class `{name}` has no SQL form")
    kind = dtypes.required(value.type)
    spoken = kind.name if isinstance(kind, dtypes.Scalar) else type(kind).__name__
    return scope.is_there(value, pattern.span) if spoken in _TYPES[name] else _FALSE


_TYPES: dict[str, frozenset[str]] = {
    "str": frozenset({"str"}),
    "int": frozenset({"int", "bool"}),  # True is an int
    "float": frozenset({"float"}),
    "bool": frozenset({"bool"}),
    "bytes": frozenset({"bytes"}),
    "list": frozenset({"ListOf"}),
}
