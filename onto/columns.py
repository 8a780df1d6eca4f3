"""Column values: JSON as Flink writes it to Python values by Flink type, and Python values to JSON.

columns.decoder("DECIMAL(38, 18)")(12.5)                    →  Decimal("12.5")
columns.decoder("ARRAY<TIMESTAMP(6)>")(["2026-01-02 03:04:05"])  →  [datetime(2026, 1, 2, 3, 4, 5)]
columns.to_json({"total": Decimal("12.50")})                →  {"total": "12.5"}
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Decoder = Callable[[Any], Any]  # any JSON value in, a Python value out; None stays None


@functools.lru_cache(maxsize=1024)
def decoder(flink_type: str) -> Decoder:
    """Return the function that decodes a JSON value of `flink_type`; ValueError for an unknown type."""
    head, arguments = _split_type(flink_type)
    match head:
        case "ARRAY" | "MULTISET":
            item = decoder(arguments)
            return _nullable(lambda value: [item(each) for each in value])
        case "MAP":
            key_type, value_type = _split_top(arguments)
            key, item = decoder(key_type), decoder(value_type)
            return _nullable(lambda value: {key(k): item(v) for k, v in sorted(value.items())})
        case "ROW":
            members = dict(_row_member(text) for text in _split_top(arguments))
            return _nullable(lambda value: {name: decode(value.get(name)) for name, decode in members.items()})
    scalars: dict[str, Decoder] = {
        "STRING": str,
        "VARCHAR": str,
        "CHAR": str,
        "BOOLEAN": _boolean,
        "TINYINT": int,
        "SMALLINT": int,
        "INT": int,
        "INTEGER": int,
        "BIGINT": int,
        "FLOAT": float,
        "DOUBLE": float,
        "DECIMAL": _decimal,
        "DATE": datetime.date.fromisoformat,
        "TIME": datetime.time.fromisoformat,
        "TIMESTAMP": datetime.datetime.fromisoformat,
        "TIMESTAMP_LTZ": _instant,
        "BYTES": base64.b64decode,
        "VARBINARY": base64.b64decode,
        "BINARY": base64.b64decode,
    }
    if head not in scalars:
        raise ValueError(f"unknown column type {flink_type!r}")
    return _nullable(scalars[head])


def to_json(value: object) -> Any:
    """Turn a document's value into JSON values: one text for one value, whichever engine computed it.

    Decimal → plain number text without trailing zeros, dates and times → ISO-8601 (aware ones in UTC),
    timedelta → microseconds, bytes → base64, sets → sorted lists, NaN and infinities → their names.
    """
    match value:
        case None | bool() | str():
            return value
        case enum.Enum():
            return to_json(value.value)
        case int():
            return int(value)
        case float():
            return _float_to_json(value)
        case Mapping():
            return {_key_to_json(key): to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case set() | frozenset():
            return sorted((to_json(item) for item in value), key=_rank)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return _scalar_to_json(value)


def _float_to_json(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _key_to_json(key: object) -> str:
    plain = to_json(key)
    if isinstance(plain, bool) or plain is None:
        return str(plain)
    return plain if isinstance(plain, str) else str(plain)


def _scalar_to_json(value: object) -> Any:
    match value:
        case decimal.Decimal():
            return decimal_text(value)
        case datetime.datetime():
            return (value.astimezone(datetime.UTC) if value.tzinfo else value).isoformat()
        case datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return value // datetime.timedelta(microseconds=1)
        case bytes() | bytearray():
            return base64.b64encode(value).decode("ascii")
    raise TypeError(f"a document cannot hold a {type(value).__name__}")


def decimal_text(value: decimal.Decimal) -> str:
    """Return the plain digits of `value`, without exponent or trailing zeros."""
    if not value.is_finite():
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _rank(value: object) -> tuple[str, object]:
    # Numbers sort together, everything else among its own kind: a set may hold several.
    if isinstance(value, bool | int | float):
        return ("number", value)
    return (type(value).__name__, value if isinstance(value, str) else repr(value))


def _nullable(decode: Decoder) -> Decoder:
    return lambda value: None if value is None else decode(value)


def _boolean(value: object) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _decimal(value: object) -> decimal.Decimal:
    number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
    return decimal.Decimal(decimal_text(number))


def _instant(value: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(value)
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)


def _split_type(flink_type: str) -> tuple[str, str]:
    """`ARRAY<BIGINT> NOT NULL` → ("ARRAY", "BIGINT"); `DECIMAL(38, 18)` → ("DECIMAL", "38, 18")."""
    text = flink_type.strip().removesuffix("NOT NULL").strip()
    if "WITH LOCAL TIME ZONE" in text.upper():
        return "TIMESTAMP_LTZ", ""
    opening = min((at for at in (text.find("<"), text.find("(")) if at >= 0), default=len(text))
    end = max(text.rfind(">"), text.rfind(")")) if text[opening:].startswith(("<",)) else text.find(")")
    return text[:opening].strip().upper(), text[opening + 1 : end] if opening < len(text) else ""


def _split_top(text: str) -> tuple[str, ...]:
    """Split at the commas that lie outside of brackets and quoted names."""
    return tuple(part.strip() for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    depth, start, quoted = 0, 0, False
    for at, char in enumerate(text):
        if char == "`":
            quoted = not quoted
        elif quoted:
            continue
        elif char in "<(":
            depth += 1
        elif char in ">)":
            depth -= 1
        elif char == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _row_member(text: str) -> tuple[str, Decoder]:
    """`a` BIGINT → ("a", decoder of BIGINT)."""
    if text.startswith("`"):
        closing = text.index("`", 1)
        return text[1:closing], decoder(text[closing + 1 :])
    name, _, flink_type = text.partition(" ")
    return name, decoder(flink_type)
