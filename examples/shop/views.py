"""A dashboard per shop, and an account per customer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from examples.shop.models import Customer, Order, Product, Shop
from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel

LARGE = Decimal("100.00")


class Best(TypedDict):
    """A product and what it brought."""

    product: str
    revenue: Decimal


class ShopDashboardStore(Store):
    """A shop with everything that it sells and sold."""

    shop = reference(dm_cls=Shop)
    products = reference(dm_cls=Product, many=True, on=lambda store, product: product.shop == store.shop)
    orders = reference(dm_cls=Order, many=True, on=lambda store, order: order.shop == store.shop)


class ShopDashboard(ViewModel):
    """How a shop is doing."""

    class Meta:
        """Where the documents go."""

        collection_name = "shop_dashboards"

    store: ShopDashboardStore

    @attrs.getter
    def title(self) -> str:
        """Return the shop's name and city."""
        return f"{self.store.shop.name}, {self.store.shop.city}"

    @attrs.getter
    def revenue(self) -> Decimal:
        """Return what all orders brought that were not cancelled."""
        return sum((order.amount for order in self.store.orders.values() if order.counts), Decimal(0))

    @attrs.getter
    def open_orders(self) -> int:
        """Count the orders to be shipped."""
        return sum(1 for order in self.store.orders.values() if order.status == "open")

    @attrs.getter
    def cancelled_orders(self) -> int:
        """Count the orders that were called off."""
        return len([order for order in self.store.orders.values() if order.status == "cancelled"])

    @attrs.getter
    def large_orders(self) -> int:
        """Count the orders of a hundred or more that were not cancelled."""
        return sum(order.counts and order.amount >= LARGE for order in self.store.orders.values())

    @attrs.getter
    def largest_order(self) -> Decimal | None:
        """Return the amount of the largest order, None before the first one."""
        return max((order.amount for order in self.store.orders.values() if order.counts), default=None)

    @attrs.getter
    def revenue_by_category(self) -> dict[str, Decimal]:
        """Return what each category of products brought."""
        revenue: dict[str, Decimal] = {}
        for order in self.store.orders.values():
            product = self.store.products.get(order.product)
            if product is None or not order.counts:
                continue
            revenue[product.category] = revenue.get(product.category, Decimal(0)) + order.amount
        return revenue

    @attrs.getter
    def best_products(self) -> list[Best]:
        """List the three products that brought most, the best first; of equals, by name."""
        revenue: dict[str, Decimal] = {}
        for order in self.store.orders.values():
            if order.counts and order.product in self.store.products:
                name = self.store.products[order.product].name
                revenue[name] = revenue.get(name, Decimal(0)) + order.amount
        best = sorted(revenue.items(), key=lambda entry: (-entry[1], entry[0]))
        return [{"product": name, "revenue": amount} for name, amount in best[:3]]


class CustomerAccountStore(Store):
    """A customer and the orders placed, in whatever shop."""

    customer = reference(dm_cls=Customer)
    orders = reference(dm_cls=Order, many=True, on=lambda store, order: order.customer == store.customer)


class CustomerAccount(ViewModel):
    """What a customer sees of their own orders."""

    class Meta:
        """Where the documents go."""

        collection_name = "customer_accounts"

    store: CustomerAccountStore

    @attrs.getter
    def name(self) -> str:
        """Return the customer's name."""
        return self.store.customer.name

    @attrs.getter
    def spent(self) -> Decimal:
        """Return what the customer's orders cost, without the cancelled ones."""
        return sum((order.amount for order in self.store.orders.values() if order.counts), Decimal(0))

    @attrs.getter
    def order_count(self) -> int:
        """Count all orders, cancelled ones too."""
        return len(self.store.orders)

    @attrs.getter
    def last_order_at(self) -> datetime | None:
        """Return when the newest order was placed."""
        return max((order.placed_at for order in self.store.orders.values()), default=None)

    @attrs.getter
    def is_regular(self) -> bool:
        """Tell whether three or more orders were shipped."""
        return len([order for order in self.store.orders.values() if order.status == "shipped"]) >= 3
