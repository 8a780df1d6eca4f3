"""Which datastore a URL means: the one place that knows them all, so that configuration alone changes it.

opened("memory:")                  →  Memory()
opened("file:shop.onto")           →  File("shop.onto")
opened("firestore://my-project")   →  Firestore("my-project"), or with `/NAME` another than its default database
opened("sqlite:///shop.db")        →  Sql(…), as for every URL that SQLAlchemy knows
"""

from __future__ import annotations

from onto import errors
from onto.database import file, memory, protocol


def opened(url: str, certificate: str | None = None) -> protocol.Database:
    """Open the datastore of a URL; SettingsError for what is none, DatastoreError when it cannot be opened.

    `certificate` is the file of a service account's key, for Firestore.
    """
    scheme, colon, rest = url.partition(":")
    match scheme:
        case "memory" if not rest and colon:
            return memory.Memory()
        case "file" if rest:
            return file.File(rest.removeprefix("//"))
        case "firestore" if colon:
            return _firestore(rest.removeprefix("//"), certificate)
        case _ if rest.startswith("//"):
            return _sql(url)
    raise errors.SettingsError(
        f"{url!r} is not the URL of a datastore: write memory:, file:PATH, firestore://PROJECT, "
        "or a SQLAlchemy URL like sqlite:///shop.db"
    )


def _firestore(place: str, certificate: str | None) -> protocol.Database:
    try:
        from onto.database.firestore import store  # an extra, as below
    except ModuleNotFoundError as error:
        raise errors.SettingsError("Firestore needs its client: pip install 'onto[firestore]'") from error
    project, _, database = place.partition("/")
    return store.Firestore(project or None, database or "(default)", certificate)


def _sql(url: str) -> protocol.Database:
    try:
        from onto.database import sql  # an extra: who keeps documents elsewhere does not install it
    except ModuleNotFoundError as error:
        raise errors.SettingsError(f"{url!r} needs SQLAlchemy: pip install 'onto[sql]'") from error
    return sql.Sql(url)
