"""datetime: moments and spans of constants and of whole numbers.

timedelta(days=order.days)  →  timedelta.rmul(order.days, Const(86400000000))
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from compiler import dtypes, ir, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Builder, Keywords, Scope

_Answer = values.Value | ir.Declined | None
_UNITS = {
    "days": datetime.timedelta(days=1), "seconds": datetime.timedelta(seconds=1),
    "microseconds": datetime.timedelta(microseconds=1), "milliseconds": datetime.timedelta(milliseconds=1),
    "minutes": datetime.timedelta(minutes=1), "hours": datetime.timedelta(hours=1),
    "weeks": datetime.timedelta(weeks=1),
}  # fmt: skip


def _made(make: Callable[..., object], kind: dtypes.Type) -> Builder:
    """Return `date(2026, 1, 1)` and the like as a constant."""

    def build(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
        given = [_known(one) for one in (*args, *keywords.values())]
        if any(one is None for one in given):
            return _computed(scope, make, args, keywords, span)
        plain = [one[0] for one in given if one is not None]
        try:
            value = make(*plain[: len(args)], **dict(zip(keywords, plain[len(args) :], strict=True)))
        except (ValueError, OverflowError, TypeError) as error:
            return ir.Raises(type(error).__name__, str(error), span=span)
        if isinstance(value, datetime.time):
            return values.Fixed(value)
        aware = isinstance(value, datetime.datetime) and value.tzinfo is not None
        return ir.constant(value, dtypes.DATETIME if aware else kind, span)

    return build


def _known(value: values.Value) -> tuple[object] | None:
    match value:
        case ir.Const():
            return (ir.python_value(value),)
        case values.Fixed(held):
            return (held,)
        case _ if is_utc(value):
            return (datetime.UTC,)
    return None


def is_utc(value: values.Value | None) -> bool:
    """Tell whether a value is the zone UTC."""
    return isinstance(value, values.Builtin) and value.qualified in ("datetime.UTC", "datetime.timezone.utc")


def _computed(scope: Scope, make: object, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if make is datetime.timedelta:
        return _span(scope, {**dict(zip(_UNITS, args, strict=False)), **keywords}, span)
    if make is datetime.date and len(args) == 3 and not keywords:
        return scope.primitive("datetime.date", tuple(scope.as_expr(one, span) for one in args), span)
    return None


def _span(scope: Scope, given: dict[str, values.Value], span: Span) -> _Answer:
    total: ir.Expr | None = None
    for name, value in given.items():
        number = scope.as_expr(value, span)
        if number.type != dtypes.INT or name not in _UNITS:
            return ir.Declined("D354", span, "a timedelta of what may be None, or not whole, has no exact SQL form")
        unit = ir.constant(_UNITS[name], dtypes.TIMEDELTA, span)
        assert unit is not None
        part = scope.primitive("*", (number, unit), span)
        total = part if total is None or part is None else scope.primitive("+", (total, part), span)
    return total


def _combine(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if len(args) != 2 or not isinstance(args[1], values.Fixed) or not isinstance(args[1].value, datetime.time):
        return ir.Declined("D354", span, "`datetime.combine` with a computed time has no SQL form")
    time = args[1].value
    zone = keywords.get("tzinfo")
    aware = time.tzinfo is not None or is_utc(zone)
    since = datetime.datetime.combine(datetime.date.min, time.replace(tzinfo=None)) - datetime.datetime.min
    offset = ir.constant(since, dtypes.TIMEDELTA, span)
    assert offset is not None
    day = scope.as_expr(args[0], span)
    if dtypes.required(day.type) != dtypes.DATE or dtypes.nullable(day.type):
        return ir.Declined("D354", span, "`datetime.combine` of what is no date has no exact SQL form")
    local = scope.primitive("datetime.combine", (day, offset), span)
    return local if not aware or local is None else scope.primitive("as utc", (local,), span)


FUNCTIONS: dict[str, Builder] = {
    "datetime.timedelta": _made(datetime.timedelta, dtypes.TIMEDELTA),
    "datetime.date": _made(datetime.date, dtypes.DATE),
    "datetime.datetime": _made(datetime.datetime, dtypes.LOCAL_DATETIME),
    "datetime.time": _made(datetime.time, dtypes.NONE),
    "datetime.datetime.combine": _combine,
}
