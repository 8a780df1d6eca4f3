"""The whole road by hand, on one local stack: compile, up, submit, status, import, call, tail, down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flink_jobs import warden
from onto.cli import main
from tests.system.write_side import wait

ROOT = Path(main.__file__).parents[2]


class Shell:
    """A project's folder, in which commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command and return what it wrote, of its problem if it has one."""
        done = subprocess.run(
            [sys.executable, "-m", "onto", *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=240,
            check=False,
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return (done.stderr if code else done.stdout).strip()

    def told(self, *arguments: str) -> Any:
        """Return the JSON that a command wrote."""
        return json.loads(self.run(*arguments, "--json"))

    def status(self) -> dict[str, Any]:
        """Return what `onto status` says, whether all is well or not."""
        command = [sys.executable, "-m", "onto", "status", "--json"]
        found: dict[str, Any] = json.loads(
            subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False).stdout
        )
        return found


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return a folder whose stack is stopped in the end."""
    made = Shell(tmp_path)
    yield made
    made.run("down", "--purge")


def test_methods_are_called_from_the_command_line_and_go_on_when_their_runtime_is_killed(shell: Shell) -> None:
    shell.run("compile", "examples.meeting_room", "-o", "build")
    up = shell.told("up", "--kafka-port", "0", "--flink-port", "0")
    assert (up["state"], bool(up["endpoint"])) == ("up", True)
    shell.run("submit", "build")
    status = shell.status()
    assert {"kafka", "endpoint", "statefun"} <= set(status["processes"])
    assert (status["running"], status["problems"]) == (True, {})
    assert [one["state"] for one in status["jobs"]] == ["RUNNING"]

    lines = [
        json.dumps({"collection": "meetings", "doc_id": one, "document": {"status": "not-started"}}) for one in "ab"
    ]
    (shell.folder / "meetings.jsonl").write_text("\n".join(lines))
    assert shell.run("import", "meetings.jsonl") == "2 documents: 2 loaded, 0 were there, 0 refused"
    opened = shell.told("call", "Meeting", "a", "open", "--request-id", "r1", "--wait")
    assert opened == {"ok": None, "request_id": "r1", "token": [["meetings", "a", 2]]}
    assert shell.told("call", "Meeting", "a", "open", "--request-id", "r1") == opened
    assert documents(shell) == {"a": True, "b": False}
    refused = "onto: ValueError: a meeting that is not-started cannot be closed"
    assert shell.run("call", "Meeting", "b", "close", code=1) == refused
    assert shell.run("call", "Meeting", "c", "close", code=1) == "onto: DoesNotExist: Meeting 'c' does not exist"

    killed = warden.pids(shell.folder / ".onto")["statefun"]
    os.kill(killed, signal.SIGKILL)
    wait(lambda: warden.pids(shell.folder / ".onto")["statefun"] != killed)
    assert shell.run("call", "MeetingSession", "a", "set", "in_session=false", "--seconds", "120", "--wait") == "null"
    assert documents(shell) == {"a": False, "b": False}
    wait(lambda: shell.status()["problems"] == {})
    assert shell.told("call", "Meeting", "a", "delete", "--wait")["token"] == [["meetings", "a", 4]]
    assert documents(shell) == {"b": False}
    assert shell.run("down") == "stopped"
    assert shell.status()["running"] is False


def documents(shell: Shell) -> dict[str, bool]:
    """Return what the view holds, by key: whether the meeting goes on."""
    read = shell.run("tail", "meeting_sessions", "--once", "--json")
    return {one["key"][0]: one["document"]["inSession"] for one in map(json.loads, read.splitlines())}
