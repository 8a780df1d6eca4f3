"""Lists and dicts that refuse to change: what getters see of a stored document.

freeze({"users": ["a"]})["users"].append("b")   →  ReadOnlyError
"""

from __future__ import annotations

from typing import Any, NoReturn

from onto import errors


class ReadOnlyError(errors.OntoError, TypeError):
    """A getter tried to change what it reads; changes belong in methods and setters."""


def refuse(*_: object, **__: object) -> NoReturn:
    """Say that stores are read-only."""
    raise ReadOnlyError(
        "a store is read-only in getters and live views: change it in a method, or by `View.ref(doc_id).set(...)`"
    )


class FrozenList(list[Any]):
    """A list that equals any list with the same items and cannot be changed."""

    append = extend = insert = remove = pop = clear = sort = reverse = refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = refuse


class FrozenDict(dict[Any, Any]):
    """A dict that equals any dict with the same entries and cannot be changed."""

    update = setdefault = pop = popitem = clear = refuse
    __setitem__ = __delitem__ = __ior__ = refuse


# What Python says of a value, as in "unsupported operand type(s) for +: 'NoneType' and 'list'", is the same on Flink,
# where values are plain lists and dicts.
FrozenList.__name__, FrozenDict.__name__ = "list", "dict"


def freeze(value: Any) -> Any:
    """Return the value with every list and dict in it made read-only."""
    if isinstance(value, list):
        return FrozenList(freeze(item) for item in value)
    if type(value) in (dict, FrozenDict):
        return FrozenDict((key, freeze(item)) for key, item in value.items())
    return frozenset(value) if isinstance(value, set) else value


def thaw(value: Any) -> Any:
    """Return the value with plain lists, dicts and sets that belong to the caller alone."""
    if isinstance(value, list):
        return [thaw(item) for item in value]
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    return set(value) if isinstance(value, set | frozenset) else value
