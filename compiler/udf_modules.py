"""Slices to modules: the parts of the project that functions need, in the user's own words, importable alone.

Every module of the project that a slice touches becomes a module of the same name below `<package>.app`, with its
statements in source order. Views, stores and domain models keep the members that are needed, over the runtime's
small classes; what onto itself provides (attribute declarations, setters, Meta) is left out.

    class Order(DomainModel):                     class Order(runtime.Entity):
        unit_price: Decimal = attrs.nothing   →       unit_price = None
        @attrs.getter                                 @property
        def amount(self) -> Decimal: …                def amount(self) -> Decimal: …
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from compiler import model, slices
from compiler.slices import Slice
from compiler.sources import Kind, ModuleTree, Place, Sources, bound_name

_RUNTIME = {"view": "runtime.View", "store": "runtime.Store", "model": "runtime.Entity"}


def modules(sources: Sources, package: str, cuts: tuple[Slice, ...]) -> dict[str, str]:
    """Return the texts of the modules by their path below the package."""
    needs = _needs(cuts)
    writers = {
        name: _ModuleWriter(sources, tree, package, needs)
        for name in sorted(needs.modules())
        if (tree := sources.module(name)) is not None
    }
    texts: dict[str, str] = {}
    whole: set[str] = set()
    for writer in writers.values():
        texts[_path(writer.tree)] = writer.text()
        whole |= writer.imported_modules
    for name in sorted(whole - set(writers)):
        tree = sources.module(name)
        if tree is not None:
            texts[_path(tree)] = f'"""Nothing of {tree.module.path} is needed."""\n'
    for path in tuple(texts):
        folder = path
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            texts.setdefault(f"{folder}/__init__.py", '"""Modules of the project, as far as getters need them."""\n')
    return texts


def _path(tree: ModuleTree) -> str:
    path = "app/" + tree.module.name.replace(".", "/")
    return f"{path}/__init__.py" if tree.is_package else f"{path}.py"


@dataclass(slots=True)
class _Needs:
    """The union of several slices."""

    definitions: set[Place] = field(default_factory=set)
    classes: dict[Place, Kind] = field(default_factory=dict)
    members: set[tuple[str, str, str]] = field(default_factory=set)
    attributes: set[str] | None = field(default_factory=set)

    def modules(self) -> set[str]:
        """Return the modules that are touched."""
        return {module for module, _ in self.definitions} | {module for module, _ in self.classes}

    def reads(self, name: str) -> bool:
        """Tell whether some attribute of that name may be read."""
        return self.attributes is None or name in self.attributes


def _needs(cuts: tuple[Slice, ...]) -> _Needs:
    needs = _Needs()
    for one in cuts:
        needs.definitions.update(one.definitions)
        needs.classes.update(one.classes)
        needs.members.update(one.members)
        if one.attributes is None or needs.attributes is None:
            needs.attributes = None
        else:
            needs.attributes |= one.attributes
    return needs


@dataclass(slots=True)
class _ModuleWriter:
    """Writes one module."""

    sources: Sources
    tree: ModuleTree
    package: str
    needs: _Needs
    imported_modules: set[str] = field(default_factory=set)
    uses_runtime: bool = False

    def text(self) -> str:
        name = self.tree.module.name
        wanted = {found for module, found in self.needs.definitions if module == name}
        classes = {found for module, found in self.needs.classes if module == name}
        imports: list[str] = []
        blocks: list[str] = []
        done: set[tuple[int, int]] = set()
        needed = {id(one) for found in wanted | classes for one in self.tree.statements(found)}
        for statement in self.tree.tree.body:
            place = (statement.lineno, statement.col_offset)
            if place in done or not (id(statement) in needed or self._star(statement, wanted)):
                continue
            done.add(place)
            if isinstance(statement, ast.Import | ast.ImportFrom):
                imports += self._imports(statement, wanted)
            elif isinstance(statement, ast.ClassDef) and statement.name in classes:
                blocks.append(self._class(statement))
            else:
                blocks.append(self._source(statement))
        return self._assemble(imports, blocks)

    def _assemble(self, imports: list[str], blocks: list[str]) -> str:
        head = [
            f'"""From {self.tree.module.path}: what functions need of it."""'.replace("\\", "/"),
            "",
            "from __future__ import annotations",
            "",
        ]
        if self.uses_runtime:
            imports = [*imports, f"from {self.package} import runtime"]
        if imports:
            head += [*imports, ""]
        return "\n".join(head) + "".join(f"\n\n{block}\n" if _is_block(block) else f"\n{block}\n" for block in blocks)

    def _star(self, statement: ast.stmt, wanted: set[str]) -> bool:
        if not isinstance(statement, ast.ImportFrom) or statement.names[0].name != "*":
            return False
        return any(not self.tree.statements(name) for name in wanted)

    # ------------------------------------------------------------ imports

    def _imports(self, statement: ast.Import | ast.ImportFrom, wanted: set[str]) -> list[str]:
        lines: list[str] = []
        for alias in statement.names:
            if alias.name == "*":
                module = self.sources.module(self.tree.absolute(statement))  # type: ignore[arg-type]  # a `from`
                names = sorted(one for one in wanted if not self.tree.statements(one))
                found = [one for one in names if module is not None and module.statements(one)]
                if module is not None and found:
                    lines.append(f"from {self._inside(module.module.name)} import {', '.join(found)}")
            elif bound_name(statement, alias) in wanted:
                lines += self._import(statement, alias)
        return lines

    def _import(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> list[str]:
        """Write the import of one name; modules of the project are found in the package, onto is not there."""
        target = self.tree.imported(statement, alias)
        if target.module.split(".")[0] in ("onto", "__future__"):
            return []
        tail = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.Import):
            if self.sources.module(alias.name) is None:
                return [f"import {alias.name}{tail}"]
            self.imported_modules.add(alias.name)
            inside = f"import {self._inside(alias.name)}{tail}"
            if tail:
                return [inside]
            head = f"from {self.package}.app import {target.module}"
            return [inside, head] if "." in alias.name else [head]
        module = self.sources.names_module(target)
        if module is not None:
            self.imported_modules.add(module)
        within_project = module is not None or self.sources.module(target.module) is not None
        origin = self._inside(target.module) if within_project else target.module
        return [f"from {origin} import {alias.name}{tail}"]

    def _inside(self, module: str) -> str:
        return f"{self.package}.app.{module}"

    # ------------------------------------------------------------ source text

    def _source(self, statement: ast.stmt) -> str:
        """Return a statement's own text, decorators included, with the project's imports in it redirected."""
        return "\n".join(self._lines(statement, _first_line(statement)))

    def _lines(self, node: ast.stmt, first: int) -> list[str]:
        last = node.end_lineno or node.lineno
        lines = list(self.tree.lines[first - 1 : last])
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
        if first == node.lineno and not lines[0][: node.col_offset].isspace():
            lines[0] = lines[0].encode()[node.col_offset :].decode()
        inner = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
        for one in sorted(inner, key=lambda each: (each.lineno, each.col_offset), reverse=True):
            self._redirect(lines, first, one)
        return lines

    def _redirect(self, lines: list[str], first: int, statement: ast.Import | ast.ImportFrom) -> None:
        texts: list[str] = []
        for alias in statement.names:
            texts += self._import(statement, alias) if alias.name != "*" else [ast.unparse(statement)]
        start, end = statement.lineno - first, (statement.end_lineno or statement.lineno) - first
        before = lines[start].encode()[: statement.col_offset].decode()
        after = lines[end].encode()[statement.end_col_offset :].decode()
        lines[start : end + 1] = [before + ("; ".join(texts) or "pass") + after]

    # ------------------------------------------------------------ classes

    def _class(self, node: ast.ClassDef) -> str:
        """Return a view, store or model with the members that are needed."""
        kind = self.needs.classes[self.tree.module.name, node.name]
        bases = ", ".join(self._bases(node, kind))
        taken = {
            name for module, owner, name in self.needs.members if (module, owner) == (self.tree.module.name, node.name)
        }
        indent = " " * node.body[0].col_offset
        body = [f"{indent}{line}" for line in self._attributes(node, kind)]
        for statement in self._members(node, taken):
            body += ["", *self._member(statement, indent)]
        if body and not body[0]:
            del body[0]
        return "\n".join([f"class {node.name}({bases}):", *(body or [f"{indent}pass"])])

    def _bases(self, node: ast.ClassDef, kind: Kind) -> Iterator[str]:
        for base in node.bases:
            if self.sources.of_onto(self.tree, base):
                self.uses_runtime = True
                yield self._runtime_class(node.name, kind)
            elif not isinstance(base, ast.Subscript):
                yield ast.unparse(base)

    def _runtime_class(self, name: str, kind: Kind) -> str:
        if self.sources.is_aggregator((self.tree.module.name, name)):
            return "runtime.Aggregator"
        return "runtime.Embedded" if self._embedded(name) is not None else _RUNTIME[kind]

    def _embedded(self, name: str) -> model.RecordClass | None:
        bound = self.tree.module.names.get(name)
        return bound if isinstance(bound, model.RecordClass) and bound.kind == "embedded" else None

    def _attributes(self, node: ast.ClassDef, kind: Kind) -> Iterable[str]:
        """Spell what reads as None unless it is given, a view's root, the fields of an embedded class."""
        app = self.sources.app
        name = node.name
        embedded = self._embedded(name)
        if embedded is not None:
            yield f"fields = {tuple(field for field, _, _ in embedded.fields)!r}".replace("'", '"')
        elif kind == "view" and name in app.views:
            view = app.views[name]
            yield f'root = "{app.stores[view.store].root.name}"'
            yield from (
                f"{one.name} = None" for one in view.attributes if one.getter is None and self.needs.reads(one.name)
            )
        elif kind == "model" and name in app.models:
            domain = app.models[name]
            inherited = {one.name for base in domain.bases if base in app.models for one in app.models[base].stored}
            yield from (
                f"{one.name} = None"
                for one in domain.stored
                if one.name not in inherited | {"doc_id", "obj_type", "doc_ref"} and self.needs.reads(one.name)
            )

    def _members(self, node: ast.ClassDef, taken: set[str]) -> list[ast.stmt]:
        chosen = [one for name, found in slices.members(node).items() if name in taken for one in found]
        unique = {(one.lineno, one.col_offset): one for one in chosen}
        return [unique[place] for place in sorted(unique)]

    def _member(self, statement: ast.stmt, indent: str) -> list[str]:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._lines(statement, _first_line(statement))
        if not any(slices.getter_decorator(one) for one in statement.decorator_list):
            return self._lines(statement, _first_line(statement))
        others = [one for one in statement.decorator_list if not slices.getter_decorator(one)]
        decorators = [f"{indent}@property", *(f"{indent}@{ast.unparse(one)}" for one in others)]
        return [*decorators, *self._lines(statement, statement.lineno)]


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _is_block(text: str) -> bool:
    return text.startswith(("class ", "def ", "async def ", "@"))
