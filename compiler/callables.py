"""The functions that domain methods are made of: where a call may lead, with subclasses and `super()`.

account.fee()   →  Account.fee, and Savings.fee where a class below overrides it
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler import model, slices
from compiler.sources import FunctionNode, ModuleTree, Sources


@dataclass(frozen=True, slots=True)
class Key:
    """A function: of a class within the lineage of a model, view or store (`layer`), or of a module.

    `role` is `setter` or `init` where an attribute has the function for that.
    """

    name: str
    model: str = ""
    layer: str = ""
    module: str = ""
    role: str = ""

    def __str__(self) -> str:
        """Name it as users do."""
        return f"{self.layer}.{self.name}" if self.layer else self.name


@dataclass(frozen=True, slots=True)
class Function:
    """A function's text, and what `self` is in it."""

    key: Key
    tree: ModuleTree
    node: FunctionNode
    takes_self: bool


@dataclass(slots=True)
class Lookup:
    """Finds functions of the app."""

    app: model.App
    sources: Sources
    known: dict[Key, Function | None] = field(default_factory=dict)

    def method(self, owner: str, name: str, after: str = "") -> Function | None:
        """Return the method, getter or property of a class, or for `super()` the next one after a class."""
        layers = self.layers(owner)
        names = [layer.name for layer in layers]
        for layer in layers[names.index(after) + 1 if after in names else 0 :]:
            key = Key(name, owner, layer.name)
            if key not in self.known:
                self.known[key] = self._of_layer(key, layer)
            found = self.known[key]
            if found is not None:
                return found
        return None

    def layers(self, owner: str) -> tuple[model.Layer, ...]:
        """Return the lineage of a model, view or store."""
        for known in (self.app.models, self.app.views, self.app.stores):
            if owner in known:
                return known[owner].layers
        raise KeyError(owner)

    def bodies(self, owner: str) -> Iterator[tuple[model.Layer, ModuleTree, ast.ClassDef]]:
        """Yield the classes of a lineage that are written in the project, nearest first."""
        for layer in self.layers(owner):
            tree = self.sources.module(layer.module)
            node = None if tree is None else tree.class_node(layer.name)
            if tree is not None and node is not None:
                yield layer, tree, node

    def of_attribute(self, view: str, name: str, role: str) -> Function | None:
        """Return the setter or init of an attribute: the nearest class that says anything of the attribute decides."""
        for layer, tree, node in self.bodies(view):
            key = Key(name, view, layer.name, role=role)
            if key not in self.known:
                found = [one for one in slices.with_role(node, role) if one.name == name]
                self.known[key] = Function(key, tree, found[-1], True) if found else None
            if self.known[key] is not None or name in slices.members(node):
                return self.known[key]
        return None

    def names_with(self, view: str, role: str) -> tuple[str, ...]:
        """Return the attributes of a view that have a setter or an init, those of classes above it first."""
        names: dict[str, None] = {}
        for _, _, node in reversed(list(self.bodies(view))):
            names.update(dict.fromkeys(one.name for one in slices.with_role(node, role)))
        return tuple(one for one in names if self.of_attribute(view, one, role) is not None)

    def _of_layer(self, key: Key, layer: model.Layer) -> Function | None:
        method = next((one for one in layer.methods if one.name == key.name), None)
        getter = next((one for one in layer.getters if one[0] == key.name), None)
        if method is None and getter is None:
            return None
        module = method.module if method is not None else getter[2] if getter is not None else ""
        tree = self.sources.module(module)
        node = None if tree is None else tree.class_node(layer.name)
        if tree is None or node is None:
            return None
        for statement in slices.members(node).get(key.name, []):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                return Function(key, tree, statement, method is None or method.kind in ("plain", "property"))
        return None

    def function(self, module: str, name: str) -> Function | None:
        """Return a function of the project that a module calls by a name."""
        origin = self.sources.origin(module, name)
        if origin is None:
            return None
        key = Key(origin[1], module=origin[0])
        if key not in self.known:
            tree = self.sources.module(origin[0])
            found = [] if tree is None else tree.statements(origin[1])
            nodes = [one for one in found if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            self.known[key] = Function(key, tree, nodes[-1], False) if tree is not None and nodes else None
        return self.known[key]

    def targets(self, owner: str, name: str, *, exact: bool) -> list[Function]:
        """Return what a call may run: the model's own, and those of the models below it."""
        owners = [owner] if exact else [owner, *self.app.models[owner].subclasses]
        found = [self.method(one, name) for one in owners]
        return [one for one in found if one is not None]

    def anywhere(self, name: str) -> list[Function]:
        """Return all domain methods of a name."""
        found = [self.method(owner, name) for owner in self.app.models]
        return [one for one in found if one is not None]

    def has(self, owner: str, name: str) -> bool:
        """Tell whether a model, or one below it, may have an attribute of that name."""
        every = (owner, *self.app.models[owner].subclasses)
        return name.startswith("_") or name in _OF_MODELS or any(self._declares(one, name) for one in every)

    def _declares(self, owner: str, name: str) -> bool:
        one = self.app.models[owner]
        if one.member(name) is not None or self._is_open(one):
            return True
        for layer in one.layers:
            above = self.app.models.get(layer.name)
            tree = None if above is None else self.sources.module(above.module)
            node = None if tree is None else tree.class_node(layer.name)
            if node is not None and name in slices.members(node):
                return True
        return False

    def _is_open(self, one: model.DomainModel) -> bool:
        """Tell whether a class outside of the project is among its bases: it may have any attribute."""
        tree = self.sources.module(one.module)
        node = None if tree is None else tree.class_node(one.name)
        if tree is None or node is None:
            return True
        return any(
            not self.sources.of_onto(tree, base)
            and not (isinstance(base, ast.Name) and self.sources.origin(one.module, base.id))
            for base in node.bases
        )


_OF_MODELS = frozenset(
    {
        "doc_id", "doc_ref", "obj_type", "now", "save", "delete", "to_dict", "to_snapshot", "update_vals", "get",
        "new", "create", "all", "where", "get_query", "collection_name", "from_dict", "from_stored", "from_snapshot",
        "from_upgraded", "upgrade", "class_of", "family", "json_name", "ref_from_id", "Meta",
    }
)  # fmt: skip
"""What every domain model has of its own."""
