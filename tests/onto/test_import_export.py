"""What documents of others may set, and what they are shown; the datastore keeps the whole entity."""

from __future__ import annotations

import enum
from typing import Any

import marshmallow.validate
import pytest

from onto import attrs
from onto.domain_model import DomainModel, Embedded
from onto.mapper import fields, load, shape
from onto.mapper.schema import Schema
from onto.view_model import ViewModel


class Colour(enum.Enum):
    RED = "red"


class Size(Embedded):
    width: int = attrs.nothing


class Account(DomainModel):
    owner_name = attrs.str.import_required
    balance = attrs.bproperty(type_cls=int, import_enabled=False)
    password = attrs.internal.str
    rank = attrs.bproperty(type_cls=str, import_default="new", export_default="nobody")
    nickname = attrs.str.none_as_missing
    size = attrs.embed(Size)

    @attrs.getter
    def label(self) -> str:
        return f"{self.owner_name}: {self.balance}"


def test_a_document_of_others_sets_only_what_it_may() -> None:
    made = Account.new(doc_id="a", balance=1)
    made.update_vals(with_raw={
        "ownerName": "Ann", "balance": 1000, "password": "x", "label": "!", "doc_id": "b", "nickname": None
    })  # fmt: skip
    assert made.to_dict() == {
        "ownerName": "Ann",
        "balance": 1,
        "rank": "new",
        "obj_type": "Account",
        "doc_id": "a",
        "doc_ref": "Account/a",
    }


def test_what_is_set_already_need_not_be_said_again() -> None:
    made = Account.new(owner_name="Ann", rank="old")
    made.update_vals(with_raw={"nickname": "A"})
    assert (made.owner_name, made.rank, made.nickname) == ("Ann", "old", "A")
    with pytest.raises(
        load.MappingError, match=r"Account\.owner_name is required, and the document has no 'ownerName'"
    ):
        Account.new().update_vals(with_raw={})


def test_a_value_that_does_not_fit_is_refused_before_any_is_set() -> None:
    made = Account.new(owner_name="Ann")
    with pytest.raises(load.MappingError, match=r"Account\.size\.width: 'wide' is not an integer"):
        made.update_vals(with_raw={"ownerName": "Ben", "size": {"width": "wide"}})
    with pytest.raises(ValueError, match="Account has no attribute `nicknam`; did you mean `nickname`"):
        made.update_vals(owner_name="Ben", nicknam="x")
    assert made.owner_name == "Ann"


def test_the_datastore_keeps_what_others_do_not_see() -> None:
    made = Account.new(doc_id="a", owner_name="Ann", balance=3, password="x")
    assert made.to_dict()["password"] == "x"
    assert Account.from_dict(made.to_dict()).password == "x"
    assert made.to_view_dict() == {"ownerName": "Ann", "balance": 3, "rank": "nobody", "label": "Ann: 3"}


def test_what_is_required_is_not_shown_without() -> None:
    class Card(DomainModel):
        number = attrs.str.export_required

    class CardView(ViewModel):
        number = attrs.required.export_required.str

    for cls in (Card, CardView):
        with pytest.raises(load.MappingError, match=rf"{cls.__name__}\.number is required in what is shown"):
            cls.new().to_view_dict()


def test_an_option_may_come_before_or_after_the_type() -> None:
    class Pair(DomainModel):
        before = attrs.data_key("b").required.doc("text").default_value([1]).list(attrs.int)
        after = attrs.list(attrs.int).data_key("b").required.doc("text").default_value([1])

    one, two = Pair._attributes.values()
    options = ("data_name", "required_on_load", "text", "defaults", "explicit")
    assert [getattr(one, each) for each in options] == [getattr(two, each) for each in options]
    assert Pair.new().before is not Pair.new().before


def test_the_original_spellings_of_items() -> None:
    class Listed(DomainModel):
        names = attrs.list(value=lambda a: a.of_type(str))
        marks = attrs.set(value=lambda a: a.int)

    assert [one.value_shape() for one in Listed._attributes.values()] == [
        shape.ListOf(shape.Plain(str)),
        shape.SetOf(shape.Plain(int)),
    ]


def test_reserved_names_may_be_declared_and_stay_what_they_are() -> None:
    class Node(DomainModel):
        doc_id = attrs.doc_id
        obj_type = attrs.object_type

    assert (Node.new(doc_id="n").doc_id, Node.new().obj_type) == ("n", "Node")
    with pytest.raises(TypeError, match=r"Odd\.key: every entity has doc_id, doc_ref, obj_type"):
        type("Odd", (DomainModel,), {"key": attrs.doc_id})


@pytest.mark.parametrize("write", [lambda one: one.to_dict(), lambda one: one.update_vals(with_raw={"age": -1})])
def test_a_check_refuses_a_value_by_name(write: Any) -> None:
    class Person(DomainModel):
        age = attrs.bproperty(type_cls=int, validate=marshmallow.validate.Range(min=0))

    with pytest.raises(load.MappingError, match=r"Person\.age: -1 is refused: Must be greater than or equal to 0"):
        write(Person.new(age=-1))


def test_a_check_may_answer_false() -> None:
    def is_short(text: str) -> bool:
        return len(text) < 3

    class Tag(DomainModel):
        text = attrs.str.validate(is_short)

    assert Tag.new(text="ab").to_dict()["text"] == "ab"
    with pytest.raises(load.MappingError, match=r"Tag\.text: 'abc' is refused by is_short"):
        Tag.new(text="abc").to_dict()


def test_a_mistyped_attribute_is_never_set_in_silence() -> None:
    made = Account.new()
    with pytest.raises(AttributeError, match="Account has no attribute `balanse`; did you mean `balance`"):
        made.balanse = 3
    with pytest.raises(AttributeError, match="Size has no attribute `widht`; did you mean `width`"):
        Size(width=1).widht = 2
    made._private = 1


def test_meta_may_name_all_that_goes_in_or_out() -> None:
    class Form(ViewModel):
        class Meta:
            import_only = ("name",)
            export_only = ("name", "size")

        name = attrs.str
        size = attrs.int
        secret = attrs.str

    form = Form.new()
    form.update_vals(with_raw={"name": "x", "size": 3, "secret": "s"})
    form.update_vals(size=1, secret="t")
    assert form.to_view_dict() == {"name": "x", "size": 1}


def test_what_an_init_makes_is_not_set_by_a_document() -> None:
    class Form(ViewModel):
        made = attrs.bproperty(initialize=True)

        @made.init
        def made(self):
            self._attrs.made = "own"

    form = Form.new()
    form.update_vals(with_raw={"made": "theirs"})
    assert form.made == "own"


class ThingSchema(Schema):
    colour = fields.Enum(Colour)
    size = fields.Embedded(Size, many=True)
    secret = fields.Str(load_only=True)
    given = fields.Int(dump_only=True)
    rank = fields.Str(load_default="new", validate=marshmallow.validate.OneOf(["new", "old"]))


class Thing(DomainModel):
    class Meta:
        schema_cls = ThingSchema


def test_a_schemas_options_mean_the_same() -> None:
    made = Thing.new(doc_id="t", given=1)
    made.update_vals(with_raw={"colour": "red", "size": [{"width": 2}], "secret": "s", "given": 2})
    assert (made.colour, made.size, made.given, made.rank) == (Colour.RED, [Size(width=2)], 1, "new")  # type: ignore[attr-defined]  # by schema
    assert made.to_view_dict() == {"colour": "red", "size": [{"width": 2}], "given": 1, "rank": "new"}
    with pytest.raises(load.MappingError, match=r"Thing\.rank: 'x' is refused: Must be one of: new, old"):
        made.update_vals(with_raw={"rank": "x"})


def test_a_schema_links_to_a_view_as_to_a_model() -> None:
    class ThingView(ViewModel):
        class Meta:
            schema_cls = ThingSchema

    view = ThingView.new()
    view.update_vals(colour=Colour.RED)
    assert view.to_view_dict() == {"colour": "red"}


def test_an_enum_by_name_is_told() -> None:
    class ByName(Schema):
        colour = marshmallow.fields.Enum(Colour)

    with pytest.raises(TypeError, match="Colour is stored by its values: write fields"):
        type("Model", (DomainModel,), {"_schema_cls": ByName})
