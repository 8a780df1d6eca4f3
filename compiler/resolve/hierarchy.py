"""The project's classes: what kind each is, and Python's method resolution order over its bases.

class StandardCity(City): …  →  ClassInfo("StandardCity", kind="model", lineage=(StandardCity, City))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from compiler import diagnostics, facts, syntax
from compiler.diagnostics import Log
from compiler.resolve import names

Kind = Literal[
    "model",
    "store",
    "view",
    "schema",
    "embedded",
    "aggregator",
    "dataclass",
    "namedtuple",
    "typeddict",
    "enum",
    "plain",
]

RECORD_KINDS = ("embedded", "dataclass", "namedtuple", "typeddict")

_KINDS_OF_ONTO: dict[str, Kind] = {
    "DomainModel": "model", "ClsFactory": "model", "ViewModel": "view", "Store": "store", "Schema": "schema",
    "Embedded": "embedded", "Serializable": "embedded", "Aggregator": "aggregator",
}  # fmt: skip

_KINDS_OUTSIDE: dict[str, Kind] = {
    "typing.NamedTuple": "namedtuple", "typing.TypedDict": "typeddict",
    "typing_extensions.NamedTuple": "namedtuple", "typing_extensions.TypedDict": "typeddict",
    "marshmallow.Schema": "schema", "enum.Enum": "enum", "enum.IntEnum": "enum", "enum.StrEnum": "enum",
    "enum.Flag": "enum",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A class of the project; `lineage` is itself and its project bases in Python's order."""

    name: str
    module: str
    kind: Kind
    declared: facts.Class = field(repr=False, compare=False)
    bases: tuple[ClassInfo, ...] = field(repr=False, compare=False)  # all project bases, nearest first
    outside: tuple[str, ...] = ()  # bases from outside the project, own and inherited

    @property
    def lineage(self) -> tuple[ClassInfo, ...]:
        """Return the class and its project bases, nearest first."""
        return (self, *self.bases)

    def is_a(self, other: ClassInfo) -> bool:
        """Tell whether the class is the other or derives from it."""
        return other in self.lineage


class Hierarchy:
    """Every class of the project by its place."""

    def __init__(self, known: names.Names, log: Log) -> None:
        """Start empty; classes are looked at when asked for."""
        self._names = known
        self._log = log
        self._infos: dict[tuple[str, str, int], ClassInfo | None] = {}

    def info(self, site: names.ClassSite) -> ClassInfo | None:
        """Return what is known of a class; None while it is among its own bases (which is reported)."""
        key = (site.module, site.declared.name, site.declared.span.line)
        if key not in self._infos:
            self._infos[key] = None
            self._infos[key] = self._make(site)
        return self._infos[key]

    def top_level(self, given: facts.Facts) -> Iterator[ClassInfo]:
        """Yield the module-level classes in source order; of a class declared again, the last."""
        for module, declared in given.classes():
            site = self._names.find(module.name, declared.name)
            if isinstance(site, names.ClassSite) and site.declared is declared:
                info = self.info(site)
                if info is not None:
                    yield info

    def _make(self, site: names.ClassSite) -> ClassInfo:
        parents: list[ClassInfo] = []
        outside: list[str] = []
        for written in site.declared.bases:
            base = written.value if isinstance(written, syntax.Subscript) else written
            found = self._names.find_expr(site.module, base)
            match found:
                case names.ClassSite():
                    parent = self.info(found)
                    if parent is None:
                        self._log.add("E202", base.span, f"`{site.declared.name}` is among its own bases")
                    else:
                        parents.append(parent)
                case names.Outside(qualified=qualified):
                    outside.append(qualified)
                case None if isinstance(base, syntax.Name | syntax.Attribute):
                    self._unknown(site, base)
        bases = _merge([list(one.lineage) for one in parents] + [parents])
        if bases is None:
            name = site.declared.name
            self._log.add("E202", site.declared.span, f"the bases of `{name}` have no consistent order")
            bases = parents
        outside.extend(one for base in bases for one in base.outside)
        kind = self._kind(site, bases, outside)
        return ClassInfo(site.declared.name, site.module, kind, site.declared, tuple(bases), tuple(outside))

    def _unknown(self, site: names.ClassSite, base: syntax.Expr) -> None:
        written = syntax.show(base)
        if self._names.is_certain(site.module):
            hint = diagnostics.alternatives(written, self._names.all_names(site.module), "names here:")
            self._log.add("E201", base.span, f"base `{written}` of `{site.declared.name}` is not defined", hint=hint)

    def _kind(self, site: names.ClassSite, bases: list[ClassInfo], outside: list[str]) -> Kind:
        for base in outside:
            root, _, last = base.rpartition(".")
            if root.split(".")[0] == "onto" and last in _KINDS_OF_ONTO:
                return _KINDS_OF_ONTO[last]
            if base in _KINDS_OUTSIDE:
                return _KINDS_OUTSIDE[base]
        if any(base.kind == "dataclass" for base in bases):
            return "dataclass"
        for decorator in site.declared.decorators:
            written = decorator.func if isinstance(decorator, syntax.Call) else decorator
            if names.qualified(self._names.find_expr(site.module, written)) == "dataclasses.dataclass":
                return "dataclass"
        return "plain"


def _merge(sequences: list[list[ClassInfo]]) -> list[ClassInfo] | None:
    """Merge linearizations as Python does (C3); None when they contradict each other."""
    merged: list[ClassInfo] = []
    waiting = [list(one) for one in sequences if one]
    while waiting:
        for candidate in (one[0] for one in waiting):
            if not any(candidate in other[1:] for other in waiting):
                break
        else:
            return None
        merged.append(candidate)
        waiting = [[one for one in rest if one != candidate] for rest in waiting]
        waiting = [rest for rest in waiting if rest]
    return merged
