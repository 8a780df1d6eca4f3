"""Setters of a view on the real runtime: one transaction, begun at the view's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.meeting_room.views import MeetingSession
from onto import calling
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
