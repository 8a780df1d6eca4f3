"""Methods of texts, lists, dates and Decimals whose arguments are more than operands.

", ".join((a, b)) → a || ", " || b        at.replace(hour=0) → datetime.replace(at, None, None, None, 0, …)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from compiler import comparing, displays, dtypes, ir, values
from compiler.diagnostics import Span
from compiler.library import formatting, moments
from compiler.operations import numbers, times
from compiler.scope import Arguments, Keywords, Scope, conditional, disjunction

_Answer = values.Value | ir.Declined | None
Method = Callable[[Scope, values.Value, Arguments, Keywords, Span], _Answer]
_ONE = ir.Const(1, dtypes.INT)
_ZERO = ir.Const(0, dtypes.INT)


def apply(scope: Scope, receiver: values.Value, name: str, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    """Return what a method gives; None where the table of operations is to be asked."""
    known = _METHODS.get(name)
    return None if known is None else known(scope, receiver, args, keywords, span)


def _of(receiver: values.Value, *kinds: dtypes.Type) -> ir.Expr | None:
    return receiver if isinstance(receiver, ir.Expr) and dtypes.required(receiver.type) in kinds else None


# ---------------------------------------------------------------- str


def _join(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    separator = _of(receiver, dtypes.STR)
    if separator is None or len(args) != 1:
        return None
    items = displays.items_of(args[0])
    spread = None if items is None else displays.spread(items)
    if spread is not None:
        joined = _joined(scope, separator, spread, span)
        return joined if isinstance(joined, ir.Declined) else scope.after(args[0], joined, span)
    if isinstance(args[0], ir.Comp | ir.GroupBy | values.Mapping | values.Entries):
        return None
    whole = scope.as_expr(args[0], span)
    return scope.primitive(".join", (separator, whole), span)


def _joined(scope: Scope, separator: ir.Expr, items: Arguments, span: Span) -> ir.Expr | ir.Declined:
    text: ir.Expr | None = None
    errors: list[tuple[ir.Expr, ir.Expr]] = []
    for place, one in enumerate(items):
        part = scope.as_expr(one, span)
        if dtypes.required(part.type) != dtypes.STR:
            return ir.Declined("D353", span, "`join` of values that are not texts has no SQL form")
        if dtypes.nullable(part.type):
            message = f"sequence item {place}: expected str instance, NoneType found"
            error: ir.Expr = ir.Raises("TypeError", message, dtypes.STR, span)
            errors.append((ir.Prim("is_none", (part,), dtypes.BOOL, span), error))
            part = replace(part, type=dtypes.STR)
        glued = part if text is None else scope.primitive("+", (text, separator), span)
        text = part if text is None else scope.primitive("+", (glued or part, part), span)
    result: ir.Expr = ir.Const("", dtypes.STR, span) if text is None else text
    for test, told in reversed(errors):
        result = conditional(test, told, result, dtypes.STR, span)
    return result


def _any_of(name: str) -> Method:
    def build(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        text = _of(receiver, dtypes.STR)
        items = displays.items_of(args[0]) if args and not isinstance(args[0], ir.Const) else None
        spread = None if items is None else displays.spread(items)
        if text is None or spread is None or len(args) != 1:
            return None
        tests = [scope.primitive(f".{name}", (text, scope.as_expr(one, span)), span) for one in spread]
        found = [one for one in tests if one is not None]
        return disjunction(found, span) if len(found) == len(tests) else None

    return build


def _partition(name: str) -> Method:
    def build(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        text = _of(receiver, dtypes.STR)
        if text is None or len(args) != 1:
            return None
        separator = scope.as_expr(args[0], span)
        parts = [scope.primitive(f".{name}[{place}]", (text, separator), span) for place in range(3)]
        whole = tuple(values.Item(one) for one in parts if one is not None)
        return displays.several("tuple", whole, span) if len(whole) == 3 else None

    return build


def _split(name: str) -> Method:
    def build(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        text = _of(receiver, dtypes.STR)
        if text is None or set(keywords) - {"sep", "maxsplit"}:
            return None
        named = {**dict(zip(("sep", "maxsplit"), args, strict=False)), **keywords}
        given = {one: named[one] for one in ("sep", "maxsplit") if one in named}
        operands = [scope.as_expr(one, span) for one in given.values()]
        if len(operands) == 2 and operands[1] == ir.Const(-1, dtypes.INT):
            operands = operands[:1]
        if list(given) not in ([], ["sep"], ["sep", "maxsplit"]):
            return None
        if name == "rsplit" and len(operands) < 2 and all(len(_text(one)) == 1 for one in operands):
            return scope.primitive(".split", (text, *operands), span)
        return scope.primitive(f".{name}", (text, *operands), span)

    return build


def _format(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if not (isinstance(receiver, ir.Const) and isinstance(receiver.value, str)):
        return None
    return formatting.braces(scope, receiver.value, args, keywords, span)


# ---------------------------------------------------------------- list and tuple


def _index(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if isinstance(receiver, ir.Const) or len(args) != 1:
        return None
    items = displays.items_of(receiver)
    spread = None if items is None else displays.spread(items)
    if spread is None:
        return None
    kind = "tuple.index(x): x not in tuple" if isinstance(receiver, ir.MakePair) else ""
    missing: values.Value = ir.Raises("ValueError", kind, dtypes.INT, span)
    found = missing
    for place, one in reversed(list(enumerate(spread))):
        same = comparing.equal(scope, args[0], one, "==", span)
        if isinstance(same, ir.Declined):
            return same
        found = displays.choose(scope, same, ir.Const(place, dtypes.INT), found, span)
    return found


def _count(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if len(args) != 1 or not isinstance(receiver, ir.Expr) or dtypes.required(receiver.type) == dtypes.STR:
        return None
    items = displays.items_of(receiver)
    spread = None if items is None else displays.spread(items)
    if spread is None:
        return _counted(scope, receiver, args[0], span)
    total: ir.Expr = _ZERO
    for one in spread:
        same = comparing.equal(scope, one, args[0], "==", span)
        if isinstance(same, ir.Declined):
            return same
        total = scope.primitive("+", (total, conditional(same, _ONE, _ZERO, dtypes.INT, span)), span) or total
    return total


def _counted(scope: Scope, receiver: ir.Expr, wanted: values.Value, span: Span) -> _Answer:
    if not isinstance(receiver.type, dtypes.ListOf):
        return None
    loop = scope.iterate(receiver, span, "item")
    same = comparing.equal(scope, loop.element, wanted, "==", span)
    if isinstance(same, ir.Declined):
        return None
    steps = (*loop.steps, ir.Cond(same))
    comp = ir.Comp("list", steps, _ONE, dtypes.ListOf(dtypes.INT), None, loop.order, span=span)
    return ir.Reduce("count", comp, dtypes.INT, _ZERO, span=span)


# ---------------------------------------------------------------- dates and Decimals

_MOMENTS = (dtypes.DATE, dtypes.DATETIME, dtypes.LOCAL_DATETIME)


def _replace(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    moment = _of(receiver, *_MOMENTS)
    if moment is None or args:
        return None
    given = dict(keywords)
    zone = given.pop("tzinfo", None)
    parts = times.PARTS[:3] if dtypes.required(moment.type) == dtypes.DATE else times.PARTS
    if set(given) - set(parts):
        return None
    if given:
        none = ir.Const(None, dtypes.NONE, span)
        numbers = tuple(scope.as_expr(given[one], span) if one in given else none for one in parts)
        replaced = scope.primitive(".replace parts", (moment, *numbers), span)
        if replaced is None:
            return ir.Declined("D352", span, "`.replace` by these parts may give no moment, or has no exact SQL form")
        moment = replaced
    if "tzinfo" not in keywords:
        return moment
    if zone == ir.Const(None, dtypes.NONE):
        return (
            moment if dtypes.required(moment.type) != dtypes.DATETIME else scope.primitive("as local", (moment,), span)
        )
    if moments.is_utc(zone) and dtypes.required(moment.type) == dtypes.LOCAL_DATETIME:
        return scope.primitive("as utc", (moment,), span)
    return moment if moments.is_utc(zone) else ir.Declined("D352", span, "only the zone UTC has an exact SQL form")


def _astimezone(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    moment = _of(receiver, dtypes.DATETIME)
    if moment is not None and len(args) == 1 and moments.is_utc(args[0]) and not dtypes.nullable(moment.type):
        return moment
    return ir.Declined("D352", span, "`.astimezone()` has an exact SQL form for the zone UTC alone")


def _isocalendar(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    moment = _of(receiver, *_MOMENTS)
    if moment is None:
        return None
    kind = dtypes.required(moment.type)
    assert isinstance(kind, dtypes.Scalar)
    ops = ("iso_year", "iso_week", "isoweekday")
    parts = tuple(ir.Prim(f"{kind.name}.{one}", (moment,), dtypes.INT, span) for one in ops)
    return ir.MakePair(parts, dtypes.Pair((dtypes.INT,) * 3), span)


_ROUNDINGS = {
    "decimal.ROUND_HALF_EVEN": ".quantize",
    **{f"decimal.{one}": f".quantize {one}" for one in numbers.ROUNDINGS},
}


def _quantize(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    rounding = args[1] if len(args) > 1 else keywords.get("rounding")
    if not args or set(keywords) - {"rounding"}:
        return None
    return _rounded(scope, receiver, scope.as_expr(args[0], span), rounding, ("quantize", span))


def _to_integral(scope: Scope, receiver: values.Value, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    rounding = args[0] if args else keywords.get("rounding")
    if len(args) > 1 or set(keywords) - {"rounding"}:
        return None
    return _rounded(scope, receiver, ir.Const(Decimal(1), dtypes.DECIMAL), rounding, ("to_integral_value", span))


def _rounded(
    scope: Scope, receiver: values.Value, quantum: ir.Expr, rounding: values.Value | None, called: tuple[str, Span]
) -> _Answer:
    name, span = called
    if not isinstance(receiver, ir.Expr):
        return None
    spelling = ".quantize"
    if rounding is not None and rounding != ir.Const(None, dtypes.NONE):
        named = rounding.qualified if isinstance(rounding, values.Builtin) else f"decimal.{_text(rounding)}"
        if named not in _ROUNDINGS:
            return ir.Declined("D352", span, f"`.{name}` with this rounding has no exact SQL form")
        spelling = _ROUNDINGS[named]
    return scope.primitive(spelling, (receiver, quantum), span)


def _text(value: values.Value) -> str:
    return str(value.value) if isinstance(value, ir.Const) else ""


_METHODS: MappingProxyType[str, Method] = MappingProxyType(
    {
        "join": _join, "startswith": _any_of("startswith"), "endswith": _any_of("endswith"),
        "partition": _partition("partition"), "rpartition": _partition("rpartition"), "split": _split("split"),
        "rsplit": _split("rsplit"), "format": _format, "index": _index, "count": _count, "replace": _replace,
        "astimezone": _astimezone, "isocalendar": _isocalendar, "quantize": _quantize,
        "to_integral_value": _to_integral,
    }
)  # fmt: skip
