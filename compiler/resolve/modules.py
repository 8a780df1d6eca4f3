"""What later passes may look up in a module: constants, functions, records, outside names.

RATE = Decimal("0.2")    →  Constant(Call(Name("Decimal"), …))
from math import floor   →  Imported("math.floor")
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from compiler import facts, model, syntax
from compiler.resolve import bodies, hierarchy, hints, names

# Calls whose result depends on their arguments alone, so that a name for it is a constant.
_MAKERS = frozenset({
    "decimal.Decimal", "datetime.timedelta", "datetime.date", "datetime.datetime", "builtins.frozenset",
    "builtins.tuple", "builtins.list", "builtins.dict", "builtins.set", "builtins.str", "builtins.int",
    "builtins.float", "builtins.bool", "types.MappingProxyType",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Modules:
    """Makes the app's modules."""

    given: facts.Facts
    known: names.Names
    classes: hierarchy.Hierarchy
    types: hints.Types
    read: bodies.Bodies

    def all(self) -> dict[str, model.Module]:
        """Return every module with its bindings."""
        return {one.name: self._module(one) for one in self.given.modules.values()}

    def _module(self, one: facts.Module) -> model.Module:
        bound: dict[str, model.Binding] = {}
        for name in self.known.all_names(one.name):
            binding = self._binding(name, self.known.find(one.name, name))
            if binding is not None:
                bound[name] = binding
        return model.Module(one.name, one.path, bound, one.source)

    def _binding(self, name: str, site: names.Site | None) -> model.Binding | None:
        match site:
            case names.Outside(qualified=qualified):
                return model.Imported(qualified)
            case names.ModuleSite(module=module):
                return model.ProjectModule(module)
            case names.Missing():
                return model.Imported(name)  # it exists, as far as anybody can tell
            case names.FunctionSite():
                return _function(site.definition)
            case names.ValueSite():
                return self._value(site)
            case names.ClassSite():
                return self._class(site)
        return None

    def _value(self, site: names.ValueSite) -> model.Binding:
        value = site.assignments[-1].value
        rebound = len(site.assignments) > 1 or site.name in self.given.modules[site.module].globals
        if value is not None and not rebound and self._is_constant(site.module, value, (site.name,)):
            return model.Constant(value, site.module)
        source = "".join(one.source for one in site.assignments)
        return model.ProjectName("value", site.name, site.module, source, site.assignments[-1].span)

    def _is_constant(self, module: str, value: syntax.Expr, open_names: tuple[str, ...]) -> bool:
        match value:
            case syntax.Call():
                found = names.qualified(self.known.find_expr(module, value.func))
                arguments = (*value.args, *(one for _, one in value.keywords))
                return found in _MAKERS and self._are_constant(module, arguments, open_names)
            case syntax.Name() | syntax.Attribute():
                return self._is_constant_name(module, value, open_names)
            case syntax.Dict(items=items):
                parts = [part for entry in items for part in entry]
                return None not in parts and self._are_constant(module, [one for one in parts if one], open_names)
            case syntax.Tuple(items=items) | syntax.List(items=items) | syntax.Set(items=items):
                return self._are_constant(module, items, open_names)
            case syntax.Unary(value=inner):
                return self._is_constant(module, inner, open_names)
            case syntax.Binary(left=left, right=right):
                return self._are_constant(module, (left, right), open_names)
        return isinstance(value, syntax.Literal)

    def _are_constant(self, module: str, values: Iterable[syntax.Expr], open_names: tuple[str, ...]) -> bool:
        return all(self._is_constant(module, one, open_names) for one in values)

    def _is_constant_name(
        self, module: str, value: syntax.Name | syntax.Attribute, open_names: tuple[str, ...]
    ) -> bool:
        site = self.known.find_expr(module, value)
        if isinstance(site, names.Outside):
            return site.qualified in ("math.pi", "math.e", "datetime.UTC", "datetime.timezone.utc")
        if not isinstance(site, names.ValueSite) or site.name in open_names:
            return False
        inner = site.assignments[-1].value
        once = len(site.assignments) == 1 and inner is not None
        # A constant's own names are looked up in one module, its home.
        return (
            once
            and inner is not None
            and site.module == module
            and (self._is_constant(module, inner, (*open_names, site.name)))
        )

    def _class(self, site: names.ClassSite) -> model.Binding:
        info = self.classes.info(site)
        declared = site.declared
        if info is None or info.kind in ("plain", "schema"):
            return model.ProjectName("class", declared.name, site.module, declared.source, declared.span)
        if info.kind == "enum":
            return model.ProjectName("enum", declared.name, site.module, declared.source, declared.span)
        if info.kind in ("model", "store", "view"):
            return model.ModelClass(info.name)
        return self._record(info)

    def _record(self, info: hierarchy.ClassInfo) -> model.RecordClass:
        defaults = {
            member.name: member.value
            for one in reversed(info.lineage)
            for member in one.declared.members
            if isinstance(member, facts.Assignment) and member.annotation is not None
        }
        types = self.types.record(info).fields
        attributes = info.kind == "embedded"  # its values are spellings, not defaults; all may be left out
        none = syntax.Literal(None)
        fields = tuple((name, kind, none if attributes else defaults.get(name)) for name, kind in types)
        kinds = {"dataclass": "dataclass", "namedtuple": "namedtuple", "typeddict": "typeddict"}
        return model.RecordClass(
            name=info.name,
            fields=fields,
            kind=kinds.get(info.kind, "embedded"),  # type: ignore[arg-type]  # a key is its own value
            methods=self.read.methods(info),
            module=info.module,
        )


def _function(definition: facts.Definition) -> syntax.Function:
    if not definition.decorators:
        return definition.function
    strange = definition.decorators[0]
    reason = f"decorator `{syntax.show(strange)}`"
    return replace(definition.function, body=(syntax.OpaqueStmt(reason, strange.span),))
