"""Model to findings: getters, and whatever they reach, must be functions of their store.

The same store gives the same value, whenever and wherever it is computed, and nothing else changes. What breaks that
is an error at its line, also inside functions of the project that a getter calls.

    return self.store.order.placed_at < datetime.now()
    →  views.py:31:44: E321 `datetime.now` in `Account.is_late` reads the clock
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler import holding, impurities, model, slices
from compiler.diagnostics import Log
from compiler.sources import FunctionNode, ModuleTree, Sources

_Site = tuple[str, int, int]  # file, line, column


def check(app: model.App, log: Log) -> None:
    """Report what keeps getters from being functions of their store, each place once."""
    sources = Sources(app)
    run = _Run(sources, log)
    for view in app.views.values():
        for attribute in view.attributes:
            if attribute.getter is not None:
                run.slice(slices.cut(sources, view.name, attribute.name))
    run.recursion()


@dataclass(slots=True)
class _Run:
    """What was looked at so far; every piece of code is looked at once, for the first getter that reaches it."""

    sources: Sources
    log: Log
    seen: set[tuple[str, ...]] = field(default_factory=set)
    reported: set[tuple[str, _Site]] = field(default_factory=set)
    certain_calls: dict[tuple[str, ...], _Calls] = field(default_factory=dict)

    def slice(self, one: slices.Slice) -> None:
        """Look at everything that a getter reaches."""
        getter = f"{one.view}.{one.getter}"
        kinds = dict(one.classes)
        for module, owner, name in one.members:
            if (module, owner, name) in self.seen:
                continue
            self.seen.add((module, owner, name))
            tree = self.sources.module(module)
            node = tree.class_node(owner) if tree else None
            if tree is None or node is None:
                continue
            where = getter if kinds.get((module, owner)) == "view" and name == one.getter else f"{owner}.{name}"
            for statement in slices.members(node)[name]:
                self._look(tree, statement, where, getter, owner)
        for module, name in one.definitions:
            if (module, name) not in self.seen:
                self.seen.add((module, name))
                self._definition(module, name, getter, (module, name) in kinds)

    def _definition(self, module: str, name: str, getter: str, trimmed: bool) -> None:
        tree = self.sources.module(module)
        if tree is None or trimmed:
            return
        for statement in tree.statements(name):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(tree, statement, name, getter)
            else:
                self._look(tree, statement, name, getter, None)

    def _look(self, tree: ModuleTree, node: ast.stmt, where: str, getter: str, owner: str | None) -> None:
        scope = _Scope(self, tree, where, getter, owner)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            scope.function(node, is_member=owner is not None)
            place = (tree.module.name, owner, node.name) if owner else (tree.module.name, node.name)
            self.certain_calls[place] = _Calls(tree, node, where, frozenset(_certain_calls(node)))
        else:
            scope.visit(node)

    def _import(self, tree: ModuleTree, statement: ast.Import | ast.ImportFrom, name: str, getter: str) -> None:
        for alias in statement.names:
            target = tree.imported(statement, alias)
            top = target.module.split(".")[0]
            if (alias.asname or alias.name.split(".")[0]) != name or self.sources.module(target.module) is not None:
                continue
            if top == "onto" and target.attribute not in _HARMLESS_ONTO:
                self.report(
                    tree, alias, "E328", f"`{name}` of onto, used for `{getter}`, is not there where getters run",
                    "read the store alone",
                )  # fmt: skip

    def report(
        self, tree: ModuleTree, node: ast.expr | ast.stmt | ast.alias, code: str, message: str, hint: str
    ) -> None:
        """Append a finding, once per code and place."""
        span = tree.span(node)
        site = (code, (span.file, span.line, span.column))
        if site not in self.reported:
            self.reported.add(site)
            self.log.add(code, span, message, hint=hint)

    # ------------------------------------------------------------ recursion

    def recursion(self) -> None:
        """Report functions that always call themselves again."""
        edges = {place: self._callees(place, calls) for place, calls in self.certain_calls.items()}
        for place, calls in self.certain_calls.items():
            path = _circle(place, edges)
            if path and place == min(path):
                names = " → ".join(f"`{one[-1]}`" for one in (*path, place))
                self.report(
                    calls.tree, calls.node, "E327", f"`{calls.where}` calls itself without end: {names}",
                    "return before the call in some case",
                )  # fmt: skip

    def _callees(self, place: tuple[str, ...], calls: _Calls) -> tuple[tuple[str, ...], ...]:
        found: list[tuple[str, ...]] = []
        for name, of_self in calls.names:
            if of_self and len(place) == 3:
                found.append((place[0], place[1], name))
            elif not of_self:
                origin = self.sources.origin(place[0], name)
                found += [] if origin is None else [origin]
        return tuple(one for one in found if one in self.certain_calls)


_HARMLESS_ONTO = frozenset({"attrs", "attribute"})


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls that a function makes whatever its arguments are: (name, whether of self)."""

    tree: ModuleTree
    node: FunctionNode
    where: str
    names: frozenset[tuple[str, bool]]


def _circle(start: tuple[str, ...], edges: dict[tuple[str, ...], tuple[tuple[str, ...], ...]]) -> list[tuple[str, ...]]:
    """Return a path from a function back to itself, without the return to it."""
    pending: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = [(start, [start])]
    seen: set[tuple[str, ...]] = set()
    while pending:
        place, path = pending.pop()
        for callee in edges.get(place, ()):
            if callee == start:
                return path
            if callee not in seen:
                seen.add(callee)
                pending.append((callee, [*path, callee]))
    return []


def _certain_calls(node: FunctionNode) -> Iterator[tuple[str, bool]]:
    """Yield what is called before anything can end the function another way."""
    self_name = node.args.args[0].arg if node.args.args else None
    for statement in node.body:
        if isinstance(statement, ast.If | ast.While | ast.For | ast.Match | ast.Try | ast.With | ast.AsyncFor):
            head = getattr(statement, "test", None) or getattr(statement, "iter", None)
            if isinstance(head, ast.expr):
                yield from _certain(head, self_name)
            if any(isinstance(one, ast.Return | ast.Raise | ast.Yield | ast.YieldFrom) for one in ast.walk(statement)):
                return
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr):
                    yield from _certain(child, self_name)
            if isinstance(statement, ast.Return | ast.Raise):
                return


def _certain(expr: ast.expr, self_name: str | None) -> Iterator[tuple[str, bool]]:
    """Yield the calls in an expression that do not depend on another part of it."""
    match expr:
        case ast.IfExp(test=test):
            yield from _certain(test, self_name)
            return
        case ast.BoolOp(values=values):
            yield from _certain(values[0], self_name)
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from _certain(expr.generators[0].iter, self_name)
            return
        case ast.Lambda():
            return
        case ast.Call(func=ast.Name(id=name)):
            yield name, False
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if owner == self_name:
            yield name, True
    for child in ast.iter_child_nodes(expr):
        if isinstance(child, ast.expr):
            yield from _certain(child, self_name)
        elif isinstance(child, ast.keyword):
            yield from _certain(child.value, self_name)


# ---------------------------------------------------------------- one piece of code


class _Scope(ast.NodeVisitor):
    """Looks at one definition. Names are "held" (they belong to the store) or "fresh" (new, holding what is held)."""

    def __init__(self, run: _Run, tree: ModuleTree, where: str, getter: str, owner: str | None) -> None:
        """Begin outside of functions."""
        self.run = run
        self.tree = tree
        self.where = where
        self.getter = getter
        self.owner = owner
        self.levels: dict[str, str] = {}
        self.local: frozenset[str] = frozenset()
        self.imported: dict[str, str] = {}
        self.holding = holding.Holding()
        self.inside = False

    def function(self, node: FunctionNode, *, is_member: bool) -> None:
        """Look at a function of a view, store or model, or at any other one."""
        if isinstance(node, ast.AsyncFunctionDef):
            self._report(node, "E326", f"`{self.where}` is asynchronous", "make it an ordinary function")
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list)
        outer = (self.levels, self.local, self.inside, self.holding)
        self.levels = dict(self.levels)
        if is_member and not static and node.args.args:
            self.levels[node.args.args[0].arg] = "held"
        self.local = self.local | slices.own_names(node)
        self.inside = True
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        levels, before = dict(self.levels), None
        self.holding = holding.all_new(self.local)
        while self.holding != before:  # what comes out of a collection is as new as what was put in
            self.levels, before = dict(levels), self.holding
            self._flow(node)
            self.holding = holding.find(node, self.local, self._level, before)
        for statement in node.body:
            self.visit(statement)
        self.levels, self.local, self.inside, self.holding = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Look at a nested function, or at a method of a class."""
        self.function(node, is_member=False)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Look at an asynchronous function."""
        self.function(node, is_member=False)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Look at an annotated assignment; the annotation never runs."""
        self._target(node.target)
        if node.value is not None:
            self.visit(node.value)

    # ------------------------------------------------------------ where values come from

    def _flow(self, node: FunctionNode) -> None:
        """Find which names are held or fresh, until nothing changes; order of statements is ignored."""
        for _ in range(len(self.local) + 1):
            before = dict(self.levels)
            for inner in ast.walk(node):
                match inner:
                    case ast.Assign(targets=targets, value=value):
                        for target in targets:
                            self._bind_value(target, value)
                    case ast.AnnAssign(target=target, value=ast.expr() as value):
                        self._bind(target, self._level(value))
                    case ast.NamedExpr(target=target, value=value):
                        self._bind(target, self._level(value))
                    case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
                        self._bind(target, "held" if self._level(source) and not _is_plain(source) else "")
                        new = self.holding.new_target(target, source)
                        if new is not None:
                            self._bind(new, "fresh")
                    case ast.Import() | ast.ImportFrom():
                        for alias in inner.names:
                            found = self.tree.imported(inner, alias)
                            whole = f"{found.module}.{found.attribute}" if found.attribute else found.module
                            self.imported[alias.asname or alias.name.split(".")[0]] = whole
            if before == self.levels:
                return

    def _bind_value(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case (
                ast.Tuple(elts=targets) | ast.List(elts=targets),
                ast.Tuple(elts=items) | ast.List(elts=items),
            ) if len(targets) == len(items) and not any(isinstance(one, ast.Starred) for one in (*targets, *items)):
                for one, item in zip(targets, items, strict=True):
                    self._bind_value(one, item)
            case _:
                self._bind(target, self._level(value))

    def _bind(self, target: ast.expr, level: str) -> None:
        if not level:
            return
        match target:
            case ast.Name(id=name):
                # A name that is held somewhere counts as held only if it is never something new.
                self.levels[name] = "fresh" if "fresh" in (level, self.levels.get(name)) else "held"
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self._bind(item, "held")
            case ast.Starred(value=value):
                self._bind(value, "fresh")

    def _level(self, expr: ast.expr) -> str:
        match expr:
            case ast.Name(id=name):
                return self.levels.get(name, "")
            case ast.Attribute(value=value):
                return "held" if self._level(value) == "held" else ""
            case ast.Subscript() if self.holding.has_new(expr):
                return "fresh"
            case ast.Subscript(value=value, slice=index):
                return ("fresh" if isinstance(index, ast.Slice) else "held") if self._level(value) else ""
            case ast.Call():
                return self._call_level(expr)
            case ast.IfExp(body=body, orelse=orelse):
                return _weakest(self._level(body), self._level(orelse))
            case ast.BoolOp(values=values):
                return _weakest(*map(self._level, values))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.List() | ast.Tuple():
                return "fresh"
            case ast.BinOp() | ast.Dict() | ast.Set():
                return "fresh"
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self._level(value)
        return ""

    def _call_level(self, expr: ast.Call) -> str:
        match expr.func:
            case ast.Attribute() if self.holding.has_new(expr):
                return "fresh"
            case ast.Attribute(value=value, attr=name):
                level = self._level(value)
                if name in ("copy", "deepcopy", "split") or not level:
                    return "fresh"
                return "held"
            case ast.Name(id=name) if name in impurities.FRESH:
                return "fresh"
            case ast.Name(id="max" | "min") if self.holding.has_new(expr):
                return "fresh"
            case ast.Name(id="next" | "max" | "min"):
                return "held" if any(map(self._level, expr.args)) else ""
        return "fresh"

    # ------------------------------------------------------------ what is refused

    def visit_Global(self, node: ast.Global) -> None:
        """Refuse names of the module that are bound anew."""
        self._report(
            node, "E323", f"`global {', '.join(node.names)}` in `{self.where}` changes the module",
            "return the value, or store it as an attribute in a domain method",
        )  # fmt: skip

    def visit_Assign(self, node: ast.Assign) -> None:
        """Look at the targets."""
        for target in node.targets:
            self._target(target)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Look at the target; `held += [...]` changes a list in place."""
        self._target(node.target)
        if isinstance(node.value, ast.List | ast.ListComp | ast.Set | ast.Dict) and self._level(node.target) == "held":
            self._changes(node, node.target)
        self.visit(node.value)

    def visit_Delete(self, node: ast.Delete) -> None:
        """Look at the targets."""
        for target in node.targets:
            self._target(target)

    def _target(self, target: ast.expr) -> None:
        match target:
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                self._changes(target, value)
                self.visit(value)
                if isinstance(target, ast.Subscript):
                    self.visit(target.slice)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self._target(item)
            case ast.Starred(value=value):
                self._target(value)

    def _changes(self, node: ast.expr | ast.stmt, changed: ast.expr) -> None:
        """Report a change of something that outlives the call."""
        if not self.inside:
            return
        if self._level(changed) == "held":
            self._report(
                node, "E324", f"`{self._spell(node)}` in `{self.where}` changes what the getter only reads",
                "build a new value; changes belong in domain methods",
            )  # fmt: skip
        elif self._is_global(changed):
            self._report(
                node, "E323", f"`{self._spell(node)}` in `{self.where}` changes the module's `{ast.unparse(changed)}`",
                "keep what is counted or cached in a local name",
            )  # fmt: skip

    def _is_global(self, expr: ast.expr) -> bool:
        while isinstance(expr, ast.Attribute | ast.Subscript):
            expr = expr.value
        if not isinstance(expr, ast.Name) or expr.id in self.local:
            return False
        origin = self.run.sources.origin(self.tree.module.name, expr.id)
        return origin is not None

    def visit_Call(self, node: ast.Call) -> None:
        """Look at what is called, and at its arguments."""
        match node.func:
            case ast.Attribute(value=value, attr=name) if name in impurities.MUTATORS:
                bound = self.run.sources.module(self.tree.module.name)
                if bound is not None and (self._level(value) == "held" or self._mutable_global(value)):
                    self._changes(node, value)
            case ast.Name(id="setattr" | "delattr" as name) if node.args and name not in self.local:
                self._changes(node, node.args[0])
            case ast.Name(id="getattr" | "hasattr" as name) if len(node.args) > 1 and name not in self.local:
                self._by_name(node, node.args[1])
        self.generic_visit(node)

    def _by_name(self, node: ast.Call, name: ast.expr) -> None:
        """Refuse names of attributes that the store holds; those in the source may be put together as one likes."""
        if any(isinstance(one, ast.Name) and self._level(one) == "held" for one in ast.walk(name)):
            self._report(
                node, "E331", f"`{self._spell(node)}` in `{self.where}` reads an attribute that the store names",
                'choose among names in the source: `{"first": user.first, "last": user.last}[key]`',
            )  # fmt: skip

    def visit_While(self, node: ast.While) -> None:
        """Refuse a loop that nothing ends."""
        if isinstance(node.test, ast.Constant) and node.test.value and not _ends(node):
            self._report(
                node, "E327", f"the `while` in `{self.where}` never ends", "give it a condition, or a `break`"
            )  # fmt: skip
        self.generic_visit(node)

    def _mutable_global(self, expr: ast.expr) -> bool:
        if not isinstance(expr, ast.Name) or expr.id in self.local:
            return False
        origin = self.run.sources.origin(self.tree.module.name, expr.id)
        tree = None if origin is None else self.run.sources.module(origin[0])
        return (
            origin is not None
            and tree is not None
            and any(isinstance(one, ast.Assign | ast.AnnAssign) for one in tree.statements(origin[1]))
        )

    def visit_Name(self, node: ast.Name) -> None:
        """Look at a builtin or an imported function."""
        self._name(node, self._qualified(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look at a dotted name as a whole, else at its parts."""
        qualified = self._qualified(node)
        if qualified is None or "(" in qualified:
            self.visit(node.value)
        self._name(node, qualified)

    def _name(self, node: ast.expr, qualified: str | None) -> None:
        impurity = None if qualified is None else impurities.find(qualified)
        if impurity is not None:
            self._report(node, impurity.code, f"`{ast.unparse(node)}` in `{self.where}` {impurity.does}", impurity.hint)

    def _qualified(self, expr: ast.expr) -> str | None:
        return self.run.sources.outside(self.tree, expr, self.local, self.imported)

    def _spell(self, node: ast.expr | ast.stmt) -> str:
        text = ast.unparse(node).splitlines()[0]
        return text if len(text) <= 60 else f"{text[:57]}…"

    def _report(self, node: ast.expr | ast.stmt, code: str, message: str, hint: str) -> None:
        reached = "" if self.where == self.getter else f", reached from `{self.getter}`"
        self.run.report(self.tree, node, code, message + reached, hint)


def _is_plain(source: ast.expr) -> bool:
    return isinstance(source, ast.Tuple | ast.List | ast.Set) and all(
        isinstance(one, ast.Constant) for one in source.elts
    )


def _ends(loop: ast.While) -> bool:
    """Tell whether something in the body leaves the loop; what a call raises may be meant to."""
    ways = ast.Break | ast.Return | ast.Raise | ast.Yield | ast.YieldFrom | ast.Call | ast.Subscript
    return any(isinstance(one, ways) for statement in loop.body for one in ast.walk(statement))


def _weakest(*levels: str) -> str:
    if "fresh" in levels:
        return "fresh"
    return "held" if "held" in levels else ""
