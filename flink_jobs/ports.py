"""TCP ports on this machine: free ones, taken ones.

ports.free()  →  18734        ports.is_free(9092)  →  False
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Below what Linux (32768) and the IANA (49152) give to outgoing connections: none of those takes a port meanwhile.
LOWEST, HIGHEST = 10_000, 32_000
# A process that has been given a port starts its server seconds later: the locks keep others from being given it too.
_HELD: dict[int, int] = {}


def free() -> int:
    """Return a port that nobody listens on, and that no other process on this machine is given while this one lives."""
    while True:
        port = random.randrange(LOWEST, HIGHEST)
        if port not in _HELD and is_free(port) and _hold(port):
            return port


def is_free(port: int) -> bool:
    """Say whether a server could listen on `port`."""
    with socket.socket() as probe:
        # Servers set this too: a port that only lingers after its last connection counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError:
            return False
    return True


def _hold(port: int) -> bool:
    with contextlib.suppress(OSError):  # locked, or another user's
        file = os.open(Path(tempfile.gettempdir()) / f"onto-port-{port}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        _HELD[port] = file
        return True
    return False
