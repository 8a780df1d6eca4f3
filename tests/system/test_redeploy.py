"""Another version of an app on the entities of the one before: what it lacks is refused, what it has holds at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from flink_jobs import serve
from onto import calling, errors, wire
from tests.system.write_side import SECONDS, WriteSide, functions_job, wait

FIRST = """
from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Villager(DomainModel):
    class Meta:
        collection_name = "villagers"

    pennies: int = attrs.nothing
    nickname: str = attrs.nothing

    def earn(self, pennies: int) -> int:
        self.pennies += pennies
        return self.pennies

    def lend(self, to: Villager, pennies: int) -> None:
        self.pennies -= pennies
        to.pennies += pennies

    def rename(self, nickname: str) -> None:
        self.nickname = nickname


class Elder(Villager):
    def judge(self, other: Villager) -> None:
        other.pennies = 0
"""
SECOND = """
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onto.attrs import attrs
from onto.domain_model import DomainModel


class House(DomainModel):
    class Meta:
        collection_name = "houses"

    owner = attrs.relation(dm_cls="Villager")

    def buy(self, buyer: Villager) -> int:
        self.owner = buyer
        return buyer.pay(1)


class Villager(DomainModel):
    class Meta:
        collection_name = "villagers"

    coins: int = attrs.nothing
    mood: str | None = attrs.nothing
    house = attrs.relation(dm_cls="House")

    @classmethod
    def upgrade(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        if "pennies" not in document:
            return document
        return {**document, "coins": document["pennies"] // 100}

    def earn(self, coins: int) -> int:
        self.coins += coins
        return self.coins

    def pay(self, coins: int) -> int:
        self.coins -= coins
        return self.coins

    def lend(self, to: Villager, coins: int) -> None:
        self.coins -= coins
        to.coins += coins

    def feel(self, mood: str) -> str:
        before, self.mood = self.mood, mood
        return f"{self.coins} {before}"
"""


class Village:
    """A write side of an app in a folder of its own, whose text may be replaced."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"village_{uuid.uuid4().hex[:8]}.py"
        self._path.write_text(FIRST, encoding="utf-8")
        self.side = WriteSide(folder, self._path.stem, workers=2)

    def replace(self, text: str) -> None:
        self._path.write_text(text, encoding="utf-8")
        self.side.redeploy()

    def call(self, doc_id: str, method: str, **args: Any) -> calling.Reply:
        return self.side.calls.call("villagers", doc_id, method, args, seconds=SECONDS)

    def refused(self, doc_id: str, method: str, **args: Any) -> str:
        with pytest.raises(calling.CallError) as caught:
            self.call(doc_id, method, **args)
        return str(caught.value)


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Village]:
    """Return a village that is served."""
    monkeypatch.chdir(tmp_path)
    made = Village(tmp_path)
    with made.side:
        yield made


def test_another_version_goes_on_with_the_entities_of_the_one_before(village: Village) -> None:
    for name in ("ann", "bob", "cat"):
        village.call(name, "new", pennies=500, nickname=name.title())
    elder = {"document": {"pennies": 900, "obj_type": "Elder"}}
    assert village.call("eve", "save", **elder).token == (("villagers", "eve", 1),)
    assert village.call("ann", "earn", pennies=50).result == 550
    kept = uuid.uuid4().hex
    asked = wire.Command(kept, "earn", {"pennies": 50}, deadline=calling.deadline(SECONDS))
    first = village.side.calls.send("villagers", "bob", asked).result(SECONDS)

    during: list[futures.Future[calling.Reply]] = []
    for number in range(20):  # some are taken by the one version and some by the other, or neither yet
        command = wire.Command(uuid.uuid4().hex, "rename", {"nickname": f"n{number}"})
        during.append(village.side.calls.send("villagers", "cat", command))
    village.replace(SECOND)
    outcomes = [one.exception(SECONDS) for one in during]
    assert {str(one).partition(":")[0] for one in outcomes if one is not None} <= {"NoSuchMethod"}
    done = sum(one is None for one in outcomes)

    # What the running version has no more.
    told = "NoSuchMethod: Villager has no method `{}` (methods: earn, feel, lend, pay, new, save, delete)"
    assert village.refused("ann", "rename", nickname="Queen") == told.format("rename")
    assert village.refused("eve", "judge", other="ann") == told.format("judge")
    assert village.refused("ann", "earn", pennies=1).startswith(
        "BadArguments: Villager.earn has no parameter `pennies`"
    )
    assert [one["exception"] for one in village.side.noted("ann")] == ["NoSuchMethod", "BadArguments"]
    # A command of before is answered as it was, though its method would not take it any more.
    assert village.side.calls.send("villagers", "bob", asked).result(SECONDS) == first

    # Old documents are upgraded where they are read, and written in the new form.
    assert village.call("ann", "feel", mood="calm").result == "5 None"
    assert village.call("ann", "lend", to="bob", coins=2).token == (("villagers", "ann", 4), ("villagers", "bob", 3))
    assert village.call("cat", "earn", coins=1).token == (("villagers", "cat", 2 + done),)
    assert village.call("eve", "earn", coins=1).result == 10
    change = next(one for one in village.side.changes("villagers") if (one.doc_id, one.version) == ("ann", 3))
    before, after = change.before, change.after
    assert before is not None
    assert after is not None
    assert (before["pennies"], before["nickname"]) == (550, "Ann")
    assert {name: after.get(name) for name in ("pennies", "nickname", "coins", "mood")} == {
        "pennies": None, "nickname": None, "coins": 5, "mood": "calm",
    }  # fmt: skip

    # What is new, a collection too.
    village.side.calls.call("houses", "mill", "new", {}, seconds=SECONDS)
    assert village.side.calls.call("houses", "mill", "buy", {"buyer": "bob"}, seconds=SECONDS).result == 6
    assert functions_job(village.side) == "RUNNING"


def test_commands_wait_for_a_version_that_can_be_imported(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    village.call("ann", "new", pennies=500, nickname="Ann")
    monkeypatch.setattr(serve, "DEADLINE", 5.0)
    with pytest.raises(errors.ClusterError, match="the endpoint did not answer within 5 s: "):
        village.replace(f"{FIRST}\n\nTAXES = {{}}['rate']\n")
    commands = [wire.Command(uuid.uuid4().hex, "earn", {"pennies": 1}) for _ in range(5)]
    sent = [village.side.calls.send("villagers", "ann", one) for one in commands]
    monkeypatch.setattr(serve, "DEADLINE", 180.0)
    village.replace(FIRST)
    assert [one.result(SECONDS).result for one in sent] == [501, 502, 503, 504, 505]
    wait(lambda: functions_job(village.side) == "RUNNING")
