"""One suite over all datastores: the protocol, and Firestore's words on top of it."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from onto.condition import Condition
from onto.database import fields, protocol
from onto.database.client import Client, FieldFilter, Transaction, transactional
from onto.database.firestore.store import Firestore
from onto.database.protocol import Change, Exists, Scope, Selection, UpdatedAt
from tests.onto import datastores


@pytest.fixture(params=datastores.ALL)
def database(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[protocol.Database]:
    opened = datastores.ALL[request.param](tmp_path)
    yield opened
    getattr(opened, "close", lambda: None)()


@pytest.fixture
def client(database: protocol.Database) -> Client:
    return Client(database)


def paths(found: Any) -> list[str]:
    return [str(getattr(one, "path", None) or one.reference) for one in found]


# ---------------------------------------------------------------- read, write, transaction


def test_a_document_is_read_as_it_was_written(database: protocol.Database) -> None:
    document = {
        "text": "é😀", "whole": 2**53 - 1, "real": 0.1, "yes": True, "none": None, "list": [1, [2], {"a": "b"}],
        "at": datetime(2026, 3, 1, 9, 30, 0, 5, tzinfo=UTC), "blob": b"\x00\xff", "$dict": {"$a": 1}, "": "empty",
    }  # fmt: skip
    database.set("a/1", document)
    assert database.get("a/1") == document
    assert [database.read("a/2"), database.get("a/2")] == [None, None]


def test_an_integer_is_exact_to_its_64th_bit(database: protocol.Database, request: pytest.FixtureRequest) -> None:
    if "firestore" in request.node.name:
        pytest.skip("the test server keeps integers as JavaScript's numbers; tests/onto/test_firestore.py has the rest")
    database.set("a/1", {"n": [2**53 + 1, -(2**63), 2**63 - 1]})
    assert database.get("a/1") == {"n": [2**53 + 1, -(2**63), 2**63 - 1]}


def test_documents_are_the_datastores_own(database: protocol.Database) -> None:
    given = {"tags": ["a"], "inner": {"x": [1]}}
    database.set("a/1", given)
    given["tags"].append("b")  # type: ignore[attr-defined]  # it is a list
    database.get("a/1")["inner"]["x"].append(2)  # type: ignore[index]  # it is there
    Client(database).document("a/1").get().to_dict()["tags"].append("c")  # type: ignore[index]  # it is there
    assert database.get("a/1") == {"tags": ["a"], "inner": {"x": [1]}}


def test_versions_grow_and_a_write_of_the_same_is_none(database: protocol.Database) -> None:
    versions = []
    for number in (1, 2, 2, 3):
        database.set("a/1", {"n": number})
        found = database.read("a/1")
        assert found is not None
        versions.append(found.version)
    assert versions[0] < versions[1] == versions[2] < versions[3]
    database.set("a/1", {"n": 3.0})
    assert database.read("a/1").version > versions[3]  # type: ignore[union-attr]  # it is there


@pytest.mark.parametrize("path", ["a", "a/1/b", "", "a//b", "a/"])
def test_a_path_that_is_no_documents_is_refused(database: protocol.Database, path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a document"):
        database.set(path, {})


@pytest.mark.parametrize("value", [object(), {1: 2}, [{"x": {3}}]])
def test_what_no_document_can_hold_is_refused_and_nothing_is_written(database: protocol.Database, value: Any) -> None:
    def both() -> None:
        with database.transaction():
            database.set("a/1", {})
            database.set("a/2", {"x": value})

    with pytest.raises(protocol.DatastoreError, match="a/2: "):
        both()
    assert database.collection("a") == []


def test_a_transaction_that_raises_writes_nothing(database: protocol.Database) -> None:
    def failing() -> None:
        with database.transaction():
            database.set("a/1", {})
            database.delete("a/0")
            raise KeyError

    database.set("a/0", {})
    with pytest.raises(KeyError):
        failing()
    database.set("a/2", {})
    assert database.collection("a") == [("a/0", {}), ("a/2", {})]


def test_writes_expect_what_they_say(database: protocol.Database) -> None:
    database.write("a/1", {"n": 1}, when=Exists(False))
    first = database.read("a/1")
    assert first is not None
    with pytest.raises(protocol.AlreadyExistsError, match="a/1: there is such a document already"):
        database.write("a/1", {}, when=Exists(False))
    with pytest.raises(protocol.NotFoundError, match="a/2: there is no such document"):
        database.write("a/2", {}, when=Exists(True))
    database.write("a/1", {"n": 2}, when=UpdatedAt(first.version))
    with pytest.raises(protocol.ConflictError, match="a/1: the document has changed since it was read"):
        database.write("a/1", {"n": 3}, when=UpdatedAt(first.version))
    database.delete("a/1")
    with pytest.raises(protocol.ConflictError, match="a/1: the document is gone since it was read"):
        database.write("a/1", {"n": 3}, when=UpdatedAt(first.version))
    assert database.collection("a") == []


def test_run_tries_again_after_a_conflict(database: protocol.Database) -> None:
    database.set("a/1", {"n": 0})
    stale = database.read("a/1")
    assert stale is not None
    database.set("a/1", {"n": 1})
    tried: list[int] = []

    def work() -> str:
        tried.append(stale.version)
        database.set("a/2", {"try": len(tried)})
        database.write("a/1", {"n": 2}, when=UpdatedAt(stale.version) if len(tried) < 3 else None)
        return "done"

    assert (protocol.run(database, work), len(tried)) == ("done", 3)
    assert [database.get("a/1"), database.get("a/2")] == [{"n": 2}, {"try": 3}]
    tried.clear()
    with pytest.raises(protocol.ConflictError):
        protocol.run(database, work, attempts=2)
    assert database.get("a/2") == {"try": 3}


def test_transactions_of_threads_lose_no_update(database: protocol.Database) -> None:
    database.set("a/1", {"n": 0})

    def add() -> None:
        for _ in range(20):
            protocol.run(database, lambda: database.set("a/1", {"n": database.get("a/1")["n"] + 1}), attempts=100)  # type: ignore[index]  # it is there

    threads = [threading.Thread(target=add) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert database.get("a/1") == {"n": 80}


# ---------------------------------------------------------------- select

CITIES: dict[str, dict[str, Any]] = {
    "a": {"n": 1, "tags": ["x"], "in": {"k": 1}},
    "b": {"n": 2.5, "tags": ["x", "y"], "in": {"k": 2}},
    "c": {"n": "2", "tags": []},
    "d": {"n": None, "tags": None},
    "e": {"n": True},
    "f": {"m": 1},
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("n", "<", 2), "a"),
        (("n", ">=", 1), "ab"),
        (("n", ">", "1"), "c"),
        (("n", "==", 1), "a"),
        (("n", "==", True), "e"),
        (("n", "==", None), "d"),
        (("n", "!=", 1), "bce"),
        (("n", "in", [1, "2", None]), "acd"),
        (("n", "not-in", [1]), "bce"),
        (("tags", "array_contains", "y"), "b"),
        (("tags", "array-contains-any", ["y", "x"]), "ab"),
        (("tags", "==", ["x"]), "a"),
        (("in", "==", {"k": 2}), "b"),
        (("in.k", ">", 0), "ab"),
        (("none", "==", None), ""),
    ],
)
def test_conditions(database: protocol.Database, condition: tuple[str, str, Any], expected: str) -> None:
    for doc_id, document in CITIES.items():
        database.set(f"City/{doc_id}", document)
    found = database.select(Selection("City", conditions=(Condition(*condition),)))
    assert [one.path for one in found] == [f"City/{one}" for one in expected]


def test_order_limit_and_groups(database: protocol.Database) -> None:
    for doc_id, document in CITIES.items():
        database.set(f"City/{doc_id}", document)
    database.set("x/1/City/g", {"n": 0})
    database.set("CityX/1", {"n": 0})

    def found(**asked: Any) -> str:
        return "".join(one.path[-1] for one in database.select(Selection("City", **asked)))

    assert found(order=(("n", "asc"),)) == "deabc"
    assert found(order=(("n", "desc"),), limit=2) == "cb"
    assert found(group=True, order=(("n", "asc"),), limit=3) == "deg"
    assert found(group=True) == "abcdefg"
    assert found(conditions=(Condition("n", ">", 0),), order=(("n", "desc"),)) == "ba"


# ---------------------------------------------------------------- listeners

AB = (Scope("collection", "a"), Scope("collection", "b"))


def test_changes_are_told_once_per_transaction_with_what_was_before(database: protocol.Database) -> None:
    told: list[tuple[Change, ...]] = []
    database.set("a/1", {"x": 1})
    stop = database.listen(told.append, *AB)
    with database.transaction():
        database.set("a/1", {"x": 2})
        with database.transaction():
            database.set("a/2", {})
        database.delete("a/3")
        assert (database.get("a/1"), told) == ({"x": 2}, [])
    database.set("a/1", {"x": 2})
    database.delete("a/1")
    stop()
    stop()
    database.delete("a/2")
    assert told == [
        (Change("a/1", {"x": 1}, {"x": 2}), Change("a/2", None, {})),
        (Change("a/1", {"x": 2}, None),),
    ]


def test_without_a_scope_everything_is_heard_or_scopes_are_asked_for(database: protocol.Database) -> None:
    told: list[str] = []
    if isinstance(database, Firestore):
        with pytest.raises(protocol.DatastoreError, match="not of a whole database: name scopes"):
            database.listen(lambda _: None)
        return
    database.set("a/1", {})
    database.listen(lambda changes: told.extend(one.path for one in changes), replay=True)
    database.set("x/1/b/2", {})
    assert told == ["a/1", "x/1/b/2"]


def test_scopes_narrow_what_is_heard(database: protocol.Database) -> None:
    told: dict[str, list[list[str]]] = {"document": [], "collection": [], "group": [], "two": []}

    def hear(name: str, *scopes: Scope) -> None:
        database.listen(lambda changes: told[name].append([one.path for one in changes]), *scopes)

    hear("document", Scope("document", "a/1"))
    hear("collection", Scope("collection", "x/1/a"))
    hear("group", Scope("group", "a"))
    hear("two", Scope("document", "a/1"), Scope("group", "a"), Scope("collection", "b"))
    with database.transaction():
        for path in ("a/1", "a/2", "x/1/a/1", "b/1", "c/1"):
            database.set(path, {})
    database.set("c/2", {})
    assert told == {
        "document": [["a/1"]],
        "collection": [["x/1/a/1"]],
        "group": [["a/1", "a/2", "x/1/a/1"]],
        "two": [["a/1", "a/2", "x/1/a/1", "b/1"]],
    }


def test_a_replay_leaves_no_gap_and_tells_nothing_twice(database: protocol.Database) -> None:
    database.set("a/1", {"n": 1})
    late: list[Change] = []

    def begin(changes: tuple[Change, ...]) -> None:
        if changes[0].path == "b/1":
            database.set("a/2", {"n": 2})  # committed, and not told yet, when the other begins
            database.listen(late.extend, Scope("collection", "a"), replay=True)
            database.set("a/3", {"n": 3})

    database.listen(begin, *AB)
    database.set("b/1", {})
    database.set("a/1", {"n": 4})
    assert late == [
        Change("a/1", None, {"n": 1}),
        Change("a/2", None, {"n": 2}),
        Change("a/3", None, {"n": 3}),
        Change("a/1", {"n": 1}, {"n": 4}),
    ]


def test_a_replay_while_others_write_ends_at_what_is_there(database: protocol.Database) -> None:
    def write() -> None:
        for number in range(150):
            database.set(f"a/{number % 7}", {"n": number})

    mirror: dict[str, Any] = {}
    thread = threading.Thread(target=write)
    thread.start()

    def follow(changes: tuple[Change, ...]) -> None:
        for one in changes:
            assert mirror.get(one.path) == one.before
            mirror[one.path] = one.after

    database.listen(follow, Scope("collection", "a"), replay=True)
    thread.join()
    assert mirror == dict(database.collection("a"))


def test_what_a_listener_writes_is_told_after_what_it_was_told(database: protocol.Database) -> None:
    told: list[str] = []

    def copy(changes: tuple[Change, ...]) -> None:
        for one in changes:
            if one.collection == "a":
                database.set(f"b/{one.doc_id}", {})

    database.listen(copy, *AB)
    database.listen(lambda changes: told.extend(one.path for one in changes), *AB)
    with database.transaction():
        database.set("a/1", {})
        database.set("a/2", {})
    assert told == ["a/1", "a/2", "b/1", "b/2"]


def test_a_failing_listener_stops_no_other(database: protocol.Database, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    database.listen(lambda _: 1 / 0, *AB, replay=True)
    database.listen(lambda changes: told.extend(one.path for one in changes), *AB)
    database.set("a/1", {})
    assert told == ["a/1"]
    assert "a listener failed on ['a/1']" in caplog.text


def test_what_listeners_have_heard_of_counts_removals(database: protocol.Database) -> None:
    told: list[Change] = []
    database.set("a/1", {})
    database.set("a/2", {})
    stop = database.listen(told.extend, Scope("collection", "a"), replay=True)
    assert database.heard >= max(one.version for one in told)
    before = database.heard
    database.delete("a/2")
    assert database.heard > before
    removed = told[-1].version
    stop()
    database.listen(told.extend, Scope("collection", "a"), replay=True)
    assert database.heard >= removed


# ---------------------------------------------------------------- Firestore's words


def test_references_snapshots_and_groups(client: Client) -> None:
    form = client.document("users/u1").collection("forms").document("LA")
    form.set({"n": 1})
    client.collection("forms").document("top").set({"n": 2})
    client.document("users", "u2", "forms", "SF").set({"n": 3})
    missing = client.document("users/u9/forms/x").get()
    assert (str(form), form.id, form.path, form == "users/u1/forms/LA", form.parent.id) == (
        "users/u1/forms/LA", "LA", "users/u1/forms/LA", True, "forms",
    )  # fmt: skip
    assert (missing.exists, missing.to_dict(), missing.id, missing.update_time) == (False, None, "x", None)
    assert paths(client.collection_group("forms").stream()) == ["forms/top", "users/u1/forms/LA", "users/u2/forms/SF"]
    assert paths(client.get_all([form])) == ["users/u1/forms/LA"]
    form.delete()
    assert not form.get().exists


def test_set_create_update_and_delete(client: Client) -> None:
    city = client.document("City/LA")
    city.create({"a": {"b": 1, "c": 2}, "n": 1, "list": [1]})
    with pytest.raises(protocol.AlreadyExistsError):
        city.create({})
    city.update({"a.b": fields.DELETE_FIELD, "n": fields.Increment(2), "new.deep": True})
    city.update({"list": fields.ArrayUnion([1, 2, 2])})
    assert city.get().to_dict() == {"a": {"c": 2}, "n": 3, "list": [1, 2], "new": {"deep": True}}
    city.update({"list": fields.ArrayRemove([1])})
    city.set({"a": {"d": 3}, "n": fields.DELETE_FIELD}, merge=True)
    assert city.get().to_dict() == {"a": {"c": 2, "d": 3}, "list": [2], "new": {"deep": True}}
    city.set({"a": {"c": 9}, "list": []}, merge=["a"])
    assert city.get(field_paths=["a.c", "zip"]).to_dict() == {"a": {"c": 9}}
    city.set({"at": fields.SERVER_TIMESTAMP})
    assert isinstance(city.get().get("at"), datetime)
    with pytest.raises(protocol.NotFoundError):
        client.document("City/none").update({"n": 1})
    made = client.collection("City").add({"n": 1})
    assert made.get().exists


def test_a_write_on_condition_of_the_update_time(client: Client) -> None:
    city = client.document("City/LA")
    city.set({"n": 1})
    option = client.write_option(last_update_time=city.get().update_time)
    city.update({"n": 2}, option=option)
    for stale in (lambda: city.update({"n": 3}, option=option), lambda: city.delete(option=option)):
        with pytest.raises(protocol.ConflictError):
            stale()
    city.delete(option=client.write_option(exists=True))
    with pytest.raises(protocol.NotFoundError):
        city.delete(option=client.write_option(exists=True))


def test_queries_in_all_words(client: Client) -> None:
    cities = client.collection("City")
    for number, doc_id in enumerate("abcdef"):
        cities.document(doc_id).set({"n": number, "even": number % 2 == 0, "at": cities.document("a")})
    assert paths(cities.where("even", "==", True).order_by("n", "DESCENDING").limit(2).get()) == ["City/e", "City/c"]
    assert paths(cities.where(filter=FieldFilter("at", "==", cities.document("a"))).offset(4).get()) == [
        "City/e",
        "City/f",
    ]
    ordered = cities.order_by("n")
    assert paths(ordered.start_after({"n": 2}).limit(2).get()) == ["City/d", "City/e"]
    assert paths(ordered.start_at(cities.document("b").get()).end_before({"n": 4}).get()) == [
        "City/b",
        "City/c",
        "City/d",
    ]
    assert paths(cities.order_by("n", "DESCENDING").start_after(cities.document("b").get()).get()) == ["City/a"]
    assert paths(cities.end_at(cities.document("b").get()).get()) == ["City/a", "City/b"]
    with pytest.raises(ValueError, match="an order is ASCENDING or DESCENDING"):
        cities.order_by("n", "down")  # type: ignore[arg-type]  # that is the point


def test_a_batch_is_all_or_nothing(client: Client) -> None:
    one, two = client.document("a/1"), client.document("a/2")
    one.set({"n": 1})
    batch = client.batch()
    batch.update(one, {"n": 2})
    batch.create(two, {})
    batch.delete(client.document("a/3"))
    assert not two.get().exists
    batch.commit()
    failing = client.batch()
    failing.set(one, {"n": 3})
    failing.create(two, {})
    with pytest.raises(protocol.AlreadyExistsError):
        failing.commit()
    assert one.get().to_dict() == {"n": 2}
    with client.batch() as third:
        third.set(two, {"n": 9}, merge=True)
    assert two.get().to_dict() == {"n": 9}


def test_a_transaction_runs_again_when_what_it_read_has_changed(client: Client) -> None:
    city = client.document("City/LA")
    city.set({"n": 1})
    seen: list[int] = []

    @transactional
    def double(transaction: Transaction) -> int:
        before: int = transaction.get(city).get("n")
        seen.append(before)
        if len(seen) == 1:
            city.set({"n": 10})  # somebody else's, between reading and writing
        transaction.set(city, {"n": before * 2})
        return before * 2

    assert double(client.transaction()) == 20
    assert (seen, city.get().to_dict()) == ([1, 10], {"n": 20})

    @transactional
    def never(transaction: Transaction) -> None:
        transaction.get(city)
        city.update({"n": fields.Increment(1)})
        transaction.delete(city)

    with pytest.raises(protocol.ConflictError):
        never(client.transaction(max_attempts=3))
    assert city.get().to_dict() == {"n": 23}


def test_live_queries_tell_what_came_changed_and_went(client: Client) -> None:
    told: list[tuple[list[str], list[tuple[str, str, int, int]]]] = []

    def hear(snapshots: list[Any], changes: list[Any], read_time: datetime) -> None:
        assert read_time.tzinfo is UTC
        told.append((
            [one.id for one in snapshots],
            [(one.type.name, one.document.id, one.old_index, one.new_index) for one in changes],
        ))  # fmt: skip

    cities = client.collection("City")
    cities.document("a").set({"n": 1})
    watch = cities.where("n", ">", 0).order_by("n").limit(2).on_snapshot(hear)
    with client.database.transaction():
        cities.document("b").set({"n": 2})
        cities.document("c").set({"n": 3})
    cities.document("c").set({"n": 4})
    cities.document("a").set({"n": 3})
    cities.document("b").set({"n": 0})
    watch.unsubscribe()
    cities.document("b").set({"n": 1})
    assert told == [
        (["a"], [("ADDED", "a", -1, 0)]),
        (["a", "b"], [("ADDED", "b", -1, 1)]),
        (["b", "a"], [("MODIFIED", "a", 0, 1)]),
        (["a", "c"], [("REMOVED", "b", 0, -1), ("ADDED", "c", -1, 1)]),
    ]


def test_a_document_is_followed_from_before_it_is_there(client: Client) -> None:
    told: list[Any] = []
    watch = client.document("a/1").on_snapshot(lambda found, *_: told.append([one.to_dict() for one in found]))
    client.document("a/1").set({"n": 1})
    client.document("a/2").set({"n": 1})
    client.document("a/1").delete()
    watch.unsubscribe()
    assert told == [[], [{"n": 1}], []]
