"""Domain methods on the real runtime: serializable, applied once, and the same as in-process, also when things die.

ONTO_KILLS=10 pytest tests/system/test_write_side.py      kills each process ten times instead of once
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator

import pytest

from onto import calling, wire
from tests.system.market.models import Account
from tests.system.write_side import Call, Made, WriteSide, shuffled, wait

KILLS = int(os.environ.get("ONTO_KILLS", "1"))
COLLECTIONS = (
    "accounts", "items", "orders", "places", "trips", "auctions", "doctors", "links", "folders", "notes", "tariffs",
    "contracts",
)  # fmt: skip


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriteSide]:
    """Return a write side of two workers, which all tests share: each has entities of its own."""
    with WriteSide(tmp_path_factory.mktemp("write"), "tests.system.market", workers=2) as made:
        yield made


def accounts(side: WriteSide, name: str, count: int, balance: int = 100) -> tuple[list[str], list[Made]]:
    """Make accounts."""
    ids = [f"{name}{number}" for number in range(count)]
    return ids, side.play(Call("accounts", one, "new", {"balance": balance, "seen": 0}) for one in ids)


def transfers(ids: list[str], count: int, seed: int) -> list[Call]:
    """Return random transfers between accounts, some of them too large."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        source, target = chance.sample(ids, 2)
        found.append(Call("accounts", source, "transfer", {"to": target, "amount": chance.randint(1, 60)}))
    return found


def surveys(ids: list[str], count: int) -> list[Call]:
    """Return calls that look at all accounts at once."""
    return [Call("accounts", ids[at % len(ids)], "survey", {"others": _without(ids, at)}) for at in range(count)]


def _without(ids: list[str], at: int) -> list[str]:
    return [one for one in ids if one != ids[at % len(ids)]]


def totals(made: list[Made]) -> set[int]:
    """Return what each survey found in all accounts together."""
    found = [one.outcome for one in made if one.call.method == "survey"]
    return {sum(balance for *_, balance in one.result) for one in found if isinstance(one, calling.Reply)}


def failed(made: list[Made]) -> list[str]:
    """Return the messages of calls that were refused."""
    return [str(one.outcome) for one in made if isinstance(one.outcome, calling.CallError)]


def test_transfers_keep_the_money_and_a_serial_order(side: WriteSide) -> None:
    ids, made = accounts(side, "money", 6)
    made += side.play(shuffled(1, [*transfers(ids, 150, seed=1), *surveys(ids, 60)]))
    found = side.assert_serial(made, *COLLECTIONS)
    assert totals(made) == {600}
    assert sum(found[f"accounts/{one}"]["balance"] for one in ids) == 600
    assert min(found[f"accounts/{one}"]["balance"] for one in ids) >= 0
    assert {one.partition(",")[0] for one in failed(made)} <= {
        f"ValueError: not enough on account {one}" for one in ids
    }


def test_a_shop_sells_no_more_than_it_has(side: WriteSide) -> None:
    ids, made = accounts(side, "shopper", 5)
    made += [side.new("items", f"item{number}", stock=4, price=7) for number in range(3)]
    for number in range(20):
        items = [f"item{number % 3}", f"item{(number + 1) % 3}"]
        order = {"items": items, "buyer": ids[1 + number % 4], "shop": ids[0]}
        made.append(side.new("orders", f"order{number}", **order))
    made += side.play(Call("orders", f"order{number}", "check_out", {}) for number in range(20))
    found = side.assert_serial(made, *COLLECTIONS)
    paid = [found[f"orders/order{number}"].get("paid") for number in range(20)]
    assert [found[f"items/item{number}"]["stock"] for number in range(3)].count(0) >= 2
    assert len([one for one in paid if one]) == len(paid) - len(failed(made))
    assert found[f"accounts/{ids[0]}"]["balance"] == 100 + sum(one or 0 for one in paid)


def test_a_trip_is_booked_whole_or_not_at_all(side: WriteSide) -> None:
    made = [side.new("places", "hotel", free=5, guests=[]), side.new("places", "flight", free=4, guests=[])]
    made += side.play(Call("trips", f"trip{number}", "new", {}) for number in range(12))
    made += side.play(
        Call("trips", f"trip{number}", "book", {"hotel": "hotel", "flight": "flight"}) for number in range(12)
    )
    found = side.assert_serial(made, *COLLECTIONS)
    assert sorted(found["places/hotel"]["guests"]) == sorted(found["places/flight"]["guests"])
    assert (found["places/hotel"]["free"], found["places/flight"]["free"]) == (1, 0)
    assert set(failed(made)) == {"RuntimeError: flight is full with 0 free"}
    assert len(failed(made)) == 8


def test_an_auction_holds_back_one_bid(side: WriteSide) -> None:
    ids, made = accounts(side, "bidder", 4)
    made.append(side.new("auctions", "painting", highest=0))
    bids = [
        Call("auctions", "painting", "bid", {"bidder": ids[number % 4], "amount": number + 1}) for number in range(40)
    ]
    made += side.play(shuffled(3, bids))
    found = side.assert_serial(made, *COLLECTIONS)
    assert found["auctions/painting"]["highest"] == 40
    assert sum(found[f"accounts/{one}"]["balance"] for one in ids) == 360


def test_somebody_stays_on_call(side: WriteSide) -> None:
    ward = [f"doctor{number}" for number in range(4)]
    made = [side.new("doctors", one, on_call=True, ward=ward) for one in ward]
    made += side.play(Call("doctors", one, "leave", {}) for one in ward * 3)
    left = {one.after["doc_id"]: one.after["onCall"] for one in side.changes("doctors") if one.after}
    assert list(left.values()).count(True) == 1
    assert sorted(one.outcome.result for one in made[4:] if isinstance(one.outcome, calling.Reply)).count(1) >= 1


def test_a_chain_is_walked_to_its_end(side: WriteSide) -> None:
    ring = [f"link{number}" for number in range(6)]
    made = [side.new("links", one, count=0, next=ring[(at + 1) % 6]) for at, one in enumerate(ring)]
    made += side.play(Call("links", one, "pass_on", {"amount": 2}) for one in ring * 6)
    made += side.play(Call("links", one, "undo", {"amount": 1}) for one in ring)
    found = side.assert_serial(made, *COLLECTIONS)
    assert sum(found[f"links/{one}"]["count"] for one in ring) == 12  # what was caught is not undone


def test_entities_come_and_go_and_classes_answer_for_themselves(side: WriteSide) -> None:
    tree: dict[str, list[str]] = {"desk": ["shelf", "drawer"], "shelf": [], "drawer": []}
    made = []
    for name, below in reversed(tree.items()):
        document = {"obj_type": "Drawer" if name == "drawer" else "Folder", "notes": {}, "below": below, "writes": 0}
        made.append(side.call(Call("folders", name, "save", {"document": document})))
    chance = random.Random(9)
    names = [f"{'note' if number % 2 else 'message'}{number}" for number in range(6)]
    calls = []
    for number in range(120):
        folder, other = chance.sample(list(tree), 2)
        name, kind = chance.choice(names), chance.random()
        if kind < 0.5:
            calls.append(Call("folders", folder, "write", {"name": name, "text": f"t{number}"}))
        elif kind < 0.75:
            calls.append(Call("folders", folder, "move", {"name": name, "to": other}))
        elif kind < 0.95:
            calls.append(Call("folders", folder, "remove", {"name": name}))
        else:
            calls.append(Call("folders", folder, "clear", {}))
    made += side.play(calls)
    found = side.assert_serial(made, *COLLECTIONS)
    assert [found[f"folders/{name}"]["obj_type"] for name in tree] == ["Folder", "Folder", "Drawer"]
    held = [one.after["notes"] for one in side.changes("folders") if one.doc_id == "drawer" and one.after]
    assert {len(name) for notes in held for name in notes} == {5}
    assert {one.partition(":")[0] for one in failed(made)} == {"KeyError", "ValueError"}
    assert any(one.after is None for one in side.changes("notes"))


def test_what_a_changing_call_only_reads_is_shared_and_stays_as_it_was_read(side: WriteSide) -> None:
    (pay,) = (one for one in side.bundle.methods if (one.model, one.method) == ("Contract", "pay"))
    assert (pay.read_only, pay.changes) == (False, ("contracts",))
    tariffs, contracts = ["day", "night"], [f"contract{number}" for number in range(6)]
    made = [side.new("tariffs", one, rate=1, changes=0) for one in tariffs]
    made += [side.new("contracts", one, tariffs=tariffs, paid=0) for one in contracts]
    calls = [Call("contracts", one, "pay", {}) for one in contracts * 15]
    calls += [Call("tariffs", tariffs[number % 2], "change", {"rate": number}) for number in range(20)]
    calls += [Call("tariffs", one, "follow", {"leader": other}) for one, other in (tariffs, tariffs[::-1]) * 10]
    made += side.play(shuffled(11, calls))
    assert failed(made) == []
    side.assert_serial(made, *COLLECTIONS)


def test_a_command_that_comes_again_is_applied_once(side: WriteSide) -> None:
    ids, made = accounts(side, "again", 3)
    calls = transfers(ids, 30, seed=5)
    sent = time.monotonic()
    for one in calls:  # all of them once more, before anybody waits for the first
        side.calls.send(one.collection, one.doc_id, wire.Command(one.request_id, one.method, one.args))
    made += side.play(calls, sent=sent)
    again = side.play(calls)
    assert {one.call.request_id: str(one.outcome) for one in again} == {
        one.call.request_id: str(one.outcome) for one in made if one.call in calls
    }
    side.assert_serial(made, *COLLECTIONS)


def test_what_is_wrong_with_a_command_holds_nobody_up(side: WriteSide) -> None:
    accounts(side, "wrong", 1)
    producer = side.calls._producer
    malformed = (b"{", b"[]", b"", b'{"request_id": 7}', b"\xff" * 1000)
    for value in malformed:
        producer.produce("accounts-cmd", key=b"wrong0", value=value)
    refused = (
        ("fly", {}, None, "NoSuchMethod"),
        ("deposit", {"amount": "much"}, None, "BadArguments"),
        ("deposit", {}, None, "BadArguments"),
        ("deposit", {"amount": 1, "more": 2}, None, "BadArguments"),
        ("transfer", {"to": "nobody", "amount": 1}, None, "BadArguments"),
        ("deposit", {"amount": 1}, "Dog", "DoesNotExist"),
        ("save", {"document": {"balance": 0}, "absent": True}, None, "AlreadyExists"),
    )
    for method, args, model, kind in refused:
        with pytest.raises(calling.CallError) as caught:
            side.calls.call("accounts", "wrong0", method, args, model=model)
        assert caught.value.kind == kind
    with pytest.raises(calling.CallError, match="DoesNotExist: Account 'nobody' does not exist"):
        side.calls.call("accounts", "nobody", "deposit", {"amount": 1})
    reply = side.calls.call("accounts", "wrong0", "deposit", {"amount": 1})
    assert (reply.result, reply.token) == (101, (("accounts", "wrong0", 2),))
    kinds = ["MalformedCommand"] * len(malformed) + [kind for *_, kind in refused]
    wait(lambda: [one["exception"] for one in side.noted("wrong0")] == kinds)


def test_a_document_that_grows_too_large_is_refused(side: WriteSide) -> None:
    side.new("places", "crowd", free=9, guests=[])
    with pytest.raises(calling.CallError, match="DocumentTooLarge"):
        side.calls.call("places", "crowd", "reserve", {"guest": "x" * 500_000})
    reply = side.calls.call("places", "crowd", "reserve", {"guest": "ann"})
    assert (reply.result, reply.token) == (8, (("places", "crowd", 2),))
    wait(lambda: [one["exception"] for one in side.noted("crowd")] == ["DocumentTooLarge"])


def test_methods_are_called_by_reference(side: WriteSide) -> None:
    async def both() -> list[int]:
        return await asyncio.gather(*(Account.ref(one, through=side.calls).deposit(amount=2) for one in ids))

    ids, _ = accounts(side, "by-ref", 2)
    first = Account.ref(ids[0], through=side.calls, request_id="by-ref")
    again = Account.ref(ids[0], through=side.calls, request_id="by-ref")
    assert first.deposit(1).reply() == again.deposit(1).reply()
    assert asyncio.run(both()) == [103, 102]
    with pytest.raises(calling.CallError, match=f"ValueError: not enough on account {ids[0]}"):
        Account.ref(ids[0], through=side.calls).transfer(to=ids[1], amount=500).result()


def mixed(side: WriteSide, name: str) -> tuple[list[str], list[Made], list[Call]]:
    """Make a shop, a hotel with a flight, an auction and a ring of links, all for the same accounts, and calls."""
    ids, made = accounts(side, f"{name}-", 6)
    places = {one: f"{name}-{one}" for one in ("hotel", "flight")}
    items = [f"{name}-item{number}" for number in range(3)]
    ring = [f"{name}-link{number}" for number in range(5)]
    orders, trips = ([f"{name}-{one}{number}" for number in range(10)] for one in ("order", "trip"))
    new = [Call("items", one, "new", {"stock": 5, "price": 7}) for one in items]
    new += [Call("places", one, "new", {"free": 6, "guests": []}) for one in places.values()]
    new += [
        Call("auctions", f"{name}-auction", "new", {"highest": 0}),
        *(Call("trips", one, "new", {}) for one in trips),
    ]
    new += [Call("links", one, "new", {"count": 0, "next": ring[(at + 1) % 5]}) for at, one in enumerate(ring)]
    for at, one in enumerate(orders):
        cart = [items[at % 3], items[(at + 1) % 3]]
        new.append(Call("orders", one, "new", {"items": cart, "buyer": ids[1 + at % 5], "shop": ids[0]}))
    made += side.play(new)
    calls = [Call("orders", one, "check_out", {}) for one in orders]
    calls += [Call("trips", one, "book", places) for one in trips]
    calls += [Call("auctions", f"{name}-auction", "bid", {"bidder": ids[at % 6], "amount": 1 + at}) for at in range(12)]
    calls += [Call("links", one, "pass_on", {"amount": 2}) for one in ring * 3]
    tariff = f"{name}-tariff"
    made.append(side.new("tariffs", tariff, rate=1, changes=0))
    made += [side.new("contracts", f"{name}-{one}", tariffs=[tariff], paid=0) for one in "ab"]
    calls += [Call("contracts", f"{name}-{one}", "pay", {}) for one in "ab" * 6]
    calls += [Call("tariffs", tariff, "change", {"rate": rate}) for rate in range(6)]
    return ids, made, calls


@pytest.mark.parametrize("name", ["endpoint", "statefun", "kafka"])
def test_nothing_is_lost_or_done_twice_when_a_process_is_killed(side: WriteSide, name: str) -> None:
    ids, made, calls = mixed(side, name)
    calls += transfers(ids, 60 * KILLS, seed=7) + surveys(ids, 20 * KILLS)
    made += side.play(shuffled(7, calls), kill=name, times=KILLS)
    found = side.assert_serial(made, *COLLECTIONS)
    balances = [found[f"accounts/{one}"]["balance"] for one in ids]
    assert sum(balances) + found[f"auctions/{name}-auction"]["highest"] == 600  # the highest bid is held back
    assert min(balances) >= 0
    paid = [order for number in range(10) if (order := found[f"orders/{name}-order{number}"]).get("paid")]
    assert sum(found[f"items/{name}-item{number}"]["stock"] for number in range(3)) == 15 - 2 * len(paid)
    hotel, flight = (found[f"places/{name}-{one}"] for one in ("hotel", "flight"))
    assert (hotel["free"], flight["free"]) == (0, 0)
    assert sorted(hotel["guests"]) == sorted(flight["guests"])
    assert sum(found[f"links/{name}-link{number}"]["count"] for number in range(5)) == 0
