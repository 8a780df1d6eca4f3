"""Class bodies: attributes with their getters, and methods, own and inherited, in Python's order.

name: str = attrs.nothing
@name.getter                      →  Declared("name", type=STR, getter=Function("name", …))
def name(self): …
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from compiler import diagnostics, dtypes, facts, model, syntax
from compiler.diagnostics import NOWHERE, Log, Span
from compiler.resolve import constants, hierarchy, hints, names, spellings

MethodKind = Literal["plain", "static", "class", "property"]

_KINDS: dict[str, MethodKind] = {
    "builtins.staticmethod": "static", "builtins.classmethod": "class", "builtins.property": "property",
    "functools.cached_property": "property",
}  # fmt: skip

_HARMLESS = frozenset({"typing.override", "typing_extensions.override", "abc.abstractmethod", "typing.final"})


@dataclass(frozen=True, slots=True)
class Declared:
    """An attribute of a class as its own body or a base's declares it."""

    name: str
    module: str
    spelling: spellings.Spelling
    annotation: dtypes.Type | None
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def held(self) -> dtypes.Type | None:
        """Return the type as spelt, else as annotated, else None; it says where members of Enums are."""
        return self.spelling.type if self.spelling.type is not None else self.annotation

    @property
    def type(self) -> dtypes.Type | None:
        """Return the type of what is stored."""
        return None if self.held is None else dtypes.without_enums(self.held)

    @property
    def getter(self) -> syntax.Function | None:
        """Return the getter's function."""
        return self.spelling.getter


@dataclass(frozen=True, slots=True)
class Body:
    """What a class declares itself."""

    attributes: dict[str, Declared]
    methods: dict[str, model.Method]
    constants: dict[str, model.ClassConstant]


class Bodies:
    """Reads class bodies; inheritance is Python's."""

    def __init__(
        self,
        known: names.Names,
        types: hints.Types,
        spelt: spellings.Spellings,
        fixed: constants.Constants,
        log: Log,
    ) -> None:
        """Start empty; bodies are read when asked for."""
        self._names = known
        self._types = types
        self._spellings = spelt
        self._fixed = fixed
        self._log = log
        self._own: dict[hierarchy.ClassInfo, Body] = {}

    def attributes(self, info: hierarchy.ClassInfo) -> tuple[Declared, ...]:
        """Return the attributes, inherited ones first, in the order of their first declaration."""
        found: dict[str, Declared] = {}
        for one in reversed(info.lineage):
            found.update(self.own(one).attributes)
        return tuple(found.values())

    def methods(self, info: hierarchy.ClassInfo) -> tuple[model.Method, ...]:
        """Return the methods, inherited ones first."""
        found: dict[str, model.Method] = {}
        for one in reversed(info.lineage):
            found.update(self.own(one).methods)
        return tuple(found.values())

    def constants(self, info: hierarchy.ClassInfo) -> tuple[model.ClassConstant, ...]:
        """Return the plain assignments of the class body, inherited ones first."""
        found: dict[str, model.ClassConstant] = {}
        for one in reversed(info.lineage):
            found.update(self.own(one).constants)
        return tuple(one for one in found.values() if not one.name.startswith("_"))

    def layers(self, info: hierarchy.ClassInfo) -> tuple[model.Layer, ...]:
        """Return what the class and each of its bases declares, nearest first."""
        return tuple(self._layer(one) for one in info.lineage)

    def _layer(self, info: hierarchy.ClassInfo) -> model.Layer:
        body = self.own(info)
        getters = tuple(
            (one.name, one.getter, one.spelling.module or one.module)
            for one in body.attributes.values()
            if one.getter is not None
        )
        return model.Layer(
            info.name, tuple(body.methods.values()), getters, tuple(body.constants.values()), info.module
        )

    def fields(self, info: hierarchy.ClassInfo) -> tuple[tuple[str, dtypes.Type], ...]:
        """Return the fields of an embedded class made with attrs."""
        return tuple((one.name, one.held or dtypes.JSON) for one in self.attributes(info) if one.getter is None)

    def own(self, info: hierarchy.ClassInfo) -> Body:
        """Return what the class itself declares."""
        if info not in self._own:
            reading = _Reading(info, self.own, self._names, self._types, self._spellings, self._fixed, self._log)
            self._own[info] = reading.body()
        return self._own[info]


class _Reading:
    """One class body, read from top to bottom as Python would run it."""

    def __init__(
        self,
        info: hierarchy.ClassInfo,
        own: Callable[[hierarchy.ClassInfo], Body],
        known: names.Names,
        types: hints.Types,
        spelt: spellings.Spellings,
        fixed: constants.Constants,
        log: Log,
    ) -> None:
        self._info = info
        self._fixed = fixed
        self._own = own
        self._module = info.module
        self._names = known
        self._types = types
        self._spelt = spelt
        self._log = log
        self._attributes: dict[str, Declared] = {}
        self._methods: dict[str, model.Method] = {}
        self._constants: dict[str, model.ClassConstant] = {}

    def body(self) -> Body:
        for member in self._info.declared.members:
            if isinstance(member, facts.Assignment):
                self._assignment(member)
            elif isinstance(member, facts.Definition):
                self._definition(member)
        return Body(self._attributes, self._methods, self._constants)

    def _assignment(self, member: facts.Assignment) -> None:
        if member.value is None:
            self._check_bare(member)
            return
        spelling = self._spelt.of(self._module, member.value, self._spellings())
        if spelling is None:
            self._constant(member, member.value)
            return
        before = self._attributes.get(member.name)
        if before is not None:
            self._twice(member.name, member.span, before)
        written = member.annotation
        annotation = None if written is None else self._types.members(self._module, written)
        self._attributes[member.name] = Declared(member.name, self._module, spelling, annotation, member.span)

    def _constant(self, member: facts.Assignment, value: syntax.Expr) -> None:
        fixed = member.name not in self._constants and self._fixed.is_constant(self._module, value)
        self._constants[member.name] = model.ClassConstant(
            member.name, value if fixed else None, self._module, member.span
        )

    def _check_bare(self, member: facts.Assignment) -> None:
        counts = self._info.kind in ("model", "view", "embedded") and member.name != "store"
        if counts and member.annotation is not None and not hints.is_class_variable(member.annotation):
            message = f"`{self._info.name}.{member.name}` has an annotation and no value, so it is no attribute"
            written = f"{member.name}: {syntax.show(member.annotation)}"
            self._log.add("W217", member.span, message, hint=f"write `{written} = attrs.nothing`")

    def _definition(self, member: facts.Definition) -> None:
        if self._is_property_part(member):
            return
        attribute = self._accessor(member)
        if attribute is not None:
            self._attributes[member.name] = attribute
            return
        kind, strange = self._decoration(member)
        function = member.function
        if strange is not None:
            reason = f"decorator `{syntax.show(strange)}`"
            function = replace(function, body=(syntax.OpaqueStmt(reason, strange.span),))
        params = function.params if kind == "static" else function.params[1:]
        self._methods[member.name] = model.Method(
            member.name, function, self._module, kind, member.span,
            params=tuple((one.name, self._annotation(one.annotation)) for one in params),
            returns=self._annotation(function.returns),
        )  # fmt: skip

    def _is_property_part(self, member: facts.Definition) -> bool:
        """Tell whether this is the setter or deleter of a property, which views do not call."""
        return any(
            isinstance(one, syntax.Attribute)
            and one.name in ("getter", "setter", "deleter")
            and isinstance(one.value, syntax.Name)
            and one.value.id in self._methods
            for one in member.decorators
        )

    def _accessor(self, member: facts.Definition) -> Declared | None:
        """Read `@name.getter`, `@name.setter`, `@name.init` and `@attrs.getter`."""
        for decorator in member.decorators:
            if not isinstance(decorator, syntax.Attribute) or decorator.name not in (
                "getter",
                "setter",
                "init",
            ):
                continue
            base = decorator.value
            attribute = self._attribute_of(base)
            if attribute is not None:
                return self._access(attribute, decorator, member)
            if self._spelt.of(self._module, base, {}) is not None:
                fresh = Declared(member.name, self._module, spellings.Spelling(), None, member.span)
                return self._access(fresh, decorator, member)
            self._undeclared(base)
            fresh = Declared(syntax.show(base), self._module, spellings.Spelling(), None, member.span)
            return self._access(fresh, decorator, member)
        return None

    def _attribute_of(self, base: syntax.Expr) -> Declared | None:
        if isinstance(base, syntax.Name):
            return self._attributes.get(base.id)
        if isinstance(base, syntax.Attribute) and isinstance(base.value, syntax.Name):
            # `@Base.name.getter` takes a base's attribute on.
            for info in self._info.bases:
                if info.name == base.value.id:
                    inherited = (self._own(one).attributes.get(base.name) for one in info.lineage)
                    return next((one for one in inherited if one is not None), None)
        return None

    def _access(self, attribute: Declared, decorator: syntax.Attribute, member: facts.Definition) -> Declared:
        spelling = attribute.spelling
        if decorator.name == "setter":
            spelling = replace(spelling, has_setter=True)
        elif decorator.name == "getter":
            if spelling.getter is not None and attribute.name in self._attributes:
                self._twice(member.name, member.span, attribute)
            spelling = replace(spelling, getter=member.function, module=self._module)
        annotation = attribute.annotation
        if annotation is None and decorator.name == "getter":
            annotation = self._annotation(member.function.returns)
        if member.name != attribute.name and isinstance(decorator.value, syntax.Name):
            self._log.add(
                "W213", member.span,
                f"`{member.name}` is a new attribute: the getter of `{attribute.name}` needs its name",
                hint=f"write `def {attribute.name}(self)`",
            )  # fmt: skip
        return Declared(member.name, self._module, spelling, annotation, attribute.span)

    def _annotation(self, written: syntax.Expr | None) -> dtypes.Type | None:
        return None if written is None else self._types.of(self._module, written)

    def _decoration(self, member: facts.Definition) -> tuple[MethodKind, syntax.Expr | None]:
        kind: MethodKind = "plain"
        for decorator in member.decorators:
            written = decorator.func if isinstance(decorator, syntax.Call) else decorator
            found = names.qualified(self._names.find_expr(self._module, written)) or ""
            if found in _KINDS:
                kind = _KINDS[found]
            elif found not in _HARMLESS:
                return kind, decorator
        return kind, None

    def _spellings(self) -> dict[str, spellings.Spelling]:
        return {name: one.spelling for name, one in self._attributes.items()}

    def _twice(self, name: str, span: Span, before: Declared) -> None:
        what = "has two getters" if before.getter is not None else "is declared twice"
        message = f"`{self._info.name}.{name}` {what}"
        self._log.add("E212", span, message, hint=f"the first is on line {before.span.line}")

    def _undeclared(self, base: syntax.Expr) -> None:
        name = syntax.show(base)
        inherited = next((info for info in self._info.bases if info.declared.value(name) is not None), None)
        if inherited is not None:
            hint: str | None = f"`{inherited.name}` declares it: write `@{inherited.name}.{name}.getter`"
        else:
            hint = diagnostics.alternatives(name, self._attributes, f"`{self._info.name}` declares")
        hint = hint or f"write `{name}: str = attrs.nothing` above it"
        self._log.add("E211", base.span, f"`{self._info.name}` declares no attribute `{name}`", hint=hint)
