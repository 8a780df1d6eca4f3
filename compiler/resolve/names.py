"""What a name means in a module: follows imports to a class, function or value, or out of the project.

names.find("examples.shop.views", "Order")  →  ClassSite("examples.shop.models", Class("Order", …))
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from compiler import facts, syntax

BUILTINS = frozenset(dir(builtins)) | {"__file__", "__doc__", "__builtins__", "__spec__", "__path__"}


@dataclass(frozen=True, slots=True)
class ClassSite:
    """A class of the project."""

    module: str
    declared: facts.Class


@dataclass(frozen=True, slots=True)
class FunctionSite:
    """A module-level function of the project."""

    module: str
    definition: facts.Definition


@dataclass(frozen=True, slots=True)
class ValueSite:
    """A module-level name that assignments bind, in source order."""

    module: str
    name: str
    assignments: tuple[facts.Assignment, ...]


@dataclass(frozen=True, slots=True)
class ModuleSite:
    """A module of the project."""

    module: str


@dataclass(frozen=True, slots=True)
class Outside:
    """A name from outside the project, or a builtin (`builtins.str`)."""

    qualified: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A name whose import fails or whose file could not be read: reported once, where that happens."""


Site = ClassSite | FunctionSite | ValueSite | ModuleSite | Outside | Missing


class Names:
    """The module-level names of the project's modules."""

    def __init__(self, given: facts.Facts) -> None:
        """Index the modules; nothing is followed yet."""
        self._modules = given.modules
        self._broken = given.broken
        self._own: dict[str, dict[str, list[facts.Member]]] = {}
        self._stars: dict[str, list[facts.Import]] = {}
        self._found: dict[tuple[str, str], Site | None] = {}
        for module in given.modules.values():
            self._index(module)

    def find(self, module: str, name: str) -> Site | None:
        """Return what the name is bound to in the module, builtins included; None when nothing binds it."""
        site = self._in_module(module, name)
        if site is None and name in BUILTINS:
            return Outside(f"builtins.{name}")
        return site

    def find_expr(self, module: str, expr: syntax.Expr) -> Site | None:
        """Return what a name or a dotted name such as `models.User` is bound to."""
        if isinstance(expr, syntax.Name):
            return self.find(module, expr.id)
        if not isinstance(expr, syntax.Attribute):
            return None
        below = self.find_expr(module, expr.value)
        match below:
            case ModuleSite(module=inner):
                submodule = f"{inner}.{expr.name}"
                found = self._in_module(inner, expr.name)
                if found is None and submodule in self._broken:
                    return Missing()
                return found or (ModuleSite(submodule) if submodule in self._modules else None)
            case Missing():
                return below
            case Outside(qualified=qualified):
                return Outside(f"{qualified}.{expr.name}")
            case ClassSite():
                nested = below.declared.inner(expr.name)
                return None if nested is None else ClassSite(below.module, nested)
        return None

    @property
    def is_whole(self) -> bool:
        """Tell whether every file of the project could be read."""
        return not self._broken

    def is_certain(self, module: str) -> bool:
        """Tell whether every name of the module is known: none comes by a star import from elsewhere."""
        return all(one.module in self._modules for one in self._stars.get(module, ()))

    def own(self, module: str) -> tuple[str, ...]:
        """Return the names that the module binds itself, in source order."""
        return tuple(one for one in self._own.get(module, {}) if one.isidentifier())

    def all_names(self, module: str) -> tuple[str, ...]:
        """Return every name bound in the module, those of project star imports included."""
        names = dict.fromkeys(self.own(module))
        for star in self._stars.get(module, ()):
            if star.module in self._modules and star.module != module:
                names.update(dict.fromkeys(one for one in self.own(star.module) if not one.startswith("_")))
        return tuple(names)

    def _index(self, module: facts.Module) -> None:
        own = self._own.setdefault(module.name, {})
        stars = self._stars.setdefault(module.name, [])
        for member in module.members:
            if isinstance(member, facts.Import) and member.module == "__future__":
                continue
            if isinstance(member, facts.Import) and member.attribute == "*":
                stars.append(member)
            elif isinstance(member, facts.Import):
                name = member.name.partition(".")[0] if member.attribute is None else member.name
                if not (member.local and name in own):
                    own.setdefault(name, []).append(member)
            else:
                own.setdefault(member.name, []).append(member)

    def _in_module(self, module: str, name: str) -> Site | None:
        key = (module, name)
        if key not in self._found:
            self._found[key] = None  # an import cycle ends here
            self._found[key] = self._look_up(module, name)
        return self._found[key]

    def _look_up(self, module: str, name: str) -> Site | None:
        bound = self._own.get(module, {}).get(name)
        if not bound:
            return self._through_stars(module, name)
        last = bound[-1]
        match last:
            case facts.Class():
                return ClassSite(module, last)
            case facts.Definition():
                return FunctionSite(module, last)
            case facts.Assignment():
                assigned = tuple(one for one in bound if isinstance(one, facts.Assignment))
                return ValueSite(module, name, assigned)
            case facts.Import():
                return self._imported(last, name)

    def _through_stars(self, module: str, name: str) -> Site | None:
        for star in reversed(self._stars.get(module, [])):
            if star.module in self._modules and not name.startswith("_"):
                site = self._in_module(star.module, name)
                if site is not None:
                    return site
        return None

    def _imported(self, one: facts.Import, name: str) -> Site | None:
        if one.attribute is None:
            # `import a.b` binds `a`, `import a.b as c` binds `a.b`.
            target = one.module if one.name != one.module else name
            if target in self._broken:
                return Missing()
            if target in self._modules or self._has_submodule(target):
                return ModuleSite(target)
            return Outside(target)
        if one.module in self._modules:
            site = self._in_module(one.module, one.attribute)
            if site is not None:
                return site
        submodule = f"{one.module}.{one.attribute}" if one.module else one.attribute
        if submodule in self._modules:
            return ModuleSite(submodule)
        is_missing = one.module in self._modules or one.module in self._broken or submodule in self._broken
        return Missing() if is_missing else Outside(submodule)

    def failing_imports(self) -> Iterator[tuple[facts.Import, str]]:
        """Yield the imports of names that their module, of the project, does not have; with that module."""
        for module in self._modules.values():
            for one in module.members:
                if not isinstance(one, facts.Import) or one.attribute in (None, "*") or one.local:
                    continue
                submodule = f"{one.module}.{one.attribute}"
                known = one.module in self._modules and self.is_certain(one.module)
                if known and submodule not in self._broken and isinstance(self._imported(one, one.name), Missing):
                    yield one, one.module

    def _has_submodule(self, module: str) -> bool:
        return any(one.startswith(f"{module}.") for one in self._modules)


def qualified(site: Site | None) -> str | None:
    """Return the full name of something outside the project."""
    return site.qualified if isinstance(site, Outside) else None


def is_onto(site: Site | None, *names: str) -> bool:
    """Tell whether the site is one of these names of the onto library, wherever onto offers it."""
    full = qualified(site)
    return full is not None and full.split(".")[0] == "onto" and full.rpartition(".")[2] in names
