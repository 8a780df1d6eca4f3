"""Bring existing documents into an app through commands: each once, and none over what is there.

    {"collection": "users", "doc_id": "u1", "document": {"firstName": "Ann"}}        a line of the file
    load(read(Path("users.jsonl"), models), gateway)   →  Loaded(new=1, there=0, refused=())

A document is saved on the condition that its place is free. So an import that was interrupted is started again and goes
on where it was, and what has changed since is not overwritten.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import sqlite3
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Lines:
    """The documents of a file that was found to be right, read anew each time: memory does not grow with the file."""

    path: Path
    count: int

    def __len__(self) -> int:
        """Count the documents."""
        return self.count

    def __iter__(self) -> Iterator[Line]:
        """Yield the documents in their order."""
        for number, written in _written(self.path):
            entry = json.loads(written)
            yield Line(f"{self.path}:{number}", entry["collection"], entry["doc_id"], entry["document"])


def read(path: Path, models: methods.Models) -> Lines:
    """Return the documents of a file of JSON lines; LoadError when one does not fit its model or stands there twice."""
    problems: list[str] = []
    count = faults = 0
    with contextlib.closing(sqlite3.connect("")) as kept:  # a file of its own where memory would not do
        places = _Places(kept)
        for number, written in _written(path):
            count += 1
            try:
                line = _line(f"{path}:{number}", written, models)
                first = places.first(f"{line.collection}/{line.doc_id}", number)
                if first != number:
                    raise ValueError(f"{line.collection}/{line.doc_id} stands in line {first} already")
            except (ValueError, TypeError, LookupError, mapping.MappingError, RecursionError) as error:
                faults += 1
                if faults <= SHOWN:
                    problems.append(f"{path}:{number}: {error}")
    if faults:
        raise LoadError("\n".join([*problems, *([f"and {faults - SHOWN} more lines"] if faults > SHOWN else [])]))
    return Lines(path, count)


class _Places:
    """The line in which each place stands first."""

    def __init__(self, kept: sqlite3.Connection) -> None:
        self._kept = kept
        kept.execute("CREATE TABLE places (place BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def first(self, place: str, line: int) -> int:
        """Return the line in which a place stood before, this one where it did not."""
        key = (place.encode("utf-8", "surrogatepass"),)
        if self._kept.execute("INSERT OR IGNORE INTO places VALUES (?, ?)", (*key, line)).rowcount:
            return line
        return int(self._kept.execute("SELECT line FROM places WHERE place = ?", key).fetchone()[0])


def _written(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that are not blank, with their numbers."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from ((number, line.rstrip("\n")) for number, line in enumerate(file, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{path}: cannot be read ({error})") from error


def load(
    lines: Iterable[Line],
    sender: calling.Sender,
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
    if not isinstance(doc_id, str) or not wire.is_doc_id(doc_id):
        raise ValueError(f"the doc_id is {doc_id!r}, not 1 to {wire.DOC_ID_LIMIT} bytes of text without `/`")
    if not isinstance(document, dict):
        raise ValueError("the document is no object")
    check(model, doc_id, document)
    return Line(place, collection, doc_id, document)


def check(model: type[domain_model.DomainModel], doc_id: str, document: Mapping[str, Any]) -> None:
    """Raise ValueError or MappingError where a document in stored form does not fit the topmost model of its place."""
    current = domain_model.upgraded(model, document)
    entity = model.from_upgraded(current, doc_id)
    if entity is None:
        raise ValueError(f"{model.__name__} has no class `{current.get('obj_type')}`")
    entity.to_dict()  # says which value does not fit
    _check_keys(type(entity), current)


def _check_keys(model: type[domain_model.DomainModel], document: Mapping[str, Any]) -> None:
    """Refuse a key that is no attribute: its value would be lost without a word."""
    known = [model.json_name(name) for name in model._attributes]
    for key in document:
        if key not in known and key not in names.RESERVED:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
            raise ValueError(f"{model.__name__} has no attribute with the key {key!r}; {hint}")
