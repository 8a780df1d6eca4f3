"""Rooms and their bookings: what is told by room, kind, day and host, as teams gather it in dicts of records."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Site(DomainModel):
    class Meta:
        collection_name = "roo_sites"

    name: str = attrs.nothing


class Room(DomainModel):
    class Meta:
        collection_name = "roo_rooms"

    site = attrs.relation(dm_cls="Site")
    name: str = attrs.nothing
    seats: int = attrs.nothing


class Booking(DomainModel):
    class Meta:
        collection_name = "roo_bookings"

    site = attrs.relation(dm_cls="Site")
    room = attrs.relation(dm_cls="Room")
    kind: str = attrs.nothing
    host: str = attrs.nothing
    minutes: int = attrs.nothing
    end: datetime = attrs.nothing
    price: Decimal = attrs.nothing
    paid: bool = attrs.nothing


class SiteStore(Store):
    site = reference(dm_cls=Site)
    rooms = reference(dm_cls=Room, many=True)
    bookings = reference(dm_cls=Booking, many=True)


class SiteBoard(ViewModel):
    store: SiteStore

    @attrs.getter
    def by_room(self):
        rooms = {}
        for booking in self.store.bookings.values():
            room = self.store.rooms.get(booking.room)
            entry = rooms.setdefault(room.name if room else "?", {"n": 0, "minutes": 0, "last": None})
            entry["n"] += 1
            entry["minutes"] += booking.minutes or 0
            if booking.end is not None and (entry["last"] is None or booking.end > entry["last"]):
                entry["last"] = booking.end
        return [{"room": name or "-", **entry} for name, entry in sorted(rooms.items(), key=lambda one: one[0] or "")]

    @attrs.getter
    def by_kind(self):
        kinds = {}
        for booking in self.store.bookings.values():
            if booking.kind not in kinds:
                kinds[booking.kind] = {"n": 0, "paid": 0, "price": Decimal("0")}
            kinds[booking.kind]["n"] += 1
            if booking.paid:
                kinds[booking.kind]["paid"] += 1
                kinds[booking.kind]["price"] += booking.price or Decimal("0")
        return kinds

    @attrs.getter
    def kinds_in_order(self):
        kinds = {}
        for booking in self.store.bookings.values():
            entry = kinds.setdefault(booking.kind or "-", {"kind": booking.kind or "-", "n": 0, "ids": []})
            entry["n"] += 1
            entry["ids"].append(booking.doc_id)
        return list(kinds.values())

    @attrs.getter
    def busiest(self):
        kinds = defaultdict(lambda: {"n": 0, "minutes": 0})
        for booking in self.store.bookings.values():
            kinds[booking.kind or "-"]["n"] += 1
            kinds[booking.kind or "-"]["minutes"] += booking.minutes or 0
        return sorted(
            ({"kind": kind, "average": one["minutes"] // one["n"]} for kind, one in kinds.items()),
            key=lambda one: (-one["average"], one["kind"]),
        )[:2]

    @attrs.getter
    def hosts(self):
        hosts = {}
        for booking in self.store.bookings.values():
            entry = hosts.get(booking.host)
            if entry is None:
                entry = {"longest": None, "when": None, "all_paid": True}
                hosts[booking.host] = entry
            minutes = booking.minutes or 0
            if entry["longest"] is None or minutes > entry["longest"]:
                entry["longest"] = minutes
                entry["when"] = booking.end
            if not booking.paid:
                entry["all_paid"] = False
        return hosts

    @attrs.getter
    def spans(self):
        spans = {}
        for booking in self.store.bookings.values():
            minutes = booking.minutes or 0
            if booking.kind in spans:
                spans[booking.kind]["low"] = min(spans[booking.kind]["low"], minutes)
                spans[booking.kind]["high"] = max(spans[booking.kind]["high"], minutes)
            else:
                spans[booking.kind] = {"low": minutes, "high": minutes, "first": booking.doc_id}
        return spans

    @attrs.getter
    def shares(self):
        counts = defaultdict(lambda: [0, 0])
        for booking in self.store.bookings.values():
            cell = counts[booking.kind or "-"]
            cell[0] += 1
            if booking.paid:
                cell[1] += 1
        return {kind: round(paid / number, 2) for kind, (number, paid) in counts.items()}

    @attrs.getter
    def best_host(self):
        hosts = {}
        for booking in self.store.bookings.values():
            entry = hosts.setdefault(booking.host or "-", {"n": 0, "minutes": 0})
            entry["n"] += 1
            entry["minutes"] += booking.minutes
        if not hosts:
            return None
        host, entry = max(hosts.items(), key=lambda one: one[1]["minutes"])
        return f"{host} ({entry['n']})"

    @attrs.getter
    def of_ten(self):
        kinds = {}
        for booking in self.store.bookings.values():
            entry = kinds.setdefault(booking.kind or "-", {"n": 0, "tenths": 0})
            entry["n"] += 1
            entry["tenths"] += 10 // booking.minutes
        return kinds["-"]["tenths"] if "-" in kinds else 0

    @attrs.getter
    def means(self):
        kinds = {}
        for booking in self.store.bookings.values():
            entry = kinds.get(booking.kind, {"n": 0, "minutes": 0})
            entry["n"] += 1
            entry["minutes"] += booking.minutes or 0
            kinds[booking.kind] = entry
        for entry in kinds.values():
            entry["mean"] = round(entry["minutes"] / entry["n"], 1)
        return [{"kind": kind, **entry} for kind, entry in sorted(kinds.items(), key=lambda one: one[0] or "")]
