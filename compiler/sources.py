"""The user's modules as Python's own syntax trees, for the passes that take getters over as they are written.

`read` has parsed every file before, so parsing cannot fail here. Trees are made once per module, when asked for.

    Sources(app).module("shop.views").statements("LARGE")   →  (<ast.Assign LARGE = Decimal("100.00")>,)
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from compiler import model
from compiler.diagnostics import Span

Kind = Literal["view", "store", "model"]
Place = tuple[str, str]  # module, top-level name
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Target:
    """What an imported name stands for: an attribute of a module, or the module itself."""

    module: str
    attribute: str | None


@dataclass(frozen=True, slots=True)
class ModuleTree:
    """One module: its tree, its lines, and which top-level statements bind or change which name."""

    module: model.Module
    tree: ast.Module
    lines: tuple[str, ...]
    bindings: dict[str, tuple[ast.stmt, ...]]

    def statements(self, name: str) -> tuple[ast.stmt, ...]:
        """Return the top-level statements that make `name` what it is, in source order."""
        return self.bindings.get(name, ())

    def class_node(self, name: str) -> ast.ClassDef | None:
        """Return the last top-level class of that name."""
        found = [one for one in self.statements(name) if isinstance(one, ast.ClassDef)]
        return found[-1] if found else None

    def imported(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Target:
        """Say what an alias of an import statement stands for, with the module absolute."""
        if isinstance(statement, ast.Import):
            return Target(alias.name if alias.asname else alias.name.split(".")[0], None)
        return Target(self.absolute(statement), alias.name)

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the absolute name of the module that a `from` statement names."""
        if not statement.level:
            return statement.module or ""
        parts = self.module.name.split(".")
        keep = len(parts) - statement.level + (1 if self.is_package else 0)
        return ".".join([*parts[: max(keep, 0)], *([statement.module] if statement.module else [])])

    @property
    def is_package(self) -> bool:
        """Tell whether the module is a package's `__init__`."""
        return posixpath.basename(self.module.path.replace("\\", "/")) == "__init__.py"

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.alias | ast.arg) -> Span:
        """Return the place of a node; `ast` counts columns in UTF-8 bytes."""
        end_line, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Span(
            self.module.path, node.lineno, self._column(node.lineno, node.col_offset), end_line,
            self._column(end_line, end),
        )  # fmt: skip

    def _column(self, line: int, offset: int) -> int:
        return len(self.lines[line - 1].encode()[:offset].decode(errors="replace")) + 1


@dataclass(slots=True)
class Sources:
    """The modules of an app; trees are kept once they are made."""

    app: model.App
    trees: dict[str, ModuleTree] = field(default_factory=dict)
    kinds: dict[Place, Kind] = field(default_factory=dict)
    view_attributes: frozenset[str] = field(init=False)
    references: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Note where the views, stores and domain models are, and what they declare."""
        self.view_attributes = frozenset(one.name for view in self.app.views.values() for one in view.attributes)
        stores = self.app.stores.values()
        self.references = frozenset(
            name for store in stores for name in (*(one.name for one in store.references), *store.unjoined)
        )
        for model_ in self.app.models.values():
            self.kinds[model_.module, model_.name] = "model"
        for store in self.app.stores.values():
            self.kinds[store.module, store.name] = "store"
        for view in self.app.views.values():
            self.kinds[view.module, view.name] = "view"

    def kind_of(self, place: Place) -> Kind | None:
        """Tell whether a class is a view, a store or a domain model."""
        return self.kinds.get(place)

    def is_aggregator(self, place: Place) -> bool:
        """Tell whether a class is an aggregator."""
        module = self.app.modules.get(place[0])
        found = None if module is None else module.names.get(place[1])
        return isinstance(found, model.RecordClass) and found.kind == "aggregator"

    def module(self, name: str) -> ModuleTree | None:
        """Return the tree of a module of the project, None for any other module."""
        if name not in self.trees and name in self.app.modules:
            self.trees[name] = _parse(self.app.modules[name])
        return self.trees.get(name)

    def origin(self, module: str, name: str) -> tuple[str, str] | None:
        """Follow imports to the module of the project that defines `name`; None when it comes from elsewhere."""
        seen: set[tuple[str, str]] = set()
        while (module, name) not in seen:
            seen.add((module, name))
            tree = self.module(module)
            if tree is None:
                return None
            target = self.target(tree, name)
            if target is None:
                return (module, name) if tree.statements(name) else None
            if target.attribute is None or self.names_module(target):
                return None
            module, name = target.module, target.attribute
        return None

    def target(self, tree: ModuleTree, name: str) -> Target | None:
        """Return what an import makes of `name` in a module; None for a name that it binds itself, or not at all."""
        statements = tree.statements(name)
        for statement in statements:
            for inner in _imports(statement):
                for alias in inner.names:
                    if bound_name(inner, alias) == name:
                        return tree.imported(inner, alias)
        return None if statements else self._star(tree, name)

    def of_onto(self, tree: ModuleTree, expr: ast.expr) -> bool:
        """Tell whether an expression in a module names something of onto's, such as a class's base."""
        while isinstance(expr, ast.Attribute | ast.Subscript):
            expr = expr.value
        target = self.target(tree, expr.id) if isinstance(expr, ast.Name) else None
        return target is not None and target.module.split(".")[0] == "onto"

    def outside(
        self, tree: ModuleTree, expr: ast.expr, local: frozenset[str], imported: Mapping[str, str]
    ) -> str | None:
        """Return the full name of something from outside the project, None for anything else.

        `local` names are bound in the function around, those of them in `imported` by an import there.
        """
        match expr:
            case ast.Attribute(value=value, attr=name):
                owner = self.outside(tree, value, local, imported)
                return None if owner is None else f"{owner}.{name}"
            case ast.Call(func=func):
                owner = self.outside(tree, func, local, imported)
                return None if owner is None else f"{owner}()"
            case ast.Name(id=name) if name in imported:
                return imported[name]
            case ast.Name(id=name) if name not in local:
                return self._outside(tree, name)
        return None

    def _outside(self, tree: ModuleTree, name: str) -> str | None:
        target = self.target(tree, name)
        if target is not None:
            known = self.module(target.module) is not None
            origin = self.origin(tree.module.name, name) if known else None
            if known or origin is not None or self.names_module(target) is not None:
                return None
            return f"{target.module}.{target.attribute}" if target.attribute else target.module
        return None if tree.statements(name) else name

    def names_module(self, target: Target) -> str | None:
        """Return the project's module that an import target is, if it is one."""
        name = target.module if target.attribute is None else f"{target.module}.{target.attribute}"
        return name if name in self.app.modules else None

    def _star(self, tree: ModuleTree, name: str) -> Target | None:
        for statement in tree.statements("*"):
            if isinstance(statement, ast.ImportFrom):
                module = self.module(tree.absolute(statement))
                if module is not None and module is not tree and module.statements(name):
                    return Target(module.module.name, name)
        return None


def _parse(module: model.Module) -> ModuleTree:
    tree = ast.parse(module.source)
    tree.body = [_made(one) or one for one in tree.body]
    bindings: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in sorted(set(_bound(statement))):
            bindings.setdefault(name, []).append(statement)
    for name, found in bindings.items():
        if any(isinstance(one, ast.Import | ast.ImportFrom) for one in found):
            # A call on something imported (`logging.basicConfig()`) configures it; it does not make the name.
            bindings[name] = [one for one in found if not isinstance(one, ast.Expr)]
    # ast ends lines at \n, \r\n and \r alone, unlike str.splitlines.
    lines = module.source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return ModuleTree(module, tree, tuple(lines), {name: tuple(found) for name, found in bindings.items()})


def _made(statement: ast.stmt) -> ast.ClassDef | None:
    """Return the class statement that a call of onto's factory stands for; `read` has found what the class has."""
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id="ClsFactory") | ast.Attribute(attr="ClsFactory") as factory,
                    attr="create" | "create_customized",
                ),
                keywords=keywords,
            ),
        ):
            given = {one.arg: one.value for one in keywords}
            several = given.get("additional_base")
            bases = several.elts if isinstance(several, ast.Tuple | ast.List) else [*filter(None, [given.get("base")])]
            body = ast.copy_location(ast.Pass(), statement)
            body.col_offset += 4  # as a body is indented
            made = ast.ClassDef(name=name, bases=[*bases, factory], keywords=[], body=[body], decorator_list=[])
            return ast.copy_location(made, statement)
    return None


def bound_name(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return the name that an alias of an import binds."""
    return alias.asname or (alias.name.split(".")[0] if isinstance(statement, ast.Import) else alias.name)


def _imports(statement: ast.stmt) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that a top-level statement may run."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield statement
    elif isinstance(statement, ast.If | ast.Try | ast.With):
        for node in ast.walk(statement):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a top-level statement binds, or whose value it changes."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (bound_name(statement, alias) for alias in names)
        case ast.Assign(targets=targets):
            yield from (name for target in targets for name in _roots(target))
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            yield from _roots(target)
        case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
            yield from _roots(method.value)
        case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While() | ast.Match():
            yield from _bound_inside(statement)


def _bound_inside(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.If) and type_checking(statement):
        return
    for node in ast.iter_child_nodes(statement):
        if isinstance(node, ast.stmt):
            yield from _bound(node)
        elif isinstance(node, ast.ExceptHandler | ast.match_case):
            for inner in node.body:
                yield from _bound(inner)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield from _roots(node.optional_vars)
    if isinstance(statement, ast.For):
        yield from _roots(statement.target)


def _roots(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
            yield from _roots(value)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            for item in items:
                yield from _roots(item)


def type_checking(statement: ast.If) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`, whose body never runs."""
    match statement.test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False
