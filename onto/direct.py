"""Domain methods run in this process on a datastore: a command in, its reply out, as the stack would answer.

    Direct(database, models).send("accounts", "a", Command("r1", "deposit", {"amount": 5})).result()
    →  Reply("r1", 15, (("accounts", "a", 1772357400000005),))

Each command is one transaction, run again where another process has written what it read. With `keep`, its reply lies
in the datastore too, written by the same transaction: a command that comes again is applied once, whichever process
takes it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from concurrent import futures
from typing import Any

from onto import calling, condition, methods, wire
from onto.database import protocol

KEPT = "onto_replies"  # the collection of replies that are kept
KEPT_MS = 24 * 3600 * 1000


class Direct:
    """Runs the methods of an app's models on a datastore; with `keep`, replies outlive the process, for a day."""

    def __init__(self, database: protocol.Database, models: methods.Models, *, keep: bool = False) -> None:
        """Take the datastore, which stays the caller's to close."""
        self._database = database
        self._models = models
        self._keep = keep

    def send(self, collection: str, doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
        """Run a command and return its reply, or the CallError in its place."""
        ref = f"{collection}/{doc_id}"
        answer = _kept if self._keep else reply_to
        return outcome(lambda: answer(self._database, self._models, ref, command))

    def forget(self, request_id: str) -> None:
        """Do nothing: here every call is answered before it is waited for."""


def run(
    database: protocol.Database, models: methods.Models, ref: str, request: methods.Request, seed: str
) -> methods.Done:
    """Run a call as one transaction; what the method raises comes out, and DatastoreError."""
    moment = datetime.datetime.now(datetime.UTC)

    def lookup(refs: tuple[str, ...]) -> dict[str, protocol.Document | None]:
        return {one: database.get(one) for one in refs}

    def work() -> methods.Done:
        done = methods.run(models, request, ref, lookup, moment, seed)
        for path, document in done.writes.items():
            database.write(path, document)
        return done

    done: methods.Done = protocol.run(database, work)
    return done


def reply_to(database: protocol.Database, models: methods.Models, ref: str, command: wire.Command) -> calling.Reply:
    """Run a command and return its reply; what the method raises comes out."""
    done = run(database, models, ref, _request(command), command.request_id)
    stored = next((found for one in done.writes if (found := database.read(one)) is not None), None)
    version = database.heard if stored is None else stored.version
    return calling.Reply(command.request_id, done.result, _token(done.writes, version))


def outcome(answer: Callable[[], calling.Reply]) -> futures.Future[calling.Reply]:
    """Return what answers a command, with what a method raised as the CallError that reaches a caller."""
    reply: futures.Future[calling.Reply] = futures.Future()
    try:
        reply.set_result(answer())
    except KeyboardInterrupt:  # whoever runs the process, more likely than the method
        raise
    except (calling.CallError, protocol.DatastoreError) as error:
        reply.set_exception(error)
    except BaseException as error:  # SystemExit too is the caller's news, as on the stack
        failure = calling.CallError(methods.kind_of(error), methods.message_of(error))
        failure.__cause__ = error
        reply.set_exception(failure)
    return reply


def _kept(database: protocol.Database, models: methods.Models, ref: str, command: wire.Command) -> calling.Reply:
    """Run a command, unless its reply is there already; keep the reply, of a failure too."""
    name = hashlib.sha256(f"{ref}#{command.request_id}".encode("utf-8", "surrogatepass")).hexdigest()
    path = f"{KEPT}/{name}"
    _forget_old(database)

    def work() -> None:
        if database.get(path) is None:
            done = run(database, models, ref, _request(command), command.request_id)
            database.set(path, _entry(ref, command, {"ok": done.result, "changed": list(done.writes)}))

    try:
        protocol.run(database, work)
    except (KeyboardInterrupt, protocol.DatastoreError):
        raise
    except BaseException as error:
        told = {"type": methods.kind_of(error), "message": methods.message_of(error)}
        database.set(path, _entry(ref, command, {"error": told}))
    stored = database.read(path)
    assert stored is not None  # nobody removes what is not a day old
    reply = json.loads(stored.document["reply"])
    if "error" in reply:
        raise calling.CallError(reply["error"]["type"], reply["error"]["message"])
    return calling.Reply(command.request_id, reply["ok"], _token(reply["changed"], stored.version))


def _entry(ref: str, command: wire.Command, reply: dict[str, Any]) -> protocol.Document:
    return {"place": ref, "requestId": command.request_id, "at": _now(), "reply": json.dumps(reply)}


def _forget_old(database: protocol.Database) -> None:
    old = condition.Condition("at", "<", _now() - KEPT_MS)
    for one in database.select(protocol.Selection(KEPT, conditions=(old,))):
        database.delete(one.path)


def _request(command: wire.Command) -> methods.Request:
    return methods.Request(command.method, command.args, command.model)


def _token(changed: Iterable[str], version: int) -> calling.Token:
    """Name what was changed, all of it by one commit and so in one version."""
    places = (ref.partition("/") for ref in changed)
    return tuple((collection, doc_id, version) for collection, _, doc_id in places)


def _now() -> int:
    return time.time_ns() // 1_000_000
