"""SQL of the operations on dates, datetimes (in UTC) and timedeltas (BIGINT microseconds).

    datetime.year(t)  →  CAST(DATE_FORMAT(CAST(t AS TIMESTAMP(6)), 'yyyy') AS BIGINT)

EXTRACT, FLOOR and CAST AS DATE are wrong for a TIMESTAMP before 1970 with a fraction of a second; DATE_FORMAT is
right, so every part is read from its text.
"""

from __future__ import annotations

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
    of = prim.args[0].type
    epoch = cast(string("1970-01-01"), dtypes.DATE)
    days = op(_days_between(day_of(again(args[0]), of), epoch), "*", number(DAY))
    micros = exp.Add(this=days, expression=_micros_of_day(args[0], of))
    return op(cast(micros, dtypes.FLOAT), "/", double(1e6))


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
    "min": plain("LEAST"),
    "max": plain("GREATEST"),
}

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        **{f"{kind}.{name}": how for kind in ("datetime", "local_datetime", "date") for name, how in _OF_ALL.items()},
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
        "timedelta.total_seconds": lambda _, args: op(cast(args[0], dtypes.FLOAT), "/", double(1e6)),
    }
)
