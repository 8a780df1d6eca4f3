"""The ladder's app: a view for each rung, one getter each, so that each is a job of its own."""

from __future__ import annotations

import re

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Customer(DomainModel):
    """Somebody who orders."""

    class Meta:
        """Where it is stored."""

        collection_name = "customers"

    first: str = attrs.nothing
    last: str = attrs.nothing
    nickname: str | None = attrs.nothing


class Order(DomainModel):
    """What was ordered."""

    class Meta:
        """Where it is stored."""

        collection_name = "orders"

    customer = attrs.relation(dm_cls="Customer")
    status: str = attrs.nothing
    cents: int = attrs.nothing
    code: str = attrs.nothing


class OrderStore(Store):
    """An order and who ordered."""

    order = reference(dm_cls=Order)
    customer = reference(dm_cls=Customer)


class CustomerStore(Store):
    """A customer and all orders."""

    customer = reference(dm_cls=Customer)
    orders = reference(dm_cls=Order, many=True)


class ExprSimple(ViewModel):
    """One comparison."""

    store: OrderStore

    @attrs.getter
    def value(self) -> bool:
        """Tell whether it is paid."""
        return self.store.order.status == "paid"


class ExprComplex(ViewModel):
    """Branches, text and a joined entity."""

    store: OrderStore

    @attrs.getter
    def value(self) -> str | None:
        """Return a label."""
        order, customer = self.store.order, self.store.customer
        if customer is None or order.status == "cancelled":
            return None
        name = customer.nickname or f"{customer.first} {customer.last}"
        if order.cents is not None and order.cents >= 9000:
            return f"{name} (large)"
        return name.upper() if order.status == "open" else name


class ExprRound(ViewModel):
    """A quotient, rounded as Python rounds."""

    store: OrderStore

    @attrs.getter
    def value(self) -> float | None:
        """Return a third of the price with taxes."""
        cents = self.store.order.cents
        return None if cents is None else round(cents * 1.19 / 3, 2)


class AggCount(ViewModel):
    """A count with a condition."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> int:
        """Return how many orders are paid."""
        return len([one for one in self.store.orders.values() if one.status == "paid"])


class AggSum(ViewModel):
    """A sum that takes None for nothing."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> int:
        """Return what all orders cost."""
        return sum(one.cents or 0 for one in self.store.orders.values())


class AggSumRaising(ViewModel):
    """A sum that raises at None, as Python's does."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> int:
        """Return what all orders cost."""
        return sum(one.cents for one in self.store.orders.values())


class AggShare(ViewModel):
    """A share of a count, rounded as Python rounds."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> float:
        """Return how many in a hundred orders are paid."""
        orders = self.store.orders.values()
        if not orders:
            return 0.0
        return round(100 * sum(one.status == "paid" for one in orders) / len(orders), 3)


class AggMinmax(ViewModel):
    """The smallest and the largest."""

    store: CustomerStore

    @attrs.getter
    def smallest(self) -> int | None:
        """Return the smallest amount."""
        return min((one.cents for one in self.store.orders.values() if one.cents is not None), default=None)

    @attrs.getter
    def value(self) -> int | None:
        """Return the largest amount."""
        return max((one.cents for one in self.store.orders.values() if one.cents is not None), default=None)


class AggSorted(ViewModel):
    """A list of records, in order."""

    store: CustomerStore

    @attrs.getter
    def value(self):
        """Return all orders by code."""
        return [
            {"code": one.code, "cents": one.cents}
            for one in sorted(self.store.orders.values(), key=lambda one: (one.code is None, one.code or ""))
        ]


class AggTop(ViewModel):
    """The first three of an order."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> list[str]:
        """Return the codes of the largest orders."""
        return [one.code for one in sorted(self.store.orders.values(), key=lambda one: -(one.cents or 0))[:3]]


class AggGroup(ViewModel):
    """Totals by status."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> dict[str, int]:
        """Return what orders of each status cost."""
        totals: dict[str, int] = {}
        for one in self.store.orders.values():
            totals[one.status] = totals.get(one.status, 0) + (one.cents or 0)
        return totals


class Udf(ViewModel):
    """Python on one row."""

    store: OrderStore

    @attrs.getter
    def value(self) -> str:
        """Return the code without what looks like a number."""
        return re.sub(r"[0-9]+(?=-)", "#", self.store.order.code or "").strip("-")


class UdfCollect(ViewModel):
    """Python on a customer's orders."""

    store: CustomerStore

    @attrs.getter
    def value(self) -> int:
        """Return the balance after all orders, which never falls below nothing."""
        balance = 0
        for one in self.store.orders.values():
            balance = max(0, balance + (one.cents or 0) - 4000)
        return balance
