"""The places at which a process may die, counted over all its threads; the one of the fatal number kills it."""

from __future__ import annotations

import itertools
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

_numbers = itertools.count(1)
_fatal = 0


def die_at(fatal: int) -> None:
    """Count from here on, and die at that step; 0 for never."""
    global _numbers, _fatal
    _numbers, _fatal = itertools.count(1), fatal


def step() -> None:
    """Pass a place at which a process may die."""
    if next(_numbers) == _fatal:
        os.kill(os.getpid(), signal.SIGKILL)


def on_disk() -> None:
    """Make steps of each call that touches the disk, the middle of each write to a file, and each SQL statement."""
    os.write, os.fsync, os.replace = _halved(os.write), _before(os.fsync), _before(os.replace)
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: step())
    sa.event.listen(sa.Engine, "commit", lambda *_: step())


def on_the_wire() -> None:
    """Make steps of each wait for something from a front end, and of the middle of all that is sent to one."""
    for name in ("recv", "recv_into"):
        setattr(socket.socket, name, _before(getattr(socket.socket, name)))
    send = socket.socket.sendall

    def halved(to: socket.socket, content: Any, *flags: int) -> int:
        half = len(content) // 2
        step()
        send(to, content[:half], *flags)
        step()
        send(to, content[half:], *flags)
        return len(content)

    for name in ("send", "sendall"):
        setattr(socket.socket, name, halved)


def _before(real: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        step()
        return real(*given, **named)

    return run


def _halved(real: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    def run(held: int, content: bytes) -> int:
        step()
        done = real(held, content[: len(content) // 2])
        step()
        return done + real(held, content[done:])

    return run
