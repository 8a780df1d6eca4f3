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


def test_a_kept_child_is_started_again_from_the_newest_file_that_is_whole(folder: Path) -> None:
    told = folder / "told"
    say = f"import sys, time; open({str(told)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10)); time.sleep(600)"
    command = (sys.executable, "-c", say, "from", warden.RESUME)
    kept = warden.Process("sleeper", command, {}, kept=True, newest=str(folder / "*" / "chk-*" / "_metadata"))
    warden.write_spec(folder, (kept,))
    process, child = start(folder, detached=True)
    wait(lambda: told.exists() and told.read_text() == "from\n")
    for number, moment in ((10, 2), (9, 1)):
        (folder / "job" / f"chk-{number}").mkdir(parents=True)
        (folder / "job" / f"chk-{number}" / "_metadata").touch()
        os.utime(folder / "job" / f"chk-{number}" / "_metadata", (moment, moment))
    (folder / "job" / "chk-11").mkdir()
    os.kill(child, signal.SIGKILL)
    wait(lambda: warden.pids(folder)["sleeper"] != child)
    wait(lambda: told.read_text().count("\n") == 2)
    assert told.read_text().splitlines()[1] == f"from -s {(folder / 'job' / 'chk-10').as_uri()}"
    again = warden.pids(folder)["sleeper"]
    process.terminate()
    assert process.wait(DEADLINE) == 0
    assert not warden.is_alive(again)


def test_what_is_new_is_started_and_what_is_another_is_started_again(folder: Path) -> None:
    process, child = start(folder, detached=True)
    other = warden.Process("other", SLEEPER.command, {})
    warden.write_spec(folder, (SLEEPER, other))
    warden.reload(folder)
    wait(lambda: "other" in warden.pids(folder))
    first = warden.pids(folder)
    assert first["sleeper"] == child
    warden.write_spec(folder, (SLEEPER, warden.Process("other", SLEEPER.command, {"Y": "2"})))
    warden.reload(folder)
    wait(lambda: warden.pids(folder)["other"] != first["other"])
    assert not warden.is_alive(first["other"])
    assert warden.pids(folder)["sleeper"] == child
    process.terminate()
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
