"""Stores: what a view reads.

class MeetingSessionStore(Store):
    meeting = reference(dm_cls=Meeting)
    tickets = reference(dm_cls=Ticket, many=True)

store.meeting   →  a Meeting        store.tickets  →  a read-only mapping of Tickets in key order
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, overload

from onto import domain_model
from onto.database import client

M = TypeVar("M", bound=domain_model.DomainModel)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Reference(Generic[T]):
    """One reference of a store: entities of `dm_cls`, joined by `on` or by what the relations say."""

    dm_cls: type[domain_model.DomainModel] | str | None
    many: bool
    on: Callable[[Any, Any], Any] | None
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Put a copy that knows its name into the store's class."""
        setattr(owner, name, dataclasses.replace(self, name=name))

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: Store, owner: type[Any]) -> T: ...
    def __get__(self, instance: Store | None, owner: type[Any]) -> Any:
        """Return the reference itself on the class; on a store an entity, None, or a mapping of them."""
        return self if instance is None else instance.read(self.name)


@overload
def reference(
    dm_cls: type[M], many: Literal[True], on: Callable[[Any, M], Any] | None = None
) -> Reference[Mapping[str, M]]: ...
@overload
def reference(
    dm_cls: type[M], many: Literal[False] = False, on: Callable[[Any, M], Any] | None = None
) -> Reference[M]: ...
@overload
def reference(
    dm_cls: str | None = None, many: bool = False, on: Callable[[Any, Any], Any] | None = None
) -> Reference[Any]: ...
def reference(dm_cls: Any = None, many: bool = False, on: Any = None) -> Any:
    """Declare what a store holds under a name.

    `dm_cls` is a domain model or its name. With `many` it reads as a mapping. `on(store, item)` is a
    predicate with at least one equality or `in` between the two; without it the join follows from the
    models' relations.
    """
    return Reference(dm_cls, many, on)


class Store:
    """A view's entities by name; an engine fills it as it is read, or `add_snapshot` and `refresh` do."""

    references: ClassVar[Mapping[str, Reference[Any]]] = types.MappingProxyType({})

    def __init__(self, resolve: Callable[[Store, str], Any] | None = None) -> None:
        """Make an empty store; `resolve` finds the value of a reference when it is first read."""
        self._resolve = resolve
        self._values: dict[str, Any] = {}
        self._snapshots: list[tuple[str, str | None, type[domain_model.DomainModel], client.DocumentSnapshot]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """List the references, inherited ones first, in the order of their declaration."""
        super().__init_subclass__(**kwargs)
        found: dict[str, Reference[Any]] = {}
        for base in reversed(cls.__mro__):
            found.update({name: one for name, one in vars(base).items() if isinstance(one, Reference)})
        cls.references = types.MappingProxyType(found)

    def read(self, name: str) -> Any:
        """Return the value of a reference; AttributeError before it is there."""
        if name not in self._values:
            if self._resolve is None:
                raise AttributeError(f"{type(self).__name__}.{name} is not loaded: add_snapshot, then refresh")
            self._values[name] = self._resolve(self, name)
        return self._values[name]

    def add_snapshot(
        self,
        name: str,
        dm_cls: type[domain_model.DomainModel],
        snapshot: client.DocumentSnapshot,
        key: str | None = None,
    ) -> None:
        """Give a document for a reference; to many, under `key`, which is its id if not given.

        Raises AttributeError where the store has no reference of that name.
        """
        if name not in self.references:
            raise AttributeError(f"{type(self).__name__} has no reference `{name}`")
        self._snapshots.append((name, key, dm_cls, snapshot))

    def refresh(self) -> None:
        """Turn the documents given so far into entities of the classes that their `obj_type` names."""
        many: dict[str, dict[str, Any]] = {}
        for name, key, dm_cls, snapshot in self._snapshots:
            document = snapshot.to_dict()
            entity = None if document is None else dm_cls.from_dict(document, doc_id=snapshot.id)
            if not self.references[name].many:
                self._values[name] = entity
            elif entity is not None:
                many.setdefault(name, {})[snapshot.id if key is None else key] = entity
        for name, one in self.references.items():
            if one.many and (name in many or name not in self._values):
                self._values[name] = ordered(many.get(name, {}))

    @classmethod
    def from_objects(cls, **objects: Any) -> Self:
        """Return a store of these entities, by the names of its references; a mapping where it is to many.

        Raises AttributeError where the store has no reference of a name.
        """
        made = cls()
        for name, value in objects.items():
            if name not in cls.references:
                raise AttributeError(f"{cls.__name__} has no reference `{name}`")
            made._values[name] = ordered(value) if cls.references[name].many else value
        return made

    @classmethod
    def from_struct(cls, struct: Mapping[str, Any]) -> Self:
        """Return a store of stored entities: `{"meeting": (Meeting, id), "users": {key: (User, id)}}`."""
        found: dict[str, Any] = {}
        for name, value in struct.items():
            if isinstance(value, Mapping):
                entities = {key: dm_cls.get(doc_id) for key, (dm_cls, doc_id) in value.items()}
                found[name] = {key: one for key, one in entities.items() if one is not None}
            else:
                found[name] = value[0].get(value[1])
        return cls.from_objects(**found)

    def loaded(self) -> list[domain_model.DomainModel]:
        """Return every entity read so far, each once, in the order of the references."""
        found: dict[int, domain_model.DomainModel] = {}
        for name in self.references:
            value = self._values.get(name)
            entities = value.values() if isinstance(value, Mapping) else [value]
            found.update({id(one): one for one in entities if one is not None})
        return list(found.values())

    def propagate_back(self) -> None:
        """Save every entity read so far."""
        for one in self.loaded():
            one.save()


def ordered(entities: Mapping[str, T]) -> Mapping[str, T]:
    """Return a read-only mapping in ascending key order."""
    return types.MappingProxyType(dict(sorted(entities.items(), key=lambda entry: entry[0])))
