"""The StateFun endpoint as an ASGI app, which `flink_jobs.endpoint` serves.

    ONTO_BUNDLE=build  →  POST /statefun: ToFunction in, FromFunction out      GET /health: the app's name

It imports the app that the bundle was made of. Workers share nothing, so there may be as many as there are cores.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from flink_jobs import functions, memory, programs, short_http
from onto import app, bundle, methods

GARBAGE = 50_000  # new objects until cycles among them are looked for; calls leave few
METHOD_MEMORY = 2 * 2**30  # bytes that the methods of one process may take, beside what it has when it begins
PATH, HEALTH = short_http.PATH, "/health"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint as an ASGI app; `handle` alone is what its requests come to."""

    handle: Callable[[bytes], bytes]
    others: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # Without Starlette's routes and requests, which cost as much as some methods.
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self.others(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        # In the loop's thread, which is the main one: nothing else runs, and a timer can stop an endless method.
        reply = self.handle(body)
        length = (b"content-length", str(len(reply)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [_TYPE, length]})
        await send({"type": "http.response.body", "body": reply})


def create() -> Endpoint:
    """Return the endpoint of the bundle in the folder that ONTO_BUNDLE names."""
    made = bundle.read(Path(os.environ["ONTO_BUNDLE"]))
    served = application(made, os.environ.get("ONTO_TOPIC_PREFIX", made.topic_prefix))
    memory.limit(METHOD_MEMORY)
    return served


def application(made: bundle.Bundle, prefix: str) -> Endpoint:
    """Return the endpoint of an app."""
    commands: dict[tuple[str, str], bundle.Method | bundle.Setter] = {
        (one.model, one.method): one for one in made.methods
    }
    commands |= {(one.view, methods.setter(one.attribute)): one for one in made.setters}
    read_only = frozenset(key for key, one in commands.items() if one.read_only)
    prefetch = {key: one.prefetch for key, one in commands.items()}
    changes: dict[tuple[str | None, str], tuple[str, ...] | None] = {key: one.changes for key, one in commands.items()}
    loaded = app.load(made.app)
    served = functions.Functions(
        programs.Programs(methods.Models.around(loaded.models, loaded.views), read_only, prefetch, changes),
        functions.Names(prefix, prefix + made.replies_topic, prefix + made.errors_topic),
        lambda: time.time_ns() // 1_000_000,
    )

    async def health(_: Request) -> Response:
        return PlainTextResponse(made.app)

    # What is there now stays: collections that walk over it, at every few calls, cost as much as some methods.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    others = Starlette(routes=[Route(HEALTH, health)])

    return Endpoint(served.handle, others)


_TYPE = (b"content-type", b"application/octet-stream")


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body of a request, None where its sender has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
