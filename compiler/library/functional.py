"""functools, operator and itertools: functions of functions, and what they make of known items.

reduce(operator.mul, (a, b, c)) → int.mul(int.mul(a, b), c)        attrgetter("name") → lambda x: x.name
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from compiler import comparing, displays, dtypes, indexing, ir, raising, sequences, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Builder, Keywords, Scope, negate

_Answer = values.Value | ir.Declined | None


def _reduce(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    function, source, *start = args
    items = displays.items_of(source)
    present = None if items is None else displays.spread(items)
    if present is None:
        return _reduce_rows(scope, function, source, start, span)
    waiting = [*start, *present]
    if not waiting:
        return ir.Raises("TypeError", "reduce() of empty iterable with no initial value", span=span)
    result = waiting[0]
    for one in waiting[1:]:
        result = scope.apply(function, (result, one), {}, span)
    return result


def _reduce_rows(
    scope: Scope, function: values.Value, source: values.Value, start: list[values.Value], span: Span
) -> _Answer:
    """Return the fold of rows by a function that is known to be a sum, a minimum or a maximum."""
    name = function.qualified if isinstance(function, values.Builtin) else _operator_of(function)
    if name in ("operator.add", "operator.iadd") and start:
        return scope.apply(values.Builtin("sum"), (source, *start), {}, span)
    if name in ("min", "max") and not start:
        return scope.apply(values.Builtin(name), (source,), {}, span)
    return ir.Declined("D364", span, "what `reduce` does to rows is not a sum from a start, a minimum or a maximum")


def _operator_of(function: values.Value) -> str | None:
    # lambda a, b: a + b
    if not isinstance(function, values.Closure) or len(function.params) != 2 or len(function.body) != 1:
        return None
    a, b = (one.name for one in function.params)
    match function.body[0]:
        case syntax.Return(syntax.Binary("+", syntax.Name(left), syntax.Name(right))) if (left, right) == (a, b):
            return "operator.add"
        case syntax.Return(
            syntax.Call(syntax.Name("min" | "max" as name), (syntax.Name(left), syntax.Name(right)), ())
        ):
            return name if {left, right} == {a, b} else None
    return None


def _partial(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return values.Partial(args[0], args[1:], tuple(keywords.items()))


# ---------------------------------------------------------------- operator


def _binary(op: str) -> Builder:
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        return scope.operate(op, args[0], args[1], span) if len(args) == 2 else None

    return build


def _compared(op: str) -> Builder:
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        return comparing.compare(scope, op, args[0], args[1], span)

    return build


def _contains(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return comparing.contains(scope, args[1], args[0], span)


def _getitem(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return indexing.item(scope, args[0], args[1], span)


def _not(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return negate(scope.truth(args[0], span))


def _truth(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return scope.truth(args[0], span)


def _neg(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return scope.primitive("unary -", (scope.as_expr(args[0], span),), span)


def _attrgetter(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    item = syntax.Name("item", span)
    found: list[syntax.Expr] = []
    for one in args:
        if not (isinstance(one, ir.Const) and isinstance(one.value, str)):
            return ir.Declined("D354", span, "`attrgetter` with a computed name has no SQL form")
        read: syntax.Expr = item
        for name in one.value.split("."):
            read = syntax.Attribute(read, name, span, span)
        found.append(read)
    return _getter(scope, found, {}, span)


def _itemgetter(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    item = syntax.Name("item", span)
    keys = {f"key{place}": one for place, one in enumerate(args)}
    return _getter(scope, [syntax.Subscript(item, syntax.Name(key, span), span) for key in keys], keys, span)


def _methodcaller(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    name, *rest = args
    if not (isinstance(name, ir.Const) and isinstance(name.value, str)):
        return None
    given = {f"argument{place}": one for place, one in enumerate(rest)}
    call = syntax.Call(
        syntax.Attribute(syntax.Name("item", span), name.value, span, span),
        tuple(syntax.Name(one, span) for one in given),
        tuple((key, syntax.Name(f"keyword_{key}", span)) for key in keywords),
        span,
    )
    return _getter(scope, [call], {**given, **{f"keyword_{key}": one for key, one in keywords.items()}}, span)


def _getter(scope: Scope, found: list[syntax.Expr], names: dict[str, values.Value], span: Span) -> values.Closure:
    read = found[0] if len(found) == 1 else syntax.Tuple(tuple(found), span)
    params = (syntax.Parameter("item"),)
    return values.Closure("<lambda>", params, (syntax.Return(read, span),), scope.module, names)


# ---------------------------------------------------------------- itertools


def _chain(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    found = [displays.items_of(one) for one in args]
    if any(one is None for one in found):
        lists = [scope.as_expr(one, span) for one in args]
        return _joined(scope, lists, span)
    return values.Several("generator", tuple(one for some in found for one in some or ()))


def _joined(scope: Scope, lists: list[ir.Expr], span: Span) -> _Answer:
    plain = all(isinstance(one.type, dtypes.ListOf) and not isinstance(one, ir.Comp | ir.GroupBy) for one in lists)
    if not plain:
        return ir.Declined("D354", span, "a chain of rows has no SQL form: they are two queries")
    whole = lists[0]
    for one in lists[1:]:
        both = scope.primitive("+", (whole, one), span)
        if both is None:
            return None
        whole = both
    return whole


def _chain_all(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    spread = None if items is None else displays.spread(items)
    if spread is not None:
        return _chain(scope, spread, {}, span)
    outer = scope.iterate(args[0], span, "entry")
    inner = scope.iterate(outer.element, span, "item")
    head = scope.as_expr(inner.element, span)
    steps, order = (*outer.steps, *inner.steps), (*outer.order, *inner.order)
    return ir.Comp("list", steps, head, dtypes.ListOf(head.type), None, order, span)


def _islice(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    source, *bounds = args
    ends = [one.value if isinstance(one, ir.Const) else ... for one in bounds]
    if any(one is ... or (isinstance(one, int) and one < 0) for one in ends):
        return ir.Declined("D324", span, "`islice` by computed bounds has no SQL form")
    items = displays.items_of(source)
    if items is not None and displays.spread(items) is not None:
        return values.Several("generator", tuple(itertools.islice(items, *ends)))  # type: ignore[arg-type]  # ints or None
    comp = source if isinstance(source, ir.Comp) else scope.comprehend(source, span)
    lower, upper = (None, bounds[0]) if len(bounds) == 1 else (scope.as_expr(bounds[0], span), bounds[1])
    return indexing.cut(scope, comp, (lower, scope.as_expr(upper, span), None), span)


def _accumulate(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    present = None if items is None else displays.spread(items)
    function = args[1] if len(args) > 1 else keywords.get("func", values.Builtin("operator.add"))
    initial = keywords.get("initial")
    if present is None:
        is_sum = isinstance(function, values.Builtin) and function.qualified == "operator.add" and initial is None
        totals = _running_totals(scope, scope.comprehend(args[0], span), span) if is_sum else None
        return totals or ir.Declined("D364", span, "this running total of rows has no SQL form")
    waiting = (*(() if initial is None else (initial,)), *present)
    found: list[values.Value] = list(waiting[:1])
    for one in waiting[1:]:
        found.append(scope.apply(function, (found[-1], one), {}, span))
    return values.Several("generator", tuple(map(values.Item, found)))


def _running_totals(scope: Scope, rows: ir.Comp, span: Span) -> ir.Comp | None:
    """Return, for each row, the sum of all up to it."""
    sorting, rows = raising.apart(rows)
    if sorting is not None or raising.may_raise(rows.head) or not sequences.has_places(rows):
        return None
    counted, number = sequences.numbered(rows)
    summands = sequences.before("le", counted, number, rows.head, scope.fresh)
    total = scope.apply(values.Builtin("sum"), (summands,), {}, span)
    assert isinstance(total, ir.Expr)
    return replace(counted, head=total, type=dtypes.ListOf(total.type), span=span)


def _arranged(arrange: Callable[..., Iterable[tuple[Any, ...]]]) -> Builder:  # Any: values
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        found: list[Any] = []
        for one in args:
            items = None if isinstance(one, ir.Const) else displays.items_of(one)
            spread = None if items is None else displays.spread(items)
            found.append(one.value if isinstance(one, ir.Const) else spread)
        repeat = keywords.get("repeat")
        given = {"repeat": repeat.value} if isinstance(repeat, ir.Const) else {}
        if None in found or (keywords and not given):
            return ir.Declined("D354", span, "arranging items that are not known has no SQL form")
        made = list(itertools.islice(arrange(*found, **given), displays.MAX_ITEMS + 1))
        if len(made) > displays.MAX_ITEMS:
            return ir.Declined("D354", span, "so many combinations have no SQL form")
        tuples = (displays.several("tuple", tuple(map(values.Item, one)), span) for one in made)
        return values.Several("generator", tuple(map(values.Item, tuples)))

    return build


def _pairwise(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    if items is not None:
        return _arranged(itertools.pairwise)(scope, args, keywords, span)
    rows = args[0] if isinstance(args[0], ir.Expr) else scope.comprehend(args[0], span)
    after = indexing.cut(scope, rows, (ir.Const(1, dtypes.INT), None, None), span)
    if isinstance(after, ir.Declined):
        return after
    return scope.apply(values.Builtin("zip"), (rows, after), {}, span)


def _groupby(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    """Return the groups of rows that are sorted by their key: then equal keys stand together, as in a dict of lists."""
    rows = scope.comprehend(args[0], span)
    sorting, rows = raising.apart(rows)
    loop = scope.iterate(rows, span, "item")
    function = args[1] if len(args) > 1 else keywords.get("key")
    key = scope.as_expr(loop.element if function is None else scope.apply(function, (loop.element,), {}, span), span)
    if not loop.order or loop.order[0].key != key or sequences.is_natural(loop.order[0]):
        told = "`groupby` of what is not sorted by the same key first has no SQL form"
        return ir.Declined("D354", span, told)
    element = scope.as_expr(loop.element, span)
    kind = dtypes.DictOf(key.type, dtypes.ListOf(element.type))
    comp = ir.Comp("dict", loop.steps, element, dtypes.DictOf(key.type, element.type), key, loop.order, span)
    pairs = scope.comprehend(values.Entries("items", ir.GroupBy("list", comp, kind, span=span)), span)
    return pairs if sorting is None else raising.after(sorting, pairs)


def _repeat(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    times = args[1] if len(args) > 1 else None
    if not (isinstance(times, ir.Const) and isinstance(times.value, int) and times.value <= displays.MAX_ITEMS):
        return ir.Declined("D354", span, "`repeat` of unknown length has no SQL form")
    return values.Several("generator", (values.Item(args[0]),) * times.value)


_OPERATORS = {
    "add": "+", "iadd": "+", "concat": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "and_": "&", "or_": "|", "xor": "^",
}  # fmt: skip
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "is_": "is", "is_not": "is not"}

FUNCTIONS: dict[str, Builder] = {
    **{f"operator.{name}": _binary(op) for name, op in _OPERATORS.items()},
    **{f"operator.{name}": _compared(op) for name, op in _COMPARISONS.items()},
    "operator.contains": _contains, "operator.getitem": _getitem, "operator.not_": _not, "operator.truth": _truth,
    "operator.neg": _neg, "operator.attrgetter": _attrgetter, "operator.itemgetter": _itemgetter,
    "operator.methodcaller": _methodcaller, "functools.reduce": _reduce, "functools.partial": _partial,
    "itertools.chain": _chain, "itertools.chain.from_iterable": _chain_all, "itertools.islice": _islice,
    "itertools.accumulate": _accumulate, "itertools.product": _arranged(itertools.product),
    "itertools.combinations": _arranged(itertools.combinations), "itertools.pairwise": _pairwise,
    "itertools.permutations": _arranged(itertools.permutations), "itertools.repeat": _repeat,
    "itertools.groupby": _groupby,
}  # fmt: skip
