"""What is kept of replies: found by request id, forgotten by age and number, the same after a round trip."""

from __future__ import annotations

import json

from flink_jobs import replies


def test_a_kept_reply_is_found_by_its_whole_id() -> None:
    kept = replies.Replies()
    for request_id in ("r1", "r10", 'a "quoted",\n one', "größer"):
        kept.keep(request_id, {"ok": request_id}, now=1, most=9)
    again = replies.Replies(kept.text)
    assert [entry[0] for entry in json.loads(b"[%b]" % again.text)] == ["r1", "r10", 'a "quoted",\n one', "größer"]
    assert [again.find(one) for one in ("r1", "r10", 'a "quoted",\n one', "größer", "r")] == [
        {"ok": "r1"}, {"ok": "r10"}, {"ok": 'a "quoted",\n one'}, {"ok": "größer"}, None,
    ]  # fmt: skip


def test_the_oldest_are_forgotten_first() -> None:
    kept = replies.Replies()
    for number in range(5):
        kept.keep(f"r{number}", {"ok": number}, now=number, most=3)
    assert [kept.find(f"r{number}") for number in range(5)] == [None, None, {"ok": 2}, {"ok": 3}, {"ok": 4}]
    kept.keep("later", {"ok": None}, now=replies.KEPT_MS + 3, most=3)
    assert [kept.find(one) for one in ("r2", "r3", "r4", "later")] == [None, None, {"ok": 4}, {"ok": None}]


def test_where_nothing_is_kept_there_is_no_text() -> None:
    assert not replies.Replies()
    assert replies.Replies().text == b""
