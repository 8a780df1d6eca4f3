"""A farm: fields, crops, sensors' readings, irrigation; moisture, water budgets, alarms."""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypedDict

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

DRY, WET = 20, 70
LITRES_PER_MM = 10_000


class Crop(DomainModel):
    class Meta:
        collection_name = "frm_crops"

    name: str = attrs.nothing
    water_need: int | None = attrs.nothing
    frost_sensitive: bool = attrs.nothing
    growing_days: int | None = attrs.nothing


class Field(DomainModel):
    class Meta:
        collection_name = "frm_fields"

    name: str = attrs.nothing
    crop = attrs.relation(dm_cls="Crop")
    hectares: int | None = attrs.nothing
    sown_at: datetime | None = attrs.nothing
    zones: dict[str, int] = attrs.nothing
    corners: list[list[int]] = attrs.nothing


class Reading(DomainModel):
    class Meta:
        collection_name = "frm_readings"

    field = attrs.relation(dm_cls="Field")
    sensor: str = attrs.nothing
    at: datetime = attrs.nothing
    moisture: int | None = attrs.nothing
    temperature: float | None = attrs.nothing
    battery: int | None = attrs.nothing

    @property
    def is_valid(self) -> bool:
        return self.moisture is not None and 0 <= self.moisture <= 100

    @property
    def is_frost(self) -> bool:
        return self.temperature is not None and self.temperature < 0


class Irrigation(DomainModel):
    class Meta:
        collection_name = "frm_irrigations"

    field = attrs.relation(dm_cls="Field")
    zone: str | None = attrs.nothing
    started_at: datetime = attrs.nothing
    stopped_at: datetime | None = attrs.nothing
    litres: int | None = attrs.nothing

    @attrs.getter
    def running(self) -> bool:
        return self.started_at is not None and self.stopped_at is None

    @property
    def minutes(self) -> int:
        if self.started_at is None or self.stopped_at is None:
            return 0
        return int((self.stopped_at - self.started_at).total_seconds() // 60)


class Advice(TypedDict):
    zone: str
    litres: int


class MoistureStore(Store):
    field = reference(dm_cls=Field)
    crop = reference(dm_cls=Crop)
    readings = reference(dm_cls=Reading, many=True)


class Moisture(ViewModel):
    class Meta:
        collection_name = "frm_moistures"

    store: MoistureStore

    def valid(self) -> list[Reading]:
        return [reading for reading in self.store.readings.values() if reading.is_valid]

    @attrs.getter
    def mean(self) -> float | None:
        values = [reading.moisture for reading in self.valid()]
        return round(statistics.mean(values), 1) if values else None

    @attrs.getter
    def median(self) -> float | None:
        values = [reading.moisture for reading in self.valid()]
        return statistics.median(values) if values else None

    @attrs.getter
    def driest_sensor(self) -> str | None:
        driest = min(self.valid(), key=lambda reading: (reading.moisture, reading.doc_id), default=None)
        return driest.sensor if driest is not None else None

    @attrs.getter
    def level(self) -> str:
        if self.mean is None:
            return "unknown"
        if self.mean < DRY:
            return "dry"
        return "wet" if self.mean > WET else "ok"

    @attrs.getter
    def latest_by_sensor(self) -> dict[str, int]:
        latest: dict[str, Reading] = {}
        for reading in self.store.readings.values():
            if reading.at is None or not reading.sensor or not reading.is_valid:
                continue
            known = latest.get(reading.sensor)
            if known is None or reading.at > known.at:
                latest[reading.sensor] = reading
        return {sensor: reading.moisture for sensor, reading in latest.items()}

    @attrs.getter
    def range_by_sensor(self) -> dict[str, int]:
        values: dict[str, list[int]] = {}
        for reading in self.valid():
            values.setdefault(reading.sensor or "?", []).append(reading.moisture)
        return {sensor: max(found) - min(found) for sensor, found in values.items()}

    @attrs.getter
    def silent_sensors(self) -> list[str]:
        silent = []
        for sensor in ("a", "b", "north"):
            if not any(reading.sensor == sensor for reading in self.store.readings.values()):
                silent.append(sensor)
        return silent

    @attrs.getter
    def low_batteries(self) -> set[str]:
        return {r.sensor for r in self.store.readings.values() if r.sensor and r.battery is not None and r.battery < 2}

    @attrs.getter
    def frost_warning(self) -> bool:
        crop = self.store.crop
        if crop is None or not crop.frost_sensitive:
            return False
        return any(reading.is_frost for reading in self.store.readings.values())

    @attrs.getter
    def coldest(self) -> float | None:
        return min((r.temperature for r in self.store.readings.values() if r.temperature is not None), default=None)

    @attrs.getter
    def mean_temperature(self) -> float | None:
        temperatures = [r.temperature for r in self.store.readings.values() if r.temperature is not None]
        if not temperatures:
            return None
        return sum(temperatures) / len(temperatures)

    @attrs.getter
    def longest_gap(self) -> timedelta | None:
        moments = sorted(reading.at for reading in self.store.readings.values() if reading.at)
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        return max(gaps) if gaps else None

    @attrs.getter
    def headline(self) -> str:
        crop = self.store.crop.name if self.store.crop else None
        value = f"{self.mean:.1f}%" if self.mean is not None else "no data"
        return f"{self.store.field.name or 'Field'}{f' ({crop})' if crop else ''}: {value}"


class WaterStore(Store):
    field = reference(dm_cls=Field)
    crop = reference(dm_cls=Crop)
    irrigations = reference(dm_cls=Irrigation, many=True)


class Water(ViewModel):
    class Meta:
        collection_name = "frm_waters"

    store: WaterStore

    @attrs.getter
    def used(self) -> int:
        return sum(irrigation.litres or 0 for irrigation in self.store.irrigations.values())

    @attrs.getter
    def needed(self) -> int | None:
        crop, field = self.store.crop, self.store.field
        if crop is None or crop.water_need is None or field.hectares is None:
            return None
        return crop.water_need * field.hectares

    @attrs.getter
    def still_needed(self) -> int:
        if self.needed is None:
            return 0
        return max(self.needed - self.used, 0)

    @attrs.getter
    def used_by_zone(self) -> dict[str, int]:
        used = dict.fromkeys(self.store.field.zones or {}, 0)
        for irrigation in self.store.irrigations.values():
            if irrigation.zone in used:
                used[irrigation.zone] += irrigation.litres or 0
        return used

    @attrs.getter
    def advice(self) -> list[Advice]:
        advice: list[Advice] = []
        for zone, target in (self.store.field.zones or {}).items():
            used = sum(i.litres or 0 for i in self.store.irrigations.values() if i.zone == zone)
            if target is not None and used < target:
                advice.append({"zone": zone, "litres": target - used})
        return advice

    @attrs.getter
    def running(self) -> list[str]:
        return sorted({i.zone for i in self.store.irrigations.values() if i.running and i.zone})

    @attrs.getter
    def pump_minutes(self) -> int:
        return sum(irrigation.minutes for irrigation in self.store.irrigations.values())

    @attrs.getter
    def flow(self) -> float | None:
        if self.pump_minutes <= 0:
            return None
        return round(self.used / self.pump_minutes, 2)

    @attrs.getter
    def last_irrigation(self) -> datetime | None:
        return max(
            (i.stopped_at or i.started_at for i in self.store.irrigations.values() if i.started_at), default=None
        )

    @attrs.getter
    def leak_suspected(self) -> bool:
        heavy = [i for i in self.store.irrigations.values() if (i.litres or 0) > 5 and i.minutes < 10]
        return len(heavy) > 1

    @attrs.getter
    def harvest_at(self) -> datetime | None:
        crop, field = self.store.crop, self.store.field
        if not crop or not crop.growing_days or not field.sown_at or not 0 < crop.growing_days < 400:
            return None
        return field.sown_at + timedelta(days=crop.growing_days)

    @attrs.getter
    def millimetres(self) -> float | None:
        hectares = self.store.field.hectares
        if not hectares:
            return None
        return self.used / (hectares * LITRES_PER_MM)

    @attrs.getter
    def box(self) -> list[int] | None:
        corners = [corner for corner in self.store.field.corners or [] if corner and len(corner) == 2]
        if not corners:
            return None
        xs = [x for x, _ in corners]
        ys = [y for _, y in corners]
        return [min(xs), min(ys), max(xs), max(ys)]
