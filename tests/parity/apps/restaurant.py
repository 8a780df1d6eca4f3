"""Restaurants: a menu, tables, orders with lines; a kitchen's queue and a guest's bill."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TypedDict

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

VAT = {"food": Decimal("0.07"), "drink": Decimal("0.19")}
COURSES = ["starter", "main", "dessert"]


@dataclass
class Line:
    dish: str
    quantity: int
    course: str | None
    wishes: list[str]


class Restaurant(DomainModel):
    class Meta:
        collection_name = "rst_restaurants"

    name: str = attrs.nothing
    seats: int = attrs.nothing
    service_minutes: int = attrs.nothing


class Dish(DomainModel):
    class Meta:
        collection_name = "rst_dishes"

    restaurant = attrs.relation(dm_cls="Restaurant")
    name: str = attrs.nothing
    price: Decimal = attrs.decimal(precision=8, scale=2)
    category: str = attrs.nothing
    allergens: set[str] = attrs.nothing
    sold_out: bool = attrs.nothing

    @property
    def tax_rate(self) -> Decimal:
        return VAT.get(self.category, VAT["food"])

    @property
    def is_vegan(self) -> bool:
        return not {"milk", "egg", "a"} & (self.allergens or set())


class Order(DomainModel):
    class Meta:
        collection_name = "rst_orders"

    restaurant = attrs.relation(dm_cls="Restaurant")
    table: str = attrs.nothing
    lines: list[Line] = attrs.nothing
    ordered_at: datetime = attrs.nothing
    served_at: datetime | None = attrs.nothing
    paid: bool = attrs.nothing
    tip: Decimal | None = attrs.decimal(precision=8, scale=2)

    @attrs.getter
    def item_count(self) -> int:
        return sum(line.quantity or 1 for line in self.lines or [])

    @property
    def waiting(self) -> bool:
        return self.served_at is None and not self.paid


class BillStore(Store):
    order = reference(dm_cls=Order)
    restaurant = reference(dm_cls=Restaurant)
    dishes = reference(dm_cls=Dish, many=True, on=lambda store, dish: dish.restaurant == store.restaurant)


class Position(TypedDict):
    name: str
    quantity: int
    sum: Decimal


class Bill(ViewModel):
    class Meta:
        collection_name = "rst_bills"

    store: BillStore

    @attrs.getter
    def positions(self) -> list[Position]:
        positions: list[Position] = []
        for line in self.store.order.lines or []:
            dish = self.store.dishes.get(line.dish)
            if dish is None:
                continue
            quantity = line.quantity if line.quantity is not None else 1
            positions.append({"name": dish.name, "quantity": quantity, "sum": (dish.price or Decimal(0)) * quantity})
        return positions

    @attrs.getter
    def net(self) -> Decimal:
        return sum((position["sum"] for position in self.positions), Decimal(0))

    @attrs.getter
    def tax(self) -> Decimal:
        tax = Decimal(0)
        for line in self.store.order.lines or []:
            dish = self.store.dishes.get(line.dish)
            if dish and dish.price:
                tax += dish.price * (line.quantity or 1) * dish.tax_rate
        return round(tax, 2)

    @attrs.getter
    def total(self) -> Decimal:
        return self.net + self.tax + (self.store.order.tip or Decimal(0))

    @attrs.getter
    def missing(self) -> list[str]:
        return [line.dish for line in self.store.order.lines or [] if line.dish not in self.store.dishes]

    @attrs.getter
    def wishes(self) -> list[str]:
        found: list[str] = []
        for line in self.store.order.lines or []:
            for wish in line.wishes or []:
                wish = wish.strip()
                if wish:
                    found.append(f"{line.dish}: {wish}")
        return found

    @attrs.getter
    def per_course(self) -> dict[str, int]:
        counts = dict.fromkeys(COURSES, 0)
        for line in self.store.order.lines or []:
            if line.course in counts:
                counts[line.course] += line.quantity or 1
        return counts

    @attrs.getter
    def first_course(self) -> str | None:
        ordered = {line.course for line in self.store.order.lines or []}
        return next((course for course in COURSES if course in ordered), None)

    @attrs.getter
    def allergens(self) -> list[str]:
        ordered = {line.dish for line in self.store.order.lines or []}
        found: set[str] = set()
        for dish_id, dish in self.store.dishes.items():
            if dish_id in ordered:
                found |= dish.allergens or set()
        return sorted(found)

    @attrs.getter
    def vegan(self) -> bool:
        dishes = [self.store.dishes.get(line.dish) for line in self.store.order.lines or []]
        return all(dish is not None and dish.is_vegan for dish in dishes)

    @attrs.getter
    def suggestion(self) -> Decimal:
        tip = (self.net * Decimal("0.1")).to_integral_value()
        return tip if tip >= 1 else Decimal(1)

    @attrs.getter
    def footer(self) -> str:
        count = self.store.order.item_count
        return f"{count} item{'' if count == 1 else 's'} · table {self.store.order.table or '-':>3}"


class KitchenStore(Store):
    restaurant = reference(dm_cls=Restaurant)
    orders = reference(dm_cls=Order, many=True)
    dishes = reference(dm_cls=Dish, many=True)


class Kitchen(ViewModel):
    class Meta:
        collection_name = "rst_kitchens"

    store: KitchenStore

    @attrs.getter
    def queue(self) -> list[str]:
        waiting = [order for order in self.store.orders.values() if order.waiting and order.ordered_at]
        return [order.table or order.doc_id for order in sorted(waiting, key=lambda order: order.ordered_at)]

    @attrs.getter
    def portions(self) -> dict[str, int]:
        portions: Counter[str] = Counter()
        for order in self.store.orders.values():
            if not order.waiting:
                continue
            for line in order.lines or []:
                portions[line.dish or "?"] += line.quantity or 1
        return dict(portions)

    @attrs.getter
    def bestseller(self) -> str | None:
        counter = Counter(line.dish for order in self.store.orders.values() for line in order.lines or [] if line.dish)
        if not counter:
            return None
        dish_id, _ = min(counter.items(), key=lambda item: (-item[1], item[0]))
        dish = self.store.dishes.get(dish_id)
        return dish.name if dish else dish_id

    @attrs.getter
    def slow_orders(self) -> int:
        limit = timedelta(minutes=self.store.restaurant.service_minutes or 30)
        return sum(
            1
            for order in self.store.orders.values()
            if order.served_at and order.ordered_at and order.served_at - order.ordered_at > limit
        )

    @attrs.getter
    def unpaid(self) -> int:
        return len([order for order in self.store.orders.values() if order.served_at and not order.paid])

    @attrs.getter
    def tables(self) -> dict[str, list[str]]:
        orders = sorted(self.store.orders.values(), key=lambda order: (order.table or "", order.doc_id))
        return {
            table: [order.doc_id for order in group] for table, group in groupby(orders, key=lambda o: o.table or "")
        }

    @attrs.getter
    def tips(self) -> Decimal:
        return sum((order.tip for order in self.store.orders.values() if order.paid and order.tip), Decimal(0))

    @attrs.getter
    def average_items(self) -> float:
        orders = self.store.orders.values()
        return sum(order.item_count for order in orders) / max(len(orders), 1)

    @attrs.getter
    def menu(self) -> dict[str, list[str]]:
        menu: dict[str, list[str]] = {}
        for dish in sorted(self.store.dishes.values(), key=lambda dish: (dish.name or "", dish.doc_id)):
            if dish.sold_out or dish.price is None:
                continue
            menu.setdefault(dish.category or "other", []).append(f"{dish.name or dish.doc_id} {dish.price:.2f}")
        return menu

    @attrs.getter
    def vegan_share(self) -> float:
        if not self.store.dishes:
            return 0.0
        return round(sum(dish.is_vegan for dish in self.store.dishes.values()) / len(self.store.dishes), 2)

    @attrs.getter
    def price_range(self) -> tuple[Decimal, Decimal] | None:
        prices = [dish.price for dish in self.store.dishes.values() if dish.price is not None]
        return (min(prices), max(prices)) if prices else None

    @attrs.getter
    def busy(self) -> bool:
        waiting = sum(order.item_count for order in self.store.orders.values() if order.waiting)
        return waiting > (self.store.restaurant.seats or 10) // 2
