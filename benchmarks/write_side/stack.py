"""One Kafka, one StateFun, and the two endpoints between which its functions are shared out.

with Stack(folder) as stack:
    stack.calls.call("accounts", "a", "deposit", {"amount": 5})     onto answers
    stack.calls.call("hand", "a", "deposit", {"amount": 5})         the function by hand answers
    stack.cpu()                                                     →  {"endpoint": 1.2, "statefun": 9.1, …}
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from compiler import emit_sql, pipeline
from flink_jobs import broker, ports, statefun, topics, warden
from onto import bundle, gateway

APP = "benchmarks.write_side.bank"
BY_HAND = ("hand", "hand_once")
ROOT = Path(__file__).parents[2]
DEADLINE = 120.0  # seconds until everything has to answer


class Stack:
    """Everything that a call passes through, below one folder."""

    def __init__(self, folder: Path) -> None:
        """Compile the app and prepare its processes; nothing starts yet."""
        made = pipeline.run(APP, emit_sql.Settings())
        if made.bundle is None or made.files is None:
            raise SystemExit(f"{APP} does not compile")
        self._folder = folder
        self._made = made.bundle
        (folder / "log").mkdir(parents=True)
        bundle.write(made.bundle, made.files, folder / "build")
        self._kafka = ports.free()
        self._places = statefun.Places(f"localhost:{self._kafka}", ports.free(), ports.free())
        self._by_hand = ports.free()
        self._served = statefun.Functions(folder / "build", ROOT)

    def __enter__(self) -> Stack:
        """Start, and wait until both endpoints and StateFun's job answer."""
        warden.write_spec(self._folder, (broker.prepare(self._folder, self._kafka, None),))
        self._warden = warden.launch(self._folder, detached=False)
        try:
            _wait(lambda: broker.check(self._places.kafka, 2))
            commands = {**statefun.commands(self._served), **{f"{one}-cmd": one for one in BY_HAND}}
            topics.ensure(topics.of_functions(self._made, "", commands), self._places.kafka, {}, 1)
            self.serve(1)
            self.calls = gateway.Gateway(self._places.kafka, self._made.replies_topic)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.calls.close()
        self._stop()

    def serve(self, workers: int) -> None:
        """Have each endpoint answer with so many workers."""
        served = dataclasses.replace(self._served, workers=workers)
        home = self._folder / "statefun"
        endpoint, runtime = statefun.prepare(home, served, self._places, None)
        endpoint = dataclasses.replace(endpoint, environment={**endpoint.environment, "ONTO_SERVED": ""})
        self._add_by_hand(home / "conf" / "module.yaml")
        by_hand = (
            sys.executable, "-m", "uvicorn", "--factory", "benchmarks.write_side.by_hand:create", "--host", "localhost",
            "--port", str(self._by_hand), "--workers", str(workers), "--no-access-log", "--log-level", "warning",
            "--timeout-keep-alive", "120",
        )  # fmt: skip
        others = tuple(one for one in warden.read_spec(self._folder) if one.name == "kafka")
        hand = dataclasses.replace(endpoint, name="by_hand", command=by_hand)
        before = warden.pids(self._folder)
        changed = [one for one in (endpoint, hand, runtime) if one not in warden.read_spec(self._folder)]
        warden.write_spec(self._folder, (*others, endpoint, hand, runtime))
        warden.reload(self._folder)
        _wait(lambda: _same(before, warden.pids(self._folder), changed))
        for port in (self._places.endpoint, self._by_hand):
            _wait(lambda port=port: statefun.check_endpoint(f"http://localhost:{port}", 2))  # type: ignore[misc]
        _wait(lambda: statefun.check(f"http://localhost:{self._places.rest}", 2))

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds that each process and those below it have spent, the caller as `client`."""
        spent, parents = _processes()
        found = {name: pid for name, pid in warden.pids(self._folder).items() if name != "warden"}
        times = {
            name: sum(seconds for each, seconds in spent.items() if pid in _line(each, parents))
            for name, pid in found.items()
        }
        return {**times, "client": time.process_time()}

    def _add_by_hand(self, path: Path) -> None:
        """Give the functions by hand an endpoint of their own, and their commands to them."""
        module: list[dict[str, Any]] = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        endpoint, ingress = module[0]["spec"], module[1]["spec"]
        address = f"http://localhost:{self._by_hand}/statefun"
        module.append({**module[0], "spec": {**endpoint, "functions": "hand/*", "urlPathTemplate": address}})
        ingress["topics"] += [
            {**ingress["topics"][0], "topic": f"{one}-cmd", "targets": [f"hand/{one}"]} for one in BY_HAND
        ]
        path.write_text(yaml.safe_dump_all(module, sort_keys=False), encoding="utf-8")

    def _stop(self) -> None:
        assert self._warden.stdin is not None
        self._warden.stdin.close()
        self._warden.wait(60)


def _same(before: dict[str, int], now: dict[str, int], changed: list[warden.Process]) -> str | None:
    """Say which process has not been started anew."""
    return next((one.name for one in changed if now.get(one.name) in (None, before.get(one.name))), None)


def _wait(problem: Callable[[], str | None]) -> None:
    deadline = time.monotonic() + DEADLINE
    while (reason := problem()) is not None:
        if time.monotonic() > deadline:
            raise SystemExit(reason)
        time.sleep(0.1)


def _processes() -> tuple[dict[int, float], dict[int, int]]:
    """Return the CPU seconds and the parent of every process."""
    spent: dict[int, float] = {}
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            parents[int(entry.name)] = int(fields[1])
            spent[int(entry.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent, parents


def _line(pid: int, parents: dict[int, int]) -> list[int]:
    found = [pid]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found
