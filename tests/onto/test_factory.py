"""Models made by a call, and conditions by name alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onto.context import CTX
from onto.domain_model import DomainModel
from onto.mapper import fields
from onto.mapper.schema import Schema
from onto.models.factory import ClsFactory
from onto.query.cmp import v


class CitySchema(Schema):
    city_name = fields.Raw()
    population = fields.Raw()
    regions = fields.Raw(many=True)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    CTX.use(None)
    yield
    CTX.use(None)


def test_a_class_of_a_schema_and_conditions_by_name() -> None:
    city = ClsFactory.create(name="City", schema=CitySchema)
    assert issubclass(city, DomainModel)
    city.new(doc_id="SF", city_name="San Francisco", population=860000, regions=["norcal"]).save()
    city.new(doc_id="NY", city_name="New York", population=8_000_000, regions=[]).save()
    assert CTX.database.get("City/SF")["cityName"] == "San Francisco"  # type: ignore[index]  # it is there
    assert [one.doc_id for one in city.where(v.population < 1000000)] == ["SF"]
    assert [one.doc_id for one in city.where(v.regions.has("norcal"), v.city_name != "x")] == ["SF"]
    with pytest.raises(ValueError, match=r"City has no attribute `populatio`; did you mean `population`\?"):
        city.where(v.populatio < 1)


def test_what_others_may_set_and_see_and_what_is_there_from_the_start() -> None:
    city = ClsFactory.create_customized("City", ["name", "state"], True, importable=False, exportable=False)
    one = city.new(doc_id="SF", name="San Francisco")
    one.update_vals(with_raw={"name": "x"})
    assert (one.name, one.state, one.to_view_dict()) == ("San Francisco", None, {})
    assert one.to_dict() == {
        "name": "San Francisco", "state": None, "obj_type": "City", "doc_id": "SF", "doc_ref": "City/SF",
    }  # fmt: skip


@pytest.mark.parametrize("field", ["a b", "class", ""])
def test_a_field_that_no_attribute_can_be_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=r"City: .* cannot be the name of an attribute"):
        ClsFactory.create_customized("City", [field])


def test_a_class_belongs_to_the_module_that_makes_it() -> None:
    made = ClsFactory.create_customized(name="Lake", fieldnames=["depth"])
    assert (made.__module__, ClsFactory.create("Pond", CitySchema).__module__) == (__name__, __name__)
