"""What entities say to each other while a transaction runs, as frozen values and as JSON.

    dump(Release("accounts/a#r1", 2))   →  {"t": "release", "x": "accounts/a#r1", "at": 2}

`x` names a transaction: its root, the request and when it arrived. `at` counts the locks that it asked for, so that
an answer to an earlier question is never taken for one to a later. A `ref` is an entity's place: `accounts/a`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

Document = Mapping[str, Any]
Mode = Literal["S", "X"]  # shared by readers, or exclusive


@dataclass(frozen=True, slots=True)
class Call:
    """A command for the entity that receives it; `deadline` (epoch ms): do not start later."""

    request_id: str
    method: str
    args: Mapping[str, Any]
    deadline: int | None = None
    model: str | None = None  # the class that the caller means: the entity's own or one above it


@dataclass(frozen=True, slots=True)
class Ask:
    """The root asks an entity for its lock and document; an older ask of the same transaction is thereby given up."""

    x: str
    at: int
    ts: int
    mode: Mode
    root: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An entity is locked for the transaction; here is what it holds."""

    x: str
    at: int
    ref: str
    document: Document | None
    version: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The transaction has ended: hold this document (None: nothing) and free the lock."""

    x: str
    at: int
    document: Document | None


@dataclass(frozen=True, slots=True)
class Release:
    """The transaction has ended: free the lock, or wait for it no longer; nothing has changed."""

    x: str
    at: int


@dataclass(frozen=True, slots=True)
class Wound:
    """An older transaction waits for `ref`: give it back and ask again."""

    x: str
    at: int
    ref: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Too many wait for `ref`, and all of them are older: the transaction cannot have it."""

    x: str
    at: int
    ref: str


Message = Call | Ask | Grant | Commit | Release | Wound | Refuse


def dump(message: Message) -> dict[str, Any]:
    """Return a message as JSON values."""
    match message:
        case Call():
            return {"t": "call", **dump_call(message)}
        case Ask(x, at, ts, mode, root):
            return {"t": "ask", "x": x, "at": at, "ts": ts, "md": mode, "root": root}
        case Grant(x, at, ref, document, version):
            return {"t": "grant", "x": x, "at": at, "ref": ref, "d": document, "v": version}
        case Commit(x, at, document):
            return {"t": "commit", "x": x, "at": at, "d": document}
        case Release(x, at):
            return {"t": "release", "x": x, "at": at}
        case Wound(x, at, ref):
            return {"t": "wound", "x": x, "at": at, "ref": ref}
        case Refuse(x, at, ref):
            return {"t": "refuse", "x": x, "at": at, "ref": ref}
        case _:
            assert_never(message)


def load(value: Mapping[str, Any]) -> Message:
    """Return the message of JSON values that `dump` made."""
    match value["t"]:
        case "call":
            return load_call(value)
        case "ask":
            return Ask(value["x"], value["at"], value["ts"], value["md"], value["root"])
        case "grant":
            return Grant(value["x"], value["at"], value["ref"], value["d"], value["v"])
        case "commit":
            return Commit(value["x"], value["at"], value["d"])
        case "release":
            return Release(value["x"], value["at"])
        case "wound":
            return Wound(value["x"], value["at"], value["ref"])
        case "refuse":
            return Refuse(value["x"], value["at"], value["ref"])
    raise ValueError(f"no such message: {value['t']!r}")


def dump_call(call: Call) -> dict[str, Any]:
    """Return a call as JSON values, in its shortest form: it is kept while it waits."""
    short: dict[str, Any] = {"rid": call.request_id, "m": call.method, "a": call.args}
    if call.deadline is not None:
        short["dl"] = call.deadline
    if call.model is not None:
        short["model"] = call.model
    return short


def load_call(value: Mapping[str, Any]) -> Call:
    """Return the call of JSON values that `dump_call` made."""
    return Call(value["rid"], value["m"], value["a"], value.get("dl"), value.get("model"))
