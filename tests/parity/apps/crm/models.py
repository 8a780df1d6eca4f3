"""What a sales team keeps."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Stage(str, Enum):  # noqa: UP042
    LEAD = "lead"
    QUALIFIED = "qualified"
    OFFER = "offer"
    WON = "won"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        return self in (Stage.WON, Stage.LOST)


PROBABILITY = {
    Stage.LEAD: Decimal("0.1"),
    Stage.QUALIFIED: Decimal("0.3"),
    Stage.OFFER: Decimal("0.6"),
    Stage.WON: Decimal("1"),
    Stage.LOST: Decimal("0"),
}


class Company(DomainModel):
    class Meta:
        collection_name = "crm_companies"

    name: str = attrs.nothing
    website: str | None = attrs.nothing
    employees: int | None = attrs.nothing
    industry: str | None = attrs.nothing
    tags: list[str] = attrs.nothing

    @property
    def size(self) -> str:
        if self.employees is None:
            return "unknown"
        if self.employees < 3:
            return "small"
        return "medium" if self.employees < 40 else "large"


class Contact(DomainModel):
    class Meta:
        collection_name = "crm_contacts"

    company = attrs.relation(dm_cls="Company")
    name: str = attrs.nothing
    email: str | None = attrs.nothing
    phone: str | None = attrs.nothing
    role: str | None = attrs.nothing
    opted_out: bool = attrs.nothing

    @attrs.getter
    def reachable(self) -> bool:
        return not self.opted_out and bool(self.email or self.phone)

    @property
    def salutation(self) -> str:
        words = (self.name or "").split()
        return f"Dear {words[-1]}" if words else "Hello"


class Deal(DomainModel):
    class Meta:
        collection_name = "crm_deals"

    company = attrs.relation(dm_cls="Company")
    owner = attrs.relation(dm_cls="Rep")
    title: str = attrs.nothing
    stage: Stage = attrs.nothing
    amount: Decimal | None = attrs.decimal(precision=12, scale=2)
    expected_on: date | None = attrs.nothing
    contacts = attrs.dict(attrs.relation(dm_cls="Contact"))

    @property
    def is_open(self) -> bool:
        return self.stage is None or not self.stage.is_final

    @property
    def expected_value(self) -> Decimal:
        return (self.amount or Decimal(0)) * PROBABILITY.get(self.stage, Decimal(0))


class Rep(DomainModel):
    class Meta:
        collection_name = "crm_reps"

    name: str = attrs.nothing
    quota: Decimal = attrs.decimal(precision=12, scale=2)
    regions: list[str] = attrs.nothing


class Activity(DomainModel):
    class Meta:
        collection_name = "crm_activities"

    company = attrs.relation(dm_cls="Company")
    contact = attrs.relation(dm_cls="Contact")
    kind: str = attrs.nothing
    at: datetime = attrs.nothing
    minutes: int | None = attrs.nothing
    outcome: str | None = attrs.nothing
