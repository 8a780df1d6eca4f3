"""Domain models: identity, stored form, inheritance, the context's datastore, queries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples.city.models import City, Municipality, StandardCity
from onto import attrs
from onto.context import CTX
from onto.database.memory import Memory
from onto.domain_model import DomainModel


@pytest.fixture(autouse=True)
def _cities() -> Iterator[None]:
    CTX.use(Memory())
    for made in (
        StandardCity.create(doc_id="SF", city_name="San Francisco", city_state="CA", country="USA", capital=False),
        Municipality.create(doc_id="TOK", city_name="Tokyo", country="Japan", capital=True),
        City.new(doc_id="XX", country="Nowhere"),
    ):
        made.save()
    yield
    CTX.use(None)


def ids(found: object) -> list[str]:
    return [one.doc_id for one in found]  # type: ignore[attr-defined]  # any iterable of cities


def test_the_stored_form_is_camel_case_with_reserved_names_as_they_are() -> None:
    la = StandardCity.create(doc_id="LA")
    la.city_name, la.city_state, la.country = "Los Angeles", "CA", "USA"
    la.capital, la.regions = False, ["west_coast", "social"]
    la.save()
    expected = {
        "cityName": "Los Angeles",
        "cityState": "CA",
        "country": "USA",
        "capital": False,
        "regions": ["west_coast", "social"],
        "obj_type": "StandardCity",
        "doc_id": "LA",
        "doc_ref": "City/LA",
    }
    assert la.to_dict() == expected == CTX.db.document("City/LA").get().to_dict()


def test_get_returns_the_stored_class_and_none_where_there_is_nothing() -> None:
    found = City.get(doc_id="TOK")
    assert (type(found), found.city_name) == (Municipality, "Tokyo")
    assert City.get(doc_id="nope") is None
    assert StandardCity.get(doc_id="TOK") is None


def test_a_class_sees_itself_and_what_is_below_it() -> None:
    assert [ids(one.all()) for one in (City, Municipality, StandardCity)] == [["SF", "TOK", "XX"], ["TOK"], ["SF"]]


def test_a_document_of_unknown_or_no_type_is_of_the_topmost_class() -> None:
    CTX.db.document("City/A").set({"country": "A"})
    CTX.db.document("City/B").set({"country": "B", "obj_type": "Village"})
    assert ids(City.where(country="A")) + ids(City.where(country="B")) == ["A", "B"]
    assert ids(Municipality.all()) == ["TOK"]


def test_conditions_in_every_spelling() -> None:
    assert ids(City.where(capital=True)) == ["TOK"]
    assert ids(City.where(city_state="CA")) == ["SF"]
    assert ids(City.where("cityState", "=", "CA")) == ["SF"]
    assert ids(City.where("city_state", "==", "CA")) == ["SF"]
    assert ids(City.where(City.city_name >= "T")) == ["TOK"]
    assert ids(City.where(City.city_name > "A", City.city_name < "T", country="USA")) == ["SF"]
    assert ids(City.where(city_name=None)) == []
    assert ids(City.where(City.city_name < 3)) == []


def test_a_condition_on_an_unknown_attribute_says_which_is_meant() -> None:
    with pytest.raises(ValueError, match="City has no attribute `contry`; did you mean `country`"):
        City.where(contry="USA")


def test_new_refuses_an_unknown_attribute() -> None:
    with pytest.raises(ValueError, match="City has no attribute `citi_name`; did you mean `city_name`"):
        City.new(citi_name="x")


def test_setting_changes_nothing_stored_until_save_and_delete_removes() -> None:
    found = City.get(doc_id="XX")
    assert found is not None
    found.country = "Somewhere"
    assert [one.country for one in City.where(country="Nowhere")] == ["Nowhere"]
    found.save()
    assert ids(City.where(country="Somewhere")) == ["XX"]
    found.delete()
    assert City.get(doc_id="XX") is None


def test_an_entity_equals_its_id_and_hashes_like_it() -> None:
    one, same, other = City.new(doc_id="a"), City.new(doc_id="a", country="x"), City.new(doc_id="b")
    assert (one == "a", one == same, one == other, one == 1, {one: 1}["a"]) == (True, True, False, False, 1)


def test_the_reference_is_a_path() -> None:
    ref = City.new(doc_id="LA").doc_ref
    assert (str(ref), ref.id, ref == "City/LA") == ("City/LA", "LA", True)


def test_ids_are_made_where_none_is_given() -> None:
    assert City.new().doc_id != City.new().doc_id


def test_collections_are_inherited_and_default_to_the_topmost_name() -> None:
    class Animal(DomainModel):
        pass

    class Dog(Animal):
        pass

    class Seed(DomainModel):
        _collection_name = "seeds"

    assert [one.collection_name() for one in (Animal, Dog, Seed, StandardCity)] == [
        "Animal",
        "Animal",
        "seeds",
        "City",
    ]


def test_conversion_of_names_can_be_turned_off_and_attributes_left_out() -> None:
    class Plain(DomainModel):
        class Meta:
            case_conversion = False
            exclude = ("secret_word",)

        first_name = attrs.str
        secret_word = attrs.str

    made = Plain.new(doc_id="p", first_name="a", secret_word="b")
    assert made.to_dict() == {"first_name": "a", "obj_type": "Plain", "doc_id": "p", "doc_ref": "Plain/p"}


def test_update_vals_takes_the_keys_that_a_document_has() -> None:
    made = City.new(doc_id="c", country="x", capital=True)
    made.update_vals(with_raw={"cityName": "C", "country": "y", "other": 1})
    assert (made.city_name, made.country, made.capital) == ("C", "y", True)


def test_queries_in_order_and_of_the_first_ones() -> None:
    assert ids(City.get_query().order_by(City.city_name)) == ["SF", "TOK"]
    assert ids(City.get_query().order_by("-country").limit(2)) == ["SF", "XX"]
    assert City.where(country=("!=", "USA")).order_by("country").first() == "TOK"
    assert ids(City.where(City.country.in_(["USA", "Japan"]))) == ["SF", "TOK"]
    assert ids(City.where(City.country != "USA")) == ["TOK", "XX"]
