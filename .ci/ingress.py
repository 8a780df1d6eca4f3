"""Compile `flink_jobs/ingress` to the jar beside it: `make ingress`, with a JDK of 11 or later on the path."""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from pathlib import Path

from flink_jobs import jars, statefun

SOURCE = next(statefun.INGRESS.parent.glob("*.java"))
RELEASE = "11"  # the oldest Java on which StateFun runs


def main() -> None:
    """Compile, and pack the class so that the same class makes the same jar."""
    with tempfile.TemporaryDirectory() as folder:
        libraries = ":".join(map(str, jars.statefun()))
        command = ["javac", "--release", RELEASE, "-g:none", "-cp", libraries, "-d", folder, str(SOURCE)]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(statefun.INGRESS, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(Path(folder).rglob("*.class")):
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), (1980, 1, 1, 0, 0, 0))
                packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main()
