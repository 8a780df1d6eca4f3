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
import types
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn, Unpack

from onto import former
from onto.attribute import Attribute, Options
from onto.mapper import shape

if TYPE_CHECKING:
    from onto import attrs as attrs

    getter = property  # what `@attrs.getter` makes, in words that type checkers know
else:

    def getter(function):
        """Return an attribute that this function computes; its type is the return annotation."""
        return Attribute(fget=function)

    attrs = sys.modules[__name__]

    def __getattr__(name: builtins.str) -> NoReturn:
        """Say what to write for a former name; type checkers are not told, and find mistyped ones."""
        former.refuse(__name__, name)


# `name: str = attrs.nothing` has to suit any annotation, hence Any.
nothing: Any = Attribute()


@dataclass(frozen=True, slots=True, eq=False)
class Start(Attribute[Any]):
    """An attribute whose type follows: `attrs.required.str`, `attrs.data_key("t").list(attrs.str)`."""

    def __getattr__(self, name: builtins.str) -> Any:
        """Continue with a name of this module, keeping what has been said so far."""
        found = globals().get(name)
        if isinstance(found, Attribute):
            return self._then(found)
        if not callable(found) or name.startswith("_"):
            former.refuse(__name__, name)
        return lambda *given, **named: self._then(found(*given, **named))

    def _then(self, found: Attribute[Any]) -> Attribute[Any]:
        said = {one.name: getattr(self, one.name) for one in fields(Start) if one.name in _OPTIONS}
        return replace(found, **said)


_OPTIONS = (
    "data_name", "required_on_load", "defaults", "text", "imports", "exports", "import_defaults", "export_defaults",
    "required_on_export", "checks", "drops_none",
)  # fmt: skip

optional: Any = Start()
required: Any = Start(required_on_load=True)
import_required: Any = required
export_required: Any = Start(required_on_export=True)
import_enabled: Any = Start(imports=True)
export_enabled: Any = Start()
internal: Any = Start(imports=False, exports=False)
none_as_missing: Any = Start(drops_none=True)
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
doc_id: Any = Attribute(explicit=shape.Plain(builtins.str), reserved=True)
node_id = doc_ref = object_type = doc_id


def bproperty(type_cls: type | builtins.str | None = None, **options: Unpack[Options]) -> Any:
    """Return an attribute of a given type, else of its annotation's, else raw JSON."""
    return Attribute(explicit=None if type_cls is None else shape.of(type_cls))(**options)


action = bproperty


def data_key(key: builtins.str) -> Any:
    """Return the start of an attribute that is stored under this key."""
    return Start(data_name=key)


def default_value(value: Any) -> Any:
    """Return the start of an attribute that new objects hold with this value."""
    return Start(defaults=(value,))


def doc(text: builtins.str) -> Any:
    """Return the start of an attribute with a description."""
    return Start(text=text)


def of_type(type_cls: Any) -> Any:
    """Return an attribute of this type; a text names a class that its module has by the time it is used."""
    return Attribute(explicit=shape.of(type_cls))


def decimal(*, precision: builtins.int = 38, scale: builtins.int = 18) -> Any:
    """Return a Decimal of `precision` digits, at most 38, `scale` of them behind the point, or ValueError."""
    if not 0 <= scale <= precision <= 38:
        raise ValueError(f"a decimal has 0 ≤ scale ≤ precision ≤ 38, not precision {precision}, scale {scale}")
    return Attribute(explicit=shape.Number(precision, scale))


def relation(
    dm_cls: type | builtins.str,
    nested: builtins.bool = False,
    collection: type | None = None,
    **options: Unpack[Options],
) -> Any:
    """Return a relation: it holds the doc_id of an entity of `dm_cls`, a model or its name.

    `collection=list`, `set` or `dict` holds several. `nested` is the seed's, and says nothing here.
    """
    one = shape.RelationTo(dm_cls)
    many: builtins.dict[Any, shape.Shape] = {
        builtins.list: shape.ListOf(one),
        builtins.set: shape.SetOf(one),
        builtins.dict: shape.DictOf(one),
    }
    if collection is not None and collection not in many:
        raise TypeError(f"a relation's collection is list, set or dict, not {collection!r}")
    return Attribute(explicit=one if collection is None else many[collection])(**options)


def list(item: Any = None, *, value: Any = None) -> Any:
    """Return a list of the given attribute's or type's values; `value` is the seed's word for it."""
    return Attribute(explicit=shape.ListOf(_shape_of(value if item is None else item)))


def set(item: Any = None, *, value: Any = None) -> Any:
    """Return a set of the given attribute's or type's values."""
    return Attribute(explicit=shape.SetOf(_shape_of(value if item is None else item)))


def dict(value: Any = None, **options: Unpack[Options]) -> Any:
    """Return a dict with string keys and the given attribute's or type's values."""
    return Attribute(explicit=shape.DictOf(_shape_of(value)))(**options)


bdict = dict


def embed(cls: type | builtins.str, **options: Unpack[Options]) -> Any:
    """Return an object inside the document: of a dataclass, NamedTuple, TypedDict or `Embedded` class, or its name."""
    return Attribute(explicit=shape.of(cls) if isinstance(cls, builtins.str) else shape.embedded(cls))(**options)


def enum(cls: type[_enum.Enum]) -> Any:
    """Return a member of the enum, stored by its value."""
    return Attribute(explicit=shape.Choice(cls))


def _shape_of(what: Any) -> shape.Shape:
    if what is None:
        return shape.RAW
    if isinstance(what, types.FunctionType):  # `lambda a: a.of_type(str)`, with the builder as its argument
        return _shape_of(what(sys.modules[__name__]))
    return what.value_shape() if isinstance(what, Attribute) else shape.of(what)
