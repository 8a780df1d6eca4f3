"""Operations on dates, datetimes and timedeltas. Aware datetimes are in UTC, as stored ones are.

`order.placed.year`  →  Prim("datetime.year", (placed,), INT)
"""

from __future__ import annotations

import datetime
import operator
import re
from typing import Any

from compiler import dtypes, ir
from compiler.dtypes import DATE, DATETIME, FLOAT, INT, LOCAL_DATETIME, STR, TIMEDELTA
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


def _attribute(name: str) -> Any:  # Any: a callable on dates
    return lambda moment: getattr(moment, name)


def _parts(of: dtypes.Type, name: str) -> tuple[Primitive, ...]:
    days = ("year", "month", "day")
    hours = () if of == DATE else ("hour", "minute", "second", "microsecond")
    return (
        *(Primitive(f"{name}.{one}", f"attr:{one}", (of,), INT, _attribute(one)) for one in (*days, *hours)),
        Primitive(f"{name}.weekday", ".weekday", (of,), INT, lambda x: x.weekday()),
        Primitive(f"{name}.isoweekday", ".isoweekday", (of,), INT, lambda x: x.isoweekday()),
        Primitive(f"{name}.isoformat", ".isoformat", (of,), STR, lambda x: x.isoformat()),
        Primitive(
            f"{name}.strftime", ".strftime", (of, STR), STR, lambda x, spec: x.strftime(spec),
            constant=(1,), accepts=_formats,
        ),
    )  # fmt: skip


def _moments(of: dtypes.Type, name: str) -> tuple[Primitive, ...]:
    const = {"constant": (), "accepts": _whole_millis}
    return (
        *_parts(of, name),
        Primitive(f"{name}.date", ".date", (of,), DATE, lambda x: x.date()),
        Primitive(f"{name}.minus", "-", (of, of), TIMEDELTA, operator.sub),
        Primitive(f"{name}.add", "+", (of, TIMEDELTA), of, operator.add, **const),  # type: ignore[arg-type]
        Primitive(f"{name}.sub", "-", (of, TIMEDELTA), of, operator.sub, **const),  # type: ignore[arg-type]
    )


def _extremes(of: dtypes.Type, name: str) -> tuple[Primitive, ...]:
    return (
        Primitive(f"{name}.min", "min", (of, of), of, min, variadic=True, propagates=False),
        Primitive(f"{name}.max", "max", (of, of), of, max, variadic=True, propagates=False),
    )


_ZERO = Failure("zero", 1, (datetime.timedelta(1), datetime.timedelta(0)))

ROWS: tuple[Primitive, ...] = (
    *_moments(DATETIME, "datetime"),
    *_moments(LOCAL_DATETIME, "local_datetime"),
    *_parts(DATE, "date"),
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
)
