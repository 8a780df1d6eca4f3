"""Operations on dates, datetimes and timedeltas. Aware datetimes are in UTC, as stored ones are.

`order.placed.year`  →  Prim("datetime.year", (placed,), INT)
"""

from __future__ import annotations

import datetime
import operator
import re
from typing import Any

from compiler import dtypes, ir
from compiler.dtypes import BOOL, DATE, DATETIME, FLOAT, INT, LOCAL_DATETIME, STR, TIMEDELTA
from compiler.operation import Failure, Primitive

DIRECTIVES: dict[str, str] = {
    "Y": "yyyy", "m": "MM", "d": "dd", "H": "HH", "M": "mm", "S": "ss", "f": "SSSSSS", "j": "DDD", "A": "EEEE",
    "a": "EEE", "B": "MMMM", "b": "MMM", "I": "hh", "p": "a", "y": "yy",
}  # fmt: skip
"""What strftime's letters are to DATE_FORMAT."""

_DAY = 86_400_000_000


def pattern(text: str) -> str | None:
    """Translate a strftime format to DATE_FORMAT's, or None where a directive has no exact one."""
    parts: list[str] = []
    for directive, plain in re.findall(r"%(.)|([^%]+)", text, re.DOTALL):
        if directive == "%":
            parts.append("%")
        elif directive:
            if directive not in DIRECTIVES:
                return None
            parts.append(DIRECTIVES[directive])
        else:
            parts.append(_quoted(plain))
    return "".join(parts)


def _quoted(plain: str) -> str:
    escaped = plain.replace("'", "''")
    return f"'{escaped}'" if re.search(r"[A-Za-z\[\]{}#']", plain) else plain


def _formats(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return (
        isinstance(last, ir.Const)
        and isinstance(last.value, str)
        and last.value != ""
        and pattern(last.value) is not None
        and not last.value.replace("%%", "").endswith("%")
    )


def _whole_millis(args: tuple[ir.Expr, ...]) -> bool:
    return any(
        isinstance(one, ir.Const) and one.type == TIMEDELTA and isinstance(one.value, int)
        and one.value % 1000 == 0 and abs(one.value) < 1000 * _DAY
        for one in args
    )  # fmt: skip


def _positive(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 0 < last.value < 2**31


def _attribute(name: str) -> Any:  # Any: a callable on dates
    return lambda moment: getattr(moment, name)


def _parts(of: dtypes.Type, name: str) -> tuple[Primitive, ...]:
    days = ("year", "month", "day")
    hours = () if of == DATE else ("hour", "minute", "second", "microsecond")
    return (
        *(Primitive(f"{name}.{one}", f"attr:{one}", (of,), INT, _attribute(one)) for one in (*days, *hours)),
        Primitive(f"{name}.weekday", ".weekday", (of,), INT, lambda x: x.weekday()),
        Primitive(f"{name}.isoweekday", ".isoweekday", (of,), INT, lambda x: x.isoweekday()),
        Primitive(f"{name}.iso_year", "", (of,), INT, lambda x: x.isocalendar()[0]),
        Primitive(f"{name}.iso_week", "", (of,), INT, lambda x: x.isocalendar()[1]),
        Primitive(f"{name}.isoformat", ".isoformat", (of,), STR, lambda x: x.isoformat()),
        Primitive(
            f"{name}.strftime", ".strftime", (of, STR), STR, lambda x, spec: x.strftime(spec),
            constant=(1,), accepts=_formats,
        ),
    )  # fmt: skip


def _in_a_day(args: tuple[ir.Expr, ...]) -> bool:
    last = args[-1]
    return isinstance(last, ir.Const) and isinstance(last.value, int) and 0 <= last.value < _DAY


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except (ValueError, OverflowError):
        return False
    return True


def _is_in(moment: datetime.datetime, span: datetime.timedelta, sign: int) -> bool:
    """Tell whether a moment moved by a span is still between the years 1 and 9999."""
    try:
        moment + sign * span
    except OverflowError:
        return False
    return True


_BOTH = ((DATETIME, "datetime"), (LOCAL_DATETIME, "local_datetime"))


def _beyond(sign: int, name: str) -> Failure:
    latest = datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC if name == "datetime" else None)
    return Failure("moment_range", 1, (latest, sign * datetime.timedelta(2)))


PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def _replaced(of: dtypes.Type, name: str) -> Primitive:
    parts = PARTS[:3] if of == DATE else PARTS

    def replaced(moment: Any, *given: int | None) -> Any:  # Any: a date or datetime
        return moment.replace(**{part: one for part, one in zip(parts, given, strict=True) if one is not None})

    def applies(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
        numbers = all(one == INT or isinstance(one, dtypes.NoneType) for one in types[1:])
        return of if len(types) == 1 + len(parts) and dtypes.required(types[0]) == of and numbers else None

    places = tuple(range(1, 1 + len(parts)))
    return Primitive(
        f"{name}.replace",
        ".replace parts",
        (),
        of,
        replaced,
        constant=places,
        accepts=_replaces,
        applies=applies,
        propagates=False,  # all parts may be given
    )


def _replaces(args: tuple[ir.Expr, ...]) -> bool:
    """Accept constants that make a moment of any other: a day that every month has, where the month changes."""
    given = [one.value if isinstance(one, ir.Const) else None for one in args[1:]]
    year, month, day, *time = given
    limits = zip(time, (23, 59, 59, 999_999), strict=False)
    if any(one is not None and not (isinstance(one, int) and 0 <= one <= most) for one, most in limits):
        return False
    whole = all(isinstance(one, int | None) for one in (year, month, day))
    day_fits = isinstance(day, int) and 1 <= day <= 28
    month_fits = month is None or (isinstance(month, int) and 1 <= month <= 12)
    year_fits = year is None or (isinstance(year, int) and 1000 <= year <= 9999)
    changes = year is not None or month is not None
    return whole and (day_fits or (day is None and not changes)) and month_fits and year_fits


def _moments(of: dtypes.Type, name: str) -> tuple[Primitive, ...]:
    const = {"constant": (), "accepts": _whole_millis}
    return (
        *_parts(of, name),
        Primitive(f"{name}.date", ".date", (of,), DATE, lambda x: x.date()),
        Primitive(f"{name}.minus", "-", (of, of), TIMEDELTA, operator.sub),
        Primitive(f"{name}.add", "+", (of, TIMEDELTA), of, operator.add, **const),  # type: ignore[arg-type]
        Primitive(f"{name}.sub", "-", (of, TIMEDELTA), of, operator.sub, **const),  # type: ignore[arg-type]
        Primitive(f"{name}.plus", "+", (of, TIMEDELTA), of, operator.add, failures=(_beyond(1, name),)),
        Primitive(f"{name}.less", "-", (of, TIMEDELTA), of, operator.sub, failures=(_beyond(-1, name),)),
        _replaced(of, name),
    )


def _extremes(of: dtypes.Type, name: str) -> tuple[Primitive, ...]:
    return (
        Primitive(f"{name}.min", "min", (of, of), of, min, variadic=True, propagates=False),
        Primitive(f"{name}.max", "max", (of, of), of, max, variadic=True, propagates=False),
    )


_NO_DATE = (
    Failure("not_date_text", 0, ("x",), speaks=False),
    Failure("not_plain_date_text", 0, reason="the text is not a date as in 2026-01-31"),
)
_NO_PARTS = (
    *(Failure("int_range", place, (*[1] * place, 2**40, *[1] * (2 - place)), speaks=False) for place in range(3)),
    Failure("no_date", 0, (0, 0, 0), speaks=False),
)
_ZERO = Failure("zero", 1, (datetime.timedelta(1), datetime.timedelta(0)))

ROWS: tuple[Primitive, ...] = (
    *_moments(DATETIME, "datetime"),
    *_moments(LOCAL_DATETIME, "local_datetime"),
    *_parts(DATE, "date"),
    _replaced(DATE, "date"),
    Primitive(
        "date.of_text", "datetime.date.fromisoformat", (STR,), DATE, datetime.date.fromisoformat, failures=_NO_DATE
    ),
    Primitive(
        "date.of",
        "datetime.date",
        (INT, INT, INT),
        DATE,
        datetime.date,
        failures=_NO_PARTS,
    ),
    Primitive("date.is_date", "", (INT, INT, INT), BOOL, _is_date),
    Primitive(
        "date.combine",
        "datetime.combine",
        (DATE, TIMEDELTA),
        LOCAL_DATETIME,
        lambda day, since: datetime.datetime.combine(day, datetime.time()) + since,
        constant=(1,),
        accepts=_in_a_day,
    ),
    Primitive("local_datetime.utc", "as utc", (LOCAL_DATETIME,), DATETIME, lambda x: x.replace(tzinfo=datetime.UTC)),
    Primitive("datetime.local", "as local", (DATETIME,), LOCAL_DATETIME, lambda x: x.replace(tzinfo=None)),
    *(Primitive(f"{name}.is_in", "", (of, TIMEDELTA, INT), BOOL, _is_in) for of, name in _BOTH),
    Primitive("datetime.timestamp", ".timestamp", (DATETIME,), FLOAT, lambda x: x.timestamp()),
    *_extremes(DATE, "date"),
    *_extremes(TIMEDELTA, "timedelta"),
    Primitive("date.minus", "-", (DATE, DATE), TIMEDELTA, operator.sub),
    Primitive("date.add", "+", (DATE, TIMEDELTA), DATE, operator.add),
    Primitive("date.sub", "-", (DATE, TIMEDELTA), DATE, operator.sub),
    Primitive("timedelta.add", "+", (TIMEDELTA, TIMEDELTA), TIMEDELTA, operator.add),
    Primitive("timedelta.sub", "-", (TIMEDELTA, TIMEDELTA), TIMEDELTA, operator.sub),
    Primitive("timedelta.neg", "unary -", (TIMEDELTA,), TIMEDELTA, operator.neg),
    Primitive("timedelta.abs", "abs", (TIMEDELTA,), TIMEDELTA, abs),
    Primitive("timedelta.mul", "*", (TIMEDELTA, INT), TIMEDELTA, operator.mul),
    Primitive("timedelta.rmul", "*", (INT, TIMEDELTA), TIMEDELTA, operator.mul),
    Primitive("timedelta.truediv", "/", (TIMEDELTA, TIMEDELTA), FLOAT, operator.truediv, failures=(_ZERO,)),
    Primitive("timedelta.floordiv", "//", (TIMEDELTA, TIMEDELTA), INT, operator.floordiv, failures=(_ZERO,)),
    Primitive("timedelta.days", "attr:days", (TIMEDELTA,), INT, lambda x: x.days),
    Primitive("timedelta.seconds", "attr:seconds", (TIMEDELTA,), INT, lambda x: x.seconds),
    Primitive("timedelta.microseconds", "attr:microseconds", (TIMEDELTA,), INT, lambda x: x.microseconds),
    Primitive("timedelta.total_seconds", ".total_seconds", (TIMEDELTA,), FLOAT, datetime.timedelta.total_seconds),
    Primitive(
        "timedelta.seconds_floordiv",
        "total_seconds //",
        (TIMEDELTA, INT),
        FLOAT,
        lambda x, n: x.total_seconds() // n,
        constant=(1,),
        accepts=_positive,
    ),
    Primitive(
        "timedelta.seconds_mod",
        "total_seconds %",
        (TIMEDELTA, INT),
        FLOAT,
        lambda x, n: x.total_seconds() % n,
        constant=(1,),
        accepts=_positive,
    ),
)
