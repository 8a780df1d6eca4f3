"""The datastores that the one suite is run over; another one is a function here, and an entry in `ALL`.

@pytest.mark.parametrize("opened", ALL) …      opened(tmp_path)  →  an empty datastore
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from unittest import mock

import sqlalchemy as sa

from onto.database.file import File
from onto.database.firestore.store import Firestore
from onto.database.memory import Memory
from onto.database.protocol import Database
from onto.database.sql import Sql
from tests.firestore import google, server

POSTGRESQL = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=pathlib.Path("/usr/lib/postgresql/bin"))
_NUMBERS = itertools.count()
Open = Callable[[pathlib.Path], Database]


def memory(folder: pathlib.Path) -> Database:
    """Open the embedded datastore."""
    return Memory()


def file(folder: pathlib.Path) -> Database:
    """Open the embedded datastore on a file that is written anew at nearly every commit."""
    return File(folder / "data.onto", room=1)


def sqlite(folder: pathlib.Path) -> Database:
    """Open a datastore in an SQLite file."""
    return Sql(f"sqlite:///{folder / 'data.db'}")


@functools.cache
def _postgresql() -> str:
    """Start PostgreSQL on a socket in a folder of its own, for this session; return its URL without a database."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    asked = {"user": "nobody"} if os.geteuid() == 0 else {}  # it refuses to run as root
    if asked:
        shutil.chown(folder, "nobody")
    run = functools.partial(subprocess.run, check=True, capture_output=True, cwd=folder, **asked)
    run([POSTGRESQL / "initdb", "-D", folder / "data", "-U", "onto", "-A", "trust", "--no-sync"])
    control = [POSTGRESQL / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w"]
    run([*control, "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start"])
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(run, [*control, "-m", "immediate", "stop"])
    return f"postgresql+psycopg://onto@/{{name}}?host={folder}"


def postgresql(folder: pathlib.Path) -> Database:
    """Open a datastore in a database of its own."""
    server = _postgresql()
    name = f"t{next(_NUMBERS)}"
    with sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return Sql(server.format(name=name))


def firestore(folder: pathlib.Path) -> Database:
    """Open a datastore in a project of its own on the session's Firestore server."""
    with mock.patch.dict(os.environ, FIRESTORE_EMULATOR_HOST=server.started()):
        return Firestore(f"project-{next(_NUMBERS)}")


def google_firestore(folder: pathlib.Path) -> Database:
    """Open a datastore in a project of its own on Google's emulator."""
    with mock.patch.dict(os.environ, FIRESTORE_EMULATOR_HOST=google.started()):
        return Firestore(f"project-{next(_NUMBERS)}")


ALL: dict[str, Open] = {"memory": memory, "file": file, "sqlite": sqlite, "firestore": firestore}
if POSTGRESQL.is_dir():  # where the machine has one
    ALL["postgresql"] = postgresql
if google.jar() is not None:
    ALL["google"] = google_firestore
