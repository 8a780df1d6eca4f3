"""`CTX`: where user code finds its datastore; onto's own functions are given what they need.

from onto.context import Context as CTX
CTX.db.document("City/LA").get()
"""

from __future__ import annotations

import datetime
import logging
import os
import pathlib
import uuid
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from onto import calling, errors, former, session
from onto import config as configuration
from onto.database import client, opening, protocol

T = TypeVar("T")


class _OfClass(Generic[T]):
    """A property of the class itself."""

    def __init__(self, read: Callable[[type[Context]], T]) -> None:
        self._read = read

    def __get__(self, instance: object, owner: type[Context]) -> T:
        return self._read(owner)


class Context:
    """The one context of a process; a class that is never instantiated.

    It opens the datastore that the configuration names at its first use; without one, an empty embedded one.
    """

    config: ClassVar[configuration.Config | None] = None
    firebase_app: ClassVar[Any] = None
    logger: ClassVar[logging.Logger] = logging.getLogger("onto")
    dbs = former.Member("there is one datastore, `CTX.db`; another is opened by `onto.database.opening.opened(url)`")
    services = former.Member("keep what your app needs in its own modules; the context has a datastore and a caller")
    _database: ClassVar[protocol.Database | None] = None
    _caller: ClassVar[calling.Caller | None] = None

    @classmethod
    def load(cls, path: str | None = None) -> None:
        """Read the configuration from a file; SettingsError when it is missing or malformed.

        Without a path, from the file that the variable `FB_CONFIG_FILENAME` names, else from `boiler.yaml`. What the
        variable `ONTO_DATABASE` has is the URL of the datastore whatever the file says.
        """
        cls.read(configuration.read(None if path is None else pathlib.Path(path), os.environ))

    @classmethod
    def read(cls, config: configuration.Config) -> None:
        """Take a configuration; a second one warns and replaces the first."""
        if cls.config is not None and cls.config != config:
            warnings.warn(f"the context of {cls.config.app_name!r} is replaced", stacklevel=2)
        cls.config = config

    @classmethod
    def use(cls, database: protocol.Database | None) -> None:
        """Put a datastore in place; None: at its next use, the one that the configuration names."""
        cls._database = database

    @classmethod
    def call_through(cls, caller: calling.Caller | None) -> None:
        """Send the calls of `Model.ref(doc_id)` there: a `Gateway`, or an in-process `Engine`."""
        cls._caller = caller

    @classmethod
    def uuid(cls) -> str:
        """Return a new id; in a domain method the same one whenever its call is run again."""
        running = session.current()
        return uuid.uuid4().hex if running is None else running.uuid()

    @classmethod
    def _now(cls) -> datetime.datetime:
        running = session.current()
        return datetime.datetime.now(datetime.UTC) if running is None else running.now

    @classmethod
    def _current(cls) -> protocol.Database:
        if Context._database is None:
            config = Context.config or configuration.Config()
            certificate = config.certificate_path or config.certificate_filename
            url = config.database.get("url", "memory:")
            Context._database = opening.opened(url, certificate)
            cls.logger.info("the datastore is %s", url.partition(":")[0])  # the rest may hold a password
        return Context._database

    @classmethod
    def _callable(cls) -> calling.Caller:
        if Context._caller is None:
            raise errors.OntoError(
                "there is nothing that runs the methods; first `CTX.call_through(...)` a Gateway or an Engine"
            )
        return Context._caller

    debug = _OfClass[bool](lambda cls: cls.config is not None and cls.config.debug)
    testing = _OfClass[bool](lambda cls: cls.config is not None and cls.config.testing)
    caller = _OfClass[calling.Caller](lambda cls: cls._callable())
    database = _OfClass[protocol.Database](lambda cls: cls._current())
    now = _OfClass[datetime.datetime](lambda cls: cls._now())  # in a domain method: when its call arrived
    db = _OfClass[client.Client](lambda cls: client.Client(cls._current()))


CTX = Context
