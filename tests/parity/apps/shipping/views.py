"""Tracking pages, and what a depot has to do."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.parity.apps.shipping import pricing
from tests.parity.apps.shipping.models import GRACE, Carrier, Depot, EventKind, Parcel, Shipment, TrackingEvent


class Step(TypedDict):
    at: datetime
    text: str
    city: str


class ShipmentStore(Store):
    shipment = reference(dm_cls=Shipment)
    carrier = reference(dm_cls=Carrier)
    origin = reference(dm_cls=Depot)
    destination = reference(dm_cls=Depot)
    parcels = reference(dm_cls=Parcel, many=True)


class ShipmentPage(ViewModel):
    class Meta:
        collection_name = "shp_shipment_pages"

    store: ShipmentStore

    @property
    def _grams(self) -> int:
        return sum(parcel.billable_grams for parcel in self.store.parcels.values())

    @attrs.getter
    def route(self) -> str:
        names = [depot.city or depot.code if depot else "?" for depot in (self.store.origin, self.store.destination)]
        return " → ".join(names)

    @attrs.getter
    def weight(self) -> str:
        return pricing.as_kilograms(self._grams)

    @attrs.getter
    def price(self) -> Decimal | None:
        carrier = self.store.carrier
        if carrier is None or carrier.price_per_kg is None:
            return None
        total = pricing.freight(self._grams, carrier.price_per_kg)
        if carrier.express:
            total += pricing.surcharge("express")
        if any(parcel.fragile for parcel in self.store.parcels.values()):
            total += pricing.surcharge("fragile")
        if self.store.shipment.insured_value:
            total += pricing.surcharge("insured")
        return total

    @attrs.getter
    def abroad(self) -> bool:
        origin, destination = self.store.origin, self.store.destination
        return origin is not None and destination is not None and origin.country != destination.country

    @attrs.getter
    def deliverable(self) -> bool:
        carrier, destination = self.store.carrier, self.store.destination
        if not carrier or not destination:
            return False
        return destination.country in (carrier.countries or set())

    @attrs.getter
    def heaviest(self) -> str | None:
        heaviest = max(self.store.parcels.values(), key=lambda parcel: parcel.grams or 0, default=None)
        return heaviest.doc_id if heaviest else None

    @attrs.getter
    def contents(self) -> list[str]:
        return sorted({item.strip() for parcel in self.store.parcels.values() for item in parcel.contents or []} - {""})

    @attrs.getter
    def label(self) -> str:
        number = (self.store.shipment.number or "").strip().upper().replace(" ", "")
        if number.startswith("X"):
            number = number[1:]
        return f"{number[:4]}-{number[4:]}" if len(number) > 4 else number.rjust(4, "0")

    @attrs.getter
    def parcel_labels(self) -> list[str]:
        total = len(self.store.parcels)
        return [f"{position}/{total}" for position, _ in enumerate(self.store.parcels.values(), start=1)]

    @attrs.getter
    def size_classes(self) -> dict[str, int]:
        classes: dict[str, int] = defaultdict(int)
        for parcel in self.store.parcels.values():
            if parcel.volume < 1000:
                classes["S"] += 1
            elif parcel.volume < 30_000:
                classes["M"] += 1
            else:
                classes["L"] += 1
        return dict(classes)

    @attrs.getter
    def warnings(self) -> list[str]:
        found = []
        if not self.store.parcels:
            found.append("no parcels")
        if self.abroad and not self.store.shipment.insured_value:
            found.append("not insured")
        for parcel in self.store.parcels.values():
            if parcel.grams is not None and parcel.grams > 30_000:
                found.append(f"parcel {parcel.doc_id} is too heavy")
        return found


class TrackingPageStore(Store):
    shipment = reference(dm_cls=Shipment)
    destination = reference(dm_cls=Depot)
    events = reference(dm_cls=TrackingEvent, many=True, on=lambda store, event: event.shipment == store.shipment)


class TrackingPage(ViewModel):
    class Meta:
        collection_name = "shp_tracking_pages"

    store: TrackingPageStore

    @attrs.getter
    def state(self) -> str:
        kinds = {event.kind for event in self.store.events.values()}
        if EventKind.DELIVERED in kinds:
            return "delivered"
        if EventKind.FAILED in kinds:
            return "returned"
        return "under way" if kinds else "announced"

    @attrs.getter
    def delivered_at(self) -> datetime | None:
        return next((e.at for e in self.store.events.values() if e.kind == EventKind.DELIVERED and e.at), None)

    @attrs.getter
    def is_late(self) -> bool:
        promised = self.store.shipment.promised_at
        if promised is None:
            return False
        if self.delivered_at is not None:
            return self.delivered_at > promised + GRACE
        last = max((e.at for e in self.store.events.values() if e.at is not None), default=None)
        return last is not None and last > promised

    @attrs.getter
    def steps(self) -> list[Step]:
        dated = [event for event in self.store.events.values() if event.at is not None]
        return [
            {
                "at": event.at,
                "text": event.remark or (event.kind.value if event.kind else "?"),
                "city": event.depot or "",
            }
            for event in sorted(dated, key=lambda event: event.at, reverse=True)
        ]

    @attrs.getter
    def at_destination(self) -> bool:
        return any(
            event.depot == self.store.shipment.destination and event.kind is EventKind.ARRIVED
            for event in self.store.events.values()
        )

    @attrs.getter
    def open_ended(self) -> bool:
        return not any(event.ends_the_journey for event in self.store.events.values())

    @attrs.getter
    def hours_under_way(self) -> float | None:
        times = [event.at for event in self.store.events.values() if event.at]
        if len(times) < 2:
            return None
        return round((max(times) - min(times)).total_seconds() / 3600, 1)

    @attrs.getter
    def visits(self) -> dict[str, list[str]]:
        visits: dict[str, list[str]] = {}
        for event in self.store.events.values():
            if event.depot is None or event.kind is None:
                continue
            visits.setdefault(event.depot, []).append(event.kind.value)
        return visits

    @attrs.getter
    def failures(self) -> int:
        return len([e for e in self.store.events.values() if e.kind == EventKind.FAILED])

    @attrs.getter
    def last_remark(self) -> str | None:
        remarks = [(e.at, e.remark) for e in self.store.events.values() if e.at and e.remark]
        if not remarks:
            return None
        _, remark = max(remarks)
        return remark if len(remark) <= 20 else remark[:17] + "..."
