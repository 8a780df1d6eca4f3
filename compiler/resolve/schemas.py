"""Attributes that a marshmallow schema declares for a model: `Meta.schema_cls` or `_schema_cls`.

class CitySchema(Schema):               class City(DomainModel):
    city_name = fields.Str()     →          city_name: str, stored as cityName
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import diagnostics, dtypes, facts, syntax
from compiler.diagnostics import Log
from compiler.resolve import bodies, hierarchy, names, spellings

_TYPES: dict[str, dtypes.Type] = {
    "Raw": dtypes.JSON, "Str": dtypes.STR, "String": dtypes.STR, "Email": dtypes.STR, "Url": dtypes.STR,
    "URL": dtypes.STR, "UUID": dtypes.STR, "Integer": dtypes.INT, "Int": dtypes.INT, "Float": dtypes.FLOAT,
    "Boolean": dtypes.BOOL, "Bool": dtypes.BOOL, "Decimal": dtypes.DECIMAL, "DateTime": dtypes.DATETIME,
    "AwareDateTime": dtypes.DATETIME, "NaiveDateTime": dtypes.LOCAL_DATETIME,
    "Localtime": dtypes.LOCAL_DATETIME,
    "Date": dtypes.DATE, "TimeDelta": dtypes.TIMEDELTA, "StructuralRef": dtypes.STR, "Function": dtypes.JSON,
}  # fmt: skip


_HOMES = ("onto", "marshmallow")


@dataclass(frozen=True, slots=True)
class Schemas:
    """Reads the schemas of the project's models."""

    known: names.Names
    classes: hierarchy.Hierarchy
    spelt: spellings.Spellings
    log: Log

    def own(self, info: hierarchy.ClassInfo) -> dict[str, bodies.Declared]:
        """Return what the class's own schema declares, the schema's bases included."""
        written = _schema_of(info.declared)
        schema = None if written is None else self._class(info.module, written)
        return {} if schema is None else self._fields(schema)

    def _class(self, module: str, written: syntax.Expr) -> hierarchy.ClassInfo | None:
        site = self.known.find_expr(module, written)
        if isinstance(site, names.ClassSite):
            return self.classes.info(site)
        self.log.add("E214", written.span, f"schema `{syntax.show(written)}` is not a class of the project")
        return None

    def _fields(self, schema: hierarchy.ClassInfo) -> dict[str, bodies.Declared]:
        found: dict[str, bodies.Declared] = {}
        for one in reversed(schema.lineage):
            for member in one.declared.members:
                if isinstance(member, facts.Assignment) and isinstance(member.value, syntax.Call):
                    spelling = self._field(one.module, member.value)
                    if spelling is not None:
                        found[member.name] = bodies.Declared(member.name, one.module, spelling, None, member.span)
        return found

    def _field(self, module: str, call: syntax.Call) -> spellings.Spelling | None:
        name = self._field_name(self.known.find_expr(module, call.func))
        if name is None:
            return None
        keywords = dict(call.keywords)
        relation = None
        if name in ("Relationship", "Relation"):
            written = call.args[0] if call.args else keywords.get("dm_cls")
            relation = self.spelt.model(module, written, "related model")
            kind: dtypes.Type = dtypes.STR
        else:
            kind = self._type(module, name, call, keywords)
        if _is_true(keywords.get("many")):
            kind = dtypes.ListOf(kind)
        shown = not _is_true(keywords.get("load_only"))
        key = keywords.get("data_key")
        data_key = key.value if isinstance(key, syntax.Literal) and isinstance(key.value, str) else None
        return spellings.Spelling(kind, relation=relation, data_key=data_key, exports=shown)

    def _field_name(self, site: names.Site | None) -> str | None:
        """Return the name of a field's class; of a class of the project, that of the field it derives from."""
        info = self.classes.info(site) if isinstance(site, names.ClassSite) else None
        candidates = info.outside if info is not None else (names.qualified(site) or "",)
        return next((one.rpartition(".")[2] for one in candidates if one.split(".")[0] in _HOMES), None)

    def _type(self, module: str, name: str, call: syntax.Call, keywords: dict[str | None, syntax.Expr]) -> dtypes.Type:
        if name == "List":
            return dtypes.ListOf(self._inner(module, call.args[0] if call.args else keywords.get("cls_or_instance")))
        if name == "Dict":
            return dtypes.DictOf(dtypes.STR, self._inner(module, keywords.get("values")))
        if name == "Enum":
            return self.spelt.type_of(module, call.args[0] if call.args else keywords.get("enum"))
        embedded = call.args[0] if call.args else keywords.get("of")
        if name == "Embedded" and embedded is not None and not self._is_schema(module, embedded):
            return self.spelt.type_of(module, embedded)
        if name in ("Nested", "Embedded") and call.args:
            schema = self._class(module, call.args[0])
            fields = {} if schema is None else self._fields(schema)
            return dtypes.Record(tuple((one.name, one.held or dtypes.JSON) for one in fields.values()))
        if name not in _TYPES:
            hint = diagnostics.alternatives(name, (*_TYPES, "List", "Dict", "Nested"), "fields:")
            self.log.add("W215", call.span, f"field `{name}` is not known, so it is raw JSON", hint=hint)
        return _TYPES.get(name, dtypes.JSON)

    def _is_schema(self, module: str, written: syntax.Expr) -> bool:
        site = self.known.find_expr(module, written)
        info = self.classes.info(site) if isinstance(site, names.ClassSite) else None
        return info is not None and info.kind == "schema"

    def _inner(self, module: str, written: syntax.Expr | None) -> dtypes.Type:
        call = syntax.Call(written, ()) if isinstance(written, syntax.Attribute | syntax.Name) else written
        inner = self._field(module, call) if isinstance(call, syntax.Call) else None
        return dtypes.JSON if inner is None else inner.type or dtypes.JSON


def _schema_of(declared: facts.Class) -> syntax.Expr | None:
    meta = declared.inner("Meta")
    for found in (None if meta is None else meta.value("schema_cls"), declared.value("_schema_cls")):
        if found is not None and found.value is not None:
            return found.value
    return None


def _is_true(written: syntax.Expr | None) -> bool:
    return isinstance(written, syntax.Literal) and written.value is True
