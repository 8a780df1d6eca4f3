"""What all programs share: models with attributes of every type, a store with every kind of join, pure helpers.

ATTRIBUTES["person"]["age"]  →  "int"
"""

from __future__ import annotations

HEADER = """
from __future__ import annotations
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Kind(Enum):
    NEW = "new"
    OLD = "old"
    ODD = "odd"


@dataclass
class Spot:
    row: int
    label: str


class City(DomainModel):
    name: str = attrs.nothing
    rank: int = attrs.nothing
    founded: date = attrs.nothing


class Person(DomainModel):
    name: str = attrs.nothing
    nick: str | None = attrs.nothing
    age: int = attrs.nothing
    score: float = attrs.nothing
    money: Decimal = attrs.nothing
    born: date = attrs.nothing
    seen: datetime = attrs.nothing
    active: bool = attrs.nothing
    tags: list[str] = attrs.nothing
    marks: list[int] = attrs.nothing
    limits: dict[str, int] = attrs.nothing
    city = attrs.relation(dm_cls="City")

    @attrs.getter
    def label(self) -> str:
        return f"{self.nick or self.name} ({self.age})"

    def older(self, other: int) -> bool:
        return self.age is not None and self.age > other


class Item(DomainModel):
    shop = attrs.relation(dm_cls="Shop")
    person = attrs.relation(dm_cls="Person")
    title: str = attrs.nothing
    price: Decimal = attrs.nothing
    count: int = attrs.nothing
    weight: float = attrs.nothing
    sold: bool = attrs.nothing
    at: datetime = attrs.nothing
    day: date = attrs.nothing
    took: timedelta = attrs.nothing
    kind: Kind = attrs.nothing
    labels: list[str] = attrs.nothing
    parts: dict[str, int] = attrs.nothing
    spot: Spot = attrs.nothing


class Shop(DomainModel):
    title: str = attrs.nothing
    status: str | None = attrs.nothing
    rate: float = attrs.nothing
    budget: Decimal = attrs.nothing
    limit: int = attrs.nothing
    open: bool = attrs.nothing
    opened: date = attrs.nothing
    visited: datetime = attrs.nothing
    kind: Kind = attrs.nothing
    spot: Spot = attrs.nothing
    notes: list[str] = attrs.nothing
    sizes: list[int] = attrs.nothing
    stock: dict[str, int] = attrs.nothing
    names: dict[str, str] = attrs.nothing
    city = attrs.relation(dm_cls="City")
    owner = attrs.relation(dm_cls="Person")
    staff = attrs.list(attrs.relation(dm_cls="Person"))
    desks = attrs.dict(attrs.relation(dm_cls="Person"))


class ShopStore(Store):
    shop = reference(dm_cls=Shop)
    city = reference(dm_cls=City)
    owner = reference(dm_cls=Person)
    staff = reference(dm_cls=Person, many=True)
    desks = reference(dm_cls=Person, many=True)
    items = reference(dm_cls=Item, many=True, on=lambda store, item: item.shop == store.shop)
    towns = reference(
        dm_cls=City, many=True, on=lambda store, city: city.doc_id in [one.city for one in store.staff.values()]
    )
    buyers = reference(
        dm_cls=Person,
        many=True,
        on=lambda store, person: person.doc_id in {item.person for item in store.items.values() if item.sold},
    )
    gifts = reference(
        dm_cls=Item, many=True, on=lambda store, item: item.person in store.desks and (item.count or 0) > 0
    )


LIMIT = 3
WORDS = ("a", "b", "Zoë")
WEIGHTS = {"a": 1, "b": 2, "Zoë": 5}
NAMES = {"a": "first", "b": "second"}


def clamp(value: int, low: int = 0, high: int = 10) -> int:
    if value < low:
        return low
    return high if value > high else value


def initials(text: str | None) -> str:
    if not text:
        return "-"
    return "".join(part[0] for part in text.split())


def total(values: list[int]) -> int:
    found = 0
    for value in values:
        if value < 0:
            continue
        found += value
    return found


def grade(value: int) -> str:
    match value:
        case 0:
            return "none"
        case 1 | 2:
            return "few"
        case _ if value < 0:
            return "debt"
    return "many"


def half(value: int) -> float:
    return value / 2
""".lstrip()

VIEW = """
class Page(ViewModel):
    store: ShopStore
""".lstrip()

ATTRIBUTES: dict[str, dict[str, str]] = {
    "city": {"doc_id": "key", "name": "str", "rank": "int", "founded": "date"},
    "person": {
        "doc_id": "key", "name": "str", "nick": "str", "age": "int", "score": "float", "money": "decimal",
        "born": "date", "seen": "datetime", "active": "bool", "tags": "list[str]", "marks": "list[int]",
        "limits": "dict[int]", "city": "str", "label": "str",
    },
    "item": {
        "doc_id": "key", "person": "str", "title": "str", "price": "decimal", "count": "int", "weight": "float",
        "sold": "bool", "at": "datetime", "day": "date", "took": "delta", "kind": "kind", "labels": "list[str]",
        "parts": "dict[int]", "spot": "spot",
    },
    "shop": {
        "doc_id": "key", "title": "str", "status": "str", "rate": "float", "budget": "decimal", "limit": "int",
        "open": "bool", "opened": "date", "visited": "datetime", "kind": "kind", "spot": "spot", "notes": "list[str]",
        "sizes": "list[int]", "stock": "dict[int]", "names": "dict[str]", "city": "str", "owner": "str",
        "staff": "list[str]",
    },
    "spot": {"row": "int", "label": "str"},
}  # fmt: skip
"""Attributes and their types; all but those of type "key" may be None."""

ONE = {"city": "city", "owner": "person"}
"""References to one entity, which may not be there."""

MANY = {"staff": "person", "desks": "person", "items": "item", "towns": "city", "buyers": "person", "gifts": "item"}
"""References to many."""

LITERALS: dict[str, tuple[str, ...]] = {
    "bool": ("True", "False"),
    "int": ("0", "1", "2", "3", "-1", "7", "10", "LIMIT"),
    "float": ("0.0", "0.5", "1.5", "-2.25", "10.0"),
    "decimal": ('Decimal("0")', 'Decimal("1.50")', 'Decimal("-0.25")', "Decimal(3)"),
    "str": ('""', '"a"', '"b"', '"Zoë"', '"x-y,z"', '" y "', '"12"', '"new"'),
    "date": ("date(2024, 2, 29)", "date(2026, 3, 1)", "date(1969, 12, 31)"),
    "delta": ("timedelta(days=1)", "timedelta(0)", "timedelta(hours=5, minutes=-1)"),
    "kind": ("Kind.NEW", "Kind.OLD"),
    "datetime": ('datetime.fromisoformat("2026-03-01T09:30:00+00:00")',),
    "list[str]": ("[]", '["a", "b"]'),
    "list[int]": ("[]", "[1, 2, 3]", "[0]"),
    "dict[int]": ("{}", '{"a": 1, "b": 0}', "WEIGHTS"),
    "dict[str]": ("{}", '{"a": "x"}', "NAMES"),
    "spot": ('Spot(0, "")', 'Spot(row=2, label="x")'),
}

SCALARS = ("bool", "int", "float", "decimal", "str", "date", "datetime", "delta", "kind")
ORDERED = ("int", "float", "decimal", "str", "date", "datetime", "delta", "bool")

ANNOTATIONS = {
    "bool": "bool", "int": "int", "float": "float", "decimal": "Decimal", "str": "str", "key": "str", "date": "date",
    "datetime": "datetime", "delta": "timedelta", "kind": "Kind", "list[str]": "list[str]", "list[int]": "list[int]",
    "dict[int]": "dict[str, int]", "dict[str]": "dict[str, str]", "set[str]": "set[str]", "set[int]": "set[int]",
    "list[float]": "list[float]", "list[bool]": "list[bool]", "list[decimal]": "list[Decimal]", "spot": "Spot",
    "list[date]": "list[date]", "dict[bool]": "dict[str, bool]", "dict[list[str]]": "dict[str, list[str]]",
    "dict[list[int]]": "dict[str, list[int]]", "list[list[str]]": "list[list[str]]",
    "list[list[int]]": "list[list[int]]",
}  # fmt: skip
