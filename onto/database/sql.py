"""A datastore in a SQL database, which several processes may share: SQLite, PostgreSQL, what SQLAlchemy speaks to.

Sql("sqlite:///shop.db")        Sql("postgresql+psycopg://user@host/shop")

Three tables: `onto_document` (path, document as tagged JSON, version), `onto_change` (what each commit changed, for
listeners of other processes) and `onto_clock` (one row, the version of the last commit). A commit begins by moving the
clock, so commits follow one another and every version is greater than all before it; then what was read is compared.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from onto import tagged
from onto.database import fields, hearing, matching, protocol, transacting

LOOK = 0.2  # seconds between two looks for the commits of other processes
TOGETHER = 500  # documents that one query reads
KEPT = 24 * 3600 * 1_000_000  # microseconds for which changes are kept for listeners

_TABLES = sa.MetaData()
_DOCUMENT = sa.Table(
    "onto_document",
    _TABLES,
    sa.Column("path", sa.String(1500), primary_key=True),
    sa.Column("collection", sa.String(1500), nullable=False, index=True),
    sa.Column("name", sa.String(1500), nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
_CHANGE = sa.Table(
    "onto_change",
    _TABLES,
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("path", sa.String(1500), nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
)
_CLOCK = sa.Table(
    "onto_clock",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)


class Sql(transacting.Transacting):
    """A datastore in a SQL database; safe to use from several threads and from several processes.

    The transactions of one process run one after another. Listeners run in the thread that committed; for commits
    of other processes in a thread of their own, within `LOOK` seconds.
    """

    def __init__(self, url: str | sa.URL) -> None:
        """Open the database and make the tables that it lacks; DatastoreError when it cannot be reached."""
        super().__init__()
        self._hearers = hearing.Hearers()
        self._heard = 0  # the version up to which listeners were told
        self._closed = threading.Event()
        self._looking: threading.Thread | None = None
        try:
            self._engine = sa.create_engine(url)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
            raise protocol.DatastoreError(f"{url}: no database that can be opened ({error})") from error
        self._name = self._engine.url.render_as_string(hide_password=True)
        with self._begin() as connection:
            _TABLES.create_all(connection)
            if connection.execute(sa.select(_CLOCK.c.version)).first() is None:
                connection.execute(_CLOCK.insert().values(id=1, version=0))

    def select(self, selection: protocol.Selection) -> list[protocol.Stored]:
        """Return the committed documents that a selection means."""
        with self._lock, self._begin() as connection:
            if self._block is not None:
                self._block.selected.append((selection, _version(connection)))
            return matching.selected(selection, self._within(connection, selection.scope))

    def listen(self, listener: protocol.Listener, *scopes: protocol.Scope, replay: bool = False) -> Callable[[], None]:
        """Call the listener with the changes of each later transaction in scope; return what ends that."""
        with self._lock:
            with self._begin() as connection:
                since = self._still(connection)
                present = self._present(connection, scopes) if replay else ()
            if not self._hearers:
                self._heard = since
            number = self._hearers.add(listener, scopes, since)
            if replay:
                self._hearers.replay(listener, present)
            if self._looking is None:
                self._looking = threading.Thread(target=self._look, name=f"listeners of {self._name}", daemon=True)
                self._looking.start()
        return lambda: self._forget(number)

    @property
    def heard(self) -> int:
        """Return the version of the last commit that listeners have heard of."""
        with self._lock:
            return self._heard

    def close(self) -> None:
        """End what listens, and let go of the connections."""
        self._closed.set()
        if self._looking is not None and self._looking is not threading.current_thread():
            self._looking.join()
        self._engine.dispose()

    # ------------------------------------------------------------ documents

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip()
            raise protocol.DatastoreError(f"{self._name}: {reason}") from error

    def _stored(self, path: str) -> protocol.Stored | None:
        with self._begin() as connection:
            found = connection.execute(_DOCUMENT.select().where(_DOCUMENT.c.path == path)).first()
        return None if found is None else _stored(found)

    def _within(self, connection: sa.Connection, scope: protocol.Scope) -> Iterator[protocol.Stored]:
        column = {"document": _DOCUMENT.c.path, "collection": _DOCUMENT.c.collection, "group": _DOCUMENT.c.name}
        yield from map(_stored, connection.execute(_DOCUMENT.select().where(column[scope.kind] == scope.path)))

    def _present(self, connection: sa.Connection, scopes: tuple[protocol.Scope, ...]) -> tuple[protocol.Change, ...]:
        found = {one.path: one for scope in scopes for one in self._within(connection, scope)}
        if not scopes:
            found = {one.path: one for one in map(_stored, connection.execute(_DOCUMENT.select()))}
        return tuple(protocol.Change(path, None, found[path].document, found[path].version) for path in sorted(found))

    # ------------------------------------------------------------ commits

    def _still(self, connection: sa.Connection) -> int:
        """Hold up all commits until this connection's transaction ends; return the last one's version."""
        connection.execute(_CLOCK.update().values(version=_CLOCK.c.version))
        return _version(connection)

    def _commit(self, block: transacting.Block) -> None:
        self._write(block)
        self._catch_up()

    def _write(self, block: transacting.Block) -> None:
        with self._begin() as connection:
            last = self._still(connection)
            stored = _stored_at(connection, block.paths)
            block.compare(stored)
            _compare_selected(connection, block)
            version = max(last + 1, time.time_ns() // 1000)
            position = itertools.count()
            for path, after in block.writes.items():
                found = stored.get(path)
                before = None if found is None else found.document
                if not fields.same(before, after):
                    _put(connection, protocol.Change(path, before, after, version), next(position))
            if next(position):
                connection.execute(_CLOCK.update().values(version=version))
                connection.execute(_CHANGE.delete().where(_CHANGE.c.version < version - KEPT))

    # ------------------------------------------------------------ listeners

    def _catch_up(self) -> None:
        """Tell listeners of all commits that they were not told of."""
        if not self._hearers:
            return
        with self._begin() as connection:
            changes = list(_changes(connection, self._heard))
        for version, together in itertools.groupby(changes, lambda one: one.version):
            self._heard = version
            self._hearers.tell(version, tuple(together))

    def _look(self) -> None:
        while not self._closed.wait(LOOK):
            with self._lock:
                try:
                    self._catch_up()
                except protocol.DatastoreError:
                    hearing.LOG.exception("cannot look for changes; trying again")

    def _forget(self, number: int) -> None:
        with self._lock:
            self._hearers.forget(number)


def _stored_at(connection: sa.Connection, paths: set[str]) -> dict[str, protocol.Stored]:
    """Return the documents at these paths, where there are any."""
    pending, found = sorted(paths), list[protocol.Stored]()
    for begin in range(0, len(pending), TOGETHER):
        some = _DOCUMENT.c.path.in_(pending[begin : begin + TOGETHER])
        found += map(_stored, connection.execute(_DOCUMENT.select().where(some)))
    return {one.path: one for one in found}


def _compare_selected(connection: sa.Connection, block: transacting.Block) -> None:
    """Raise ConflictError where a document has changed in the scope of a selection since it was made."""
    first: dict[protocol.Scope, int] = {}
    for selection, since in block.selected:
        first.setdefault(selection.scope, since)
    for scope, since in first.items():
        for one in _changes(connection, since):
            if scope.covers(one.path):
                raise protocol.ConflictError(f"{one.path}: the document has changed since {scope.path} was read")


def _put(connection: sa.Connection, change: protocol.Change, position: int) -> None:
    here = _DOCUMENT.c.path == change.path
    after = None if change.after is None else tagged.dumps(change.after)
    before = None if change.before is None else tagged.dumps(change.before)
    if after is None:
        connection.execute(_DOCUMENT.delete().where(here))
    elif before is None:
        name = change.collection.rpartition("/")[2]
        place = {"path": change.path, "collection": change.collection, "name": name}
        connection.execute(_DOCUMENT.insert().values(**place, document=after, version=change.version))
    else:
        connection.execute(_DOCUMENT.update().where(here).values(document=after, version=change.version))
    row = {"version": change.version, "position": position, "path": change.path, "before": before, "after": after}
    connection.execute(_CHANGE.insert().values(**row))


def _version(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(_CLOCK.c.version)).scalar_one())


def _stored(row: sa.Row[tuple[str, str, str, str, int]]) -> protocol.Stored:
    return protocol.Stored(row.path, _document(row.path, row.document), row.version)


def _changes(connection: sa.Connection, since: int) -> Iterator[protocol.Change]:
    later = _CHANGE.select().where(_CHANGE.c.version > since).order_by(_CHANGE.c.version, _CHANGE.c.position)
    for row in connection.execute(later):
        before = None if row.before is None else _document(row.path, row.before)
        after = None if row.after is None else _document(row.path, row.after)
        yield protocol.Change(row.path, before, after, row.version)


def _document(path: str, text: str) -> protocol.Document:
    try:
        document = tagged.loads(text)
    except ValueError as error:
        raise protocol.DatastoreError(f"{path}: the stored text is not a document ({error})") from error
    if not isinstance(document, Mapping):
        raise protocol.DatastoreError(f"{path}: the stored text is not a document")
    return document
