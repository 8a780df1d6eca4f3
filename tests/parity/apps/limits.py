"""Numbers at the ends of their range: what a getter may do with them on the way, and what it may not show."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Account(DomainModel):
    class Meta:
        collection_name = "lim_accounts"

    a: int = attrs.nothing
    b: int = attrs.nothing
    x: float = attrs.nothing


class Entry(DomainModel):
    class Meta:
        collection_name = "lim_entries"

    account = attrs.relation(dm_cls="Account")
    kind: str = attrs.nothing
    n: int = attrs.nothing


class LimitsStore(Store):
    account = reference(dm_cls=Account)
    entries = reference(dm_cls=Entry, many=True, on=lambda store, entry: entry.account == store.account)


class Limits(ViewModel):
    class Meta:
        collection_name = "lim_limits"

    store: LimitsStore

    @attrs.getter
    def total(self) -> int:
        return self.store.account.a + self.store.account.b

    @attrs.getter
    def next(self) -> int:
        return self.store.account.a + 1

    @attrs.getter
    def opposite(self) -> int:
        return -self.store.account.a

    @attrs.getter
    def product(self) -> int:
        return self.store.account.a * self.store.account.b

    @attrs.getter
    def share(self) -> int:
        return self.store.account.a * self.store.account.b // 1_000_000_007

    @attrs.getter
    def check_digit(self) -> int:
        return (self.store.account.a * 31 + self.store.account.b) % 97

    @attrs.getter
    def larger(self) -> bool:
        account = self.store.account
        return account.a * account.a > account.b * account.b

    @attrs.getter
    def middle(self) -> float:
        return (self.store.account.a + self.store.account.b) / 2

    @attrs.getter
    def percent(self) -> float:
        return self.store.account.a / 100

    @attrs.getter
    def spelled(self) -> str:
        return f"{self.store.account.a - self.store.account.b}"

    @attrs.getter
    def below(self) -> bool:
        return self.store.account.a < self.store.account.x

    @attrs.getter
    def sum_of_entries(self) -> int:
        return sum(entry.n or 0 for entry in self.store.entries.values())

    @attrs.getter
    def net(self) -> int:
        total = 0
        for entry in self.store.entries.values():
            total = total - (entry.n or 0) if entry.kind == "a" else total + (entry.n or 0)
        return total

    @attrs.getter
    def mean(self) -> float:
        numbers = [entry.n or 0 for entry in self.store.entries.values()]
        return sum(numbers) / len(numbers) if numbers else 0.0

    @attrs.getter
    def squares(self) -> list[int]:
        return [(entry.n or 0) * (entry.n or 0) for entry in self.store.entries.values()]

    @attrs.getter
    def smallest_first(self) -> list[int]:
        return [entry.n or 0 for entry in sorted(self.store.entries.values(), key=lambda one: -(one.n or 0))]
