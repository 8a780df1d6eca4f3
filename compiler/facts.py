"""What is declared, as written: modules, imports, classes, functions and assignments, nothing bound yet.

`read` makes it from text and `resolve` gives it meaning; later passes never see it.

    class User(DomainModel):
        name: str = attrs.nothing
    →  Class("User", (Name("DomainModel"),), (Assignment("name", Name("str"), Attribute(Name("attrs"), …)),))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler import syntax
from compiler.diagnostics import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import attribute as name`, or `import module as name` when there is no attribute.

    The module is absolute; `*` is an attribute like any other. An import inside a function is `local`.
    """

    name: str
    module: str
    attribute: str | None = None
    local: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name: annotation = value` in a module or class body; what is bound in a stranger way is Opaque."""

    name: str
    annotation: syntax.Expr | None
    value: syntax.Expr | None
    source: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """A function with its decorators."""

    function: syntax.Function
    decorators: tuple[syntax.Expr, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)  # of the name

    @property
    def name(self) -> str:
        """Return the function's name."""
        return self.function.name


@dataclass(frozen=True, slots=True)
class Class:
    """A class with its body in source order."""

    name: str
    bases: tuple[syntax.Expr, ...]
    members: tuple[Member, ...]
    decorators: tuple[syntax.Expr, ...] = ()
    source: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)  # of the name

    def inner(self, name: str) -> Class | None:
        """Return the last class of that name in the body."""
        found = [one for one in self.members if isinstance(one, Class) and one.name == name]
        return found[-1] if found else None

    def value(self, name: str) -> Assignment | None:
        """Return the last assignment to that name in the body."""
        found = [one for one in self.members if isinstance(one, Assignment) and one.name == name]
        return found[-1] if found else None


Member = Import | Assignment | Definition | Class


@dataclass(frozen=True, slots=True)
class Given:
    """A value given to an attribute somewhere in the project: `City.new(name="x")`, `city.name = "x"`.

    `owner` is the class's expression where the text tells it, `annotation` a value's that is a parameter.
    """

    owner: syntax.Expr | None
    attribute: str
    value: syntax.Expr
    annotation: syntax.Expr | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file."""

    name: str
    path: str  # as shown in diagnostics
    members: tuple[Member, ...]
    givens: tuple[Given, ...] = ()
    changed: frozenset[str] = frozenset()  # names bound by `global`, or whose value is changed: `NAMES.append(x)`
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that `read` found; `sources`, by shown path, also holds files that could not be parsed."""

    app: str
    modules: dict[str, Module]
    sources: dict[str, str] = field(default_factory=dict, compare=False)
    broken: frozenset[str] = frozenset()  # modules that could not be read

    def classes(self) -> Iterator[tuple[Module, Class]]:
        """Yield the classes of every module, in source order."""
        for module in self.modules.values():
            for member in module.members:
                if isinstance(member, Class):
                    yield module, member


def show(facts: Facts) -> str:
    """Print the declarations, one a line."""
    lines = [f"app {facts.app}"]
    for module in facts.modules.values():
        lines.append(f"module {module.name} ({module.path})")
        for member in module.members:
            lines.extend(_member_lines(member, "  "))
    return "\n".join(lines) + "\n"


def _member_lines(member: Member, indent: str) -> list[str]:
    match member:
        case Import():
            what = member.module if member.attribute is None else f"{member.module}:{member.attribute}"
            return [f"{indent}import {member.name} = {what}{' (local)' if member.local else ''}"]
        case Assignment():
            annotation = "" if member.annotation is None else f": {syntax.show(member.annotation)}"
            value = "" if member.value is None else f" = {syntax.show(member.value)}"
            return [f"{indent}{member.name}{annotation}{value}"]
        case Definition():
            lines = [f"{indent}@{syntax.show(one)}" for one in member.decorators]
            params = ", ".join(one.name for one in member.function.params)
            return [*lines, f"{indent}def {member.name}({params})"]
        case Class():
            bases = ", ".join(syntax.show(one) for one in member.bases)
            lines = [f"{indent}@{syntax.show(one)}" for one in member.decorators]
            lines.append(f"{indent}class {member.name}({bases})")
            for inner in member.members:
                lines.extend(_member_lines(inner, indent + "  "))
            return lines
