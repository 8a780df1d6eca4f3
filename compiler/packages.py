"""Plan to findings: whether the packages that functions import are among the project's requirements.

Workers have Python's own library and the slice of the project that functions need; anything else is installed beside
them from `requirements` of `[tool.onto]`. An import inside a `try` may be missing, as in Python.

    import semver   # needed for `Release.next`, requirements = []
    →  views.py:3:8: E501 `semver`, needed for `Release.next`, is not among the requirements
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata

from packaging import requirements as packaging
from packaging import utils

from compiler import model, plan, slices
from compiler.diagnostics import Log
from compiler.sources import ModuleTree, Sources, bound_name, type_checking


def check(made: plan.Plan, app: model.App, requirements: tuple[str, ...], log: Log) -> None:
    """Report each import of a package that is not declared, once."""
    functions = [one for view in made.views for one in view.functions]
    sources = Sources(app)
    declared = {utils.canonicalize_name(packaging.Requirement(one).name) for one in requirements}
    run = _Run(sources, declared, log)
    for one in functions:
        run.slice(slices.cut(sources, one.view, one.field))


@dataclass(slots=True)
class _Run:
    """What was looked at so far; an import is reported for the first getter that needs it."""

    sources: Sources
    declared: set[utils.NormalizedName]
    log: Log
    seen: set[tuple[str, int, int]] = field(default_factory=set)

    def slice(self, one: slices.Slice) -> None:
        """Look at every import that a getter may run."""
        getter = f"{one.view}.{one.getter}"
        kept = {place for place, _ in one.classes}
        for module, owner, name in one.members:
            tree = self.sources.module(module)
            node = tree.class_node(owner) if tree else None
            if tree is not None and node is not None:
                self._look(tree, slices.members(node).get(name, ()), getter)
        for module, name in one.definitions:
            tree = self.sources.module(module)
            if tree is not None:
                trimmed = (module, name) in kept
                statements = [one for one in tree.statements(name) if not (trimmed and isinstance(one, ast.ClassDef))]
                self._look(tree, statements, getter, name)

    def _look(self, tree: ModuleTree, statements: Iterable[ast.stmt], getter: str, wanted: str = "") -> None:
        for statement in statements:
            bound = wanted if isinstance(statement, ast.Import | ast.ImportFrom) else ""
            for one in _imports(statement):
                for alias in one.names:
                    if not bound or bound_name(one, alias) == bound:
                        self._import(tree, one, alias, getter)

    def _import(self, tree: ModuleTree, statement: ast.Import | ast.ImportFrom, alias: ast.alias, getter: str) -> None:
        target = tree.imported(statement, alias)
        top = target.module.split(".")[0]
        if top in sys.stdlib_module_names or top in ("onto", "__future__") or self._inside(top):
            return
        span = tree.span(alias)
        place = (span.file, span.line, span.column)
        if place in self.seen or self._is_declared(top):
            return
        self.seen.add(place)
        name = next(iter(_distributions(top)), top)
        self.log.add(
            "E501", span, f"`{top}`, needed for `{getter}`, is not among the requirements",
            hint=f'add it to `requirements = ["{name}"]` below [tool.onto] of pyproject.toml, or do without it',
        )  # fmt: skip

    def _inside(self, top: str) -> bool:
        return any(name == top or name.startswith(f"{top}.") for name in self.sources.app.modules)

    def _is_declared(self, top: str) -> bool:
        """Tell whether a requirement gives the package: by its own name, else as the installed one says."""
        if utils.canonicalize_name(top) in self.declared:
            return True
        return any(utils.canonicalize_name(one) in self.declared for one in _distributions(top))


def _distributions(top: str) -> list[str]:
    """Return the installed distributions that bring a package, those named like it first."""
    found = sorted(set(metadata.packages_distributions().get(top, ())))
    plain = re.sub(r"[-_.]", "", top).lower()
    return sorted(found, key=lambda name: re.sub(r"[-_.]", "", name).lower() != plain)


def _imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that must succeed when the code runs."""
    match node:
        case ast.Import() | ast.ImportFrom():
            yield node
        case ast.Try(handlers=[_, *_]):
            for inner in (*node.handlers, *node.orelse, *node.finalbody):
                yield from _imports(inner)
        case ast.If() if type_checking(node):
            return
        case _:
            for inner in ast.iter_child_nodes(node):
                yield from _imports(inner)
