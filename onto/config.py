"""What an app says of its surroundings.

Config(app_name="city", database={"url": "sqlite:///city.db"})      or a `boiler.yaml` of the same keys
"""

from __future__ import annotations

import dataclasses
import pathlib
from dataclasses import dataclass, field
from typing import Any

from onto import errors


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


def read(path: pathlib.Path) -> Config:
    """Read a `boiler.yaml`; SettingsError names the file, and any key that it should not have."""
    import yaml  # slow to import, and only who keeps such a file needs it

    if not path.is_file():
        raise errors.SettingsError(f"{path}: no such file: write it, or call CTX.read(Config(app_name=…))")
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise errors.SettingsError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    known = {one.name for one in dataclasses.fields(Config)}
    unknown = sorted(set(given) - known) if isinstance(given, dict) else ["a list or a scalar"]
    if unknown:
        raise errors.SettingsError(f"{path}: unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    database = given.get("database", {})
    if not isinstance(database, dict) or set(database) - {"url"} or not isinstance(database.get("url", ""), str):
        raise errors.SettingsError(f"{path}: `database` has one key, a text: `url: sqlite:///shop.db`")
    return Config(**given)
