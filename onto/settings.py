"""Where brokers and clusters are: flags, then `ONTO_*` variables, then `[tool.onto]`, then the local stack.

[tool.onto]
bootstrap_servers = "kafka:9092"          →  Settings(bootstrap_servers="kafka:9092", …)
requirements = ["semver>=3"]              →  Settings(requirements=("semver>=3",), …)
database = "sqlite:///shop.db"            →  Settings(database="sqlite:///shop.db", …): methods run in process
[tool.onto.kafka]
"security.protocol" = "SASL_SSL"          →  Settings(kafka={"security.protocol": "SASL_SSL"}, …)
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging import requirements as packaging

from onto import errors

Format = Literal["debezium-json", "upsert-json"]
FORMATS = ("debezium-json", "upsert-json")
TABLES = ("kafka", "formats", "job")  # settings that are tables themselves
LISTS = ("requirements",)  # settings that are lists of text
STACK_FILE = "stack.json"  # what `onto up` leaves in its folder: the addresses of the local stack


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; ports are those that `onto up` listens on, 0 for any free one."""

    folder: str = ".onto"
    bootstrap_servers: str = "localhost:9092"
    flink: str = "http://localhost:8081"
    topic_prefix: str = ""
    parallelism: int = 1
    partitions: int = 1  # of topics that `onto submit` creates
    kafka_port: int = 9092
    flink_port: int = 8081
    slots: int = 8
    requirements: tuple[str, ...] = ()  # packages that getters import, as pip spells them
    database: str | None = (
        None  # URL of a datastore on which methods are called in process; "": Kafka was named instead
    )
    workers: int = 1  # processes of the endpoint that runs domain methods
    kafka: Mapping[str, str] = dataclasses.field(default_factory=dict)  # client properties, as Kafka spells them
    formats: Mapping[str, Format] = dataclasses.field(default_factory=dict)  # of collections that are not Debezium's
    job: Mapping[str, str] = dataclasses.field(default_factory=dict)  # Flink configuration of submitted jobs


def load(root: Path, environment: Mapping[str, str], flags: Mapping[str, object]) -> Settings:
    """Read the settings that hold in project folder `root`; SettingsError names the place of a wrong one.

    `flags` holds what was given on the command line; None means not given. Methods are called where the most specific
    place says, in process on a `database` or over Kafka at `bootstrap_servers`.
    """
    layers = (
        (f"{root / 'pyproject.toml'} [tool.onto]", _project(root / "pyproject.toml")),
        ("environment", _environment(environment)),
        ("command line", {name: value for name, value in flags.items() if value is not None}),
    )
    checked = [{name: _checked(place, name, value) for name, value in layer.items()} for place, layer in layers]
    folder = root / str(next((one["folder"] for one in reversed(checked) if "folder" in one), Settings().folder))
    given: dict[str, object] = {}
    for one in (_stack(folder), *checked):
        given |= {"database": "", **one} if "bootstrap_servers" in one else one
    return dataclasses.replace(Settings(), **{**given, "folder": str(folder)})  # type: ignore[arg-type] # checked above


def _project(path: Path) -> dict[str, object]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise errors.SettingsError(f"{path}: cannot be read ({error})") from error
    table = content.get("tool", {}).get("onto", {})
    if not isinstance(table, dict):
        raise errors.SettingsError(f"{path}: [tool.onto] is not a table")
    return table


def _environment(environment: Mapping[str, str]) -> dict[str, object]:
    names = [field.name for field in dataclasses.fields(Settings) if field.name not in TABLES + LISTS]
    return {name: environment[f"ONTO_{name.upper()}"] for name in names if f"ONTO_{name.upper()}" in environment}


def _stack(folder: Path) -> dict[str, object]:
    try:
        content = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
        return {"bootstrap_servers": content["kafka"], "flink": content["flink"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # no local stack: the defaults hold


def _checked(place: str, name: str, value: object) -> object:
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    if name not in fields:
        raise errors.SettingsError(f"{place}: unknown setting `{name}` (settings: {', '.join(fields)})")
    if name == "requirements":
        return _requirements(place, value)
    if name in TABLES:
        if not isinstance(value, Mapping):
            raise errors.SettingsError(f"{place}: `{name}` is a table of properties, not {value!r}")
        texts = {str(key): _text(item) for key, item in value.items()}
        unknown = sorted(set(texts.values()) - set(FORMATS)) if name == "formats" else []
        if unknown:
            raise errors.SettingsError(f"{place}: `formats` are {' or '.join(FORMATS)}, not {unknown[0]!r}")
        return texts
    if isinstance(getattr(Settings(), name), int):
        try:
            return int(str(value))
        except ValueError:
            raise errors.SettingsError(f"{place}: `{name}` is a whole number, not {value!r}") from None
    return str(value)


def _requirements(place: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise errors.SettingsError(f'{place}: `requirements` is a list such as ["semver>=3"], not {value!r}')
    for one in value:
        try:
            packaging.Requirement(one)
        except packaging.InvalidRequirement as error:
            problem = str(error).splitlines()[0]
            raise errors.SettingsError(
                f"{place}: `requirements` has {one!r}, which pip cannot read: {problem}"
            ) from None
    return tuple(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)  # Kafka and Flink say true, not True
