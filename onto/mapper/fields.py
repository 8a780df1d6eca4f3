"""Fields of schemas: marshmallow's, and those that it lacks.

city_name = fields.Raw()        regions = fields.Raw(many=True)        user = fields.Relationship("User")
"""

from __future__ import annotations

import enum
from typing import Any

import marshmallow.fields
from marshmallow.fields import (
    UUID,
    AwareDateTime,
    Boolean,
    Date,
    DateTime,
    Decimal,
    Dict,
    Email,
    Float,
    Function,
    Integer,
    List,
    NaiveDateTime,
    Nested,
    String,
    TimeDelta,
    Url,
)

Str, Int, Bool = String, Integer, Boolean
Localtime = NaiveDateTime


class Raw(marshmallow.fields.Raw):
    """Any JSON; with `many` a list of it."""

    def __init__(self, *, many: bool = False, **options: Any) -> None:
        """Take marshmallow's options too."""
        super().__init__(**options)
        self.many = many


class Relationship(marshmallow.fields.String):
    """The doc_id of another entity; with `many` a list of them."""

    def __init__(self, dm_cls: type | str, *, many: bool = False, nested: bool = False, **options: Any) -> None:
        """Take the related model or its name; `nested` is the seed's, and says nothing here."""
        super().__init__(**options)
        self.dm_cls = dm_cls
        self.many = many


class StructuralRef(marshmallow.fields.String):
    """The path of a document."""


class Enum(marshmallow.fields.Enum[Any]):
    """A member of an enum, stored by its value as `attrs.enum` does."""

    def __init__(self, enum: type[enum.Enum], *, by_value: bool = True, **options: Any) -> None:
        """Take marshmallow's options too."""
        super().__init__(enum, by_value=by_value, **options)


class Embedded(marshmallow.fields.Raw):
    """An object inside the document: of a schema, or of a class that `attrs.embed` takes."""

    def __init__(self, of: type, *, many: bool = False, **options: Any) -> None:
        """Take the schema or class; with `many` a list of such objects."""
        super().__init__(**options)
        self.of = of
        self.many = many


__all__ = [
    "UUID",
    "AwareDateTime",
    "Bool",
    "Boolean",
    "Date",
    "DateTime",
    "Decimal",
    "Dict",
    "Email",
    "Embedded",
    "Enum",
    "Float",
    "Function",
    "Int",
    "Integer",
    "List",
    "Localtime",
    "NaiveDateTime",
    "Nested",
    "Raw",
    "Relationship",
    "Str",
    "String",
    "StructuralRef",
    "TimeDelta",
    "Url",
]
