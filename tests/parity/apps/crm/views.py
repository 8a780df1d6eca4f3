"""The page of a company, and a representative's pipeline."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.parity.apps.crm import texts
from tests.parity.apps.crm.models import Activity, Company, Contact, Deal, Rep, Stage

QUARTER_END = date(2026, 3, 31)


class CompanyStore(Store):
    company = reference(dm_cls=Company)
    contacts = reference(dm_cls=Contact, many=True)
    deals = reference(dm_cls=Deal, many=True, on=lambda store, deal: deal.company == store.company)
    activities = reference(dm_cls=Activity, many=True, on=lambda store, act: act.company == store.company)


class CompanyPage(ViewModel):
    class Meta:
        collection_name = "crm_company_pages"

    store: CompanyStore

    @attrs.getter
    def name(self) -> str:
        return texts.clean(self.store.company.name, "Unnamed company")

    @attrs.getter
    def domain(self) -> str | None:
        return texts.domain_of(self.store.company.website)

    @attrs.getter
    def size(self) -> str:
        return self.store.company.size

    @attrs.getter
    def tags(self) -> list[str]:
        seen: set[str] = set()
        tags: list[str] = []
        for tag in self.store.company.tags or []:
            key = tag.strip().lower()
            if not key or key in seen:
                continue
            seen.add(key)
            tags.append(key)
        return tags

    @attrs.getter
    def contact_cards(self) -> list[dict[str, str | None]]:
        return [
            {
                "name": texts.clean(contact.name, "?"),
                "via": contact.email or contact.phone,
                "greeting": contact.salutation,
            }
            for contact in self.store.contacts.values()
            if contact.reachable
        ]

    @attrs.getter
    def decision_maker(self) -> str | None:
        for wanted in ("ceo", "cto", "a"):
            for contact in self.store.contacts.values():
                if (contact.role or "").lower() == wanted:
                    return contact.name
        return None

    @attrs.getter
    def contacts_without_activity(self) -> list[str]:
        touched = {activity.contact for activity in self.store.activities.values()}
        return [contact_id for contact_id in self.store.contacts if contact_id not in touched]

    @attrs.getter
    def last_contacted(self) -> datetime | None:
        moments = [activity.at for activity in self.store.activities.values() if activity.at]
        return max(moments, default=None)

    @attrs.getter
    def last_outcome(self) -> str | None:
        done = [a for a in self.store.activities.values() if a.at and a.outcome]
        return max(done, key=lambda a: (a.at, a.doc_id)).outcome if done else None

    @attrs.getter
    def minutes_by_kind(self) -> dict[str, int]:
        minutes: Counter[str] = Counter()
        for activity in self.store.activities.values():
            minutes[activity.kind or "other"] += activity.minutes or 0
        return dict(minutes)

    @attrs.getter
    def most_used_channel(self) -> str | None:
        kinds = Counter(a.kind for a in self.store.activities.values() if a.kind)
        ranked = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
        return ranked[0] if ranked else None

    @attrs.getter
    def open_value(self) -> Decimal:
        return sum((deal.amount or Decimal(0) for deal in self.store.deals.values() if deal.is_open), Decimal(0))

    @attrs.getter
    def lifetime_value(self) -> Decimal:
        return sum(
            (deal.amount for deal in self.store.deals.values() if deal.stage is Stage.WON and deal.amount), Decimal(0)
        )

    @attrs.getter
    def summary(self) -> str:
        deals = texts.plural(len(self.store.deals), "deal")
        contacts = texts.plural(len(self.store.contacts), "contact")
        return f"{self.name} ({self.size}): {deals}, {contacts}"

    @attrs.getter
    def temperature(self) -> str:
        if any(deal.stage == Stage.OFFER for deal in self.store.deals.values()):
            return "hot"
        if self.open_value > 0 or len(self.store.activities) >= 3:
            return "warm"
        return "cold"


class PipelineStore(Store):
    rep = reference(dm_cls=Rep)
    deals = reference(dm_cls=Deal, many=True)
    companies = reference(dm_cls=Company, many=True, on=lambda store, company: company.industry in store.rep.regions)


class Column(TypedDict):
    stage: str
    deals: list[str]
    value: Decimal


class Pipeline(ViewModel):
    class Meta:
        collection_name = "crm_pipelines"

    store: PipelineStore

    @attrs.getter
    def columns(self) -> list[Column]:
        columns: list[Column] = []
        for stage in Stage:
            deals = [deal for deal in self.store.deals.values() if deal.stage == stage]
            columns.append(
                {
                    "stage": stage.value,
                    "deals": [texts.clean(deal.title, deal.doc_id) for deal in deals],
                    "value": sum((deal.amount or Decimal(0) for deal in deals), Decimal(0)),
                }
            )
        return columns

    @attrs.getter
    def forecast(self) -> Decimal:
        forecast = Decimal(0)
        for deal in self.store.deals.values():
            if deal.expected_on is None or deal.expected_on > QUARTER_END:
                continue
            forecast += deal.expected_value
        return round(forecast, 2)

    @attrs.getter
    def won(self) -> Decimal:
        return sum((d.amount for d in self.store.deals.values() if d.stage == Stage.WON and d.amount), Decimal(0))

    @attrs.getter
    def attainment(self) -> str:
        quota = self.store.rep.quota
        if not quota:
            return "no quota"
        return f"{self.won / quota:.0%}"

    @attrs.getter
    def win_rate(self) -> float | None:
        closed = [deal for deal in self.store.deals.values() if not deal.is_open]
        if not closed:
            return None
        return len([deal for deal in closed if deal.stage == Stage.WON]) / len(closed)

    @attrs.getter
    def biggest_deals(self) -> list[str]:
        ranked = sorted(
            self.store.deals.values(), key=lambda deal: (deal.amount or Decimal(0), deal.doc_id), reverse=True
        )
        return [f"{deal.title or deal.doc_id}: {deal.amount or 0:.2f}" for deal in ranked[:3]]

    @attrs.getter
    def overdue(self) -> list[str]:
        return [
            deal.doc_id
            for deal in self.store.deals.values()
            if deal.is_open and deal.expected_on is not None and deal.expected_on < date(2026, 1, 1)
        ]

    @attrs.getter
    def companies_per_industry(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for company in self.store.companies.values():
            counts[company.industry] = counts.get(company.industry, 0) + 1
        return counts

    @attrs.getter
    def next_closing(self) -> date | None:
        return min((d.expected_on for d in self.store.deals.values() if d.is_open and d.expected_on), default=None)

    @attrs.getter
    def involved(self) -> int:
        return len({contact for deal in self.store.deals.values() for contact in (deal.contacts or {}).values()})
