"""A hotel's desk, and a guest's stay."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TypedDict

from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.parity.apps.hotel.models import Booking, BookingState, Guest, Hotel, Room, day_after, rounded

EXTRA_PRICES = {"breakfast": Decimal("12.50"), "parking": Decimal("9.00"), "x": Decimal("3.33")}
SEASON_START = date(2026, 3, 1)


class Arrival(TypedDict):
    guest: str
    room: str
    nights: int
    vip: bool


class HotelDeskStore(Store):
    hotel = reference(dm_cls=Hotel)
    rooms = reference(dm_cls=Room, many=True)
    bookings = reference(dm_cls=Booking, many=True, on=lambda store, booking: booking.hotel == store.hotel)


class HotelDesk(ViewModel):
    class Meta:
        collection_name = "htl_desks"

    store: HotelDeskStore

    def active(self) -> list[Booking]:
        return [booking for booking in self.store.bookings.values() if booking.is_active]

    @attrs.getter
    def title(self) -> str:
        hotel = self.store.hotel
        return f"{hotel.name or 'Hotel'} {'*' * min(hotel.stars or 0, 5)}".rstrip()

    @attrs.getter
    def sold_nights(self) -> int:
        return sum(booking.nights for booking in self.active())

    @attrs.getter
    def revenue(self) -> Decimal:
        total = Decimal("0.00")
        for booking in self.active():
            room = self.store.rooms.get(booking.room)
            if room is None or room.rate is None:
                continue
            total += room.rate * booking.nights
        return total

    @attrs.getter
    def average_daily_rate(self) -> Decimal | None:
        if not self.sold_nights:
            return None
        return rounded(self.revenue / self.sold_nights)

    @attrs.getter
    def rooms_by_category(self) -> dict[str, list[str]]:
        grouped: defaultdict[str, list[str]] = defaultdict(list)
        for room in self.store.rooms.values():
            grouped[room.category].append(room.number or room.doc_id)
        return {category: sorted(numbers) for category, numbers in grouped.items()}

    @attrs.getter
    def cheapest_per_category(self) -> dict[str, Decimal]:
        cheapest: dict[str, Decimal] = {}
        for room in self.store.rooms.values():
            if room.rate is None:
                continue
            if room.category not in cheapest or room.rate < cheapest[room.category]:
                cheapest[room.category] = room.rate
        return cheapest

    @attrs.getter
    def opening_arrivals(self) -> int:
        return len([b for b in self.active() if b.arrival == SEASON_START])

    @attrs.getter
    def in_house(self) -> int:
        return sum(b.persons or 1 for b in self.active() if b.covers(SEASON_START))

    @attrs.getter
    def double_booked(self) -> set[str]:
        clashes = set()
        for one in self.store.bookings.values():
            for other in self.store.bookings.values():
                if one.doc_id >= other.doc_id or one.room is None or one.room != other.room:
                    continue
                if not (one.is_active and other.is_active):
                    continue
                if one.nights and other.nights and one.overlaps(other):
                    clashes.add(one.room)
        return clashes

    @attrs.getter
    def unknown_rooms(self) -> list[str]:
        return sorted({b.room for b in self.store.bookings.values() if b.room} - set(self.store.rooms))

    @attrs.getter
    def cancellation_rate(self) -> str:
        bookings = self.store.bookings.values()
        if not bookings:
            return "n/a"
        cancelled = sum(1 for b in bookings if b.state == BookingState.CANCELLED)
        return f"{cancelled / len(bookings):.1%}"

    @attrs.getter
    def busiest_arrival_day(self) -> date | None:
        per_day: dict[date, int] = {}
        for booking in self.active():
            if booking.arrival is not None:
                per_day[booking.arrival] = per_day.get(booking.arrival, 0) + 1
        if not per_day:
            return None
        return min(per_day, key=lambda day: (-per_day[day], day))

    @attrs.getter
    def amenities_line(self) -> str:
        return " · ".join(a.strip().lower() for a in self.store.hotel.amenities or [] if a and not a.isspace())

    @attrs.getter
    def next_free_day(self) -> date:
        day = SEASON_START
        for booking in sorted(self.active(), key=lambda b: (b.arrival or SEASON_START, b.doc_id)):
            if booking.covers(day):
                day = booking.departure
        return day_after(day)


class StayStore(Store):
    booking = reference(dm_cls=Booking)
    hotel = reference(dm_cls=Hotel)
    room = reference(dm_cls=Room)
    guest = reference(dm_cls=Guest)


class Stay(ViewModel):
    class Meta:
        collection_name = "htl_stays"

    store: StayStore

    @attrs.getter
    def greeting(self) -> str:
        guest = self.store.guest
        if guest is None or not guest.name:
            return "Dear guest"
        first, *_ = guest.name.split(" ")
        return f"Dear {first or guest.name.strip()}"

    @attrs.getter
    def room_line(self) -> str | None:
        if (room := self.store.room) is None:
            return None
        return f"Room {room.number}, {room.category}" + (f" ({room.view} view)" if room.view else "")

    @attrs.getter
    def nights(self) -> int:
        return self.store.booking.nights

    @attrs.getter
    def base_price(self) -> Decimal:
        room, hotel = self.store.room, self.store.hotel
        if room is None:
            return Decimal(0)
        price = (room.rate or Decimal(0)) * self.nights
        if hotel and hotel.weekend_factor and self.store.booking.arrival and self.store.booking.arrival.weekday() >= 4:
            price *= hotel.weekend_factor
        return rounded(price)

    @attrs.getter
    def extras_price(self) -> Decimal:
        return sum(
            (EXTRA_PRICES[name] * count for name, count in (self.store.booking.extras or {}).items()
             if name in EXTRA_PRICES and count),
            Decimal(0),
        )  # fmt: skip

    @attrs.getter
    def city_tax(self) -> Decimal:
        hotel = self.store.hotel
        if hotel is None or hotel.city_tax is None:
            return Decimal("0.00")
        return hotel.city_tax * (self.store.booking.persons or 0) * self.nights

    @attrs.getter
    def discount(self) -> Decimal:
        tier = self.store.guest.tier if self.store.guest else "basic"
        match tier:
            case "gold":
                return Decimal("0.10")
            case "silver":
                return Decimal("0.05")
            case _:
                return Decimal(0)

    @attrs.getter
    def total(self) -> Decimal:
        reduced = rounded(self.base_price * (1 - self.discount))
        return reduced + self.extras_price + self.city_tax

    @attrs.getter
    def invoice(self) -> list[str]:
        lines = [f"{self.nights} nights: {self.base_price:.2f}"]
        if self.discount:
            lines.append(f"discount: {self.discount * 100:.0f}%")
        if self.extras_price > 0:
            lines.append(f"extras: {self.extras_price:.2f}")
        lines.append(f"total: {self.total:.2f}")
        return lines

    @attrs.getter
    def period(self) -> str:
        booking = self.store.booking
        if booking.arrival is None or booking.departure is None:
            return "open"
        return f"{booking.arrival:%d.%m.%Y} – {booking.departure:%d.%m.%Y}"

    @attrs.getter
    def may_check_in(self) -> bool:
        booking = self.store.booking
        return (
            booking.state is BookingState.CONFIRMED
            and self.store.room is not None
            and (booking.persons or 1) <= (self.store.room.beds or 0)
        )

    @attrs.getter
    def contact(self) -> str | None:
        guest = self.store.guest
        email = guest.email if guest else None
        if not email or "@" not in email:
            return None
        user, _, host = email.partition("@")
        return f"{user[:1]}***@{host.lower()}"

    @attrs.getter
    def guest_country(self) -> str:
        country = (self.store.guest and self.store.guest.country) or "unknown"
        return country.strip().upper()[:2]
