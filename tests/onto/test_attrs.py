"""Attributes: spellings, types, reading and writing."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

import pytest

import onto.attrs
from onto import attrs
from onto.attrs import attrs as builder
from onto.condition import Condition
from onto.domain_model import DomainModel, Embedded
from onto.mapper import load, shape


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    left: str
    right: str


class Label(TypedDict):
    text: str


class Size(Embedded):
    width: int = attrs.nothing


class Everything(DomainModel):
    text: str = attrs.nothing
    maybe: str | None = attrs.nothing
    truth: bool = attrs.nothing
    whole: int = attrs.nothing
    real: float = attrs.nothing
    money: Decimal = attrs.nothing
    price = attrs.decimal(precision=5, scale=2)
    moment: datetime = attrs.nothing
    local = attrs.local_time
    date: date = attrs.nothing
    span: timedelta = attrs.nothing
    blob: bytes = attrs.nothing
    names: list[str] = attrs.nothing
    counts: dict[str, int] = attrs.nothing
    marks: set[str] = attrs.nothing
    colour: Colour = attrs.nothing
    point: Point = attrs.nothing
    pair: Pair = attrs.nothing
    label: Label = attrs.nothing
    size = attrs.embed(Size)
    friend = attrs.relation(dm_cls="Everything")
    raw = attrs.bproperty()


VALUES: dict[str, Any] = {
    "text": "é",
    "maybe": None,
    "truth": False,
    "whole": -(2**63),
    "real": 0.1,
    "money": Decimal("1.000000000000000001"),
    "price": Decimal("999.99"),
    "moment": datetime(2026, 3, 1, 9, 30, 0, 5, tzinfo=UTC),
    "local": datetime(2026, 3, 1, 9, 30),
    "date": date(2026, 3, 1),
    "span": timedelta(days=1, microseconds=7),
    "blob": b"\x00\xff",
    "names": ["a", "b"],
    "counts": {"a": 1},
    "marks": {"y", "x"},
    "colour": Colour.RED,
    "point": Point(1, 2),
    "pair": Pair("l", "r"),
    "label": {"text": "t"},
    "size": Size(width=3),
    "friend": "e2",
    "raw": {"any": [1, None, "x"]},
}

STORED = {
    "text": "é",
    "maybe": None,
    "truth": False,
    "whole": -(2**63),
    "real": 0.1,
    "money": "1.000000000000000001",
    "price": "999.99",
    "moment": "2026-03-01T09:30:00.000005Z",
    "local": "2026-03-01T09:30:00",
    "date": "2026-03-01",
    "span": 86400000007,
    "blob": "AP8=",
    "names": ["a", "b"],
    "counts": {"a": 1},
    "marks": ["x", "y"],
    "colour": "red",
    "point": {"x": 1, "y": 2},
    "pair": {"left": "l", "right": "r"},
    "label": {"text": "t"},
    "size": {"width": 3},
    "friend": "e2",
    "raw": {"any": [1, None, "x"]},
    "obj_type": "Everything",
    "doc_id": "e1",
    "doc_ref": "Everything/e1",
}


def test_the_module_and_the_builder_are_the_same_object() -> None:
    assert builder is attrs is onto.attrs


def test_every_type_has_a_stored_form() -> None:
    assert Everything.new(doc_id="e1", **VALUES).to_dict() == STORED


def test_every_type_is_read_back_from_its_stored_form() -> None:
    read = Everything.from_dict(STORED)
    assert {name: getattr(read, name) for name in VALUES} == VALUES


def test_unset_attributes_read_none_and_are_not_stored() -> None:
    made = Everything.new(doc_id="e1")
    assert [getattr(made, name) for name in VALUES] == [None] * len(VALUES)
    assert made.to_dict() == {"obj_type": "Everything", "doc_id": "e1", "doc_ref": "Everything/e1"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("whole", 2**63, "Everything.whole: 9223372036854775808 does not fit 64 bits"),
        ("whole", True, "Everything.whole: True is not an integer"),
        ("text", 1, "Everything.text: 1 is not a string"),
        ("truth", 1, "Everything.truth: 1 is not true or false"),
        ("real", float("nan"), "Everything.real: nan is not a finite number"),
        ("price", "1.005", "Everything.price: '1.005' is not a number of 5 digits with 2 after the point"),
        ("price", 1000, "Everything.price: 1000 is not a number of 5 digits with 2 after the point"),
        ("money", "many", "Everything.money: 'many' is not a decimal number"),
        (
            "moment",
            "2026-03-01T09:30:00",
            "Everything.moment: '2026-03-01T09:30:00' is not a time with an offset, such as a trailing Z",
        ),
        ("names", ["a", 1], "Everything.names[1]: 1 is not a string"),
        ("counts", {"a": "1"}, "Everything.counts['a']: '1' is not an integer"),
        ("colour", "blue", "Everything.colour: 'blue' is not one of 'red'"),
        ("point", {"x": 1, "y": "2"}, "Everything.point.y: '2' is not an integer"),
        ("blob", "*", "Everything.blob: '*' is not base64"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_attribute(key: str, value: Any, message: str) -> None:
    with pytest.raises(load.MappingError) as refused:
        Everything.from_dict({**STORED, key: value})
    assert str(refused.value) == message


def test_an_int_outside_64_bits_is_refused_on_its_way_out_too() -> None:
    with pytest.raises(load.MappingError, match=r"Everything\.whole: .* does not fit 64 bits"):
        Everything.new(whole=2**63).to_dict()


def test_three_spellings_mean_the_same_type() -> None:
    class Spelt(DomainModel):
        annotated: str = attrs.nothing
        argument = attrs.bproperty(type_cls=str)
        built = attrs.str
        chained = attrs.required.str

    shapes = [one.value_shape() for one in Spelt._attributes.values()]
    assert shapes == [shape.Plain(str)] * 4


def test_a_required_attribute_has_to_be_in_the_document() -> None:
    class Strict(DomainModel):
        name = attrs.str.required

    with pytest.raises(load.MappingError, match=r"Strict.name is required, and the document has no 'name'"):
        Strict.from_dict({"doc_id": "s"})


def test_a_data_key_and_a_default_are_kept() -> None:
    class Tagged(DomainModel):
        tag_name = attrs.str.data_key("t").default_value("none")

    assert Tagged.new(doc_id="x").to_dict()["t"] == "none"
    assert Tagged.from_dict({"doc_id": "x", "t": "y"}).tag_name == "y"


def test_getters_and_setters_of_all_spellings() -> None:
    class Named(DomainModel):
        first: str = attrs.nothing

        upper: str = attrs.nothing

        @upper.getter
        def upper(self):
            return self.first.upper()

        @upper.setter
        def upper(self, value):
            self.first = value.lower()

        @attrs.getter
        def shout(self) -> str:
            return self.upper + "!"

    made = Named.new(doc_id="n", first="ann")
    assert (made.upper, made.shout) == ("ANN", "ANN!")
    made.upper = "BEN"
    assert made.to_dict() == {"first": "ben", "obj_type": "Named", "doc_id": "n", "doc_ref": "Named/n"}
    with pytest.raises(AttributeError, match=r"Named\.shout is computed and has no setter"):
        made.shout = "x"


def test_an_overridden_getter_may_use_the_inherited_one() -> None:
    class Base(DomainModel):
        @attrs.getter
        def label(self) -> str:
            return "base"

    class Derived(Base):
        @attrs.getter
        def label(self) -> str:
            return super().label + "+"

    assert (Base.new().label, Derived.new().label) == ("base", "base+")


def test_an_attribute_may_be_named_like_a_type() -> None:
    assert Everything._attributes["date"].value_shape() == shape.Plain(date)


def test_an_annotation_that_cannot_be_read_is_named() -> None:
    class Odd(DomainModel):
        what: Nowhere = attrs.nothing  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(TypeError, match=r"Odd\.what: the type `Nowhere` cannot be read"):
        Odd.from_dict({"doc_id": "o", "what": 1})


@dataclass
class Later:
    """What attributes name before it is declared."""

    size: int


class Endless(NamedTuple):
    """A class that holds itself."""

    inner: Endless | None


def test_a_type_may_be_named_before_it_is_declared() -> None:
    class Early(DomainModel):
        one = attrs.embed("Later")
        several = attrs.list("Later")
        annotated: dict[str, "Later"] = attrs.nothing  # noqa: UP037
        built = attrs.required.of_type("Later")

    later = shape.embedded(Later)
    assert [one.value_shape() for one in Early._attributes.values()] == [
        later,
        shape.ListOf(later),
        shape.DictOf(later),
        later,
    ]
    early = Early.from_dict({"doc_id": "e", "one": {"size": 1}, "several": [{"size": 2}], "built": {"size": 3}})
    assert (early.one, early.several) == (Later(1), [Later(2)])


def test_a_class_that_contains_itself_is_named() -> None:
    class Odd(DomainModel):
        what: Endless = attrs.nothing

    with pytest.raises(TypeError, match=r"Endless contains itself; let it hold a doc_id, or raw JSON, in that place"):
        Odd.from_dict({"doc_id": "o"})


def test_a_builder_that_is_not_called_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Odd\.tags: write `attrs\.list\(\.\.\.\)`, which makes the attribute"):
        type("Odd", (DomainModel,), {"tags": attrs.list})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("collection", "; did you mean `collection_name`?"),
        ("unwrap", "; annotate with the inner type where the class is held, and make the object in a getter"),
        ("union", "; annotate with the base class, or leave the attribute raw JSON"),
    ],
)
def test_an_unknown_option_of_a_class_is_refused(name: str, meant: str) -> None:
    with pytest.raises(TypeError) as refused:
        type("Odd", (DomainModel,), {"Meta": type("Meta", (), {name: "x"})})
    assert str(refused.value) == f"Odd.Meta has no option `{name}`{meant}"


def test_an_unknown_option_of_an_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="an attribute has no option `data_kye`; did you mean `data_key`"):
        attrs.bproperty(data_kye="k")


def test_a_relation_has_no_other_collection_than_list_set_and_dict() -> None:
    with pytest.raises(TypeError, match=r"a relation's collection is list, set or dict, not <class 'tuple'>"):
        attrs.relation("User", collection=tuple)


def test_comparing_on_the_class_makes_a_condition() -> None:
    assert (Everything.whole < 3, Everything.text == "a") == (
        Condition("whole", "<", 3),
        Condition("text", "==", "a"),
    )


def test_an_entity_given_to_a_relation_is_kept_as_its_id() -> None:
    class Team(DomainModel):
        lead = attrs.relation(dm_cls=Everything)
        members = attrs.list(attrs.relation(dm_cls="Everything"))
        desks = attrs.dict(attrs.relation(dm_cls="Everything"))

    one = Everything.new(doc_id="e1")
    team = Team.new(lead=one, members=[one, "e2"], desks={"north": one})
    assert (team.lead, team.members, team.desks) == ("e1", ["e1", "e2"], {"north": "e1"})
    assert type(team.lead) is str
