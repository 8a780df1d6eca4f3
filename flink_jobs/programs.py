"""Run domain methods for the protocol: whatever user code does becomes an outcome, within limits of time and size.

    Programs(models, read_only).run(Attempt("accounts/a#r1@7", 7, "accounts/a", Call("r1", "withdraw", {…}), {…}))
    →  Failed("ValueError", "not enough on account a")

A method that never returns is ended by a timer, which only the main thread can take: the endpoint runs methods there.
"""

from __future__ import annotations

import datetime
import math
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from flink_jobs import memory, messages, transactions
from onto import methods, wire

# Bytes. A change holds two documents, and Kafka takes records of up to 1 MiB.
DOCUMENT_LIMIT = 450_000
RESULT_LIMIT = 450_000
METHOD_SECONDS = 5.0
REQUEST_SECONDS = 10.0  # after which no more methods begin for one request of the runtime's, which waits for its answer
LOST_SECONDS, SHORT_SECONDS = 20.0, 0.5  # once a minute has so many in methods that do not end, each has only so long
AGAIN = 0.5  # seconds between two alarms, should user code swallow one


# (model, method) or (view, `x.setter`) → the collections in which it may change something, None for any
Changes = Mapping[tuple[str | None, str], tuple[str, ...] | None]


class MethodTimeout(BaseException):  # no error: `except Exception` in user code must not catch it
    """A method ran for too long."""


class DocumentTooLargeError(ValueError):
    """A document that no change record can hold."""


class ResultTooLargeError(ValueError):
    """A result that no reply can hold."""


@dataclass(slots=True)
class _Spent:
    """What methods take of the time of this process: for one request of the runtime's, and in a minute."""

    until: float = math.inf  # when no more methods begin for the request
    minute: float = -math.inf  # when the minute ends
    lost: float = 0.0  # seconds of the minute, in methods that did not end


@dataclass(frozen=True, slots=True)
class Programs:
    """The methods of an app, as the protocol asks for them."""

    models: methods.Models
    read_only: frozenset[tuple[str, str]]  # (model, method) or (view, `x.setter`): those that change nothing
    prefetch: methods.Prefetch = field(default_factory=dict)
    changes: Changes = field(default_factory=dict)
    seconds: float = METHOD_SECONDS
    request_seconds: float = REQUEST_SECONDS
    _spent: _Spent = field(default_factory=_Spent)

    def __post_init__(self) -> None:
        """Take the process's alarm: once, since to do so costs as much as a small method."""
        signal.signal(signal.SIGALRM, _ring)

    def begin(self) -> None:
        """Begin a request, which has its own time."""
        self._spent.until = time.monotonic() + self.request_seconds

    def mode(self, call: messages.Call) -> messages.Mode:
        """Return how a call locks its root."""
        if call.model is None:
            return "X"
        if (call.model, call.method) in self.read_only:
            return "S"
        if call.method != methods.SET or not call.args:
            return "X"
        return "S" if all(one in self.read_only for one in _run_by(call)) else "X"

    def mode_of(self, call: messages.Call, ref: str) -> messages.Mode:
        """Return how a call locks another entity: shared, where all that it may change is in other collections."""
        if self.mode(call) == "S":
            return "S"
        collection = ref.partition("/")[0]
        found = [self.changes.get(one) for one in _run_by(call)]
        return "S" if all(one is not None and collection not in one for one in found) else "X"

    def run(self, attempt: transactions.Attempt) -> transactions.Outcome:
        """Run a method once."""

        def lookup(refs: tuple[str, ...]) -> Mapping[str, messages.Document | None]:
            missing = tuple(ref for ref in refs if ref not in attempt.documents)
            if missing:
                raise methods.NeedEntity(missing)
            return {ref: attempt.documents[ref] for ref in refs}

        call = attempt.call
        begun = time.monotonic()
        if begun > self._spent.until:
            return transactions.Failed(
                transactions.OVERLOADED, f"`{call.method}` was not run: those before it took long"
            )
        seconds = self._seconds(begun)
        request = methods.Request(call.method, call.args, call.model)
        now = datetime.datetime.fromtimestamp(attempt.ts / 1000, datetime.UTC)
        try:
            with _Limited(seconds):
                return _done(methods.run(self.models, request, attempt.ref, lookup, now, attempt.x, self.prefetch))
        except methods.NeedEntity as needed:
            return transactions.Need(needed.refs)
        except BaseException as error:  # whatever user code raises, SystemExit too, is the caller's news
            _let_go(error)
            memory.restore()
            return self._late(call, begun, seconds) if isinstance(error, MethodTimeout) else self._failed(call, error)

    def _seconds(self, now: float) -> float:
        """Return how long a method may run: others wait for this process, and the runtime for its answers to them."""
        spent = self._spent
        if now > spent.minute:
            spent.minute, spent.lost = now + 60, 0.0
        return self.seconds if spent.lost < LOST_SECONDS else min(SHORT_SECONDS, self.seconds)

    def _failed(self, call: messages.Call, error: BaseException) -> transactions.Failed:
        kind, begun = methods.kind_of(error), time.monotonic()
        seconds = self._seconds(begun)
        try:
            with _Limited(seconds):
                return transactions.Failed(kind, methods.message_of(error))
        except MethodTimeout:
            return self._late(call, begun, seconds)
        except BaseException as failed:  # to tell the message runs user code as well
            return transactions.Failed(kind, f"its message cannot be told: {methods.kind_of(failed)}")

    def _late(self, call: messages.Call, begun: float, seconds: float) -> transactions.Failed:
        signal.setitimer(signal.ITIMER_REAL, 0)  # the alarm may have rung just before it was to be ended
        self._spent.lost += time.monotonic() - begun
        if self._spent.lost >= LOST_SECONDS:
            self._spent.until = begun  # no more for this request
        return transactions.Failed("MethodTimeout", f"`{call.method}` ran longer than {seconds:g} s")


def _run_by(call: messages.Call) -> list[tuple[str | None, str]]:
    """Return what a command runs, as the compiler names it: a method of a model, or setters of a view."""
    if call.method != methods.SET or not call.args:
        return [(call.model, call.method)]
    return [(call.model, methods.setter(name)) for name in call.args]


def _let_go(error: BaseException | None) -> None:
    """Let go of all that the frames hold in which an error was raised: it may be all the memory that there is."""
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__context__


class _Limited:
    """Raise MethodTimeout when the block runs too long. No generator: every call enters one.

    There may be no memory left when it ends, so nothing is made here before there is.
    """

    __slots__ = ("_seconds",)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: object) -> None:
        if kind is not None and kind is not methods.NeedEntity:
            memory.lift()
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(_number: int, _frame: object) -> None:
    memory.lift()
    raise MethodTimeout


def _done(done: methods.Done) -> transactions.Done:
    """Return what a method has done, documents with their texts; refuse what no record can hold."""
    writes = {ref: None if document is None else wire.Written.of(document) for ref, document in done.writes.items()}
    for ref, document in writes.items():
        if document is not None and len(document.text) > DOCUMENT_LIMIT:
            size = len(document.text)
            raise DocumentTooLargeError(f"{ref} would have {size} bytes; at most {DOCUMENT_LIMIT} fit a change")
    # Most results are small, and are written with their reply.
    size = 0 if isinstance(done.result, int | float | None) else len(wire.dumps(done.result))
    if size > RESULT_LIMIT:
        raise ResultTooLargeError(f"the result has {size} bytes; at most {RESULT_LIMIT} fit a reply")
    return transactions.Done(done.result, writes)
