"""Commands run in this process on every datastore: each one transaction, and answered again when it comes again."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from onto import calling, direct, methods, wire
from onto.attrs import attrs
from onto.database import protocol
from onto.database.sql import Sql
from onto.domain_model import DomainModel
from tests.onto import datastores


class Purse(DomainModel):
    class Meta:
        collection_name = "purses"

    coins: int = attrs.nothing

    def put(self, coins: int) -> int:
        self.coins += coins
        return self.coins

    def pour(self, into: Purse, coins: int) -> list[int]:
        if coins > self.coins:
            raise ValueError(f"only {self.coins} coins")
        self.coins -= coins
        return [self.coins, into.put(coins)]

    def exit(self) -> None:
        self.coins = 0
        raise SystemExit(3)


MODELS = methods.Models.around([Purse])


def send(calls: direct.Direct, doc_id: str, method: str, request_id: str, **args: Any) -> calling.Reply:
    return calls.send("purses", doc_id, wire.Command(request_id, method, args, "Purse")).result()


@pytest.fixture(params=datastores.ALL)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> protocol.Database:
    """Return a datastore with a purse of ten coins and an empty one."""
    opened = datastores.ALL[request.param](tmp_path)
    for doc_id, coins in (("a", 10), ("b", 0)):
        send(direct.Direct(opened, MODELS), doc_id, "new", doc_id, coins=coins)
    return opened


def coins(database: protocol.Database) -> list[Any]:
    return [(database.get(f"purses/{one}") or {}).get("coins") for one in ("a", "b")]


def test_a_call_changes_all_that_it_reaches_or_nothing(database: protocol.Database) -> None:
    calls = direct.Direct(database, MODELS)
    reply = send(calls, "a", "pour", "r1", into="b", coins=4)
    stored = database.read("purses/a")
    assert stored is not None
    assert (reply.result, coins(database)) == ([6, 4], [6, 4])
    assert reply.token == (("purses", "a", stored.version), ("purses", "b", stored.version))
    with pytest.raises(calling.CallError, match="ValueError: only 6 coins"):
        send(calls, "a", "pour", "r2", into="b", coins=40)
    with pytest.raises(calling.CallError, match="SystemExit: 3"):
        send(calls, "a", "exit", "r3")
    with pytest.raises(calling.CallError, match="DoesNotExist: Purse 'c' does not exist"):
        send(calls, "c", "put", "r4", coins=1)
    assert coins(database) == [6, 4]
    assert database.collection(direct.KEPT) == []


@pytest.mark.parametrize("doc_id", ["", "a/b", "x" * 1_501])
def test_an_id_that_no_document_can_have_is_refused(database: protocol.Database, doc_id: str) -> None:
    calls = direct.Direct(database, MODELS)
    with pytest.raises(calling.CallError, match=r"BadId: Purse: .* is no doc_id"):
        send(calls, doc_id, "new", "r1", coins=1)
    with pytest.raises(calling.CallError, match="DoesNotExist"):
        send(calls, doc_id, "put", "r2", coins=1)
    with pytest.raises(calling.CallError, match=r"BadArguments: Purse.pour: into: Purse .* does not exist"):
        send(calls, "a", "pour", "r3", into=doc_id, coins=1)


def test_a_kept_reply_answers_the_command_when_it_comes_again(database: protocol.Database) -> None:
    first = send(direct.Direct(database, MODELS, keep=True), "a", "put", "r1", coins=5)
    with pytest.raises(calling.CallError, match="ValueError: only 15 coins"):
        send(direct.Direct(database, MODELS, keep=True), "a", "pour", "r2", into="b", coins=16)
    later = direct.Direct(database, MODELS, keep=True)
    assert send(later, "a", "put", "r3", coins=5).result == 20
    assert send(later, "a", "put", "r1", coins=5) == first
    with pytest.raises(calling.CallError, match="ValueError: only 15 coins"):
        send(later, "a", "pour", "r2", into="b", coins=16)
    assert send(later, "b", "put", "r1", coins=1).result == 1  # of another entity, it is another call
    assert coins(database) == [20, 1]


def test_replies_are_kept_for_a_day(database: protocol.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = direct.Direct(database, MODELS, keep=True)
    send(calls, "a", "put", "r1", coins=1)
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + (direct.KEPT_MS + 1) * 1_000_000)
    send(calls, "a", "put", "r2", coins=1)
    assert [kept["requestId"] for _, kept in database.collection(direct.KEPT)] == ["r2"]
    assert send(calls, "a", "put", "r1", coins=1).result == 13


def test_processes_that_share_a_datastore_lose_no_update(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'data.db'}"
    opened = [Sql(url), Sql(url)]
    for doc_id in ("a", "b"):
        send(direct.Direct(opened[0], MODELS), doc_id, "new", doc_id, coins=50)
    problems: list[BaseException] = []

    def work(number: int, source: str, target: str) -> None:
        calls = direct.Direct(opened[number], MODELS, keep=True)
        for turn in range(20):
            while True:
                try:
                    send(calls, source, "pour", f"r{number}-{turn}", into=target, coins=1)
                except protocol.ConflictError:
                    continue
                except BaseException as error:
                    problems.append(error)
                break

    threads = [threading.Thread(target=work, args=(0, "a", "b")), threading.Thread(target=work, args=(1, "b", "a"))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert problems == []
    assert coins(opened[0]) == [50, 50]
    assert len(opened[0].collection(direct.KEPT)) == 40
