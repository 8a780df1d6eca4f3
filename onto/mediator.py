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
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from onto.database import client, protocol

LOG = logging.getLogger(__name__)


class Watched(Protocol):
    """What a mediator follows: a query, a collection, a collection group."""

    @property
    def database(self) -> protocol.Database:
        """The datastore that it asks."""

    def stream(self) -> Iterator[client.DocumentSnapshot]:
        """Yield the documents that belong to it."""

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
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Handle every document that is there as created, then each change; a second call does nothing."""
        if self._stop is not None:
            return
        with self.query.database.transaction():
            present = list(self.query.stream())
            self._stop = self.query.database.listen(self._follow)
        for snapshot in present:
            self._handle(self.Protocol.on_create, snapshot)

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
                self._handle(handler, self._snapshot(one.path, one.after))
            elif was:
                self._handle(self.Protocol.on_delete, self._snapshot(one.path, one.before))

    def _snapshot(self, path: str, document: protocol.Document | None) -> client.DocumentSnapshot:
        return client.DocumentSnapshot(client.DocumentReference(self.query.database, path), document)

    def _handle(self, handler: Callable[..., None], snapshot: client.DocumentSnapshot) -> None:
        try:
            handler(snapshot=snapshot, mediator=self)
        except Exception:
            LOG.exception("%s failed on %s", type(self).__name__, snapshot.reference)


class ViewMediatorDeltaDAV(ViewMediatorBase):
    """The seed's name for a mediator of documents as views."""
