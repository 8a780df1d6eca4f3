"""Setters of a view on the real runtime: one transaction, begun at the view's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.meeting_room.views import MeetingSession
from onto import calling
from tests.system.lamps import LampView
from tests.system.write_side import WriteSide


def test_a_view_is_written_by_its_key(tmp_path: Path) -> None:
    with WriteSide(tmp_path, "examples.meeting_room") as side:
        side.new("meetings", "m1", status="not-started")
        first = MeetingSession.ref("m1", through=side.calls, request_id="r1").set(in_session=True).reply()
        again = MeetingSession.ref("m1", through=side.calls, request_id="r1").set(in_session=True).reply()
        assert first == again == calling.Reply("r1", None, (("meetings", "m1", 2),))
        MeetingSession.ref("m1", through=side.calls).set(in_session=False).result()
        with pytest.raises(calling.CallError, match="ValueError: a meeting that is closed cannot be closed"):
            MeetingSession.ref("m1", through=side.calls).set(in_session=False).result()
        with pytest.raises(calling.CallError, match="DoesNotExist: MeetingSession 'no' does not exist"):
            MeetingSession.ref("no", through=side.calls).set(in_session=True).result()
        stored = [one.after["status"] for one in side.changes("meetings") if one.after]
        assert stored == ["not-started", "in-session", "closed"]


def test_an_app_without_methods_has_its_setters(tmp_path: Path) -> None:
    with WriteSide(tmp_path, "tests.system.lamps") as side:
        side.new("fuses", "f", blown=False, watts=0)
        for name in ("a", "b"):
            side.new("lamps", name, lit=False, watts=40, fuse="f")
        sent = [LampView.ref(name, through=side.calls).set(lit=True) for name in ("a", "b")]
        assert {place[:2] for one in sent for place in one.reply().token} == {
            ("fuses", "f"), ("lamps", "a"), ("lamps", "b"),
        }  # fmt: skip
        assert LampView.ref("a", through=side.calls).set(tested=True).reply().token == ()
        with pytest.raises(calling.CallError, match="ValueError: the fuse is not as expected"):
            LampView.ref("a", through=side.calls).set(tested=False).result()
        LampView.ref("b", through=side.calls).set(tested=True, lit=False).result()
        assert [one.after["watts"] for one in side.changes("fuses") if one.after] == [0, 40, 80, 40]
