"""SQL of the operations on dates, datetimes (in UTC) and timedeltas (BIGINT microseconds).

    datetime.year(t)  →  CAST(DATE_FORMAT(CAST(t AS TIMESTAMP(6)), 'yyyy') AS BIGINT)

EXTRACT, FLOOR and CAST AS DATE are wrong for a TIMESTAMP before 1970 with a fraction of a second; DATE_FORMAT is
right, so every part is read from its text.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import dtypes, flink_sql, ir
from compiler.flink_sql import Template, again, big, call, case, cast, double, number, op, plain, string
from compiler.operations import times

DAY = 86_400_000_000
_PARTS = {
    "year": "yyyy", "month": "MM", "day": "dd", "hour": "HH", "minute": "mm", "second": "ss", "microsecond": "SSSSSS",
}  # fmt: skip


def local(moment: exp.Expression, of: dtypes.Type) -> exp.Expression:
    """Return a date or an aware datetime as the naive TIMESTAMP(6) that it is in UTC."""
    return moment if dtypes.required(of) == dtypes.LOCAL_DATETIME else cast(moment, dtypes.LOCAL_DATETIME)


def formatted(moment: exp.Expression, of: dtypes.Type, pattern: str) -> exp.Expression:
    """Return DATE_FORMAT of any of the three."""
    return call("DATE_FORMAT", local(moment, of), string(pattern))


def iso(moment: exp.Expression, of: dtypes.Type, separator: str) -> exp.Expression:
    """Return `isoformat`, or `str` with a blank as separator."""
    if dtypes.required(of) == dtypes.DATE:
        return cast(moment, dtypes.STR)
    text = cast(local(moment, of), dtypes.STR)
    short = call("REGEXP_REPLACE", text, string(r"\.000000$"), string(""))
    whole = short if separator == " " else call("REPLACE", short, string(" "), string(separator))
    return flink_sql.concat(whole, string("+00:00")) if dtypes.required(of) == dtypes.DATETIME else whole


def day_of(moment: exp.Expression, of: dtypes.Type) -> exp.Expression:
    """Return the DATE of a moment."""
    if dtypes.required(of) == dtypes.DATE:
        return moment
    return cast(formatted(moment, of, "yyyy-MM-dd"), dtypes.DATE)


def _part(name: str) -> Template:
    return lambda prim, args: big(formatted(args[0], prim.args[0].type, _PARTS[name]))


def _weekday(start: int) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        day = exp.Extract(this=exp.var("ISODOW"), expression=day_of(args[0], prim.args[0].type))
        return big(day) if start == 1 else op(big(day), "-", number(1))

    return build


def _strftime(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    spec = prim.args[1]
    assert isinstance(spec, ir.Const)
    return formatted(args[0], prim.args[0].type, times.pattern(str(spec.value)) or "")


def _days_between(later: exp.Expression, earlier: exp.Expression) -> exp.Expression:
    return big(call("TIMESTAMPDIFF", exp.var("DAY"), earlier, later))


def _micros_of_day(moment: exp.Expression, of: dtypes.Type) -> exp.Expression:
    def part(pattern: str, size: int) -> exp.Expression:
        tree = big(formatted(again(moment), of, pattern))
        return tree if size == 1 else op(tree, "*", number(size))

    parts = part("HH", 3_600_000_000), part("mm", 60_000_000), part("ss", 1_000_000), part("SSSSSS", 1)
    tree = parts[0]
    for one in parts[1:]:
        tree = exp.Add(this=tree, expression=one)
    return tree


def _minus(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    of = prim.args[0].type
    later, earlier = args
    days = op(_days_between(day_of(again(later), of), day_of(again(earlier), of)), "*", number(DAY))
    if dtypes.required(of) == dtypes.DATE:
        return days
    return op(
        exp.Add(this=days, expression=_micros_of_day(later, of)), "-", exp.Paren(this=_micros_of_day(earlier, of))
    )


def _timestamp(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return op(cast(_since_epoch(args[0], prim.args[0].type), dtypes.FLOAT), "/", double(1e6))


def _moved(sign: int) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        offset = prim.args[1]
        assert isinstance(offset, ir.Const)
        assert isinstance(offset.value, int)
        micros = sign * offset.value
        days, millis = divmod(abs(micros) // 1000, 86_400_000)
        text = f"{days} {millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"
        unit = exp.IntervalSpan(this=exp.var("DAY(3)"), expression=exp.var("SECOND(3)"))
        return op(args[0], "+" if micros >= 0 else "-", exp.Interval(this=string(text), unit=unit))

    return build


def _moved_days(sign: str) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        days = cast(_floor_days(args[1]), flink_sql.INT32)
        amount = days if sign == "+" else flink_sql.neg(days)
        return call("TIMESTAMPADD", exp.var("DAY"), amount, args[0])

    return build


def _floor_days(micros: exp.Expression) -> exp.Expression:
    below = case((op(call("MOD", again(micros), number(DAY)), "<", number(0)), number(1)), default=number(0))
    return op(op(micros, "/", number(DAY)), "-", below)


def _rest_of_day(micros: exp.Expression) -> exp.Expression:
    rest = call("MOD", again(micros), number(DAY))
    return op(rest, "+", case((op(again(rest), "<", number(0)), number(DAY)), default=big(number(0))))


def _total_seconds(micros: exp.Expression) -> exp.Expression:
    return op(cast(micros, dtypes.FLOAT), "/", double(1e6))


def _seconds_divided(micros: exp.Expression, by: exp.Expression) -> exp.Expression:
    # floor(x / n) is floor(floor(x) / n) for whole n, and the inner one is so small that its quotient is never rounded
    # up to the next whole number.
    return call("FLOOR", op(call("FLOOR", _total_seconds(micros)), "/", by))


def _since_epoch(moment: exp.Expression, of: dtypes.Type) -> exp.Expression:
    epoch = cast(string("1970-01-01"), dtypes.DATE)
    days = op(_days_between(day_of(again(moment), of), epoch), "*", number(DAY))
    return exp.Add(this=days, expression=_micros_of_day(moment, of))


def _at(micros: exp.Expression, of: dtypes.Type) -> exp.Expression:
    """Return the moment so many microseconds after 1970, spelled and read: intervals have milliseconds at most."""
    epoch = cast(string("1970-01-01"), dtypes.DATE)
    days = cast(_floor_days(again(micros)), flink_sql.INT32)
    day = call("TIMESTAMPADD", exp.var("DAY"), days, epoch)
    rest = _rest_of_day(micros)

    def part(size: int, count: int, width: int) -> exp.Expression:
        units = op(again(rest), "/", number(size)) if size > 1 else again(rest)
        return call("LPAD", cast(call("MOD", units, number(count)), dtypes.STR), number(width), string("0"))

    text = flink_sql.concat(
        cast(day, dtypes.STR), string(" "), part(3_600_000_000, 24, 2), string(":"), part(60_000_000, 60, 2),
        string(":"), part(1_000_000, 60, 2), string("."), part(1, 1_000_000, 6),
    )  # fmt: skip
    return _read(text, of)


def _read(text: exp.Expression, of: dtypes.Type) -> exp.Expression:
    moment = cast(text, dtypes.LOCAL_DATETIME)
    return cast(moment, dtypes.DATETIME) if dtypes.required(of) == dtypes.DATETIME else moment


def _moved_by(sign: str) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        of = prim.args[0].type
        return _at(op(exp.Paren(this=_since_epoch(args[0], of)), sign, args[1]), of)

    return build


_FIRST, _LAST = (
    (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
    for moment in (datetime.datetime.min, datetime.datetime.max)
)


def _is_in(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    sign = "+" if (flink_sql.constant_int(prim, 2) or 1) > 0 else "-"
    moved = op(exp.Paren(this=_since_epoch(args[0], prim.args[0].type)), sign, args[1])
    return flink_sql.all_of(op(moved, ">=", number(_FIRST)), op(again(moved), "<=", number(_LAST)))


def _replace(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    of, moment = prim.args[0].type, args[0]
    given = [flink_sql.constant_int(prim, place) for place in range(1, len(prim.args))]
    widths = (4, 2, 2, 2, 2, 2, 6)
    after = ("-", "-", " ", ":", ":", ".", "")
    parts: list[exp.Expression] = []
    for name, value, width, end in zip(times.PARTS, given, widths, after, strict=False):
        if value is None:
            parts.append(formatted(again(moment), of, _PARTS[name]))
            parts.append(string(end))
        else:
            parts.append(string(f"{value:0{width}}{end}"))
    if dtypes.required(of) == dtypes.DATE:
        return cast(call("BTRIM", flink_sql.concat(*parts)), dtypes.DATE)
    return _read(flink_sql.concat(*parts), of)


def _date_text(args: list[exp.Expression]) -> exp.Expression:
    parts = (
        call("LPAD", cast(one, dtypes.STR), number(width), string("0"))
        for one, width in zip(args, (4, 2, 2), strict=True)
    )
    year, month, day = parts
    return flink_sql.concat(year, string("-"), month, string("-"), day)


def _is_date(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    limits = ((1, 9999), (1, 12), (1, 31))
    tests = [
        test
        for one, (least, most) in zip(args, limits, strict=True)
        for test in (op(again(one), ">=", number(least)), op(again(one), "<=", number(most)))
    ]
    return flink_sql.all_of(*tests, flink_sql.not_null(flink_sql.try_cast(_date_text(args), dtypes.DATE)))


def _combine(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    micros = flink_sql.constant_int(prim, 1) or 0
    time = (datetime.datetime.min + datetime.timedelta(microseconds=micros)).time()
    text = f" {time.isoformat(timespec='microseconds')}"
    return cast(flink_sql.concat(cast(args[0], dtypes.STR), string(text)), dtypes.LOCAL_DATETIME)


def _iso_part(name: str) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        return big(exp.Extract(this=exp.var(name), expression=day_of(args[0], prim.args[0].type)))

    return build


def span_text(micros: exp.Expression) -> exp.Expression:
    """Return `str(timedelta)`: `-1 day, 23:59:59.500000`."""
    days, rest = _floor_days(again(micros)), _rest_of_day(micros)

    def part(size: int, count: int, width: int) -> exp.Expression:
        units = call("MOD", op(again(rest), "/", number(size)) if size > 1 else again(rest), number(count))
        text = cast(units, dtypes.STR)
        return text if width == 1 else call("LPAD", text, number(width), string("0"))

    several = case((op(call("ABS", again(days)), "=", number(1)), string(" day, ")), default=string(" days, "))
    before = case(
        (op(again(days), "=", number(0)), string("")), default=flink_sql.concat(cast(days, dtypes.STR), several)
    )
    fraction = call("MOD", again(rest), number(1_000_000))
    after = case(
        (op(fraction, "=", number(0)), string("")), default=flink_sql.concat(string("."), part(1, 1_000_000, 6))
    )
    clock = (
        part(3_600_000_000, 24, 1), string(":"), part(60_000_000, 60, 2), string(":"), part(1_000_000, 60, 2)
    )  # fmt: skip
    return flink_sql.concat(before, *clock, after)


def _plus(sign: str) -> Template:
    return lambda _, args: op(flink_sql.bare(args[0], args[1]), sign, flink_sql.bare(args[1], args[0]))


_OF_ALL: dict[str, Template] = {
    **{name: _part(name) for name in _PARTS},
    "weekday": _weekday(0),
    "isoweekday": _weekday(1),
    "isoformat": lambda prim, args: iso(args[0], prim.args[0].type, "T"),
    "strftime": _strftime,
    "date": lambda prim, args: day_of(args[0], prim.args[0].type),
    "minus": _minus,
    "add": _moved(1),
    "sub": _moved(-1),
    "plus": _moved_by("+"),
    "less": _moved_by("-"),
    "is_in": _is_in,
    "replace": _replace,
    "iso_year": _iso_part("ISOYEAR"),
    "iso_week": _iso_part("WEEK"),
    "min": plain("LEAST"),
    "max": plain("GREATEST"),
}

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        **{f"{kind}.{name}": how for kind in ("datetime", "local_datetime", "date") for name, how in _OF_ALL.items()},
        "date.of_text": lambda _, args: flink_sql.try_cast(args[0], dtypes.DATE),
        "date.of": lambda _, args: flink_sql.try_cast(_date_text(args), dtypes.DATE),
        "date.is_date": _is_date,
        "date.combine": _combine,
        "local_datetime.utc": lambda _, args: cast(args[0], dtypes.DATETIME),
        "datetime.local": lambda _, args: cast(args[0], dtypes.LOCAL_DATETIME),
        "date.add": _moved_days("+"),
        "date.sub": _moved_days("-"),
        "timedelta.add": _plus("+"),
        "timedelta.sub": _plus("-"),
        "timedelta.neg": lambda _, args: flink_sql.neg(args[0]),
        "timedelta.abs": plain("ABS"),
        "timedelta.mul": _plus("*"),
        "timedelta.min": plain("LEAST"),
        "timedelta.max": plain("GREATEST"),
        "timedelta.rmul": _plus("*"),
        "datetime.timestamp": _timestamp,
        "timedelta.days": lambda _, args: _floor_days(args[0]),
        "timedelta.seconds": lambda _, args: op(_rest_of_day(args[0]), "/", number(1_000_000)),
        "timedelta.microseconds": lambda _, args: call("MOD", _rest_of_day(args[0]), number(1_000_000)),
        "timedelta.total_seconds": lambda _, args: _total_seconds(args[0]),
        "timedelta.seconds_floordiv": lambda _, args: _seconds_divided(*args),
        "timedelta.seconds_mod": lambda _, args: op(
            _total_seconds(again(args[0])), "-", op(_seconds_divided(*args), "*", again(args[1]))
        ),
    }
)
