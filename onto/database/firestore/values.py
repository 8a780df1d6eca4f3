"""Documents as Firestore's values and back: what Firestore has as itself, what it lacks as an object of one `$` member.

    fields({"n": 1, "price": Decimal("4.50")})
    →  n: integer_value 1, price: map_value {"$decimal": "4.50"}

`$decimal` text, `$date` and `$datetime` (without a zone) ISO-8601, `$timedelta` microseconds, `$list` for a list in a
list, `$dict` for an object with keys that Firestore does not take, or that begin with `$`. What others have written
reads so: a reference is its path, a place on earth an object of `latitude` and `longitude`.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from google.cloud.firestore_v1 import types

from onto.database import fields as times
from onto.database import protocol

# Any below: values of documents, and messages of Google's, whose attributes are made at run time.

_UNTAG: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "$decimal": decimal.Decimal,
        "$datetime": datetime.datetime.fromisoformat,
        "$date": datetime.date.fromisoformat,
        "$timedelta": lambda value: datetime.timedelta(microseconds=value),
        "$list": list,
        "$dict": lambda pairs: {one["key"]: one["value"] for one in pairs},
    }
)


def encoded(path: str, document: protocol.Document) -> dict[str, Any]:
    """Return the fields of a document; DatastoreError, naming it, for an integer beyond 64 bits."""
    try:
        return _members(document)
    except OverflowError as error:
        raise protocol.DatastoreError(f"{path}: {error}") from error


def value(given: Any) -> Any:
    """Return one value as Firestore's."""
    match given:
        case None:
            return types.Value(null_value=0)
        case bool():
            return types.Value(boolean_value=given)
        case int():
            if not -(2**63) <= given < 2**63:
                raise OverflowError(f"{given} is beyond the 64 bits of Firestore's integers")
            return types.Value(integer_value=given)
        case float():
            return types.Value(double_value=given)
        case str():
            return types.Value(string_value=str.__str__(given))
        case bytes():
            return types.Value(bytes_value=given)
        case datetime.datetime() if given.tzinfo is not None:
            return types.Value(timestamp_value=given)
        case list() | tuple():
            return types.Value(array_value={"values": [_item(one) for one in given]})
        case Mapping():
            return types.Value(map_value={"fields": _members(given)})
    return types.Value(map_value={"fields": _tagged(given)})


def is_plain(given: Any) -> bool:
    """Tell whether Firestore compares a value as Python does; None, which it does in words of its own, is not."""
    return isinstance(given, str | bool | int | float | bytes) or (
        isinstance(given, datetime.datetime) and given.tzinfo is not None
    )


def _item(given: Any) -> Any:
    if isinstance(given, list | tuple):  # a list directly in a list is refused
        return types.Value(map_value={"fields": {"$list": value(given)}})
    return value(given)


def _members(given: Mapping[str, Any]) -> dict[str, Any]:
    if all(_is_key(name) for name in given):
        return {name: value(one) for name, one in given.items()}
    return {"$dict": value([{"key": name, "value": one} for name, one in given.items()])}


def _is_key(name: str) -> bool:
    return bool(name) and name[0] != "$" and not (name.startswith("__") and name.endswith("__"))


def _tagged(given: Any) -> dict[str, Any]:
    match given:
        case decimal.Decimal():
            return {"$decimal": value(str(given))}
        case datetime.datetime():
            return {"$datetime": value(given.isoformat())}
        case datetime.date():
            return {"$date": value(given.isoformat())}
        case datetime.timedelta():
            return {"$timedelta": value(given // datetime.timedelta(microseconds=1))}
    raise TypeError(f"a document cannot hold a value of type {type(given).__name__}")


def stored(found: Any) -> protocol.Stored:
    """Return a document of Firestore's as what a datastore holds."""
    plain = types.Document.pb(found) if isinstance(found, types.Document) else found
    document = _object({name: _decoded(one) for name, one in plain.fields.items()})
    return protocol.Stored(path_of(plain.name), document, version(plain.update_time))


def path_of(name: str) -> str:
    """Return a document's path, from its full name."""
    return name.split("/documents/", 1)[1]


def version(moment: Any) -> int:
    """Return a time of Firestore's in microseconds since 1970."""
    if isinstance(moment, datetime.datetime):
        return times.version(moment)
    return int(moment.seconds * 1_000_000 + moment.nanos // 1000)


def _decoded(found: Any) -> Any:
    kind = found.WhichOneof("value_type")
    inner: Any = getattr(found, kind) if kind is not None else None
    match kind:
        case None | "null_value":
            return None
        case "timestamp_value":
            return times.moment(version(inner))
        case "reference_value":
            return path_of(inner)
        case "geo_point_value":
            return {"latitude": inner.latitude, "longitude": inner.longitude}
        case "array_value":
            return [_decoded(one) for one in inner.values]
        case "map_value":
            return _object({name: _decoded(one) for name, one in inner.fields.items()})
    return inner


def _object(members: dict[str, Any]) -> Any:
    if len(members) == 1:
        tag, inner = next(iter(members.items()))
        untag = _UNTAG.get(tag)
        if untag is not None:
            return untag(inner)
    return members
