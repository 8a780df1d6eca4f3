"""What a hotel keeps."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from onto.attrs import attrs
from onto.domain_model import DomainModel

CENT = Decimal("0.01")


class BookingState(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"


class Hotel(DomainModel):
    class Meta:
        collection_name = "htl_hotels"

    name: str = attrs.nothing
    stars: int = attrs.nothing
    city_tax: Decimal = attrs.decimal(precision=8, scale=2)
    weekend_factor: Decimal = attrs.decimal(precision=4, scale=2)
    amenities: list[str] = attrs.nothing


class Room(DomainModel):
    class Meta:
        collection_name = "htl_rooms"

    hotel = attrs.relation(dm_cls="Hotel")
    number: str = attrs.nothing
    beds: int = attrs.nothing
    rate: Decimal = attrs.decimal(precision=10, scale=2)
    view: str | None = attrs.nothing

    @attrs.getter
    def category(self) -> str:
        if (self.beds or 0) >= 4:
            return "family"
        if self.view == "sea":
            return "sea view"
        return "single" if self.beds == 1 else "standard"


class Guest(DomainModel):
    class Meta:
        collection_name = "htl_guests"

    name: str = attrs.nothing
    email: str | None = attrs.nothing
    country: str | None = attrs.nothing
    points: int = attrs.nothing

    @property
    def tier(self) -> str:
        points = self.points or 0
        for name, needed in (("gold", 40), ("silver", 3)):
            if points >= needed:
                return name
        return "basic"


class Booking(DomainModel):
    class Meta:
        collection_name = "htl_bookings"

    hotel = attrs.relation(dm_cls="Hotel")
    room = attrs.relation(dm_cls="Room")
    guest = attrs.relation(dm_cls="Guest")
    arrival: date = attrs.nothing
    departure: date = attrs.nothing
    persons: int = attrs.nothing
    state: BookingState = attrs.nothing
    extras: dict[str, int] = attrs.nothing

    @property
    def nights(self) -> int:
        if self.arrival is None or self.departure is None:
            return 0
        return max((self.departure - self.arrival).days, 0)

    @property
    def is_active(self) -> bool:
        return self.state not in (BookingState.CANCELLED, None)

    def overlaps(self, other: Booking) -> bool:
        return self.arrival < other.departure and other.arrival < self.departure

    def covers(self, day: date) -> bool:
        return self.arrival is not None and self.departure is not None and self.arrival <= day < self.departure


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def day_after(day: date) -> date:
    return day + timedelta(days=1)
