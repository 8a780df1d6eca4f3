"""Bring existing documents into an app through commands: each once, and none over what is there.

    {"collection": "users", "doc_id": "u1", "document": {"firstName": "Ann"}}        a line of the file
    load(read(Path("users.jsonl"), models), gateway)   →  Loaded(new=1, there=0, refused=())

A document is saved on the condition that its place is free. So an import that was interrupted is started again and goes
on where it was, and what has changed since is not overwritten.
"""

from __future__ import annotations

import difflib
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from onto import calling, domain_model, errors, methods, wire
from onto.mapper import load as mapping
from onto.mapper import names

WINDOW = 200  # commands under way at once
SHOWN = 20  # faults that one message lists
FORM = "{collection, doc_id, document}"


class LoadError(errors.OntoError):
    """A file that cannot be imported as it is; lists each line with what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One document of a file: `place` is the file and line, for messages."""

    place: str
    collection: str
    doc_id: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many documents are new, how many places were taken, and which lines were refused and why."""

    new: int
    there: int
    refused: tuple[str, ...]


class Sender(Protocol):
    """Where commands go: a gateway."""

    def send(self, collection: str, doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
        """Send a command and return its reply to come."""

    def forget(self, request_id: str) -> None:
        """Wait no longer for a reply."""


def read(path: Path, models: methods.Models) -> list[Line]:
    """Return the documents of a file of JSON lines; LoadError when any does not fit its model."""
    found: list[Line] = []
    problems: list[str] = []
    places: dict[tuple[str, str], int] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{path}: cannot be read ({error})") from error
    for number, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            line = _line(f"{path}:{number}", written, models)
        except (ValueError, TypeError, LookupError, mapping.MappingError, RecursionError) as error:
            problems.append(f"{path}:{number}: {error}")
            continue
        first = places.setdefault((line.collection, line.doc_id), number)
        if first != number:
            problems.append(f"{path}:{number}: {line.collection}/{line.doc_id} stands in line {first} already")
        found.append(line)
    if problems:
        more = len(problems) - SHOWN
        raise LoadError("\n".join([*problems[:SHOWN], *([f"and {more} more lines"] if more > 0 else [])]))
    return found


def load(
    lines: Iterable[Line],
    sender: Sender,
    *,
    seconds: float = calling.SECONDS,
    heard: Callable[[], object] = lambda: None,
) -> Loaded:
    """Save each document whose place is free; `heard` is called with each reply.

    NoReplyError when one does not come within `seconds`: start again, and it goes on.
    """
    pending: deque[tuple[Line, calling.Pending]] = deque()
    new = there = 0
    refused: list[str] = []

    def take() -> None:
        nonlocal new, there
        line, sent = pending.popleft()
        try:
            sent.reply()
            new += 1
        except calling.CallError as error:
            if error.kind == "AlreadyExists":
                there += 1
            else:
                refused.append(f"{line.place}: {error}")
        heard()

    for line in lines:
        if len(pending) == WINDOW:
            take()
        # No id of the document's own: one that was deleted since is not there, whatever was answered before.
        request_id = uuid.uuid4().hex
        args = {"document": line.document, "absent": True}
        command = wire.Command(request_id, "save", args, deadline=calling.deadline(seconds))
        sent = sender.send(line.collection, line.doc_id, command)
        pending.append((line, calling.Pending(sent, request_id, seconds, sender.forget)))
    while pending:
        take()
    return Loaded(new, there, tuple(refused))


def _line(place: str, written: str, models: methods.Models) -> Line:
    entry = json.loads(written)
    if not isinstance(entry, dict) or set(entry) != {"collection", "doc_id", "document"}:
        raise ValueError(f"not an object of {FORM}")
    collection, doc_id, document = entry["collection"], entry["doc_id"], entry["document"]
    model = models.of_collection(collection) if isinstance(collection, str) else None
    if model is None:
        raise ValueError(f"no model has the collection {collection!r}")
    if not isinstance(doc_id, str) or not doc_id:
        raise ValueError(f"the doc_id is {doc_id!r}, not a text")
    if not isinstance(document, dict):
        raise ValueError("the document is no object")
    entity = model.from_dict(document, doc_id)
    entity.to_dict()  # says which value does not fit
    _check_keys(type(entity), document)
    return Line(place, collection, doc_id, document)


def _check_keys(model: type[domain_model.DomainModel], document: Mapping[str, Any]) -> None:
    """Refuse a key that is no attribute: its value would be lost without a word."""
    known = [model.json_name(name) for name in model._attributes]
    for key in document:
        if key not in known and key not in names.RESERVED:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
            raise ValueError(f"{model.__name__} has no attribute with the key {key!r}; {hint}")
