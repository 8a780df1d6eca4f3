"""A freight forwarder: mappings that join through other mappings, as orders have lines, and lines their products."""

from __future__ import annotations

from decimal import Decimal

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Supplier(DomainModel):
    class Meta:
        collection_name = "fr_suppliers"

    name: str = attrs.nothing
    country: str = attrs.nothing


class Product(DomainModel):
    class Meta:
        collection_name = "fr_products"

    name: str = attrs.nothing
    price: Decimal = attrs.nothing
    category: str = attrs.nothing
    supplier = attrs.relation(dm_cls="Supplier")


class Depot(DomainModel):
    class Meta:
        collection_name = "fr_depots"

    city: str = attrs.nothing
    blocked: list[str] = attrs.nothing


class Customer(DomainModel):
    class Meta:
        collection_name = "fr_customers"

    name: str = attrs.nothing
    favourites = attrs.list(attrs.relation(dm_cls="Product"))


class Order(DomainModel):
    class Meta:
        collection_name = "fr_orders"

    customer = attrs.relation(dm_cls="Customer")
    depot = attrs.relation(dm_cls="Depot")
    priority: str = attrs.nothing
    parcels = attrs.dict(attrs.relation(dm_cls="Parcel"))


class Line(DomainModel):
    class Meta:
        collection_name = "fr_lines"

    order = attrs.relation(dm_cls="Order")
    product = attrs.relation(dm_cls="Product")
    quantity: int = attrs.nothing


class Parcel(DomainModel):
    class Meta:
        collection_name = "fr_parcels"

    weight: int = attrs.nothing


class Scan(DomainModel):
    class Meta:
        collection_name = "fr_scans"

    parcel = attrs.relation(dm_cls="Parcel")
    place: str = attrs.nothing


class OrderStore(Store):
    order = reference(dm_cls=Order)
    customer = reference(dm_cls=Customer)
    lines = reference(dm_cls=Line, many=True)  # that point back at the order
    products = reference(dm_cls=Product, many=True)  # of the lines
    suppliers = reference(dm_cls=Supplier, many=True)  # of the products
    parcels = reference(dm_cls=Parcel, many=True)
    scans = reference(dm_cls=Scan, many=True)  # that point back at the parcels


class OrderSheet(ViewModel):
    store: OrderStore

    @attrs.getter
    def total(self) -> Decimal:
        return sum(
            (
                (line.quantity or 0) * (self.store.products[line.product].price or 0)
                for line in self.store.lines.values()
            ),
            Decimal(0),
        )

    @attrs.getter
    def pieces(self) -> int:
        """Lines raise this and that: the first of them is told."""
        return sum(100 // line.quantity for line in self.store.lines.values())

    @attrs.getter
    def shares(self) -> list[int]:
        """An item of a set that raises is no item: what raises is told, and the set is not asked for."""
        return sorted({100 // line.quantity for line in self.store.lines.values() if line.quantity is not None})

    @attrs.getter
    def positions(self) -> list[dict]:
        found = []
        for line in self.store.lines.values():
            product = self.store.products.get(line.product)
            if product is not None:
                supplier = self.store.suppliers.get(product.supplier)
                found.append(
                    {
                        "name": product.name,
                        "quantity": line.quantity,
                        "from": supplier.country if supplier is not None else "?",
                    }
                )
        return found

    @attrs.getter
    def product_names(self) -> list[str]:
        return sorted({product.name for product in self.store.products.values() if product.name})

    @attrs.getter
    def listed(self) -> int:
        return len(self.store.products)

    @attrs.getter
    def prices(self) -> Decimal:
        return sum((one.price for one in self.store.products.values() if one.price is not None), Decimal(0))

    @attrs.getter
    def by_category(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for line in self.store.lines.values():
            product = self.store.products.get(line.product)
            if product is None or product.category is None:
                continue
            counts[product.category] = counts.get(product.category, 0) + (line.quantity or 0)
        return counts

    @attrs.getter
    def countries(self) -> list[str]:
        return sorted({one.country for one in self.store.suppliers.values() if one.country is not None})

    @attrs.getter
    def dearest(self) -> str | None:
        best = max(self.store.products.values(), key=lambda one: one.price or Decimal(0), default=None)
        return None if best is None else best.name

    @attrs.getter
    def first_line_of(self) -> dict[str, str]:
        """By product, the line that names it first."""
        found: dict[str, str] = {}
        for key, line in self.store.lines.items():
            if line.product in self.store.products and line.product not in found:
                found[line.product] = key
        return found

    @attrs.getter
    def places(self) -> list[str]:
        return sorted({scan.place for scan in self.store.scans.values() if scan.place is not None})

    @attrs.getter
    def scanned(self) -> int:
        return len(self.store.scans)

    @attrs.getter
    def by_supplier(self) -> dict[str, list[str]]:
        return {
            key: [one.name for one in self.store.products.values() if one.supplier == key]
            for key in self.store.suppliers
        }

    @attrs.getter
    def catalogue(self) -> list[str]:
        """A second key that may be None raises only among those of one category."""
        return [
            one.name or one.doc_id
            for one in sorted(self.store.products.values(), key=lambda one: (one.category or "", one.price, one.name))
        ]

    @attrs.getter
    def ranges(self) -> dict[str, list[str]]:
        """Lists that are sorted for themselves: None in one of them raises for all."""
        found: dict[str, list[str]] = {}
        for one in self.store.products.values():
            found.setdefault(one.category or "other", []).append(one.name)
        return {category: sorted(names) for category, names in found.items()}

    @attrs.getter
    def long_lines(self) -> str:
        lines = sorted(self.store.lines.values(), key=lambda line: (line.product or "", line.quantity), reverse=True)
        return ", ".join([line.doc_id for line in lines if line.quantity is not None and line.quantity > 1])

    @attrs.getter
    def numbered(self) -> list[dict]:
        """Places are counted, so that all that comes later moves when one goes."""
        lines = sorted(self.store.lines.values(), key=lambda line: (-(line.quantity or 0), line.doc_id))
        return [
            {"place": place, "line": line.doc_id, "last": place == len(lines)}
            for place, line in enumerate(lines, start=1)
        ]

    @attrs.getter
    def quantity_before(self) -> list[int]:
        lines = list(self.store.lines.values())
        return [
            sum(other.quantity or 0 for at, other in enumerate(lines) if at < place) for place, _ in enumerate(lines)
        ]

    @attrs.getter
    def every_second(self) -> list[str]:
        return [f"{place}: {one.name}" for place, one in enumerate(self.store.products.values()) if place % 2]

    @attrs.getter
    def place_of_first_tea(self) -> int | None:
        for place, one in enumerate(self.store.products.values()):
            if one.category == "tea":
                return place
        return None

    @attrs.getter
    def spelled(self) -> str:
        """What SQL cannot say: the store is collected."""
        return ", ".join(f"{key}={one.name!r}" for key, one in self.store.products.items())


class DepotStore(Store):
    depot = reference(dm_cls=Depot)
    orders = reference(dm_cls=Order, many=True)
    lines = reference(dm_cls=Line, many=True)  # of the orders
    customers = reference(dm_cls=Customer, many=True)  # of the orders
    favourites = reference(dm_cls=Product, many=True)  # in the lists of the customers
    parcels = reference(dm_cls=Parcel, many=True)  # in the dicts of the orders
    blocked = reference(
        dm_cls=Line,
        many=True,
        on=lambda store, line: line.order in store.orders and line.product in store.depot.blocked,
    )
    halted = reference(
        dm_cls=Line,
        many=True,
        on=lambda store, line: (
            line.product in store.depot.blocked and store.orders[line.order].priority.upper() == "EXPRESS"
        ),
    )
    wanted = reference(
        dm_cls=Product,
        many=True,
        on=lambda store, product: (
            product.doc_id in [one for c in store.customers.values() for one in c.favourites or []]
            and product.price > 10
        ),
    )


class DepotBoard(ViewModel):
    store: DepotStore

    @attrs.getter
    def quantity(self) -> int:
        return sum(line.quantity or 0 for line in self.store.lines.values())

    @attrs.getter
    def names(self) -> list[str]:
        return [one.name for one in sorted(self.store.customers.values(), key=lambda one: (one.name or "", one.doc_id))]

    @attrs.getter
    def per_order(self) -> dict[str, int]:
        return {
            key: sum(line.quantity or 0 for line in self.store.lines.values() if line.order == key)
            for key, order in self.store.orders.items()
            if order.priority == "express"
        }

    @attrs.getter
    def liked(self) -> list[str]:
        return [one.name or "?" for one in self.store.favourites.values()]

    @attrs.getter
    def weight(self) -> int:
        return sum(parcel.weight or 0 for parcel in self.store.parcels.values())

    @attrs.getter
    def heaviest(self) -> int:
        return max((parcel.weight for parcel in self.store.parcels.values() if parcel.weight is not None), default=0)

    @attrs.getter
    def stopped(self) -> list[str]:
        return [line.order for line in self.store.blocked.values()]

    @attrs.getter
    def halted(self) -> dict[str, int]:
        return {key: line.quantity or 0 for key, line in self.store.halted.items()}

    @attrs.getter
    def liked_and_dear(self) -> dict[str, bool]:
        return {key: key in self.store.wanted for key in self.store.favourites}

    @attrs.getter
    def blocked_of_halted(self) -> list[str]:
        return [self.store.blocked[key].product for key in self.store.halted]

    @attrs.getter
    def whose(self) -> dict[str, str]:
        return {
            key: self.store.customers[order.customer].name or ""
            for key, order in self.store.orders.items()
            if order.customer in self.store.customers
        }

    @attrs.getter
    def longest_order(self) -> str | None:
        sizes = dict.fromkeys(self.store.orders, 0)
        for line in self.store.lines.values():
            sizes[line.order] += 1
        return max(sizes, key=lambda key: (sizes[key], key), default=None)


class CustomerStore(Store):
    customer = reference(dm_cls=Customer)
    orders = reference(dm_cls=Order, many=True)
    large = reference(
        dm_cls=Line, many=True, on=lambda store, line: line.order in store.orders and (line.quantity or 0) > 2
    )
    rush = reference(
        dm_cls=Line,
        many=True,
        on=lambda store, line: line.order in [o.doc_id for o in store.orders.values() if o.priority == "express"],
    )
    depots = reference(
        dm_cls=Depot, many=True, on=lambda store, depot: depot.doc_id in {o.depot for o in store.orders.values()}
    )
    rushed = reference(
        dm_cls=Product, many=True, on=lambda store, product: product.doc_id in [r.product for r in store.rush.values()]
    )


class CustomerPage(ViewModel):
    store: CustomerStore

    @attrs.getter
    def large(self) -> int:
        return sum(line.quantity for line in self.store.large.values())

    @attrs.getter
    def cities(self) -> list[str]:
        return sorted({depot.city for depot in self.store.depots.values() if depot.city})

    @attrs.getter
    def rush_units(self) -> dict[str, int]:
        return {key: line.quantity or 0 for key, line in self.store.rush.items()}

    @attrs.getter
    def rushed_names(self) -> list[str]:
        return [product.name or "" for product in self.store.rushed.values()]

    @attrs.getter
    def rush_value(self) -> Decimal:
        total = Decimal(0)
        for line in self.store.rush.values():
            product = self.store.rushed.get(line.product)
            if product is not None and product.price is not None and line.quantity is not None:
                total += product.price * line.quantity
        return total

    @attrs.getter
    def same_city(self) -> list[str]:
        """The orders that leave from the city of the first depot."""
        if not self.store.depots:
            return []
        city = next(iter(self.store.depots.values())).city
        return [
            key
            for key, order in self.store.orders.items()
            if order.depot in self.store.depots and self.store.depots[order.depot].city == city
        ]
