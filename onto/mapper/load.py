"""From the stored form, JSON, to Python values by shape.

    load(shape.of(Decimal), "4.50", "Order.unit_price")  →  Decimal("4.50")

A value that does not fit is refused with the attribute's name; nothing is guessed.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
from collections.abc import Callable
from typing import Any, NoReturn, assert_never

from onto import errors
from onto.mapper import frozen, shape

_ROOMY = decimal.Context(prec=80)
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


class MappingError(errors.OntoError, ValueError):
    """A value does not fit its attribute; the message names the attribute."""


def load(to: shape.Shape, value: Any, where: str) -> Any:
    """Return the Python value of a stored one; MappingError, naming `where`, when it does not fit."""
    if value is None:
        return None
    match to:
        case shape.Plain(kind):
            return PLAIN[kind](value, where)
        case shape.Raw():
            return frozen.thaw(value)
        case shape.Number():
            return number(to, value, where)
        case shape.Moment(local):
            return moment(value, where, local=local)
        case shape.Choice(kind):
            return _choice(kind, value, where)
        case shape.RelationTo():
            return text(value, where)
        case shape.ListOf() | shape.SetOf() | shape.DictOf() | shape.Embedded():
            return _container(to, value, where)
        case _:
            assert_never(to)


def text(value: Any, where: str) -> str:
    """Check a string."""
    if not isinstance(value, str):
        _refuse(value, where, "a string")
    return value


def integer(value: Any, where: str) -> int:
    """Check an int of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(value, where, "an integer")
    if not INT_MIN <= value <= INT_MAX:
        raise MappingError(f"{where}: {value} does not fit 64 bits")
    return value


def floating(value: Any, where: str) -> float:
    """Check a finite float; an int becomes one."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        _refuse(value, where, "a number")
    if value != value or value in (float("inf"), float("-inf")):
        _refuse(value, where, "a finite number")
    return float(value)


def number(to: shape.Number, value: Any, where: str) -> decimal.Decimal:
    """Check a Decimal against its digits; strings, ints and floats by their text become one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | decimal.Decimal):
        _refuse(value, where, "a decimal number")
    try:
        found = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        _refuse(value, where, "a decimal number")
    if not found.is_finite():
        _refuse(value, where, "a finite decimal number")
    _, digits, exponent = found.normalize(decimal.Context(prec=100)).as_tuple()
    assert isinstance(exponent, int)  # a finite Decimal's is
    if -exponent > to.scale or len(digits) + exponent > to.precision - to.scale:
        _refuse(value, where, f"a number of {to.precision} digits with {to.scale} after the point")
    # Columns hold numbers, not spellings: "1" and "1.00" are one value, read alike in every tier.
    if to == shape.Number():
        whole = found == found.to_integral_value()
        return found.quantize(decimal.Decimal(1), context=_ROOMY) if whole else found.normalize(_ROOMY)
    return found.quantize(decimal.Decimal(1).scaleb(-to.scale), context=_ROOMY)


def moment(value: Any, where: str, *, local: bool) -> datetime.datetime:
    """Check a datetime or its ISO text: naive where `local`, else aware, and then in UTC."""
    found = _iso(datetime.datetime.fromisoformat, value, where) if isinstance(value, str) else value
    if not isinstance(found, datetime.datetime):
        _refuse(value, where, "a date and time in ISO 8601")
    if local:
        if found.tzinfo is not None:
            _refuse(value, where, "a time without an offset")
        return found
    if found.tzinfo is None:
        _refuse(value, where, "a time with an offset, such as a trailing Z")
    return found.astimezone(datetime.UTC)


def _container(to: shape.ListOf | shape.SetOf | shape.DictOf | shape.Embedded, value: Any, where: str) -> Any:
    match to:
        case shape.ListOf(item):
            if not isinstance(value, list | tuple | set | frozenset):
                _refuse(value, where, "a list")
            return [load(item, one, f"{where}[{index}]") for index, one in enumerate(value)]
        case shape.SetOf(item):
            if not isinstance(value, list | tuple | set | frozenset):
                _refuse(value, where, "a list")
            return {load(item, one, where) for one in value}
        case shape.DictOf(item):
            if not isinstance(value, dict):
                _refuse(value, where, "an object")
            # JSON's objects have no order, and a column of Flink keeps none: a dict of a document is in key order.
            found = {text(key, where): load(item, one, f"{where}[{key!r}]") for key, one in value.items()}
            return dict(sorted(found.items(), key=lambda entry: entry[0]))
        case shape.Embedded(kind, fields, build):
            if isinstance(value, kind) and kind is not dict:
                return value
            if not isinstance(value, dict):
                _refuse(value, where, "an object")
            return build(**{name: load(item, value.get(name), f"{where}.{name}") for name, item in fields})
        case _:
            assert_never(to)


def _choice(kind: Any, value: Any, where: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        _refuse(value, where, "one of " + ", ".join(repr(one.value) for one in kind))


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        _refuse(value, where, "true or false")
    return value


def _date(value: Any, where: str) -> datetime.date:
    found = _iso(datetime.date.fromisoformat, value, where) if isinstance(value, str) else value
    if not isinstance(found, datetime.date) or isinstance(found, datetime.datetime):
        _refuse(value, where, "a date in ISO 8601")
    return found


def _duration(value: Any, where: str) -> datetime.timedelta:
    if isinstance(value, datetime.timedelta):
        return value
    return datetime.timedelta(microseconds=integer(value, where))


def _binary(value: Any, where: str) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(text(value, where), validate=True)
    except binascii.Error:
        _refuse(value, where, "base64")


def _iso(parse: Callable[[str], Any], value: str, where: str) -> Any:
    try:
        return parse(value)
    except ValueError:
        _refuse(value, where, "a date or time in ISO 8601")


def _refuse(value: Any, where: str, wanted: str) -> NoReturn:
    raise MappingError(f"{where}: {value!r} is not {wanted}")


PLAIN: dict[type, Callable[[Any, str], Any]] = {
    str: text,
    bool: _boolean,
    int: integer,
    float: floating,
    datetime.date: _date,
    datetime.timedelta: _duration,
    bytes: _binary,
}
