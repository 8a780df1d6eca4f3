"""The ward's board, and a patient's chart."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime, timedelta
from typing import TypedDict

from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.parity.apps.hospital import triage
from tests.parity.apps.hospital.models import Admission, Bed, Patient, Severity, Vitals, Ward


class BedRow(TypedDict):
    label: str
    patient: str | None
    severity: str | None


class Reading(TypedDict):
    taken_at: datetime
    pulse: int | None
    nurse: str


class OccupancyStore(Store):
    ward = reference(dm_cls=Ward)
    beds = reference(dm_cls=Bed, many=True)
    admissions = reference(dm_cls=Admission, many=True)


class WardOccupancy(ViewModel):
    """How full a ward is."""

    class Meta:
        collection_name = "hos_ward_occupancies"

    store: OccupancyStore

    @attrs.getter
    def usable_beds(self) -> int:
        return sum(1 for bed in self.store.beds.values() if not bed.out_of_order)

    @attrs.getter
    def occupied(self) -> int:
        return len({a.bed for a in self.store.admissions.values() if a.is_open and a.bed is not None})

    @attrs.getter
    def free_beds(self) -> list[str]:
        taken = {a.bed for a in self.store.admissions.values() if a.is_open}
        return [
            bed.label or bed.doc_id
            for bed in self.store.beds.values()
            if bed.doc_id not in taken and not bed.out_of_order
        ]

    @attrs.getter
    def occupancy(self) -> float:
        if self.usable_beds == 0:
            return 0.0
        return round(self.occupied / self.usable_beds, 2)

    @attrs.getter
    def status(self) -> str:
        if self.store.ward.capacity is None:
            return "unknown"
        if self.occupied >= self.store.ward.capacity:
            return "full"
        if self.occupancy > 0.8:
            return "nearly full"
        return "open"

    @attrs.getter
    def headline(self) -> str:
        ward = self.store.ward
        where = f"floor {ward.floor}" if ward.floor is not None else "no floor"
        return f"{(ward.name or '?').strip().title()} ({where}): {self.occupied}/{self.usable_beds} [{self.status}]"

    @attrs.getter
    def by_severity(self) -> dict[str, int]:
        counts = Counter(a.severity.value for a in self.store.admissions.values() if a.is_open and a.severity)
        return dict(counts)

    @attrs.getter
    def critical(self) -> int:
        return sum(a.severity == Severity.CRITICAL and a.is_open for a in self.store.admissions.values())

    @attrs.getter
    def workload(self) -> int:
        total = 0
        for admission in self.store.admissions.values():
            if not admission.is_open:
                continue
            total += triage.WEIGHTS.get(admission.severity, 1)
            if len(admission.diagnoses or []) > 2:
                total += 1
        return total

    @attrs.getter
    def average_stay(self) -> float | None:
        stays = [a.nights for a in self.store.admissions.values() if a.nights is not None]
        if not stays:
            return None
        return sum(stays) / len(stays)

    @attrs.getter
    def longest_patient(self) -> str | None:
        open_admissions = [a for a in self.store.admissions.values() if a.is_open and a.admitted_at]
        if not open_admissions:
            return None
        return min(open_admissions, key=lambda a: a.admitted_at).patient

    @attrs.getter
    def common_diagnoses(self) -> list[str]:
        counter: Counter[str] = Counter()
        for admission in self.store.admissions.values():
            counter.update(d.strip().lower() for d in admission.diagnoses or [])
        ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
        return [name for name, _ in ranked[:3]]

    @attrs.getter
    def isolation_available(self) -> bool:
        return any(bed.isolated and not bed.out_of_order for bed in self.store.beds.values())

    @attrs.getter
    def beds(self) -> list[BedRow]:
        by_bed = {a.bed: a for a in self.store.admissions.values() if a.is_open and a.bed}
        rows: list[BedRow] = []
        for bed in sorted(self.store.beds.values(), key=lambda bed: (bed.label or "", bed.doc_id)):
            admission = by_bed.get(bed.doc_id)
            rows.append(
                {
                    "label": bed.label,
                    "patient": admission.patient if admission else None,
                    "severity": admission.severity if admission else None,
                }
            )
        return rows


class PatientChartStore(Store):
    patient = reference(dm_cls=Patient)
    vitals = reference(dm_cls=Vitals, many=True, on=lambda store, v: v.patient == store.patient)
    admissions = reference(dm_cls=Admission, many=True, on=lambda store, a: a.patient == store.patient)


class PatientChart(ViewModel):
    class Meta:
        collection_name = "hos_patient_charts"

    store: PatientChartStore

    @attrs.getter
    def name(self) -> str:
        return self.store.patient.display_name

    @attrs.getter
    def latest(self) -> Reading | None:
        last = max(
            (v for v in self.store.vitals.values() if v.taken_at is not None), key=lambda v: v.taken_at, default=None
        )
        if last is None:
            return None
        return {"taken_at": last.taken_at, "pulse": last.pulse, "nurse": last.nurse or "?"}

    @attrs.getter
    def urgency(self) -> str:
        dated = [v for v in self.store.vitals.values() if v.taken_at is not None]
        if not dated:
            return triage.colour(0)
        return triage.colour(triage.score(max(dated, key=lambda v: v.taken_at)))

    @attrs.getter
    def worst_score(self) -> int:
        return max((triage.score(v) for v in self.store.vitals.values()), default=0)

    @attrs.getter
    def fever_days(self) -> int:
        return len(
            {
                v.taken_at.date()
                for v in self.store.vitals.values()
                if v.taken_at and (v.temperature or 0.0) >= triage.FEVER
            }
        )

    @attrs.getter
    def pulse_range(self) -> str:
        pulses = [v.pulse for v in self.store.vitals.values() if v.pulse is not None]
        if not pulses:
            return "-"
        low, high = min(pulses), max(pulses)
        return str(low) if low == high else f"{low}–{high}"

    @attrs.getter
    def penicillin(self) -> bool:
        return self.store.patient.is_allergic_to("Penicillin")

    @attrs.getter
    def allergies(self) -> str:
        names = sorted({a.strip().capitalize() for a in self.store.patient.allergies or [] if a.strip()})
        return ", ".join(names) or "none known"

    @attrs.getter
    def was_readmitted(self) -> bool:
        stays = sorted(
            (a for a in self.store.admissions.values() if a.admitted_at is not None), key=lambda a: a.admitted_at
        )
        for previous, following in itertools.pairwise(stays):
            if previous.discharged_at is None:
                continue
            if following.admitted_at - previous.discharged_at < timedelta(days=30):
                return True
        return False

    @attrs.getter
    def last_discharge(self) -> datetime | None:
        return max((a.discharged_at for a in self.store.admissions.values() if a.discharged_at), default=None)

    @attrs.getter
    def nurses(self) -> list[str]:
        seen: list[str] = []
        for v in sorted(self.store.vitals.values(), key=lambda v: v.doc_id):
            if v.nurse and v.nurse not in seen:
                seen.append(v.nurse)
        return seen

    @attrs.getter
    def age_group(self) -> str:
        born = self.store.patient.born
        if born is None:
            return "unknown"
        match 2026 - born.year:
            case years if years < 18:
                return "child"
            case years if years >= 65:
                return "senior"
            case _:
                return "adult"
