"""Which datastore a URL means: the one place that knows them all, so that configuration alone changes it.

opened("memory:")                  →  Memory()
opened("file:shop.onto")           →  File("shop.onto")
opened("sqlite:///shop.db")        →  Sql(…), as for every URL that SQLAlchemy knows
"""

from __future__ import annotations

from onto import errors
from onto.database import file, memory, protocol


def opened(url: str) -> protocol.Database:
    """Open the datastore of a URL; SettingsError for what is none, DatastoreError when it cannot be opened."""
    scheme, colon, rest = url.partition(":")
    match scheme:
        case "memory" if not rest and colon:
            return memory.Memory()
        case "file" if rest:
            return file.File(rest.removeprefix("//"))
        case _ if rest.startswith("//"):
            return _sql(url)
    raise errors.SettingsError(
        f"{url!r} is not the URL of a datastore: write memory:, file:PATH, or a SQLAlchemy URL like sqlite:///shop.db"
    )


def _sql(url: str) -> protocol.Database:
    try:
        from onto.database import sql  # an extra: who keeps documents elsewhere does not install it
    except ModuleNotFoundError as error:
        raise errors.SettingsError(f"{url!r} needs SQLAlchemy: pip install 'onto[sql]'") from error
    return sql.Sql(url)
