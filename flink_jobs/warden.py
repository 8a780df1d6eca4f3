"""The process that keeps the local stack's JVMs: it starts them, and none outlives it.

    Process("kafka", ("java", …), {…})  →  python -m flink_jobs.warden .onto  →  pids in .onto/pids.json

It ends its children when it is told to (SIGTERM, SIGINT) and when the process that started it is gone (the
end of its standard input, unless the stack is detached); the kernel kills them if it is killed itself. It
holds a lock on its folder while it lives, so that nobody has to trust a stale pid file.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

LOCK_FILE = "warden.lock"
PIDS_FILE = "pids.json"
SPEC_FILE = "processes.json"
GRACE = 10.0  # seconds between asking a process to stop and killing it
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Process:
    """One child: its output goes to `<name>.log` in the folder's `log`."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def write_spec(folder: Path, processes: tuple[Process, ...]) -> None:
    """Leave in `folder` what the warden has to run."""
    text = json.dumps([asdict(process) for process in processes], indent=2)
    (folder / SPEC_FILE).write_text(text, encoding="utf-8")


def launch(folder: Path, *, detached: bool) -> subprocess.Popen[bytes]:
    """Start a warden for `folder`; unless `detached`, it ends when this process does or closes its stdin."""
    log = (folder / "log" / "warden.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "flink_jobs.warden", str(folder)],
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, "ONTO_DETACHED": "1" if detached else ""},
            cwd=Path(__file__).parent.parent,
            start_new_session=True,
        )


def is_running(folder: Path) -> bool:
    """Say whether a warden holds `folder`."""
    try:
        with (folder / LOCK_FILE).open("r+") as file:
            return not _locked(file)
    except FileNotFoundError:
        return False


def pids(folder: Path) -> dict[str, int]:
    """Return the process ids that the warden of `folder` last wrote, its own as `warden`."""
    try:
        content = json.loads((folder / PIDS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): int(pid) for name, pid in content.items()}


def is_alive(pid: int) -> bool:
    """Say whether process `pid` exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True  # no /proc on this system
    return state != "Z"


def run(folder: Path, *, detached: bool) -> int:
    """Run the folder's processes until told to stop; return the exit code."""
    with (folder / LOCK_FILE).open("w") as lock:
        if not _locked(lock):
            return 3
        # Signals arrive as bytes on a pipe, so that one `select` waits for them, the parent and the children.
        signals, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        children: dict[str, subprocess.Popen[bytes]] = {}
        try:
            _start(folder, children)
            _wait(signals, None if detached else sys.stdin.fileno(), children)
        finally:
            _stop(children)
            (folder / PIDS_FILE).unlink(missing_ok=True)
    return 0


def _start(folder: Path, children: dict[str, subprocess.Popen[bytes]]) -> None:
    for entry in json.loads((folder / SPEC_FILE).read_text(encoding="utf-8")):
        with (folder / "log" / f"{entry['name']}.log").open("ab") as log:
            children[entry["name"]] = subprocess.Popen(
                entry["command"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **entry["environment"]},
                cwd=folder,
                preexec_fn=_die_with_parent,  # safe: this process has one thread
                start_new_session=True,
            )
    content = {"warden": os.getpid(), **{name: child.pid for name, child in children.items()}}
    fresh = folder / f"{PIDS_FILE}.new"
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.rename(folder / PIDS_FILE)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(signals: int, parent: int | None, children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(signals, selectors.EVENT_READ)
        if parent is not None:
            selector.register(parent, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                content = os.read(key.fd, 512)
                if key.fd == parent and not content:
                    return
                if key.fd == signals and set(content) - {signal.SIGCHLD}:
                    return
            if all(child.poll() is not None for child in children.values()):
                return


def _stop(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for child in children.values():
        try:
            child.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(child, signal.SIGKILL)
            child.wait()


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.poll() is None:
        os.killpg(child.pid, number)  # the group: a TaskManager may have Python workers


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), detached=bool(os.environ.get("ONTO_DETACHED"))))
