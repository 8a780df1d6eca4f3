"""The in-process engine: entities in, live documents out; its answer is the reference meaning.

    engine = Engine(views=[MeetingSession])
    engine.subscribe(print)
    engine.save(Ticket.new(doc_id="t1", attendance=True))
    →  Event("update", "MeetingSession", "town-hall", {"inSession": True, "attending": [...], ...})

A change reaches the views that read what it changed, and no other: each view remembers which doc_ids and join
keys it looked up, whether they were found or not, and a change asks who did. Its cost follows from the views
that it touches, never from how many documents there are.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from onto import app, calling, direct, domain_model, entities, joins, methods, store, view_model, wire
from onto.database import memory, protocol
from onto.mapper import load

LOG = logging.getLogger(__name__)
REPLIES = 10_000  # that are kept, for calls that are made again
M = TypeVar("M", bound=domain_model.DomainModel)
V = TypeVar("V", bound=view_model.ViewModel)


@dataclass(frozen=True, slots=True)
class Event:
    """One document of a view that came, changed, or (without a document) went."""

    op: Literal["insert", "update", "delete"]
    view: str
    key: str
    document: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A getter that raised for one document, whose field is None for as long as this stands."""

    view: str
    key: str
    field: str
    exception: str
    message: str


@dataclass(slots=True)
class _Live:
    """A document as it stands, with the lookups that it was made of."""

    document: dict[str, Any]
    failures: tuple[Failure, ...]
    tokens: set[entities.Token]


@dataclass(slots=True)
class _View:
    """A registered view class with its joins, root and documents."""

    cls: type[view_model.ViewModel]
    store: type[store.Store]
    joins: dict[str, joins.Join]
    root: str
    live: dict[str, _Live] = field(default_factory=dict)


class Engine:
    """Keeps the documents of view classes up to date with a datastore.

    Without a `database` it has an empty one of its own. JoinError when a view's joins cannot be told.
    """

    def __init__(
        self, views: Iterable[type[view_model.ViewModel]] = (), database: protocol.Database | None = None
    ) -> None:
        """Compute all documents of the views, then follow the datastore."""
        self.database: protocol.Database = memory.Memory() if database is None else database
        self._entities = entities.Entities()
        self._views = [self._register(one) for one in views]
        self._readers: dict[entities.Token, set[tuple[int, str]]] = {}
        self._subscribers: list[Callable[[Event], None]] = []
        self._watchers: dict[tuple[int, str], Callable[[], object]] = {}
        self._replies: dict[tuple[str, str], futures.Future[calling.Reply]] = {}  # by place and request id
        self.timepoint = 0  # the version of the last commit that was taken in
        scopes = [protocol.Scope("collection", one) for one in self._entities.collections]
        self._stop = self.database.listen(self._follow, *scopes, replay=True) if scopes else lambda: None
        # The last commit may have been a removal: of what is there, no document tells of it.
        self.timepoint = max(self.timepoint, self.database.heard)

    # ------------------------------------------------------------ changes in

    def save(self, *saved: domain_model.DomainModel) -> None:
        """Write entities, replacing what is stored; MappingError when a value does not fit its attribute."""
        documents = [(f"{one.collection_name()}/{one.doc_id}", one.to_dict()) for one in saved]
        with self.transaction():
            for path, document in documents:
                self.database.set(path, document)

    def delete(self, cls: type[domain_model.DomainModel], doc_id: str) -> None:
        """Remove an entity, if it is there."""
        self.database.delete(f"{cls.collection_name()}/{doc_id}")

    def apply(self, *changes: wire.Change) -> None:
        """Write changes in stored form, as one transaction; MappingError, and none, when one does not fit."""
        for one in changes:
            if one.after is not None:
                self._entities.check(one.collection, one.doc_id, one.after)
        with self.transaction():
            for one in changes:
                path = f"{one.collection}/{one.doc_id}"
                if one.after is None:
                    self.database.delete(path)
                else:
                    self.database.set(path, one.after)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Make the writes of a `with` block one change: views see all of it, or nothing if it raises."""
        return self.database.transaction()

    def get(self, cls: type[M], doc_id: str) -> M | None:
        """Return a copy of a stored entity that may be changed and saved; None where there is none."""
        document = self.database.get(f"{cls.collection_name()}/{doc_id}")
        return None if document is None else cls.from_stored(document, doc_id)

    def call(self, cls: type[domain_model.DomainModel], doc_id: str, method: str, **arguments: Any) -> Any:
        """Run a domain method as one transaction over all that it reaches; what it raises comes out.

        LookupError without the entity, TypeError for arguments that the method does not take.
        """
        request = methods.Request(method, methods.dump_args(cls, method, arguments), cls.__name__)
        ref = f"{cls.collection_name()}/{doc_id}"
        done = direct.run(self.database, self._models(cls), ref, request, uuid.uuid4().hex)
        return methods.read_result(cls, method, done.result)

    def submit(
        self, model: type[domain_model.DomainModel], doc_id: str, command: wire.Command
    ) -> futures.Future[calling.Reply]:
        """Run a command as the stack would, and return its reply; a command that comes again is answered again."""
        ref = f"{model.collection_name()}/{doc_id}"
        reply = self._replies.get((ref, command.request_id))
        if reply is None:
            reply = direct.outcome(lambda: direct.reply_to(self.database, self._models(model), ref, command))
            self._replies[ref, command.request_id] = reply
            if len(self._replies) > REPLIES:
                del self._replies[next(iter(self._replies))]
        return reply

    def forget(self, request_id: str) -> None:
        """Do nothing: here every call is answered before it is waited for."""

    def _models(self, cls: type[domain_model.DomainModel]) -> methods.Models:
        known = [cls, *(one.model for view in self._views for one in view.joins.values())]
        return methods.Models.around(known, self.views)

    def update(self, cls: type[view_model.ViewModel], key: str, **values: Any) -> None:
        """Assign to a view's attributes, through their setters, and save the entities that these change."""
        with self.transaction(), self._writable(cls, key) as view:
            view.update_vals(**values)

    # ------------------------------------------------------------ documents out

    def documents(self, cls: type[view_model.ViewModel]) -> dict[str, dict[str, Any]]:
        """Return the documents of a view by key, in ascending key order."""
        live = self._view(cls)[1].live
        return {key: live[key].document for key in sorted(live)}

    @property
    def views(self) -> list[type[view_model.ViewModel]]:
        """Return the registered view classes."""
        return [one.cls for one in self._views]

    def view(self, cls: type[V], key: str) -> V | None:
        """Return a view object as it stands, to read from; None where its root does not exist."""
        return self._build(self._view(cls)[1], key, set())  # type: ignore[return-value]  # the class is V's

    def own_view(self, cls: type[V], key: str) -> V | None:
        """Return a view of copies, which its setters may change and `propagate_change` saves; None without a root."""
        built = self.view(cls, key)
        if built is not None:
            _copy_store(built, domain_model.writable)
        return built

    @property
    def errors(self) -> list[Failure]:
        """Return the getters that raise as things stand, by view, key and field."""
        return [failure for one in self._views for key in sorted(one.live) for failure in one.live[key].failures]

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Call the subscriber with each event from now on; return what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber) if subscriber in self._subscribers else None

    def watch(self, cls: type[view_model.ViewModel], key: str, watcher: Callable[[], object] | None) -> None:
        """Call the watcher after each change of what the view of a root reads, in the place of an earlier one.

        It is called when the view is made anew, whether its document has changed or not; None ends that.
        """
        place = self._view(cls)[0], key
        self._watchers.pop(place, None)
        if watcher is not None:
            self._watchers[place] = watcher

    def close(self) -> None:
        """Stop following the datastore."""
        self._stop()

    # ------------------------------------------------------------ from changes to documents

    def _follow(self, changes: tuple[protocol.Change, ...]) -> None:
        """Take in all changes, recompute the documents that read any of them, then tell the subscribers."""
        touched: set[entities.Token] = set()
        roots: set[tuple[int, str]] = set()
        for one in changes:
            try:
                tokens = self._entities.put(one.collection, one.doc_id, one.after)
            except load.MappingError:
                # The datastore holds it already; what `save` and `apply` write never comes to this.
                LOG.exception("%s is not taken in", one.path)
                continue
            touched |= tokens
            if tokens:
                roots |= {
                    (number, one.doc_id)
                    for number, view in enumerate(self._views)
                    if view.joins[view.root].model.collection_name() == one.collection
                }
        dirty = roots.union(*(self._readers.get(token, ()) for token in touched))
        events = [event for number, key in sorted(dirty) for event in self._recompute(number, key)]
        self.timepoint = max(self.timepoint, *(one.version for one in changes), 0)
        for event in events:
            self._tell(event)
        for place in sorted(dirty & self._watchers.keys()):
            self._call_watcher(place)

    def _call_watcher(self, place: tuple[int, str]) -> None:
        watcher = self._watchers.get(place)  # one before it may have ended it
        try:
            if watcher is not None:
                watcher()
        except Exception:
            LOG.exception("a watcher failed on %s %s", self._views[place[0]].cls.__name__, place[1])

    def _recompute(self, number: int, key: str) -> Iterator[Event]:
        view = self._views[number]
        before = view.live.pop(key, None)
        after = self._evaluate(view, key)
        self._remember(number, key, before, after)
        name = view.cls.__name__
        if after is not None:
            view.live[key] = after
            if before is None or before.document != after.document:
                yield Event("insert" if before is None else "update", name, key, after.document)
        elif before is not None:
            yield Event("delete", name, key, None)

    def _evaluate(self, view: _View, key: str) -> _Live | None:
        tokens: set[entities.Token] = set()
        built = self._build(view, key, tokens)
        if built is None:
            return None
        found = built.evaluate()
        failures = tuple(Failure(view.cls.__name__, key, one.field, one.exception, one.message) for one in found.errors)
        return _Live(found.document, failures, tokens)

    def _remember(self, number: int, key: str, before: _Live | None, after: _Live | None) -> None:
        old = set() if before is None else before.tokens
        new = set() if after is None else after.tokens
        for token in old - new:
            self._readers[token].discard((number, key))
            if not self._readers[token]:
                del self._readers[token]
        for token in new - old:
            self._readers.setdefault(token, set()).add((number, key))

    def _tell(self, event: Event) -> None:
        for subscriber in list(self._subscribers):
            try:
                subscriber(event)
            except Exception:
                LOG.exception("a subscriber failed on %s %s", event.view, event.key)

    # ------------------------------------------------------------ views and their stores

    def _register(self, cls: type[view_model.ViewModel]) -> _View:
        store_class, found = app.joins_of(cls)
        for one in found.values():
            self._entities.watch(one)
        return _View(cls, store_class, found, next(iter(found)))

    def _view(self, cls: type[view_model.ViewModel]) -> tuple[int, _View]:
        for number, one in enumerate(self._views):
            if one.cls is cls:
                return number, one
        raise LookupError(f"{cls.__name__} is not among this engine's views")

    def _build(self, view: _View, key: str, tokens: set[entities.Token]) -> view_model.ViewModel | None:
        """Return the view of a root; lookups are noted in `tokens` as its getters make them."""
        reader = entities.Reader(self._entities, tokens)
        root = reader.by_id(view.joins[view.root], key)
        if root is None:
            return None

        def resolve(of: store.Store, name: str) -> Any:
            return root if name == view.root else reader.find(of, view.joins[name])

        made = view.cls(store=view.store(resolve))
        made.timepoint = self.timepoint
        return made

    @contextlib.contextmanager
    def _writable(self, cls: type[view_model.ViewModel], key: str) -> Iterator[view_model.ViewModel]:
        """Give a view of entities that may be changed; save those that were."""
        view = self._view(cls)[1]
        built = self._build(view, key, set())
        if built is None:
            raise LookupError(f"{cls.__name__} {key!r} does not exist")
        copies = _copy_store(built, lambda one: self.get(type(one), one.doc_id))
        yield built
        for one in copies.values():
            self._save_changed(one)

    def _save_changed(self, entity: domain_model.DomainModel | None) -> None:
        """Save an entity unless it is as it was read: saving drops keys that are no attributes."""
        if entity is None:
            return
        stored = self.get(type(entity), entity.doc_id)
        if stored is None or stored.to_dict() != entity.to_dict():
            self.save(entity)


Copies = dict[tuple[type[domain_model.DomainModel], str], domain_model.DomainModel | None]


def _copy_store(
    view: view_model.ViewModel, made: Callable[[domain_model.DomainModel], domain_model.DomainModel | None]
) -> Copies:
    """Give a view a store of copies, each made when it is first read; return those that have been."""
    source: store.Store = view.store
    copies: Copies = {}

    def copy(entity: domain_model.DomainModel | None) -> domain_model.DomainModel | None:
        if entity is None:
            return None
        place = (type(entity), entity.doc_id)
        if place not in copies:
            copies[place] = made(entity)
        return copies[place]

    def resolve(_: store.Store, name: str) -> Any:
        found = source.read(name)
        if isinstance(found, Mapping):
            return store.ordered({key: copy(one) for key, one in found.items()})
        return copy(found)

    view.store = type(source)(resolve)
    return copies


def load_app(target: str, database: protocol.Database | None = None) -> Engine:
    """Import an app, by module name or path, and return an engine of its views; AppError without any."""
    found = app.load(target)
    if not found.views:
        raise app.AppError(f"{target} has no view models: nothing to compute")
    return Engine(found.views, database)
