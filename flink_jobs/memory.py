"""How much memory methods may take, and a little more to tell that one of them took too much.

    limit(2 * 2**30)      a method that takes more has a MemoryError
    lift(); …; restore()  what ends it works in between

A process without a limit is killed for it, and the next one is given the same command. With one, a method that fills
all of it with small objects leaves no room for the few that its failure takes, until its frames are gone.
"""

from __future__ import annotations

import resource
from pathlib import Path

ROOM = 64 * 2**20  # bytes, while a method's failure is taken in

_usual: tuple[int, int] | None = None  # soft and hard limit; made before they are needed, when nothing can be made
_lifted: tuple[int, int] | None = None


def limit(size: int) -> None:
    """Let this process take so many bytes beside what it has now (on Linux)."""
    global _usual, _lifted
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return  # another system
    taken = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    _usual, _lifted = (taken + size, hard), (taken + size + ROOM, hard)
    resource.setrlimit(resource.RLIMIT_DATA, _usual)


def lift() -> None:
    """Give a failing method's end room; no more than that, since what it holds is held still."""
    if _lifted is not None:
        resource.setrlimit(resource.RLIMIT_DATA, _lifted)


def restore() -> None:
    """Let the limit hold again."""
    if _usual is not None:
        resource.setrlimit(resource.RLIMIT_DATA, _usual)
