"""What generated functions run on: entities and stores made of arguments, results checked and packed.

This file is copied into every bundle as it is, so it imports the standard library alone.

    store.users = runtime.many(models.User, '{"doc_id": "u1", "name": "Ann"}', ())    # as SQL collected it
    runtime.result(lambda: views.MeetingSession(store).attending, runtime.json_text)
    →  ('[{"name": "Ann"}]', None)
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

Decode = Callable[[Any], Any]  # Any: a JSON value in, a Python value out
Decoders = tuple[tuple[str, Decode], ...]


# ---------------------------------------------------------------- what getters see


class Entity:
    """An object of a domain model: absent attributes read as None; it equals its doc_id and hashes like it."""

    doc_id: Any = None
    obj_type: Any = None
    doc_ref: Any = None

    def __eq__(self, other: object) -> bool:
        """Compare by doc_id, with another entity or with a doc_id."""
        return bool(self.doc_id == (other.doc_id if isinstance(other, Entity) else other))

    def __hash__(self) -> int:
        """Hash as the doc_id does."""
        return hash(self.doc_id)

    def __repr__(self) -> str:
        """Name the class and the doc_id."""
        return f"<{type(self).__name__} {self.doc_id}>"


class Embedded:
    """An object inside a document, made of attributes; compares by its values."""

    fields: tuple[str, ...] = ()

    def __init__(self, **values: Any) -> None:
        """Make one; what is not given is None."""
        self.__dict__.update({name: values.get(name) for name in self.fields})

    def __eq__(self, other: object) -> bool:
        """Compare class and values."""
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # values may change


class Aggregator:
    """A class whose class methods aggregate; the compiler has seen that all of them are there."""

    # Any: what an accumulator is made of, and what comes of it, is the subclass's own matter.
    @classmethod
    def over(cls, items: Iterable[Any] | Mapping[Any, Any]) -> Any:
        """Return the value of all items, accumulated in their order; of a reference or a dict, its values."""
        given: Any = cls
        accumulator = given.create_accumulator()
        for item in items.values() if isinstance(items, Mapping) else items:
            accumulator = given.accumulate(accumulator, item)
        return given.get_value(accumulator)


class Store:
    """A store: its references are put on it one by one."""


class View:
    """A view model over a store; `root` names the reference that gives it its doc_id."""

    root = ""

    def __init__(self, store: Any) -> None:  # Any: a Store with whatever references it has
        """Put the view over its store."""
        self.store = store

    @property
    def doc_id(self) -> Any:
        """Return the doc_id of the root."""
        return getattr(self.store, self.root).doc_id


# ---------------------------------------------------------------- arguments


def one(cls: Any, values: dict[str, Any], decoders: Decoders, classes: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Make an entity of its attributes; None where the doc_id is None, so that the target is missing.

    `classes` are the subclasses by obj_type.
    """
    if values["doc_id"] is None:
        return None
    for name, decode in decoders:
        if values.get(name) is not None:
            values[name] = decode(values[name])
    made = object.__new__(classes.get(values.get("obj_type") or "", cls) if classes else cls)
    made.__dict__ = values
    return made


def many(
    cls: Any,
    text: str | None,
    decoders: Decoders,
    classes: Mapping[str, Any] = MappingProxyType({}),
    *,
    exact: bool = False,
) -> Mapping[str, Any]:
    """Make a mapping, in ascending key order, of collected elements; `exact` reads fractions as decimals."""
    if not text:
        return MappingProxyType({})
    found = {}
    for values in _load(f"[{text}]", exact):
        key = values.pop("#", None)
        made = one(cls, values, decoders, classes)
        if made is not None:
            found[made.doc_id if key is None else key] = made
    return MappingProxyType(dict(sorted(found.items())))


def parsed(decode: Decode, *, exact: bool = False) -> Decode:
    """Return the decoder of a parameter that arrives as JSON text."""
    return lambda text: decode(_load(text, exact))


def _load(text: str, exact: bool) -> Any:
    return json.loads(text, parse_float=decimal.Decimal) if exact else json.loads(text)


def same(value: Any) -> Any:
    """Decode a value that JSON holds as it is."""
    return value


def raw(value: Any) -> Any:
    """Decode raw JSON: the text of it where it is one, else the text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def number(value: Any) -> float:
    """Decode a float; NaN and infinities arrive as their names."""
    return float(value)


def money(scale: int | None) -> Decode:
    """Return the decoder of a decimal with so many digits after the point, or without trailing zeros."""
    if scale is not None:
        step = decimal.Decimal(1).scaleb(-scale)
        return lambda value: decimal.Decimal(value).quantize(step)
    return _trimmed


def _trimmed(value: Any) -> decimal.Decimal:
    text = format(decimal.Decimal(value), "f")
    return decimal.Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def moment(value: str) -> datetime.datetime:
    """Decode a datetime, aware or naive."""
    return datetime.datetime.fromisoformat(value)


def day(value: str) -> datetime.date:
    """Decode a date."""
    return datetime.date.fromisoformat(value)


def span(value: int) -> datetime.timedelta:
    """Decode a timedelta from microseconds."""
    return datetime.timedelta(microseconds=value)


def binary(value: str) -> bytes:
    """Decode bytes from base64."""
    return base64.b64decode(value)


def items(decode: Decode, make: Callable[[Iterable[Any]], Any] = list) -> Decode:
    """Return the decoder of a list (or of a set or tuple, made by `make`)."""
    return lambda value: make(None if each is None else decode(each) for each in value)


def entries(decode: Decode) -> Decode:
    """Return the decoder of a dict, in ascending key order."""
    return lambda value: {key: None if each is None else decode(each) for key, each in sorted(value.items())}


def record(make: Callable[..., Any], decoders: Decoders) -> Decode:
    """Return the decoder of a record; missing members are None."""
    return lambda value: make(
        **{
            name: None if value.get(name) is None else decode(value[name])
            for name, decode in decoders
        }
    )  # fmt: skip


# ---------------------------------------------------------------- results


def result(compute: Callable[[], Any], pack: Callable[[Any], Any]) -> tuple[Any, str | None]:
    """Run a getter: its packed value and None, or None and what it raised."""
    try:
        value = compute()
        return (None if value is None else pack(value)), None
    except Exception as error:  # whatever a getter raises becomes a field that is null, and the job goes on
        return None, describe(error)


def describe(error: Exception) -> str:
    """Say an exception as the error topic does: its class and its message."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def plain(value: Any) -> Any:
    """Return a value made of dicts, lists and scalars only, as in-process documents hold; TypeError for others."""
    if value is None or isinstance(value, str | bool | int | float | decimal.Decimal | bytes):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, datetime.date | datetime.timedelta):
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


def _record(value: Any) -> Any:
    if hasattr(value, "doc_id"):
        return value.doc_id
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    return {name: getattr(value, name) for name in value.fields} if isinstance(value, Embedded) else None


def _wrong(value: Any, expected: str) -> TypeError:
    return TypeError(f"expected {expected}, got {type(value).__name__}")


def text(value: Any) -> str:
    """Pack a str."""
    value = plain(value)
    if not isinstance(value, str):
        raise _wrong(value, "str")
    return str(value)


def boolean(value: Any) -> bool:
    """Pack a bool."""
    value = plain(value)
    if not isinstance(value, bool):
        raise _wrong(value, "bool")
    return value


def integer(value: Any) -> int:
    """Pack an int of 64 bits."""
    value = plain(value)
    if not isinstance(value, int):
        raise _wrong(value, "int")
    if not -(2**63) <= value < 2**63:
        raise OverflowError("an int outside 64 bits does not fit its column")
    return int(value)


def floating(value: Any) -> float:
    """Pack a float; an int that a float holds exactly is one too."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "float")
    if isinstance(value, int) and int(float(value)) != value:
        raise OverflowError("an int that no float holds exactly does not fit its column")
    return float(value)


def fixed(precision: int, scale: int) -> Callable[[Any], decimal.Decimal]:
    """Return what packs a Decimal into a column of so many digits."""
    limit = decimal.Decimal(10) ** (precision - scale)
    step = decimal.Decimal(1).scaleb(-scale)
    roomy = decimal.Context(prec=precision + scale + 2, rounding=decimal.ROUND_HALF_UP)

    def pack(value: Any) -> decimal.Decimal:
        value = plain(value)
        if isinstance(value, bool) or not isinstance(value, int | decimal.Decimal):
            raise _wrong(value, "Decimal")
        number = decimal.Decimal(value)
        if not number.is_finite() or abs(number) >= limit:
            raise OverflowError(f"a Decimal outside DECIMAL({precision}, {scale}) does not fit its column")
        return number.quantize(step, context=roomy)

    return pack


def aware(value: Any) -> str:
    """Pack an aware datetime as UTC, in SQL's spelling."""
    if not isinstance(value, datetime.datetime):
        raise _wrong(value, "datetime")
    if value.utcoffset() is None:
        raise TypeError("expected a datetime with a time zone, got one without")
    return value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def naive(value: Any) -> str:
    """Pack a datetime without time zone, in SQL's spelling."""
    if not isinstance(value, datetime.datetime):
        raise _wrong(value, "datetime")
    if value.utcoffset() is not None:
        raise TypeError("expected a datetime without a time zone, got one with it")
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def calendar(value: Any) -> str:
    """Pack a date."""
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        raise _wrong(value, "date")
    return value.isoformat()


def microseconds(value: Any) -> int:
    """Pack a timedelta."""
    if not isinstance(value, datetime.timedelta):
        raise _wrong(value, "timedelta")
    found = value // datetime.timedelta(microseconds=1)
    if not -(2**63) <= found < 2**63:
        raise OverflowError("a timedelta outside 64 bits of microseconds does not fit its column")
    return found


def octets(value: Any) -> bytes:
    """Pack bytes."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _wrong(value, "bytes")
    return bytes(value)


# ---------------------------------------------------------------- results as JSON text, read by onto.tagged


def json_text(value: Any) -> str:
    """Pack any value as tagged JSON text."""
    return json.dumps(_tag(_shown(plain(value))), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


_money = fixed(38, 18)


def _shown(value: Any) -> Any:
    """Return a plain value as columns would hold it; OverflowError for a number that is longer."""
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            return integer(value)
        case datetime.timedelta():
            microseconds(value)
        case decimal.Decimal():
            packed = _money(value)
            return value if value == packed else packed
        case dict():
            return {_shown(key): _shown(item) for key, item in value.items()}
        case list():
            return [_shown(item) for item in value]
    return value


def _tag(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return value if math.isfinite(value) else {"$float": _float_name(value)}
        case dict():
            if all(isinstance(key, str) and not key.startswith("$") for key in value):
                return {str(key): _tag(each) for key, each in value.items()}
            return {"$dict": [[_tag(key), _tag(each)] for key, each in value.items()]}
        case list():
            return [_tag(each) for each in value]
        case decimal.Decimal():
            return {"$decimal": str(value)}
        case datetime.datetime():
            return {"$datetime": value.isoformat()}
        case datetime.date():
            return {"$date": value.isoformat()}
        case datetime.timedelta():
            return {"$timedelta": microseconds(value)}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a view cannot hold a value of type {type(value).__name__}")


def _float_name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
