"""What compile time hands to run time: the manifest as frozen data, and the folder that holds it.

    bundle.write(Bundle(app="shop", …), {"sql/10_sources.sql": "CREATE TABLE …"}, Path("build"))
    bundle.read(Path("build")).view("carts").document.fields[0].value   →  Scalar(column="total")

The shape of `manifest.json` follows the names here, in this order; a field's description of its value is
written flat beside its name: `{"name": "total", "json_name": "total", "kind": "scalar", "column": "total"}`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from onto import errors, plain

MANIFEST_VERSION = 1
MANIFEST = "manifest.json"
DEBEZIUM = "debezium-json"
UPSERT = "upsert-json"

Columns = tuple[tuple[str, str], ...]  # (name, Flink type), in order


@dataclass(frozen=True, slots=True)
class Function:
    """A Python UDF: its name in SQL, the statement that registers it, its file in the bundle, the getter it runs."""

    name: str
    ddl: str
    module: str
    getter: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A collection that views read; `columns` hold Python names, `json_names` those stored otherwise."""

    name: str
    model: str
    topic: str
    columns: Columns
    json_names: Mapping[str, str]
    key: tuple[str, ...]
    ddl: str
    format: str = DEBEZIUM

    def __post_init__(self) -> None:
        """Refuse an unknown format."""
        if self.format not in (DEBEZIUM, UPSERT):
            known = f"neither {DEBEZIUM} nor {UPSERT}"
            raise ValueError(f"source `{self.name}`: format {self.format!r} is {known}")


@dataclass(frozen=True, slots=True)
class ViewTable:
    """One 1NF table of a view: a topic of rows with `key`; `query` gives its columns in order."""

    name: str
    topic: str
    parent: str | None
    columns: Columns
    key: tuple[str, ...]
    ddl: str
    query: str

    def __post_init__(self) -> None:
        """Refuse a key that is not among the columns."""
        missing = [name for name in self.key if name not in dict(self.columns)]
        if missing or not self.key:
            raise ValueError(f"table `{self.name}`: key columns {missing} are not among its columns")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One column, decoded by its Flink type; `null_when` names a boolean column that is true for None."""

    kind: ClassVar[str] = "scalar"
    column: str
    null_when: str | None = None


@dataclass(frozen=True, slots=True)
class Json:
    """A STRING column that holds the JSON text of a whole value."""

    kind: ClassVar[str] = "json"
    column: str
    null_when: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping of named values taken from the same row."""

    kind: ClassVar[str] = "record"
    fields: tuple[Field, ...]
    null_when: str | None = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """The rows of child `table` whose `parent_key` columns equal the parent table's key, in `order`."""

    kind: ClassVar[str] = "list"
    table: str
    parent_key: tuple[str, ...]
    order: Columns  # (column, "asc" | "desc"); nulls first in ascending order
    item: Item
    null_when: str | None = None


@dataclass(frozen=True, slots=True)
class SetOf:
    """The distinct values in `column` of the child rows, found as those of a `ListOf`."""

    kind: ClassVar[str] = "set"
    table: str
    parent_key: tuple[str, ...]
    column: str
    null_when: str | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """As `ListOf`, keyed by column `map_key`; without `order`, keys ascend."""

    kind: ClassVar[str] = "map"
    table: str
    parent_key: tuple[str, ...]
    map_key: str
    item: Item
    order: Columns = ()
    null_when: str | None = None


Item = Scalar | Json | Record | ListOf | SetOf | MapOf


@dataclass(frozen=True, slots=True)
class Field:
    """A named value of a document: `name` in Python, `json_name` in JSON."""

    name: str
    json_name: str
    value: Item = dataclasses.field(metadata={"flat": True})


@dataclass(frozen=True, slots=True)
class Document:
    """How a reader puts one view document back together; `key` are the root table's key columns."""

    key: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What a getter became: its tier, the `model.attribute`s that it reads, what forced the tier."""

    tier: str
    reads: tuple[str, ...]
    why: str | None


@dataclass(frozen=True, slots=True)
class View:
    """A view: its 1NF tables (the root's first), and the document that they make."""

    view_model: str
    collection: str
    root: str
    tables: tuple[ViewTable, ...]
    document: Document
    fields: Mapping[str, FieldInfo]

    def __post_init__(self) -> None:
        """Refuse a document that names tables or columns which do not exist."""
        if not self.tables or self.tables[0].parent is not None:
            raise ValueError(f"view `{self.collection}`: the first table must be the one without a parent")
        for field in self.document.fields:
            self._check(field.value, self.tables[0], field.name)

    def table(self, name: str) -> ViewTable:
        """Return the table called `name`; KeyError when the view has none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def _check(self, item: Item, table: ViewTable, where: str) -> None:
        columns = dict(table.columns)
        if item.null_when is not None:
            self._need(columns, (item.null_when,), table, where)
        match item:
            case Scalar() | Json():
                self._need(columns, (item.column,), table, where)
            case Record():
                for field in item.fields:
                    self._check(field.value, table, f"{where}.{field.name}")
            case ListOf() | SetOf() | MapOf():
                child = next((child for child in self.tables if child.name == item.table), None)
                if child is None or child.parent != table.name:
                    raise ValueError(f"field `{where}`: `{item.table}` is no child of table `{table.name}`")
                if len(item.parent_key) != len(table.key):
                    raise ValueError(f"field `{where}`: parent_key does not match the key of `{table.name}`")
                inside = [name for name in item.parent_key if name not in child.key]
                if inside:
                    raise ValueError(f"field `{where}`: parent_key {inside} is not in the key of `{child.name}`")
                if isinstance(item, SetOf):
                    self._need(dict(child.columns), (*item.parent_key, item.column), child, where)
                    return
                keyed = (item.map_key,) if isinstance(item, MapOf) else ()
                ordered = tuple(name for name, _ in item.order)
                self._need(dict(child.columns), (*item.parent_key, *keyed, *ordered), child, where)
                self._check(item.item, child, where)

    def _need(self, columns: Mapping[str, str], names: tuple[str, ...], table: ViewTable, where: str) -> None:
        for name in names:
            if name not in columns:
                raise ValueError(f"field `{where}`: table `{table.name}` has no column `{name}`")


@dataclass(frozen=True, slots=True)
class Method:
    """A domain method: where its commands arrive and what it takes, returns and calls."""

    model: str
    typename: str
    command_topic: str
    method: str
    params: Columns
    returns: str | None
    calls: tuple[str, ...]  # `Model.method` of other entities
    transactional: bool  # whether it may reach another entity
    read_only: bool = False
    tier: str = "W3"  # reaches no other entity (W1), a set that is known at once (W2), or finds them on its way (W3)
    prefetch: tuple[str, ...] = ()  # what it reaches however it goes: parameters, and relations as `self.users`
    changes: tuple[str, ...] | None = None  # collections in which it may change something; None: any


@dataclass(frozen=True, slots=True)
class Setter:
    """An attribute of a view that commands may set: where they arrive, and what its setter reaches.

    `prefetch` are relations of the view's root, as `self.users`.
    """

    view: str
    attribute: str
    model: str  # of the view's root
    typename: str
    command_topic: str
    collections: tuple[str, ...]  # of the entities that it meets, as far as its text tells
    calls: tuple[str, ...]  # `Model.method`
    transactional: bool  # whether it may reach another entity than the root
    read_only: bool = False
    tier: str = "W3"
    prefetch: tuple[str, ...] = ()
    changes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One statement set: the view (or error) tables that are filled by one Flink job."""

    name: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The whole manifest; `config` holds the `SET` lines of its jobs."""

    manifest_version: int
    app: str
    onto_version: str
    source_hash: str
    functions: tuple[Function, ...]
    sources: tuple[Source, ...]
    views: tuple[View, ...]
    methods: tuple[Method, ...]
    jobs: tuple[Job, ...]
    config: Mapping[str, str]
    error_table: ViewTable | None = None
    replies_topic: str = "replies"
    errors_topic: str = "errors"
    topic_prefix: str = ""  # as compiled into the SQL; the topics named here are without it
    requirements: tuple[str, ...] = ()  # packages that the functions' modules import, as pip spells them
    setters: tuple[Setter, ...] = ()

    def __post_init__(self) -> None:
        """Refuse tables that are declared twice or not filled by exactly one job."""
        names = [table.name for table in self.tables()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"tables {twice} are declared more than once")
        inserted = [name for job in self.jobs for name in job.tables]
        if sorted(inserted) != sorted(names):
            odd = sorted(set(names) ^ set(inserted)) or sorted({n for n in inserted if inserted.count(n) > 1})
            raise ValueError(f"each table belongs to exactly one job, but not {odd}")

    def tables(self) -> Iterator[ViewTable]:
        """Yield every table that a job fills: the views' in order, then the error table."""
        for view in self.views:
            yield from view.tables
        if self.error_table is not None:
            yield self.error_table

    def view(self, name: str) -> View:
        """Return the view with collection or class `name`; BundleError lists the names there are."""
        for view in self.views:
            if name in (view.collection, view.view_model):
                return view
        known = ", ".join(view.collection for view in self.views) or "none"
        raise errors.BundleError(f"no view `{name}` in {self.app} (views: {known})")


def show(bundle: Bundle) -> str:
    """Return the manifest's text: the same bundle gives the same bytes."""
    return json.dumps(plain.dump(bundle), indent=2, ensure_ascii=False) + "\n"


def read(folder: Path) -> Bundle:
    """Read the bundle in `folder`; BundleError when it is missing, corrupt or of a newer version."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise errors.BundleError(f"{path}: not found; `onto compile APP -o {folder}` writes it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise errors.BundleError(f"{path}: cannot be read ({error})") from error
    except json.JSONDecodeError as error:
        raise errors.BundleError(f"{path}:{error.lineno}: not JSON ({error.msg}); compile the app again") from error
    version = content.get("manifest_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > MANIFEST_VERSION:
        raise errors.BundleError(
            f"{path}: manifest version {version} is newer than this onto reads ({MANIFEST_VERSION}); "
            "upgrade onto or compile the app with this one"
        )
    if version != MANIFEST_VERSION:
        raise errors.BundleError(f"{path}: not an onto manifest (manifest_version is {version!r})")
    try:
        return plain.load(Bundle, content)
    except ValueError as error:
        raise errors.BundleError(f"{path}: {error}; compile the app again") from error


def write(bundle: Bundle, files: Mapping[str, str], folder: Path) -> None:
    """Write `bundle` and `files` (relative path → text) as `folder`, whole or not at all.

    An older bundle there is replaced. Everything is first written beside `folder`, then renamed into place.
    BundleError when `folder` holds something that is not a bundle, or cannot be written.
    """
    folder = folder.resolve()
    if not _replaceable(folder):
        raise errors.BundleError(f"{folder}: exists and is not a bundle; choose another folder with -o")
    fresh = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    try:
        _fill(fresh, {**files, MANIFEST: show(bundle)})
        _swap(fresh, folder)
    except OSError as error:
        raise errors.BundleError(f"{folder}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replaceable(folder: Path) -> bool:
    if not folder.exists() or (folder / MANIFEST).exists():
        return True
    return folder.is_dir() and not any(folder.iterdir())


def _fill(folder: Path, files: Mapping[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in sorted(files.items()):
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"{name!r} does not lie inside the bundle")
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))


def _swap(fresh: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    had_one = folder.exists()
    if had_one:
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if had_one:
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
