"""From Python values to the stored form, and to the plain values of a view's document.

dump(shape.of(datetime), datetime(2026, 3, 1, tzinfo=UTC), "Order.placed_at")  →  "2026-03-01T00:00:00Z"
plain({"best": (Point(1, 2),)})                                              →  {"best": [{"x": 1, "y": 2}]}
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import math
from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from onto import errors
from onto.mapper import load, shape


def dump(to: shape.Shape, value: Any, where: str) -> Any:
    """Return the stored form of a value; MappingError, naming `where`, when it does not fit its shape."""
    if value is None:
        return None
    match to:
        case shape.Plain(kind):
            checked = load.PLAIN[kind](value, where)
            return checked if type(checked) in _AS_IT_IS else json_form(checked)
        case shape.ListOf(item):
            return [dump(item, one, where) for one in load.load(shape.ListOf(shape.RAW), value, where)]
        case shape.SetOf(item):
            return sorted(dump(item, one, where) for one in value)
        case shape.DictOf(item):
            return {load.text(key, where): dump(item, one, f"{where}[{key!r}]") for key, one in value.items()}
        case shape.Embedded(kind, fields, _):
            return _dump_fields(kind, dict(fields), value, where)
        case shape.RelationTo():
            return load.text(getattr(value, "doc_id", value), where)
        case shape.Raw():
            return _dump_raw(value, where)
        case shape.Number() | shape.Moment() | shape.Choice():
            return json_form(load.load(to, value, where))
        case _:
            assert_never(to)


def _dump_raw(value: Any, where: str) -> Any:
    try:
        return json_form(value, where)
    except load.MappingError:
        raise
    except TypeError as error:
        raise load.MappingError(f"{where}: {value!r} has no stored form") from error


_AS_IT_IS = (str, int, bool, float)  # JSON has these; a member of an enum may be a `str` too, but its type is another


def plain(value: Any) -> Any:
    """Return a value made of dicts, lists and scalars only: what a document of a view holds.

    Entities become their doc_id, records (dataclass, NamedTuple, embedded class) dicts, tuples and other
    iterables lists, sets sorted lists. TypeError for what no document can hold, such as a function or the
    key None.
    """
    if value is None or isinstance(value, str | bool | int | float | decimal.Decimal | bytes):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, datetime.datetime | datetime.date | datetime.timedelta):
        return value
    if isinstance(value, Mapping):
        if None in value:
            raise TypeError("a dict of a view has no place for the key None")
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value)]
    record = _record(value)
    if record is not None:
        return plain(record)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise TypeError(f"a view cannot hold a value of type {type(value).__name__}")


def shown(value: Any) -> Any:
    """Return a plain value as a view's columns hold it: ints of 64 bits, Decimals of 38 digits, 18 after the point.

    OverflowError for a number that is longer; digits beyond the 18th are rounded, as columns do.
    """
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            if not load.INT_MIN <= value <= load.INT_MAX:
                raise OverflowError("an int outside 64 bits does not fit its column")
        case datetime.timedelta():
            if not load.INT_MIN <= value // datetime.timedelta(microseconds=1) <= load.INT_MAX:
                raise OverflowError("a timedelta outside 64 bits of microseconds does not fit its column")
        case decimal.Decimal():
            return _money(value)
        case dict():
            return {shown(key): shown(item) for key, item in value.items()}
        case list():
            return [shown(item) for item in value]
    return value


_LONGEST = decimal.Decimal(10) ** 20
_STEP = decimal.Decimal(1).scaleb(-18)
_ROOMY = decimal.Context(prec=58, rounding=decimal.ROUND_HALF_UP)


def _money(value: decimal.Decimal) -> decimal.Decimal:
    if not value.is_finite() or abs(value) >= _LONGEST:
        raise OverflowError("a Decimal outside DECIMAL(38, 18) does not fit its column")
    _, _, exponent = value.as_tuple()
    return value if isinstance(exponent, int) and exponent >= -18 else value.quantize(_STEP, context=_ROOMY)


def json_form(value: Any, where: str = "a value") -> Any:
    """Return a value as JSON can carry it: Decimals as text, moments as ISO 8601, bytes as base64.

    MappingError, naming `where`, for a float that is not finite.
    """
    match plain(value):
        case decimal.Decimal() as number:
            return format(number, "f")
        case datetime.datetime() as moment:
            return _moment(moment)
        case datetime.date() as day:
            return day.isoformat()
        case datetime.timedelta() as duration:
            return duration // datetime.timedelta(microseconds=1)
        case bytes() as binary:
            return base64.b64encode(binary).decode("ascii")
        case dict() as mapping:
            return {str(json_form(key)): json_form(item, where) for key, item in mapping.items()}
        case list() as items:
            return [json_form(item, where) for item in items]
        case float() as number if not math.isfinite(number):
            raise load.MappingError(f"{where}: {number} is not a finite number")
        case scalar:
            return scalar


def _record(value: Any) -> Any:
    if hasattr(value, "doc_id"):
        return value.doc_id
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    own = getattr(type(value), "embedded_fields", None)
    return {name: getattr(value, name) for name, _ in own()} if own is not None else None


def _dump_fields(kind: type, fields: Mapping[str, shape.Shape], value: Any, where: str) -> dict[str, Any]:
    """Return the stored form of an embedded object, or of a dict of its fields."""
    if isinstance(value, Mapping):
        strange = next((name for name in value if name not in fields), None)
        if strange is not None:
            hint = errors.meant(str(strange), fields) or f"; it has {', '.join(fields)}"
            raise load.MappingError(f"{where} has no field `{strange}`{hint}")
    elif not isinstance(value, kind):
        raise load.MappingError(f"{where}: {value!r} is not a {kind.__name__}")
    return {name: dump(item, _field(value, name), f"{where}.{name}") for name, item in fields.items()}


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name)


def _moment(moment: datetime.datetime) -> str:
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat() + "Z"
