"""What the ways to call a domain method have in common: over Kafka (`onto.gateway`), in process (`onto.boiler`)."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Protocol

from onto import errors, wire

SECONDS = 30.0  # for which a call is waited for

Token = tuple[tuple[str, str, int], ...]  # collection, doc_id, version of each document that a call changed


def new_id(given: str | None) -> str:
    """Return the id of a call: the caller's own, or one that no other call has."""
    return uuid.uuid4().hex if given is None else given


def deadline(seconds: float) -> int:
    """Return the moment `seconds` from now as commands carry it, in ms since 1970; SettingsError for no time at all."""
    if not 0 < seconds < math.inf:
        raise errors.SettingsError(f"`seconds` is how long to wait for the reply, a number above 0, not {seconds:g}")
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


class Sender(Protocol):
    """What takes commands by the collection that they are for."""

    def send(self, collection: str, doc_id: str, command: wire.Command) -> futures.Future[Reply]:
        """Send a command and return its reply to come."""

    def forget(self, request_id: str) -> None:
        """Wait no longer for a reply."""


class Pending:
    """A reply to come, waited for until the call's time is up: then NoReplyError."""

    def __init__(
        self, sent: futures.Future[Reply], request_id: str, seconds: float, forget: Callable[[str], object]
    ) -> None:
        """Begin to count the time; when it is up, `forget` is told the request id."""
        self._forget = forget
        self._sent = sent
        self._request_id = request_id
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def reply(self) -> Reply:
        """Return the reply; blocks."""
        try:
            return self._sent.result(self._left())
        except futures.TimeoutError as error:
            raise self._no_reply() from error

    async def awaited(self) -> Reply:
        """Return the reply, without blocking the event loop."""
        try:
            # Shielded: whoever waits no longer has not taken the call back.
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._sent)), self._left())
        except TimeoutError as error:
            raise self._no_reply() from error

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _no_reply(self) -> NoReplyError:
        self._forget(self._request_id)
        return NoReplyError(self._request_id, self._seconds)
