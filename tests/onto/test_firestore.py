"""Firestore where it differs from other datastores: values, a stream that breaks, a server that is gone, settings."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import itertools
import pathlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.cloud import firestore as google_firestore

from onto import condition, errors
from onto.config import Config
from onto.context import CTX
from onto.database import opening, protocol
from onto.database.firestore import connection, queries, values
from onto.database.firestore.store import Firestore
from tests.firestore import server

_NUMBERS = itertools.count()


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", server.started())
    return f"own-{next(_NUMBERS)}"


@pytest.fixture
def database(project: str) -> Iterator[Firestore]:
    opened = Firestore(project)
    yield opened
    opened.close()


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    before = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < before, "it did not come about"
        time.sleep(0.01)  # between two looks


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    "value",
    [
        decimal.Decimal("4.50"),
        datetime.date(2026, 3, 1),
        datetime.datetime(2026, 3, 1, 9, 30),
        datetime.timedelta(microseconds=-5),
        [[1], [[2]]],
        {"$decimal": "no decimal", "__name__": 1, "": [{"$x": None}]},
        2**63 - 1,
        -(2**63),
        2**53 + 1,
        float("inf"),
        True,
        None,
    ],
)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    document = values.types.Document(
        name="projects/p/databases/d/documents/a/1", fields=values.encoded("a/1", {"v": value})
    )
    assert values.stored(document) == protocol.Stored("a/1", {"v": value}, 0)


def test_an_integer_beyond_64_bits_is_refused(database: Firestore) -> None:
    with pytest.raises(protocol.DatastoreError, match="a/1: 9223372036854775808 is beyond the 64 bits"):
        database.set("a/1", {"n": 2**63})


def test_others_read_and_write_plain_values(database: Firestore) -> None:
    other = database.native
    other.document("a/1").set({"ref": other.document("b/2"), "at": google_firestore.GeoPoint(1.5, 2.5), "n": [1]})
    assert database.get("a/1") == {"ref": "b/2", "at": {"latitude": 1.5, "longitude": 2.5}, "n": [1]}
    database.set("a/2", {"name": "Los Angeles", "tags": ["x"], "inner": {"capital": False}})
    assert other.document("a/2").get().to_dict() == {
        "name": "Los Angeles", "tags": ["x"], "inner": {"capital": False},
    }  # fmt: skip


# ---------------------------------------------------------------- several processes

ADDING = """
import sys
from onto.database import protocol
from onto.database.firestore.store import Firestore

database = Firestore(sys.argv[1])
for number in range(15):
    def add():
        found = database.get("a/sum")
        database.set("a/sum", {"n": found["n"] + 1})
        database.set(f"b/{sys.argv[2]}-{number}", {})
    protocol.run(database, add, attempts=1000)
database.close()
"""


def test_processes_lose_no_update_and_no_call_holds_half_a_commit(database: Firestore, project: str) -> None:
    database.set("a/sum", {"n": 0})
    told: list[tuple[protocol.Change, ...]] = []
    present: dict[str, Any] = {}

    def hear(changes: tuple[protocol.Change, ...]) -> None:
        told.append(changes)
        for one in changes:
            assert present.get(one.path) == one.before
            present[one.path] = one.after

    scopes = (protocol.Scope("collection", "a"), protocol.Scope("group", "b"))
    database.listen(hear, *scopes, replay=True)
    running = [subprocess.Popen([sys.executable, "-c", ADDING, project, name]) for name in ("one", "two")]
    assert [one.wait(120) for one in running] == [0, 0]
    until(lambda: present["a/sum"] == {"n": 30})
    assert len(present) == 31
    for changes in told[1:]:  # each commit counts one up and writes one more
        counted = next(one for one in changes if one.path == "a/sum")
        assert counted.before is not None
        assert counted.after is not None
        assert counted.after["n"] - counted.before["n"] == len(changes) - 1


def test_what_another_process_changed_after_it_was_read_is_a_conflict(database: Firestore, project: str) -> None:
    other = Firestore(project)
    database.set("a/1", {"n": 1})

    def written_between() -> None:
        with database.transaction():
            database.read("a/1")
            other.set("a/1", {"n": 2})
            database.set("a/2", {})

    def selected_between() -> None:
        with database.transaction():
            database.select(protocol.Selection("a", conditions=(condition.Condition("n", ">", 0),)))
            other.set("a/3", {"n": 1})
            database.set("b/1", {})

    with pytest.raises(protocol.ConflictError, match="a/1: the document has changed since it was read"):
        written_between()
    with pytest.raises(protocol.ConflictError, match="a/3: the document has changed since a was read"):
        selected_between()
    assert [[path for path, _ in database.collection(name)] for name in "ab"] == [["a/1", "a/3"], []]
    other.close()


def test_what_a_listener_writes_is_no_part_of_a_transaction_that_begins_to_listen(
    database: Firestore, project: str
) -> None:
    other = Firestore(project)

    def copy(changes: tuple[protocol.Change, ...]) -> None:
        for one in changes:
            database.set(f"b/{one.doc_id}", {"copy": True})

    def failing() -> None:
        with database.transaction():
            other.set("a/1", {})
            database.set("a/2", {})
            database.listen(lambda _: None, protocol.Scope("collection", "c"))
            raise KeyError

    database.listen(copy, protocol.Scope("collection", "a"))
    with pytest.raises(KeyError):
        failing()
    until(lambda: database.get("b/1"))
    assert [database.get("b/1"), database.get("a/2"), database.get("b/2")] == [{"copy": True}, None, None]
    other.close()


# ---------------------------------------------------------------- breaking


class Relay:
    """A way to the server that can be cut: connections break, and none is taken until it is mended."""

    def __init__(self, to: str) -> None:
        self._host, _, port = to.partition(":")
        self._port = int(port)
        self._open: list[socket.socket] = []
        self._whole = threading.Event()
        self._whole.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()
        for one in self._open:
            with contextlib.suppress(OSError):  # it ended by itself
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._server.accept()
            except OSError:
                return
            if not self._whole.is_set():
                taken.close()
                continue
            there = socket.create_connection((self._host, self._port))
            self._open += [taken, there]
            for source, sink in ((taken, there), (there, taken)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket) -> None:
        try:
            while part := source.recv(65536):
                sink.sendall(part)
        except OSError:
            pass  # it was cut
        finally:
            for one in (source, sink):
                one.close()


def test_a_stream_that_breaks_misses_nothing(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Relay(server.started())
    direct = Firestore(project)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", relay.address)
    following = Firestore(project)
    mirror: dict[str, Any] = {}

    def follow(changes: tuple[protocol.Change, ...]) -> None:
        for one in changes:
            assert mirror.get(one.path) == one.before
            mirror[one.path] = one.after

    direct.set("a/1", {"n": 1})
    direct.set("a/2", {"n": 1})
    following.listen(follow, protocol.Scope("collection", "a"), replay=True)
    assert mirror == {"a/1": {"n": 1}, "a/2": {"n": 1}}
    for number in range(3):
        relay.cut()
        direct.set("a/1", {"n": number + 2})
        direct.set(f"a/new-{number}", {})
        direct.delete("a/2")
        relay.mend()
        until(lambda number=number: f"a/new-{number}" in mirror)  # type: ignore[misc]  # a default binds the number
    assert mirror == {"a/1": {"n": 4}, "a/2": None, "a/new-0": {}, "a/new-1": {}, "a/new-2": {}}
    following.close()
    direct.close()
    relay.close()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_server_that_does_not_answer_is_an_error_within_a_limit(
    project: str, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
        monkeypatch.setattr(connection, "LIMIT", 1.0)
        database = Firestore(project)
        if not is_there:
            silent.close()
        for call in (
            lambda: database.get("a/1"),
            lambda: database.set("a/1", {}),
            lambda: database.collection("a"),
            lambda: database.listen(print, protocol.Scope("collection", "a")),
        ):
            began = time.monotonic()
            with pytest.raises(protocol.DatastoreError, match=f"{project} at {address}: .*FIRESTORE_EMULATOR_HOST"):
                call()
            assert time.monotonic() - began < 15
        database.close()


# ---------------------------------------------------------------- settings


def test_configuration_alone_chooses_firestore(project: str) -> None:
    CTX.use(None)
    CTX.config = Config(app_name="city", database={"url": f"firestore://{project}"})
    try:
        CTX.db.document("City/LA").set({"n": 1})
        assert isinstance(CTX.database, Firestore)
        CTX.database.close()
    finally:
        CTX.config = None
        CTX.use(None)


def test_what_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(errors.SettingsError, match="the project is not: write `url: firestore://PROJECT`"):
        opening.opened("firestore:")
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(errors.SettingsError, match=r"set certificate_filename in boiler\.yaml"):
        opening.opened("firestore://city")
    (tmp_path / "key.json").write_text("{}")
    for name in ("no.json", "key.json"):
        with pytest.raises(errors.SettingsError, match=f"{name}: no key of a service account"):
            opening.opened("firestore://city", str(tmp_path / name))


def test_without_the_extra_the_error_names_it() -> None:
    code = (
        "import sys; sys.modules['google.auth'] = None\n"
        "from onto.database import opening\n"
        "try: opening.opened('firestore://city')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "SettingsError Firestore needs its client: pip install 'onto[firestore]'\n", done.stderr


# ---------------------------------------------------------------- queries


def test_a_query_for_which_there_is_no_index_reads_more_and_warns_once(
    database: Firestore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # The test server needs no indexes; here it stands for one that has none but those that Firestore makes by itself.
    ask = connection.Connection.query

    def refusing(self: connection.Connection, parent: str, structured: Any, transaction: bytes = b"") -> Any:
        if structured.get("order_by") or "composite_filter" in structured.get("where", {}):
            raise connection.UnindexedError("firestore://city: The query requires an index: make it at LINK")
        return ask(self, parent, structured, transaction)

    monkeypatch.setattr(connection.Connection, "query", refusing)
    for number in range(6):
        database.set(f"a/{number}", {"n": number, "even": number % 2 == 0})
    even = condition.Condition("even", "==", True)
    wanted = protocol.Selection(
        "a", conditions=(even, condition.Condition("n", ">", 0)), order=(("n", "desc"),), limit=1
    )
    assert [[one.path for one in database.select(wanted)] for _ in range(2)] == [["a/4"], ["a/4"]]
    assert caplog.text.count("make it at LINK") == 1


def test_a_selection_is_asked_for_from_the_most_exact_to_the_collection() -> None:
    conditions = (
        condition.Condition("state", "==", "CA"),
        condition.Condition("n", "<", 9),
        condition.Condition("at", "==", None),
    )
    plans = list(queries.plans(protocol.Selection("x/1/City", conditions=conditions, limit=3)))
    asked = [query.get("where", {}) for _, query in plans]
    assert {parent for parent, _ in plans} == {"/x/1"}
    assert [len(one.get("composite_filter", {}).get("filters", [])) for one in asked] == [2, 0, 0]
    assert asked[1]["field_filter"]["field"] == {"field_path": "state"}
    assert asked[2] == {}
    assert all("limit" not in query for _, query in plans)  # `at` is sifted here
    ordered = protocol.Selection("City", conditions=conditions[:2], order=(("n", "asc"),), limit=3)
    assert [query.get("limit") for _, query in queries.plans(ordered)] == [{"value": 3}, None, None, None]
