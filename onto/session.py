"""The call that runs now: where a domain method's entities come from, and where its changes go.

    with running(session):
        Account.get("b")     →  session.get(Account, "b")

Outside of calls there is none, and models read and write the context's datastore.
"""

from __future__ import annotations

import contextlib
import datetime
from contextvars import ContextVar
from typing import Any, Protocol

from onto.mapper import shape


class Session(Protocol):
    """What a running call offers to the models; entities are Any, since models lie above this module."""

    @property
    def now(self) -> datetime.datetime:
        """Return the moment at which the call arrived, the same however often it is run again."""

    def uuid(self) -> str:
        """Return an id that is new, and the same whenever the call is run again."""

    def get(self, model: Any, doc_id: str) -> Any:
        """Return the entity of that model, None where there is none."""

    def save(self, entity: Any) -> None:
        """Keep an entity when the call ends."""

    def delete(self, entity: Any) -> None:
        """Remove an entity when the call ends."""

    def related(self, of: shape.Shape, value: Any, where: str | None = None) -> Any:
        """Return what a relation that holds these ids reads as: an entity, or a live collection of them.

        A missing one is None; where an argument holds the ids, which `where` names, it is an error.
        """


_CURRENT: ContextVar[Session | None] = ContextVar("session", default=None)


def current() -> Session | None:
    """Return the session of the call that runs, if one does."""
    return _CURRENT.get()


class _Running:
    """A context, and no generator: every call enters one."""

    __slots__ = ("_session", "_token")

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._session)

    def __exit__(self, _kind: object, _error: object, _trace: object) -> None:  # no tuple of them: memory may be full
        _CURRENT.reset(self._token)


def running(session: Session) -> contextlib.AbstractContextManager[None]:
    """Make this the session of all that happens inside the context."""
    return _Running(session)
