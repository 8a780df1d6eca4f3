"""Plan and SQL to the bundle's manifest: what jobs, tools and readers go by.

FieldNode("attending", …, kind="list", table="meeting_sessions__attending")  →  Field("attending", …, ListOf(…))
"""

from __future__ import annotations

from compiler import emit_sql, model, plan
from onto import bundle


def manifest(
    app: model.App,
    made: plan.Plan,
    sql: emit_sql.Emitted,
    methods: tuple[bundle.Method, ...],
    setters: tuple[bundle.Setter, ...],
    version: str,
    prefix: str,
    requirements: tuple[str, ...],
) -> bundle.Bundle:
    """Return the bundle of an app; the manifest names topics without the `prefix` that its SQL has."""
    tables = tuple(one.name for one in sql.tables())
    getters = {one.name: f"{one.view}.{one.field}" for view in made.views for one in view.functions}
    jobs = (bundle.Job(_job_name(app), tables),) if tables else ()
    return bundle.Bundle(
        bundle.MANIFEST_VERSION, app.name, version, app.source_hash,
        tuple(
            bundle.Function(one.name, one.ddl, f"udfs/{one.module.replace('.', '/')}.py", getters[one.name])
            for one in sql.functions
        ),
        tuple(
            bundle.Source(
                one.name, one.model, one.topic.removeprefix(prefix), one.columns, one.json_names, one.key, one.ddl,
                one.format,
            )
            for one in sql.sources
        ),
        tuple(_view(one, texts, prefix) for one, texts in zip(made.views, sql.views, strict=True)),
        methods, jobs, sql.config, None if sql.errors is None else _table(sql.errors, prefix),
        f"{_job_name(app)}-replies", f"{_job_name(app)}-errors", topic_prefix=prefix,
        requirements=requirements if sql.functions else (), setters=setters,
    )  # fmt: skip


def _job_name(app: model.App) -> str:
    return app.name.rpartition(".")[2]


def _view(one: plan.View, texts: emit_sql.ViewSql, prefix: str) -> bundle.View:
    fields = {
        info.name: bundle.FieldInfo(info.tier, info.reads, "; ".join(why.message for why in info.why) or None)
        for info in one.fields
    }
    document = bundle.Document(one.tables[0].key, tuple(_field(node) for node in one.document))
    return bundle.View(
        one.view_model,
        one.collection,
        one.root,
        tuple(_table(table, prefix) for table in texts.tables),
        document,
        fields,
    )


def _table(one: emit_sql.TableSql, prefix: str) -> bundle.ViewTable:
    return bundle.ViewTable(
        one.name, one.topic.removeprefix(prefix), one.parent, one.columns, one.key, one.ddl, one.query
    )


def _field(node: plan.FieldNode) -> bundle.Field:
    return bundle.Field(node.name, node.json_name, _item(node))


def _item(node: plan.FieldNode) -> bundle.Item:
    if node.kind in ("scalar", "json"):
        assert node.column is not None
        simple = bundle.Json if node.kind == "json" else bundle.Scalar
        return simple(node.column, node.null_when)
    if node.kind == "record":
        return bundle.Record(tuple(_field(one) for one in node.fields), node.null_when)
    assert node.table is not None
    assert node.item is not None
    if node.kind == "set":
        assert node.item.column is not None
        return bundle.SetOf(node.table, node.parent_key, node.item.column, node.null_when)
    if node.kind == "map":
        assert node.map_key is not None
        return bundle.MapOf(node.table, node.parent_key, node.map_key, _item(node.item), node.order, node.null_when)
    return bundle.ListOf(node.table, node.parent_key, node.order, _item(node.item), node.null_when)
