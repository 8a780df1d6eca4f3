"""The engine's entities: by id, by join key, and who may see which class.

    entities.put("tickets", "t1", {"attendance": True, "meeting": "m1"})
    →  the tokens of all lookups that may now answer otherwise: t1 itself, tickets of meeting m1

A token stands for one lookup: an id in a collection, or a value of a join key. Entities are read-only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from onto import domain_model, joins, predicate, store
from onto.database import protocol

Token = tuple[str, "Index | None", Any]
Entity = domain_model.DomainModel


@dataclass(frozen=True, slots=True)
class Index:
    """What a join looks entities up by: a relation's attribute, or the item's sides of all its keys."""

    by: str | tuple[predicate.Key, ...]

    def of_item(self, entity: Entity) -> list[Any]:
        """Return the values under which an entity is found."""
        if isinstance(self.by, str):
            value = getattr(entity, self.by)
            return [] if value is None else [value]
        return list(itertools.product(*(key.of_item(entity) for key in self.by)))

    def of_store(self, of: store.Store) -> list[Any]:
        """Return the values that a store looks up, for keys."""
        return list(itertools.product(*(key.of_store(of) for key in self.by if not isinstance(key, str))))


@dataclass(slots=True)
class _Collection:
    """The entities of one collection, as each model that is referred to sees them."""

    models: list[joins.Model] = field(default_factory=list)
    indexes: dict[joins.Model, dict[Index, dict[Any, dict[str, None]]]] = field(default_factory=dict)
    seen: dict[joins.Model, dict[str, Entity]] = field(default_factory=dict)


class Entities:
    """All entities that some view may read."""

    def __init__(self) -> None:
        """Begin without any; `watch` says what is to be kept."""
        self._collections: dict[str, _Collection] = {}

    @property
    def collections(self) -> list[str]:
        """Return the names of the collections that are read."""
        return list(self._collections)

    def watch(self, join: joins.Join) -> None:
        """Keep what a join needs; before the first `put`."""
        kept = self._collections.setdefault(join.model.collection_name(), _Collection())
        if join.model not in kept.models:
            kept.models.append(join.model)
            kept.indexes[join.model] = {}
            kept.seen[join.model] = {}
        for index in indexes_of(join):
            kept.indexes[join.model].setdefault(index, {})

    def check(self, collection: str, doc_id: str, document: protocol.Document) -> None:
        """Raise MappingError when a document does not fit a model that reads its collection."""
        kept = self._collections.get(collection)
        for model in () if kept is None else kept.models:
            model.from_stored(document, doc_id)

    def put(self, collection: str, doc_id: str, document: protocol.Document | None) -> set[Token]:
        """Take in a document, or its deletion; return the tokens of the lookups that it touches."""
        kept = self._collections.get(collection)
        if kept is None:
            return set()
        after = {
            model: None if document is None else model.from_stored(document, doc_id, read_only=True)
            for model in kept.models
        }
        tokens: set[Token] = {(collection, None, doc_id)}
        for model, entity in after.items():
            before = kept.seen[model].pop(doc_id, None)
            if entity is not None:
                kept.seen[model][doc_id] = entity
            for index, found in kept.indexes[model].items():
                tokens.update(_reindex(collection, index, found, doc_id, before, entity))
        return tokens

    def by_id(self, model: joins.Model, doc_id: str) -> Entity | None:
        """Return an entity, None where the model sees none."""
        return self._collections[model.collection_name()].seen[model].get(doc_id)

    def by_key(self, model: joins.Model, index: Index, value: Any) -> Iterable[str]:
        """Return the ids of the entities with this value."""
        return self._collections[model.collection_name()].indexes[model][index].get(value, ())


@dataclass(frozen=True, slots=True)
class Reader:
    """Looks entities up for one view and notes each lookup's token."""

    entities: Entities
    tokens: set[Token]

    def by_id(self, join: joins.Join, doc_id: str) -> Entity | None:
        """Return an entity by id."""
        self.tokens.add((join.model.collection_name(), None, doc_id))
        return self.entities.by_id(join.model, doc_id)

    def find(self, of: store.Store, join: joins.Join) -> Any:
        """Return what a reference reads as: an entity, None, or a mapping in key order."""
        match join.via:
            case joins.ThroughOne(reference, attribute):
                held = _attribute(of, reference, attribute)
                return None if held is None else self.by_id(join, held)
            case joins.ThroughList(reference, attribute):
                held = _attribute(of, reference, attribute) or []
                return self._mapping(join, ((doc_id, doc_id) for doc_id in held))
            case joins.ThroughDict(reference, attribute):
                held = _attribute(of, reference, attribute) or {}
                return self._mapping(join, held.items())
            case joins.ThroughEach(reference, attribute):
                return self._mapping(
                    join, ((doc_id, doc_id) for doc_id in _held_by_each(of.read(reference), attribute))
                )
            case joins.PointsBack(attribute, reference):
                values = [one.doc_id for one in _targets(of.read(reference))]
                return self._matches(join, self._ids(join, Index(attribute), values), lambda _: True)
            case joins.On(holds, keys):
                index = Index(keys)
                return self._matches(
                    join, self._ids(join, index, index.of_store(of)), lambda item: _holds(holds, of, item)
                )
            case joins.Root():
                raise AssertionError("a root is looked up by its own id")

    def _ids(self, join: joins.Join, index: Index, values: Iterable[Any]) -> set[str]:
        found: set[str] = set()
        for value in values:
            self.tokens.add((join.model.collection_name(), index, value))
            found.update(self.entities.by_key(join.model, index, value))
        return found

    def _mapping(self, join: joins.Join, held: Iterable[tuple[str, str | None]]) -> Any:
        found = {key: self.by_id(join, doc_id) for key, doc_id in held if doc_id is not None}
        return store.ordered({key: one for key, one in found.items() if one is not None})

    def _matches(self, join: joins.Join, ids: set[str], holds: Callable[[Entity], bool]) -> Any:
        candidates = ((doc_id, self.entities.by_id(join.model, doc_id)) for doc_id in sorted(ids))
        found = {doc_id: one for doc_id, one in candidates if one is not None and holds(one)}
        return store.ordered(found) if join.many else next(iter(found.values()), None)


def indexes_of(join: joins.Join) -> list[Index]:
    """Return what a join looks up by, other than ids."""
    match join.via:
        case joins.PointsBack(attribute):
            return [Index(attribute)]
        case joins.On(_, keys):
            return [Index(keys)]
    return []


def _reindex(
    collection: str,
    index: Index,
    found: dict[Any, dict[str, None]],
    doc_id: str,
    before: Entity | None,
    after: Entity | None,
) -> set[Token]:
    old = set() if before is None else set(index.of_item(before))
    new = set() if after is None else set(index.of_item(after))
    for value in old - new:
        del found[value][doc_id]
        if not found[value]:
            del found[value]
    for value in new - old:
        found.setdefault(value, {})[doc_id] = None
    return {(collection, index, value) for value in old | new}


def _targets(found: Any) -> Iterable[Entity]:
    """Return the entities that a reference reads as: one, none, or those of a mapping."""
    if found is None:
        return ()
    return found.values() if isinstance(found, Mapping) else (found,)


def _held_by_each(found: Mapping[str, Entity], attribute: str) -> Iterator[str]:
    """Yield the ids that the entities of a mapping hold: each its one, those of its list, or of its dict."""
    for entity in found.values():
        held = getattr(entity, attribute)
        match held:
            case None:
                continue
            case str():
                yield held
            case Mapping():
                yield from held.values()
            case _:
                yield from held


def _attribute(of: store.Store, reference: str, attribute: str) -> Any:
    target = of.read(reference)
    return None if target is None else getattr(target, attribute)


def _holds(holds: Callable[[Any, Any], Any], of: store.Store, item: Entity) -> bool:
    """Tell whether an item meets the whole predicate; one that raises joins nothing, as a None key does."""
    try:
        return bool(holds(of, item))
    except Exception:
        return False
