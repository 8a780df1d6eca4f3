"""Plan to Flink SQL: the tables that are read and filled, the queries between them, and the files that hold them.

emit_query(Project(Scan("meetings", "m", …), …))  →  SELECT `m`.`doc_id`, … FROM `meetings` AS `m`
emit(plan, app, Settings()).files()               →  {"sql/10_sources.sql": "CREATE TABLE `meetings` …", …}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from compiler import dtypes, emit_ddl, emit_relations, flink_sql, ir, model, plan
from compiler.emit_ddl import Settings

__all__ = ["Emitted", "FunctionSql", "Settings", "SourceSql", "TableSql", "ViewSql", "emit", "emit_query"]

Columns = tuple[tuple[str, str], ...]  # (name, Flink type), in order

ERROR_COLUMNS: tuple[plan.TableColumn, ...] = tuple(
    plan.TableColumn(name, dtypes.STR) for name in ("view", "key", "field", "exception", "message")
)
ERROR_KEY = ("view", "key", "field")


@dataclass(frozen=True, slots=True)
class FunctionSql:
    """A Python function: its name in SQL, its statement, its module."""

    name: str
    ddl: str
    module: str


@dataclass(frozen=True, slots=True)
class SourceSql:
    """A collection as a table; `columns` hold Python names, `json_names` those stored otherwise."""

    name: str
    model: str
    topic: str
    columns: Columns
    json_names: Mapping[str, str]
    key: tuple[str, ...]
    ddl: str
    format: emit_ddl.Format


@dataclass(frozen=True, slots=True)
class TableSql:
    """A 1NF table: its statement, its query, and the INSERT that joins them."""

    name: str
    topic: str
    parent: str | None
    columns: Columns
    key: tuple[str, ...]
    ddl: str
    query: str
    insert: str


@dataclass(frozen=True, slots=True)
class ViewSql:
    """The tables of a view, the root's first."""

    view_model: str
    tables: tuple[TableSql, ...]


@dataclass(frozen=True, slots=True)
class Emitted:
    """All SQL of an app."""

    app: str
    functions: tuple[FunctionSql, ...]
    sources: tuple[SourceSql, ...]
    views: tuple[ViewSql, ...]
    errors: TableSql | None
    config: Mapping[str, str]

    def tables(self) -> Iterator[TableSql]:
        """Yield every table that the job fills, the error table last."""
        for view in self.views:
            yield from view.tables
        if self.errors is not None:
            yield self.errors

    def files(self) -> dict[str, str]:
        """Return the texts of `sql/`, by path; they run in the order of their names."""
        settings = [emit_ddl.set_line(option, value) for option, value in self.config.items()]
        inserts = emit_ddl.statement_set(table.insert for table in self.tables())
        return {
            "sql/00_functions.sql": _script(one.ddl for one in self.functions),
            "sql/10_sources.sql": _script(one.ddl for one in self.sources),
            "sql/20_views.sql": _script(one.ddl for one in self.tables()),
            "sql/30_jobs.sql": _script((*settings, inserts)),
        }


def _script(statements: Iterator[str] | tuple[str, ...]) -> str:
    return "".join(f"{one};\n\n" for one in statements).rstrip("\n") + "\n"


def emit_query(relation: plan.Relation, stored: emit_relations.StoredNames | None = None) -> str:
    """Return the SELECT of a relation, pretty-printed."""
    return flink_sql.text(emit_relations.query(relation, stored or {}))


def emit(made: plan.Plan, app: model.App, settings: Settings) -> Emitted:
    """Return the SQL of an app's plan."""
    stored = stored_names(app)
    errors = _errors(made)
    functions = {one.name: one for view in made.views for one in view.functions}
    return Emitted(
        app.name,
        tuple(_function(one) for one in functions.values()),
        _sources(made, app, stored, settings),
        tuple(
            ViewSql(view.view_model, tuple(_table(table, stored, settings) for table in view.tables))
            for view in made.views
        ),
        None if errors is None else _table(_error_table(app, errors), stored, settings),
        emit_ddl.configuration(
            settings,
            app.name,
            stateful=any(_is_stateful(table.query) for view in made.views for table in view.tables),
            python=bool(functions),
        ),
    )


def _is_stateful(relation: plan.Relation) -> bool:
    match relation:
        case plan.Scan():
            return False
        case plan.Unnest() | plan.Filter() | plan.Project():
            return _is_stateful(relation.input)
        case plan.Union():
            return any(_is_stateful(one) for one in relation.inputs)
        case plan.Join() | plan.Group() | plan.TopN():
            return True
    assert_never(relation)


def _function(one: plan.PyFunction) -> FunctionSql:
    return FunctionSql(one.name, emit_ddl.function(one.name, f"{one.module}.{one.name}"), one.module)


def _table(table: plan.Table, stored: emit_relations.StoredNames, settings: Settings) -> TableSql:
    columns = tuple((one.name, one.type) for one in table.columns)
    tree = emit_relations.query(table.query, stored)
    text = flink_sql.text(tree.copy())
    return TableSql(
        table.name,
        settings.topic(table.name),
        table.parent,
        _typed(columns),
        table.key,
        emit_ddl.view_table(table.name, columns, table.key, settings),
        text,
        emit_ddl.insert(table.name, tuple(name for name, _ in columns), tree),
    )


def _typed(columns: emit_ddl.Columns) -> Columns:
    return tuple((name, flink_sql.text(flink_sql.data_type(of))) for name, of in columns)


# ---------------------------------------------------------------- errors


def error_table_name(app: model.App) -> str:
    """Return the name of the app's error table (and topic, before the prefix)."""
    return f"{app.name.rpartition('.')[2]}-errors"


def _error_table(app: model.App, query: plan.Relation) -> plan.Table:
    return plan.Table(error_table_name(app), None, ERROR_COLUMNS, ERROR_KEY, query)


def _errors(made: plan.Plan) -> plan.Relation | None:
    """Return the errors of all views; several are grouped again, since UNION ALL has no key of its own."""
    found = [one.errors for one in made.views if one.errors is not None]
    if len(found) < 2:
        return found[0] if found else None
    alias = "errors"
    branches = tuple(_as_project(one) for one in found)

    def column(one: plan.TableColumn) -> ir.Expr:
        return ir.Column(alias, one.name, dtypes.STR)

    keys = tuple((one.name, column(one)) for one in ERROR_COLUMNS if one.name in ERROR_KEY)
    rest = tuple((one.name, plan.Agg("first_error", column(one))) for one in ERROR_COLUMNS if one.name not in ERROR_KEY)
    return plan.Group(plan.Union(branches, alias), keys, rest, alias)


def _as_project(one: plan.Relation) -> plan.Project:
    if isinstance(one, plan.Project):
        return one
    assert isinstance(one, plan.Group | plan.Union | plan.TopN)
    return plan.Project(one, emit_relations.passed(one), one.alias)


# ---------------------------------------------------------------- sources


def stored_names(app: model.App) -> dict[str, dict[str, str]]:
    """Return, per collection, the stored keys of the attributes whose name in Python differs."""
    names: dict[str, dict[str, str]] = {}
    for one in app.models.values():
        here = names.setdefault(one.collection, {})
        for attribute in one.stored:
            if attribute.json_name != attribute.name:
                here.setdefault(attribute.name, attribute.json_name)
    return names


def _sources(
    made: plan.Plan, app: model.App, stored: emit_relations.StoredNames, settings: Settings
) -> tuple[SourceSql, ...]:
    read: dict[str, set[str]] = {}
    for view in made.views:
        relations = [table.query for table in view.tables] + ([view.errors] if view.errors is not None else [])
        for relation in relations:
            for scan in scans(relation):
                extra = {"doc_id", "obj_type"} if scan.models else {"doc_id"}
                read.setdefault(scan.collection, set()).update(scan.columns, extra)
    return tuple(_source(name, columns, app, stored.get(name, {}), settings) for name, columns in sorted(read.items()))


def _source(name: str, read: set[str], app: model.App, json_names: Mapping[str, str], settings: Settings) -> SourceSql:
    models = [one for one in app.models.values() if one.collection == name]
    types = {"doc_id": dtypes.STR, "obj_type": dtypes.STR, "doc_ref": dtypes.STR} | {
        attribute.name: attribute.type for one in reversed(models) for attribute in one.stored
    }
    ordered = ["doc_id", *(column for column in types if column in read and column != "doc_id")]
    columns = tuple((column, types[column]) for column in ordered)
    physical = tuple((json_names.get(column, column), of) for column, of in columns)
    return SourceSql(
        name,
        models[0].name,
        settings.topic(name),
        _typed(columns),
        {column: json_names[column] for column in ordered if column in json_names},
        ("doc_id",),
        emit_ddl.source_table(name, physical, settings),
        settings.formats.get(name, "debezium-json"),
    )


def scans(relation: plan.Relation) -> Iterator[plan.Scan]:
    """Yield the scans of a relation."""
    match relation:
        case plan.Scan():
            yield relation
        case plan.Join(left, right):
            yield from scans(left)
            yield from scans(right)
        case plan.Union(inputs=inputs):
            for one in inputs:
                yield from scans(one)
        case plan.Unnest() | plan.Filter() | plan.Project() | plan.Group() | plan.TopN():
            yield from scans(relation.input)
