"""From one parsed file to its declarations: imports, classes, functions, assignments, in source order.

class User(DomainModel):          →  Class("User", (Name("DomainModel"),), (Assignment("name", …),))
    name: str = attrs.nothing
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import libcst as cst

from compiler import facts, syntax
from compiler.diagnostics import Span
from compiler.read import bodies, factory


def module_facts(
    name: str,
    path: str,
    source: str,
    tree: cst.Module,
    positions: Mapping[cst.CSTNode, Any],
    *,
    is_package: bool,
) -> facts.Module:
    """Collect the declarations of a parsed file; nothing in it is run."""
    return _Declarations(name, path, source, positions, is_package).module(tree)


class _Declarations:
    def __init__(
        self, name: str, path: str, source: str, positions: Mapping[cst.CSTNode, Any], is_package: bool
    ) -> None:
        self._name = name
        self._path = path
        self._source = source
        self._package = name if is_package else name.rpartition(".")[0]
        self._bodies = bodies.Bodies(name, path, source, positions)

    def module(self, tree: cst.Module) -> facts.Module:
        members = list(self._members(tree.body, None))
        for node in self._bodies.local_imports:
            members.extend(self._imports(node, local=True))
        return facts.Module(
            name=self._name,
            path=self._path,
            members=tuple(members),
            givens=tuple(sorted(self._bodies.givens, key=lambda one: (one.span.line, one.span.column))),
            changed=frozenset(self._bodies.changed),
            source=self._source,
        )

    def _members(self, nodes: Iterable[cst.CSTNode], owner: str | None) -> Iterator[facts.Member]:
        for node in nodes:
            match node:
                case cst.SimpleStatementLine():
                    yield from self._line(node)
                case cst.ClassDef():
                    yield self._class(node)
                case cst.FunctionDef():
                    yield self._definition(node, owner)
                case cst.If() if _is_main_guard(node):
                    self._bodies.statement(node)
                case cst.If() | cst.Try() | cst.With():
                    # Whichever branch runs, what it declares is declared: a version check, a fallback import.
                    yield from self._branches(node, owner)
                case _:
                    self._bodies.statement(node)
                    if isinstance(node, cst.BaseCompoundStatement):
                        yield from self._rebound(node, node)

    def _branches(self, node: cst.CSTNode, owner: str | None) -> Iterator[facts.Member]:
        # The last binding of a name counts, so the branch that runs as a rule comes last: a fallback import
        # in `except` or `else` does not hide the one before it.
        for child in reversed(node.children):
            if isinstance(child, cst.BaseSuite):
                yield from self._members(child.body, owner)
            elif isinstance(child, cst.If | cst.Else | cst.ExceptHandler | cst.Finally):
                yield from self._branches(child, owner)

    def _line(self, node: cst.SimpleStatementLine) -> Iterator[facts.Member]:
        for small in node.body:
            match small:
                case cst.Import() | cst.ImportFrom():
                    yield from self._imports(small)
                case cst.AnnAssign():
                    yield from self._annotated(small, node)
                case cst.Assign():
                    yield from self._assigned(small, node)
                case _:
                    self._bodies.statement(small)
                    yield from self._rebound(small, node)

    def _annotated(self, node: cst.AnnAssign, line: bodies.Statement) -> Iterator[facts.Member]:
        [statement] = self._bodies.statement(node)
        if isinstance(node.target, cst.Name):
            value = statement.value if isinstance(statement, syntax.Assign) else None
            annotation = self._bodies.annotation(node.annotation.annotation)
            yield self._assignment(node.target, annotation, value, line)

    def _assigned(self, node: cst.Assign, line: bodies.Statement) -> Iterator[facts.Member]:
        value = next(one.value for one in self._bodies.statement(node) if isinstance(one, syntax.Assign))
        for one in node.targets:
            if isinstance(one.target, cst.Name):
                made = factory.made(one.target.value, value, self._bodies.source(line), self._bodies.span(one.target))
                yield from made or (self._assignment(one.target, None, value, line),)
            else:
                for name, part in _unpacked(one.target, value):
                    yield self._assignment(name, None, part, line)

    def _rebound(self, node: cst.CSTNode, line: bodies.Statement) -> Iterator[facts.Member]:
        # `TOTAL += 1`, `for name in …`: the name is bound, but to nothing that can be told from the text.
        target = getattr(node, "target", None)
        if isinstance(target, cst.BaseExpression):
            for name in _names_in(target):
                value = syntax.Opaque("bound by a statement", self._bodies.span(node))
                yield self._assignment(name, None, value, line)

    def _assignment(
        self,
        name: cst.Name,
        annotation: syntax.Expr | None,
        value: syntax.Expr | None,
        line: bodies.Statement,
    ) -> facts.Assignment:
        source = self._bodies.source(line)
        return facts.Assignment(name.value, annotation, value, source, self._bodies.span(name))

    def _definition(self, node: cst.FunctionDef, owner: str | None) -> facts.Definition:
        decorators = tuple(self._bodies.expr(one.decorator) for one in node.decorators)
        function = self._bodies.function(node, owner)
        return facts.Definition(function, decorators, self._bodies.span(node.name))

    def _class(self, node: cst.ClassDef) -> facts.Class:
        return facts.Class(
            name=node.name.value,
            bases=tuple(self._bodies.expr(one.value) for one in node.bases if not one.star),
            members=tuple(self._members(node.body.body, node.name.value)),
            decorators=tuple(self._bodies.expr(one.decorator) for one in node.decorators),
            source=self._bodies.source(node),
            span=self._bodies.span(node.name),
        )

    # ---- imports

    def _imports(self, node: cst.Import | cst.ImportFrom, *, local: bool = False) -> Iterator[facts.Import]:
        if isinstance(node, cst.Import):
            for one in node.names:
                yield self._plain_import(one, local)
            return
        module = self._source_module(node)
        span = self._bodies.span(node)
        if isinstance(node.names, cst.ImportStar):
            yield facts.Import("*", module, "*", local, span)
            return
        for one in node.names:
            attribute = _dotted(one.name)
            name = attribute if one.asname is None else _dotted(one.asname.name)
            yield facts.Import(name, module, attribute, local, self._bodies.span(one))

    def _plain_import(self, node: cst.ImportAlias, local: bool) -> facts.Import:
        module = _dotted(node.name)
        span: Span = self._bodies.span(node)
        if node.asname is not None:
            return facts.Import(_dotted(node.asname.name), module, None, local, span)
        # `import a.b` binds `a`; `a.b` is then found below it.
        return facts.Import(module, module, None, local, span)

    def _source_module(self, node: cst.ImportFrom) -> str:
        named = "" if node.module is None else _dotted(node.module)
        if not node.relative:
            return named
        package = self._package.split(".") if self._package else []
        above = package[: max(len(package) - len(node.relative) + 1, 0)]
        return ".".join([*above, *([named] if named else [])])


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    assert isinstance(node, cst.Name)  # the grammar of imports allows no more
    return node.value


def _unpacked(target: cst.CSTNode, value: syntax.Expr) -> Iterator[tuple[cst.Name, syntax.Expr]]:
    """Yield the names of `LOW, HIGH = 20, 70` with their values; of another value the text does not tell its items."""
    if isinstance(target, cst.Name):
        yield target, value
        return
    parts = target.elements if isinstance(target, cst.Tuple | cst.List) else ()
    items = value.items if isinstance(value, syntax.Tuple | syntax.List) else ()
    starred = any(isinstance(one, syntax.Starred) for one in items) or any(
        isinstance(one, cst.StarredElement) for one in parts
    )
    if parts and len(parts) == len(items) and not starred:
        for one, item in zip(parts, items, strict=True):
            yield from _unpacked(one.value, item)
        return
    for name in _names_in(target):
        yield name, syntax.Opaque("unpacked value", value.span)


def _names_in(node: cst.CSTNode) -> Iterator[cst.Name]:
    if isinstance(node, cst.Name):
        yield node
    elif isinstance(node, cst.Tuple | cst.List):
        for one in node.elements:
            yield from _names_in(one.value)


def _is_main_guard(node: cst.If) -> bool:
    return (
        isinstance(node.test, cst.Comparison)
        and isinstance(node.test.left, cst.Name)
        and (node.test.left.value == "__name__")
    )
