"""What one function does to entities: the changes, reads and calls that stand in its text, in order.

    def transfer(self, to: Account, amount: int):
        self.balance -= amount      →  change of `self.balance`
        to.take(amount)             →  call of Account.take on `to`

Conservative: what cannot be told counts as a change, and as an entity that only the run finds.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from compiler import diagnostics, impurities, model, reach
from compiler.callables import Function, Key, Lookup
from compiler.entity_types import NEW, UNKNOWN, Anything, Cls, Fresh, Many, One, Plain, StoreOf, Type, Types, View

EVERY = "*"  # in the place of a model's name: any of them


@dataclass(frozen=True, slots=True)
class Touch:
    """An entity, or all of a relation, is looked up; `certain` when every run does."""

    path: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a function does, with all that it calls."""

    change: reach.Change | None = None
    touches: frozenset[Touch] = frozenset()
    raises: bool = False
    calls: tuple[str, ...] = ()  # of other entities
    models: frozenset[str] = frozenset()  # of the entities that it meets, as far as the text tells
    changed: frozenset[str] = frozenset()  # models of which it may change entities, EVERY where the text does not tell


@dataclass(frozen=True, slots=True)
class Body:
    """What was found in one function."""

    effect: Effect
    callees: tuple[tuple[Key, bool], ...]  # and whether every run calls it
    problems: tuple[tuple[str, ast.expr, str, str | None], ...]  # code, where, what, hint


def changes(app: model.App, effects: Iterable[Effect]) -> tuple[str, ...] | None:
    """Return the collections in which functions may change something; None: in any."""
    models = frozenset[str]().union(*(one.changed for one in effects))
    if not models <= app.models.keys():
        return None
    below = (one for one in app.models.values() if not models.isdisjoint(layer.name for layer in one.layers))
    return tuple(sorted({one.collection for one in below}))


def read(function: Function, lookup: Lookup, effects: Mapping[Key, Effect]) -> Body:
    """Read one function, given what the others do as far as is known."""
    types = Types(function, lookup)
    types.learn()
    walk = _Walk(function, lookup, effects, types)
    walk.block(function.node.body)
    calls = tuple(dict.fromkeys(walk.calls))
    met, changed = frozenset(walk.models), frozenset(walk.changed)
    effect = Effect(walk.change, frozenset(walk.touches), walk.raises, calls, met, changed)
    return Body(effect, tuple(dict.fromkeys(walk.callees)), tuple(walk.problems))


_QUIET = frozenset({"len", "bool", "isinstance", "repr", "str", "print", "type", "id", "hash"})
"""Builtins that fetch nothing of a collection of entities."""
_PURE_MODULES = frozenset(
    {
        "math", "decimal", "datetime", "json", "itertools", "operator", "statistics", "fractions", "re", "string",
        "textwrap", "unicodedata", "collections", "zlib", "hashlib", "base64", "uuid", "copy", "calendar", "zoneinfo",
        "enum", "dataclasses", "typing", "functools", "contextlib", "builtins", "onto",
    }
)  # fmt: skip
"""Modules whose functions do not change what they are given."""

_CONTAINERS: tuple[type, ...] = (str, list, dict, set, tuple, int, float, bytes)
BUILTIN_METHODS = frozenset(name for kind in _CONTAINERS for name in dir(kind)) | {
    "isoformat", "date", "time", "timestamp", "total_seconds", "weekday", "isoweekday", "astimezone", "strftime",
    "quantize", "normalize", "to_integral_value", "year", "month", "day", "hour", "minute", "second", "is_integer",
}  # fmt: skip


@dataclass(slots=True)
class _Walk:
    """One function's text, walked in the order in which it runs."""

    function: Function
    lookup: Lookup
    effects: Mapping[Key, Effect]
    types: Types
    certain: bool = True
    left: bool = False  # since it was last cleared: something may have ended the run
    change: reach.Change | None = None
    touches: set[Touch] = field(default_factory=set)
    raises: bool = False
    calls: list[str] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    callees: list[tuple[Key, bool]] = field(default_factory=list)
    problems: list[tuple[str, ast.expr, str, str | None]] = field(default_factory=list)

    # ------------------------------------------------------------ statements

    def block(self, body: list[ast.stmt]) -> None:
        for one in body:
            self._statement(one)

    def _branch(self, *blocks: list[ast.stmt]) -> None:
        """Walk what only some runs do."""
        before, self.certain = self.certain, False
        outer, self.left = self.left, False
        for one in blocks:
            self.block(one)
        self.certain = before and not self.left
        self.left = outer or self.left

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Return(value=value):
                self._maybe(value)
                self._leave()
            case ast.Raise(exc=exc):
                self._maybe(exc)
                self.raises = True
                self._leave()
            case ast.Assert(test=test):
                self._expr(test)
                self.raises = True
                self._leave()
            case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
                self._expr(test)
                self._branch(body, orelse)
            case ast.For(target=target, iter=source, body=body, orelse=orelse):
                self._iterated(source)
                self._target(target)
                self._branch(body, orelse)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                self.block(body)
                self._branch(*(one.body for one in handlers), orelse)
                self.block(final)
            case ast.With(items=items, body=body):
                for one in items:
                    self._expr(one.context_expr)
                self.block(body)
            case ast.Match(subject=subject, cases=cases):
                self._expr(subject)
                self._branch(*(one.body for one in cases))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._branch(node.body)
            case _:
                self._simple(node)

    def _simple(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self._expr(value)
                for target in targets:
                    self._target(target)
            case ast.AnnAssign(target=target, value=value):
                self._maybe(value)
                self._target(target)
            case ast.AugAssign(target=target, value=value):
                self._expr(value)
                self._target(target)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._target(target)
            case ast.Expr(value=value):
                self._expr(value)

    def _leave(self) -> None:
        self.left, self.certain = True, False

    def _target(self, target: ast.expr) -> None:
        """Look at what is assigned to."""
        match target:
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                self._expr(value)
                if isinstance(target, ast.Subscript):
                    self._expr(target.slice)
                self._assigned(target, self.types.type_of(value))
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self._target(item)
            case ast.Starred(value=value):
                self._target(value)

    def _assigned(self, target: ast.Attribute | ast.Subscript, of: Type) -> None:
        """Look at what assigning to a part of something does; a view has setters, and keeps the rest to itself."""
        self._meets(of)
        if not isinstance(of, View) or not isinstance(target, ast.Attribute):
            self._changes(target, of)
            return
        setter = self.lookup.of_attribute(of.name, target.attr, "setter")
        if setter is not None:
            self._run(target, [setter], of, {})

    def _meets(self, of: Type) -> None:
        if isinstance(of, One | Many):
            self.models.add(of.model)

    def _changes(self, node: ast.expr, of: Type, whose: str = EVERY) -> None:
        """Note a change of something that may belong to an entity, of that model if it is not an entity itself."""
        match of:
            case Fresh() | Plain(held=False) | One(path="<new>") | Many(fresh=True):
                return
        self.changed.add(of.model if isinstance(of, One) else whose)
        if self.change is None:
            self.change = reach.Change(f"`{spell(node)}`", self.function.tree.span(node))

    # ------------------------------------------------------------ expressions

    def _maybe(self, node: ast.expr | None) -> None:
        if node is not None:
            self._expr(node)

    def _later(self, *nodes: ast.expr | None) -> None:
        """Walk what only some runs evaluate."""
        before, self.certain = self.certain, False
        for one in nodes:
            self._maybe(one)
        self.certain = before and not self.left

    def _expr(self, node: ast.expr) -> None:
        match node:
            case ast.BoolOp(values=[first, *rest]):
                self._expr(first)
                self._later(*rest)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._expr(test)
                self._later(body, orelse)
            case ast.Lambda(body=body):
                self._later(body)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.Compare(left=left, comparators=rest):
                for one in (left, *rest):
                    self._expr(one)  # `in` and `==` compare ids: they fetch nothing of a collection
            case ast.Starred(value=value):
                self._iterated(value)
            case ast.Subscript(value=value, slice=index):
                self._expr(value)
                self._expr(index)
                of = self.types.type_of(value)
                if isinstance(of, Many) and not of.fresh:
                    self._touch(UNKNOWN)
            case ast.Attribute(value=value):
                self._expr(value)
                self._read(node, self.types.type_of(value))
            case ast.Call():
                self._call(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._expr(child)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        first, *rest = node.generators
        self._iterated(first.iter)
        inside = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        before, self.certain = self.certain, False
        for one in rest:
            self._iterated(one.iter)
        self.certain = before
        self._later(*first.ifs, *(test for one in rest for test in one.ifs), *inside)

    def _iterated(self, source: ast.expr) -> None:
        """Look at what is iterated over: all of it is fetched."""
        self._expr(source)
        of = self.types.type_of(source)
        self._meets(of)
        if isinstance(of, Many) and not of.fresh and not of.mapping:
            self._touch(of.path)

    def _read(self, node: ast.Attribute, of: Type) -> None:
        """Look at an attribute that is read: a relation, a computed attribute, a method that may be called."""
        self._meets(of)
        if isinstance(of, View | StoreOf):
            self._read_of_view(node, of)
        elif isinstance(of, One):
            self._known(node, of)
            targets = self._targets(node, of)
            found = self.types.attribute(of, node.attr)
            if isinstance(found, One) and not targets:
                self._touch(found.path)
            self._run(node, targets, of, {})
        elif isinstance(of, Anything) and self._outside(node) is None:
            self._run(node, self.lookup.anywhere(node.attr), of, {})

    def _read_of_view(self, node: ast.Attribute, of: View | StoreOf) -> None:
        store = self.lookup.app.stores[of.name] if isinstance(of, StoreOf) else None
        reference = None if store is None else store.reference(node.attr)
        if store is not None and reference is not None:
            self._join(node, store, reference)
            return
        found = self.lookup.method(of.name, node.attr)
        if found is not None:
            self._run(node, [found], of, {})

    def _join(self, node: ast.Attribute, store: model.Store, reference: model.Reference) -> None:
        """Look at a reference that a setter reads: all of it is fetched, and what it joins through before it."""
        self.models.add(reference.model)
        match reference.via:
            case (
                model.ThroughOne(name, attribute)
                | model.ThroughList(name, attribute)
                | model.ThroughDict(name, attribute)
            ):
                above = store.reference(name)
                assert above is not None  # references stand after those that they join through
                self._join(node, store, above)
                self._touch(f"self.{attribute}" if isinstance(above.via, model.Root) else UNKNOWN)
            case model.ThroughEach() | model.PointsBack() | model.On():
                where = f"`{spell(node)}` in `{self.function.key}` cannot be read in a setter"
                message = f"{where}: no relation leads there from the root `{store.root.name}`"
                root, target = store.root.model, reference.model
                hint = f"keep the ids in a relation of `{root}`, or write with a method of `{target}`"
                self.problems.append(("E563", node, message, hint))

    def _targets(self, node: ast.Attribute, of: One) -> list[Function]:
        """Return what an attribute of an entity may run; `super().name` is what a class above has."""
        match node.value:
            case ast.Call(func=ast.Name(id="super")):
                key = self.function.key
                found = self.lookup.method(key.model, node.attr, after=key.layer)
                return [] if found is None else [found]
        return self.lookup.targets(of.model, node.attr, exact=of.exact)

    def _known(self, node: ast.Attribute, of: One) -> None:
        if not self.lookup.has(of.model, node.attr):
            here = self.lookup.app.models[of.model]
            names = [one.name for one in here.methods] + [one.name for one in here.stored]
            hint = diagnostics.alternatives(node.attr, names, f"`{of.model}` has")
            self.problems.append(("E558", node, f"`{of.model}` has no method or attribute `{node.attr}`", hint))

    def _call(self, node: ast.Call) -> None:
        quiet = isinstance(node.func, ast.Name) and node.func.id in _QUIET and node.func.id not in self.types.local
        for one in node.args:
            if quiet or (
                isinstance(node.func, ast.Attribute) and isinstance(self.types.type_of(node.func.value), Many)
            ):
                self._expr(one)
            else:
                self._iterated(one)
        for keyword in node.keywords:
            self._expr(keyword.value)
        match node.func:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                key = self.function.key
                found = self.lookup.method(key.model, name, after=key.layer) if key.model else None
                if found is not None:
                    self._run(node, [found], self.types.own(), self._arguments(node, found))
                elif name in ("save", "delete", "propagate_change"):
                    self._changes(node, Anything())
            case ast.Attribute(value=value, attr=name):
                self._expr(value)
                self._method(node, node.func, self.types.type_of(value), name)
            case ast.Name(id=name) if name not in self.types.local:
                self._function(node, name)
            case ast.Name():
                self._escape(node)
            case _:
                self._expr(node.func)
                self._escape(node)

    def _method(self, node: ast.Call, func: ast.Attribute, of: Type, name: str) -> None:
        self._meets(of)
        match of:
            case View() | StoreOf():
                self._of_view(node, of, name)
            case One():
                self._known(func, of)
                targets = self.lookup.targets(of.model, name, exact=of.exact)
                if targets:
                    self._run(node, targets, of, self._arguments(node, targets[0]))
                elif name in ("save", "delete", "update_vals") or name.startswith("_"):
                    self._changes(node, Anything(), of.model)
                    if of.path == NEW:
                        self._touch(UNKNOWN)  # the place where it is to be, which may be taken
            case Many():
                self._on_many(node, of, name)
            case Cls(owner):
                found = self.lookup.method(owner, name)
                if found is not None:
                    self._run(node, [found], of, self._arguments(node, found))
                elif name == "get":
                    self._touch(UNKNOWN)
            case Plain() | Fresh():
                if name in impurities.MUTATORS:
                    self._changes(node, of)
            case Anything():
                self._on_anything(node, of, name)

    def _of_view(self, node: ast.Call, of: View | StoreOf, name: str) -> None:
        found = self.lookup.method(of.name, name)
        if found is not None:
            self._run(node, [found], of, self._arguments(node, found))
        else:  # of onto's own, such as `propagate_change`, which saves all there is
            self._changes(node, Anything())
            self._touch(UNKNOWN)

    def _on_many(self, node: ast.Call, of: Many, name: str) -> None:
        if name in impurities.MUTATORS:
            self._changes(node, of)
        if of.fresh:
            return
        if name in ("values", "items", "copy"):
            self._touch(of.path)
        elif name in ("get", "pop", "popitem", "setdefault"):
            self._touch(UNKNOWN)

    def _on_anything(self, node: ast.Call, of: Anything, name: str) -> None:
        assert isinstance(node.func, ast.Attribute)
        found = [] if self._outside(node.func) is not None else self.lookup.anywhere(name)
        if of.parameter and name not in BUILTIN_METHODS and self._is_command():
            owners = [one.key.model for one in found]
            hint = f"name its model: `{of.parameter}: {owners[0]}`" if owners else f"give `{of.parameter}` a type"
            message = f"`{of.parameter}` has no type, so a command brings it as plain JSON, which has no `{name}`"
            self.problems.append(("W559", node.func.value, message, hint))
        if found:
            self._run(node, found, of, {})
        elif name in impurities.MUTATORS:
            self._changes(node, of)
        elif self._outside(node.func) is not None or name not in BUILTIN_METHODS:
            self._escape(node)

    def _function(self, node: ast.Call, name: str) -> None:
        found = self.lookup.function(self.function.tree.module.name, name)
        if found is not None:
            self._run(node, [found], Plain(), self._arguments(node, found))
        elif name in ("setattr", "delattr"):
            self._changes(node, self.types.type_of(node.args[0]) if node.args else Anything())
        elif name not in self.lookup.app.models and not hasattr(builtins, name) and not self._is_pure(node.func):
            self._escape(node)

    def _is_command(self) -> bool:
        key = self.function.key
        return self.function.takes_self and key.model in self.lookup.app.models and not key.name.startswith("_")

    def _outside(self, func: ast.expr) -> str | None:
        return self.lookup.sources.outside(self.function.tree, func, self.types.local, {})

    def _is_pure(self, func: ast.expr) -> bool:
        outside = self._outside(func)
        return outside is not None and outside.split(".")[0] in _PURE_MODULES

    def _escape(self, node: ast.Call) -> None:
        """Something unknown is called: it may change what it is given."""
        if self._is_pure(node.func):
            return
        for one in (*node.args, *(each.value for each in node.keywords)):
            of = self.types.type_of(one)
            if of == Plain(held=False) or isinstance(of, Fresh):
                continue
            self._changes(node, Anything())
            if not isinstance(of, Plain):
                self._touch(UNKNOWN)
            return

    def _arguments(self, node: ast.Call, callee: Function) -> dict[str, Type]:
        names = [one.arg for one in (*callee.node.args.posonlyargs, *callee.node.args.args)]
        given = dict(zip(names[1:] if callee.takes_self else names, map(self.types.type_of, node.args), strict=False))
        return {**given, **{one.arg: self.types.type_of(one.value) for one in node.keywords if one.arg}}

    def _run(self, node: ast.expr, targets: list[Function], of: Type, given: Mapping[str, Type]) -> None:
        """Take over what the called functions do: one of them runs."""
        before = self.certain
        reached: list[set[Touch]] = []
        for callee in targets:
            self.callees.append((callee.key, before and len(targets) == 1 and not isinstance(of, Anything)))
            if isinstance(of, One) and not of.exact and of.path != NEW:
                self.calls.append(str(callee.key))
            effect = self.effects.get(callee.key, Effect())
            self.calls += effect.calls
            self.models |= effect.models
            self.changed |= effect.changed
            if effect.change is not None and self.change is None:
                self.change = reach.Change(f"`{spell(node)}`", self.function.tree.span(node))
            placed = {Touch(path, one.certain) for one in effect.touches if (path := _placed(one.path, of, given))}
            reached.append(placed)
            if effect.raises:
                self.raises = True
                self._leave()
        always = set.intersection(*reached) if reached else set()
        for one in set().union(*reached):
            self.touches.add(Touch(one.path, before and one.certain and one in always))

    def _touch(self, path: str) -> None:
        self.touches.add(Touch(path, self.certain))


def _placed(path: str, of: Type, given: Mapping[str, Type]) -> str | None:
    """Return what a callee's path is to its caller; None for an entity that is at hand already."""
    if path == UNKNOWN:
        return UNKNOWN
    if path.startswith("self."):
        return path if isinstance(of, View | StoreOf) or (isinstance(of, One) and of.path == "self") else UNKNOWN
    argument = given.get(path)
    match argument:
        case Many(fresh=False):
            return argument.path
        case Many() | One():
            return None
    return UNKNOWN


def spell(node: ast.expr) -> str:
    """Spell an expression on one line."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 60 else f"{text[:57]}…"
