"""Shops, what they sell, who buys it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Shop(DomainModel):
    """A shop."""

    class Meta:
        """Where shops are stored."""

        collection_name = "shops"

    name: str = attrs.nothing
    city: str = attrs.nothing


class Product(DomainModel):
    """Something that a shop sells."""

    class Meta:
        """Where products are stored."""

        collection_name = "products"

    shop = attrs.relation(dm_cls="Shop")
    name: str = attrs.nothing
    category: str = attrs.nothing


class Customer(DomainModel):
    """Somebody who buys, in any shop."""

    class Meta:
        """Where customers are stored."""

        collection_name = "customers"

    name: str = attrs.nothing
    email: str = attrs.nothing


class Order(DomainModel):
    """An order of one product; `status` is open, shipped or cancelled."""

    class Meta:
        """Where orders are stored."""

        collection_name = "orders"

    shop = attrs.relation(dm_cls="Shop")
    customer = attrs.relation(dm_cls="Customer")
    product = attrs.relation(dm_cls="Product")
    quantity: int = attrs.nothing
    unit_price: Decimal = attrs.decimal(precision=12, scale=2)
    status: str = attrs.nothing
    placed_at: datetime = attrs.nothing

    @attrs.getter
    def amount(self) -> Decimal:
        """Return what the order costs."""
        return self.unit_price * self.quantity

    @attrs.getter
    def counts(self) -> bool:
        """Tell whether the order brings money."""
        return self.status != "cancelled"

    def ship(self) -> None:
        """Send the goods."""
        if self.status != "open":
            raise ValueError(f"an order that is {self.status} cannot be shipped")
        self.status = "shipped"

    def cancel(self) -> None:
        """Call the order off, unless it is on its way."""
        if self.status == "shipped":
            raise ValueError("a shipped order cannot be cancelled")
        self.status = "cancelled"
