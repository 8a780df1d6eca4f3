"""The local stack: what is in its way, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flink_jobs import local, warden
from onto import errors

START = """
import sys
from pathlib import Path
from flink_jobs import local
with local.Stack(Path(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


def wait(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("localhost", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(errors.ClusterError) as caught:
            local.Stack(tmp_path, kafka_port=port).start()
    assert str(caught.value) == f"port {port} for Kafka is taken; choose another with --kafka-port (0: any free)"
    assert not warden.is_running(tmp_path)


def heed_ctrl_c() -> None:
    """Undo what a shell does to its background jobs: they, and all that they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_behind_when_its_starter_ends(tmp_path: Path, number: signal.Signals) -> None:
    root = Path(local.__file__).parents[1]
    starter = subprocess.Popen(
        [sys.executable, "-c", START, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=root,
        preexec_fn=heed_ctrl_c,
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"up\n"
    found = local.status(tmp_path)
    assert (found.running, found.problems, len(found.processes)) == (True, {}, 4)
    with pytest.raises(errors.ClusterError, match="a stack already runs in"):
        local.Stack(tmp_path).start()
    os.kill(starter.pid, number)
    starter.communicate(timeout=120)
    wait(lambda: not any(warden.is_alive(pid) for pid in found.processes.values()))
    assert not local.status(tmp_path).running


def test_ctrl_c_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    root = Path(local.__file__).parents[1]
    starter = subprocess.Popen(
        [sys.executable, "-c", START, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=root,
        preexec_fn=heed_ctrl_c,
    )
    wait(lambda: len(warden.pids(tmp_path)) == 4)
    pids = warden.pids(tmp_path)
    starter.send_signal(signal.SIGINT)
    starter.communicate(timeout=120)
    assert not any(warden.is_alive(pid) for pid in pids.values())
