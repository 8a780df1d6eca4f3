"""The builder of attributes: `from onto import attrs` and `from onto.attrs import attrs` are the same.

    name: str = attrs.nothing                     typed by its annotation
    name = attrs.bproperty(type_cls=str)          typed by an argument; without one, raw JSON
    tags = attrs.list(attrs.str)                  spelt out
    user = attrs.relation(dm_cls="User")          the doc_id of another entity

    @attrs.getter                                 computed, in one piece
    def label(self) -> str: ...

Names such as `str` and `list` are attributes here; the builtins are spelt `builtins.str` in this module.
"""

from __future__ import annotations

import builtins
import datetime as _datetime
import enum as _enum
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from onto.attribute import Attribute
from onto.mapper import shape

if TYPE_CHECKING:
    from onto import attrs as attrs

    getter = property  # what `@attrs.getter` makes, in words that type checkers know
else:

    def getter(function):
        """Return an attribute that this function computes; its type is the return annotation."""
        return Attribute(fget=function)

    attrs = sys.modules[__name__]

# `name: str = attrs.nothing` has to suit any annotation, hence Any.
nothing: Any = Attribute()


@dataclass(frozen=True, slots=True, eq=False)
class Start(Attribute[Any]):
    """An attribute whose type follows: `attrs.required.str`, `attrs.optional.list(attrs.str)`."""

    def __getattr__(self, name: builtins.str) -> Any:
        """Continue with a name of this module, keeping what has been said so far."""
        found = globals().get(name)
        if isinstance(found, Attribute):
            return self._then(found)
        if not callable(found) or name.startswith("_"):
            raise AttributeError(f"attrs has no {name!r}")
        return lambda *given, **named: self._then(found(*given, **named))

    def _then(self, found: Attribute[Any]) -> Attribute[Any]:
        return replace(found, required_on_load=self.required_on_load, text=self.text)


optional: Any = Start()
required: Any = Start(required_on_load=True)
import_required: Any = required
str: Attribute[builtins.str] = Attribute(explicit=shape.Plain(builtins.str))
string = str
bool: Attribute[builtins.bool] = Attribute(explicit=shape.Plain(builtins.bool))
int: Attribute[builtins.int] = Attribute(explicit=shape.Plain(builtins.int))
integer = int
float: Attribute[builtins.float] = Attribute(explicit=shape.Plain(builtins.float))
bytes: Attribute[builtins.bytes] = Attribute(explicit=shape.Plain(builtins.bytes))
date: Attribute[_datetime.date] = Attribute(explicit=shape.Plain(_datetime.date))
datetime: Attribute[_datetime.datetime] = Attribute(explicit=shape.Moment())
local_time: Attribute[_datetime.datetime] = Attribute(explicit=shape.Moment(local=True))
timedelta: Attribute[_datetime.timedelta] = Attribute(explicit=shape.Plain(_datetime.timedelta))
raw: Attribute[Any] = Attribute(explicit=shape.RAW)


def bproperty(
    type_cls: type | None = None,
    *,
    data_key: builtins.str | None = None,
    initialize: builtins.bool = False,
    initializer: Any = None,
    import_required: builtins.bool = False,
) -> Any:
    """Return an attribute of a given type, else of its annotation's, else raw JSON."""
    return Attribute(
        explicit=None if type_cls is None else shape.of(type_cls),
        data_name=data_key,
        initialize=initialize,
        finit=initializer,
        required_on_load=import_required,
    )


def of_type(type_cls: Any) -> Any:
    """Return an attribute of this type."""
    return Attribute(explicit=shape.of(type_cls))


def decimal(*, precision: builtins.int = 38, scale: builtins.int = 18) -> Any:
    """Return a Decimal with at most `precision` digits, `scale` of them after the point."""
    if not 0 <= scale <= precision <= 38:
        raise ValueError(f"a decimal has 0 ≤ scale ≤ precision ≤ 38, not precision {precision}, scale {scale}")
    return Attribute(explicit=shape.Number(precision, scale))


def relation(dm_cls: type | builtins.str, nested: builtins.bool = False, collection: type | None = None) -> Any:
    """Return a relation: it holds the doc_id of an entity of `dm_cls`, a model or its name.

    `collection=list` or `dict` holds several. `nested` is the seed's, and says nothing here.
    """
    one = shape.RelationTo(dm_cls)
    many: builtins.dict[Any, shape.Shape] = {
        builtins.list: shape.ListOf(one),
        builtins.dict: shape.DictOf(one),
    }
    return Attribute(explicit=many.get(collection, one))


def list(item: Any = None) -> Any:
    """Return a list of the given attribute's or type's values."""
    return Attribute(explicit=shape.ListOf(_shape_of(item)))


def set(item: Any = None) -> Any:
    """Return a set of the given attribute's or type's values."""
    return Attribute(explicit=shape.SetOf(_shape_of(item)))


def dict(value: Any = None) -> Any:
    """Return a dict with string keys and the given attribute's or type's values."""
    return Attribute(explicit=shape.DictOf(_shape_of(value)))


bdict = dict


def embed(cls: type) -> Any:
    """Return an object inside the document: of a dataclass, NamedTuple, TypedDict or `Embedded` class."""
    return Attribute(explicit=shape.embedded(cls))


def enum(cls: type[_enum.Enum]) -> Any:
    """Return a member of the enum, stored by its value."""
    return Attribute(explicit=shape.Choice(cls))


def _shape_of(what: Any) -> shape.Shape:
    if what is None:
        return shape.RAW
    return what.value_shape() if isinstance(what, Attribute) else shape.of(what)
