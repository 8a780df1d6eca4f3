"""What an app says of its surroundings.

Config(app_name="city", database={"url": "sqlite:///city.db"})      or a `boiler.yaml` of the same keys
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onto import errors

FILENAME = "boiler.yaml"
FILENAME_VARIABLE = "FB_CONFIG_FILENAME"
DATABASE_VARIABLE = "ONTO_DATABASE"


@dataclass(frozen=True, slots=True)
class Config:
    """The app's name, and how it reaches its datastore; without `database` that is the embedded one.

    `database` has one key, `url`: `memory:`, `file:PATH`, `firestore://PROJECT`, or what SQLAlchemy takes. Firestore's
    credentials are in the file that `certificate_filename` or `certificate_path` names, or Google's default ones.
    """

    app_name: str = ""
    debug: bool = False
    testing: bool = False
    certificate_path: str | None = None
    certificate_filename: str | None = None
    database: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a `database` that names none: with SettingsError, for the embedded one would be taken in silence."""
        _check_database("Config", self.database)


def read(path: pathlib.Path | None, environment: Mapping[str, str]) -> Config:
    """Read a `boiler.yaml`; SettingsError names the file, and any key that it should not have.

    Without a path, the file that `FB_CONFIG_FILENAME` names, else the working directory's `boiler.yaml`.
    `ONTO_DATABASE` is the URL of the datastore whatever the file says.
    """
    import yaml  # slow to import, and only who keeps such a file needs it

    if path is None:
        path = pathlib.Path(environment.get(FILENAME_VARIABLE, FILENAME))
    if not path.is_file():
        raise errors.SettingsError(f"{path}: no such file: write it, or call CTX.read(Config(app_name=…))")
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise errors.SettingsError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise errors.SettingsError(f"{path}: cannot be read: {error}") from error
    _check(path, given)
    if environment.get(DATABASE_VARIABLE):
        given = {**given, "database": {"url": environment[DATABASE_VARIABLE]}}
    return Config(**given)


def _check(path: pathlib.Path, given: Any) -> None:
    """Refuse keys that are not known, and values of other types than theirs."""
    known = {one.name for one in dataclasses.fields(Config)}
    unknown = sorted(map(str, set(given) - known)) if isinstance(given, dict) else ["a list or a scalar"]
    if unknown:
        raise errors.SettingsError(f"{path}: unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    for name, value in given.items():
        kind = bool if name in ("debug", "testing") else str
        if name != "database" and value is not None and not isinstance(value, kind):
            wanted = "true or false" if kind is bool else "a text"
            raise errors.SettingsError(f"{path}: `{name}` is {wanted}, not {value!r}")
    _check_database(str(path), given.get("database", {}))


def _check_database(where: str, database: Any) -> None:
    if not isinstance(database, dict) or set(database) - {"url"} or not isinstance(database.get("url", ""), str):
        raise errors.SettingsError(f"{where}: `database` has one key, a text: `url: sqlite:///shop.db`")
