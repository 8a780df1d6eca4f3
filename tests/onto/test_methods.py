"""Domain methods as transactions over entities: relations, calls, exceptions, new and deleted entities, typed edges."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from onto import errors, methods
from onto.attrs import attrs
from onto.boiler import Engine
from onto.context import CTX
from onto.domain_model import DomainModel

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


class Account(DomainModel):
    class Meta:
        collection_name = "accounts"

    balance: int = attrs.nothing
    owner = attrs.relation(dm_cls="Holder")

    def transfer(self, to: Account, amount: int) -> int:
        if amount > self.balance:
            raise ValueError(f"only {self.balance} there")
        self.balance -= amount
        to.take(amount)
        return self.balance

    def take(self, amount: int) -> None:
        self.balance += amount

    def try_transfer(self, to: Account, amount: int) -> str:
        try:
            self.transfer(to, amount)
        except ValueError as error:
            return str(error)
        return "done"

    def owner_name(self) -> str:
        return self.owner.name

    def fee(self) -> int:
        return 5

    def price(self, amount: Decimal, on: datetime.date | None = None) -> Decimal:
        return amount * 2

    def burn(self) -> None:
        self.balance = 0
        raise RuntimeError("burnt")


class Savings(Account):
    def fee(self) -> int:
        return 0


class Holder(DomainModel):
    class Meta:
        collection_name = "holders"

    name: str = attrs.nothing
    accounts = attrs.list(attrs.relation(dm_cls="Account"))
    by_name = attrs.dict(attrs.relation(dm_cls="Account"))

    def total(self) -> int:
        return sum(account.balance for account in self.accounts)

    def fees(self) -> list[int]:
        return [account.fee() for account in self.accounts]

    def open(self, name: str) -> str:
        account = Account.new(balance=0, owner=self)
        account.save()
        self.accounts.append(account)
        self.by_name[name] = account
        return account.doc_id

    def close(self, account: Account) -> None:
        self.accounts.remove(account)
        account.delete()
        assert Account.get(account.doc_id) is None

    def empty_all(self, into: Account) -> None:
        for account in list(self.accounts):
            if account != into:
                account.transfer(into, account.balance)

    def stamp(self) -> list[str]:
        return [self.now.isoformat(), CTX.now.isoformat(), CTX.uuid(), CTX.uuid()]

    def sweep(self, accounts: list[Account], count: int) -> int:
        for account in accounts[:count]:
            account.transfer(self.accounts[0], account.balance)
        return len(accounts)

    def knows_nobody(self) -> bool:
        return Account.get("None") is not None and Account.get(None) is None  # type: ignore[arg-type]

    def search(self) -> int:
        return len(list(Account.all()))


def bank() -> Engine:
    engine = Engine()
    engine.save(
        Account.new(doc_id="a", balance=10, owner="ann"),
        Savings.new(doc_id="b", balance=5, owner="ann"),
        Holder.new(doc_id="ann", name="Ann", accounts=["a", "b"], by_name={"daily": "a"}),
    )
    return engine


def balances(engine: Engine) -> dict[str, int]:
    return {path.partition("/")[2]: document["balance"] for path, document in engine.database.collection("accounts")}


def test_a_call_changes_all_entities_that_it_reaches() -> None:
    engine = bank()
    assert engine.call(Account, "a", "transfer", to="b", amount=4) == 6
    assert balances(engine) == {"a": 6, "b": 9}
    account = engine.get(Account, "b")
    assert engine.call(Account, "a", "transfer", to=account, amount=1) == 5
    engine.call(Holder, "ann", "empty_all", into="b")
    assert balances(engine) == {"a": 0, "b": 15}


def test_without_an_id_there_is_nobody_whatever_others_are_called() -> None:
    engine = bank()
    engine.save(Account.new(doc_id="None", balance=0, owner="ann"))
    assert engine.call(Holder, "ann", "knows_nobody") is True


def test_an_entity_that_is_missing_among_several_arguments_is_refused_where_it_is_reached() -> None:
    engine = bank()
    with pytest.raises(TypeError, match=r"Holder\.sweep: accounts: Account 'no' does not exist"):
        engine.call(Holder, "ann", "sweep", accounts=["b", "no"], count=2)
    assert balances(engine) == {"a": 10, "b": 5}
    assert engine.call(Holder, "ann", "sweep", accounts=["b", "no"], count=1) == 2
    assert balances(engine) == {"a": 15, "b": 0}


def test_an_exception_undoes_everything_and_comes_out() -> None:
    engine = bank()
    with pytest.raises(ValueError, match="only 10 there"):
        engine.call(Account, "a", "transfer", to="b", amount=40)
    with pytest.raises(RuntimeError, match="burnt"):
        engine.call(Account, "a", "burn")
    assert balances(engine) == {"a": 10, "b": 5}


def test_a_caught_exception_undoes_nothing() -> None:
    engine = bank()
    assert engine.call(Account, "a", "try_transfer", to="b", amount=40) == "only 10 there"
    assert engine.call(Account, "a", "try_transfer", to="b", amount=1) == "done"
    assert balances(engine) == {"a": 9, "b": 6}


def test_relations_are_entities_of_their_stored_class() -> None:
    engine = bank()
    assert engine.call(Account, "a", "owner_name") == "Ann"
    assert engine.call(Holder, "ann", "total") == 15
    assert engine.call(Holder, "ann", "fees") == [5, 0]


def test_entities_are_made_and_deleted_with_the_call() -> None:
    engine = bank()
    made = engine.call(Holder, "ann", "open", name="trip")
    assert engine.call(Holder, "ann", "fees") == [5, 0, 5]
    assert engine.database.get("holders/ann")["byName"] == {"daily": "a", "trip": made}  # type: ignore[index]
    engine.call(Holder, "ann", "close", account=made)
    assert balances(engine) == {"a": 10, "b": 5}
    assert engine.database.get("holders/ann")["accounts"] == ["a", "b"]  # type: ignore[index]


def test_every_model_can_be_made_saved_and_deleted_by_a_command() -> None:
    engine = bank()
    engine.call(Account, "c", "new", balance=3, owner="ann")
    with pytest.raises(methods.AlreadyExistsError, match="'c' exists already"):
        engine.call(Account, "c", "new", balance=4)
    engine.call(Account, "c", "save", document={"obj_type": "Savings", "balance": 7})
    assert engine.call(Account, "c", "fee") == 0
    with pytest.raises(methods.AlreadyExistsError, match="'c' exists already"):
        engine.call(Account, "c", "save", document={"balance": 1}, absent=True)
    with pytest.raises(TypeError, match="and `absent`: only where there is none"):
        engine.call(Account, "d", "save", document={"balance": 1}, absent="yes")
    engine.call(Account, "c", "delete")
    engine.call(Account, "d", "save", document={"balance": 1}, absent=True)
    with pytest.raises(methods.DoesNotExistError, match="Account 'c' does not exist"):
        engine.call(Account, "c", "delete")


def test_a_place_is_taken_whatever_class_is_in_it() -> None:
    engine = bank()
    engine.call(Account, "c", "new", balance=3)
    for method, arguments in (("new", {"balance": 4}), ("save", {"document": {"balance": 4}, "absent": True})):
        with pytest.raises(methods.AlreadyExistsError, match="'c' exists already"):
            engine.call(Savings, "c", method, **arguments)


@pytest.mark.parametrize(
    ("doc_id", "method", "arguments", "kind", "message"),
    [
        ("a", "transfer", {"to": "b"}, TypeError, "Account.transfer needs `amount`"),
        ("a", "transfer", {"to": "b", "amount": "5"}, TypeError, "Account.transfer: amount: '5' is not an integer"),
        ("a", "transfer", {"to": "no", "amount": 1}, TypeError, "Account.transfer: to: Account 'no' does not exist"),
        ("a", "transfer", {"to": None, "amount": 1}, TypeError, "to may not be None"),
        ("a", "transfer", {"to": "b", "amount": 1, "x": 1}, TypeError, "has no parameter `x`"),
        ("a", "fly", {}, AttributeError, r"Account has no method `fly` \(methods: burn, fee, "),
        ("a", "_load", {}, AttributeError, "has no method `_load`"),
        ("a", "to_dict", {}, AttributeError, "has no method `to_dict`"),
        ("no", "fee", {}, LookupError, "Account 'no' does not exist"),
        ("a", "new", {"size": 1}, (TypeError, ValueError), "has no attribute `size`|exists already"),
        ("z", "new", {"balance": "x"}, TypeError, "Account.balance: 'x' is not an integer"),
    ],
)
def test_bad_calls_say_what_is_wrong(
    doc_id: str, method: str, arguments: dict[str, Any], kind: Any, message: str
) -> None:
    engine = bank()
    request = methods.Request(method, arguments, "Account")
    with pytest.raises(kind, match=message):
        methods.run(
            methods.Models.around([Account]),
            request,
            f"accounts/{doc_id}",
            lambda refs: {one: engine.database.get(one) for one in refs},
            NOON,
            "x",
        )


def test_values_are_typed_at_the_edge() -> None:
    engine = bank()
    assert engine.call(Account, "a", "price", amount=Decimal("1.50"), on=datetime.date(2026, 1, 1)) == Decimal(3)
    with pytest.raises(errors.OntoError, match="on: 'soon' is not a date"):
        engine.call(Account, "a", "price", amount=Decimal(1), on="soon")


def test_now_and_ids_are_the_same_in_every_run_of_one_call() -> None:
    engine = bank()
    models = methods.Models.around([Holder])
    stamp = methods.Request("stamp", {})
    runs = [
        methods.run(
            models, stamp, "holders/ann", lambda refs: {one: engine.database.get(one) for one in refs}, NOON, seed
        ).result
        for seed in ("x", "x", "y")
    ]
    assert runs[0] == runs[1] != runs[2]
    assert runs[0][:2] == [NOON.isoformat()] * 2
    assert runs[0][2] != runs[0][3]


def test_a_method_reaches_entities_by_relations_only() -> None:
    with pytest.raises(TypeError, match="cannot search a collection"):
        bank().call(Holder, "ann", "search")


def test_what_is_not_at_hand_is_asked_for_all_at_once() -> None:
    engine = bank()
    at_hand = {"holders/ann": engine.database.get("holders/ann")}

    def lookup(refs: tuple[str, ...]) -> dict[str, Any]:
        missing = tuple(ref for ref in refs if ref not in at_hand)
        if missing:
            raise methods.NeedEntity(missing)
        return {ref: at_hand[ref] for ref in refs}

    request = methods.Request("total", {})
    with pytest.raises(methods.NeedEntity) as needed:
        methods.run(methods.Models.around([Holder]), request, "holders/ann", lookup, NOON, "x")
    assert needed.value.refs == ("accounts/a", "accounts/b")
