"""`onto call` and `onto import` without a stack: methods run in the command's process, on the app's datastore."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compiler import emit_sql, pipeline
from onto import bundle
from onto.cli import calls, main

ROOT = Path(main.__file__).parents[2]
APP = "examples.meeting_room"
URLS = ("file:room.onto", "sqlite:///room.db")


class Folder:
    """A project's folder, in which commands run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "onto", *arguments],
            capture_output=True,
            text=True,
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            check=False,
        )
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    def call(self, *arguments: str, **environment: str) -> str:
        """Return what a call wrote, of its result or its error."""
        code, told, problem = self.run("call", *arguments, **environment)
        assert bool(code) == bool(problem), (told, problem)
        return problem or told

    def compile(self) -> None:
        done = pipeline.run(APP, emit_sql.Settings())
        assert done.bundle is not None
        assert done.files is not None
        bundle.write(done.bundle, done.files, self.path / "build")

    def write(self, name: str, *lines: str) -> None:
        (self.path / name).write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize("url", URLS)
def test_methods_and_setters_are_called_on_the_datastore_of_the_app(folder: Folder, url: str) -> None:
    folder.compile()
    folder.write("boiler.yaml", "app_name: room", f"database: {{url: '{url}'}}")
    assert folder.call("Meeting", "m1", "new", "status=not-started") == "null"
    assert folder.call("MeetingSession", "m1", "set", "in_session=true") == "null"
    told = json.loads(folder.call("Meeting", "m1", "close", "--request-id", "r1", "--wait", "--json"))
    assert (told["ok"], told["request_id"]) == (None, "r1")
    assert [one[:2] for one in told["token"]] == [["meetings", "m1"]]
    # It is closed by now: to close it anew would fail.
    assert json.loads(folder.call("Meeting", "m1", "close", "--request-id", "r1", "--json")) == told
    refused = "onto: ValueError: a meeting that is closed cannot be closed"
    for request_id in ("r2", "r2", "r3"):
        assert folder.call("Meeting", "m1", "close", "--request-id", request_id) == refused
    assert folder.call("Meeting", "m2", "close") == "onto: DoesNotExist: Meeting 'm2' does not exist"
    assert folder.call("Meeting", "m1", "new") == "onto: AlreadyExists: Meeting 'm1' exists already"
    wrong = "onto: MeetingSession.in_session: 'maybe' is not true or false"
    assert folder.call("MeetingSession", "m1", "set", "in_session=maybe") == wrong
    for seconds in ("nan", "inf", "0", "-1"):
        told = folder.call("Meeting", "m1", "close", "--seconds", seconds)
        assert told.startswith("onto: `seconds` is how long to wait for the reply, a number above 0, not ")
    for request_id in ("", "x" * 201):
        told = folder.call("Meeting", "m1", "close", "--request-id", request_id)
        assert told == "onto: a command's `request_id` is a text of 1 to 200 characters"


@pytest.mark.parametrize("url", URLS)
def test_documents_are_imported_into_the_datastore_each_once(folder: Folder, url: str) -> None:
    lines = [
        json.dumps({"collection": "meetings", "doc_id": f"m{one}", "document": {"status": "in-session"}})
        for one in range(5)
    ]
    folder.write("meetings.jsonl", *lines)
    assert folder.call("--app", APP, "Meeting", "m1", "new", "status=closed", "--database", url) == "null"
    load = ("import", "meetings.jsonl", "--app", APP, "--database", url)
    assert folder.run(*load) == (0, "5 documents: 4 loaded, 1 were there, 0 refused", "")
    assert folder.run(*load, "--json") == (0, '{"loaded": 0, "there": 5, "refused": []}', "")
    assert folder.call("--app", APP, "Meeting", "m4", "close", "--database", url) == "null"
    assert "that is closed" in folder.call("--app", APP, "Meeting", "m1", "close", "--database", url)


@pytest.mark.parametrize(
    ("project", "variables", "flags", "expected"),
    [
        ({}, {}, {}, "boiler"),
        ({"database": "project"}, {}, {}, "project"),
        ({"database": "project"}, {"ONTO_DATABASE": "variable"}, {}, "variable"),
        ({"database": "project"}, {"ONTO_DATABASE": "variable"}, {"database": "flag"}, "flag"),
        ({"bootstrap_servers": "project:1"}, {"ONTO_DATABASE": "variable"}, {}, "variable"),
        ({"bootstrap_servers": "project:1"}, {}, {}, "project:1"),
        ({"database": "project"}, {"ONTO_BOOTSTRAP_SERVERS": "variable:1"}, {}, "variable:1"),
        ({"database": "project"}, {"ONTO_DATABASE": "variable"}, {"bootstrap_servers": "flag:1"}, "flag:1"),
    ],
)
def test_the_most_specific_place_says_where_methods_run(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, project: dict[str, str], variables: dict[str, str],
    flags: dict[str, str], expected: str,
) -> None:  # fmt: skip
    folder.compile()
    folder.write("boiler.yaml", "database: {url: boiler}")
    folder.write("pyproject.toml", "[tool.onto]", *(f'{name} = "{value}"' for name, value in project.items()))
    monkeypatch.chdir(folder.path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert place(**flags) == expected


def place(**flags: str) -> str:
    """Return the URL of the datastore that takes the commands, or the address of Kafka."""
    found = calls.place(Path("build"), None, {"database": None, "bootstrap_servers": None, **flags})
    return found.url if isinstance(found, calls.Here) else found.chosen.bootstrap_servers


def test_a_running_stack_goes_before_what_the_app_says_of_itself(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.compile()
    folder.write("boiler.yaml", "database: {url: boiler}")
    (folder.path / ".onto").mkdir()
    folder.write(".onto/stack.json", '{"kafka": "stack:1", "flink": "http://stack:2"}')
    monkeypatch.chdir(folder.path)
    assert place() == "stack:1"
    assert place(database="flag") == "flag"


def test_an_app_may_say_itself_where_its_documents_are(folder: Folder) -> None:
    folder.write(
        "bank.py",
        "from onto import attrs",
        "from onto.config import Config",
        "from onto.context import CTX",
        "from onto.domain_model import DomainModel",
        "CTX.read(Config(app_name='bank', database={'url': 'file:own.onto'}))",
        "CTX.database  # opened by the app itself",
        "class Account(DomainModel):",
        "    balance: int = attrs.nothing",
        "    def deposit(self, amount: int) -> int:",
        "        self.balance += amount",
        "        return self.balance",
    )
    assert folder.call("--app", "bank.py", "Account", "a", "new", "balance=1") == "null"
    assert folder.call("--app", "bank.py", "Account", "a", "deposit", "amount=2") == "3"
    assert folder.call("--app", "bank.py", "Account", "a", "new", "--database", "sqlite:///other.db") == "null"


HOW = "name one with --database file:PATH or sqlite:///PATH, or with `database: {url: …}` in boiler.yaml"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--app", APP), f"there is no datastore on which to run the methods of {APP}: {HOW}"),
        (("--database", "file:x.onto"), "build/manifest.json: not found; `onto compile APP -o build` writes it"),
        (("--app", APP, "--database", "memory:"), f"a datastore in memory ends with the command; {HOW}"),
        (
            ("--app", APP, "--database", "here"),
            "'here' is not the URL of a datastore: write memory:, file:PATH, firestore://PROJECT, "
            "or a SQLAlchemy URL like sqlite:///shop.db",
        ),
        (
            ("--database", "file:x.onto", "--bootstrap-servers", "kafka:9092"),
            "--database runs methods here and --bootstrap-servers over Kafka: give one of them",
        ),
    ],
)
def test_what_is_missing_is_said(folder: Folder, arguments: tuple[str, ...], said: str) -> None:
    assert folder.call(*arguments, "Meeting", "m1", "new") == f"onto: {said}"


def test_without_a_stack_and_a_datastore_both_are_said(folder: Folder) -> None:
    folder.compile()
    told = folder.call("Meeting", "m1", "new", ONTO_FOLDER="nowhere")
    assert told.startswith("onto: Kafka does not answer: ")
    assert told.endswith(f"; `onto up` starts a stack, or methods run on a datastore: {HOW}")
