"""`onto explain`: an app, one view, a code."""

from __future__ import annotations

import json

from click.testing import CliRunner

from onto.cli.explain import command


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, args)
    return done.exit_code, done.output


def test_a_code_has_its_page() -> None:
    code, output = run("e324")
    assert (code, output.splitlines()[0]) == (0, "E324: getter that changes its store")


def test_a_code_that_is_none_is_said() -> None:
    assert run("E999")[0] == 2


def test_one_view_is_explained_with_its_sql() -> None:
    code, output = run("examples.meeting_room", "MeetingSession", "--sql")
    assert code == 0
    assert output.startswith("MeetingSession (meeting_sessions), one per document of meetings\n")
    assert "\n-- meeting_sessions__attending\nSELECT" in output


def test_json_holds_tiers_and_lineage() -> None:
    code, output = run("examples.meeting_room", "--json", "--plan")
    told = json.loads(output)
    (field,) = [one for one in told["views"][0]["fields"] if one["name"] == "in_session"]
    assert (code, field) == (0, {"name": "in_session", "tier": "expr", "reads": ["meetings.status"], "why": []})
    assert told["plan"].startswith("view MeetingSession")


def test_a_view_that_is_none_is_said_with_those_that_are() -> None:
    code, output = run("examples.meeting_room", "Nothing")
    assert code == 2
    assert "examples.meeting_room has no view Nothing; it has MeetingSession" in output
