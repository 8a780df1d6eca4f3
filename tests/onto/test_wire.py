"""Changes of collections as records."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onto import bundle, errors, wire

ANN = {"doc_id": "u1", "firstName": "Ann ü"}


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (
            wire.Change("users", "u1", None, ANN),
            '{"op":"c","before":null,"after":{"doc_id":"u1","firstName":"Ann ü"}}',
        ),
        (
            wire.Change("users", "u1", {"doc_id": "u1"}, ANN),
            '{"op":"u","before":{"doc_id":"u1"},"after":{"doc_id":"u1","firstName":"Ann ü"}}',
        ),
        (wire.Change("users", "u1", None, None), '{"op":"d","before":{"doc_id":"u1"},"after":null}'),
    ],
)
def test_a_change_is_an_envelope_keyed_by_its_document(change: wire.Change, value: str) -> None:
    assert wire.encode(change, "dev-") == wire.Record("dev-users", b"u1", value.encode())


def test_an_upsert_is_the_document_itself_and_a_tombstone_deletes() -> None:
    upserted = wire.encode(wire.Change("users", "u1", None, {"doc_id": "u1"}), form=bundle.UPSERT)
    deleted = wire.encode(wire.Change("users", "u1", ANN, None), form=bundle.UPSERT)
    assert upserted == wire.Record("users", b"u1", b'{"doc_id":"u1"}')
    assert deleted == wire.Record("users", b"u1", None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    doc_id=st.text(),
    before=st.none() | st.dictionaries(st.text(), JSON),
    after=st.dictionaries(st.text(), JSON),
)
def test_a_change_reads_back_as_it_was_written(
    doc_id: str, before: dict[str, object] | None, after: dict[str, object]
) -> None:
    earlier = None if before is None else {**before, "doc_id": doc_id}
    change = wire.Change("users", doc_id, earlier, {**after, "doc_id": doc_id})
    value = wire.encode(change).value
    assert value is not None
    assert wire.decode("users", value) == change


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b'{"after": 1}', b'{"after": {"x": 1}}'])
def test_what_is_no_envelope_is_refused(value: bytes) -> None:
    with pytest.raises(errors.RecordError, match=r"^users: not a change in Debezium's envelope"):
        wire.decode("users", value)


def test_what_cannot_be_written_is_told_as_json_tells_it() -> None:
    circle: list[object] = []
    circle.append(circle)
    for value in ({"a": circle}, {"a": object()}, {("a",): 1}):
        with pytest.raises((TypeError, ValueError)) as expected:
            json.dumps(value)
        for write in (wire.dumps, wire.dumps_ascii):
            with pytest.raises(expected.type, match=f"^{re.escape(str(expected.value))}$"):
                write(value)
            assert write([]) == b"[]"


@pytest.mark.parametrize(
    "value", ['é\ud83d\ude00"\\\n\x00', 1.5, 10**30, True, None, {"é": [1, {"b": "\u2028"}], "": {}}]
)
def test_texts_are_those_of_json(value: object) -> None:
    assert wire.dumps_ascii(value) == json.dumps(value, separators=(",", ":")).encode()
    if not isinstance(value, str):
        assert wire.dumps(value) == json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
