"""Two shops and a handful of orders: what is stored at the start, then what changes, in stored form."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def _shop(doc_id: str, name: str, city: str) -> Document:
    return {"doc_id": doc_id, "obj_type": "Shop", "doc_ref": f"shops/{doc_id}", "name": name, "city": city}


def _customer(doc_id: str, name: str) -> Document:
    return {
        "doc_id": doc_id,
        "obj_type": "Customer",
        "doc_ref": f"customers/{doc_id}",
        "name": name,
        "email": f"{doc_id}@example.org",
    }


def _product(doc_id: str, shop: str, name: str, category: str) -> Document:
    return {
        "doc_id": doc_id,
        "obj_type": "Product",
        "doc_ref": f"products/{doc_id}",
        "shop": shop,
        "name": name,
        "category": category,
    }


def _order(
    doc_id: str, shop: str, customer: str, product: str, quantity: int, unit_price: str, status: str, day: int
) -> Document:
    return {
        "doc_id": doc_id,
        "obj_type": "Order",
        "doc_ref": f"orders/{doc_id}",
        "shop": shop,
        "customer": customer,
        "product": product,
        "quantity": quantity,
        "unitPrice": unit_price,
        "status": status,
        "placedAt": f"2026-03-{day:02d}T09:30:00Z",
    }


ENTITIES: dict[str, list[Document]] = {
    "shops": [_shop("corner", "Corner Shop", "Lyon"), _shop("harbour", "Harbour Store", "Oslo")],
    "customers": [_customer("ada", "Ada"), _customer("ben", "Ben"), _customer("cleo", "Cleo")],
    "products": [
        _product("tea", "corner", "Green tea", "drinks"),
        _product("coffee", "corner", "Coffee", "drinks"),
        _product("bread", "corner", "Rye bread", "food"),
        _product("lamp", "corner", "Desk lamp", "home"),
        _product("rope", "harbour", "Rope", "boats"),
    ],
    "orders": [
        _order("o1", "corner", "ada", "tea", 3, "4.50", "shipped", 1),
        _order("o2", "corner", "ada", "bread", 2, "3.20", "shipped", 2),
        _order("o3", "corner", "ben", "lamp", 4, "35.00", "open", 3),
        _order("o4", "corner", "ben", "coffee", 1, "7.90", "cancelled", 3),
        _order("o5", "corner", "cleo", "coffee", 2, "7.90", "open", 4),
        _order("o6", "harbour", "ada", "rope", 10, "1.25", "shipped", 5),
    ],
}

# Each step is (collection, doc_id, the document after it or None for a deletion).
CHANGES: list[tuple[str, str, Document | None]] = [
    ("orders", "o3", _order("o3", "corner", "ben", "lamp", 4, "35.00", "cancelled", 3)),
    ("orders", "o7", _order("o7", "corner", "ada", "tea", 25, "4.10", "open", 6)),
    ("products", "bread", _product("bread", "corner", "Rye bread", "bakery")),
    ("orders", "o6", _order("o6", "corner", "ada", "rope", 10, "1.25", "shipped", 5)),
    ("orders", "o1", None),
    ("shops", "harbour", None),
]
