"""What no domain method may do, place by place: it may run several times, on any worker, and only entities remember.

self.stamp = time.time()   →  models.py:12:22: E554 `time.time` in `Job.stamp` reads the clock
                              hint: use `CTX.now`, the moment at which the command arrived
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from compiler import callables, impurities, method_bodies, model, slices
from compiler.diagnostics import Log, Span
from compiler.sources import ModuleTree, Sources

_CODES = {"E320": "E555", "E321": "E554", "E322": "E554", "E325": "E560", "E326": "E560"}
"""What is an impurity in a getter, by the code that it has in a domain method."""

_HINTS = {
    "E554": "use `CTX.now`, the moment at which the command arrived, or take it as an argument",
    "E555": "do it before or after the call, and give the method what it needs as an argument",
    "E560": "write it out in the method",
}
_RANDOM = "use `CTX.uuid()`, which is the same whenever the command is run again, or take it as an argument"
_LATER = "leave it out, or read the change topic: a method runs again when it meets an entity that is not there yet"
_OF_CALL = ("now", "uuid")
_SEARCHES = ("all", "where", "get_query")


@dataclass(slots=True)
class Refusals(ast.NodeVisitor):
    """Looks at functions that commands reach, each once."""

    app: model.App
    sources: Sources
    log: Log
    tree: ModuleTree = field(init=False)
    where: str = field(init=False, default="")
    local: frozenset[str] = frozenset()
    imported: dict[str, str] = field(default_factory=dict)
    told: set[tuple[str, int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Remember what was found already: a method that getters call is not told of twice."""
        self.told = {_site(one.span) for one in self.log.found if one.is_error}

    def look(self, function: callables.Function, *, is_method: bool) -> None:
        """Look at one function."""
        node = function.node
        self.tree, self.where, self.local = function.tree, str(function.key), slices.own_names(node)
        self.imported = {
            alias.asname or alias.name.split(".")[0]: _whole(function.tree, inner, alias)
            for inner in ast.walk(node)
            if isinstance(inner, ast.Import | ast.ImportFrom)
            for alias in inner.names
        }
        if is_method:
            self._shape(node)
        for statement in node.body:
            self.visit(statement)

    def _shape(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if isinstance(node, ast.AsyncFunctionDef):
            self._report(
                "E551", node, f"`{self.where}` is asynchronous",
                "write `def`: calls of other entities look like plain calls",
            )  # fmt: skip
        stars = [
            f"{star}{one.arg}" for star, one in (("*", node.args.vararg), ("**", node.args.kwarg)) if one is not None
        ]
        if stars:
            self._report(
                "E560", node, f"`{self.where}` takes `{stars[0]}`, which a command cannot give",
                "name the parameters, or take a list or dict",
            )  # fmt: skip
        own = [one for one in _own_nodes(node) if isinstance(one, ast.Yield | ast.YieldFrom)]
        if own:
            self._report("E552", own[0], f"`{self.where}` is a generator: it yields", "return a list")

    def visit_Global(self, node: ast.Global) -> None:
        """Refuse names of the module that are bound anew."""
        self._report(
            "E556", node, f"`{self.where}` changes the module's `{', '.join(node.names)}`",
            "keep it in an attribute of an entity",
        )  # fmt: skip

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Refuse to catch what is no error."""
        named = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        for one in named:
            if one is None or (isinstance(one, ast.Name) and one.id == "BaseException"):
                what = "everything" if one is None else "`BaseException`"
                self._report(
                    "E557", node, f"`{self.where}` catches {what}, also what is no error",
                    "name the exceptions, or `Exception`",
                )  # fmt: skip
        self.generic_visit(node)

    def visit_Await(self, node: ast.Await) -> None:
        """Refuse to wait."""
        self._report("E551", node, f"`{self.where}` waits for something", "call it plainly")

    def visit_Assign(self, node: ast.Assign) -> None:
        """Look at the targets."""
        for target in node.targets:
            self._changed(target)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Look at the target."""
        self._changed(node.target)
        self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        """Look at the targets."""
        for target in node.targets:
            self._changed(target)

    def _changed(self, target: ast.expr) -> None:
        if isinstance(target, ast.Attribute | ast.Subscript):
            self._of_module(target, target.value)

    def _of_module(self, node: ast.expr, changed: ast.expr) -> None:
        """Refuse a change of what belongs to a module or a class."""
        root = changed
        while isinstance(root, ast.Attribute | ast.Subscript):
            if isinstance(root, ast.Attribute) and root.attr == "__class__":
                break
            root = root.value
        match root:
            case ast.Name(id=name) if name not in self.local:
                owner = "the class" if name in self.app.models else "the module's"
                what = f"{owner} `{name}`" if self._is_project_name(name) else None
            case ast.Attribute(attr="__class__") | ast.Call(func=ast.Name(id="type")):
                what = "a class"
            case _:
                what = None
        if what is not None:
            self._report(
                "E556", node, f"`{method_bodies.spell(node)}` in `{self.where}` changes {what}",
                "keep it in an attribute of an entity",
            )  # fmt: skip

    def _is_project_name(self, name: str) -> bool:
        return self.sources.origin(self.tree.module.name, name) is not None

    def visit_Call(self, node: ast.Call) -> None:
        """Look at what is called, and at its arguments."""
        match node.func:
            case ast.Attribute(value=ast.Name(id=name) as owner, attr=attr) if name not in self.local:
                if name in self.app.models and attr in _SEARCHES:
                    self._report(
                        "E561", node, f"`{name}.{attr}` in `{self.where}` searches a collection",
                        "reach entities by relations, arguments or `get`",
                    )  # fmt: skip
                elif attr in impurities.MUTATORS and self._is_value(name):
                    self._of_module(node, owner)
        self.generic_visit(node)

    def _is_value(self, name: str) -> bool:
        origin = self.sources.origin(self.tree.module.name, name)
        tree = None if origin is None else self.sources.module(origin[0])
        if origin is None or tree is None:
            return False
        return any(isinstance(one, ast.Assign | ast.AnnAssign) for one in tree.statements(origin[1]))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Look at an annotated assignment; the annotation never runs."""
        self._changed(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        """Look at a builtin or an imported function."""
        self._name(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look at a dotted name as a whole, else at its parts."""
        if self.sources.outside(self.tree, node, self.local, self.imported) is None:
            self.visit(node.value)
        else:
            self._name(node)

    def _name(self, node: ast.expr) -> None:
        qualified = self.sources.outside(self.tree, node, self.local, self.imported)
        if qualified is None:
            return
        spelt = f"`{ast.unparse(node)}` in `{self.where}`"
        parts = qualified.split(".")
        if parts[0] == "onto":
            if len(parts) > 3 and parts[1] == "context" and parts[3] not in _OF_CALL:
                self._report(
                    "E555", node, f"{spelt} reaches around the transaction", "read entities by relations or `get`"
                )
            return
        found = impurities.find(qualified)
        if found is None:
            return
        if qualified == "time.sleep":
            hint = "end, and let a later command do what is to be done later"
            self._report("E560", node, f"{spelt} keeps all other commands waiting", hint)
        elif qualified in ("id", "hash"):
            self._report("E560", node, f"{spelt} differs between processes", "use the `doc_id`, or `zlib.crc32`")
        elif found.code in _CODES:
            code = _CODES[found.code]
            hint = _RANDOM if found.code == "E322" else _HINTS[code]
            self._report(code, node, f"{spelt} {found.does}", hint)
        else:
            self._report("W555", node, f"{spelt} writes to the worker's log, once per run", _LATER)

    def _report(self, code: str, node: ast.expr | ast.stmt | ast.excepthandler, message: str, hint: str) -> None:
        span = self.tree.span(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.col_offset + len("async def " if isinstance(node, ast.AsyncFunctionDef) else "def ")
            span = Span(span.file, node.lineno, start + 1, node.lineno, start + 1 + len(node.name))
        elif isinstance(node, ast.excepthandler):
            span = Span(span.file, span.line, span.column, span.line, span.column + len("except"))
        if _site(span) not in self.told:
            self.told.add(_site(span))
            self.log.add(code, span, message, hint=hint)


def _site(span: Span) -> tuple[str, int, int]:
    return span.file, span.line, span.column


def _whole(tree: ModuleTree, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    found = tree.imported(statement, alias)
    return f"{found.module}.{found.attribute}" if found.attribute else found.module


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """Return the nodes of a function without those of functions inside it."""
    found: list[ast.AST] = []
    pending = list(ast.iter_child_nodes(node))
    while pending:
        one = pending.pop(0)
        found.append(one)
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(one))
    return found
