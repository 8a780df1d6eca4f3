"""Sensors: floats, whole numbers, times and spans, and what can go wrong with them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Station(DomainModel):
    class Meta:
        collection_name = "sen_stations"

    code: str = attrs.nothing
    height: float = attrs.nothing
    factor: int = attrs.nothing
    opened: date = attrs.nothing
    checked: datetime = attrs.nothing
    price: Decimal = attrs.decimal(precision=10, scale=2)


class Reading(DomainModel):
    class Meta:
        collection_name = "sen_readings"

    station = attrs.relation(dm_cls="Station")
    value: float = attrs.nothing
    count: int = attrs.nothing
    unit: str = attrs.nothing
    at: datetime = attrs.nothing


class StationPageStore(Store):
    station = reference(dm_cls=Station)
    readings = reference(dm_cls=Reading, many=True)


class StationPage(ViewModel):
    class Meta:
        collection_name = "sen_station_pages"

    store: StationPageStore

    @attrs.getter
    def feet(self) -> float:
        return round(self.store.station.height * 3.25, 1)

    @attrs.getter
    def height_text(self) -> str:
        return f"{self.store.station.height:.1f} m"

    @attrs.getter
    def whole(self) -> int:
        return int(self.store.station.height)

    @attrs.getter
    def half(self) -> float:
        return self.store.station.factor / 2

    @attrs.getter
    def share(self) -> float:
        return self.store.station.height / self.store.station.factor

    @attrs.getter
    def parts(self) -> int:
        return 100 // self.store.station.factor

    @attrs.getter
    def rest(self) -> int:
        return -7 % self.store.station.factor

    @attrs.getter
    def sign(self) -> int:
        factor = self.store.station.factor
        return abs(factor) if factor is not None else 0

    @attrs.getter
    def code_number(self) -> int:
        return int(self.store.station.code)

    @attrs.getter
    def code_known(self) -> bool:
        return self.store.station.code in ("a", "b", "12")

    @attrs.getter
    def code_parts(self) -> list[str]:
        return [part.strip() for part in self.store.station.code.split(",")]

    @attrs.getter
    def year(self) -> int:
        return self.store.station.opened.year

    @attrs.getter
    def opened_text(self) -> str:
        return self.store.station.opened.isoformat()

    @attrs.getter
    def is_old(self) -> bool:
        return self.store.station.opened is not None and self.store.station.opened < date(2024, 6, 1)

    @attrs.getter
    def next_check(self) -> datetime:
        return self.store.station.checked + timedelta(days=30)

    @attrs.getter
    def gross(self) -> Decimal:
        return self.store.station.price * Decimal("1.2")

    @attrs.getter
    def price_text(self) -> str:
        return f"{self.store.station.price} EUR"

    @attrs.getter
    def total(self) -> float:
        return sum(reading.value for reading in self.store.readings.values())

    @attrs.getter
    def counted(self) -> int:
        return sum(reading.count for reading in self.store.readings.values() if reading.count)

    @attrs.getter
    def average(self) -> float | None:
        counts = [reading.count for reading in self.store.readings.values() if reading.count is not None]
        return sum(counts) / len(counts) if counts else None

    @attrs.getter
    def highest(self) -> float | None:
        return max(
            (reading.value for reading in self.store.readings.values() if reading.value is not None), default=None
        )

    @attrs.getter
    def spread(self) -> float:
        values = [reading.value for reading in self.store.readings.values()]
        return max(values) - min(values)

    @attrs.getter
    def by_unit(self) -> dict[str, float]:
        return {
            unit: max(reading.value for reading in self.store.readings.values() if reading.unit == unit)
            for unit in {reading.unit for reading in self.store.readings.values() if reading.unit}
        }

    @attrs.getter
    def counts_by_unit(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for reading in self.store.readings.values():
            counts[reading.unit or "?"] = counts.get(reading.unit or "?", 0) + reading.count
        return counts

    @attrs.getter
    def ratios(self) -> list[float]:
        return [reading.value / reading.count for reading in self.store.readings.values() if reading.count != 0]

    @attrs.getter
    def safe_ratios(self) -> list[float]:
        return [
            reading.value / reading.count for reading in self.store.readings.values() if reading.value and reading.count
        ]

    @attrs.getter
    def latest(self) -> dict | None:
        dated = [reading for reading in self.store.readings.values() if reading.at is not None]
        if not dated:
            return None
        newest = max(dated, key=lambda reading: (reading.at, reading.doc_id))
        return {"value": newest.value, "unit": newest.unit, "at": newest.at}

    @attrs.getter
    def fresh(self) -> bool:
        return any(
            reading.at > self.store.station.checked
            for reading in self.store.readings.values()
            if reading.at is not None and self.store.station.checked is not None
        )

    @attrs.getter
    def timeline(self) -> list[str]:
        ordered = sorted(self.store.readings.values(), key=lambda reading: (reading.unit or "", reading.doc_id))
        return [f"{reading.unit or '-'}:{reading.count}" for reading in ordered]

    @attrs.getter
    def units(self) -> str:
        return ",".join(sorted({reading.unit for reading in self.store.readings.values() if reading.unit}))
