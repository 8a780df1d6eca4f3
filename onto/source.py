"""Sources of a mediator: what calls its functions.

class MeetingSessionGet(Mediator):
    source = source.domain_model(Meeting)

    @source.triggers.on_create
    @source.triggers.on_update
    def materialize(self, obj): ...          # obj is a Meeting

MeetingSessionGet.source.start()
→  materialize for each meeting that is there, then for each that comes or changes
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from onto import former, mediator
from onto.database import client
from onto.domain_model import DomainModel

__path__: list[str] = []  # modules that once lay below this one are looked for, and `former` refuses them
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Triggers:
    """Decorators that say when a function is called; several may stand on one function."""

    functions: dict[str, list[Callable[..., Any]]] = field(default_factory=dict)

    def on_create(self, function: F) -> F:
        """Call the function for each document that is there at the start, and for each new one."""
        return self._add("on_create", function)

    def on_update(self, function: F) -> F:
        """Call the function for each document that changes."""
        return self._add("on_update", function)

    def on_delete(self, function: F) -> F:
        """Call the function for each document that goes, given as it last was."""
        return self._add("on_delete", function)

    def _add(self, trigger: str, function: F) -> F:
        self.functions.setdefault(trigger, []).append(function)
        return function


class Source:
    """Documents that come, change and go; each mediator class follows them on its own."""

    def __init__(self, query: Callable[[], mediator.Watched], read: Callable[[client.DocumentSnapshot], Any]) -> None:
        """Make a source of what `query` asks for when it starts; `read` makes of a document what functions get."""
        self.query = query
        self.read = read
        self.triggers = Triggers()
        self._following: dict[type, Following] = {}

    def __get__(self, instance: object, owner: type) -> Following:
        """Return the source as one mediator class follows it."""
        return self._following.setdefault(owner, Following(self, owner))


class Following:
    """A source as one mediator class follows it."""

    def __init__(self, source: Source, owner: type) -> None:
        """Follow nothing yet."""
        self._source = source
        self._owner = owner
        self._started: _Calls | None = None

    def start(self) -> None:
        """Call the triggers for every document that is there, then for each change; a second call does nothing."""
        if self._started is None:
            self._started = _Calls(self._source, self._owner())
            self._started.start()

    def stop(self) -> None:
        """Call them no longer."""
        if self._started is not None:
            self._started.stop()
            self._started = None

    @property
    def failures(self) -> list[mediator.Failure]:
        """Return the calls that raised since the start, the latest last."""
        return [] if self._started is None else list(self._started.failures)


class _Calls(mediator.ViewMediatorBase):
    def __init__(self, source: Source, owner: Any) -> None:
        super().__init__(source.query())
        self._source = source
        self._owner = owner

    @property
    def name(self) -> str:
        """Return the name of the mediator's class."""
        return type(self._owner).__name__

    def _handle(self, handler: Callable[..., None], snapshot: client.DocumentSnapshot) -> None:
        for function in self._source.triggers.functions.get(handler.__name__, ()):
            super()._handle(self._call(function), snapshot)

    def _call(self, function: Callable[..., Any]) -> Callable[..., None]:
        @functools.wraps(function)
        def call(snapshot: client.DocumentSnapshot, mediator: Any) -> None:
            function(self._owner, self._source.read(snapshot))

        return call


def domain_model(dm_cls: type[DomainModel]) -> Source:
    """Return the source of the entities of a class and its subclasses; functions get the entity."""
    return Source(dm_cls.get_query, dm_cls.from_snapshot)


def firestore(query: mediator.Watched) -> Source:
    """Return the source of a query's documents, whichever datastore it is; functions get the snapshot."""
    return Source(lambda: query, lambda snapshot: snapshot)


def __getattr__(name: str) -> NoReturn:
    """Say what to write for a former name."""
    former.refuse(__name__, name)
