"""Random stored documents of an app's models, and histories of their changes: what views are verified with.

    writer = Writer(app.load("examples.shop"))
    writer.change(random)   →  Change("orders", "b", before=…, after={"doc_id": "b", "shop": "nobody", …})

Everything is drawn from one `random.Random`, which a seed gives or hypothesis does. Documents miss attributes or
hold None; texts are empty or beyond ASCII; relations dangle, repeat, point at what comes later or was deleted. All
collections share a few ids, and values come from small pools, so that things meet and keys occur twice.
"""

from __future__ import annotations

import ast
import datetime
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, assert_never

from onto import app, domain_model, wire
from onto.mapper import shape

IDS = ("a", "b", "c", "d", "é😀")
DANGLING = "nobody"

Document = dict[str, Any]
Stored = dict[str, dict[str, Document]]  # collection → doc_id → document


@dataclass(frozen=True, slots=True)
class Values:
    """The values of each type that documents hold, in stored form; moments as they are without their `Z`."""

    texts: Sequence[str] = ("", "a", "b", "Zoë", "😀 x", "ﬀ", " y ", "12", "x-y,z")
    ints: Sequence[int] = (0, 1, 2, 3, 7, -1, -4, 40, 2**33)
    floats: Sequence[float] = (0.0, 0.5, 1.5, -2.25, 3.0, 1e3)
    digits: Sequence[str] = ("0", "1", "0.1", "2.5", "-3.75", "10", "99.99", "0.01")
    moments: Sequence[str] = (
        "2026-03-01T09:30:00", "2026-03-01T09:30:00.000001", "2025-12-31T23:59:59", "1969-12-31T23:59:59.5",
    )  # fmt: skip
    days: Sequence[str] = ("2026-03-01", "2024-02-29", "1969-12-31")
    blobs: Sequence[str] = ("AAEC", "")


USUAL = Values()


@dataclass
class Writer:
    """Writes random changes of an app's collections, and knows what is stored."""

    app: app.App
    ids: Sequence[str] = IDS
    values: Values = USUAL
    kept: float = 0.85  # how often a change writes instead of deleting
    filled: float = 0.85  # how often an attribute is there
    collections: frozenset[str] | None = None  # those that change; None for all
    stored: Stored = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the models' shapes, and the words that the app's getters compare with."""
        self.words = (*self.values.texts, *sorted(words(self.app)))
        self.models: dict[str, list[type[domain_model.DomainModel]]] = {}
        for model in self.app.models:
            if self.collections is None or model.collection_name() in self.collections:
                self.models.setdefault(model.collection_name(), []).append(model)

    def changes(self, random: Random, number: int) -> list[wire.Change]:
        """Return a history."""
        return [self.change(random) for _ in range(number)]

    def change(self, random: Random) -> wire.Change:
        """Create, replace, edit or delete one document."""
        collection = random.choice(sorted(self.models))
        held = self.stored.setdefault(collection, {})
        doc_id = random.choice(self.ids)
        before = held.pop(doc_id, None)
        if before is not None and random.random() > self.kept:
            return wire.Change(collection, doc_id, before, None)
        after = self._edited(random, collection, before) if before and random.random() < 0.6 else None
        held[doc_id] = after or self.document(random, collection, doc_id)
        return wire.Change(collection, doc_id, before, held[doc_id])

    def document(self, random: Random, collection: str, doc_id: str) -> Document:
        """Return a whole new document."""
        model = random.choice(self.models[collection])
        found: Document = {"doc_id": doc_id, "obj_type": model.__name__, "doc_ref": f"{collection}/{doc_id}"}
        for key, kind in stored(model):
            if random.random() < self.filled:
                found[key] = self.value(random, kind)
            elif random.random() < 0.5:
                found[key] = None
        return found

    def _edited(self, random: Random, collection: str, before: Document) -> Document | None:
        model = next(one for one in self.models[collection] if one.__name__ == before["obj_type"])
        fields = list(stored(model))
        if not fields:
            return None
        key, kind = random.choice(fields)
        return {**before, key: self.value(random, kind) if random.random() < self.filled else None}

    def value(self, random: Random, kind: shape.Shape) -> Any:
        """Return a stored value of a shape."""
        match kind:
            case shape.RelationTo():
                return random.choice((*self.ids, *self.ids, DANGLING))
            case shape.Plain(of):
                return self._plain(random, of)
            case shape.Number(_, scale):
                return str(random.choice([one for one in self.values.digits if len(one.partition(".")[2]) <= scale]))
            case shape.Moment(local):
                return random.choice(self.values.moments) + ("" if local else "Z")
            case shape.Choice(of):
                return random.choice(list(of)).value
            case shape.ListOf(item):
                return [self.value(random, item) for _ in range(random.choice((0, 1, 2, 3, 4)))]
            case shape.SetOf(item):
                return sorted({self.value(random, item) for _ in range(random.choice((0, 1, 2, 3)))})
            case shape.DictOf(item):
                keys = random.sample(sorted({*self.ids, "x", "Zoë"}), random.choice((0, 1, 2, 3)))
                return {key: self.value(random, item) for key in keys}
            case shape.Embedded(_, fields):
                return {
                    name: self.value(random, one) if random.random() < self.filled else None for name, one in fields
                }
            case shape.Raw():
                return random.choice(self.words)
            case _:
                assert_never(kind)

    def _plain(self, random: Random, of: type) -> Any:
        if of is str:
            return random.choice((*self.words, *self.ids))
        if of is bool:
            return random.random() < 0.5
        pools: dict[type, Sequence[Any]] = {
            int: self.values.ints,
            float: self.values.floats,
            datetime.date: self.values.days,
            datetime.timedelta: self.values.ints,
        }
        return random.choice(pools.get(of, self.values.blobs))


def stored(model: type[domain_model.DomainModel]) -> Iterator[tuple[str, shape.Shape]]:
    """Yield the stored keys of a model with the shapes of their values."""
    for name, one in model._attributes.items():
        if not one.computed:
            yield model.json_name(name), one.value_shape()


def words(found: app.App) -> set[str]:
    """Return the short texts in the app's sources: a getter compares with `"open"`, so documents must hold it."""
    compared: set[str] = set()
    for module in {one.__module__ for one in (*found.models, *found.views)}:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
        for one in ast.walk(tree):
            if isinstance(one, ast.Compare):
                parts = [one.left, *one.comparators]
                compared |= {
                    each.value
                    for part in parts
                    for each in ast.walk(part)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    return compared
