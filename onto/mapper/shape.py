"""What an attribute may hold, read from its annotation or spelt with the builder.

    of(list[str] | None)  →  ListOf(Text())        of(Decimal)  →  Number(38, 18)

Every shape also admits None: an attribute never set reads as None.
"""

from __future__ import annotations

import contextvars
import dataclasses
import datetime
import decimal
import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Raw:
    """Any JSON, untouched; with a name, a class of that name, which `resolved` looks up."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Plain:
    """A `str`, `bool`, `int`, `float`, `date`, `timedelta` or `bytes`."""

    type: type


@dataclass(frozen=True, slots=True)
class Number:
    """A Decimal with at most so many digits in all, and so many of them after the point."""

    precision: int = 38
    scale: int = 18


@dataclass(frozen=True, slots=True)
class Moment:
    """A datetime: aware and kept in UTC, or naive where `local`."""

    local: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A member of an Enum, stored by its value."""

    type: type[enum.Enum]


@dataclass(frozen=True, slots=True)
class RelationTo:
    """The doc_id of an entity; `target` is the model or its name."""

    target: type | str

    @property
    def model_name(self) -> str:
        """Return the name of the related model."""
        return self.target.rpartition(".")[2] if isinstance(self.target, str) else self.target.__name__


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: Shape


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set, stored as a sorted list."""

    item: Shape


@dataclass(frozen=True, slots=True)
class DictOf:
    """A dict with string keys."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Embedded:
    """An object inside a document; `build` makes it from the values of its fields, named as in Python."""

    type: type
    fields: tuple[tuple[str, Shape], ...]
    build: Callable[..., object]


Shape = Raw | Plain | Number | Moment | Choice | RelationTo | ListOf | SetOf | DictOf | Embedded

RAW = Raw()
_AROUND: contextvars.ContextVar[tuple[type, ...]] = contextvars.ContextVar("around", default=())
"""The classes whose fields are being read, the outermost first."""
PLAIN_TYPES = (str, bool, int, float, datetime.date, datetime.timedelta, bytes)


def of(annotation: Any) -> Shape:
    """Return the shape that an annotation means; what is not known is raw JSON."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is typing.Annotated:
        return of(arguments[0])
    if origin in (typing.Union, types.UnionType):
        inner = [one for one in arguments if one is not types.NoneType]
        return of(inner[0]) if len(inner) == 1 else RAW
    if origin is not None:
        return _of_generic(origin, arguments)
    if isinstance(annotation, type):
        return _of_class(annotation)
    return Raw(annotation) if isinstance(annotation, str) else RAW


def resolved(shape: Shape, find: Callable[[str], Any]) -> Shape:
    """Return the shape in which names are replaced by the classes that `find` gives for them."""
    match shape:
        case Raw(name) if name:
            return of(find(name))
        case ListOf(item):
            return ListOf(resolved(item, find))
        case SetOf(item):
            return SetOf(resolved(item, find))
        case DictOf(value):
            return DictOf(resolved(value, find))
    return shape


def relation_of(shape: Shape | None) -> RelationTo | None:
    """Return the relation that a shape is, or is a list or dict of."""
    match shape:
        case RelationTo():
            return shape
        case ListOf(RelationTo() as item) | SetOf(RelationTo() as item) | DictOf(RelationTo() as item):
            return item
    return None


def _of_generic(origin: Any, arguments: tuple[Any, ...]) -> Shape:
    if origin in (typing.Required, typing.NotRequired):
        return of(arguments[0])
    if not isinstance(origin, type):
        return RAW
    if issubclass(origin, Mapping):
        return DictOf(of(arguments[1]))
    if issubclass(origin, set | frozenset):
        return SetOf(of(arguments[0]))
    if issubclass(origin, tuple):
        same = len(arguments) == 2 and arguments[1] is Ellipsis
        return ListOf(of(arguments[0]) if same else RAW)
    return ListOf(of(arguments[0])) if issubclass(origin, Sequence) else RAW


def _of_class(cls: type) -> Shape:
    simple: dict[type, Shape] = {
        decimal.Decimal: Number(),
        datetime.datetime: Moment(),
        list: ListOf(RAW),
        tuple: ListOf(RAW),
        set: SetOf(RAW),
        dict: DictOf(RAW),
        **{one: Plain(one) for one in PLAIN_TYPES},
    }
    if cls in simple:
        return simple[cls]
    if issubclass(cls, enum.Enum):
        return Choice(cls)
    return embedded(cls)


def embedded(cls: type) -> Shape:
    """Return the shape of an embedded class: a dataclass, NamedTuple, TypedDict, or one made with `attrs`."""
    around = _AROUND.get()
    if cls in around:
        raise TypeError(f"{cls.__name__} contains itself; let it hold a doc_id, or raw JSON, in that place")
    token = _AROUND.set((*around, cls))
    try:
        return _of_fields(cls)
    finally:
        _AROUND.reset(token)


def _of_fields(cls: type) -> Shape:
    own: Callable[[], tuple[tuple[str, Shape], ...]] | None = getattr(cls, "embedded_fields", None)
    if own is not None:
        return Embedded(cls, own(), cls)
    if dataclasses.is_dataclass(cls) or hasattr(cls, "_fields") or typing.is_typeddict(cls):
        hints = typing.get_type_hints(cls)
        names = [one.name for one in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else list(hints)
        kind = dict if typing.is_typeddict(cls) else cls
        return Embedded(kind, tuple((name, of(hints[name])) for name in names), cls)
    return RAW
