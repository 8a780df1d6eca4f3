"""The datastore on a file: what outlives restarts, crashes at every step, full disks and damage."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import zlib
from typing import Any

import pytest

from onto.database import protocol
from onto.database.file import CorruptFileError, File

# Transfers between two accounts, each one transaction; before every step that touches the disk, and in the middle
# of every write, the process may kill itself. It reports each commit only after it has returned.
TRANSFERS = """
import os, signal, sys
from onto.database.file import File

path, fatal = sys.argv[1], int(sys.argv[2])
steps = 0

def step(real, halve=False):
    def run(*given):
        global steps
        steps += 1
        if steps == fatal:
            if halve:
                real(given[0], given[1][: len(given[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given)
    return run

def crossing(real):
    def run(held, content):
        global steps
        steps += 1
        if steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(real, halve=True)(held, content)
    return run

said = os.fdopen(os.dup(1), "w", buffering=1)
os.write, os.fsync, os.replace = crossing(os.write), step(os.fsync), step(os.replace)
database = File(path, room=1)
n = (database.get("accounts/a") or {"n": 0})["n"]
for _ in range(6):
    n += 1
    with database.transaction():
        database.set("accounts/a", {"n": n, "pad": "x" * 40})
        database.set("accounts/b", {"n": -n})
        database.delete(f"gone/{n}")
    said.write(f"{n}\\n")
said.write("end\\n")
"""


def transfers(path: pathlib.Path, fatal: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TRANSFERS, str(path), str(fatal)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.split()


def state(path: pathlib.Path) -> tuple[int, int]:
    opened = File(path)
    found = [(opened.get(f"accounts/{one}") or {"n": 0})["n"] for one in "ab"]
    opened.close()
    return found[0], found[1]


def test_a_kill_at_every_step_loses_no_commit_and_halves_none(tmp_path: pathlib.Path) -> None:
    for fatal in range(1, 200):
        path = tmp_path / f"{fatal}.onto"
        said = transfers(path, fatal)
        if said[-1:] == ["end"]:
            break
        told = int(said[-1]) if said else 0
        one, other = state(path)
        assert one == -other
        assert one in (told, told + 1)  # the last commit may have reached the disk without being told
    assert fatal > 30


def test_a_kill_during_recovery_does_no_harm(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data.onto"
    last = 0
    for fatal in (9, 2, 3, 5, 14, 4, 1, 8, 1000):
        told = [int(one) for one in transfers(path, fatal) if one != "end"]
        one, other = state(path)
        assert one == -other
        assert one >= max([last, *told])
        last = one


def test_versions_and_documents_outlive_the_process(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data.onto"
    first = File(path)
    first.set("a/1", {"é": [1, {"x": b"\x00"}]})
    before = first.read("a/1")
    first.set("a/2", {})
    first.delete("a/2")
    first.close()
    second = File(path)
    assert (second.read("a/1"), second.get("a/2")) == (before, None)
    second.set("a/1", {})
    assert second.read("a/1").version > before.version  # type: ignore[union-attr]  # they are there
    second.close()
    with pytest.raises(protocol.DatastoreError, match="the datastore is closed"):
        second.set("a/1", {"n": 1})


def test_a_second_process_is_told_to_wait(tmp_path: pathlib.Path) -> None:
    held = File(tmp_path / "data.onto")
    with pytest.raises(protocol.DatastoreError, match="another process has this datastore open"):
        File(tmp_path / "data.onto")
    held.close()
    File(tmp_path / "data.onto").close()


def test_the_file_does_not_grow_with_the_number_of_commits(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data.onto"
    opened = File(path, room=1000)
    for number in range(500):
        opened.set("a/1", {"n": number})
    assert path.stat().st_size < 3000
    opened.close()
    again = File(path)
    assert again.get("a/1") == {"n": 499}
    again.close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace(b'"n":1', b'"n":7', 1), "data.onto: line 2, from byte 26 on, is damaged; the 1 "),
        (lambda text: b"PK\x03\x04", "data.onto: not a datastore of onto"),
        (lambda text: b"\n" + text, "data.onto: not a datastore of onto"),
    ],
)  # fmt: skip
def test_damage_is_an_error_that_names_the_line(tmp_path: pathlib.Path, damage: Any, message: str) -> None:
    path = tmp_path / "data.onto"
    opened = File(path)
    opened.set("a/1", {"n": 1})
    opened.set("a/1", {"n": 2})
    opened.close()
    path.write_bytes(damage(path.read_bytes()))
    content = path.read_bytes()
    with pytest.raises(CorruptFileError) as refused:
        File(path)
    assert message in str(refused.value)
    assert path.read_bytes() == content


def test_damage_at_any_byte_is_told_or_was_a_write_that_a_crash_cut_off(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data.onto"
    opened = File(path)
    for number in range(3):
        opened.set("a/1", {"n": number})
    opened.close()
    whole = path.read_bytes()
    begins = whole.rindex(b"\n", 0, -1) + 1  # the last commit
    for at in range(len(whole)):
        for mask in (0x01, 0x80):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
            if at < begins:
                with pytest.raises(CorruptFileError, match=re.escape(str(path))):
                    File(path)
            else:  # or it is told as well: a whole write that something else follows
                with contextlib.suppress(CorruptFileError), contextlib.closing(File(path)) as again:
                    assert again.get("a/1") == {"n": 1}  # as before the last commit
    for end in range(begins, len(whole)):  # what a crash leaves
        path.write_bytes(whole[:end])
        again = File(path)
        assert again.get("a/1") == {"n": 1}
        again.close()


@pytest.mark.parametrize(
    "entry",
    [
        '{"w":{"a/1":{}}}',
        '{"v":"1","w":{"a/1":{}}}',
        '{"v":1,"w":[]}',
        '{"v":1,"w":{"a":{}}}',
        '{"v":1,"w":{"a/1":[]}}',
        '{"v":1,"w":{"a/1":{"n":{"$decimal":"much"}}}}',
        '{"v":1,"w":{"a/1":{"n":{"$timedelta":null}}}}',
        "[]",
    ],
)
def test_a_line_that_says_no_commit_is_damage(tmp_path: pathlib.Path, entry: str) -> None:
    path = tmp_path / "data.onto"
    File(path).close()
    with path.open("a") as file:
        file.write(f"{zlib.crc32(entry.encode()):08x} {entry}\n")
    with pytest.raises(CorruptFileError, match=re.escape(f"{path}: line 2, from byte ")):
        File(path)


def test_a_full_disk_refuses_the_commit_and_harms_none(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.onto"
    opened = File(path)
    opened.set("a/1", {"n": 1})
    told: list[object] = []
    opened.listen(told.append)
    real = os.write

    def full(held: int, content: bytes) -> int:
        real(held, bytes(content[:5]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(protocol.DatastoreError, match=r"cannot be written \(No space left on device\)"):
        opened.set("a/1", {"n": 2})
    assert (opened.get("a/1"), told) == ({"n": 1}, [])
    monkeypatch.undo()
    opened.set("a/1", {"n": 3})
    opened.close()
    again = File(path)
    assert again.get("a/1") == {"n": 3}
    again.close()


def test_each_line_is_a_checksum_and_json(tmp_path: pathlib.Path) -> None:
    opened = File(tmp_path / "data.onto")
    opened.set("a/1", {"n": 1})
    opened.close()
    first, second = (tmp_path / "data.onto").read_text().splitlines()
    assert json.loads(first.partition(" ")[2])["onto"] == 1
    assert json.loads(second.partition(" ")[2])["w"] == {"a/1": {"n": 1}}


def test_a_folder_that_is_not_there_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(protocol.DatastoreError, match="cannot be opened"):
        File(tmp_path / "none" / "data.onto")
