"""Free and taken ports."""

from __future__ import annotations

import socket

from flink_jobs import ports


def test_a_port_is_taken_while_somebody_listens_on_it() -> None:
    port = ports.free()
    assert ports.is_free(port)
    with socket.socket() as server:
        server.bind(("localhost", port))
        server.listen()
        assert not ports.is_free(port)
    assert ports.is_free(port)
