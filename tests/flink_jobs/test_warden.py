"""No process of the local stack outlives the warden, and the warden does not outlive its starter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flink_jobs import warden

DEADLINE = 20.0
SLEEPER = warden.Process("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"), {"X": "1"})


def wait(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a stack's folder with one process to run; whatever still runs afterwards is ended."""
    (tmp_path / "log").mkdir()
    warden.write_spec(tmp_path, (SLEEPER,))
    yield tmp_path
    for pid in warden.pids(tmp_path).values():
        if warden.is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def start(folder: Path, *, detached: bool) -> tuple[subprocess.Popen[bytes], int]:
    """Start a warden; return it and the pid of its child."""
    process = warden.launch(folder, detached=detached)
    wait(lambda: "sleeper" in warden.pids(folder))
    return process, warden.pids(folder)["sleeper"]


def test_it_ends_with_the_end_of_its_starters_pipe(folder: Path) -> None:
    process, child = start(folder, detached=False)
    assert warden.is_running(folder)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(DEADLINE) == 0
    assert not warden.is_alive(child)
    assert not warden.is_running(folder)
    assert warden.pids(folder) == {}


def test_it_ends_its_children_when_told_to(folder: Path) -> None:
    process, child = start(folder, detached=True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert not warden.is_alive(child)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux only")
def test_its_children_end_even_if_it_is_killed(folder: Path) -> None:
    process, child = start(folder, detached=True)
    process.kill()
    process.wait(DEADLINE)
    wait(lambda: not warden.is_alive(child))
    wait(lambda: not warden.is_running(folder))


def test_it_ends_when_all_its_children_have(folder: Path) -> None:
    process, child = start(folder, detached=True)
    os.kill(child, signal.SIGKILL)
    assert process.wait(DEADLINE) == 0


def test_a_folder_has_one_warden_at_most(folder: Path) -> None:
    first, _ = start(folder, detached=True)
    second = warden.launch(folder, detached=True)
    assert second.wait(DEADLINE) == 3
    assert first.poll() is None
    first.terminate()
    first.wait(DEADLINE)


def test_the_pids_of_a_dead_warden_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / warden.PIDS_FILE).write_text(f'{{"warden": {os.getpid()}}}')
    assert not warden.is_running(tmp_path)
