"""The search for a serial order itself: it places what only reads, and finds out what no order explains."""

from __future__ import annotations

import graphlib

import pytest

from onto import calling
from tests.system.write_side import Call, Made, Written, _order


def written(doc_id: str, version: int, request_id: str) -> Written:
    """Return a change of an account that was touched once more."""
    before = None if version == 1 else {"seen": version - 2}
    return Written("accounts", doc_id, f"accounts/{doc_id}#{request_id}@1", version, before, {"seen": version - 1})


def wrote(request_id: str, sent: float, answered: float, *places: tuple[str, int]) -> Made:
    token = tuple(("accounts", doc_id, version) for doc_id, version in places)
    reply = calling.Reply(request_id, None, token)
    return Made(Call("accounts", places[0][0], "transfer", {}, request_id), reply, sent, answered)


def surveyed(request_id: str, sent: float, answered: float, **seen: int) -> Made:
    reply = calling.Reply(request_id, [[doc_id, number, 0] for doc_id, number in seen.items()], ())
    return Made(Call("accounts", next(iter(seen)), "survey", {}, request_id), reply, sent, answered)


def refused(request_id: str, sent: float, answered: float, seen: int) -> Made:
    error = calling.CallError("ValueError", f"not enough on account a, touched {seen} times")
    return Made(Call("accounts", "a", "withdraw", {}, request_id), error, sent, answered)


CHANGES = [
    written("a", 1, "new-a"), written("b", 1, "new-b"), written("a", 2, "w1"), written("b", 2, "w1"),
    written("a", 3, "w2"), written("b", 3, "w2"),
]  # fmt: skip
WRITES = [
    wrote("new-a", 0, 1, ("a", 1)), wrote("new-b", 0, 1, ("b", 1)), wrote("w1", 2, 5, ("a", 2), ("b", 2)),
    wrote("w2", 2, 6, ("a", 3), ("b", 3)),
]  # fmt: skip


def order(*more: Made) -> list[str]:
    return [one.call.request_id for one in _order([*WRITES, *more], CHANGES)]


def test_what_only_reads_stands_where_it_saw_what_it_tells() -> None:
    found = order(surveyed("r", 3, 4, a=1, b=1), refused("f", 3, 7, seen=2), surveyed("early", 2, 3, a=0, b=0))
    assert found[2:] == ["early", "w1", "r", "w2", "f"]


@pytest.mark.parametrize(
    "torn",
    [
        surveyed("r", 3, 4, a=2, b=1),  # one account after a transfer, the other before it
        surveyed("r", 6.5, 7, a=1, b=1),  # what was there before a transfer that had been answered
        surveyed("r", 1.2, 1.5, a=1, b=1),  # what was written after the survey was answered
        refused("r", 7, 8, seen=0),
    ],
)
def test_what_no_order_explains_is_found(torn: Made) -> None:
    with pytest.raises(graphlib.CycleError):
        order(torn)
