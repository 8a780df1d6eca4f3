"""`Model.ref(doc_id).method(...)`: blocking, awaited, made again, and what is wrong said at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent import futures
from decimal import Decimal
from typing import Any

import pytest

from onto import calling, errors, signature, wire
from onto.attrs import attrs
from onto.boiler import Engine
from onto.context import CTX
from onto.domain_model import DomainModel


class Wallet(DomainModel):
    class Meta:
        collection_name = "wallets"

    coins: int = attrs.nothing

    def pay(self, to: Wallet, amount: int) -> int:
        if amount > self.coins:
            raise ValueError(f"only {self.coins} there")
        self.coins -= amount
        to.coins += amount
        return self.coins

    def worth(self, rate: Decimal) -> Decimal:
        return self.coins * rate


class Vault(Wallet):
    def seal(self) -> str:
        return "sealed"


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    made.save(Wallet.new(doc_id="a", coins=10), Vault.new(doc_id="b", coins=0))
    CTX.call_through(made)
    yield made
    CTX.call_through(None)


def coins(engine: Engine, doc_id: str) -> int:
    found = engine.get(Wallet, doc_id)
    assert found is not None
    return found.coins


def test_a_call_blocks_or_is_awaited(engine: Engine) -> None:
    async def awaited() -> Any:
        return await Wallet.ref("a").pay(to="b", amount=1)

    assert Wallet.ref("a").pay(to="b", amount=4).result() == 6
    assert Wallet.ref("a").pay(Wallet.new(doc_id="b"), 1).result() == 5
    assert asyncio.run(awaited()) == 4
    assert Wallet.ref("a").worth(rate=Decimal("0.5")).result() == Decimal("2.0")
    assert Wallet.ref("b").seal().result() == "sealed"
    assert (coins(engine, "a"), coins(engine, "b")) == (4, 6)


def test_a_call_made_again_is_applied_once(engine: Engine) -> None:
    first = Wallet.ref("a", request_id="r1").pay(to="b", amount=4).reply()
    again = Wallet.ref("a", request_id="r1").pay(to="b", amount=4).reply()
    assert first == again == calling.Reply("r1", 6, first.token)
    assert sorted(one[:2] for one in first.token) == [("wallets", "a"), ("wallets", "b")]
    assert coins(engine, "a") == 6


def test_a_request_id_stands_for_one_call(engine: Engine) -> None:
    wallet = Wallet.ref("a", request_id="r1")
    assert [wallet.pay(to="b", amount=1).result() for _ in range(2)] == [9, 8]


def test_what_a_method_raises_comes_by_class_and_message(engine: Engine) -> None:
    with pytest.raises(calling.CallError, match="ValueError: only 10 there") as caught:
        Wallet.ref("a").pay(to="b", amount=40).result()
    assert (caught.value.kind, caught.value.message) == ("ValueError", "only 10 there")
    with pytest.raises(calling.CallError, match="DoesNotExist: Wallet 'z' does not exist"):
        Wallet.ref("z").pay(to="b", amount=1).result()
    assert (coins(engine, "a"), coins(engine, "b")) == (10, 0)


def test_what_cannot_be_called_is_not_sent(engine: Engine) -> None:
    with pytest.raises(AttributeError, match=r"Wallet has no method `pya`; did you mean `pay`\?"):
        Wallet.ref("a").pya(amount=1)
    with pytest.raises(signature.BadArgumentsError, match="amount"):
        Wallet.ref("a").pay("b", "much")
    with pytest.raises(signature.BadArgumentsError, match="too many positional"):
        Wallet.ref("a").pay("b", 1, 2)
    with pytest.raises(signature.BadArgumentsError, match=r"Wallet\.save takes its arguments by name"):
        Wallet.ref("a").save({"coins": 1})
    CTX.call_through(None)
    with pytest.raises(errors.OntoError, match="call_through"):
        Wallet.ref("a").pay(to="b", amount=1)


class Silent:
    """A caller whose replies do not come in time."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def submit(self, model: type[Any], doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
        assert command.deadline is not None
        assert command.deadline <= (time.time() + 0.1) * 1000
        return futures.Future()

    def forget(self, request_id: str) -> None:
        self.forgotten.append(request_id)


def test_a_call_is_waited_for_until_its_time_is_up() -> None:
    silent = Silent()

    async def awaited() -> Any:
        return await Wallet.ref("a", through=silent, request_id="r2", seconds=0.01).pay(to="b", amount=1)

    with pytest.raises(calling.NoReplyError, match="request_id='r1'"):
        Wallet.ref("a", through=silent, request_id="r1", seconds=0.01).pay(to="b", amount=1).result()
    with pytest.raises(calling.NoReplyError, match="request_id='r2'"):
        asyncio.run(awaited())
    assert silent.forgotten == ["r1", "r2"]


def test_a_failure_that_nobody_waits_for_is_logged(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    Wallet.ref("a").pay(to="b", amount=1)
    with pytest.raises(calling.CallError):
        Wallet.ref("a").pay(to="b", amount=40).result()
    assert caplog.messages == []
    Wallet.ref("a").pay(to="b", amount=40)
    assert caplog.messages == ["Wallet 'a': `pay` failed, and nobody waited for it: ValueError: only 9 there"]


def test_a_failure_that_comes_later_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    class Late(Silent):
        def submit(self, model: type[Any], doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
            self.sent: futures.Future[calling.Reply] = futures.Future()
            return self.sent

    late = Late()
    Wallet.ref("a", through=late).pay(to="b", amount=1)
    late.sent.set_exception(calling.CallError("ValueError", "too late"))
    assert caplog.messages == ["Wallet 'a': `pay` failed, and nobody waited for it: ValueError: too late"]
