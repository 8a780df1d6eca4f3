"""`onto check`, `compile` and `explain` on bad input: all that is wrong in one run, and nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onto.cli import main

HEAD = """
from __future__ import annotations
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel
"""

MODELS = """
class User(DomainModel):
    name: str = attrs.nothing
    size = attrs.nothing

class Weather(DomainModel):
    text: str = attrs.nothing

class Meeting(DomainModel):
    title: str = attrs.nothing
    host = attrs.relation(dm_cls=User)
    guest = attrs.relation(dm_cls=User)
"""

STORES = """
from app.models import Meeting, User, Weather

class Ambiguous(Store):
    meeting = reference(dm_cls=Meeting)
    person = reference(dm_cls=User)

class Missing(Store):
    meeting = reference(dm_cls=Meeting)
    weather = reference(dm_cls=Weather)

class Cross(Store):
    meeting = reference(dm_cls=Meeting)
    users = reference(dm_cls=User, many=True, on=lambda store, user: user.name != "")

class Good(Store):
    meeting = reference(dm_cls=Meeting)
    host = reference(dm_cls=User)
"""

VIEWS = """
import random
from app.stores import Good

class First(ViewModel):
    class Meta:
        collection_name = "boards"
    store: Good

    @attrs.getter
    def unknown(self):
        return self.store.host.nick

    @attrs.getter
    def untyped(self):
        return self.store.host.size + 1

    @attrs.getter
    def lucky(self):
        return random.random()

class Second(ViewModel):
    class Meta:
        collection_name = "boards"
    store: Good

    @attrs.getter
    def a(self):
        return self.b

    @attrs.getter
    def b(self):
        return self.a
"""

GOOD = (
    HEAD
    + MODELS.replace("    size = attrs.nothing\n", "")
    + """
class Good(Store):
    meeting = reference(dm_cls=Meeting)

class Board(ViewModel):
    store: Good

    @attrs.getter
    def title(self) -> str:
        return self.store.meeting.title
"""
)

WRONG = {
    "E101": {"first.py", "second.py"},
    "E103": {"utf16.py"},
    "E224": {"stores.py"},
    "E225": {"stores.py"},
    "E227": {"stores.py"},
    "E240": {"views.py"},
    "E241": {"views.py"},
    "E312": {"views.py"},
    "E314": {"views.py"},
    "E322": {"views.py"},
}


def onto(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    root = Path(main.__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "onto", *arguments],
        capture_output=True, text=True, cwd=cwd, env={**os.environ, "PYTHONPATH": str(root)}, check=False,
    )  # fmt: skip


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    app = tmp_path / "app"
    app.mkdir()
    files = {
        "__init__.py": "",
        "models.py": HEAD + MODELS,
        "stores.py": HEAD + STORES,
        "views.py": HEAD + VIEWS,
        "first.py": "def title(self:\n",
        "second.py": "class\n",
    }
    for name, text in files.items():
        (app / name).write_text(text)
    (app / "utf16.py").write_bytes("x = 1\n".encode("utf-16"))
    return tmp_path


def test_one_run_tells_all_that_is_wrong(wrong: Path) -> None:
    done = onto("check", "app", "--json", cwd=wrong)
    told = json.loads(done.stdout)
    found: dict[str, set[str]] = {}
    for one in told["diagnostics"]:
        found.setdefault(one["code"], set()).add(Path(one["file"]).name)
    assert (done.returncode, told["ok"], found) == (1, False, WRONG)


def test_people_get_places_carets_and_a_count(wrong: Path) -> None:
    done = onto("check", "app", cwd=wrong)
    assert done.returncode == 1
    assert "app/views.py:18:32: E312 `User` has no attribute `nick`" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].endswith(" errors")


def test_an_older_bundle_outlives_a_wrong_app(tmp_path: Path) -> None:
    source = tmp_path / "app.py"
    source.write_text(GOOD)
    assert onto("compile", "app", "-o", "build", cwd=tmp_path).returncode == 0
    before = {one: one.read_bytes() for one in (tmp_path / "build").rglob("*") if one.is_file()}
    source.write_text(GOOD.replace("meeting.title", "meeting.titel"))
    assert onto("compile", "app", "-o", "build", cwd=tmp_path).returncode == 1
    assert {one: one.read_bytes() for one in (tmp_path / "build").rglob("*") if one.is_file()} == before


def test_a_right_app_is_said_to_be_right(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GOOD)
    done = onto("check", "app", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "app: 1 views, 1 getters, no errors\n", "")


def test_a_code_is_explained(tmp_path: Path) -> None:
    done = onto("explain", "e312", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "E312: unknown attribute")
    told = json.loads(onto("explain", "D356", "--json", cwd=tmp_path).stdout)
    assert (told["code"], told["title"]) == ("D356", "sum that SQL cannot repeat")


def test_an_unknown_code_or_view_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GOOD)
    code, view = onto("explain", "E999", cwd=tmp_path), onto("explain", "app", "Boart", cwd=tmp_path)
    assert (code.returncode, code.stderr.splitlines()[-1]) == (2, "Error: there is no code E999")
    assert (view.returncode, view.stderr.splitlines()[-1]) == (2, "Error: app has no view Boart; it has Board")


def test_an_app_is_explained_with_plan_and_sql(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GOOD)
    done = onto("explain", "app", "--plan", "--sql", cwd=tmp_path)
    assert done.returncode == 0
    assert (
        done.stdout
        == """\
Board (Board), one per document of Meeting
  title    expr         one SQL expression over joined rows
    value from Meeting.title

1 getter: 1 expr; 100 % without Python

view Board (Board) of Meeting
  table Board, key doc_id
    column doc_id: str
    column title: str | None
    project v: doc_id = meeting.doc_id, title = meeting.title
      scan Meeting as meeting: doc_id, title
  field title: scalar column title
  title: expr, reads Meeting.title

-- Board
SELECT
  `meeting`.`doc_id`,
  `meeting`.`title`
FROM `Meeting` AS `meeting`
"""
    )


def test_an_app_is_explained_as_json(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GOOD)
    told = json.loads(onto("explain", "app", "Board", "--json", cwd=tmp_path).stdout)
    assert [(one["name"], one["tier"]) for one in told["views"][0]["fields"]] == [("title", "expr")]
