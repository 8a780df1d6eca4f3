"""Make a virtual environment from the locks: every file checked by its hash, no C compiler needed.

    python3.11 .ci/environment.py .venv             everything, and onto itself, editable
    python3.11 .ci/environment.py /tmp/x core       only what `pip install onto` brings

Runs on a bare Python: standard library only. Shows one moving line in a terminal, a few lines elsewhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import venv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / ".ci" / "lock"
VERSIONS = ((3, 11), (3, 12))  # apache-flink has wheels for no other
EVERY = 20  # packages between two lines where there is no terminal


def main(folder: Path, lock: str = "all") -> int:
    """Make the environment; return the exit code."""
    if sys.version_info[:2] not in VERSIONS:
        print(f"this is Python {sys.version.split()[0]}; onto's local stack needs 3.11 or 3.12: make PYTHON=python3.11")
        return 1
    started = time.monotonic()
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"making {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=folder.exists(), symlinks=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    # What builds packages is locked too, hence no build isolation: pip would fetch its own, unchecked. Locks are whole,
    # hence no dependencies: one package says less of another's versions than is so (pyproject.toml, [tool.uv]).
    steps = (
        ["install", "--require-hashes", "-r", str(LOCKS / "build.txt")],
        [
            "install",
            "--require-hashes",
            "--no-deps",
            "--no-build-isolation",
            "--progress-bar=raw",
            "-r",
            str(LOCKS / f"{lock}.txt"),
        ],
        ["install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    )
    for step in steps:
        if not _run([*pip, *step], _count(LOCKS / f"{lock}.txt")):
            return 1
    print(f"{folder} is ready after {time.monotonic() - started:.0f} s")
    return 0


def _count(lock: Path) -> int:
    return len(re.findall(r"^[a-z]\S*==", lock.read_text(encoding="utf-8"), re.MULTILINE))


def _run(command: list[str], total: int) -> bool:
    last: deque[str] = deque(maxlen=25)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in _told(process.stdout, total, last):
            _show(line)
    _show("")
    if process.returncode:
        print("".join(last), f"pip failed: {' '.join(command[3:])}", sep="")
    return process.returncode == 0


def _told(output: Iterator[str], total: int, last: deque[str]) -> Iterator[str]:
    done, name = 0, ""
    for line in output:
        if progress := re.match(r"Progress (\d+) of (\d+)", line):
            if sys.stdout.isatty():
                got, size = (int(number) / 1e6 for number in progress.groups())
                yield f"{done} of {total} packages: {name} {got:.0f} of {size:.0f} MB"
            continue
        last.append(line)
        if collecting := re.match(r"Collecting ([\w.-]+)", line):
            done, name = done + 1, collecting[1]
            if sys.stdout.isatty() or done % EVERY == 1:
                yield f"{done} of {total} packages: {name}"
        elif line.startswith(("Building wheel", "Installing collected")):
            yield line.split(":")[0].strip()


def _show(line: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
    elif line:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
