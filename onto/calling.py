"""What the ways to call a domain method have in common: over Kafka (`onto.gateway`), in process (`onto.boiler`)."""

from __future__ import annotations

import time
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Protocol

from onto import errors, wire

SECONDS = 30.0  # for which a call is waited for

Token = tuple[tuple[str, str, int], ...]  # collection, doc_id, version of each document that a call changed


def deadline(seconds: float) -> int:
    """Return the moment `seconds` from now as commands carry it, in ms since 1970."""
    return int((time.time() + seconds) * 1000)


class CallError(errors.OntoError):
    """A call that was answered with an error: nothing has changed."""

    def __init__(self, kind: str, message: str) -> None:
        """Keep the class and message of what the method raised."""
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class NoReplyError(errors.OntoError, TimeoutError):
    """A call whose outcome is not known yet; called again with its request id, it is applied once."""

    def __init__(self, request_id: str, seconds: float) -> None:
        """Name the request id to call again with."""
        super().__init__(f"no reply within {seconds:g} s; call again with request_id={request_id!r} for its outcome")
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call returned, in JSON, and what it changed."""

    request_id: str
    result: Any
    token: Token


class Caller(Protocol):
    """Where domain methods run."""

    def submit(self, model: type[Any], doc_id: str, command: wire.Command) -> futures.Future[Reply]:
        """Send a command to an entity of a domain model; return its reply to come, or the CallError in its place."""

    def forget(self, request_id: str) -> None:
        """Wait no longer for a reply."""
