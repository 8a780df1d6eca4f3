"""Shapes of the fields that a marshmallow schema declares; `Meta.schema_cls` links schema and model.

    class CitySchema(Schema):               class City(DomainModel):
        city_name = fields.Str()     →          city_name: str
        regions = fields.Raw(many=True)         regions: list

Fields are told by the names of their classes, so that reading a model never imports marshmallow.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onto.mapper import shape

SHAPES: dict[str, shape.Shape] = {
    "String": shape.Plain(str),
    "StructuralRef": shape.Plain(str),
    "Integer": shape.Plain(int),
    "Float": shape.Plain(float),
    "Boolean": shape.Plain(bool),
    "Decimal": shape.Number(),
    "NaiveDateTime": shape.Moment(local=True),
    "DateTime": shape.Moment(),
    "Date": shape.Plain(datetime.date),
    "TimeDelta": shape.Plain(datetime.timedelta),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One field of a schema; `data_key` is None where the model's rule names the key."""

    shape: shape.Shape
    data_key: str | None
    required: bool


def fields_of(schema: Any) -> dict[str, Declared]:  # a marshmallow Schema class, which is not imported here
    """Return the fields of a schema class by attribute."""
    declared: Mapping[str, Any] = schema._declared_fields
    return {
        name: Declared(_shape(one), getattr(one, "data_key", None), bool(getattr(one, "required", False)))
        for name, one in declared.items()
    }


def _shape(field: Any) -> shape.Shape:
    found = _single(field)
    return shape.ListOf(found) if getattr(field, "many", False) is True else found


def _single(field: Any) -> shape.Shape:
    names = [one.__name__ for one in type(field).__mro__]
    if "Relationship" in names:
        return shape.RelationTo(field.dm_cls)
    if "List" in names:
        return shape.ListOf(_shape(field.inner))
    if "Dict" in names:
        return shape.DictOf(shape.RAW if field.value_field is None else _shape(field.value_field))
    if "Nested" in names:
        inner = tuple((name, one.shape) for name, one in fields_of(type(field.schema)).items())
        return shape.Embedded(dict, inner, dict)
    return next((SHAPES[name] for name in names if name in SHAPES), shape.RAW)
