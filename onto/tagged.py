"""JSON text that keeps Python's types: what a function in Python returns as a whole value, read back.

    tagged.loads('[{"total": {"$decimal": "4.50"}}]')   →  [{"total": Decimal("4.50")}]

Plain JSON stands for itself. Where JSON has no such value there is an object with one member: `$decimal` text,
`$datetime` and `$date` ISO-8601, `$timedelta` microseconds, `$bytes` base64, `$float` "NaN", "Infinity" or
"-Infinity", `$dict` pairs (for keys that are not text, or that begin with `$`). A document holds nothing else:
tuples and sets are lists in it. On workers the writer is `compiler/udf_runtime.py`, which may not import this
package.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

_UNTAG: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(  # Any: JSON in, Python out
    {
        "$decimal": decimal.Decimal,
        "$datetime": datetime.datetime.fromisoformat,
        "$date": datetime.date.fromisoformat,
        "$timedelta": lambda value: datetime.timedelta(microseconds=value),
        "$bytes": base64.b64decode,
        "$float": float,
        "$dict": dict,
    }
)


def loads(text: str) -> Any:  # Any: the value decides
    """Return the Python value of a tagged JSON text; ValueError where it is not JSON, or a tag holds no such value."""
    return json.loads(text, object_hook=_untag)


def _untag(value: dict[str, Any]) -> Any:  # Any: as above
    if len(value) == 1:
        tag, inner = next(iter(value.items()))
        untag = _UNTAG.get(tag)
        if untag is not None:
            try:
                return untag(inner)
            except (ValueError, TypeError, ArithmeticError) as error:
                raise ValueError(f"{inner!r} is no {tag[1:]}") from error
    return value


def dumps(value: Any) -> str:  # Any: whatever a document holds
    """Return the tagged JSON text of a value, in ASCII; TypeError for what no document holds."""
    return json.dumps(_tag(value), separators=(",", ":"), allow_nan=False)


def _tag(value: Any) -> Any:  # Any: Python in, JSON out
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else {"$float": _float_name(value)}
        case dict() if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _tag(each) for key, each in value.items()}
        case dict():
            return {"$dict": [[_tag(key), _tag(each)] for key, each in value.items()]}
        case list() | tuple():
            return [_tag(each) for each in value]
        case decimal.Decimal():
            return {"$decimal": str(value)}
        case datetime.datetime():
            return {"$datetime": value.isoformat()}
        case datetime.date():
            return {"$date": value.isoformat()}
        case datetime.timedelta():
            return {"$timedelta": value // datetime.timedelta(microseconds=1)}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a document cannot hold a value of type {type(value).__name__}")


def _float_name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
