"""Relations as methods see them: live collections of entities over the ids that are stored.

    meeting.users            →  [User("ann", …), User("bob", …)]     stored: ["ann", "bob"]
    meeting.users.append(u)  →                                       stored: ["ann", "bob", "cid"]

They are lists and dicts in all that methods do with them. What does not exist reads as None, as `get` has it. Entities
and their ids are taken alike, since an entity equals its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, MutableSequence, MutableSet
from typing import Any

# Entities are Any here: models lie above this module.
Find = Callable[[list[str]], list[Any]]  # ids to entities, all of them at once


def id_of(entity: Any) -> Any:
    """Return the id of an entity, or what was given in its place."""
    return getattr(entity, "doc_id", entity)


def stored(value: Any) -> Any:
    """Return ids where entities were given: alone, or in a list, tuple, set or dict."""
    if isinstance(value, RelatedList | RelatedSet | RelatedDict):
        return value._ids.copy()
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(stored(item) for item in value)
    if isinstance(value, Mapping):
        return {key: stored(item) for key, item in value.items()}
    return id_of(value)


class RelatedList(MutableSequence[Any]):
    """A list of entities."""

    def __init__(self, ids: list[str], find: Find) -> None:
        """Stand for a list of ids, which changes with it."""
        self._ids = ids
        self._find = find

    def __getitem__(self, index: Any) -> Any:
        """Return an entity, or for a slice a list of them."""
        found = self._ids[index]
        return self._find(found) if isinstance(index, slice) else self._find([found])[0]

    def __setitem__(self, index: Any, value: Any) -> None:
        """Put an entity, or several, in a place."""
        self._ids[index] = [id_of(one) for one in value] if isinstance(index, slice) else id_of(value)

    def __delitem__(self, index: Any) -> None:
        """Take the entity out of the list."""
        del self._ids[index]

    def __len__(self) -> int:
        """Count the ids."""
        return len(self._ids)

    def __iter__(self) -> Iterator[Any]:
        """Yield the entities; they are all fetched at once."""
        return iter(self._find(list(self._ids)))

    def __contains__(self, value: object) -> bool:
        """Compare ids, without fetching anything."""
        return id_of(value) in self._ids

    def insert(self, index: int, value: Any) -> None:
        """Put an entity before a place."""
        self._ids.insert(index, id_of(value))

    def index(self, value: Any, *bounds: Any) -> int:
        """Return where an entity stands, without fetching anything."""
        return self._ids.index(id_of(value), *bounds)

    def count(self, value: Any) -> int:
        """Count an entity, without fetching anything."""
        return self._ids.count(id_of(value))

    def remove(self, value: Any) -> None:
        """Take the first such entity out, without fetching anything."""
        self._ids.remove(id_of(value))

    def copy(self) -> list[Any]:
        """Return a plain list of the entities."""
        return list(self)

    def __add__(self, other: Iterable[Any]) -> list[Any]:
        """Return a plain list of these entities and others."""
        return [*self, *other]

    def __eq__(self, other: object) -> bool:
        """Compare ids with another list's ids or entities."""
        return isinstance(other, list | RelatedList) and self._ids == [id_of(one) for one in _ids(other)]

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        """Show the ids."""
        return repr(self._ids)


class RelatedSet(MutableSet[Any]):
    """A set of entities."""

    def __init__(self, ids: set[str], find: Find) -> None:
        """Stand for a set of ids, which changes with it."""
        self._ids = ids
        self._find = find

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        return set(it)

    def __contains__(self, value: object) -> bool:
        """Compare ids, without fetching anything."""
        return id_of(value) in self._ids

    def __iter__(self) -> Iterator[Any]:
        """Yield the entities by id; they are all fetched at once."""
        return iter(self._find(sorted(self._ids)))

    def __len__(self) -> int:
        """Count the ids."""
        return len(self._ids)

    def add(self, value: Any) -> None:
        """Put an entity in."""
        self._ids.add(id_of(value))

    def discard(self, value: Any) -> None:
        """Take an entity out, if it is there."""
        self._ids.discard(id_of(value))

    def __repr__(self) -> str:
        """Show the ids."""
        return repr(self._ids)


class RelatedDict(MutableMapping[str, Any]):
    """A dict whose values are entities."""

    def __init__(self, ids: dict[str, str], find: Find) -> None:
        """Stand for a dict of ids, which changes with it."""
        self._ids = ids
        self._find = find

    def __getitem__(self, key: str) -> Any:
        """Return the entity under a key."""
        return self._find([self._ids[key]])[0]

    def __setitem__(self, key: str, value: Any) -> None:
        """Put an entity under a key."""
        self._ids[key] = id_of(value)

    def __delitem__(self, key: str) -> None:
        """Take a key out."""
        del self._ids[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self._ids)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._ids)

    def __contains__(self, key: object) -> bool:
        """Look for a key, without fetching anything."""
        return key in self._ids

    def values(self) -> Any:
        """Return the entities; they are all fetched at once."""
        return self._find(list(self._ids.values()))

    def items(self) -> Any:
        """Return keys with entities; they are all fetched at once."""
        return list(zip(self._ids, self.values(), strict=True))

    def __repr__(self) -> str:
        """Show the ids."""
        return repr(self._ids)


def _ids(value: Any) -> Any:
    return value._ids if isinstance(value, RelatedList) else value
