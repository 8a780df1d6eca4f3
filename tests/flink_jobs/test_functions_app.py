"""The endpoint as an ASGI app: whole bodies, senders that go away, and everything else left to others."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from statefun.request_reply_pb2 import FromFunction, ToFunction

from compiler import emit_sql, pipeline
from flink_jobs import functions_app
from onto import bundle


@pytest.fixture(scope="module")
def endpoint() -> Any:
    """Return the endpoint of an app."""
    made = pipeline.run("benchmarks.write_side.bank", emit_sql.Settings()).bundle
    assert made is not None
    return functions_app.application(made, "")


def ask(endpoint: Any, method: str, path: str, *messages: dict[str, Any]) -> list[Any]:
    """Return what the endpoint sends for a request that arrives in these messages."""
    sent: list[Any] = []
    given = list(messages)

    async def receive() -> dict[str, Any]:
        return given.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "root_path": ""}
    asyncio.run(endpoint(scope, receive, send))
    return sent


def test_a_body_may_come_in_parts(endpoint: Any) -> None:
    request = ToFunction()
    request.invocation.target.type, request.invocation.target.id = "accounts", "a"
    body = request.SerializeToString()
    start, answer = ask(
        endpoint, "POST", "/statefun",
        {"type": "http.request", "body": body[:5], "more_body": True}, {"type": "http.request", "body": body[5:]},
    )  # fmt: skip
    assert start["status"] == 200
    assert (b"content-length", str(len(answer["body"])).encode()) in start["headers"]
    missing = FromFunction.FromString(answer["body"]).incomplete_invocation_context.missing_values
    assert [one.state_name for one in missing] == ["entity"]


def test_a_sender_that_goes_away_is_sent_nothing(endpoint: Any) -> None:
    parts = ({"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"})
    assert ask(endpoint, "POST", "/statefun", *parts) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_methods_take_no_more_memory_than_they_may(tmp_path: Path) -> None:
    done = pipeline.run("benchmarks.write_side.bank", emit_sql.Settings())
    assert done.bundle is not None
    assert done.files is not None
    bundle.write(done.bundle, done.files, tmp_path)
    code = f"""
from flink_jobs import functions_app
from onto import bundle
functions_app.create()
for size in ({functions_app.METHOD_MEMORY // 2}, {functions_app.METHOD_MEMORY * 3 // 2}):
    try:
        print(len(bytearray(size)) == size)
    except MemoryError:
        print("refused")
"""
    environment = {**os.environ, "ONTO_BUNDLE": str(tmp_path)}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "refused"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/health", 200), ("GET", "/statefun", 404), ("POST", "/else", 404)]
)
def test_all_else_is_answered_in_the_usual_way(endpoint: Any, method: str, path: str, status: int) -> None:
    start, body = ask(endpoint, method, path, {"type": "http.request", "body": b""})
    assert start["status"] == status
    assert (body["body"] == b"benchmarks.write_side.bank") == (status == 200)
