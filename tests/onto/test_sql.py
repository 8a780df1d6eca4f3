"""The SQL datastore where it differs from the others: several processes share it, and text in it may be damaged."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from onto.database import protocol
from onto.database.sql import Sql

ADDING = """
import sys
from onto.database import protocol
from onto.database.sql import Sql

database = Sql(sys.argv[1])
for number in range(25):
    def add():
        found = database.get("a/sum")
        database.set("a/sum", {"n": found["n"] + 1})
        database.set(f"a/{sys.argv[2]}-{number}", {})
    protocol.run(database, add, attempts=1000)
database.close()
"""


def url(folder: pathlib.Path) -> str:
    return f"sqlite:///{folder / 'data.db'}"


def test_processes_lose_no_update_and_hear_of_each_others_commits_whole(tmp_path: pathlib.Path) -> None:
    database = Sql(url(tmp_path))
    database.set("a/sum", {"n": 0})
    told: list[tuple[protocol.Change, ...]] = []
    all_told = threading.Event()

    def hear(changes: tuple[protocol.Change, ...]) -> None:
        told.append(changes)
        if len(told) == 50:
            all_told.set()

    database.listen(hear)
    command = [sys.executable, "-c", ADDING, url(tmp_path)]
    running = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    assert [one.wait(120) for one in running] == [0, 0]
    assert all_told.wait(60)
    assert database.get("a/sum") == {"n": 50}
    assert [changes[0].after for changes in told] == [{"n": number} for number in range(1, 51)]
    assert all(len(changes) == 2 for changes in told)
    database.close()


def test_what_another_process_changed_after_it_was_read_is_a_conflict(tmp_path: pathlib.Path) -> None:
    one, other = Sql(url(tmp_path)), Sql(url(tmp_path))
    one.set("a/1", {"n": 1})

    def written_between() -> None:
        with one.transaction():
            one.read("a/1")
            other.set("a/1", {"n": 2})
            one.set("a/2", {})

    def selected_between() -> None:
        with one.transaction():
            one.select(protocol.Selection("a"))
            other.set("a/3", {})
            one.set("b/1", {})

    with pytest.raises(protocol.ConflictError, match="a/1: the document has changed since it was read"):
        written_between()
    with pytest.raises(protocol.ConflictError, match="a/3: the document has changed since a was read"):
        selected_between()
    assert [path for path, _ in one.collection("a")] == ["a/1", "a/3"]
    assert one.collection("b") == []
    one.close()
    other.close()


def test_damaged_text_is_an_error_that_names_the_document(tmp_path: pathlib.Path) -> None:
    database = Sql(url(tmp_path))
    database.set("a/1", {"n": 1})
    database.set("a/2", {"n": 1})
    with sa.create_engine(url(tmp_path)).begin() as connection:
        connection.execute(sa.text("UPDATE onto_document SET document = '{\"n\":' WHERE path = 'a/1'"))
        connection.execute(sa.text("UPDATE onto_document SET document = '[]' WHERE path = 'a/2'"))
    for path in ("a/1", "a/2"):
        with pytest.raises(protocol.DatastoreError, match=f"{path}: the stored text is not a document"):
            database.read(path)
    database.set("b/1", {})
    assert database.get("b/1") == {}
    database.close()


@pytest.mark.parametrize("wrong", ["sqlite:////no/such/folder/data.db", "nosuch://host/data"])
def test_a_database_that_cannot_be_opened_is_named(wrong: str) -> None:
    with pytest.raises(protocol.DatastoreError, match=wrong):
        Sql(wrong)


def test_a_commit_reads_all_that_it_compares_and_replaces_at_once(tmp_path: pathlib.Path) -> None:
    database = Sql(url(tmp_path))
    paths = [f"a/{number}" for number in range(600)]
    with database.transaction():
        for one in paths:
            database.set(one, {"n": 0})
    asked: list[str] = []

    def note(*event: object) -> None:
        asked.append(str(event[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        with database.transaction():
            for one in paths:
                found = database.get(one)
                assert found is not None
                database.set(one, {"n": found["n"] + 1})
            asked.clear()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len([one for one in asked if one.startswith("SELECT onto_document")]) == 2  # of 500 and of 100
    assert [database.get(one) for one in paths] == [{"n": 1}] * 600
    database.close()
