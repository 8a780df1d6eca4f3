"""Serve the write side of a bundle on the local stack: topics, the endpoint, the StateFun JVM.

    serve(Path(".onto"), Path("build"), Settings(…))   →  both answer; `onto status` shows them

Both processes join those that the stack's warden keeps. Serving again, the same app or another, replaces them; each app
goes on from its own newest checkpoint.
"""

from __future__ import annotations

import importlib.util
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from flink_jobs import jars, ports, statefun, topics, warden
from onto import bundle, errors, settings

DEADLINE = 180.0  # seconds until both have to answer
POLL = 0.1
PROCESSES = ("endpoint", "statefun")


def serve(
    folder: Path, built: Path, chosen: settings.Settings, progress: jars.Progress | None = None
) -> Callable[[], None]:
    """Start what serves the bundle in `built` and return what waits for it; OntoError says what is in the way."""
    made = bundle.read(built)
    prefix = chosen.topic_prefix or made.topic_prefix
    served = statefun.Functions(built, Path.cwd(), prefix, made.topic_prefix, chosen.workers)
    topics.ensure(
        topics.of_functions(made, prefix, statefun.commands(served)),
        chosen.bootstrap_servers,
        chosen.kafka,
        chosen.partitions,
    )
    addresses = json.loads((folder / settings.STACK_FILE).read_text(encoding="utf-8"))
    places = statefun.Places(chosen.bootstrap_servers, _port(addresses, "endpoint"), _port(addresses, "functions"))
    home = folder / "statefun" / re.sub(r"[^\w.-]", "_", prefix + made.app)
    fresh = statefun.prepare(home, served, places, progress)
    others = tuple(each for each in warden.read_spec(folder) if each.name not in PROCESSES)
    warden.write_spec(folder, (*others, *fresh))
    addresses["endpoint"] = f"http://localhost:{places.endpoint}"
    addresses["functions"] = f"http://localhost:{places.rest}"
    (folder / settings.STACK_FILE).write_text(json.dumps(addresses), encoding="utf-8")
    before = {name: pid for name, pid in warden.pids(folder).items() if name in PROCESSES}
    warden.reload(folder)
    return lambda: _wait(folder, addresses, before.get("endpoint"))


def missing() -> list[str]:
    """Return the packages that the endpoint needs and that are not installed."""
    needed = {
        "statefun": "apache-flink-statefun", "starlette": "starlette", "uvicorn": "uvicorn", "httptools": "httptools",
    }  # fmt: skip
    return [package for module, package in needed.items() if importlib.util.find_spec(module) is None]


def problems(addresses: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with the services of a stack's addresses, by process."""
    checks = {"endpoint": (statefun.check_endpoint, "endpoint"), "statefun": (statefun.check, "functions")}
    found = {name: check(addresses[key], 2) for name, (check, key) in checks.items() if key in addresses}
    return {name: reason for name, reason in found.items() if reason is not None}


def _wait(folder: Path, addresses: dict[str, str], old_endpoint: int | None) -> None:
    deadline = time.monotonic() + DEADLINE
    while (found := problems(addresses)) or warden.pids(folder).get("endpoint") in (None, old_endpoint):
        if time.monotonic() > deadline:
            name, reason = next(iter(found.items()), ("endpoint", "it was not started again"))
            raise errors.ClusterError(
                f"the {name} did not answer within {DEADLINE:.0f} s: {reason} (more in {folder / 'log' / name}.log)"
            )
        time.sleep(POLL)


def _port(addresses: dict[str, str], name: str) -> int:
    return int(addresses[name].rpartition(":")[2]) if name in addresses else ports.free()
