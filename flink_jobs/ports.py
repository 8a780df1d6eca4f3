"""TCP ports on this machine: free ones, taken ones.

ports.free()  →  41873        ports.is_free(9092)  →  False
"""

from __future__ import annotations

import socket


def free() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


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
