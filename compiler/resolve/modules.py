"""What later passes may look up in a module: constants, functions, records, outside names.

RATE = Decimal("0.2")    →  Constant(Call(Name("Decimal"), …))
from math import floor   →  Imported("math.floor")
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler import facts, model, syntax
from compiler.resolve import bodies, constants, enums, hierarchy, hints, names


@dataclass(frozen=True, slots=True)
class Modules:
    """Makes the app's modules."""

    given: facts.Facts
    known: names.Names
    classes: hierarchy.Hierarchy
    types: hints.Types
    read: bodies.Bodies
    constants: constants.Constants

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
        value = self.constants.value(site)
        if value is not None:
            return model.Constant(value, site.module)
        source = "".join(one.source for one in site.assignments)
        return model.ProjectName("value", site.name, site.module, source, site.assignments[-1].span)

    def _class(self, site: names.ClassSite) -> model.Binding:
        info = self.classes.info(site)
        declared = site.declared
        if info is None or info.kind in ("plain", "schema"):
            return model.ProjectName("class", declared.name, site.module, declared.source, declared.span)
        if info.kind == "enum":
            found = enums.of(info)
            return (
                replace(found, methods=self.read.methods(info))
                if found is not None
                else model.ProjectName("enum", declared.name, site.module, declared.source, declared.span)
            )
        if info.kind in ("model", "store", "view"):
            return model.ModelClass(info.name)
        if info.kind == "aggregator":
            methods, layers = self.read.methods(info), self.read.layers(info)
            return model.RecordClass(info.name, (), "aggregator", methods, info.module, layers)
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
