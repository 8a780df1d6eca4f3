"""The embedded datastore and its client: transactions, listeners, groups, copies."""

from __future__ import annotations

import pytest

from onto.database.client import Client
from onto.database.memory import Memory
from onto.database.protocol import Change


def test_changes_are_told_once_per_transaction_with_what_was_before() -> None:
    told: list[tuple[Change, ...]] = []
    database = Memory()
    database.set("a/1", {"x": 1})
    stop = database.listen(told.append)
    with database.transaction():
        database.set("a/1", {"x": 2})
        with database.transaction():
            database.set("a/2", {})
        database.delete("a/3")
        assert (database.get("a/1"), told) == ({"x": 2}, [])
    database.set("a/1", {"x": 2})
    database.delete("a/1")
    stop()
    database.delete("a/2")
    assert told == [
        (Change("a/1", {"x": 1}, {"x": 2}), Change("a/2", None, {})),
        (Change("a/1", {"x": 2}, None),),
    ]


def test_a_transaction_that_raises_writes_nothing() -> None:
    database = Memory()

    def failing() -> None:
        with database.transaction():
            database.set("a/1", {})
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert database.get("a/1") is None
    database.set("a/2", {})
    assert database.collection("a") == [("a/2", {})]


def test_what_a_listener_writes_is_told_after_what_it_was_told() -> None:
    database = Memory()
    told: list[str] = []

    def copy(changes: tuple[Change, ...]) -> None:
        for one in changes:
            if one.collection == "a":
                database.set(f"b/{one.doc_id}", {})

    database.listen(copy)
    database.listen(lambda changes: told.extend(one.path for one in changes))
    with database.transaction():
        database.set("a/1", {})
        database.set("a/2", {})
    assert told == ["a/1", "a/2", "b/1", "b/2"]


def test_a_failing_listener_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    database = Memory()
    told: list[str] = []
    database.listen(lambda _: 1 / 0)
    database.listen(lambda changes: told.extend(one.path for one in changes))
    database.set("a/1", {})
    assert told == ["a/1"]
    assert "a listener failed on ['a/1']" in caplog.text


def test_documents_are_the_datastores_own() -> None:
    database = Memory()
    given = {"tags": ["a"]}
    database.set("a/1", given)
    given["tags"].append("b")
    read = database.get("a/1")
    assert read == {"tags": ["a"]}
    read["tags"].append("c")  # type: ignore[index]  # it is there
    assert database.collection("a") == [("a/1", {"tags": ["a"]})]


@pytest.mark.parametrize("path", ["a", "a/1/b", "", "a//b", "a/"])
def test_a_path_that_is_no_documents_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a document"):
        Memory().set(path, {})


def test_the_client_speaks_of_references_snapshots_and_groups() -> None:
    client = Client(Memory())
    form = client.document("users/u1").collection("forms").document("LA")
    form.set({"n": 1})
    client.collection("forms").document("top").set({"n": 2})
    client.document("users/u2/forms/SF").set({"n": 3})
    missing = client.document("users/u9/forms/x").get()
    assert (str(form), form.id, form.path, form == "users/u1/forms/LA") == (
        "users/u1/forms/LA",
        "LA",
        "users/u1/forms/LA",
        True,
    )
    assert (missing.exists, missing.to_dict(), missing.id) == (False, None, "x")
    assert [(one.reference, one.to_dict()) for one in client.collection_group("forms").stream()] == [
        ("forms/top", {"n": 2}),
        ("users/u1/forms/LA", {"n": 1}),
        ("users/u2/forms/SF", {"n": 3}),
    ]
    assert [one.id for one in client.collection("users/u1/forms").stream()] == ["LA"]
    form.delete()
    assert not form.get().exists
