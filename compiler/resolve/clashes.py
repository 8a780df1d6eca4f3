"""Names that two things of an app would share: classes, collections, stored keys, columns.

two views of collection "sessions"  →  E241 views `A` and `B` both write the collection `sessions`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from compiler import dtypes, model
from compiler.diagnostics import Log, Span
from compiler.resolve import hierarchy


def check_classes(infos: Sequence[hierarchy.ClassInfo], what: str, log: Log) -> None:
    """Report classes of one kind that share a name: documents and bundles know classes by name alone."""
    first: dict[str, hierarchy.ClassInfo] = {}
    for info in infos:
        before = first.setdefault(info.name, info)
        if before is not info:
            place = before.declared.span
            message = f"{what} `{info.name}` is declared in `{before.module}` too"
            log.add(
                "E242",
                info.declared.span,
                message,
                hint=f"rename one; the other is {place.file}:{place.line}",
            )


def check_models(models: Mapping[str, model.DomainModel], log: Log) -> None:
    """Report stored keys of one collection with two attributes or two types."""
    by_collection: dict[str, dict[str, tuple[str, model.StoredAttribute]]] = {}
    for one in models.values():
        keys = by_collection.setdefault(one.collection, {})
        for attribute in one.stored:
            owner, before = keys.setdefault(attribute.json_name, (one.name, attribute))
            if before.name != attribute.name:
                both = f"`{one.name}.{attribute.name}` and `{owner}.{before.name}`"
                message = f"{both} are both stored as `{attribute.json_name}`"
                _once(log, "E243", attribute.span, message, "rename one, or give it a data_key")
            elif before.type != attribute.type:
                message = (
                    f"`{one.name}.{attribute.name}` is {dtypes.show(attribute.type)}, "
                    f"but `{owner}.{before.name}` in the same collection is {dtypes.show(before.type)}"
                )
                _once(
                    log,
                    "E244",
                    attribute.span,
                    message,
                    "one collection is one table: give both the same type",
                )


def check_views(views: Mapping[str, model.ViewModel], models: Mapping[str, model.DomainModel], log: Log) -> None:
    """Report views whose collections, child tables or keys clash."""
    stored = {one.collection: one.name for one in models.values()}
    first: dict[str, model.ViewModel] = {}
    for view in views.values():
        before = first.setdefault(view.collection, view)
        if before is not view:
            message = f"views `{before.name}` and `{view.name}` both write the collection `{view.collection}`"
            log.add("E241", view.span, message, hint="give one its own Meta.collection_name")
        if view.collection in stored:
            owner = f"`{view.collection}` of the model `{stored[view.collection]}`"
            message = f"view `{view.name}` writes the collection {owner}"
            log.add("E241", view.span, message, hint="give the view its own Meta.collection_name")
        _check_keys(view, log)
    for view in first.values():
        _check_tables(view, first, stored, log)


def _check_keys(view: model.ViewModel, log: Log) -> None:
    keys: dict[str, model.ViewAttribute] = {}
    for attribute in view.attributes:
        before = keys.setdefault(attribute.json_name, attribute)
        if before is not attribute:
            both = f"`{view.name}.{attribute.name}` and `{before.name}`"
            message = f"{both} are both written as `{attribute.json_name}`"
            _once(log, "E243", attribute.span, message, "rename one, or give it a data_key")
    names = {attribute.name: attribute for attribute in view.attributes}
    for attribute in view.attributes:
        helper = names.get(f"{attribute.name}__null")
        if helper is not None:
            message = f"`{view.name}.{helper.name}` has the name of a column that onto adds for `{attribute.name}`"
            _once(log, "E243", helper.span, message, "rename it")


def _check_tables(view: model.ViewModel, views: Iterable[str], stored: Mapping[str, str], log: Log) -> None:
    taken = {*views, *stored}
    for attribute in view.attributes:
        table = f"{view.collection}__{attribute.name}"
        if table in taken:
            message = f"the child table `{table}` of `{view.name}.{attribute.name}` has the name of a collection"
            _once(log, "E241", attribute.span, message, "rename the attribute or the collection")


def _once(log: Log, code: str, span: Span, message: str, hint: str) -> None:
    # Subclasses inherit a clash; one report where it is declared is enough.
    if not any(one.code == code and one.span == span for one in log.found):
        log.add(code, span, message, hint=hint)
