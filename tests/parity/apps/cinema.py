"""A cinema: screenings, bookings and ratings, with static methods and aggregators that several views share."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from onto.aggregator import Aggregator
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Film(DomainModel):
    class Meta:
        collection_name = "cin_films"

    title: str = attrs.nothing
    minutes: int = attrs.nothing
    languages: list[str] = attrs.nothing


class Hall(DomainModel):
    class Meta:
        collection_name = "cin_halls"

    name: str = attrs.nothing
    seats: int = attrs.nothing


class Screening(DomainModel):
    class Meta:
        collection_name = "cin_screenings"

    film = attrs.relation(dm_cls="Film")
    hall = attrs.relation(dm_cls="Hall")
    day: str = attrs.nothing


class Booking(DomainModel):
    class Meta:
        collection_name = "cin_bookings"

    screening = attrs.relation(dm_cls="Screening")
    guest: str = attrs.nothing
    seats: int = attrs.nothing
    paid: Decimal = attrs.nothing
    cancelled: bool = attrs.nothing


class Seats(Aggregator):
    """How many seats are taken: what is cancelled takes none."""

    @classmethod
    def create_accumulator(cls) -> int:
        return 0

    @classmethod
    def accumulate(cls, taken: int, booking: Booking) -> int:
        return taken if booking.cancelled else taken + (booking.seats or 0)

    @classmethod
    def retract(cls, taken: int, booking: Booking) -> int:
        return taken if booking.cancelled else taken - (booking.seats or 0)

    @classmethod
    def get_value(cls, taken: int) -> int:
        return taken


class Parties(Aggregator):
    """The guests by how many seats they have, the largest party first."""

    @classmethod
    def create_accumulator(cls) -> dict[str, int]:
        return {}

    @classmethod
    def accumulate(cls, parties: dict[str, int], booking: Booking) -> dict[str, int]:
        guest = booking.guest or "?"
        parties[guest] = parties.get(guest, 0) + (booking.seats or 0)
        return parties

    @classmethod
    def retract(cls, parties: dict[str, int], booking: Booking) -> dict[str, int]:
        guest = booking.guest or "?"
        parties[guest] = parties.get(guest, 0) - (booking.seats or 0)
        return {name: seats for name, seats in parties.items() if seats}

    @classmethod
    def get_value(cls, parties: dict[str, int]) -> str:
        return ", ".join(
            f"{name} {seats}" for name, seats in sorted(parties.items(), key=lambda one: (-one[1], one[0]))
        )


class Takings(Aggregator):
    """What was paid, and the largest single payment."""

    @classmethod
    def create_accumulator(cls) -> list[Decimal]:
        return []

    @classmethod
    def accumulate(cls, paid: list[Decimal], booking: Booking) -> list[Decimal]:
        return paid if booking.paid is None else [*paid, booking.paid]

    @classmethod
    def retract(cls, paid: list[Decimal], booking: Booking) -> list[Decimal]:
        if booking.paid is not None:
            paid.remove(booking.paid)
        return paid

    @classmethod
    def get_value(cls, paid: list[Decimal]) -> dict[str, Decimal]:
        return {"sum": sum(paid, Decimal(0)), "most": max(paid, default=Decimal(0))}


class ScreeningStore(Store):
    screening = reference(dm_cls=Screening)
    film = reference(dm_cls=Film)
    hall = reference(dm_cls=Hall)
    bookings = reference(dm_cls=Booking, many=True, on=lambda store, booking: booking.screening == store.screening)


class ScreeningPoster(ViewModel):
    store: ScreeningStore

    @staticmethod
    def folded(text: str) -> str:
        return unicodedata.normalize("NFKD", text).casefold()

    @staticmethod
    def free(seats: int, taken: int) -> int:
        return max(seats - taken, 0)

    @staticmethod
    def shortened(text: str, length: int) -> str:
        return text if len(text) <= length else text[: length - 1] + "…"

    @attrs.getter
    def search_key(self) -> str | None:
        return self.folded(self.store.screening.day)

    @attrs.getter
    def title(self) -> str:
        return self.shortened(self.store.film.title or "(no title)", 12) if self.store.film else "(no film)"

    @attrs.getter
    def taken(self) -> int:
        return Seats.over(self.store.bookings)

    @attrs.getter
    def free_seats(self) -> int | None:
        if self.store.hall is None or self.store.hall.seats is None:
            return None
        return self.free(self.store.hall.seats, Seats.over(self.store.bookings))

    @attrs.getter
    def is_sold_out(self) -> bool:
        return self.free_seats == 0

    @attrs.getter
    def parties(self) -> str:
        return Parties.over(self.store.bookings)

    @attrs.getter
    def takings(self) -> dict[str, Decimal]:
        return Takings.over(self.store.bookings)

    @attrs.getter
    def cancelled(self) -> list[str]:
        return sorted(
            self.shortened(one.guest, 5) for one in self.store.bookings.values() if one.cancelled and one.guest
        )


class FilmStore(Store):
    film = reference(dm_cls=Film)
    screenings = reference(dm_cls=Screening, many=True, on=lambda store, screening: screening.film == store.film)


class FilmCard(ViewModel):
    store: FilmStore

    @staticmethod
    def length(minutes: int) -> str:
        return f"{minutes // 60}:{minutes % 60:02d}"

    @attrs.getter
    def duration(self) -> str | None:
        return None if self.store.film.minutes is None else self.length(self.store.film.minutes)

    @attrs.getter
    def search_key(self) -> str:
        return ScreeningPoster.folded(self.store.film.title)

    @attrs.getter
    def days(self) -> list[str]:
        return sorted({one.day for one in self.store.screenings.values() if one.day})

    @attrs.getter
    def spoken(self) -> list[str]:
        return [ScreeningPoster.folded(one) for one in self.store.film.languages or [] if one]
