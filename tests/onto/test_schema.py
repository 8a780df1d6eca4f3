"""Models whose attributes a marshmallow schema declares."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import marshmallow
import pytest

from onto import joins
from onto.domain_model import DomainModel
from onto.mapper import fields
from onto.mapper.load import MappingError
from onto.mapper.schema import Schema
from onto.store import Store, reference


class AddressSchema(Schema):
    street_name = fields.Str()


class CitySchema(Schema):
    city_name = fields.Raw()
    country = fields.Str(required=True)
    population = fields.Int()
    budget = fields.Decimal()
    founded_at = fields.DateTime()
    mayor = fields.Relationship("Person")
    judges = fields.Relationship("Person", many=True)
    address = fields.Nested(AddressSchema)
    code = fields.Str(data_key="CODE")


class StandardCitySchema(CitySchema):
    regions = fields.Raw(many=True)
    twins = fields.List(fields.Str())
    votes = fields.Dict(values=fields.Int())


class Person(DomainModel):
    pass


class City(DomainModel):
    class Meta:
        schema_cls = CitySchema
        collection_name = "City"


class StandardCity(City):
    _schema_cls = StandardCitySchema

    @property
    def label(self) -> str:
        return f"{self.city_name} ({self.country})"  # type: ignore[attr-defined]  # the schema declares them


STORED = {
    "cityName": "Lyon",
    "country": "F",
    "population": 3,
    "budget": "1.5",
    "foundedAt": "2026-03-01T00:00:00Z",
    "mayor": "ann",
    "judges": ["ben"],
    "address": {"street_name": "Rue"},
    "CODE": "LY",
    "regions": ["south", {"x": 1}],
    "twins": ["b"],
    "votes": {"a": 1},
    "obj_type": "StandardCity",
    "doc_id": "ly",
    "doc_ref": "City/ly",
}


def test_a_schemas_fields_are_the_models_attributes() -> None:
    read = City.from_dict(STORED)
    assert type(read) is StandardCity
    assert (read.label, read.budget, read.founded_at, read.address) == (  # type: ignore[attr-defined]  # by schema
        "Lyon (F)",
        Decimal("1.5"),
        datetime(2026, 3, 1, tzinfo=UTC),
        {"street_name": "Rue"},
    )
    assert read.to_dict() == STORED


def test_what_a_schema_asks_for_is_checked() -> None:
    with pytest.raises(MappingError, match=r"City\.country is required"):
        City.from_dict({"doc_id": "x"})
    with pytest.raises(MappingError, match=r"City\.population: 'many' is not an integer"):
        City.from_dict({"doc_id": "x", "country": "F", "population": "many"})


def test_relations_of_a_schema_join() -> None:
    class CityStore(Store):
        city = reference(dm_cls=City)
        mayor = reference(dm_cls=Person)
        judges = reference(dm_cls=Person, many=True)

    found = joins.resolve(CityStore)
    assert (found["mayor"].via, found["judges"].via) == (
        joins.ThroughOne("city", "mayor"),
        joins.ThroughList("city", "judges"),
    )


def test_a_schema_dumps_and_loads_camel_case_by_itself() -> None:
    assert CitySchema().dump({"city_name": "Lyon", "code": "LY"}) == {"cityName": "Lyon", "CODE": "LY"}
    assert AddressSchema().load({"streetName": "Rue", "more": 1}) == {"street_name": "Rue"}


def test_plain_marshmallow_schemas_do_as_well() -> None:
    class DogSchema(marshmallow.Schema):
        pet_name = marshmallow.fields.String()

    class Dog(DomainModel):
        class Meta:
            schema_cls = DogSchema

    assert Dog.new(doc_id="d", pet_name="Rex").to_dict()["petName"] == "Rex"
