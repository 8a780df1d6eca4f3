"""`onto explain`: an app, one view, a code."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_json_holds_everything() -> None:
    code, output = run("examples.meeting_room", "--json")
    told = json.loads(output)
    view = told["views"][0]
    (field,) = [one for one in view["fields"] if one["name"] == "in_session"]
    assert (code, field["tier"], field["reads"], field["why"]) == (0, "expr", ["meetings.status"], [])
    assert field["lineage"] == [
        {"attribute": "meetings.status", "role": "value", "file": "examples/meeting_room/views.py", "line": 50}
        | {"column": 16}
    ]
    assert view["tables"][1]["sql"].startswith("SELECT")
    assert view["tables"][1]["plan"].startswith("project v: doc_id")
    assert told["mermaid"].startswith("flowchart LR\n")


def test_one_getter_is_explained_alone() -> None:
    code, output = run("examples.meeting_room", "MeetingSession.attending")
    assert code == 0
    assert output.splitlines()[1].startswith("  attending    agg")
    assert output.endswith("\n1 getter: 1 agg; 100 % without Python\n")


def test_the_picture_stands_alone() -> None:
    code, output = run("examples.meeting_room", "--mermaid")
    assert (code, output.splitlines()[0]) == (0, "flowchart LR")


def test_an_app_with_errors_shows_them_as_check_does(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def broken(:\n", encoding="utf-8")
    code, output = run(str(tmp_path / "app.py"))
    assert code == 1
    assert "E101" in output


def test_a_view_that_is_none_is_said_with_those_that_are() -> None:
    code, output = run("examples.meeting_room", "Nothing")
    assert code == 2
    assert "examples.meeting_room has no view Nothing; it has MeetingSession" in output


def test_a_getter_that_is_none_is_said_with_what_is_near() -> None:
    code, output = run("examples.meeting_room", "MeetingSession.atending")
    assert code == 2
    assert "did you mean MeetingSession.attending" in output


def test_a_mediator_is_explained_alone_and_as_json() -> None:
    code, output = run("examples.city", "CityViewMediator")
    assert (code, output.splitlines()) == (
        0,
        [
            "CityViewMediator, following City",
            "  on_create    view job of CityView (cityView), which follows every change",
            "  on_update    view job of CityView (cityView), which follows every change",
            "",
        ],
    )
    told = json.loads(run("examples.city", "CityFormMediator", "--json")[1])["mediators"]
    assert [(one["trigger"], one["is_view_job"], one["views"]) for one in told] == [("on_create", False, [])]
    assert told[0]["forced"]["why"] == "no job does `CityForm.new(doc_ref=snapshot.reference)`"
