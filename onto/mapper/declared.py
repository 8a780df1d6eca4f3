"""Shapes of the fields that a marshmallow schema declares; `Meta.schema_cls` links schema and model.

    class CitySchema(Schema):               class City(DomainModel):
        city_name = fields.Str()     →          city_name: str
        regions = fields.Raw(many=True)         regions: list

Fields are told by the names of their classes, so that reading a model never imports marshmallow.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
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
    imports: bool | None = None
    exports: bool = True
    import_defaults: tuple[Any, ...] = ()
    export_defaults: tuple[Any, ...] = ()
    checks: tuple[Callable[[Any], Any], ...] = ()


def fields_of(schema: Any) -> dict[str, Declared]:  # a marshmallow Schema class, which is not imported here
    """Return the fields of a schema class by attribute."""
    declared: Mapping[str, Any] = schema._declared_fields
    return {
        name: Declared(
            shape=_shape(one),
            data_key=one.data_key,
            required=one.required,
            imports=False if one.dump_only else None,
            exports=not one.load_only,
            import_defaults=_given(one.load_default),
            export_defaults=_given(one.dump_default),
            checks=tuple(one.validators),
        )
        for name, one in declared.items()
    }


def _given(default: Any) -> tuple[Any, ...]:
    """Return a default in a tuple; marshmallow's object for none, which is told by its class, gives none."""
    if type(default).__name__ == "_Missing":
        return ()
    return (default() if callable(default) else default,)


def _shape(field: Any) -> shape.Shape:
    found = _single(field)
    return shape.ListOf(found) if getattr(field, "many", False) is True else found


def _single(field: Any) -> shape.Shape:
    names = [one.__name__ for one in type(field).__mro__]
    if "Relationship" in names:
        return shape.RelationTo(field.dm_cls)
    if "Enum" in names and not field.by_value:
        raise TypeError(f"{field.enum.__name__} is stored by its values: write fields.Enum of onto, or by_value=True")
    if "Enum" in names:
        return shape.Choice(field.enum)
    if "Embedded" in names:
        return _of_schema(field.of) if hasattr(field.of, "_declared_fields") else shape.embedded(field.of)
    if "List" in names:
        return shape.ListOf(_shape(field.inner))
    if "Dict" in names:
        return shape.DictOf(shape.RAW if field.value_field is None else _shape(field.value_field))
    if "Nested" in names:
        return _of_schema(type(field.schema))
    return next((SHAPES[name] for name in names if name in SHAPES), shape.RAW)


def _of_schema(schema: Any) -> shape.Shape:
    inner = tuple((name, one.shape) for name, one in fields_of(schema).items())
    return shape.Embedded(dict, inner, dict)
