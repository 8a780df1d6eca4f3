"""Transactions of a datastore: what a block writes is kept until its end, with all that it has relied on.

class Sql(transacting.Transacting):
    def _stored(self, path): ...         what is committed there
    def _commit(self, block): ...        begin, block.compare(…), write, tell
→  `read`, `write` and `transaction` of the protocol

The blocks of one process run one after another. Where other processes write too they are optimistic: what a block read
is compared when it commits (Kung and Robinson, "On optimistic methods for concurrency control", 1981).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from onto.database import fields, protocol


@dataclass(slots=True)
class Block:
    """A transaction: what it writes, what it expected and read there, and what its selections are compared by."""

    writes: dict[str, protocol.Document | None] = field(default_factory=dict)
    expected: list[tuple[str, protocol.When]] = field(default_factory=list)
    read: dict[str, int | None] = field(default_factory=dict)
    selected: list[tuple[protocol.Selection, Any]] = field(default_factory=list)  # Any: the datastore's own

    @property
    def paths(self) -> set[str]:
        """Return every document that the commit has to look at."""
        return {*self.writes, *self.read, *(path for path, _ in self.expected)}

    def compare(self, stored: Mapping[str, protocol.Stored]) -> None:
        """Raise DatastoreError where a document of `paths` is not as the block expected it, or has read it."""
        for path, when in self.expected:
            protocol.expect(path, stored.get(path), when)
        for path, version in self.read.items():
            protocol.expect_unchanged(path, stored.get(path), version)


class Transacting(protocol.Database):
    """A datastore whose transactions are blocks; what it reads and how it commits is said by its class."""

    def __init__(self) -> None:
        """Begin outside of a transaction."""
        self._lock = threading.RLock()
        self._block: Block | None = None

    def _stored(self, path: str) -> protocol.Stored | None:
        """Return the committed document at a path, the caller's own to change."""
        raise NotImplementedError

    def _commit(self, block: Block) -> None:
        """Make the writes of a block and tell listeners; DatastoreError, and none, where they cannot be made."""
        raise NotImplementedError

    def read(self, path: str) -> protocol.Stored | None:
        """Return the document at a path; inside a transaction, with its own writes."""
        with self._lock:
            found = self._stored(path)
            if self._block is None:
                return found
            version = None if found is None else found.version
            if path not in self._block.writes:
                self._block.read.setdefault(path, version)
                return found
            document = self._block.writes[path]
            return None if document is None else protocol.Stored(path, fields.copied(document), version or 0)

    def write(self, path: str, document: protocol.Document | None, when: protocol.When = None) -> None:
        """Write a document, or remove it (None), if it is as `when` expects."""
        protocol.check_path(path)
        kept = None if document is None else fields.checked(path, document)
        with self.transaction():
            assert self._block is not None  # a transaction is open here
            if path in self._block.writes:
                protocol.expect(path, self.read(path), when)
            elif when is not None:  # told here already, where the block can handle it
                protocol.expect(path, self._stored(path), when)
                self._block.expected.append((path, when))
            self._block.writes[path] = kept

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the writes of the block at its end, or none if it raises; inner ones join the outer."""
        with self._lock:
            if self._block is not None:
                yield
                return
            self._block = Block()
            try:
                yield
                block = self._block
            finally:
                self._block = None
            if block.writes:
                self._commit(block)
