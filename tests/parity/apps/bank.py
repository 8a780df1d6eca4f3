"""A bank: customers, accounts and bookings; balances, statements, limits, interest."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import TypedDict

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LARGE = Decimal("50.00")


class Kind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    FEE = "fee"


class Customer(DomainModel):
    class Meta:
        collection_name = "bnk_customers"

    name: str = attrs.nothing
    segment: str | None = attrs.nothing
    joined_at: datetime = attrs.nothing
    consents: dict[str, bool] = attrs.nothing


class Account(DomainModel):
    class Meta:
        collection_name = "bnk_accounts"

    customer = attrs.relation(dm_cls="Customer")
    iban: str = attrs.nothing
    currency: str = attrs.nothing
    opening_balance: Decimal = attrs.decimal(precision=14, scale=2)
    credit_limit: Decimal | None = attrs.decimal(precision=14, scale=2)
    closed: bool = attrs.nothing

    @property
    def masked_iban(self) -> str:
        iban = (self.iban or "").replace(" ", "")
        if len(iban) < 4:
            return "****"
        return f"{iban[:2]}**{iban[-2:]}"

    @property
    def opening(self) -> Decimal:
        return self.opening_balance if self.opening_balance is not None else ZERO


class SavingsAccount(Account):
    rate: Decimal = attrs.decimal(precision=6, scale=4)

    @property
    def masked_iban(self) -> str:
        return "S-" + (self.iban or "")[-2:]


class Entry(DomainModel):
    class Meta:
        collection_name = "bnk_entries"

    account = attrs.relation(dm_cls="Account")
    kind: Kind = attrs.nothing
    amount: Decimal = attrs.decimal(precision=14, scale=2)
    at: datetime = attrs.nothing
    text: str | None = attrs.nothing
    counterparty: str | None = attrs.nothing

    @attrs.getter
    def signed(self) -> Decimal:
        amount = self.amount or ZERO
        return amount if self.kind == Kind.DEPOSIT else -amount

    @property
    def is_debit(self) -> bool:
        return self.signed < 0


class StatementLine(TypedDict):
    day: str
    text: str
    amount: Decimal


class AccountStore(Store):
    account = reference(dm_cls=Account)
    customer = reference(dm_cls=Customer)
    entries = reference(dm_cls=Entry, many=True)


class Statement(ViewModel):
    class Meta:
        collection_name = "bnk_statements"

    store: AccountStore

    @attrs.getter
    def holder(self) -> str:
        customer = self.store.customer
        return customer.name.strip() if customer and customer.name else "unknown holder"

    @attrs.getter
    def iban(self) -> str:
        return self.store.account.masked_iban

    @attrs.getter
    def balance(self) -> Decimal:
        return self.store.account.opening + sum((entry.signed for entry in self.store.entries.values()), ZERO)

    @attrs.getter
    def available(self) -> Decimal:
        return self.balance + (self.store.account.credit_limit or ZERO)

    @attrs.getter
    def overdrawn(self) -> bool:
        return self.balance < 0

    @attrs.getter
    def over_limit_by(self) -> Decimal | None:
        if self.available >= 0:
            return None
        return abs(self.available)

    @attrs.getter
    def income(self) -> Decimal:
        return sum((e.amount for e in self.store.entries.values() if e.kind == Kind.DEPOSIT and e.amount), ZERO)

    @attrs.getter
    def spending_by_kind(self) -> dict[str, Decimal]:
        spending: dict[str, Decimal] = {}
        for entry in self.store.entries.values():
            if entry.is_debit and entry.kind is not None:
                spending[entry.kind.value] = spending.get(entry.kind.value, ZERO) - entry.signed
        return spending

    @attrs.getter
    def largest_debit(self) -> Decimal:
        return max((-e.signed for e in self.store.entries.values() if e.is_debit), default=ZERO)

    @attrs.getter
    def lines(self) -> list[StatementLine]:
        dated = [entry for entry in self.store.entries.values() if entry.at is not None]
        dated.sort(key=lambda entry: (entry.at, entry.doc_id), reverse=True)
        return [
            {
                "day": f"{entry.at:%Y-%m-%d}",
                "text": (entry.text or entry.counterparty or "booking").strip(),
                "amount": entry.signed,
            }
            for entry in dated[:5]
        ]

    @attrs.getter
    def fees(self) -> Decimal:
        total = ZERO
        for entry in self.store.entries.values():
            if entry.kind != Kind.FEE or not entry.amount:
                continue
            total += entry.amount
        return total.quantize(CENT, rounding=ROUND_HALF_EVEN)

    @attrs.getter
    def interest(self) -> Decimal:
        if self.balance <= 0:
            return ZERO
        return (self.balance * Decimal("0.0125") / 12).quantize(CENT, rounding=ROUND_DOWN)

    @attrs.getter
    def counterparties(self) -> list[str]:
        names = {(e.counterparty or "").strip().lower() for e in self.store.entries.values()}
        names.discard("")
        return sorted(names)

    @attrs.getter
    def unusual(self) -> list[str]:
        amounts = [entry.amount for entry in self.store.entries.values() if entry.amount]
        if len(amounts) < 2:
            return []
        average = sum(amounts, ZERO) / len(amounts)
        return [entry.doc_id for entry in self.store.entries.values() if (entry.amount or ZERO) > 2 * average]

    @attrs.getter
    def has_recent_activity(self) -> bool:
        moments = [e.at for e in self.store.entries.values() if e.at is not None]
        if not moments:
            return False
        opened = self.store.customer.joined_at if self.store.customer else None
        return opened is not None and max(moments) - opened < timedelta(days=90)

    @attrs.getter
    def state(self) -> str:
        if self.store.account.closed:
            return "closed"
        if self.overdrawn:
            return "frozen" if self.over_limit_by else "overdrawn"
        return "active" if self.store.entries else "dormant"

    @attrs.getter
    def summary(self) -> str:
        currency = (self.store.account.currency or "EUR").upper()
        sign = "-" if self.overdrawn else ""
        return f"{self.holder}: {sign}{abs(self.balance):,.2f} {currency} ({self.state})"


class CustomerStore(Store):
    customer = reference(dm_cls=Customer)
    accounts = reference(dm_cls=Account, many=True)
    savings = reference(dm_cls=SavingsAccount, many=True)


class CustomerOverview(ViewModel):
    class Meta:
        collection_name = "bnk_overviews"

    store: CustomerStore

    @attrs.getter
    def segment(self) -> str:
        match self.store.customer.segment:
            case "p" | "private":
                return "Private"
            case "b" | "business":
                return "Business"
            case None | "":
                return "Retail"
            case other:
                return other.title()

    @attrs.getter
    def open_accounts(self) -> int:
        return len([account for account in self.store.accounts.values() if not account.closed])

    @attrs.getter
    def ibans(self) -> list[str]:
        return [account.masked_iban for account in self.store.accounts.values()]

    @attrs.getter
    def total_by_currency(self) -> dict[str, Decimal]:
        totals: dict[str, Decimal] = {}
        for account in self.store.accounts.values():
            if account.closed:
                continue
            currency = account.currency or "EUR"
            totals.setdefault(currency, ZERO)
            totals[currency] += account.opening
        return totals

    @attrs.getter
    def main_account(self) -> str | None:
        accounts = sorted(self.store.accounts.values(), key=lambda a: (-a.opening, a.doc_id))
        return accounts[0].doc_id if accounts else None

    @attrs.getter
    def best_rate(self) -> Decimal | None:
        return max((a.rate for a in self.store.savings.values() if a.rate is not None and not a.closed), default=None)

    @attrs.getter
    def credit_line(self) -> Decimal:
        return sum((account.credit_limit or ZERO for account in self.store.accounts.values()), ZERO)

    @attrs.getter
    def may_be_called(self) -> bool:
        consents = self.store.customer.consents or {}
        return consents.get("phone", False) and not consents.get("x", False)

    @attrs.getter
    def is_wealthy(self) -> bool:
        return any(account.opening >= LARGE for account in self.store.accounts.values() if not account.closed)

    @attrs.getter
    def missing_consents(self) -> list[str]:
        given = {name for name, agreed in (self.store.customer.consents or {}).items() if agreed}
        return [name for name in ("email", "phone", "x") if name not in given]

    @attrs.getter
    def member_since(self) -> str:
        joined = self.store.customer.joined_at
        return f"{joined.year}-{joined.month:02d}" if joined else "unknown"
