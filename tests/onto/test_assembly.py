"""Records of a view's topics put together to documents, in whatever order they come."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onto import bundle, consume, errors


def table(name: str, parent: str | None, key: tuple[str, ...], *columns: str) -> bundle.ViewTable:
    """Build a table of texts without SQL."""
    typed = tuple((column, "STRING") for column in (*key, *columns))
    return bundle.ViewTable(name, name, parent, typed, key, "", "")


TAGS = bundle.MapOf("t__items__tags", ("doc_id", "item"), "tag", bundle.Scalar("value"))
ITEM = bundle.Record((bundle.Field("name", "name", bundle.Scalar("name")), bundle.Field("tags", "tags", TAGS)))
VIEW = bundle.View(
    view_model="T",
    collection="t",
    root="roots",
    tables=(
        table("t", None, ("doc_id",), "title"),
        table("t__items", "t", ("doc_id", "item"), "name"),
        table("t__items__tags", "t__items", ("doc_id", "item", "tag"), "value"),
    ),
    document=bundle.Document(
        ("doc_id",),
        (
            bundle.Field("title", "title", bundle.Scalar("title")),
            bundle.Field("items", "items", bundle.ListOf("t__items", ("doc_id",), (("item", "asc"),), ITEM)),
        ),
    ),
    fields={},
)
Record = tuple[str, dict[str, str], dict[str, str] | None]
ROOT: Record = ("t", {"doc_id": "a"}, {"title": "A"})
CHILD: Record = ("t__items", {"doc_id": "a", "item": "i"}, {"name": "I"})
GRANDCHILD: Record = ("t__items__tags", {"doc_id": "a", "item": "i", "tag": "x"}, {"value": "1"})
WHOLE = {"title": "A", "items": [{"name": "I", "tags": {"x": "1"}}]}


def apply(assembly: consume.Assembly, *records: Record) -> list[consume.Event]:
    """Apply records and return what happened."""
    for name, key, value in records:
        text = None if value is None else json.dumps(value).encode()
        assembly.apply(name, json.dumps(key).encode(), text)
    return assembly.drain()


def gone(record: Record) -> Record:
    """Return the tombstone of a record's row."""
    return (record[0], record[1], None)


def test_rows_of_one_drain_are_one_event() -> None:
    events = apply(consume.Assembly(VIEW), GRANDCHILD, CHILD, ROOT)
    assert events == [consume.Event("insert", ("a",), WHOLE, None)]


def test_child_rows_that_come_before_their_parent_wait_for_it() -> None:
    assembly = consume.Assembly(VIEW)
    assert apply(assembly, GRANDCHILD) == []
    assert apply(assembly, CHILD) == []
    assert apply(assembly, ROOT) == [consume.Event("insert", ("a",), WHOLE, None)]


def test_a_change_of_a_nested_row_updates_the_document_with_what_was_before() -> None:
    assembly = consume.Assembly(VIEW)
    apply(assembly, ROOT, CHILD, GRANDCHILD)
    without = {"title": "A", "items": [{"name": "I", "tags": {}}]}
    assert apply(assembly, gone(GRANDCHILD)) == [consume.Event("update", ("a",), without, WHOLE)]


def test_the_tombstone_of_the_root_deletes_the_document_though_children_remain() -> None:
    assembly = consume.Assembly(VIEW)
    apply(assembly, ROOT, CHILD, GRANDCHILD)
    assert apply(assembly, gone(ROOT)) == [consume.Event("delete", ("a",), None, WHOLE)]
    assert apply(assembly, gone(CHILD)) == []
    assert assembly.documents() == {}


def test_a_row_that_says_the_same_again_is_no_event() -> None:
    assembly = consume.Assembly(VIEW)
    apply(assembly, ROOT, CHILD, GRANDCHILD)
    assert apply(assembly, ROOT, CHILD, gone(GRANDCHILD), GRANDCHILD) == []


def test_an_empty_value_is_a_tombstone() -> None:
    assembly = consume.Assembly(VIEW)
    apply(assembly, ROOT)
    assembly.apply("t", b'{"doc_id": "a"}', b"")
    assert [event.op for event in assembly.drain()] == ["delete"]


@pytest.mark.parametrize(("key", "value"), [(None, b"{}"), (b"{", b"{}"), (b"[]", None), (b"{}", b"{")])
def test_a_record_that_cannot_be_decoded_changes_nothing(key: bytes | None, value: bytes | None) -> None:
    assembly = consume.Assembly(VIEW)
    with pytest.raises(errors.RecordError, match=r"^t: "):
        assembly.apply("t", key, value)
    assert assembly.drain() == []


LETTERS = st.sampled_from("abc")
RECORDS = st.one_of(
    st.tuples(st.just("t"), st.fixed_dictionaries({"doc_id": LETTERS})),
    st.tuples(st.just("t__items"), st.fixed_dictionaries({"doc_id": LETTERS, "item": LETTERS})),
    st.tuples(
        st.just("t__items__tags"),
        st.fixed_dictionaries({"doc_id": LETTERS, "item": LETTERS, "tag": LETTERS}),
    ),
)
VALUES = st.none() | st.fixed_dictionaries({"title": LETTERS, "name": LETTERS, "value": LETTERS})


@settings(max_examples=200, deadline=None)
@given(history=st.lists(st.tuples(RECORDS, VALUES)), seed=st.integers(0, 99))
def test_any_history_ends_in_the_documents_of_its_last_rows(
    history: list[tuple[tuple[str, dict[str, str]], dict[str, str] | None]], seed: int
) -> None:
    followed: dict[tuple[str, ...], object] = {}
    stepwise = consume.Assembly(VIEW)
    for (name, key), value in history:
        for event in apply(stepwise, (name, key, value)):
            assert followed.get(event.key) == event.before
            followed.pop(event.key, None)
            if event.document is not None:
                followed[event.key] = event.document
    last = {(name, *sorted(key.items())): (name, key, value) for (name, key), value in history}
    shuffled = list(last.values())
    random.Random(seed).shuffle(shuffled)
    at_once = consume.Assembly(VIEW)
    apply(at_once, *shuffled)
    assert followed == at_once.documents() == stepwise.documents()
