"""Fields of schemas: marshmallow's, and those that it lacks.

city_name = fields.Raw()        regions = fields.Raw(many=True)        user = fields.Relationship("User")
"""

from __future__ import annotations

from typing import Any

import marshmallow.fields
from marshmallow.fields import (
    Boolean,
    Date,
    DateTime,
    Decimal,
    Dict,
    Float,
    Integer,
    List,
    NaiveDateTime,
    Nested,
    String,
    TimeDelta,
)

Str, Int, Bool = String, Integer, Boolean
Embedded, Localtime = Nested, NaiveDateTime


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


__all__ = [
    "Bool",
    "Boolean",
    "Date",
    "DateTime",
    "Decimal",
    "Dict",
    "Embedded",
    "Float",
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
    "TimeDelta",
]
