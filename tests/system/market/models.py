"""Every method that changes something counts itself on each entity that it reads: versions tell the serial order.

What a method that changes nothing returns, and most of what is raised, tells which versions it saw: `market.told`.
"""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Account(DomainModel):
    """Money, which may not be less than none."""

    class Meta:
        collection_name = "accounts"

    balance: int = attrs.nothing
    seen: int = attrs.nothing

    def touch(self) -> int:
        self.seen = (self.seen or 0) + 1
        return self.balance

    def deposit(self, amount: int) -> int:
        self.touch()
        self.balance += amount
        return self.balance

    def withdraw(self, amount: int) -> int:
        if amount > self.touch():
            raise ValueError(f"not enough on account {self.doc_id}, touched {self.seen - 1} times")
        self.balance -= amount
        return self.balance

    def transfer(self, to: Account, amount: int) -> list[int]:
        return [self.withdraw(amount), to.deposit(amount)]

    def look(self) -> int:
        return self.balance

    def survey(self, others: list[Account]) -> list[list[object]]:
        return [[one.doc_id, one.seen, one.balance] for one in (self, *others)]


class Item(DomainModel):
    """Something that a shop has a number of."""

    class Meta:
        collection_name = "items"

    stock: int = attrs.nothing
    price: int = attrs.nothing

    def take(self, count: int) -> int:
        if count > self.stock:
            raise ValueError(f"{self.doc_id} has only {self.stock}")
        self.stock -= count
        return count * self.price


class Order(DomainModel):
    """A cart that is paid as a whole or not at all."""

    class Meta:
        collection_name = "orders"

    items = attrs.list(attrs.relation(dm_cls="Item"))
    buyer = attrs.relation(dm_cls="Account")
    shop = attrs.relation(dm_cls="Account")
    paid: int | None = attrs.nothing

    def check_out(self) -> int:
        if self.paid is not None:
            raise ValueError("paid already")
        total = sum(item.take(1) for item in self.items)
        self.buyer.transfer(self.shop, total)
        self.paid = total
        return total


class Place(DomainModel):
    """A hotel or a flight, with a number of places."""

    class Meta:
        collection_name = "places"

    free: int = attrs.nothing
    guests: list[str] = attrs.nothing

    def reserve(self, guest: str) -> int:
        if self.free < 1:
            raise RuntimeError(f"{self.doc_id} is full with {self.free} free")
        self.free -= 1
        self.guests = [*self.guests, guest]
        return self.free


class Trip(DomainModel):
    """A hotel and a flight, both or none."""

    class Meta:
        collection_name = "trips"

    booked: bool = attrs.nothing

    def book(self, hotel: Place, flight: Place) -> list[int]:
        left = [hotel.reserve(self.doc_id), flight.reserve(self.doc_id)]
        self.booked = True
        return left


class Auction(DomainModel):
    """The highest bid is held back from its bidder's account, and given back when it is outbid."""

    class Meta:
        collection_name = "auctions"

    highest: int = attrs.nothing
    bidder = attrs.relation(dm_cls="Account")

    def bid(self, bidder: Account, amount: int) -> int:
        if amount <= self.highest:
            raise ValueError(f"the highest bid of {self.doc_id} is {self.highest}")
        bidder.withdraw(amount)
        if self.bidder is not None:
            self.bidder.deposit(self.highest)
        self.highest, self.bidder = amount, bidder
        return amount


class Doctor(DomainModel):
    """One of a ward, in which somebody has to be on call."""

    class Meta:
        collection_name = "doctors"

    on_call: bool = attrs.nothing
    ward = attrs.list(attrs.relation(dm_cls="Doctor"))

    def leave(self) -> int:
        others = sum(1 for one in self.ward if one.on_call and one != self)
        if not others:
            raise ValueError("nobody else is on call")
        self.on_call = False
        return others


class Link(DomainModel):
    """A link of a chain; each knows only the next."""

    class Meta:
        collection_name = "links"

    count: int = attrs.nothing
    next = attrs.relation(dm_cls="Link")

    def pass_on(self, amount: int) -> list[int]:
        self.count += amount
        first = self.next
        second = first.next
        third = second.next
        first.count += amount
        second.count += amount
        third.count -= 3 * amount
        return [self.count, first.count, second.count, third.count]

    def undo(self, amount: int) -> str:
        self.count += amount
        try:
            self.next.refuse(amount)
        except ValueError as error:
            return str(error)
        return "not refused"

    def refuse(self, amount: int) -> None:
        self.count += amount
        raise ValueError(f"{self.doc_id} refuses {amount}")


class Tariff(DomainModel):
    """What an account pays; whoever pays only reads it, and so shares it with all others who do."""

    class Meta:
        collection_name = "tariffs"

    rate: int = attrs.nothing
    changes: int = attrs.nothing

    def change(self, rate: int) -> int:
        self.rate, self.changes = rate, self.changes + 1
        return self.changes

    def follow(self, leader: Tariff) -> list[object]:
        """Take over the rate of another one: two that follow each other may not cross."""
        self.rate, self.changes = leader.rate + 1, self.changes + 1
        return [leader.doc_id, leader.changes, self.rate]


class Contract(DomainModel):
    """Somebody's payments by a tariff, which nobody pays by a rate that was not theirs together."""

    class Meta:
        collection_name = "contracts"

    tariffs = attrs.list(attrs.relation(dm_cls="Tariff"))
    paid: int = attrs.nothing

    def pay(self) -> list[list[object]]:
        self.paid += sum(one.rate for one in self.tariffs)
        return [[one.doc_id, one.changes, self.paid] for one in self.tariffs]
