"""The packages that a bundle's functions import, installed once into a folder that every job takes along.

    folder(("semver>=3",), Path(".onto"))   →  .onto/requirements/5f3a…, which holds semver and what it needs

Workers never ask an index: a job that restarts at night runs on what it was submitted with. Nothing that PyFlink itself
needs is replaced by another version of it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging import requirements as packaging
from packaging import utils

from onto import errors

FOLDER = "requirements"
CONFLICT = "The conflict is caused by:"  # pip says so, and then what
DEADLINE = 600.0  # seconds for pip


def folder(wanted: tuple[str, ...], root: Path) -> Path | None:
    """Return the folder that holds the packages, made below `root` if it is not there; None where none are wanted."""
    if not wanted:
        return None
    held = _held()
    stamp = "\n".join((*sorted(wanted), *held, sys.version, platform.platform()))
    place = (root / FOLDER / hashlib.sha256(stamp.encode()).hexdigest()[:16]).resolve()
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        _install(wanted, held, Path(scratch))
        try:
            (Path(scratch) / "packages").rename(place)
        except OSError:
            if not place.is_dir():  # another submission was faster
                raise
    return place


def _install(wanted: tuple[str, ...], held: tuple[str, ...], scratch: Path) -> None:
    target, constraints = scratch / "packages", scratch / "constraints.txt"
    target.mkdir()
    constraints.write_text("\n".join(held) + "\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check", "--no-input",
        "--no-compile", "--target", str(target), "--constraint", str(constraints), *wanted,
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE, check=False, env={**os.environ, "NO_COLOR": "1"}
        )
    except subprocess.TimeoutExpired:
        raise errors.RequirementsError(f"pip did not install {_spelled(wanted)} within {DEADLINE:.0f} s") from None
    if done.returncode:
        raise errors.RequirementsError(f"pip cannot install {_spelled(wanted)}: {_reason(done.stdout, done.stderr)}")
    shutil.rmtree(target / "bin", ignore_errors=True)


def _spelled(wanted: tuple[str, ...]) -> str:
    return f"the requirements of [tool.onto] ({', '.join(wanted)})"


def _reason(output: str, problems: str) -> str:
    lines = [line.strip() for line in output.splitlines()]
    if CONFLICT in lines:
        told = lines[lines.index(CONFLICT) + 1 :]
        told = told[: told.index("")] if "" in told else told
        return "; ".join(one.replace("The user requested (constraint)", "PyFlink needs") for one in told)
    lines = [line.strip() for line in problems.splitlines() if line.strip()]
    told = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines[-1:]
    return "; ".join(told) or "it said nothing"


def _held() -> tuple[str, ...]:
    """Return the versions of everything that PyFlink brings to a worker."""
    found: dict[str, str] = {}
    pending = ["apache-flink"]
    while pending:
        name = utils.canonicalize_name(pending.pop())
        if name in found:
            continue
        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = one.version
        pending += _needs(one)
    return tuple(f"{name}=={version}" for name, version in sorted(found.items()))


def _needs(one: metadata.Distribution) -> Iterator[str]:
    for text in one.requires or ():
        required = packaging.Requirement(text)
        if required.marker is None or required.marker.evaluate({"extra": ""}):
            yield required.name
