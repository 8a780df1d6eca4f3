"""JSON text that keeps Python's types: what a function in Python returns as a whole value, read back.

    tagged.loads('[{"total": {"$decimal": "4.50"}}]')   →  [{"total": Decimal("4.50")}]

Plain JSON stands for itself. Where JSON has no such value there is an object with one member: `$decimal` text,
`$datetime` and `$date` ISO-8601, `$timedelta` microseconds, `$bytes` base64, `$float` "NaN", "Infinity" or
"-Infinity", `$dict` pairs (for keys that are not text, or that begin with `$`). A document holds nothing else:
tuples and sets are lists in it. The writer is `compiler/udf_runtime.py`, which is shipped to workers and may not
import this package.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
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
    """Return the Python value of a tagged JSON text; ValueError where it is not JSON."""
    return json.loads(text, object_hook=_untag)


def _untag(value: dict[str, Any]) -> Any:  # Any: as above
    if len(value) == 1:
        tag, inner = next(iter(value.items()))
        untag = _UNTAG.get(tag)
        if untag is not None:
            return untag(inner)
    return value
