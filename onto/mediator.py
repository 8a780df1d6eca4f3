"""Mediators: what to do when the documents of a query come, change and go.

class CityViewMediator(ViewMediatorDeltaDAV):
    class Protocol(ProtocolBase):
        @staticmethod
        def on_create(snapshot, mediator):
            mediator.notify(obj=CityView.new(snapshot=snapshot))

CityViewMediator(query=City.get_query()).start()
→  on_create for each city that is there, then for each that comes
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from onto.database import client, protocol

LOG = logging.getLogger(__name__)
KEPT_FAILURES = 1000  # of each mediator, the latest


@dataclass(frozen=True, slots=True)
class Failure:
    """A handler that raised on a document."""

    path: str
    handler: str
    error: Exception


class Watched(Protocol):
    """What a mediator follows: a query, a collection, a collection group."""

    @property
    def database(self) -> protocol.Database:
        """The datastore that it asks."""

    @property
    def scope(self) -> protocol.Scope:
        """Where its documents lie."""

    def contains(self, path: str, document: protocol.Document | None) -> bool:
        """Tell whether a document belongs to it."""


class ProtocolBase:
    """What a mediator does with one document; a class overrides what it cares for."""

    @staticmethod
    def on_create(snapshot: client.DocumentSnapshot, mediator: Any) -> None:
        """Handle a document that is there at the start, or comes later."""

    @staticmethod
    def on_update(snapshot: client.DocumentSnapshot, mediator: Any) -> None:
        """Handle a document that has changed."""

    @staticmethod
    def on_delete(snapshot: client.DocumentSnapshot, mediator: Any) -> None:
        """Handle a document that has gone, given as it last was."""


class ViewMediatorBase:
    """Follows a query from `start` to `stop`; a handler that fails is logged and stops nothing else."""

    Protocol: type[ProtocolBase] = ProtocolBase

    def __init__(self, query: Watched) -> None:
        """Make a mediator that follows nothing yet."""
        self.query = query
        self.failures: deque[Failure] = deque(maxlen=KEPT_FAILURES)
        self._stop: Callable[[], None] | None = None

    @property
    def name(self) -> str:
        """Return what the mediator is called in the log."""
        return type(self).__name__

    def start(self) -> None:
        """Handle every document that is there as created, then each change; a second call does nothing."""
        if self._stop is not None:
            return
        self._stop = self.query.database.listen(self._follow, self.query.scope, replay=True)

    def stop(self) -> None:
        """Follow no longer."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def notify(self, obj: Any) -> None:
        """Do something with a view that a handler has made; a class says what."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to do with {obj!r}: define notify")

    def _follow(self, changes: tuple[protocol.Change, ...]) -> None:
        for one in changes:
            was = one.before is not None and self.query.contains(one.path, one.before)
            now = one.after is not None and self.query.contains(one.path, one.after)
            if now:
                handler = self.Protocol.on_update if was else self.Protocol.on_create
                self._handle(handler, self._snapshot(one, one.after))
            elif was:
                self._handle(self.Protocol.on_delete, self._snapshot(one, one.before))

    def _snapshot(self, change: protocol.Change, document: protocol.Document | None) -> client.DocumentSnapshot:
        reference = client.DocumentReference(self.query.database, change.path)
        return client.DocumentSnapshot(reference, document, change.version)

    def _handle(self, handler: Callable[..., None], snapshot: client.DocumentSnapshot) -> None:
        try:
            handler(snapshot=snapshot, mediator=self)
        except Exception as error:  # whatever user code raises is this document's news alone
            LOG.exception("%s failed on %s", self.name, snapshot.reference)
            self.failures.append(Failure(snapshot.reference.path, handler.__name__, error))


class Mediator:
    """From sources to sinks: its class body names both, and its functions are the sources' triggers.

    A function gets the mediator and the source's object. An instance is made when a source starts.
    """

    @classmethod
    def start(cls) -> None:
        """Start every source of the class."""
        for source in cls._sources():
            source.start()

    @classmethod
    def stop(cls) -> None:
        """Stop every source of the class."""
        for source in cls._sources():
            source.stop()

    @classmethod
    def _sources(cls) -> list[Startable]:
        return [found for name in dir(cls) if isinstance(found := getattr(cls, name), Startable)]


@runtime_checkable
class Startable(Protocol):
    """A source, as its mediator knows it."""

    def start(self) -> None:
        """Follow."""

    def stop(self) -> None:
        """Follow no longer."""


class ViewMediatorDeltaDAV(ViewMediatorBase):
    """The seed's name for a mediator of documents as views."""


class TaskMediator(ViewMediatorBase):
    """Does each document of a query once: `Protocol.on_task` and the removal of the document are one commit.

    The document is a message: whoever commits first has processed it, and for everybody else it is gone. A crash
    before the commit leaves it to the next start, one after it leaves nothing to do. What `on_task` saves belongs to
    the commit; a document that changes meanwhile is read and tried again, `max_retries` times in all.
    """

    class Protocol(ProtocolBase):
        """What is to be done."""

        @staticmethod
        def on_task(snapshot: client.DocumentSnapshot, mediator: Any) -> None:
            """Do what the document asks for, inside of the transaction."""

    max_retries = protocol.MAX_RETRIES

    def mark(self, snapshot: client.DocumentSnapshot) -> None:
        """Say that a document has been processed: remove it. A class may set a field that its query asks for."""
        snapshot.reference.delete()

    def _handle(self, handler: Callable[..., None], snapshot: client.DocumentSnapshot) -> None:
        if handler is not self.Protocol.on_delete:
            super()._handle(self._process, snapshot)

    def _process(self, snapshot: client.DocumentSnapshot, mediator: Any) -> None:
        def once() -> None:
            found = snapshot.reference.get()
            if self.query.contains(found.reference.path, found.document):
                getattr(self.Protocol, "on_task")(snapshot=found, mediator=self)  # noqa: B009 - of a subclass
                self.mark(found)

        protocol.run(self.query.database, once, self.max_retries)
