"""`onto call`: arguments as the method's parameters have them, and what is wrong said before anything is sent."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import click
import pytest

from onto import app, errors
from onto.attrs import attrs
from onto.cli import call
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Ticket(DomainModel):
    attendance: bool = attrs.nothing
    title: str = attrs.nothing
    seats: int = attrs.nothing

    def mark(self, attending: bool) -> None:
        self.attendance = attending

    def note(
        self, text: str, price: Decimal, on: datetime.date | None = None, other: Ticket | None = None,
        tags: list[str] | None = None, places: dict[str, int] | None = None, anything=None,
    ) -> None:  # fmt: skip
        self.title = text


class Seat(Ticket):
    def move(self, row: int) -> None:
        self.seats = row


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        ("mark", ["attending=true"], {"attending": True}),
        ("note", ["text=5", "price=1.50"], {"text": "5", "price": "1.50"}),
        ("note", ["text=a=b", "price=2", "on=2026-03-01"], {"text": "a=b", "price": "2", "on": "2026-03-01"}),
        ("note", ["text=", "price=2", "other=t2", "on=null"], {"text": "", "price": "2", "other": "t2", "on": None}),
        ("note", ["text=x", "price=2", 'tags=["a", "b"]'], {"text": "x", "price": "2", "tags": ["a", "b"]}),
        ("note", ["text=x", "price=2", "anything=loose"], {"text": "x", "price": "2", "anything": "loose"}),
        ("move", ["row=3"], {"row": 3}),
        ("new", ["title=7", "seats=7"], {"title": "7", "seats": 7}),
        ("save", ['document={"title": "x"}'], {"document": {"title": "x"}}),
        ("delete", [], {}),
    ],
)
def test_values_are_read_as_their_parameters_have_them(method: str, given: list[str], expected: dict[str, Any]) -> None:
    assert call.parse(Ticket, method, given) == expected


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("mark", ["attending=maybe"], "Ticket.mark: attending: 'maybe' is not true or false"),
        ("mark", ["attending=1"], "Ticket.mark: attending: 1 is not true or false"),
        ("mark", [], "Ticket.mark needs `attending`"),
        ("mark", ["attending=true", "x=1"], r"has no parameter `x` \(it takes attending\)"),
        ("mrak", [], "Ticket has no method `mrak`; did you mean `mark`?"),
        ("fly", [], "Ticket has no method `fly`; it has mark, note, new, save, delete"),
        ("_load", [], "has no method `_load`"),
        ("note", ["text=x", "price=much"], "Ticket.note: price: 'much' is not a"),
    ],
)
def test_what_does_not_fit_is_said(method: str, given: list[str], message: str) -> None:
    with pytest.raises(errors.OntoError, match=message.replace("?", r"\?")):
        call.parse(Ticket, method, given)


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("mark", ["true"], "`true` is no argument; write name=value"),
        ("mark", ["attending=true", "attending=false"], "`attending` is given twice"),
        ("note", ["text=x", "price=2", "tags=a"], r"""`tags` is a list, in JSON: write tags='\["a", "b"\]'"""),
        ("note", ["text=x", "price=2", 'tags=["a"'], "`tags` is a list, in JSON: "),
        ("note", ["text=x", "price=2", "places=a"], r"""`places` is an object, in JSON: write places='{"a": …}'"""),
    ],
)
def test_how_an_argument_is_written_is_said(method: str, given: list[str], message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        call.parse(Ticket, method, given)


class TicketStore(Store):
    ticket = reference(dm_cls=Ticket)


class TicketView(ViewModel):
    store: TicketStore

    there: bool = attrs.nothing
    title: str = attrs.nothing
    price: Decimal = attrs.nothing

    @there.setter
    def there(self, value):
        self.store.ticket.mark(value)

    @price.setter
    def price(self, value):
        self.store.ticket.note("", value)

    @title.getter
    def title(self):
        return self.store.ticket.title


def test_values_of_a_view_are_read_as_its_attributes_have_them() -> None:
    assert call.parse_values(TicketView, ["there=true", "price=1.50"]) == {"there": True, "price": "1.50"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["there=maybe"], "TicketView.there: 'maybe' is not true or false"),
        (["ther=true"], "TicketView has no attribute `ther`; did you mean `there`?"),
        (["title=x"], "TicketView.title has no setter; declare one with `@title.setter`"),
        ([], "TicketView: name the attributes to set, with their values"),
    ],
)
def test_what_a_view_does_not_take_is_said(given: list[str], message: str) -> None:
    with pytest.raises(errors.OntoError, match=message.replace("?", r"\?")):
        call.parse_values(TicketView, given)


LOADED = app.App("shop", (Ticket,), (TicketView,))


def test_a_call_goes_to_the_collection_of_the_model_or_of_the_root_of_the_view() -> None:
    assert call.command_of(LOADED, "Seat", "move", ["row=3"], "t1") == ("Ticket", {"row": 3})
    assert call.command_of(LOADED, "TicketView", "set", ["there=true"], "t1") == ("Ticket", {"there": True})


@pytest.mark.parametrize(
    ("name", "method", "message"),
    [
        ("TicketView", "mark", "TicketView is a view and has no method `mark`; it has set"),
        ("TicketVew", "set", "shop has no model or view `TicketVew`; did you mean `TicketView`?"),
    ],
)
def test_who_is_not_there_is_said(name: str, method: str, message: str) -> None:
    with pytest.raises(errors.OntoError, match=message.replace("?", r"\?")):
        call.command_of(LOADED, name, method, [], "t1")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"titel": "x"}', "Ticket has no attribute with the key 'titel'; did you mean 'title'?"),
        ('{"seats": "x"}', "Ticket.seats: 'x' is not an integer"),
        ('{"obj_type": "Seat", "row": 1}', "Seat has no attribute with the key 'row'; it has "),
    ],
)
def test_a_document_that_would_lose_something_is_not_sent(document: str, message: str) -> None:
    with pytest.raises(errors.OntoError, match=message.replace("?", r"\?")):
        call.command_of(LOADED, "Ticket", "save", [f"document={document}"], "t1")
