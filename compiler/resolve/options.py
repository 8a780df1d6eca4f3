"""Options of a class: `class Meta`, and the underscored spelling of the seed.

class Meta: collection_name = "users"        _collection_name = "users"
"""

from __future__ import annotations

from compiler import diagnostics, facts, syntax
from compiler.diagnostics import Log
from compiler.resolve import hierarchy

RESERVED = ("doc_id", "obj_type", "doc_ref")  # stored as they are, in every document

META = ("collection_name", "schema_cls", "case_conversion", "exclude", "import_only", "export_only")


def check(info: hierarchy.ClassInfo, log: Log) -> None:
    """Report options of the class's own `class Meta` that there are not."""
    meta = info.declared.inner("Meta")
    for one in () if meta is None else meta.members:
        if isinstance(one, facts.Assignment) and not one.name.startswith("_") and one.name not in META:
            hint = diagnostics.alternatives(one.name, META, "the options are")
            log.add("E209", one.span, f"`{info.name}.Meta` has no option `{one.name}`", hint=hint)


def option(info: hierarchy.ClassInfo, name: str) -> tuple[syntax.Expr, str] | None:
    """Return an option's expression and its module, from the nearest class that gives it."""
    for one in info.lineage:
        meta = one.declared.inner("Meta")
        for found in (None if meta is None else meta.value(name), one.declared.value(f"_{name}")):
            if found is not None and found.value is not None:
                return found.value, one.module
    return None


def is_converted(info: hierarchy.ClassInfo) -> bool:
    """Tell whether stored keys are camelCase."""
    found = option(info, "case_conversion")
    return found is None or not (isinstance(found[0], syntax.Literal) and found[0].value is False)


def excluded(info: hierarchy.ClassInfo) -> frozenset[str]:
    """Return the attributes that `Meta.exclude` keeps out of documents."""
    return _listed(info, "exclude") or frozenset()


def is_shown(info: hierarchy.ClassInfo, name: str) -> bool:
    """Tell whether `Meta.exclude` and `Meta.export_only` leave an attribute in a view's document."""
    only = _listed(info, "export_only")
    return name not in excluded(info) and (only is None or name in only)


def _listed(info: hierarchy.ClassInfo, name: str) -> frozenset[str] | None:
    found = option(info, name)
    if found is None or not isinstance(found[0], syntax.Tuple | syntax.List):
        return None
    return frozenset(
        one.value for one in found[0].items if isinstance(one, syntax.Literal) and isinstance(one.value, str)
    )


def json_name(info: hierarchy.ClassInfo, name: str, data_key: str | None) -> str:
    """Return the key of an attribute in documents."""
    if data_key is not None:
        return data_key
    if name in RESERVED or not is_converted(info):
        return name
    bare = name.lstrip("_")
    first, *rest = bare.split("_")
    return name[: len(name) - len(bare)] + first + "".join(part[:1].upper() + part[1:] for part in rest)
