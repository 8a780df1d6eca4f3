"""What a carrier keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from onto.attrs import attrs
from onto.domain_model import DomainModel

VOLUMETRIC_DIVISOR = 5000


class EventKind(Enum):
    PICKED_UP = "picked_up"
    ARRIVED = "arrived"
    DEPARTED = "departed"
    DELIVERED = "delivered"
    FAILED = "failed"


class Carrier(DomainModel):
    class Meta:
        collection_name = "shp_carriers"

    name: str = attrs.nothing
    price_per_kg: Decimal = attrs.decimal(precision=10, scale=2)
    express: bool = attrs.nothing
    countries: set[str] = attrs.nothing


class Depot(DomainModel):
    class Meta:
        collection_name = "shp_depots"

    code: str = attrs.nothing
    city: str = attrs.nothing
    country: str = attrs.nothing


class Shipment(DomainModel):
    class Meta:
        collection_name = "shp_shipments"

    number: str = attrs.nothing
    carrier = attrs.relation(dm_cls="Carrier")
    origin = attrs.relation(dm_cls="Depot")
    destination = attrs.relation(dm_cls="Depot")
    promised_at: datetime | None = attrs.nothing
    insured_value: Decimal | None = attrs.decimal(precision=12, scale=2)
    notes: str | None = attrs.nothing


class Parcel(DomainModel):
    class Meta:
        collection_name = "shp_parcels"

    shipment = attrs.relation(dm_cls="Shipment")
    grams: int = attrs.nothing
    length: int = attrs.nothing
    width: int = attrs.nothing
    height: int = attrs.nothing
    contents: list[str] = attrs.nothing
    fragile: bool = attrs.nothing

    @attrs.getter
    def volume(self) -> int:
        return (self.length or 0) * (self.width or 0) * (self.height or 0)

    @attrs.getter
    def billable_grams(self) -> int:
        return max(self.grams or 0, self.volume * 1000 // VOLUMETRIC_DIVISOR)


class TrackingEvent(DomainModel):
    class Meta:
        collection_name = "shp_events"

    shipment = attrs.relation(dm_cls="Shipment")
    kind: EventKind = attrs.nothing
    at: datetime = attrs.nothing
    depot = attrs.relation(dm_cls="Depot")
    remark: str | None = attrs.nothing

    @property
    def ends_the_journey(self) -> bool:
        return self.kind in (EventKind.DELIVERED, EventKind.FAILED)


GRACE = timedelta(hours=2)
