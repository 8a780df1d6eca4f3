"""Frozen dataclasses to plain JSON values and back, by their annotations; the manifest's codec.

    plain.dump(Scalar(column="status"))                     →  {"kind": "scalar", "column": "status"}
    plain.load(Scalar, {"kind": "scalar", "column": "s"})   →  Scalar(column="s")

Members of a closed union carry a class variable `kind`. A field with `metadata={"flat": True}` is written
into its owner's object instead of below it. Unknown keys are ignored, so that an older reader copes with
additions inside one manifest version.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")

# The values are JSON of any shape until they have been checked against an annotation, hence Any here.


def dump(value: object) -> Any:
    """Turn a dataclass, tuple, mapping or scalar into JSON values, in declared order."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dump_dataclass(value)
    if isinstance(value, Mapping):
        return {str(key): dump(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [dump(item) for item in value]
    return value


def load(annotation: type[T], value: object, path: str = "$") -> T:
    """Build `annotation` from JSON values; a ValueError names the `path` of the first thing amiss."""
    return typing.cast("T", _load(annotation, value, path))  # checked by _load, which mypy cannot follow


def _dump_dataclass(value: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    kind = getattr(type(value), "kind", None)
    if isinstance(kind, str):
        out["kind"] = kind
    for field in dataclasses.fields(value):
        item = dump(getattr(value, field.name))
        if field.metadata.get("flat"):
            out.update(item)
        else:
            out[field.name] = item
    return out


def _load(annotation: Any, value: object, path: str) -> object:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _load_union(typing.get_args(annotation), value, path)
    if origin is tuple:
        return _load_tuple(typing.get_args(annotation), value, path)
    if origin is not None and issubclass(origin, Mapping):
        item_type = typing.get_args(annotation)[1]
        members = _expect(dict, value, path)
        return {str(key): _load(item_type, item, f"{path}.{key}") for key, item in members.items()}
    if dataclasses.is_dataclass(annotation):
        return _load_dataclass(annotation, value, path)
    return _expect(annotation, value, path)


def _load_union(options: tuple[Any, ...], value: object, path: str) -> object:
    if value is None and type(None) in options:
        return None
    members = [option for option in options if option is not type(None)]
    if len(members) == 1:
        return _load(members[0], value, path)
    kind = _expect(dict, value, path).get("kind")
    for member in members:
        if member.kind == kind:
            return _load(member, value, path)
    known = ", ".join(sorted(member.kind for member in members))
    raise ValueError(f"{path}.kind: {kind!r} is none of {known}")


def _load_tuple(arguments: tuple[Any, ...], value: object, path: str) -> tuple[object, ...]:
    items = _expect(list, value, path)
    if arguments[-1] is Ellipsis:
        return tuple(_load(arguments[0], item, f"{path}[{at}]") for at, item in enumerate(items))
    if len(items) != len(arguments):
        raise ValueError(f"{path}: expected {len(arguments)} items, found {len(items)}")
    return tuple(
        _load(argument, item, f"{path}[{at}]") for at, (argument, item) in enumerate(zip(arguments, items, strict=True))
    )


def _load_dataclass(cls: Any, value: object, path: str) -> object:
    given = _expect(dict, value, path)
    hints = typing.get_type_hints(cls)
    arguments: dict[str, object] = {}
    for field in dataclasses.fields(cls):
        if field.metadata.get("flat"):
            arguments[field.name] = _load(hints[field.name], given, path)
        elif field.name in given:
            arguments[field.name] = _load(hints[field.name], given[field.name], f"{path}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{path}: `{field.name}` is missing")
    try:
        return cls(**arguments)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _expect(annotation: Any, value: object, path: str) -> Any:
    if isinstance(value, annotation) and not (annotation is int and isinstance(value, bool)):
        return value
    raise ValueError(f"{path}: expected {annotation.__name__}, found {type(value).__name__}")
