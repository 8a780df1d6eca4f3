"""1NF rows of a view's tables ⇄ the view's document.

    {"doc_id": "m1", "in_session": True}  and  {"doc_id": "m1", "user_id": "u1", "name": "Ann"}
    →  {"inSession": True, "attending": [{"name": "Ann"}]}

`bundle.Document` says how. Only rows come in here; who keeps them and who reads topics is `consume`'s matter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, assert_never

from onto import bundle, columns, errors, tagged

Row = Mapping[str, Any]  # column name → decoded value
Key = tuple[Any, ...]  # the key columns' values, in the table's order
Children = Callable[[str, Key], Iterable[Row]]  # child table, key of the parent's row → the child's rows


def nest(view: bundle.View, row: Row, children: Children) -> dict[str, Any]:
    """Put the document of root `row` together from it and its `children`."""
    return _record(view, view.document.fields, view.tables[0], row, children)


def decode(table: bundle.ViewTable, key: bytes, value: bytes) -> dict[str, Any]:
    """Decode a record of `table`; key columns come from the key, RecordError names table and key."""
    try:
        given = {**_parse(value), **_parse(key)}
        return {name: columns.decoder(kind)(given.get(name)) for name, kind in table.columns}
    except (ValueError, TypeError, ArithmeticError) as error:
        raise errors.RecordError(f"{table.topic}: key {_text(key)}: {error}") from error


def decode_key(table: bundle.ViewTable, key: bytes) -> Key:
    """Decode a record's key; RecordError names table and key."""
    try:
        given = _parse(key)
        types = dict(table.columns)
        return tuple(columns.decoder(types[name])(given.get(name)) for name in table.key)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise errors.RecordError(f"{table.topic}: key {_text(key)}: {error}") from error


def key_of(table: bundle.ViewTable, row: Row) -> Key:
    """Return the key of `row`, hashable and in the table's order."""
    return tuple(row[name] for name in table.key)


def to_json(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document's JSON form, equal for equal documents whichever engine computed them."""
    return {name: columns.to_json(value) for name, value in document.items()}


def _record(
    view: bundle.View,
    fields: tuple[bundle.Field, ...],
    table: bundle.ViewTable,
    row: Row,
    children: Children,
) -> dict[str, Any]:
    return {field.json_name: _value(view, field.value, table, row, children) for field in fields}


def _value(view: bundle.View, item: bundle.Item, table: bundle.ViewTable, row: Row, children: Children) -> Any:
    if item.null_when is not None and row[item.null_when]:
        return None
    match item:
        case bundle.Scalar():
            return row[item.column]
        case bundle.Json():
            return None if row[item.column] is None else tagged.loads(row[item.column])
        case bundle.Record():
            return _record(view, item.fields, table, row, children)
        case bundle.ListOf():
            child, rows = _child_rows(view, item, table, row, children)
            return [_value(view, item.item, child, each, children) for each in rows]
        case bundle.SetOf():
            return {each[item.column] for each in children(item.table, key_of(table, row))}
        case bundle.MapOf():
            child, rows = _child_rows(view, item, table, row, children)
            return {each[item.map_key]: _value(view, item.item, child, each, children) for each in rows}
    assert_never(item)


def _child_rows(
    view: bundle.View,
    item: bundle.ListOf | bundle.MapOf,
    table: bundle.ViewTable,
    row: Row,
    children: Children,
) -> tuple[bundle.ViewTable, list[Row]]:
    child = view.table(item.table)
    order = item.order or (((item.map_key, "asc"),) if isinstance(item, bundle.MapOf) else ())
    rows = list(children(child.name, key_of(table, row)))
    # Least significant column first, since sorts are stable; the key settles ties alike for every reader.
    for name, direction in reversed((*order, *((name, "asc") for name in child.key))):
        rows.sort(key=lambda each: _nulls_first(each[name]), reverse=direction == "desc")
    return child, rows


def _nulls_first(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)


def _parse(text: bytes) -> dict[str, Any]:
    # Decimal keeps the digits of DECIMAL columns; a DOUBLE's decoder makes a float of it.
    parsed = json.loads(text, parse_float=Decimal)
    if not isinstance(parsed, dict):
        raise ValueError(f"expected a JSON object, found {type(parsed).__name__}")
    return parsed


def _text(key: bytes) -> str:
    return key.decode("utf-8", errors="replace")
