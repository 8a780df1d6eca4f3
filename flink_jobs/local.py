"""Kafka and Flink as processes of this machine, in one folder: no Docker, no Java to install.

    with local.Stack(Path(".onto")) as stack:
        stack.kafka, stack.flink          →  "localhost:41873", "http://localhost:40511"

The demo, the tests, the benchmarks and `onto up` all start this stack. Its processes end with the one that
started it, however that ends, unless it is detached.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from flink_jobs import broker, cluster, jars, ports, serve, warden
from onto import errors, settings

KAFKA_DEADLINE = 120.0  # seconds until the broker has to answer
FLINK_DEADLINE = 180.0  # seconds until all slots have to be there
STOP_DEADLINE = warden.GRACE + 10.0
POLL = 0.1

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Status:
    """What is there: addresses, process ids, and for each service None or what is wrong with it."""

    running: bool
    kafka: str | None
    flink: str | None
    processes: dict[str, int]
    problems: dict[str, str]
    endpoint: str | None = None  # of the app's methods, where an app is served
    functions: str | None = None  # the StateFun JVM's REST address


class Stack:
    """One Kafka broker and one Flink session cluster below `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        kafka_port: int = 0,
        flink_port: int = 0,
        shape: cluster.Shape | None = None,
        detached: bool = False,
        progress: jars.Progress | None = None,
        tell: Tell | None = None,
    ) -> None:
        """Describe a stack; nothing starts yet. Port 0 is any free one; `tell` hears of each step."""
        self.folder = folder.resolve()
        self.shape = shape or cluster.Shape()
        self._wanted = {"kafka": kafka_port, "flink": flink_port}
        self._detached = detached
        self._progress = progress
        self._tell = tell or (lambda _: None)
        self._warden: subprocess.Popen[bytes] | None = None
        self.kafka = ""
        self.flink = ""

    def __enter__(self) -> Stack:
        """Start, and wait until both services answer."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self.stop()

    def start(self) -> Stack:
        """Start both services; OntoError when a port is taken or a service does not come up in time."""
        if warden.is_running(self.folder):
            raise errors.ClusterError(f"a stack already runs in {self.folder}; `onto down` stops it")
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        kafka_port, flink_port = self._port("kafka"), self._port("flink")
        self.kafka, self.flink = f"localhost:{kafka_port}", f"http://localhost:{flink_port}"
        self._tell("preparing Kafka and Flink")
        processes = (
            broker.prepare(self.folder, kafka_port, self._progress),
            *cluster.prepare(self.folder, self.shape, flink_port, self._progress),
        )
        for process in processes:
            (self.folder / "log" / f"{process.name}.log").unlink(missing_ok=True)
        warden.write_spec(self.folder, processes)
        try:
            self._warden = warden.launch(self.folder, detached=self._detached)
            self._await("kafka", f"Kafka at {self.kafka}", KAFKA_DEADLINE, lambda: broker.check(self.kafka, 2))
            self._await("jobmanager", f"Flink at {self.flink}", FLINK_DEADLINE, self._flink_problem)
        except BaseException:
            self.stop()
            raise
        addresses = {"kafka": self.kafka, "flink": self.flink}
        (self.folder / settings.STACK_FILE).write_text(json.dumps(addresses), encoding="utf-8")
        return self

    def stop(self) -> None:
        """Stop both services and wait until their processes are gone."""
        stop(self.folder)
        if self._warden is not None:
            if self._warden.stdin is not None:
                self._warden.stdin.close()
            self._warden.wait(timeout=STOP_DEADLINE)
            self._warden = None

    def _port(self, name: str) -> int:
        port = self._wanted[name]
        if port == 0:
            return ports.free()
        if not ports.is_free(port):
            raise errors.ClusterError(
                f"port {port} for {name.title()} is taken; choose another with --{name}-port (0: any free)"
            )
        return port

    def _flink_problem(self) -> str | None:
        return cluster.check(self.flink, 2, self.shape.slots)

    def _await(self, process: str, what: str, seconds: float, problem: Callable[[], str | None]) -> None:
        self._tell(f"waiting for {what}")
        deadline = time.monotonic() + seconds
        while (reason := problem()) is not None:
            pid = warden.pids(self.folder).get(process)
            assert self._warden is not None
            if self._warden.poll() is not None or (pid is not None and not warden.is_alive(pid)):
                raise errors.ClusterError(f"{what} stopped while starting: {self._last_line(process)}")
            if time.monotonic() > deadline:
                raise errors.ClusterError(f"{what} did not answer within {seconds:.0f} s: {reason}")
            time.sleep(POLL)

    def _last_line(self, process: str) -> str:
        path = self.folder / "log" / f"{process}.log"
        with contextlib.suppress(OSError):
            lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            telling = [line for line in lines if "Exception" in line or "ERROR" in line or "Error" in line]
            for line in (*telling[-1:], *lines[-1:]):
                return f"{line.strip()[:200]} (more in {path})"
        return f"see {path}"


def stop(folder: Path) -> bool:
    """Stop the stack in `folder` and wait until it is gone; say whether there was one."""
    (folder / settings.STACK_FILE).unlink(missing_ok=True)
    if not warden.is_running(folder):
        return False
    pid = warden.pids(folder).get("warden")
    deadline = time.monotonic() + STOP_DEADLINE
    while warden.is_running(folder):
        pid = warden.pids(folder).get("warden", pid)  # a warden that has only now started
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise errors.ClusterError(f"the stack in {folder} did not stop within {STOP_DEADLINE:.0f} s")
        time.sleep(POLL)
    return True


def status(folder: Path) -> Status:
    """Look at the stack in `folder`."""
    try:
        addresses = json.loads((folder / settings.STACK_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        addresses = {}
    running = warden.is_running(folder)
    processes = warden.pids(folder) if running else {}
    problems = {name: "has stopped" for name, pid in processes.items() if not warden.is_alive(pid)}
    kafka, flink = addresses.get("kafka"), addresses.get("flink")
    if running and kafka and (reason := broker.check(kafka, 2)):
        problems["kafka"] = reason
    if running and flink and (reason := cluster.check(flink, 2)):
        problems["flink"] = reason
    if running:
        problems.update(serve.problems(addresses))
    return Status(running, kafka, flink, processes, problems, addresses.get("endpoint"), addresses.get("functions"))
