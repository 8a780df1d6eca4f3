"""What the expressions of a domain method are: entities and how they are reached, collections of them, anything else.

    for account in self.accounts: …   →  account: One("Account", "…"), self.accounts: Many("Account", "self.accounts")

Paths say how an entity is reached: `self`, a parameter, `self.owner`, or UNKNOWN. Order of statements is ignored.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass, field

from compiler import dtypes, model, slices
from compiler.callables import Function, Lookup
from compiler.sources import FunctionNode

UNKNOWN = "…"
NEW = "<new>"


@dataclass(frozen=True, slots=True)
class One:
    """An entity, of that model or one below it; `exact` where it is `self`."""

    model: str
    path: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """A collection of entities: of a relation, or a new one."""

    model: str
    path: str
    mapping: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Cls:
    """A domain model itself."""

    model: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that is no entity and holds none; a `held` one may belong to an entity."""

    held: bool = True


@dataclass(frozen=True, slots=True)
class Fresh:
    """A new container, of which it is not known what it holds."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Nothing is known."""

    parameter: str = ""  # the parameter without a type that it is


@dataclass(frozen=True, slots=True)
class View:
    """A view whose setters run."""

    name: str


@dataclass(frozen=True, slots=True)
class StoreOf:
    """The store of such a view, by its class."""

    name: str


Type = View | StoreOf | One | Many | Cls | Plain | Fresh | Anything
Bind = Callable[[ast.expr, Type], None]


SAME = frozenset({"list", "sorted", "tuple", "set", "reversed", "iter", "frozenset", "filter"})
"""Builtins whose result holds what they are given."""


@dataclass(slots=True)
class Types:
    """The types of one function's names and expressions."""

    function: Function
    lookup: Lookup
    names: dict[str, Type] = field(default_factory=dict)
    local: frozenset[str] = frozenset()

    def learn(self) -> None:
        """Learn what the names are."""
        node, key = self.function.node, self.function.key
        self.local = slices.own_names(node)
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        given: dict[str, Type] = {}
        for at, one in enumerate(every):
            if at == 0 and self.function.takes_self:
                given[one.arg] = self.own()
            elif key.role == "setter" and one.annotation is None:
                given[one.arg] = Plain(held=False)  # it came as JSON
            elif one.annotation is None:
                given[one.arg] = Anything(one.arg)
            else:
                given[one.arg] = self._annotated(one.annotation, one.arg)
        self.names = dict(given)
        for _ in range(3):  # names that are made of names that are bound below them
            self._learn(node)
            self.names.update(given)

    def own(self) -> Type:
        """Return what `self` is."""
        owner, app = self.function.key.model, self.lookup.app
        if owner not in app.models and owner in app.views:
            return View(owner)
        return StoreOf(owner) if owner not in app.models and owner in app.stores else One(owner, "self", exact=True)

    # ------------------------------------------------------------ names

    def _annotated(self, written: ast.expr, path: str) -> Type:
        match written:
            case ast.Constant(value=str(text)):
                try:
                    return self._annotated(ast.parse(text, mode="eval").body, path)
                except SyntaxError:
                    return Anything()
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                kinds = [self._annotated(one, path) for one in (left, right)]
                return next((one for one in kinds if not isinstance(one, Plain)), Plain())
            case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner):
                return self._annotated(inner, path)
            case ast.Subscript(slice=inner):
                items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                found = self._annotated(items[-1], path) if items else Plain()
                if isinstance(found, One):
                    return Many(found.model, path, mapping=len(items) > 1)
                return Plain() if isinstance(found, Plain) else Anything()
            case ast.Name(id=name) | ast.Attribute(attr=name):
                if name in self.lookup.app.models:
                    return One(name, path)
                return Anything() if name in ("Any", "object", "DomainModel") else Plain()
        return Plain()

    def _learn(self, node: FunctionNode) -> None:
        """Find what local names are; one that is several things may be anything."""
        found: dict[str, set[Type]] = {}

        def bind(target: ast.expr, of: Type) -> None:
            match target:
                case ast.Name(id=name):
                    found.setdefault(name, set()).add(of)
                case ast.Tuple(elts=items) | ast.List(elts=items):
                    for item in items:
                        bind(item, Anything())
                case ast.Starred(value=value):
                    bind(value, Fresh())

        for inner in ast.walk(node):
            self._bindings(inner, bind)
        for name, kinds in found.items():
            useful = {one for one in kinds if one != Plain(held=False)} or kinds
            self.names[name] = useful.pop() if len(useful) == 1 else joined(useful)

    def _bindings(self, inner: ast.AST, bind: Bind) -> None:
        match inner:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    bind(target, self.type_of(value))
            case ast.AnnAssign(target=target, value=value, annotation=annotation):
                of = Anything() if value is None else self.type_of(value)
                bind(target, self._annotated(annotation, UNKNOWN) if isinstance(of, Anything) else of)
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                bind(target, self.type_of(value))
            case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
                self._bind_item(target, source, bind)
            case ast.withitem(optional_vars=ast.expr() as target):
                bind(target, Anything())
            case ast.ExceptHandler(name=str(name)):
                bind(ast.Name(name), Plain(held=False))

    def _bind_item(self, target: ast.expr, source: ast.expr, bind: Bind) -> None:
        match source, target:
            case ast.Call(func=ast.Attribute(value=owner, attr="items")), ast.Tuple(elts=[key, value]):
                of = self.type_of(owner)
                bind(key, Plain(held=False))
                bind(value, One(of.model, UNKNOWN) if isinstance(of, Many) else self._item(of))
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]), ast.Tuple(elts=[at, value]):
                bind(at, Plain(held=False))
                bind(value, self._item(self.type_of(inner)))
            case ast.Call(func=ast.Name(id="zip"), args=several), ast.Tuple(elts=items) if len(items) == len(several):
                for item, inner in zip(items, several, strict=True):
                    bind(item, self._item(self.type_of(inner)))
            case _:
                bind(target, self._item(self.type_of(source)))

    def _item(self, of: Type) -> Type:
        match of:
            case Many(name, _, mapping):
                return Plain(held=False) if mapping else One(name, UNKNOWN)
            case Plain():
                return of
        return Anything()

    def type_of(self, node: ast.expr) -> Type:
        """Return what an expression is."""
        match node:
            case ast.Name(id=name):
                if name in self.names:
                    return self.names[name]
                return self._global(name)
            case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.UnaryOp():
                return Plain(held=False)
            case ast.Attribute(value=value, attr=name):
                return self.attribute(self.type_of(value), name)
            case ast.Subscript(value=value, slice=index):
                of = self.type_of(value)
                if isinstance(of, Many):
                    whole = isinstance(index, ast.Slice)
                    return Many(of.model, UNKNOWN, fresh=True) if whole else One(of.model, UNKNOWN)
                return of if isinstance(of, Plain) else Anything()
            case ast.Call():
                return self._result(node)
            case ast.IfExp(body=body, orelse=orelse):
                return joined({self.type_of(body), self.type_of(orelse)})
            case ast.BoolOp(values=values):
                return joined({self.type_of(one) for one in values})
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.type_of(value)
        return self._display(node)

    def _display(self, node: ast.expr) -> Type:
        match node:
            case ast.BinOp(left=left, right=right):
                sides = {self.type_of(left), self.type_of(right)}
                several = [one for one in sides if isinstance(one, Many)]
                if several:
                    return Many(several[0].model, UNKNOWN, fresh=True)
                return Plain(held=False) if all(isinstance(one, Plain) for one in sides) else Fresh()
            case ast.ListComp(elt=item) | ast.SetComp(elt=item) | ast.GeneratorExp(elt=item):
                return self._made({self.type_of(item)}, mapping=False)
            case ast.DictComp(value=item):
                return self._made({self.type_of(item)}, mapping=True)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return self._made({self.type_of(one) for one in items}, mapping=False)
            case ast.Dict(values=items):
                return self._made({self.type_of(one) for one in items}, mapping=True)
        return Anything()

    def _made(self, items: set[Type], *, mapping: bool) -> Type:
        if len(items) == 1:
            only = next(iter(items))
            if isinstance(only, One):
                return Many(only.model, UNKNOWN, mapping, fresh=True)
        return Plain(held=False) if items and all(one == Plain(held=False) for one in items) else Fresh()

    def _global(self, name: str) -> Type:
        if name in self.local:
            return Anything()
        if name in self.lookup.app.models:
            return Cls(name)
        return Anything()

    def attribute(self, of: Type, name: str) -> Type:
        """Return what an attribute of something is."""
        match of:
            case One(owner, path):
                for each in (owner, *self.lookup.app.models[owner].subclasses):
                    found = self.lookup.app.models[each].attribute(name)
                    if isinstance(found, model.StoredAttribute):
                        return self._stored(found, path)
                if name in ("doc_id", "obj_type", "now"):
                    return Plain(held=False)
                return Anything()
            case Plain():
                return of
            case View(view) if name == "store":
                return StoreOf(self.lookup.app.views[view].store)
            case View() if name == "_attrs":
                return Fresh()  # what only this view object holds
            case StoreOf(store):
                reference = self.lookup.app.stores[store].reference(name)
                return Anything() if reference is None else self._joined(store, reference)
        return Anything()

    def _joined(self, store: str, reference: model.Reference) -> Type:
        """Return what a reference of a view's store is to its setters; reading one fetches all of it."""
        if reference.many:
            return Many(reference.model, UNKNOWN, mapping=True, fresh=True)
        match reference.via:
            case model.Root():
                return One(reference.model, "self")
            case model.ThroughOne(above, attribute) if above == self.lookup.app.stores[store].root.name:
                return One(reference.model, f"self.{attribute}")
        return One(reference.model, UNKNOWN)

    def _stored(self, found: model.StoredAttribute, path: str) -> Type:
        if found.relation is None:
            return Plain()
        reached = f"self.{found.name}" if path == "self" else UNKNOWN
        if isinstance(found.type, dtypes.ListOf | dtypes.SetOf | dtypes.DictOf):
            return Many(found.relation, reached, isinstance(found.type, dtypes.DictOf))
        return One(found.relation, reached)

    def _result(self, node: ast.Call) -> Type:
        match node.func:
            case ast.Name(id="super"):
                return self.own()
            case ast.Name(id=name) if name in SAME and node.args:
                of = self.type_of(node.args[-1] if name == "filter" else node.args[0])
                return Many(of.model, UNKNOWN, fresh=True) if isinstance(of, Many) and not of.mapping else Fresh()
            case ast.Name(id="max" | "min" | "next") if len(node.args) >= 1:
                of = self.type_of(node.args[0])
                return One(of.model, UNKNOWN) if isinstance(of, Many) and not of.mapping else Anything()
            case ast.Name(id="dict" | "list" | "set"):
                return Fresh()
            case ast.Name(id=name) if name in self.lookup.app.models and name not in self.local:
                return One(name, NEW)
            case ast.Name(id=name) if hasattr(builtins, name) and name not in self.local:
                return Plain(held=False) if name not in ("getattr", "vars", "iter", "map") else Anything()
            case ast.Attribute(value=value, attr=name):
                return self._method_result(self.type_of(value), name)
        return Anything()

    def _method_result(self, of: Type, name: str) -> Type:
        match of:
            case Cls(owner) if name in ("new", "create"):
                return One(owner, NEW)
            case Cls(owner) if name == "get":
                return One(owner, UNKNOWN)
            case One():
                targets = self.lookup.targets(of.model, name, exact=of.exact)
                written = targets[0].node.returns if targets else None
                return Anything() if written is None else self._annotated(written, UNKNOWN)
            case Many(owner):
                if name in ("values", "copy"):
                    return Many(owner, UNKNOWN, fresh=True)
                return One(owner, UNKNOWN) if name in ("get", "pop", "setdefault") else Plain(held=False)
            case Plain(held):
                return Plain(held=held and name in ("get", "values", "items", "pop", "setdefault"))
        return Anything()


def joined(kinds: set[Type]) -> Type:
    """Return what several kinds have in common."""
    some = {one for one in kinds if one != Plain(held=False)}
    if len(some) == 1:
        return next(iter(some))
    entities = [one for one in some if isinstance(one, One)]
    if some and len(entities) == len(some) and len({one.model for one in entities}) == 1:
        return One(entities[0].model, UNKNOWN)
    if all(isinstance(one, Plain) for one in some):
        return Plain(held=bool(some))
    return Anything()
