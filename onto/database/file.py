"""The embedded datastore on a file: what `Memory` holds, kept over restarts and crashes.

File("shop.onto")     one line per commit: CRC-32, then {"v": version, "w": {path: document or null}}

A commit is on the disk before anybody sees it. A crash in the middle of a write leaves half a line at the end, which
the next start leaves out: such a commit never was. Damage anywhere else is an error that names the line and the byte;
nothing is lost in silence. When most lines are out of date, the file is written anew beside itself and then renamed.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pathlib
import zlib
from typing import Any

from onto import tagged
from onto.database import memory, protocol

LOG = logging.getLogger(__name__)
FORMAT = 1
ROOM = 1 << 20  # bytes that a file may always grow by before it is written anew


class CorruptFileError(protocol.DatastoreError):
    """A file is not, or no longer, what a datastore has written."""


class File(memory.Memory):
    """A datastore in memory that keeps every commit in a file; one process at a time may have it open."""

    def __init__(self, path: str | os.PathLike[str], *, room: int = ROOM) -> None:
        """Read the file, or begin one; CorruptFileError, DatastoreError when it cannot be used."""
        super().__init__()
        self._path = pathlib.Path(path)
        self._room = room
        self._broken: OSError | None = None
        try:
            self._guard = _locked(self._path)
            begun = self._path.exists()
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise protocol.DatastoreError(f"{self._path}: cannot be opened ({error.strerror})") from error
        try:
            self._size = self._load() if begun else 0
            if self._size == 0:
                self._write_anew()
            self._size_when_new = self._size
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file; nothing can be written any more."""
        for held in (self._file, self._guard):
            if held >= 0:
                os.close(held)
        self._file = self._guard = -1

    def _persist(self, changes: list[protocol.Change], version: int) -> None:
        if self._file < 0:
            raise protocol.DatastoreError(f"{self._path}: the datastore is closed")
        if self._broken is not None:
            raise protocol.DatastoreError(f"{self._path}: an earlier write failed ({self._broken}); open it again")
        if self._size > 4 * self._size_when_new + self._room:
            self._write_anew()  # without this commit, which follows in a line of its own
            self._size_when_new = self._size
        self._append(_line({"v": version, "w": {one.path: one.after for one in changes}}))

    def _append(self, line: bytes) -> None:
        try:
            _write(self._file, line)
            os.fsync(self._file)
        except OSError as error:
            self._take_back(error)
            raise protocol.DatastoreError(f"{self._path}: cannot be written ({error.strerror})") from error
        self._size += len(line)

    def _take_back(self, error: OSError) -> None:
        try:
            os.ftruncate(self._file, self._size)
            os.fsync(self._file)
        except OSError:
            self._broken = error  # the file may end in half a line: no other may follow it

    def _write_anew(self) -> None:
        """Write what is committed so far to a new file, and put it in the place of the old one."""
        beside = self._path.with_name(f"{self._path.name}.new")
        held = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            size = _write(held, _line({"onto": FORMAT, "v": self._version}))
            for collection in self._collections.values():
                for one in collection.values():
                    size += _write(held, _line({"v": one.version, "w": {one.path: one.document}}))
            os.fsync(held)
            os.replace(beside, self._path)
        except BaseException:
            os.close(held)
            raise
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        os.close(self._file)
        self._file, self._size = held, size

    # ------------------------------------------------------------ reading

    def _load(self) -> int:
        """Take in every line; return how many bytes of the file hold, having cut off a broken end."""
        content = self._path.read_bytes()
        at = 0
        for number, line in enumerate(content.splitlines(keepends=True), start=1):
            entry = _entry(line)
            last = at + len(line) == len(content)
            if entry is None and not (last and number > 1 and _is_cut_off(line)):
                self._refuse(number, at)
            if entry is None:
                LOG.warning("%s:%d: a write that a crash cut off is left out", self._path, number)
                os.ftruncate(self._file, at)
                os.fsync(self._file)
                return at
            self._take(entry, number)
            at += len(line)
        return at

    def _refuse(self, number: int, at: int) -> None:
        what = "not a datastore of onto" if number == 1 else f"line {number}, from byte {at} on, is damaged"
        kept = "" if number == 1 else f"; the {number - 1} lines before it are whole"
        raise CorruptFileError(f"{self._path}: {what}{kept}: put a copy in its place, or move it away to begin anew")

    def _take(self, entry: dict[str, Any], number: int) -> None:
        if (number == 1) != ("onto" in entry) or entry.get("onto", FORMAT) != FORMAT:
            raise CorruptFileError(f"{self._path}: line {number} is of another version of onto: open it with that one")
        self._version = max(self._version, entry["v"])
        for path, document in entry.get("w", {}).items():
            self._put(path, document, entry["v"])


def _locked(path: pathlib.Path) -> int:
    held = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise protocol.DatastoreError(f"{path}: another process has this datastore open") from error
    return held


def _line(entry: dict[str, Any]) -> bytes:
    # Lines end at "\n" alone: JSON escapes all other line ends, as it is kept in ASCII.
    text = tagged.dumps(entry).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _entry(line: bytes) -> dict[str, Any] | None:
    """Return what a whole line says; None for one that is broken."""
    code, _, text = line.partition(b" ")
    if not text.endswith(b"\n") or code != b"%08x" % zlib.crc32(text[:-1]):
        return None
    try:
        entry = tagged.loads(text.decode("ascii"))
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and _is_commit(entry) else None


def _is_commit(entry: dict[str, Any]) -> bool:
    """Tell whether an entry says what a commit is to say: a version, and documents by their paths."""
    written = entry.get("w", {})
    return (
        isinstance(entry.get("v"), int)
        and isinstance(written, dict)
        and all(protocol.is_path(path) and isinstance(one, dict | None) for path, one in written.items())
    )


def _is_cut_off(line: bytes) -> bool:
    """Tell whether a broken last line may be half of a write, rather than a whole one that something else follows."""
    code, _, rest = line.partition(b" ")
    try:
        _, end = json.JSONDecoder().raw_decode(rest.decode("latin-1"))  # one character for each byte
    except ValueError:
        return True
    return end == len(rest) or code != b"%08x" % zlib.crc32(rest[:end])


def _write(held: int, content: bytes) -> int:
    left = memoryview(content)
    while left:
        left = left[os.write(held, left) :]
    return len(content)
