"""The process that keeps the local stack's JVMs: it starts them, and none outlives it.

    Process("kafka", ("java", …), {…})  →  python -m flink_jobs.warden .onto  →  pids in .onto/pids.json

It ends its children when it is told to (SIGTERM, SIGINT) and when the process that started it is gone (the
end of its standard input, unless the stack is detached); the kernel kills them if it is killed itself. It
holds a lock on its folder while it lives, so that nobody has to trust a stale pid file. Those that are to be kept it
starts again whenever they end, and on SIGUSR1 it reads anew what is to run.
"""

from __future__ import annotations

import contextlib
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
RESUME = "{resume}"  # stands in a command for `-s FOLDER`
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before a process that ended is started again, the last again and again
CALM = 30.0  # seconds of running after which the pauses begin anew


@dataclass(frozen=True, slots=True)
class Process:
    """One child: its output goes to `<name>.log` in the folder's `log`.

    A process that is `kept` is started again whenever it ends. `newest` is a pattern of files: where RESUME stands in
    the command, the folder of the newest of them is put in, or nothing while there is none.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    kept: bool = False
    newest: str = ""


def write_spec(folder: Path, processes: tuple[Process, ...]) -> None:
    """Leave in `folder` what the warden has to run."""
    fresh = folder / f"{SPEC_FILE}.new"
    fresh.write_text(json.dumps([asdict(process) for process in processes], indent=2), encoding="utf-8")
    fresh.rename(folder / SPEC_FILE)


def read_spec(folder: Path) -> tuple[Process, ...]:
    """Return what the warden of `folder` has to run."""
    entries = json.loads((folder / SPEC_FILE).read_text(encoding="utf-8"))
    return tuple(Process(**{**entry, "command": tuple(entry["command"])}) for entry in entries)


def reload(folder: Path) -> None:
    """Let the warden of `folder` start what is new in its spec, and start again what is another there."""
    os.kill(pids(folder)["warden"], signal.SIGUSR1)


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
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1):
            signal.signal(number, lambda *_: None)
        children = _Children(folder)
        try:
            children.load()
            _wait(signals, None if detached else sys.stdin.fileno(), children)
        finally:
            children.stop(list(children.running))
            (folder / PIDS_FILE).unlink(missing_ok=True)
    return 0


def _wait(signals: int, parent: int | None, children: _Children) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(signals, selectors.EVENT_READ)
        if parent is not None:
            selector.register(parent, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(children.pause()):
                content = os.read(key.fd, 512)
                if key.fd == parent and not content:
                    return
                if key.fd == signals and set(content) - {signal.SIGCHLD, signal.SIGUSR1}:
                    return
                if key.fd == signals and signal.SIGUSR1 in content:
                    children.load()
            if not children.tend():
                return


@dataclass(slots=True)
class _Child:
    """A process, and when it is to be started again if it has ended."""

    spec: Process
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    due: float | None = None


class _Children:
    """All processes of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.running: dict[str, _Child] = {}

    def load(self) -> None:
        """Make what runs that which is to run."""
        wanted = {each.name: each for each in read_spec(self._folder)}
        self.stop([name for name, child in self.running.items() if wanted.get(name) != child.spec])
        for name, spec in wanted.items():
            if name not in self.running:
                self.running[name] = _Child(spec, self._started(spec), time.monotonic())
        self._tell()

    def tend(self) -> bool:
        """Start again what is due; say whether anything runs or will."""
        for child in self.running.values():
            if child.process.poll() is None or not child.spec.kept:
                continue
            now = time.monotonic()
            if child.due is None:
                _end_group(child.process.pid)
                child.failures = 1 if now - child.started > CALM else child.failures + 1
                child.due = now + PAUSES[min(child.failures, len(PAUSES)) - 1]
            elif child.due <= now:
                child.process, child.started, child.due = self._started(child.spec), now, None
                self._tell()
        return any(child.process.poll() is None or child.due is not None for child in self.running.values())

    def pause(self) -> float | None:
        """Return the seconds until something is due."""
        due = [child.due for child in self.running.values() if child.due is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def stop(self, names: list[str]) -> None:
        """End these processes."""
        stopping = [self.running.pop(name).process for name in names]
        for process in stopping:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in stopping:
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()

    def _started(self, spec: Process) -> subprocess.Popen[bytes]:
        with (self._folder / "log" / f"{spec.name}.log").open("ab") as log:
            return subprocess.Popen(
                _command(spec),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **spec.environment},
                cwd=self._folder,
                preexec_fn=_die_with_parent,  # safe: this process has one thread
                start_new_session=True,
            )

    def _tell(self) -> None:
        content = {"warden": os.getpid(), **{name: child.process.pid for name, child in self.running.items()}}
        fresh = self._folder / f"{PIDS_FILE}.new"
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.rename(self._folder / PIDS_FILE)


def _command(spec: Process) -> list[str]:
    found = (
        sorted(Path("/").glob(spec.newest.lstrip("/")), key=lambda path: path.stat().st_mtime_ns) if spec.newest else []
    )
    resume = ["-s", found[-1].parent.as_uri()] if found else []
    return [part for one in spec.command for part in (resume if one == RESUME else [one])]


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_group(group: int) -> None:
    """End what a killed process left behind: the workers of an endpoint hold its port."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)  # the group: a TaskManager may have Python workers


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), detached=bool(os.environ.get("ONTO_DETACHED"))))
