"""Lineage: what a field is made of, what decides it, what joins; through properties, getters and predicates."""

from __future__ import annotations

import pytest

from compiler import emit_sql, pipeline, plan
from tests.compiler import projects

APP = (
    projects.HEADER
    + """
class City(DomainModel):
    name: str = attrs.nothing

class User(DomainModel):
    first: str = attrs.nothing
    last: str = attrs.nothing
    age: int = attrs.nothing
    city = attrs.relation(dm_cls="City")

    full: str = attrs.nothing
    @full.getter
    def full(self):
        return f"{self.first} {self.last}"

class Order(DomainModel):
    buyer = attrs.relation(dm_cls="User")
    total: int = attrs.nothing
    status: str = attrs.nothing
    tags: list[str] = attrs.nothing

class CardStore(Store):
    user = reference(dm_cls=User)
    city = reference(dm_cls=City)
    orders = reference(dm_cls=Order, many=True)
    old = reference(dm_cls=Order, many=True, on=lambda store, item: item.buyer == store.user and item.status == "old")

class Card(ViewModel):
    store: CardStore

    @attrs.getter
    def name(self) -> str:
        return self.store.user.full

    @attrs.getter
    def adult(self) -> str:
        return self.store.user.first if self.store.user.age == 18 else "-"

    @attrs.getter
    def town(self) -> str | None:
        return self.store.city.name if self.store.city else None

    @attrs.getter
    def paid(self) -> int:
        return sum(one.total or 0 for one in self.store.orders.values() if one.status == "paid")

    @attrs.getter
    def number(self) -> int:
        return len([one.total for one in self.store.orders.values()])

    @attrs.getter
    def greeting(self) -> str:
        return f"{self.name}: {self.paid}"

    @attrs.getter
    def tags(self) -> list[str]:
        return [tag for one in self.store.old.values() for tag in one.tags or []]

    @attrs.getter
    def best(self) -> int | None:
        ranked = sorted(self.store.orders.values(), key=lambda one: one.status or "")
        return ranked[0].total if ranked else None

    @attrs.getter
    def kinds(self) -> dict[str, int]:
        found = {}
        for one in self.store.orders.values():
            if one.status:
                found[one.status] = found.get(one.status, 0) + 1
        return found

    @attrs.getter
    def swapped(self) -> str:
        return (self.store.user.first or "").swapcase()
"""
)

Expected = dict[plan.Role, str]

FIELDS: dict[str, Expected] = {
    "name": {"value": "User.first User.last"},
    "adult": {"value": "User.first", "condition": "User.age"},
    "town": {"value": "City.name", "condition": "City.doc_id", "join": "User.city"},
    "paid": {"value": "Order.total", "condition": "Order.doc_id Order.status", "join": "Order.buyer"},
    "number": {"condition": "Order.doc_id", "join": "Order.buyer"},
    "greeting": {
        "value": "Order.total User.first User.last", "condition": "Order.doc_id Order.status", "join": "Order.buyer",
    },
    "tags": {"value": "Order.tags", "condition": "Order.doc_id Order.tags", "join": "Order.buyer Order.status"},
    "best": {"value": "Order.total", "condition": "Order.doc_id Order.status", "join": "Order.buyer"},
    "kinds": {"value": "Order.status", "condition": "Order.doc_id Order.status", "join": "Order.buyer"},
    "swapped": {"either": "User.doc_id User.first"},
}  # fmt: skip


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> dict[str, plan.FieldInfo]:
    """Compile the app."""
    path = tmp_path_factory.mktemp("lineage") / "app.py"
    path.write_text(APP, encoding="utf-8")
    made = pipeline.run(str(path), emit_sql.Settings())
    assert made.plan is not None, made.found
    return {one.name: one for one in made.plan.views[0].fields}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_depends_on_exactly_this(name: str, fields: dict[str, plan.FieldInfo]) -> None:
    lineage = fields[name].lineage
    roles: tuple[plan.Role, ...] = ("value", "condition", "join", "either")
    assert {role: " ".join(lineage.of(role)) for role in roles if lineage.of(role)} == FIELDS[name]


def test_a_read_inside_a_property_points_into_the_property(fields: dict[str, plan.FieldInfo]) -> None:
    (first,) = [one for one in fields["greeting"].lineage.reads if one.attribute == "User.first"]
    assert APP.splitlines()[first.span.line - 1].strip() == 'return f"{self.first} {self.last}"'
