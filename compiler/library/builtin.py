"""Python's builtin functions over collections whose items are known one by one, and over rows as loops.

max(a, b, key=f) → if(lt(f(a), f(b)), b, a)        map(f, users.values()) → Comp(list, user <- $users, head f(user))
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler import comparing, displays, dtypes, ir, raising, sequences, values
from compiler.diagnostics import NOWHERE, Span
from compiler.scope import Arguments, Builder, Keywords, Scope, conditional, conjunction, disjunction, facts_of, negate

_Answer = values.Value | ir.Declined | None
_ZERO = ir.Const(0, dtypes.INT)


def _range(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    numbers = tuple(scope.as_expr(one, span) for one in args)
    if not 1 <= len(numbers) <= 3:
        return None
    start, stop = (_ZERO, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) == 3 else ir.Const(1, dtypes.INT)
    one = step.value if isinstance(step, ir.Const) else None
    if any(each.type != dtypes.INT for each in numbers) or not isinstance(one, int) or one == 0:
        return ir.Declined("D354", span, "`range` of what may be None, or by a computed step, has no SQL form")
    return values.Range(start, stop, one)


def _enumerate(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    start = scope.as_expr(args[1] if len(args) > 1 else keywords.get("start", _ZERO), span)
    items = displays.items_of(args[0])
    spread = None if items is None else displays.spread(items)
    if spread is not None:
        places = (ir.Const(place, dtypes.INT) for place in range(len(spread)))
        numbers = tuple(scope.primitive("+", (place, start), span) for place in places)
        if all(one is not None for one in numbers):
            pairs = (_tuple((one, item)) for one, item in zip(numbers, spread, strict=True) if one is not None)
            return displays.several("list", tuple(map(values.Item, pairs)), span)
    expr = args[0] if isinstance(args[0], ir.Expr) else None
    if expr is None or isinstance(expr, ir.Comp) or not isinstance(dtypes.required(expr.type), dtypes.ListOf):
        return _numbered(scope, args[0], start, span)
    loop = scope.iterate(expr, span, "item")
    if not loop.order or not isinstance(loop.order[0].key, ir.EntryKey):
        return _numbered(scope, args[0], start, span)
    number = scope.primitive("+", (loop.order[0].key, start), span)
    element = scope.as_expr(loop.element, span)
    if number is None:
        return None
    pair = ir.MakePair((number, element), dtypes.Pair((number.type, element.type)), span)
    return ir.Comp("list", loop.steps, pair, dtypes.ListOf(pair.type), None, loop.order, span)


def _numbered(scope: Scope, items: values.Value, start: ir.Expr, span: Span) -> _Answer:
    """Return rows beside their places, which are counted in the order of the rows."""
    comp = scope.comprehend(items, span)
    if not sequences.has_places(comp):
        return ir.Declined("D359", span, "the order of a set is not defined, so no item has a place; write `sorted(…)`")
    counted, place = sequences.numbered(comp)
    number = scope.primitive("+", (place, start), span)
    if number is None:
        return None
    pair = ir.MakePair((number, comp.head), dtypes.Pair((number.type, comp.head.type)), span)
    return replace(counted, head=pair, type=dtypes.ListOf(pair.type), span=span)


def _tuple(parts: tuple[values.Value, ...]) -> values.Value:
    return displays.several("tuple", tuple(map(values.Item, parts)), NOWHERE)


def _zip(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    strict = keywords.get("strict")
    if strict is not None and not (isinstance(strict, ir.Const) and strict.value is False):
        found = [displays.items_of(one) for one in args]
        if any(one is None for one in found) or len({len(one or ()) for one in found}) > 1:
            return ir.Declined("D354", span, "`zip(…, strict=True)` of lists of unknown length has no SQL form")
    columns = [displays.items_of(one) for one in args]
    spread = [None if one is None else displays.spread(one) for one in columns]
    known = [one for one in spread if one is not None]
    if len(known) == len(args):
        return displays.several("list", tuple(values.Item(_tuple(parts)) for parts in zip(*known, strict=False)), span)
    lists = [scope.as_expr(one, span) for one in args]
    if any(isinstance(one, ir.Comp) or not isinstance(dtypes.required(one.type), dtypes.ListOf) for one in lists):
        return _beside(scope, args, span)
    return _zipped(scope, lists, span)


def _beside(scope: Scope, args: Arguments, span: Span) -> _Answer:
    """Return the rows of several lists side by side: those of the same place."""
    steps: tuple[ir.Step, ...] = ()
    order: tuple[ir.Order, ...] = ()
    first: ir.Expr | None = None
    elements: list[ir.Expr] = []
    told: list[ir.Expr] = []  # all lists are made before the first row of any is looked at
    for one in args:
        if isinstance(one, ir.Comp):
            sorting, one = raising.apart(one)
            told += [] if sorting is None else [sorting]
        if isinstance(one, ir.Expr) and (raising.may_raise(one) or dtypes.nullable(one.type)):
            return ir.Declined(
                "D354", span, "`zip` of rows and of a list that may be None, or may raise, has no SQL form"
            )
        loop = scope.iterate(scope.apply(values.Builtin("enumerate"), (one,), {}, span), span, "item")
        if not isinstance(loop.element, ir.MakePair):
            return ir.Declined("D354", span, "`zip` of rows and of items that are written out has no SQL form")
        place, element = loop.element.items
        steps = (*steps, *loop.steps)
        if first is None:
            first, order = place, loop.order
        else:
            steps = (*steps, ir.Cond(ir.Prim("eq", (place, first), dtypes.BOOL, span)))
        elements.append(element)
    whole = ir.MakePair(tuple(elements), dtypes.Pair(tuple(one.type for one in elements)), span)
    zipped: ir.Expr = ir.Comp("list", steps, whole, dtypes.ListOf(whole.type), None, order, span)
    for one in reversed(told):
        zipped = raising.after(one, zipped)
    return zipped


def _zipped(scope: Scope, lists: list[ir.Expr], span: Span) -> _Answer:
    loop = scope.iterate(lists[0], span, "item")
    if not loop.order or not isinstance(loop.order[0].key, ir.EntryKey):
        return ir.Declined("D354", span, "`zip` of rows has no SQL form: their places are not kept")
    place = loop.order[0].key
    elements, tests = [scope.as_expr(loop.element, span)], list[ir.Expr]()
    for other in lists[1:]:
        if dtypes.nullable(other.type):
            return ir.Declined("D354", span, "`zip` of a list that may be None has no exact SQL form")
        tests.append(ir.Prim("list.has_index", (other, place), dtypes.BOOL, span))
        found = scope.primitive("[]", (other, place), span)
        if found is None:
            return None
        elements.append(found)
    pair = ir.MakePair(tuple(elements), dtypes.Pair(tuple(one.type for one in elements)), span)
    steps = (*loop.steps, *(ir.Cond(one) for one in tests))
    return ir.Comp("list", steps, pair, dtypes.ListOf(pair.type), None, loop.order, span)


def _map(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    function, *sources = args
    if len(sources) != 1:
        zipped = scope.apply(values.Builtin("zip"), tuple(sources), {}, span)
        items = displays.items_of(zipped)
        if items is None:
            return ir.Declined("D354", span, "`map` over several collections of rows has no SQL form")
        calls = (displays.spread(displays.items_of(one.value) or ()) for one in items)
        made = tuple(values.Item(scope.apply(function, tuple(one or ()), {}, span)) for one in calls)
        return values.Several("generator", made)
    items = displays.items_of(sources[0])
    if items is not None:
        return values.Several("generator", tuple(_mapped(scope, function, one, span) for one in items))
    loop = scope.iterate(sources[0], span, "entry")
    inner = _assuming(scope, loop)
    head = inner.as_expr(inner.apply(function, (loop.element,), {}, span), span)
    return ir.Comp("list", loop.steps, head, dtypes.ListOf(head.type), None, loop.order, span)


def _mapped(scope: Scope, function: values.Value, one: values.Item, span: Span) -> values.Item:
    inner = scope if one.test is None else scope.assume(facts_of(one.test, True))
    return values.Item(inner.apply(function, (one.value,), {}, span), one.test)


def _assuming(scope: Scope, loop: values.Iteration) -> Scope:
    return scope.assume(fact for step in loop.steps if isinstance(step, ir.Cond) for fact in facts_of(step.test, True))


def _filter(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    function, source = args
    whole = isinstance(function, ir.Const) and function.value is None

    def test(inner: Scope, element: values.Value) -> ir.Expr:
        return inner.truth(element if whole else inner.apply(function, (element,), {}, span), span)

    items = displays.items_of(source)
    if items is not None:
        found: tuple[values.Item, ...] = ()
        for one in items:
            kept = test(scope, one.value)
            both = kept if one.test is None else conjunction((one.test, kept), span)
            found = displays.kept(found, one.value, both)
        return values.Several("generator", found)
    loop = scope.iterate(source, span, "entry")
    inner = _assuming(scope, loop)
    kept = test(inner, loop.element)
    head = inner.assume(facts_of(kept, True)).narrow(loop.element)
    element = scope.as_expr(head, span)
    steps = (*loop.steps, ir.Cond(kept))
    return ir.Comp("list", steps, element, dtypes.ListOf(element.type), None, loop.order, span)


# ---------------------------------------------------------------- folds of known items


def _all_of(args: Arguments) -> tuple[values.Item, ...] | None:
    return displays.items_of(args[0]) if len(args) == 1 else None


def _sum(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0]) if args else None
    if items is None or _may_repeat(args[0], tuple(one.value for one in items)):
        return None
    total: values.Value = args[1] if len(args) > 1 else keywords.get("start", _ZERO)
    plus = values.Builtin("operator.add")
    for one in items:
        added = scope.apply(plus, (total, one.value), {}, span)
        total = added if one.test is None else displays.choose(scope, one.test, added, total, span)
    return _evaluated(scope, args[0], total, span)


def _evaluated(scope: Scope, source: values.Value, result: values.Value, span: Span) -> values.Value:
    return scope.after(source, result, span) if isinstance(source, ir.Expr) else result


def _any(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = _all_of(args)
    if items is None:
        return None
    tests = (_tested(scope, one, span) for one in items)
    met = disjunction((test if one.test is None else conjunction((one.test, test), span) for one, test in tests), span)
    return _evaluated(scope, args[0], met, span)


def _all(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = _all_of(args)
    if items is None:
        return None
    tests = (_tested(scope, one, span) for one in items)
    met = conjunction(
        (test if one.test is None else disjunction((negate(one.test), test), span) for one, test in tests), span
    )
    return _evaluated(scope, args[0], met, span)


def _tested(scope: Scope, one: values.Item, span: Span) -> tuple[values.Item, ir.Expr]:
    inner = scope if one.test is None else scope.assume(facts_of(one.test, True))
    return one, inner.truth(one.value, span)


def _len(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if isinstance(args[0], ir.Const):
        return None
    if isinstance(args[0], values.Several) and args[0].kind == "set" and not _are_constants(args[0]):
        return None
    items = _all_of(args)
    if items is None:
        return None
    certain = ir.Const(len({_identity(args[0], one) for one in items if one.test is None}), dtypes.INT, span)
    total: ir.Expr = certain
    for one in items:
        if one.test is not None:
            here = conditional(one.test, ir.Const(1, dtypes.INT), _ZERO, dtypes.INT, span)
            total = scope.primitive("+", (total, here), span) or total
    return _evaluated(scope, args[0], total, span)


def _identity(owner: values.Value, one: values.Item) -> object:
    return ir.python_value(one.value) if _is_set(owner) and isinstance(one.value, ir.Const) else id(one)


def _are_constants(several: values.Several) -> bool:
    return all(one.test is None and isinstance(one.value, ir.Const) for one in several.items)


def _extreme(name: str) -> Builder:
    op = ">" if name == "max" else "<"

    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        items = _all_of(args) if len(args) == 1 else tuple(map(values.Item, args))
        key = keywords.get("key")
        if key is not None and isinstance(key, ir.Const) and key.value is None:
            key = None
        if items is None or set(keywords) - {"key", "default"}:
            return None
        present = displays.spread(items)
        if present is None:
            return None
        if not present and "default" in keywords:
            return keywords["default"]
        if not present:
            return ir.Raises("ValueError", _told_of_nothing(name), span=span)
        if key is None and len(args) > 1 and all(isinstance(one, ir.Expr) for one in present):
            direct = scope.primitive(name, tuple(scope.as_expr(one, span) for one in present), span)
            if direct is not None:
                return direct
        best = _best(scope, op, present, key, span)
        if "default" in keywords:
            best = scope.after(keywords["default"], best, span)
        return _evaluated(scope, args[0], best, span) if len(args) == 1 else best

    return build


def _best(
    scope: Scope, op: str, present: tuple[values.Value, ...], key: values.Value | None, span: Span
) -> values.Value:
    best = present[0]
    rank = best if key is None else scope.apply(key, (best,), {}, span)
    for one in present[1:]:
        other = one if key is None else scope.apply(key, (one,), {}, span)
        better = comparing.compare(scope, op, other, rank, span)  # in Python's order: what it raises tells it
        if isinstance(better, ir.Declined):
            scope.decline("D357", span, better.message)
        best, rank = displays.choose(scope, better, one, best, span), displays.choose(scope, better, other, rank, span)
    return best


def _told_of_nothing(name: str) -> str:
    try:
        {"min": min, "max": max}[name](())
    except ValueError as error:
        return str(error)
    raise AssertionError(name)


# ---------------------------------------------------------------- conversions


def _listed(kind: str) -> Builder:
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        if not args:
            return ir.MakeList((), dtypes.ListOf(dtypes.NONE), span) if kind == "list" else values.Several("tuple", ())
        items = displays.items_of(args[0])
        if items is None or (isinstance(args[0], values.Several) and args[0].kind == "set"):
            return None
        return _evaluated(scope, args[0], displays.several(kind, items, span), span)

    return build


def _set(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if not args:
        return values.Several("set", ())
    items = displays.items_of(args[0])
    return None if items is None else _evaluated(scope, args[0], values.Several("set", items), span)


def _dict(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    entries: tuple[tuple[ir.Expr, values.Value], ...] = ()
    if args:
        given = displays.entries_of(args[0])
        pairs = None if given is not None else displays.items_of(args[0])
        if given is None and pairs is not None:
            given = _entries(pairs)
        if given is None:
            return _dict_of(args[0]) if not keywords else None
        entries = given
    entries = (*entries, *((ir.Const(name, dtypes.STR), one) for name, one in keywords.items()))
    return displays.table(entries, span)


def _dict_of(source: values.Value) -> _Answer:
    if isinstance(source, ir.Expr) and isinstance(dtypes.required(source.type), dtypes.DictOf):
        return source if not dtypes.nullable(source.type) else None
    return None


def _entries(pairs: tuple[values.Item, ...]) -> tuple[tuple[ir.Expr, values.Value], ...] | None:
    entries: list[tuple[ir.Expr, values.Value]] = []
    for pair in pairs:
        parts = displays.spread(displays.items_of(pair.value) or ())
        if pair.test is not None or parts is None or len(parts) != 2 or not isinstance(parts[0], ir.Expr):
            return None
        entries.append((parts[0], parts[1]))
    return tuple(entries)


def _from_keys(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    value = args[1] if len(args) > 1 else ir.Const(None, dtypes.NONE, span)
    keys = None if items is None else displays.spread(items)
    if keys is None:
        return ir.Declined("D354", span, "`dict.fromkeys` of keys that are not known has no SQL form")
    return displays.table(tuple((scope.as_expr(key, span), value) for key in keys), span)


def _sorted(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0]) if args else None
    present = None if items is None else displays.spread(items)
    reverse = keywords.get("reverse", ir.Const(False, dtypes.BOOL))
    key = keywords.get("key")
    if present is None and items is not None and key is None and isinstance(reverse, ir.Const):
        different = not _is_set(args[0]) or len({_identity(args[0], one) for one in items}) == len(items)
        constant = all(isinstance(one.value, ir.Const) for one in items)
        return _sorted_items(scope, items, bool(reverse.value), span) if different and constant else None
    if present is None or not isinstance(reverse, ir.Const):
        return None
    if _may_repeat(args[0], present):
        return None
    ranks = [one if key is None else scope.apply(key, (one,), {}, span) for one in present]
    python: list[Any] = [_python(one) for one in ranks]  # Any: tuples of comparable values
    if len(present) > 1 and None in python:
        return _sorted_values(scope, present, bool(reverse.value), span) if key is None else None
    try:
        order = sorted(range(len(present)), key=lambda place: python[place], reverse=bool(reverse.value))
    except TypeError as error:
        return ir.Raises("TypeError", str(error), span=span)
    result: values.Value = displays.several("list", tuple(values.Item(present[place]) for place in order), span)
    for rank in reversed(ranks):
        result = scope.after(rank, result, span)
    return result


def _is_set(value: values.Value) -> bool:
    return isinstance(value, values.Several) and value.kind == "set"


def _may_repeat(value: values.Value, items: tuple[values.Value, ...]) -> bool:
    """Tell whether several items of a set may be the same, which is not known here."""
    return _is_set(value) and len(set(map(_python, items)) - {None}) < len(items) > 1


def _sorted_items(scope: Scope, items: tuple[values.Item, ...], reverse: bool, span: Span) -> _Answer:
    whole = displays.show(scope, values.Several("list", items), span)
    return scope.primitive("sorted reverse" if reverse else "sorted", (whole,), span)


def _sorted_values(scope: Scope, present: tuple[values.Value, ...], reverse: bool, span: Span) -> _Answer:
    if not all(isinstance(one, ir.Expr) and not dtypes.nullable(one.type) for one in present):
        return ir.Declined("D358", span, "sorting values that may be None has no exact SQL form")
    whole = scope.as_expr(displays.several("list", tuple(map(values.Item, present)), span), span)
    return scope.primitive("sorted reverse" if reverse else "sorted", (whole,), span)


def _python(value: values.Value) -> tuple[object] | None:
    """Return the Python value of a constant or of a tuple of them, in a tuple; None for any other."""
    if isinstance(value, ir.Const):
        return (ir.python_value(value),)
    if isinstance(value, ir.MakePair):
        parts = [_python(one) for one in value.items]
        return None if None in parts else (tuple(one[0] for one in parts if one is not None),)
    return None


def _reversed(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    if items is not None:
        return values.Several("generator", items[::-1])
    if isinstance(args[0], ir.Expr) and dtypes.required(args[0].type) == dtypes.STR:
        return ir.Declined("D354", span, "the letters of a text have no SQL form; write `text[::-1]`")
    return None


def _next(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    items = displays.items_of(args[0])
    if items is None:
        return None
    if len(args) == 1:
        return displays.first(scope, items, ir.Raises("StopIteration", "", span=span), span)
    return scope.after(args[1], displays.first(scope, items, args[1], span), span)


def _divmod(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    operands = tuple(scope.as_expr(one, span) for one in args)
    quotient, rest = scope.primitive("//", operands, span), scope.primitive("%", operands, span)
    if quotient is None or rest is None:
        return None
    return ir.MakePair((quotient, rest), dtypes.Pair((quotient.type, rest.type)), span)


def _pow(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return scope.apply(values.Builtin("operator.pow"), args, keywords, span) if len(args) == 2 else None


def _getattr(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if len(args) == 2 and isinstance(args[1], ir.Const) and isinstance(args[1].value, str):
        return scope.attribute(args[0], args[1].value, span)
    return ir.Declined("D354", span, "`getattr` with a computed name, or a default, has no SQL form")


def _round(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    digits = keywords.get("ndigits")
    if digits is None:
        return None
    return scope.apply(values.Builtin("round"), (*args, digits), {}, span)


def _bool(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return scope.truth(args[0], span) if args else ir.Const(False, dtypes.BOOL, span)


def _empty(value: bool | int | float | str, kind: dtypes.Type) -> Builder:
    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        return None if args or keywords else ir.Const(value, kind, span)

    return build


def _identity_of(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    return args[0] if args and displays.items_of(args[0]) is not None else None


FUNCTIONS: dict[str, Builder] = {
    "range": _range, "enumerate": _enumerate, "zip": _zip, "map": _map, "filter": _filter, "sum": _sum, "any": _any,
    "all": _all, "len": _len, "min": _extreme("min"), "max": _extreme("max"), "list": _listed("list"),
    "tuple": _listed("tuple"), "set": _set, "frozenset": _set, "dict": _dict, "dict.fromkeys": _from_keys,
    "sorted": _sorted, "reversed": _reversed, "next": _next, "iter": _identity_of, "divmod": _divmod, "pow": _pow,
    "getattr": _getattr, "round": _round, "bool": _bool, "int": _empty(0, dtypes.INT),
    "float": _empty(0.0, dtypes.FLOAT), "str": _empty("", dtypes.STR), "types.MappingProxyType": _dict,
    "collections.OrderedDict": _dict,
}  # fmt: skip
