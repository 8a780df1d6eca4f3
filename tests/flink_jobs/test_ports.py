"""Free and taken ports."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from flink_jobs import ports


def test_a_port_is_taken_while_somebody_listens_on_it() -> None:
    port = ports.free()
    assert ports.is_free(port)
    with socket.socket() as server:
        server.bind(("localhost", port))
        server.listen()
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_no_two_processes_are_given_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ports.free()
    monkeypatch.setattr(ports, "LOWEST", first)
    monkeypatch.setattr(ports, "HIGHEST", first + 40)
    held = {ports.free() for _ in range(5)}
    assert len(held) == 5
    assert first not in held
    choose = (
        "import sys; from flink_jobs import ports; first = int(sys.argv[1]); "
        "ports.LOWEST, ports.HIGHEST = first, first + 40; print(*(ports.free() for _ in range(10)))"
    )
    given = subprocess.check_output([sys.executable, "-c", choose, str(first)], text=True, timeout=60)
    assert not {first, *held} & set(map(int, given.split()))
