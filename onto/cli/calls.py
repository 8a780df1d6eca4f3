"""Where `call` and `import` take commands: to the stack, or to this process on the app's datastore.

    place = calls.place(Path("build"), None, flags)   →  OnStack(app, settings, bundle) or Here(app, "sqlite:///shop.db")
    with place.opened() as sender: sender.send("tickets", "t1", command)

To the datastore when `database` says so: on the command line, in the environment or in [tool.onto], unless a more
specific place names Kafka. Where none names either, and no local stack runs, when the app's own configuration has one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onto import bundle, errors, settings
from onto.cli import options

if TYPE_CHECKING:
    from onto import app, calling

CONFIGURATION = Path("boiler.yaml")
MEMORY = "memory:"
HOW = "name one with --database file:PATH or sqlite:///PATH, or with `database: {url: …}` in boiler.yaml"


@dataclass(frozen=True, slots=True)
class OnStack:
    """The Kafka that takes commands of a compiled app."""

    app: app.App
    chosen: settings.Settings
    made: bundle.Bundle

    @contextlib.contextmanager
    def opened(self) -> Iterator[calling.Sender]:
        """Connect; BrokerError where Kafka does not answer."""
        from onto import gateway

        chosen = self.chosen
        try:
            calls = gateway.Gateway(
                chosen.bootstrap_servers, self.made.replies_topic, prefix=self._prefix, properties=chosen.kafka
            )
        except errors.BrokerError as error:
            if chosen.database is not None:
                raise
            raise errors.BrokerError(
                f"{error}; `onto up` starts a stack, or methods run on a datastore: {HOW}"
            ) from error
        with calls:
            yield calls

    def wait(self, token: calling.Token) -> None:
        """Return when the views include what a call changed."""
        from onto.consume import inclusion

        servers, properties = self.chosen.bootstrap_servers, self.chosen.kafka
        inclusion.wait(token, self.made, servers, prefix=self._prefix, properties=properties)

    @property
    def _prefix(self) -> str:
        return self.chosen.topic_prefix or self.made.topic_prefix


@dataclass(frozen=True, slots=True)
class Here:
    """A datastore on which this process runs the methods of an app; with `keep`, their replies lie there too."""

    app: app.App
    url: str
    certificate: str | None
    keep: bool

    @contextlib.contextmanager
    def opened(self) -> Iterator[calling.Sender]:
        """Open the datastore; DatastoreError, SettingsError where it cannot be."""
        from onto import context, direct, methods
        from onto.database import opening

        own = context.Context.config
        if own is None or own.database.get("url") != self.url:  # else the app may have opened it already
            context.Context.use(opening.opened(self.url, self.certificate))
        database = context.Context.database
        try:
            models = methods.Models.around(self.app.models, self.app.views)
            yield direct.Direct(database, models, keep=self.keep)
        finally:
            context.Context.use(None)
            database.close()

    def wait(self, token: calling.Token) -> None:
        """Do nothing: views are made of what is stored."""


def place(built: Path, app_name: str | None, flags: dict[str, Any], *, keep: bool = False) -> OnStack | Here:
    """Return what takes the commands of the app of that name, or else of the bundle in `built`.

    With `keep`, replies outlive the process. OntoError says why there is nothing that would take commands.
    """
    from onto import app

    if flags["database"] and flags["bootstrap_servers"]:
        raise errors.SettingsError("--database runs methods here and --bootstrap-servers over Kafka: give one of them")
    chosen = options.settings_from(flags)
    made = bundle.read(built) if app_name is None else None
    loaded = app.load(made.app if made is not None else str(app_name))
    url, certificate = _datastore(chosen)
    if url:
        return Here(loaded, url, certificate, keep)
    if made is None:
        raise errors.SettingsError(f"there is no datastore on which to run the methods of {app_name}: {HOW}")
    return OnStack(loaded, chosen, made)


def _datastore(chosen: settings.Settings) -> tuple[str, str | None]:
    """Return the URL of the datastore on which methods run here, empty for none, and the file of its credentials."""
    from onto import config, context

    if chosen.database == MEMORY:
        raise errors.SettingsError(f"a datastore in memory ends with the command; {HOW}")
    own = context.Context.config or (config.read(CONFIGURATION, {}) if CONFIGURATION.is_file() else config.Config())
    configured = own.database.get("url", MEMORY)
    url = chosen.database if chosen.database is not None else configured if configured != MEMORY else ""
    return url, own.certificate_path or own.certificate_filename
