"""Run a domain method: the same code in the in-process engine and in the StateFun endpoint.

    run(Models([Account]), Request("transfer", {"to": "b", "amount": 5}), "accounts/a", lookup, moment, seed)
    →  Done(None, {"accounts/a": {…, "balance": 5}, "accounts/b": {…, "balance": 15}})

`lookup` gives the document of a place, or raises `NeedEntity` where it has to be fetched first: the run is then dropped
and made again, from its top. An entity that the method reached and changed is written when it returns, whether it
called `save` or not; a new one only if it did. An exception writes nothing.
"""

from __future__ import annotations

import datetime
import inspect
import sys
import types
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onto import domain_model, errors, related, session, setting, signature, view_model, wire
from onto.mapper import dump, load, shape

Document = Mapping[str, Any]
Lookup = Callable[[tuple[str, ...]], Mapping[str, Document | None]]
Prefetch = Mapping[
    tuple[str, str], tuple[str, ...]
]  # (model, method) or (view, `x.setter`) → parameters, and relations as `self.users`
BUILT_IN = ("new", "save", "delete")
SET = "set"  # of a view, at its root: runs setters
MESSAGE_LIMIT = 2_000  # characters of an exception's message
NAMES = {"MappingError": "BadValue"}  # exceptions of onto's own whose callers know them by another name
_NOTHING: Prefetch = types.MappingProxyType({})
_IDS = uuid.UUID("0d3ee2f6-5b8a-5b0c-9c52-6f1f6a1d2a77")


class NeedEntity(BaseException):  # no error: `except Exception` in user code must not catch it
    """The documents of these places have to be fetched before the method can run."""

    def __init__(self, refs: tuple[str, ...]) -> None:
        """Name the places."""
        super().__init__(refs)
        self.refs = refs


class DoesNotExistError(errors.OntoError, LookupError):
    """A command for an entity that is not there."""


class AlreadyExistsError(errors.OntoError, ValueError):
    """A new entity whose id is taken."""


class BadIdError(errors.OntoError, ValueError):
    """An entity that is saved under an id that no document can have."""


class NoSuchMethodError(errors.OntoError, AttributeError):
    """A command for a method that the entity does not have."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it was sent: the method, its arguments in JSON, the class that the caller means."""

    method: str
    args: Mapping[str, Any]
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The method returned: its result in JSON, and the documents that it leaves changed (None: deleted)."""

    result: Any
    writes: Mapping[str, Document | None]


class Models:
    """The domain models of an app, by collection and by name, and the views whose setters may be run."""

    def __init__(
        self, models: Iterable[type[domain_model.DomainModel]], views: Iterable[type[view_model.ViewModel]] = ()
    ) -> None:
        """Take the models of an app; those above them are found by themselves."""
        self._views = {one.__name__: one for one in views}
        self._topmost: dict[str, type[domain_model.DomainModel]] = {}
        self._named: dict[str, type[domain_model.DomainModel]] = {}
        for one in models:
            self._named.setdefault(one.__name__, one)
            collection = one.collection_name()
            known = self._topmost.get(collection)
            if known is None or issubclass(known, one):
                self._topmost[collection] = one

    @classmethod
    def around(
        cls, known: Iterable[type[domain_model.DomainModel]], views: Iterable[type[view_model.ViewModel]] = ()
    ) -> Models:
        """Return these models with all that their modules name, and so on."""
        pending = list(known)
        found: dict[type[domain_model.DomainModel], None] = {}
        while pending:
            one = pending.pop(0)
            if one in found or one is domain_model.DomainModel:
                continue
            found[one] = None
            named = vars(sys.modules[one.__module__]).values()
            pending += [each for each in named if isinstance(each, type) and issubclass(each, domain_model.DomainModel)]
            pending += [each for each in (*one.__bases__, *one.family()) if issubclass(each, domain_model.DomainModel)]
        return cls(found, views)

    def of_collection(self, collection: str) -> type[domain_model.DomainModel] | None:
        """Return the topmost model of a collection."""
        return self._topmost.get(collection)

    def named(self, name: str) -> type[domain_model.DomainModel] | None:
        """Return the model of a name."""
        return self._named.get(name)

    def view(self, name: str) -> type[view_model.ViewModel] | None:
        """Return the view of a name."""
        return self._views.get(name)

    def view_names(self) -> tuple[str, ...]:
        """Return the names of the views whose setters may be run."""
        return tuple(self._views)


def run(
    models: Models,
    request: Request,
    ref: str,
    lookup: Lookup,
    now: datetime.datetime,
    seed: str,
    prefetch: Prefetch = _NOTHING,
) -> Done:
    """Run one call on the entity at `ref`; whatever the method raises comes out, and nothing is written.

    `seed` stands for the call: what `uuid` gives is made of it. What a method reaches in every run, by `prefetch`, is
    looked up at once.
    """
    running = _Session(models, lookup, now, seed, prefetch)
    with session.running(running):
        result = _call(running, request, ref)
        return Done(result, running.writes())


def setter(attribute: str) -> str:
    """Return the name that an attribute's setter has beside methods."""
    return f"{attribute}.setter"


def method_of(model: type[domain_model.DomainModel], name: str) -> Callable[..., Any] | None:
    """Return a public method that the app's own classes define; None for anything else."""
    for base in model.__mro__:
        found = vars(base).get(name)
        if found is not None:
            own = issubclass(base, domain_model.DomainModel) and base is not domain_model.DomainModel
            return found if own and inspect.isfunction(found) and not name.startswith("_") else None
    return None


def methods_of(model: type[domain_model.DomainModel]) -> list[str]:
    """Return the names of all methods that may be called, the built-in ones last."""
    own = [name for name in dir(model) if method_of(model, name) is not None]
    return [*own, *(name for name in BUILT_IN if name not in own)]


def defining(model: type[domain_model.DomainModel], name: str) -> type[domain_model.DomainModel]:
    """Return the class, this or one below it, that has a method; NoSuchMethodError when none has."""
    found = next((one for one in model.family() if method_of(one, name) is not None), None)
    if found is None and name not in BUILT_IN:
        known = methods_of(model)
        hint = errors.meant(name, known) or f"; it has {', '.join(known)}"
        raise NoSuchMethodError(f"{model.__name__} has no method `{name}`{hint}")
    return found or model


def dump_args(model: type[domain_model.DomainModel], method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as they travel; those of a method that only a class below has, as plain JSON."""
    function = method_of(model, method)
    if function is not None:
        return signature.of(function).dump(given)
    known = model._attributes if method == "new" else {}
    return {
        name: dump.dump(known[name].value_shape(), value, known[name].where) if name in known else dump.json_form(value)
        for name, value in given.items()
    }


def read_result(model: type[domain_model.DomainModel], method: str, result: Any) -> Any:
    """Return the Python value of a result that came as JSON."""
    function = method_of(model, method)
    return result if function is None else signature.of(function).read(result)


def kind_of(error: BaseException) -> str:
    """Return the name under which an exception reaches the caller: that of its class, onto's own without `Error`."""
    name = _sendable(type(error).__name__)
    own = type(error).__module__.startswith(("onto.", "flink_jobs."))
    return NAMES.get(name, name.removesuffix("Error")) if own else name


def message_of(error: BaseException) -> str:
    """Return the message with which an exception reaches the caller."""
    try:
        text = _sendable(str(error))
    except Exception as failed:  # a user's own __str__
        text = f"its message cannot be told: {type(failed).__name__}"
    return text if len(text) <= MESSAGE_LIMIT else f"{text[:MESSAGE_LIMIT]}…"


def _sendable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no reply can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _call(running: _Session, request: Request, ref: str) -> Any:
    collection, _, doc_id = ref.partition("/")
    topmost = running.models.of_collection(collection)
    if topmost is None:
        raise DoesNotExistError(f"no model has the collection {collection!r}")
    view = None if request.model is None or request.method != SET else running.models.view(request.model)
    if view is not None:
        return _set(running, view, request.args, ref)
    meant = topmost if request.model is None else running.models.named(request.model)
    if meant is None or meant.collection_name() != collection:
        raise DoesNotExistError(f"no model `{request.model}` in the collection {collection!r}")
    entity = running.get(meant, doc_id)
    actual = meant if entity is None else type(entity)
    function = method_of(actual, request.method)
    if function is None and request.method in BUILT_IN:
        return _built_in(running, request, meant, doc_id, entity)
    if entity is None:
        raise DoesNotExistError(f"{meant.__name__} {doc_id!r} does not exist")
    if function is None:
        known = ", ".join(methods_of(actual))
        raise NoSuchMethodError(f"{actual.__name__} has no method `{request.method}` (methods: {known})")
    typed = signature.of(function)
    loaded = typed.load(request.args)
    paths = running.prefetch.get((actual.__name__, request.method), ())
    if paths or typed.relations:
        running.fetch(_wanted(entity, typed, loaded, paths))
    return typed.result(function(entity, **typed.relate(loaded, running)))


def _set(running: _Session, view: type[view_model.ViewModel], values: Mapping[str, Any], ref: str) -> None:
    """Run setters of the view of a root."""
    model = setting.root_of(view)
    collection, _, doc_id = ref.partition("/")
    root = running.get(model, doc_id) if model.collection_name() == collection else None
    if root is None:
        raise DoesNotExistError(f"{view.__name__} {doc_id!r} does not exist")
    paths = [path for name in values for path in running.prefetch.get((view.__name__, setter(name)), ())]
    running.fetch(_relations(root, paths))
    setting.write(view, root, values)


def _wanted(
    entity: domain_model.DomainModel, typed: signature.Signature, loaded: Mapping[str, Any], paths: tuple[str, ...]
) -> Iterator[tuple[shape.Shape, Any]]:
    """Yield the relations that the call follows however it goes: its arguments, and what the compiler found."""
    for one in typed.params:
        if isinstance(one.shape, shape.RelationTo) or one.name in paths:
            yield one.shape, loaded.get(one.name)
    yield from _relations(entity, paths)


def _relations(entity: domain_model.DomainModel, paths: Iterable[str]) -> Iterator[tuple[shape.Shape, Any]]:
    """Yield the relations of an entity that are among the paths."""
    for name in (path.removeprefix("self.") for path in paths if path.startswith("self.")):
        found = entity._attributes.get(name)
        if found is not None and found.explicit is not None:
            yield found.explicit, getattr(entity._attrs, name, None)


def _built_in(
    running: _Session, request: Request, model: type[domain_model.DomainModel], doc_id: str, entity: Any
) -> None:
    """Make, replace or remove the entity itself."""
    args = dict(request.args)
    if request.method == "delete":
        if args:
            raise signature.BadArgumentsError(f"{model.__name__}.delete takes no arguments")
        if entity is None:
            raise DoesNotExistError(f"{model.__name__} {doc_id!r} does not exist")
        entity.delete()
        return
    try:
        if request.method == "save":
            absent = args.pop("absent", False)
            if set(args) != {"document"} or not isinstance(args["document"], Mapping) or not isinstance(absent, bool):
                takes = "`document`, an object in stored form, and `absent`: only where there is none"
                raise signature.BadArgumentsError(f"{model.__name__}.save takes {takes}")
            if absent:
                _check_absent(running, model, doc_id)
            made = model.from_dict(args["document"], doc_id)
        else:
            _check_absent(running, model, doc_id)
            made = model.new(doc_id=doc_id)
            made._assign(_values(model, args))
    except (load.MappingError, ValueError) as error:
        if isinstance(error, AlreadyExistsError):
            raise
        raise signature.BadArgumentsError(str(error)) from error
    made.save()


def _check_absent(running: _Session, model: type[domain_model.DomainModel], doc_id: str) -> None:
    topmost = running.models.of_collection(model.collection_name())
    if topmost is not None and running.get(topmost, doc_id) is not None:  # whatever class is in the place
        raise AlreadyExistsError(f"{model.__name__} {doc_id!r} exists already")


def _values(model: type[domain_model.DomainModel], args: Mapping[str, Any]) -> dict[str, Any]:
    known = model._attributes
    return {
        name: load.load(known[name].value_shape(), value, known[name].where) if name in known else value
        for name, value in args.items()
    }


@dataclass(slots=True)
class _Held:
    """An entity that was looked up, and the document in which it came."""

    entity: Any
    stored: Document | None


@dataclass(slots=True)
class _Session:
    """The entities of one run: each place is one object, however often it is reached."""

    models: Models
    lookup: Lookup
    now: datetime.datetime
    seed: str
    prefetch: Prefetch
    held: dict[str, _Held] = field(default_factory=dict)
    ids: int = 0

    def uuid(self) -> str:
        """Return the call's next id."""
        self.ids += 1
        return uuid.uuid5(_IDS, f"{self.seed}/{self.ids}").hex

    def get(self, model: type[domain_model.DomainModel], doc_id: str) -> Any:
        """Return the entity of that model, None where there is none."""
        entity = self._fetch(model.collection_name(), [doc_id])[0]
        return entity if isinstance(entity, model) else None

    def save(self, entity: domain_model.DomainModel) -> None:
        """Keep an entity: in its place, whatever was there; BadIdError where there can be none."""
        if not wire.is_doc_id(entity.doc_id):
            shown = entity.doc_id if len(entity.doc_id) < wire.ID_LIMIT else f"{entity.doc_id[: wire.ID_LIMIT]}…"
            wanted = f"1 to {wire.DOC_ID_LIMIT} bytes of text without `/`"
            raise BadIdError(f"{type(entity).__name__}: {shown!r} is no doc_id: that is {wanted}")
        self._fetch(entity.collection_name(), [entity.doc_id])
        self.held[_ref(entity)].entity = entity

    def delete(self, entity: domain_model.DomainModel) -> None:
        """Remove what is in the entity's place."""
        self._fetch(entity.collection_name(), [entity.doc_id])
        self.held[_ref(entity)].entity = None

    def related(self, of: shape.Shape, value: Any, where: str | None = None) -> Any:
        """Return the entity of an id, or the live collection over several; BadArgumentsError for `where`."""
        relation = shape.relation_of(of)
        assert relation is not None  # asked for relations only
        model = self._model(relation)

        def find(ids: list[str]) -> list[Any]:
            met = self._fetch(model.collection_name(), ids)
            found = [one if isinstance(one, model) else None for one in met]
            if where is not None and None in found:
                missing = ids[found.index(None)]
                raise signature.BadArgumentsError(f"{where}: {relation.model_name} {missing!r} does not exist")
            return found

        match value:
            case list():
                return related.RelatedList(value, find)
            case set():
                return related.RelatedSet(value, find)
            case dict():
                return related.RelatedDict(value, find)
        return find([value])[0]

    def fetch(self, wanted: Iterable[tuple[shape.Shape, Any]]) -> None:
        """Look up the entities of several relations at once."""
        refs: dict[str, None] = {}
        for of, value in wanted:
            relation = shape.relation_of(of)
            if relation is None or value is None:
                continue
            ids = value.values() if isinstance(value, dict) else value if isinstance(value, list | set) else [value]
            collection = self._model(relation).collection_name()
            refs.update({f"{collection}/{doc_id}": None for doc_id in ids if doc_id is not None})
        self._take(tuple(refs))

    def writes(self) -> dict[str, Document | None]:
        """Return the documents that differ from what was looked up."""
        found: dict[str, Document | None] = {}
        for ref, one in self.held.items():
            after = None if one.entity is None else one.entity.to_dict()
            if self._has_changed(ref, one, after):
                found[ref] = after
        return found

    def _has_changed(self, ref: str, one: _Held, after: Document | None) -> bool:
        if one.stored is None or after is None:
            return after is not one.stored
        if domain_model.differs_plainly(type(one.entity), after, one.stored):
            return True
        # Compared with what it would have been saved as: keys that are no attributes are no change.
        return after != one.stored and after != _read(*self._place(ref), one.stored).to_dict()

    def _model(self, relation: shape.RelationTo) -> type[domain_model.DomainModel]:
        if isinstance(relation.target, type):
            return relation.target
        found = self.models.named(relation.model_name)
        if found is None:
            raise LookupError(f"no domain model `{relation.model_name}`")
        return found

    def _fetch(self, collection: str, ids: Sequence[str | None]) -> list[Any]:
        """Return the entities of a collection, in the order of the ids; what is not at hand is asked for at once."""
        refs = [f"{collection}/{doc_id}" for doc_id in ids]
        new = tuple(dict.fromkeys(ref for ref, doc_id in zip(refs, ids, strict=True) if doc_id is not None))
        self._take(new)
        return [None if doc_id is None else self.held[ref].entity for ref, doc_id in zip(refs, ids, strict=True)]

    def _take(self, refs: tuple[str, ...]) -> None:
        missing = tuple(ref for ref in refs if ref not in self.held and wire.is_doc_id(ref.partition("/")[2]))
        if len(missing) < len(refs):  # where nothing can be stored, there is nothing
            self.held.update({ref: _Held(None, None) for ref in refs if ref not in self.held and ref not in missing})
        for ref, document in self.lookup(missing).items():
            self.held[ref] = self._load(ref, document)

    def _load(self, ref: str, document: Document | None) -> _Held:
        if document is None:
            return _Held(None, None)
        topmost, doc_id = self._place(ref)
        stored = domain_model.upgraded(topmost, document)
        return _Held(_read(topmost, doc_id, stored), stored)

    def _place(self, ref: str) -> tuple[type[domain_model.DomainModel], str]:
        """Return the topmost model of a place's collection, and the id."""
        collection, _, doc_id = ref.partition("/")
        topmost = self.models.of_collection(collection)
        if topmost is None:
            raise LookupError(f"no domain model in the collection {collection!r}")
        return topmost, doc_id


def _read(topmost: type[domain_model.DomainModel], doc_id: str, stored: Document) -> domain_model.DomainModel:
    entity = topmost.from_upgraded(stored, doc_id)
    assert entity is not None  # the topmost class takes every document of its collection
    return entity


def _ref(entity: domain_model.DomainModel) -> str:
    return f"{entity.collection_name()}/{entity.doc_id}"
