"""When a scalar expression raises: the text of its first failure in Python's order of evaluation, as an expression.

    failure(int.floordiv(a, b))  →  if(is_none(a), "TypeError: unsupported operand …",
                                    if(eq(b, 0), "ZeroDivisionError: integer division or modulo by zero", None))

Exceptions and messages are not written here: each operation is asked, with sample values, what Python raises.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, combinations
from types import MappingProxyType
from typing import Any

from compiler import digits, dtypes, ir, operation, primitives, ranges, rewrite
from compiler.operations import formats, numbers, strings

TEXT = dtypes.optional(dtypes.STR)
_BOOL = dtypes.BOOL

Known = frozenset[ir.Expr]
"""Conditions known to be false where an expression is evaluated."""


@dataclass(frozen=True, slots=True)
class _Check:
    """A condition under which the expression raises, given that none before it held."""

    condition: ir.Expr
    text: ir.Expr
    shows: bool = False  # the SQL of the whole expression is NULL where the condition holds


def failure(expr: ir.Expr) -> ir.Expr | None:
    """Return an Optional(STR) that tells what the expression raises, None where nothing; None: it never raises.

    Its value has to fit a column: an int that has more than 64 bits raises.
    """
    return _told(ranges.fitted(expr))


def evaluated(expr: ir.Expr) -> ir.Expr | None:
    """Return what evaluating the expression raises, whatever becomes of its value."""
    return _told(ranges.widened(expr))


def _told(expr: ir.Expr) -> ir.Expr | None:
    found = tuple(_distinct(_checks(expr, frozenset())))
    if not found:
        return None
    text: ir.Expr = ir.Const(None, TEXT)
    for condition, told in reversed(_merged(found)):
        text = told if condition == _TRUE else ir.If(condition, told, text, TEXT)
    return settled(text)


def conditions(expr: ir.Expr) -> tuple[tuple[ir.Expr, ir.Expr], ...]:
    """Return when the expression raises, in order, each with the text; a condition counts where none before it held."""
    return tuple((settled(one.condition), one.text) for one in _distinct(_checks(expr, frozenset())))


def guarded(expr: ir.Expr) -> ir.Expr:
    """Return the expression, None where it raises."""
    expr = ranges.fitted(expr)
    conditions = [one.condition for one in _distinct(_checks(expr, frozenset())) if not one.shows]
    if not conditions:
        return settled(expr)
    none = ir.Const(None, dtypes.optional(expr.type))
    return settled(ir.If(_any(conditions), none, expr, dtypes.optional(expr.type), expr.span))


def present(expr: ir.Expr) -> ir.Expr | None:
    """Return the test that the guarded expression has a value in SQL; None where it always has one."""
    value = guarded(expr)
    if not dtypes.nullable(value.type) and not any(_checks(ranges.fitted(expr), frozenset())):
        return None
    # Its type may still be that of Python, which has no value where it raises.
    value = replace(value, type=dtypes.optional(value.type))
    return ir.Prim("not_none", (value,), dtypes.BOOL)


def settled(expr: ir.Expr) -> ir.Expr:
    """Return the values alone, without checks and without what is only evaluated first: that was told before."""

    def value(one: ir.Expr) -> ir.Expr | None:
        return settled(one.args[-1]) if isinstance(one, ir.Prim) and one.op in ("after", "check") else None

    return rewrite.transform(expr, value)


def _distinct(found: Iterator[_Check]) -> Iterator[_Check]:
    # A condition that was tested before was false, or there would be no going on.
    seen: set[ir.Expr] = set()
    for one in found:
        condition = _folded(one.condition)
        if condition in seen or condition == _FALSE:
            continue
        seen.add(condition)
        yield _Check(condition, one.text, one.shows)
        if condition == _TRUE:
            return


def _merged(found: tuple[_Check, ...]) -> list[tuple[ir.Expr, ir.Expr]]:
    merged: list[tuple[list[ir.Expr], ir.Expr]] = []
    for one in found:
        if merged and merged[-1][1] == one.text:
            merged[-1][0].append(one.condition)
        else:
            merged.append(([one.condition], one.text))
    return [(_any(conditions), text) for conditions, text in merged]


# ---------------------------------------------------------------- the walk


def _checks(expr: ir.Expr, known: Known) -> Iterator[_Check]:
    """Yield the checks of an expression in the order in which Python comes to them."""
    match expr:
        case ir.Raises(exception, message):
            yield _Check(_TRUE, _text(exception, message), shows=True)
        case ir.If(test, then, orelse):
            tested = tuple(_checks(test, known))
            yield from _hidden(iter(tested))
            known |= {one.condition for one in tested}
            yield from _under(test, _checks(then, known | _ruled_out(test, True)))
            yield from _under(_not(test), _checks(orelse, known | _ruled_out(test, False)))
        case ir.Prim("check", (fine, text, value)):
            yield from _hidden(_checks(fine, known))
            if _not(fine) not in known:
                yield _Check(_not(fine), text, _is_missing_row(fine, value))
            yield from _checks(value, known | _ruled_out(fine, True))
        case ir.Prim("after", (before, value)):
            found = tuple(_checks(before, known))
            yield from _hidden(iter(found))
            yield from _checks(value, known | {one.condition for one in found})
        case ir.Prim("and" | "or"):
            yield from _hidden(_lazy(expr, known))
        case ir.Prim():
            yield from _primitive(expr, known)
        case ir.MakeRecord(fields):
            yield from _hidden(chain.from_iterable(_checks(one, known) for _, one in fields))
        case ir.MakePair(items) | ir.MakeList(items):
            yield from _hidden(chain.from_iterable(_checks(one, known) for one in items))


def _is_missing_row(fine: ir.Expr, value: ir.Expr) -> bool:
    """Tell whether the check is for a row that an outer join did not find: its columns are NULL then anyway."""
    match fine, value:
        case ir.Prim("not_none", (ir.Column(alias, "doc_id"),)), ir.Column(other):
            return alias == other
    return False


def _lazy(prim: ir.Prim, known: Known) -> Iterator[_Check]:
    before: tuple[ir.Expr, ...] = ()
    for one in prim.args:
        inner = tuple(_checks(one, known))
        yield from inner if not before else _under(_all(before), iter(inner))
        goes_on = prim.op == "and"
        known |= _ruled_out(one, goes_on) | {each.condition for each in inner}
        before = (*before, one if goes_on else _not(one))


def _under(test: ir.Expr, found: Iterator[_Check]) -> Iterator[_Check]:
    for one in found:
        yield _Check(_all((test, one.condition)), one.text, one.shows)


def _hidden(found: Iterator[_Check]) -> Iterator[_Check]:
    for one in found:
        yield _Check(one.condition, one.text)


def _primitive(prim: ir.Prim, known: Known) -> Iterator[_Check]:
    try:
        row = primitives.get(prim.op)
    except KeyError:  # casts, JSON texts and calls: they never raise
        return
    for arg in prim.args:
        inner = _checks(arg, known)
        yield from inner if row.propagates else _hidden(inner)
    own = chain(_nones(prim, row) if row.strict else (), _failures(prim, row))
    for one in own:
        if one.condition not in known:
            yield one


# ---------------------------------------------------------------- None operands


def _nones(prim: ir.Prim, row: operation.Primitive) -> Iterator[_Check]:
    places = tuple(place for place, one in enumerate(prim.args) if dtypes.nullable(one.type))
    rules: list[tuple[frozenset[int], ir.Expr]] = []
    for size in range(1, min(len(places), _MOST_NONES) + 1):
        found: list[tuple[frozenset[int], ir.Expr]] = []
        for some in map(frozenset, combinations(places, size)):
            text = _raised(prim, row, some)
            told = next((text for nones, text in rules if nones <= some), None)
            if text is not None and text != told:
                found.append((some, text))
        rules = [*found, *rules]  # what several together raise comes before what each raises alone
    for nones, text in rules:
        yield _Check(_all(tuple(_is_none(prim.args[place]) for place in sorted(nones))), text, row.propagates)


def in_place(prim: ir.Prim, operator: Callable[[Any, Any], Any]) -> Iterator[ir.Expr]:  # Any: Python values
    """Yield checks of None operands whose words differ where the operation is written in place: `a -= b`."""
    if len(prim.args) != 2:
        return
    for nones in (frozenset({0, 1}), frozenset({0}), frozenset({1})):
        if not all(dtypes.nullable(prim.args[place].type) for place in nones):
            continue
        values = tuple(None if place in nones else _sample(one) for place, one in enumerate(prim.args))
        try:
            operator(*values)
        except Exception as error:
            fine = _not(_all(tuple(_is_none(prim.args[place]) for place in sorted(nones))))
            told = _text(type(error).__name__, str(error))
            if told != _raised(prim, primitives.get(prim.op), nones):
                yield ir.Prim("check", (fine, told, ir.Const(None, dtypes.NONE)), dtypes.NONE, prim.span)


_MOST_NONES = 3
"""So many None operands at once are told apart in the message."""


def _raised(prim: ir.Prim, row: operation.Primitive, nones: frozenset[int]) -> ir.Expr | None:
    """Ask Python what the operation raises when these operands are None."""
    values = (None if place in nones else _sample(one) for place, one in enumerate(prim.args))
    return _ask(row, tuple(values), speaks=True)


def _ask(row: operation.Primitive, values: tuple[Any, ...], *, speaks: bool) -> ir.Expr | None:  # Any: Python values
    try:
        row.evaluate(*values)
    except Exception as error:
        return _text(type(error).__name__, str(error) if speaks else "")
    return None


def _sample(one: ir.Expr) -> Any:  # Any: a Python value of the expression's type
    if isinstance(one, ir.Const):
        return ir.python_value(one)
    required = dtypes.required(one.type)
    if isinstance(required, dtypes.Scalar):
        return _SAMPLES[required.name]
    return {} if isinstance(required, dtypes.DictOf | dtypes.Record) else []


_SAMPLES: MappingProxyType[str, Any] = MappingProxyType(  # Any: Python values
    {
        "str": "a",
        "bool": True,
        "int": 1,
        "whole": 1,
        "float": 1.0,
        "decimal": Decimal(1),
        "datetime": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC),
        "local_datetime": datetime.datetime(2000, 1, 1),
        "date": datetime.date(2000, 1, 1),
        "timedelta": datetime.timedelta(1),
        "bytes": b"a",
    }
)


# ---------------------------------------------------------------- failures of the operation itself


def _failures(prim: ir.Prim, row: operation.Primitive) -> Iterator[_Check]:
    for one in (*row.failures, *_by_type(prim)):
        condition = _folded(_CONDITIONS[one.check](prim, prim.args[one.argument]))
        if condition == _FALSE:  # a constant operand that cannot fail
            continue
        speaks = one.speaks or isinstance(prim.args[one.argument], ir.Const)
        text = _text("OverflowError", one.reason) if one.reason else _ask(row, _example(prim, one), speaks=speaks)
        assert text is not None, f"{row.op}: the example of `{one.check}` does not raise"
        yield _Check(condition, text)


def _example(prim: ir.Prim, one: operation.Failure) -> tuple[Any, ...]:  # Any: Python values
    known = ((arg, given) for arg, given in zip(prim.args, one.example, strict=True))
    return tuple(ir.python_value(arg) if isinstance(arg, ir.Const) else given for arg, given in known)


_UNSPELLED = operation.Failure("spelling_range", 0, reason="the float is outside the range that SQL spells exactly")


def _by_type(prim: ir.Prim) -> tuple[operation.Failure, ...]:
    if not prim.args or dtypes.required(prim.args[0].type) != dtypes.FLOAT:
        return ()
    return {"str": (_UNSPELLED,), "format": (numbers.ROUNDED,)}.get(prim.op, ())


def _zero(_: ir.Prim, x: ir.Expr) -> ir.Expr:
    return _prim("eq", x, _number(x, 0))


def _size(x: ir.Expr) -> ir.Expr:
    kind = dtypes.required(x.type)
    assert isinstance(kind, dtypes.Scalar)
    return ir.Prim(f"{kind.name}.abs", (x,), x.type)


def _beyond(x: ir.Expr, limit: float) -> ir.Expr:
    return _prim("ge", _size(x), _number(x, limit))


def _number(beside: ir.Expr, value: float) -> ir.Expr:
    kind = dtypes.required(beside.type)
    if kind == dtypes.FLOAT:
        return ir.Const(float(value), dtypes.FLOAT)
    if kind in (dtypes.INT, dtypes.BOOL):
        return ir.Const(int(value), dtypes.INT)
    if kind == dtypes.TIMEDELTA:
        return ir.Const(int(value), dtypes.TIMEDELTA)
    return ir.Const(Decimal(int(value)), dtypes.DECIMAL)


def _no_character(prim: ir.Prim, index: ir.Expr) -> ir.Expr:
    if not isinstance(index, ir.Const):
        size = ir.Prim("str.len", prim.args[:1], dtypes.INT)
        lowest = ir.Prim("int.neg", (size,), dtypes.INT)
        return _any([_prim("ge", index, size), _prim("lt", index, lowest)])
    place = int(index.value or 0)
    least = place + 1 if place >= 0 else -place
    return _prim("lt", ir.Prim("str.len", prim.args[:1], dtypes.INT), ir.Const(least, dtypes.INT))


def _digits(prim: ir.Prim) -> tuple[int, bool]:
    """Return to how many digits a float is rounded, and whether after times 100."""
    if prim.op == "float.round":
        return 0, False
    last = prim.args[-1]
    assert isinstance(last, ir.Const)
    if prim.op != "format":
        return int(last.value or 0), False
    spec = formats.parse(str(last.value))
    assert spec is not None
    return 6 if spec.digits is None else spec.digits, spec.kind == "%"


def _rounding_range(prim: ir.Prim, x: ir.Expr) -> ir.Expr:
    places, percent = _digits(prim)
    limit = numbers.rounding_limit(places) / (128 if percent else 1)
    if ranges.magnitude(x) < limit:
        return _FALSE
    between = _all((_beyond(x, limit), _prim("lt", _size(x), _number(x, numbers.WHOLE))))
    if prim.op == "float.round_to":
        return between
    return _any([between, _beyond(x, 2.0**56 if percent else 2.0**63)])  # SQL writes an int of 64 bits


def _factor(prim: ir.Prim, place: int) -> ir.Expr:
    """Tell whether a factor has more digits than SQL gives it."""
    x, share = prim.args[place], digits.share(prim, place, ranges.bounds)
    longest = digits.of(x, ranges.bounds)
    found: list[ir.Expr] = []
    if longest.before > share.before:
        found.append(_is_longer(x, 10**share.before))
    if longest.after > share.after:
        found.append(_prim("decimal.has_more", x, ir.Const(share.after, dtypes.INT)))
    return _any(found) if found else _FALSE


def _is_longer(x: ir.Expr, limit: int) -> ir.Expr:
    if dtypes.required(x.type) != dtypes.INT:
        return _beyond(x, limit)
    return _any([_prim("ge", x, _number(x, limit)), _prim("le", x, _number(x, -limit))])  # ABS(-2**63) is negative


def _spelling_range(_: ir.Prim, x: ir.Expr) -> ir.Expr:
    small = _all((_prim("ne", x, _number(x, 0)), _prim("lt", _size(x), ir.Const(1e-4, dtypes.FLOAT))))
    return _any([_beyond(x, 1e16), small])


def _fits(prim: ir.Prim, _: ir.Expr) -> ir.Expr:
    return _not(_prim(f"{prim.op.removesuffix('_within')}_fits", *prim.args))


def _division_range(prim: ir.Prim, _: ir.Expr) -> ir.Expr:
    """Tell where `sql_numbers` cannot divide: a quotient that is too long, or too small for numbers that long."""
    first, second = prim.args
    near = ir.Prim("float.truediv", (_near(first), _near(second)), dtypes.FLOAT)
    divisor = numbers.is_divisor(ranges.bounds(second))
    limit = numbers.LONGEST_OVER_SHORT if divisor else numbers.LONGEST_DIVIDEND
    longest = max(map(abs, ranges.bounds(first)))
    too_long = [_beyond(_near(first), limit)] if longest >= limit else []
    if prim.op == "int.mean" and longest > 2**53:
        too_long.append(_beyond(near, 2**53))  # where it divides, Python's mean is an int, and a float does not hold it
    elif longest >= numbers.LONGEST_QUOTIENT:
        too_long.append(_beyond(near, numbers.LONGEST_QUOTIENT))
    if numbers.is_short(ranges.bounds(second)):
        return _any(too_long) if too_long else _FALSE
    small = _prim("lt", _size(near), ir.Const(numbers.LEAST_QUOTIENT, dtypes.FLOAT))
    long = [_prim("gt", _size(one), ir.Const(2**53, dtypes.INT)) for one in (first, second)]
    return _any([*too_long, _all((_prim("ne", first, ir.Const(0, dtypes.INT)), small, _any(long)))])


def _near(x: ir.Expr) -> ir.Expr:
    value = x.value if isinstance(x, ir.Const) else None
    return ir.Prim("whole.float", (x,), dtypes.FLOAT) if value is None else ir.Const(float(value), dtypes.FLOAT)


def _moment_range(prim: ir.Prim, _: ir.Expr) -> ir.Expr:
    sign = ir.Const(1 if prim.op.endswith(".plus") else -1, dtypes.INT)
    kind = prim.op.partition(".")[0]
    return _not(_prim(f"{kind}.is_in", *prim.args, sign))


_CONDITIONS: MappingProxyType[str, Callable[[ir.Prim, ir.Expr], ir.Expr]] = MappingProxyType(
    {
        "zero": _zero,
        "negative": lambda _, x: _prim("lt", x, _number(x, 0)),
        "not_int_text": lambda _, x: _not(_prim("str.is_int_text", x)),
        "not_bigint_text": lambda _, x: _not(_prim("str.is_bigint_text", x)),
        "no_index": lambda prim, _: _not(_prim("list.has_index", *prim.args)),
        "no_character": _no_character,
        "no_key": lambda prim, _: _not(_prim("dict.has", *prim.args)),
        "not_found": lambda prim, _: _prim("eq", ir.Prim("str.find", prim.args, dtypes.INT), ir.Const(-1, dtypes.INT)),
        "not_in_list": lambda prim, _: _not(_prim("list.contains", *prim.args)),
        "rounding_range": _rounding_range,
        "whole_range": lambda _, x: _beyond(x, 2**63),
        "first_factor": lambda prim, _: _factor(prim, 0),
        "second_factor": lambda prim, _: _factor(prim, 1),
        "spelling_range": _spelling_range,
        "repeat_range": lambda _, x: _prim("gt", x, ir.Const(strings.MAX_REPEATS, dtypes.INT)),
        "none_item": lambda _, x: _prim("list.has_none", x),
        "not_float_text": lambda _, x: _not(_prim("str.is_float_text", x)),
        "not_plain_float_text": lambda _, x: _not(_prim("str.is_plain_float_text", x)),
        "not_date_text": lambda _, x: _not(_prim("str.is_date_text", x)),
        "not_plain_date_text": lambda _, x: _not(_prim("str.is_plain_date_text", x)),
        "no_date": lambda prim, _: _not(_prim("date.is_date", *prim.args)),
        "moment_range": _moment_range,
        "fits": _fits,
        "long": lambda _, x: _not(_prim("whole.fits", x)),
        "too_long": lambda _, x: _beyond(x, 9.99e37),
        "too_long_to_add": lambda _, x: _beyond(x, 9.99e27),
        "too_long_to_divide": lambda _, x: _beyond(x, 9.99e30),
        "division_range": _division_range,
        "int_range": lambda _, x: _any([_prim("ge", x, _number(x, 2**31)), _prim("lt", x, _number(x, -(2**31)))]),
    }
)


# ---------------------------------------------------------------- what a test rules out


def _ruled_out(test: ir.Expr, outcome: bool) -> Known:
    """Return conditions that are false where the test came out so."""
    if not isinstance(test, ir.Prim):
        return frozenset({_not(test) if outcome else test})
    if test.op == "not":
        return _ruled_out(test.args[0], not outcome)
    if test.op == ("and" if outcome else "or"):
        return frozenset().union(*(_ruled_out(one, outcome) for one in test.args))
    out = {_not(test) if outcome else test}
    if outcome:
        out |= _ruled_out_by_truth(test)
    elif test.op == "ne":
        out.add(_prim("eq", *test.args))
    return frozenset(out)


def _ruled_out_by_truth(test: ir.Prim) -> set[ir.Expr]:
    first = test.args[0]
    match test.op:
        case "not_none":
            return {_is_none(first)}
        case "truth":
            kind = dtypes.required(first.type)
            zero = {_zero(test, first)} if kind in _COUNTED else set()
            item = {_not(_prim("list.has_index", first, ir.Const(place, dtypes.INT))) for place in (0, -1)}
            return {_is_none(first), *zero, *(item if isinstance(kind, dtypes.ListOf) else ())}
        case "eq":
            solid = any(not dtypes.nullable(one.type) for one in test.args)
            return {_is_none(one) for one in test.args if solid and dtypes.nullable(one.type)}
        case "in":
            solid = all(not dtypes.nullable(one.type) for one in test.args[1:])
            return {_is_none(first)} if solid else set()
        case "ne":
            return {_prim("eq", *test.args)}
        case "gt" if isinstance(test.args[1], ir.Const) and test.args[1].value == 0:
            return {_zero(test, first), _prim("lt", first, _number(first, 0))}
        case "ge" if isinstance(test.args[1], ir.Const) and test.args[1].value == 0:
            return {_prim("lt", first, _number(first, 0))}
    return set()


_COUNTED = (dtypes.INT, dtypes.FLOAT, dtypes.DECIMAL, dtypes.TIMEDELTA)

# ---------------------------------------------------------------- small words

_TRUE = ir.Const(True, _BOOL)
_FALSE = ir.Const(False, _BOOL)


def _text(exception: str, message: str) -> ir.Expr:
    return ir.Const(f"{exception}: {message}" if message else exception, dtypes.STR)


def _prim(op: str, *args: ir.Expr) -> ir.Expr:
    return ir.Prim(op, args, _BOOL)


def _is_none(one: ir.Expr) -> ir.Expr:
    return _prim("is_none", one)


def _not(one: ir.Expr) -> ir.Expr:
    return one.args[0] if isinstance(one, ir.Prim) and one.op == "not" else _prim("not", one)


def _all(parts: tuple[ir.Expr, ...]) -> ir.Expr:
    flat = [inner for one in parts for inner in _flat(one, "and") if inner != _TRUE]
    if _FALSE in flat:
        return _FALSE
    return _TRUE if not flat else flat[0] if len(flat) == 1 else _prim("and", *flat)


def _any(parts: list[ir.Expr]) -> ir.Expr:
    flat = [inner for one in parts for inner in _flat(one, "or")]
    return flat[0] if len(flat) == 1 else _prim("or", *flat)


def _flat(one: ir.Expr, op: str) -> tuple[ir.Expr, ...]:
    return one.args if isinstance(one, ir.Prim) and one.op == op else (one,)


def _folded(condition: ir.Expr) -> ir.Expr:
    """Decide a condition over constants."""
    if not isinstance(condition, ir.Prim):
        return condition
    args = tuple(_folded(one) for one in condition.args)
    if condition.op == "and":
        return _all(args)
    if condition.op == "or":
        left = [one for one in args if one != _FALSE]
        return _TRUE if _TRUE in left else _any(left) if left else _FALSE
    if condition.op == "not" and args[0] in (_TRUE, _FALSE):
        return _FALSE if args[0] == _TRUE else _TRUE
    if args and all(isinstance(one, ir.Const) for one in args) and condition.op != "check":
        values = [ir.python_value(one) for one in args if isinstance(one, ir.Const)]
        row = primitives.get(condition.op)
        if not (row.strict and None in values):
            return _folded_const(row.evaluate(*values), condition)
    return ir.Prim(condition.op, args, condition.type, condition.span)


def _folded_const(value: Any, condition: ir.Prim) -> ir.Expr:  # Any: a Python value
    simple = isinstance(value, bool | int | float | str | Decimal)
    return ir.Const(value, condition.type, condition.span) if simple else condition
