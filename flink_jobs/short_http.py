"""HTTP as StateFun's runtime speaks it, in few steps: one whole POST after another on each connection.

uvicorn makes a task, a scope and some events of every request, which costs as much as two small methods. What looks in
any way unusual is left to it, and with it all that comes later on that connection.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATH = "/statefun"
HEAD_LIMIT = 8_192  # bytes
_LINE = f"POST {PATH} HTTP/1.1\r\n".encode()
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})[ \t]*(?=\r\n|$)", re.IGNORECASE)
# Other ways to say how long a body is, what waits for an answer before the body, and what is the connection's last.
_UNUSUAL = re.compile(
    rb"\r\n(?:transfer-encoding|expect|upgrade|[ \t]|connection:(?![ \t]*keep-alive[ \t]*(?:\r\n|$)))", re.IGNORECASE
)
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n%b"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """One connection; the app that is served has a `handle` from a body to an answer's."""

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        """Begin with an empty connection."""
        super().__init__(config, server_state, app_state, _loop)
        self._handle: Callable[[bytes], bytes] = config.loaded_app.handle
        self._parts: list[bytes] = []  # of a body that has not come as a whole
        self._missing = 0  # bytes of it
        self._is_usual = True
        self._is_ending = False

    def data_received(self, data: bytes) -> None:
        """Answer what is a whole request; keep what is a part of one."""
        if self._missing:
            self._parts.append(data)
            self._missing -= len(data)
            if self._missing <= 0:
                body = b"".join(self._parts)
                end = len(body) + self._missing
                self._parts, self._missing = [], 0
                self._answer(body[:end], body[end:])
            return
        place = _body_of(data) if self._is_usual else None
        if place is None:
            self._is_usual = False
            super().data_received(data)
            return
        self._unset_keepalive_if_required()
        begin, size = place
        end = begin + size
        if len(data) >= end:
            self._answer(data[begin:end], data[end:])
        else:
            self._parts, self._missing = [data[begin:]], end - len(data)

    def shutdown(self) -> None:
        """End the connection, after the answer to what has come in part."""
        if self._missing:
            self._is_ending = True
        else:
            super().shutdown()

    def _answer(self, body: bytes, rest: bytes) -> None:
        try:
            reply = self._handle(body)
        except BaseException:  # as uvicorn does: the server goes on
            self.logger.exception("a request of StateFun's cannot be answered")
            self.transport.write(_FAILED)
            self.transport.close()
            return
        self.transport.write(_ANSWER % (len(reply), reply))
        if self._is_ending:
            self.transport.close()
            return
        self.on_response_complete()
        if rest:
            self.data_received(rest)


def _body_of(data: bytes) -> tuple[int, int] | None:
    """Return where the body begins and how long it is; None where the head is not whole, or in any way unusual."""
    end = data.find(b"\r\n\r\n", 0, HEAD_LIMIT)
    if end < 0 or not data.startswith(_LINE):
        return None
    head = data[:end]
    found = _LENGTH.findall(head)
    if len(found) != 1 or head.lower().count(b"content-length") != 1 or _UNUSUAL.search(head) is not None:
        return None
    return end + 4, int(found[0])
