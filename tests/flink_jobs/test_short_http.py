"""The short way through HTTP: the same answers as uvicorn's own, however requests are cut, and all else left to it."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from flink_jobs import functions_app, short_http

SECONDS = 30.0


def handle(body: bytes) -> bytes:
    """Answer as no request of StateFun's is answered."""
    if body == b"raise":
        raise ValueError(body)
    return body[::-1]


async def health(_: Request) -> PlainTextResponse:
    """Answer what is none of StateFun's."""
    return PlainTextResponse("well")


class Counting(short_http.Protocol):
    """Counts the requests that uvicorn's own way is taken for."""

    left = 0

    def on_message_begin(self) -> None:
        """Count one."""
        Counting.left += 1
        super().on_message_begin()


class Serving:
    """A server that runs in a thread."""

    def __init__(self) -> None:
        """Start and wait until it listens."""
        app = functions_app.Endpoint(handle, Starlette(routes=[Route("/health", health)]))
        config = uvicorn.Config(app, port=0, http=Counting, proxy_headers=False, log_level="critical")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        deadline = time.monotonic() + SECONDS
        while not self.server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def connect(self) -> socket.socket:
        """Return a connection that sends what it is given at once."""
        made = socket.create_connection(("127.0.0.1", self.port), SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def end(self) -> None:
        """Stop."""
        self.server.should_exit = True
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """Return a server."""
    made = Serving()
    yield made
    made.end()


@contextmanager
def uncounted(expected: int) -> Iterator[None]:
    """Expect uvicorn's own way to be taken so often."""
    before = Counting.left
    yield
    assert Counting.left - before == expected


def post(body: bytes, *more: str) -> bytes:
    """Return a request as StateFun's runtime makes it."""
    lines = (
        "POST /statefun HTTP/1.1", "content-type: application/octet-stream", "accept: application/octet-stream",
        "accept-encoding: gzip,deflate", "connection: keep-alive", f"content-length: {len(body)}", *more,
    )  # fmt: skip
    return "".join(f"{one}\r\n" for one in (*lines, "host: localhost", "")).encode() + body


def answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Read so many answers: status and body."""
    found = []
    with connection.makefile("rb") as stream:
        for _ in range(count):
            status = int(stream.readline().split()[1])
            headers = http.client.parse_headers(stream)
            found.append((status, stream.read(int(headers["content-length"]))))
    return found


def test_requests_are_answered_on_one_connection_one_after_another(serving: Serving) -> None:
    with uncounted(0), serving.connect() as connection:
        for body in (b"one", b"", b"two", bytes(range(256)) * 8000):
            connection.sendall(post(body))
            assert answers(connection, 1) == [(200, body[::-1])]


def test_requests_may_come_together(serving: Serving) -> None:
    with uncounted(0), serving.connect() as connection:
        connection.sendall(post(b"one") + post(b"two") + post(b"three"))
        assert answers(connection, 3) == [(200, b"eno"), (200, b"owt"), (200, b"eerht")]


class Written(asyncio.Transport):
    """A connection that keeps what is written to it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.text = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.text += data

    def is_closing(self) -> bool:
        """Tell that it is open."""
        return False

    def close(self) -> None:
        """Take notice of its end."""


@pytest.mark.parametrize("size", [1, 2, 5, 11, 12, 40])
def test_bodies_may_be_cut_anywhere(size: int) -> None:
    body, next_ = b"in many parts", post(b"one")
    stream = post(body)
    config = uvicorn.Config(functions_app.Endpoint(handle, Starlette()), proxy_headers=False)
    loop = asyncio.new_event_loop()
    for first in range(len(stream) - len(body), len(stream)):
        made, transport = short_http.Protocol(config, ServerState(), {}, loop), Written()
        made.connection_made(transport)
        cuts = [0, *range(first, len(stream), size), len(stream)]
        parts = [stream[begin:end] for begin, end in itertools.pairwise(cuts)]
        for part in (*parts[:-1], parts[-1] + next_):
            made.data_received(part)
        found = [one.partition(b"\r\n\r\n")[2] for one in transport.text.split(b"HTTP/1.1 200 OK")[1:]]
        assert found == [body[::-1], b"eno"]
        made.connection_lost(None)
    loop.close()


def test_heads_may_be_cut_anywhere(serving: Serving) -> None:
    whole = post(b"one") + post(b"two")
    for cut in range(1, len(whole)):
        with serving.connect() as connection:
            connection.sendall(whole[:cut])
            connection.sendall(whole[cut:])
            assert answers(connection, 2) == [(200, b"eno"), (200, b"owt")]


@pytest.mark.parametrize(
    ("request_", "status", "body"),
    [
        (b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n", 200, b"well"),
        (b"GET /statefun HTTP/1.1\r\nhost: localhost\r\n\r\n", 404, b"Not Found"),
        (post(b"one").replace(b"/statefun", b"/statefun2"), 404, b"Not Found"),
        (post(b"one").replace(b"content-length: 3\r\n", b"Transfer-Encoding: chunked\r\n")[:-3]
            + b"3\r\none\r\n0\r\n\r\n", 200, b"eno"),
        (post(b"one", "Connection: close").replace(b"connection: keep-alive\r\n", b""), 200, b"eno"),
        (post(b"one").replace(b"HTTP/1.1", b"HTTP/1.0"), 200, b"eno"),
        (post(b"one", "content-length: 5"), 400, b"Invalid HTTP request received."),
        (post(b"one", "transfer-encoding: chunked"), 400, b"Invalid HTTP request received."),
        (post(b"one", f"x: {'y' * short_http.HEAD_LIMIT}"), 200, b"eno"),
    ],
)  # fmt: skip
def test_what_is_unusual_is_left_to_uvicorn(serving: Serving, request_: bytes, status: int, body: bytes) -> None:
    with uncounted(1), serving.connect() as connection:
        connection.sendall(request_)
        assert answers(connection, 1) == [(status, body)]


def test_a_connection_goes_on_after_what_is_unusual(serving: Serving) -> None:
    with uncounted(2), serving.connect() as connection:
        for request_, body in ((post(b"one"), b"eno"), (post(b"two", "expect: nothing"), b"owt"), (post(b"x"), b"x")):
            connection.sendall(request_)
            assert answers(connection, 1) == [(200, body)]


def test_a_request_that_cannot_be_answered_ends_its_connection_alone(serving: Serving) -> None:
    with serving.connect() as connection, serving.connect() as other:
        connection.sendall(post(b"raise"))
        assert answers(connection, 1) == [(500, b"")]
        assert connection.recv(1) == b""
        other.sendall(post(b"one"))
        assert answers(other, 1) == [(200, b"eno")]


def test_a_server_that_ends_answers_what_has_come_in_part() -> None:
    serving = Serving()
    with serving.connect() as connection, serving.connect() as idle:
        idle.sendall(post(b"one"))
        assert answers(idle, 1) == [(200, b"eno")]
        connection.sendall(post(b"one")[:-1])
        while not any(one._missing for one in serving.server.server_state.connections):
            pass
        serving.server.should_exit = True
        assert idle.recv(1) == b""
        connection.sendall(b"e")
        assert answers(connection, 1) == [(200, b"eno")]
        assert connection.recv(1) == b""
    serving.end()
