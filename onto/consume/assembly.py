"""Rows of a view's tables, kept by key, and the documents that change when they do.

    assembly.apply("sessions", b'{"doc_id": "m1"}', b'{"in_session": true}')
    assembly.drain()   →  [Event(op="insert", key=("m1",), document={"inSession": True, "attending": []}, …)]

Rows of child tables may come before their parent's: a document exists from its root row's arrival until that
row's tombstone. The cost of a change is that of its own document, however many others there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from onto import bundle, errors, rows


@dataclass(frozen=True, slots=True)
class Event:
    """A document came, changed or went; `document` is None for a deletion, `before` for an insertion."""

    op: Literal["insert", "update", "delete"]
    key: rows.Key
    document: Mapping[str, Any] | None
    before: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One table's rows by the key of their parent row, then by their own key."""

    table: bundle.ViewTable
    parent: str | None
    positions: tuple[int, ...]  # where the parent's key columns stand in this table's key
    rows: dict[rows.Key, dict[rows.Key, rows.Row]]


class Assembly:
    """The documents of one view, put together from the records of its topics."""

    def __init__(self, view: bundle.View) -> None:
        """Begin with no rows."""
        self.view = view
        self._shelves = {shelf.table.name: shelf for shelf in _shelves(view)}
        self._documents: dict[rows.Key, Mapping[str, Any]] = {}
        self._touched: dict[rows.Key, None] = {}  # root keys in order of their first change

    @property
    def tables(self) -> tuple[bundle.ViewTable, ...]:
        """Return the tables that the document is made of, the root's first."""
        return tuple(shelf.table for shelf in self._shelves.values())

    def apply(self, table: str, key: bytes | None, value: bytes | None) -> None:
        """Take in one record of `table`; RecordError, with nothing changed, when it cannot be decoded."""
        shelf = self._shelves[table]
        if key is None:
            raise errors.RecordError(f"{shelf.table.topic}: a record without a key cannot be a row")
        own = rows.decode_key(shelf.table, key)
        above = tuple(own[position] for position in shelf.positions)
        if value:
            shelf.rows.setdefault(above, {})[own] = rows.decode(shelf.table, key, value)
        else:
            siblings = shelf.rows.get(above, {})
            siblings.pop(own, None)
            if not siblings:
                shelf.rows.pop(above, None)
        self._touched[self._root_key(shelf, own)] = None

    def drain(self) -> list[Event]:
        """Return an event for each document that differs from what was last returned, in order of change."""
        touched, self._touched = self._touched, {}
        return [event for key in touched if (event := self._event(key)) is not None]

    def documents(self) -> dict[rows.Key, Mapping[str, Any]]:
        """Return the documents as of the last `drain`."""
        return dict(self._documents)

    def _event(self, key: rows.Key) -> Event | None:
        root = self._shelves[self.view.tables[0].name]
        row = root.rows.get((), {}).get(key)
        before = self._documents.get(key)
        if row is None:
            if before is None:
                return None
            del self._documents[key]
            return Event("delete", key, None, before)
        document = rows.nest(self.view, row, self._children)
        if document == before:
            return None
        self._documents[key] = document
        return Event("insert" if before is None else "update", key, document, before)

    def _children(self, table: str, parent_key: rows.Key) -> Iterable[rows.Row]:
        return self._shelves[table].rows.get(parent_key, {}).values()

    def _root_key(self, shelf: _Shelf, key: rows.Key) -> rows.Key:
        while shelf.parent is not None:
            key = tuple(key[position] for position in shelf.positions)
            shelf = self._shelves[shelf.parent]
        return key


def _shelves(view: bundle.View) -> Iterator[_Shelf]:
    yield _Shelf(view.tables[0], None, (), {})
    for item in _tables_of(field.value for field in view.document.fields):
        table = view.table(item.table)
        positions = tuple(table.key.index(column) for column in item.parent_key)
        yield _Shelf(table, table.parent, positions, {})


def _tables_of(items: Iterable[bundle.Item]) -> Iterator[bundle.ListOf | bundle.SetOf | bundle.MapOf]:
    for item in items:
        match item:
            case bundle.Record():
                yield from _tables_of(field.value for field in item.fields)
            case bundle.SetOf():
                yield item
            case bundle.ListOf() | bundle.MapOf():
                yield item
                yield from _tables_of((item.item,))
