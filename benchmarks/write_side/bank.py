"""The app that is measured: accounts, with a method of one entity and one of two."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Account(DomainModel):
    """Money, which may not be less than none."""

    class Meta:
        """Where it is stored."""

        collection_name = "accounts"

    owner: str = attrs.nothing
    balance: int = attrs.nothing

    def deposit(self, amount: int) -> int:
        """Put money in."""
        if amount < 0:
            raise ValueError(f"{amount} is no deposit")
        self.balance += amount
        return self.balance

    def transfer(self, to: Account, amount: int) -> int:
        """Give money to another account."""
        if amount > self.balance:
            raise ValueError(f"not enough on account {self.doc_id}")
        self.balance -= amount
        to.deposit(amount)
        return self.balance
