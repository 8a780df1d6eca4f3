"""Sales: money as Decimal, `on=` joins with equality, `in` and further conditions, rankings, groupings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

LIMIT = Decimal("10.00")
RATES = {"a": 2, "b": 3}


class Region(DomainModel):
    class Meta:
        collection_name = "sal_regions"

    code: str = attrs.nothing
    name: str = attrs.nothing
    sellers = attrs.list(attrs.relation(dm_cls="Seller"))
    budget: Decimal = attrs.decimal(precision=12, scale=2)


class Seller(DomainModel):
    class Meta:
        collection_name = "sal_sellers"

    name: str = attrs.nothing
    level: int = attrs.nothing
    active: bool = attrs.nothing


class Deal(DomainModel):
    class Meta:
        collection_name = "sal_deals"

    seller = attrs.relation(dm_cls="Seller")
    region_code: str = attrs.nothing
    amount: Decimal = attrs.decimal(precision=12, scale=2)
    units: int = attrs.nothing
    stage: str = attrs.nothing
    closed_at: datetime = attrs.nothing

    @attrs.getter
    def value(self) -> Decimal:
        return self.amount * self.units

    @attrs.getter
    def won(self) -> bool:
        return self.stage == "won"


class Ranked(TypedDict):
    seller: str
    units: int


class RegionBoardStore(Store):
    region = reference(dm_cls=Region)
    sellers = reference(dm_cls=Seller, many=True)
    deals = reference(dm_cls=Deal, many=True, on=lambda store, deal: deal.seller in store.region.sellers)
    local = reference(dm_cls=Deal, many=True, on=lambda store, deal: deal.region_code == store.region.code)
    won = reference(
        dm_cls=Deal,
        many=True,
        on=lambda store, deal: deal.region_code == store.region.code and deal.stage == "won" and deal.units > 1,
    )


class Board(ViewModel):
    """What all boards have; its getters are inherited."""

    @attrs.getter
    def total(self) -> Decimal:
        return sum((deal.amount for deal in self.store.deals.values()), Decimal(0))

    @attrs.getter
    def deal_count(self) -> int:
        return len(self.store.deals)


class RegionBoard(Board):
    class Meta:
        collection_name = "sal_region_boards"

    store: RegionBoardStore

    @attrs.getter
    def known_total(self) -> Decimal:
        return sum((deal.amount for deal in self.store.deals.values() if deal.amount is not None), Decimal(0))

    @attrs.getter
    def value(self) -> Decimal:
        total = Decimal(0)
        for deal in self.store.deals.values():
            if deal.won:
                total += deal.value
        return total

    @attrs.getter
    def left(self) -> Decimal:
        return self.store.region.budget - self.known_total

    @attrs.getter
    def over_budget(self) -> bool:
        return self.store.region.budget is not None and self.known_total > self.store.region.budget

    @attrs.getter
    def large(self) -> int:
        return sum(1 for deal in self.store.deals.values() if deal.amount is not None and deal.amount >= LIMIT)

    @attrs.getter
    def units(self) -> int:
        return sum(deal.units for deal in self.store.local.values())

    @attrs.getter
    def known_units(self) -> int:
        return sum(deal.units or 0 for deal in self.store.local.values())

    @attrs.getter
    def local_count(self) -> int:
        return len(self.store.local)

    @attrs.getter
    def won_ids(self) -> list[str]:
        return list(self.store.won)

    @attrs.getter
    def won_share(self) -> float:
        return len(self.store.won) / len(self.store.local)

    @attrs.getter
    def biggest(self) -> Decimal | None:
        return max((deal.amount for deal in self.store.local.values() if deal.amount), default=None)

    @attrs.getter
    def smallest_units(self) -> int:
        return min(deal.units for deal in self.store.won.values())

    @attrs.getter
    def by_stage(self) -> dict[str, Decimal]:
        totals: dict[str, Decimal] = {}
        for deal in self.store.local.values():
            if deal.amount is None:
                continue
            stage = deal.stage or "none"
            totals[stage] = totals.get(stage, Decimal(0)) + deal.amount
        return totals

    @attrs.getter
    def ids_by_stage(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for deal_id, deal in self.store.local.items():
            found.setdefault(deal.stage or "", []).append(deal_id)
        return found

    @attrs.getter
    def top(self) -> list[Ranked]:
        ranked = sorted(self.store.local.values(), key=lambda deal: deal.units or 0, reverse=True)
        return [{"seller": deal.seller, "units": deal.units or 0} for deal in ranked[:3]]

    @attrs.getter
    def latest_stage(self) -> str | None:
        dated = [deal for deal in self.store.local.values() if deal.closed_at is not None]
        if not dated:
            return None
        return max(dated, key=lambda deal: deal.closed_at).stage

    @attrs.getter
    def seller_names(self) -> list[str]:
        return [seller.name or seller.doc_id for seller in self.store.sellers.values() if seller.active]

    @attrs.getter
    def seller_units(self) -> dict[str, int]:
        return {
            seller_id: sum(deal.units or 0 for deal in self.store.deals.values() if deal.seller == seller_id)
            for seller_id in self.store.sellers
        }

    @attrs.getter
    def seller_deals(self) -> list[dict]:
        return [
            {
                "name": seller.name,
                "deals": [deal.stage for deal in self.store.deals.values() if deal.seller == seller],
            }
            for seller in self.store.sellers.values()
        ]

    @attrs.getter
    def weighted(self) -> int:
        return sum(RATES[deal.stage] * (deal.units or 0) for deal in self.store.local.values() if deal.stage in RATES)

    @attrs.getter
    def stage_rate(self) -> int:
        return sum(RATES.get(deal.stage, 1) for deal in self.store.local.values())

    @attrs.getter
    def seller_of_best(self) -> str | None:
        best = None
        for deal in self.store.deals.values():
            if deal.units is not None and (best is None or deal.units > best.units):
                best = deal
        return self.store.sellers[best.seller].name if best is not None else None

    @attrs.getter
    def levels(self) -> set[int]:
        return {seller.level for seller in self.store.sellers.values() if seller.level is not None}

    @attrs.getter
    def title(self) -> str:
        return f"{self.store.region.name}: {self.local_count:03d} deals, {self.known_total:.2f}"

    @attrs.getter
    def stages(self) -> list[str]:
        return sorted(deal.stage for deal in self.store.local.values())

    @attrs.getter
    def has_big_winner(self) -> bool:
        return any(deal.units > 2 for deal in self.store.deals.values() if deal.stage == "won")
