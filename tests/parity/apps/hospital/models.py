"""What a hospital keeps."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Severity(StrEnum):
    STABLE = "stable"
    SERIOUS = "serious"
    CRITICAL = "critical"


class Ward(DomainModel):
    class Meta:
        collection_name = "hos_wards"

    name: str = attrs.nothing
    floor: int = attrs.nothing
    capacity: int = attrs.nothing
    specialties: list[str] = attrs.nothing


class Bed(DomainModel):
    class Meta:
        collection_name = "hos_beds"

    ward = attrs.relation(dm_cls="Ward")
    label: str = attrs.nothing
    isolated: bool = attrs.nothing
    out_of_order: bool = attrs.nothing


class Patient(DomainModel):
    class Meta:
        collection_name = "hos_patients"

    first_name: str = attrs.nothing
    last_name: str = attrs.nothing
    born: date | None = attrs.nothing
    allergies: list[str] = attrs.nothing
    insurance_number: str | None = attrs.nothing

    @property
    def display_name(self) -> str:
        if not self.first_name:
            return self.last_name or "unknown"
        return f"{self.last_name}, {self.first_name[0]}."

    def is_allergic_to(self, substance: str) -> bool:
        return substance.lower() in [allergy.lower() for allergy in self.allergies or []]


class Admission(DomainModel):
    class Meta:
        collection_name = "hos_admissions"

    patient = attrs.relation(dm_cls="Patient")
    ward = attrs.relation(dm_cls="Ward")
    bed = attrs.relation(dm_cls="Bed")
    admitted_at: datetime = attrs.nothing
    discharged_at: datetime | None = attrs.nothing
    severity: Severity = attrs.nothing
    diagnoses: list[str] = attrs.nothing

    @attrs.getter
    def is_open(self) -> bool:
        return self.discharged_at is None

    @attrs.getter
    def nights(self) -> int | None:
        if self.discharged_at is None:
            return None
        return (self.discharged_at.date() - self.admitted_at.date()).days


class Vitals(DomainModel):
    class Meta:
        collection_name = "hos_vitals"

    patient = attrs.relation(dm_cls="Patient")
    taken_at: datetime = attrs.nothing
    pulse: int | None = attrs.nothing
    systolic: int | None = attrs.nothing
    temperature: float | None = attrs.nothing
    nurse: str = attrs.nothing
