"""Value types of the compiler: what a Python expression can be, and how two of them join.

join(INT, FLOAT) → FLOAT        optional(STR) → Optional(STR)        show(ListOf(STR)) → "list[str]"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ScalarName = Literal[
    "str", "bool", "int", "whole", "float", "decimal", "datetime", "local_datetime", "date", "timedelta", "bytes"
]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `datetime` is aware, `local_datetime` naive, `timedelta` is held in microseconds.

    `whole` is an int that may have more than 64 bits: on its way through an expression, never in a document.
    """

    name: ScalarName
    precision: tuple[int, int] | None = None  # of a decimal only
    enum: str = ""  # of a member of an Enum, by its name and held by its value; inside `build` alone


@dataclass(frozen=True, slots=True)
class NoneType:
    """The type of `None` alone."""


@dataclass(frozen=True, slots=True)
class Json:
    """Raw JSON: no declared type; may be stored, copied and compared for equality only."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list (or a tuple of one item type)."""

    item: Type


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set of scalars."""

    item: Type


@dataclass(frozen=True, slots=True)
class DictOf:
    """A dict; keys are scalars."""

    key: Type
    value: Type


@dataclass(frozen=True, slots=True)
class Record:
    """A dict with fixed string keys, or an object of a project class made of such fields."""

    fields: tuple[tuple[str, Type], ...]
    name: str = ""

    def get(self, name: str) -> Type | None:
        """Return the type of a field, or None."""
        return dict(self.fields).get(name)


@dataclass(frozen=True, slots=True)
class Entity:
    """An object of a domain model, by the model's name."""

    model: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A tuple of fixed length, such as an entry of `dict.items()`."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """The inner type, or None. Never nested."""

    inner: Scalar | Json | ListOf | SetOf | DictOf | Record | Entity | Pair


Type = Scalar | NoneType | Json | ListOf | SetOf | DictOf | Record | Entity | Pair | Optional

STR = Scalar("str")
BOOL = Scalar("bool")
INT = Scalar("int")
WHOLE = Scalar("whole")
FLOAT = Scalar("float")
DECIMAL = Scalar("decimal")
DATETIME = Scalar("datetime")
LOCAL_DATETIME = Scalar("local_datetime")
DATE = Scalar("date")
TIMEDELTA = Scalar("timedelta")
BYTES = Scalar("bytes")
NONE = NoneType()
JSON = Json()


def optional(one: Type) -> Type:
    """Return the type that also allows None."""
    return one if isinstance(one, Optional | NoneType) else Optional(one)


def required(one: Type) -> Type:
    """Return the type without None; `NONE` itself stays."""
    return one.inner if isinstance(one, Optional) else one


def nullable(one: Type) -> bool:
    """Tell whether None is a value of the type."""
    return isinstance(one, Optional | NoneType)


def join(left: Type, right: Type) -> Type | None:
    """Return the smallest type that holds both, or None when there is none that SQL can carry."""
    if left == right:
        return left
    if isinstance(left, NoneType):
        return optional(right)
    if isinstance(right, NoneType):
        return optional(left)
    inner = _join_required(required(left), required(right))
    if inner is None:
        return None
    return optional(inner) if nullable(left) or nullable(right) else inner


def _join_required(left: Type, right: Type) -> Type | None:
    if left == right:
        return left
    match left, right:
        case ListOf(a), ListOf(b):
            item = join(a, b)
            return None if item is None else ListOf(item)
        case Record(a_fields, a_name), Record(b_fields, b_name):
            return _join_records(a_fields, b_fields, a_name if a_name == b_name else "")
        case Scalar("decimal"), Scalar("decimal"):
            return DECIMAL
    # int with float, or bool with int, is not joined: `1` and `1.0` are different Python values
    # and a column has one type, so a getter that mixes them goes to a lower tier.
    return None


def _join_records(left: tuple[tuple[str, Type], ...], right: tuple[tuple[str, Type], ...], name: str) -> Type | None:
    if [key for key, _ in left] != [key for key, _ in right]:
        return None
    fields: list[tuple[str, Type]] = []
    for (key, a), (_, b) in zip(left, right, strict=True):
        both = join(a, b)
        if both is None:
            return None
        fields.append((key, both))
    return Record(tuple(fields), name)


def without_enums(one: Type) -> Type:
    """Return the type with the values of enum members in their place."""
    return replace_enums(one, lambda scalar: Scalar(scalar.name, scalar.precision))


def without_textual_enums(one: Type) -> Type:
    """Return the type with values in the place of members which are nothing else: those of StrEnum and IntEnum."""

    def value(scalar: Scalar) -> Type:
        return Scalar(scalar.name, scalar.precision) if scalar.enum.endswith(":textual") else scalar

    return replace_enums(one, value)


def is_member(one: Type) -> bool:
    """Tell whether the type is that of members of an Enum which are not their values."""
    inner = required(one)
    return isinstance(inner, Scalar) and bool(inner.enum) and ":" not in inner.enum


def enums(one: Type) -> frozenset[str]:
    """Return the names of the Enums that a type has members of."""
    found: set[str] = set()

    def note(scalar: Scalar) -> Type:
        found.add(scalar.enum)
        return scalar

    replace_enums(one, note)
    return frozenset(found)


def replace_enums(one: Type, by: Callable[[Scalar], Type]) -> Type:
    """Return the type with another type in the place of each enum member's."""
    match one:
        case Scalar(enum=enum):
            return by(one) if enum else one
        case ListOf(item):
            return ListOf(replace_enums(item, by))
        case SetOf(item):
            return SetOf(replace_enums(item, by))
        case DictOf(key, value):
            return DictOf(replace_enums(key, by), replace_enums(value, by))
        case Record(fields, name):
            return Record(tuple((key, replace_enums(value, by)) for key, value in fields), name)
        case Pair(items):
            return Pair(tuple(replace_enums(item, by) for item in items))
        case Optional(inner):
            return optional(replace_enums(inner, by))
    return one


def is_number(one: Type) -> bool:
    """Tell whether Python does arithmetic with the (required) type."""
    return isinstance(one, Scalar) and one.name in ("int", "whole", "float", "decimal", "bool")


def show(one: Type) -> str:
    """Spell a type as Python would."""
    match one:
        case Scalar(name, precision):
            return name if precision is None else f"{name}({precision[0]}, {precision[1]})"
        case NoneType():
            return "None"
        case Json():
            return "json"
        case ListOf(item):
            return f"list[{show(item)}]"
        case SetOf(item):
            return f"set[{show(item)}]"
        case DictOf(key, value):
            return f"dict[{show(key)}, {show(value)}]"
        case Record(fields, name):
            return name or "{" + ", ".join(f"{key}: {show(value)}" for key, value in fields) + "}"
        case Entity(model):
            return model
        case Pair(items):
            return "tuple[" + ", ".join(show(item) for item in items) + "]"
        case Optional(inner):
            return f"{show(inner)} | None"
