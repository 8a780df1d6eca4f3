"""What running a getter takes: every definition and member it may reach, and the stored attributes it may read.

Names decide, not types: `x.status` may read `status` of any entity in reach. So a slice is a sound
over-approximation; reading one column too many costs little, reading one too few would be wrong.

    attending of MeetingSession   →  members attending, User.display_name; references meeting, users, tickets
    reads(…)                      →  {"meeting": ("doc_id", "status"), "users": ("doc_id", "first_name", …), …}
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from compiler import dtypes, model
from compiler.sources import FunctionNode, Kind, ModuleTree, Place, Sources, Target


@dataclass(frozen=True, slots=True)
class Slice:
    """Everything that the execution of a view's getter needs.

    `definitions` are top-level names, `members` are methods and constants of the classes in `classes` (views,
    stores and domain models with what they inherit), `imports` are project modules that are used as a whole.
    `attributes` are the names that occur as attributes, None when names are computed so that any may.
    """

    view: str
    getter: str
    definitions: tuple[Place, ...]
    classes: tuple[tuple[Place, Kind], ...]
    members: tuple[tuple[str, str, str], ...]
    references: tuple[str, ...]
    attributes: frozenset[str] | None


def cut(sources: Sources, view: str, getter: str) -> Slice:
    """Return the slice of a getter."""
    walk = _Walk(sources, sources.app.views[view])
    return walk.run(getter)


def reads(sources: Sources, view: str, getter: str) -> dict[str, tuple[str, ...]]:
    """Return the stored attributes that a getter may read, by reference, `doc_id` first."""
    return attributes_read(sources.app, cut(sources, view, getter))


def attributes_read(app: model.App, one: Slice) -> dict[str, tuple[str, ...]]:
    """Return the stored attributes that a slice may read, by reference, `doc_id` first."""
    store = app.stores[app.views[one.view].store]
    found: dict[str, tuple[str, ...]] = {}
    for reference in store.references:
        if reference.name in one.references:
            found[reference.name] = _stored_names(app, reference.model, one.attributes)
    return found


def _stored_names(app: model.App, name: str, attributes: frozenset[str] | None) -> tuple[str, ...]:
    always = {"doc_id", "obj_type"} if app.models[name].subclasses else {"doc_id"}
    every = [one.name for one in stored(app, name)]
    chosen = [one for one in every if attributes is None or one in attributes or one in always]
    return ("doc_id", *(one for one in chosen if one != "doc_id"))


def stored(app: model.App, name: str) -> tuple[model.StoredAttribute, ...]:
    """Return the stored attributes of a model and then those that only its subclasses have, each name once."""
    every: dict[str, model.StoredAttribute] = {}
    for each in (name, *app.models[name].subclasses):
        for attribute in app.models[each].stored:
            every.setdefault(attribute.name, attribute)
    return tuple(every.values())


# ---------------------------------------------------------------- classes with members


_SKIPPED_DECORATORS = frozenset({"setter", "deleter", "init"})
_OF_AGGREGATORS = ("create_accumulator", "accumulate", "retract", "get_value")
"""What belongs to an aggregator: `over` names none of it where it is called."""
_NEVER_RUN = frozenset({"__init__", "__new__", "__init_subclass__", "__class_getitem__", "__post_init__"})


def members(node: ast.ClassDef) -> dict[str, list[ast.stmt]]:
    """Return what a class body says of each name: getters and methods without setters, and constants."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if name not in _NEVER_RUN and not _is_setter(statement):
                    # A definition replaces what the name was before, such as the attribute's declaration.
                    found[name] = [statement]
            case ast.ClassDef(name=name) if name != "Meta":
                found[name] = [statement]
            case ast.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        found[target.id] = [statement]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                found[name] = [statement]
    return found


def _is_setter(node: FunctionNode) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr in _SKIPPED_DECORATORS for one in node.decorator_list)


def with_role(node: ast.ClassDef, role: str) -> list[FunctionNode]:
    """Return the functions that are, by their decorators, the `setter` or `init` of an attribute."""
    return [
        one
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(each, ast.Attribute) and each.attr == role for each in one.decorator_list)
    ]


def getter_decorator(node: ast.expr) -> bool:
    """Tell whether a decorator is `@x.getter` or `@attrs.getter`."""
    return isinstance(node, ast.Attribute) and node.attr == "getter"


# ---------------------------------------------------------------- the walk


@dataclass(slots=True)
class _Frame:
    """Where code stands: its module, the kind of object that `self` is, and names bound locally."""

    tree: ModuleTree
    kind: Kind | None = None
    self_name: str | None = None
    local: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Walk:
    """Follows names until nothing new turns up."""

    sources: Sources
    view: model.ViewModel
    definitions: set[Place] = field(default_factory=set)
    classes: dict[Place, Kind] = field(default_factory=dict)
    taken: set[tuple[str, str, str]] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    any_names: set[str] = field(default_factory=set)
    own_names: dict[Kind, set[str]] = field(default_factory=lambda: {"view": set(), "store": set(), "model": set()})
    escaped: set[Kind] = field(default_factory=set)
    whole_modules: set[str] = field(default_factory=set)
    dynamic: set[Kind] = field(default_factory=set)  # kinds of object whose attributes have computed names

    def run(self, getter: str) -> Slice:
        store = self.sources.app.stores[self.view.store]
        self._add_class((self.view.module, self.view.name), "view")
        self._add_class((store.module, store.name), "store")
        self.own_names["view"].add(getter)
        before = -1
        while before != (before := self._size()):
            self._step()
        return Slice(
            self.view.name,
            getter,
            tuple(sorted(self.definitions)),
            tuple(sorted(self.classes.items())),
            tuple(sorted(self.taken)),
            tuple(one.name for one in store.references if one.name in self.references),
            None if self._any_name("model") else frozenset(self._names("model")),
        )

    def _size(self) -> int:
        names = sum(len(one) for one in self.own_names.values())
        return (
            len(self.definitions) + len(self.classes) + len(self.taken) + len(self.references) + names
            + len(self.any_names) + len(self.escaped) + len(self.whole_modules) + len(self.dynamic)
        )  # fmt: skip

    def _step(self) -> None:
        store = self.sources.app.stores[self.view.store]
        for reference in store.references:
            # A view's own doc_id is that of its root.
            read = self._wanted("store", reference.name) or (reference is store.root and self._wanted("view", "doc_id"))
            if read and reference.name not in self.references:
                self.references.add(reference.name)
                self._add_model(reference.model)
        for module in sorted(self.whole_modules):
            tree = self.sources.module(module)
            for name in sorted(self.any_names & set(tree.bindings) if tree else ()):
                self.define(module, name)
        for place, kind in sorted(self.classes.items()):
            self._take_members(place, kind)

    def _names(self, kind: Kind) -> set[str]:
        return self.own_names[kind] | (self.any_names if kind == "model" or kind in self.escaped else set())

    def _wanted(self, kind: Kind, name: str) -> bool:
        return self._any_name(kind) or name in self._names(kind)

    def _any_name(self, kind: Kind) -> bool:
        return kind in self.dynamic or (kind in self.escaped and "model" in self.dynamic)

    # ------------------------------------------------------------ classes

    def _add_model(self, name: str) -> None:
        app = self.sources.app
        for each in (name, *app.models[name].subclasses):
            self._add_class((app.models[each].module, each), "model")
        for attribute in stored(app, name):
            self._add_record(attribute.type)
            for enum in attribute.enums:
                self.define(enum.module, enum.name)

    def _add_record(self, one: dtypes.Type) -> None:
        """Take the classes of embedded objects, which entities are made with."""
        match one:
            case dtypes.Record(fields, name):
                for module in self.sources.app.modules.values():
                    if isinstance(module.names.get(name), model.RecordClass):
                        self.define(module.name, name)
                for _, inner in fields:
                    self._add_record(inner)
            case dtypes.ListOf(item) | dtypes.SetOf(item) | dtypes.DictOf(_, item):
                self._add_record(item)
            case dtypes.Optional(inner):
                self._add_record(inner)

    def _add_class(self, place: Place, kind: Kind) -> None:
        """Take a class and the project's classes that it inherits from."""
        tree = self.sources.module(place[0])
        node = tree.class_node(place[1]) if tree else None
        if place in self.classes or tree is None or node is None:
            return
        self.classes[place] = kind
        if self.sources.is_aggregator(place):
            self.own_names["model"].update(_OF_AGGREGATORS)
        for base in node.bases:
            origin = self._class_named(tree, base)
            if origin is not None:
                self._add_class(origin, kind)
                if isinstance(base, ast.Name):
                    self._define_path(tree, base.id)

    def _class_named(self, tree: ModuleTree, base: ast.expr) -> Place | None:
        match base:
            case ast.Name(id=name):
                return self.sources.origin(tree.module.name, name)
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                target = self.sources.target(tree, module)
                inside = None if target is None else self.sources.names_module(target)
                if inside is not None:
                    self.definitions.add((tree.module.name, module))
                    return self.sources.origin(inside, name)
            case ast.Subscript(value=value):
                return self._class_named(tree, value)
        return None

    def _take_members(self, place: Place, kind: Kind) -> None:
        tree = self.sources.module(place[0])
        node = tree.class_node(place[1]) if tree else None
        if tree is None or node is None:
            return
        for name, statements in members(node).items():
            key = (*place, name)
            if key in self.taken or not self._takes(place, kind, name, statements):
                continue
            self.taken.add(key)
            for statement in statements:
                self._visit_member(tree, kind, statement)

    def _takes(self, place: Place, kind: Kind, name: str, statements: list[ast.stmt]) -> bool:
        if not isinstance(statements[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return not self._declared(place[1], kind, name) and name in self._names(kind)
        if name.startswith("__") and name.endswith("__"):
            return True
        if name in self._names(kind):
            return True
        # With computed names any attribute may be read, but domain methods are not attributes.
        return self._any_name(kind) and any(
            getter_decorator(one) for one in getattr(statements[0], "decorator_list", ())
        )

    def _declared(self, owner: str, kind: Kind, name: str) -> bool:
        """Tell whether a class-level assignment declares an attribute or reference, which the runtime holds."""
        app = self.sources.app
        match kind:
            case "view":
                return name == "store" or name in self.sources.view_attributes
            case "store":
                return name in self.sources.references
            case "model":
                found = app.models.get(owner)
                return found is not None and found.attribute(name) is not None

    def _visit_member(self, tree: ModuleTree, kind: Kind, statement: ast.stmt) -> None:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in statement.decorator_list)
            first = [*statement.args.posonlyargs, *statement.args.args][:1]
            self_name = first[0].arg if first and not static else None
            _Visitor(self, _Frame(tree, kind, self_name)).function(statement, member=True)
        else:
            _Visitor(self, _Frame(tree)).visit(statement)

    # ------------------------------------------------------------ definitions

    def define(self, module: str, name: str) -> None:
        """Take what a top-level name of a module stands for; a name that is not bound there is left alone."""
        tree = self.sources.module(module)
        if tree is None or (module, name) in self.definitions:
            return
        target = self.sources.target(tree, name)
        if target is None and not tree.statements(name):
            return
        self.definitions.add((module, name))
        if target is not None:
            self._define_import(tree, target)
        kind = self.sources.kind_of((module, name)) or self._embedded(tree, name)
        if kind is not None:
            self._add_class((module, name), kind)
            return
        for statement in tree.statements(name):
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                _Visitor(self, _Frame(tree)).visit(statement)

    def _embedded(self, tree: ModuleTree, name: str) -> Kind | None:
        """Tell whether a class is an embedded one or an aggregator, which has members as a domain model does."""
        if self.sources.is_aggregator((tree.module.name, name)):
            return "model"
        node = tree.class_node(name)
        bases = () if node is None else node.bases
        return "model" if any(self.sources.of_onto(tree, base) for base in bases) else None

    def _define_path(self, tree: ModuleTree, name: str) -> None:
        """Take a name and the imports through which it came, without taking the class that it is as a whole."""
        while tree is not None:
            self.definitions.add((tree.module.name, name))
            target = self.sources.target(tree, name)
            if target is None or target.attribute is None:
                return
            found = self.sources.module(target.module)
            if found is None:
                return
            tree, name = found, target.attribute

    def _define_import(self, tree: ModuleTree, target: Target) -> None:
        module = self.sources.names_module(target)
        if target.attribute is None:
            # `import a.b.c` binds `a`: what is used of it is told by the names alone.
            self.whole_modules.update(
                name
                for name in self.sources.app.modules
                if name == target.module or name.startswith(f"{target.module}.")
            )
        elif module is not None:
            self.whole_modules.add(module)
        else:
            self.define(target.module, target.attribute)


_FORMAT_ATTRIBUTE = re.compile(r"\{[^{}]*?\.(\w+)")
_WHOLE_OBJECT = frozenset({"vars", "dir", "asdict", "astuple"})
_WHOLE_OBJECT_ATTRIBUTES = frozenset({"__dict__", "to_dict", "to_view_dict", "__getattribute__", "__getattr__"})


class _Visitor(ast.NodeVisitor):
    """Notes the names of one piece of code; annotations are never evaluated and so not looked at."""

    def __init__(self, walk: _Walk, frame: _Frame) -> None:
        self.walk = walk
        self.frame = frame

    def function(self, node: FunctionNode | ast.Lambda, *, member: bool = False) -> None:
        """Visit a function: its defaults outside, its body inside with its own names."""
        arguments = node.args
        for default in (*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)):
            self.visit(default)
        for decorator in getattr(node, "decorator_list", ()):
            if not (member and getter_decorator(decorator)):
                self.visit(decorator)
        outer = self.frame
        shadowed = own_names(node)
        keeps_self = member or outer.self_name not in shadowed
        self.frame = _Frame(outer.tree, outer.kind, outer.self_name if keeps_self else None, outer.local | shadowed)
        for child in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(child)
        self.frame = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Visit a function."""
        self.function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Visit a function."""
        self.function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit a lambda."""
        self.function(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Visit an annotated assignment, not its annotation."""
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_Import(self, node: ast.Import) -> None:
        """Note an import inside a function."""
        for alias in node.names:
            self.walk.whole_modules.update(
                name
                for name in self.walk.sources.app.modules
                if name == alias.name or alias.name.startswith(f"{name}.")
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note an import inside a function."""
        for alias in node.names:
            target = self.frame.tree.imported(node, alias)
            module = self.walk.sources.names_module(target)
            if module is not None:
                self.walk.whole_modules.add(module)
            elif target.attribute is not None:
                self.walk.define(target.module, target.attribute)

    def visit_Name(self, node: ast.Name) -> None:
        """Note a name: an object handed on whole, or a definition of the module."""
        if node.id == self.frame.self_name and self.frame.kind is not None:
            self.walk.escaped.add(self.frame.kind)
        elif node.id not in self.frame.local:
            self.walk.define(self.frame.tree.module.name, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Note an attribute by what it is read of."""
        if node.attr in _WHOLE_OBJECT_ATTRIBUTES:
            self._note_any(node.value)
        self._note(node.value, node.attr)
        named = isinstance(node.value, ast.Name) and node.value.id != self.frame.self_name
        if named or self._kind(node.value) is None:
            self.visit(node.value)
        if self._kind(node) is not None:
            # A receiver that is known is not visited, so the store is handed on whole here.
            self.walk.escaped.add("store")

    def _note(self, receiver: ast.expr, name: str) -> None:
        kind = self._kind(receiver)
        if kind is not None:
            self.walk.own_names[kind].add(name)
            return
        module = self._module(receiver)
        if module is not None:
            self.walk.define(module, name)
        else:
            self.walk.any_names.add(name)

    def _note_any(self, receiver: ast.expr) -> None:
        """Note that any attribute of an object may be read; an unknown object is an entity, or what escaped."""
        self.walk.dynamic.add(self._kind(receiver) or "model")

    def _kind(self, receiver: ast.expr) -> Kind | None:
        """Tell what `receiver` is where the text says so: self, its store, super(), or one of the classes."""
        frame = self.frame
        match receiver:
            case ast.Name(id=name) if name == frame.self_name:
                return frame.kind
            case ast.Name(id=name) if name not in frame.local:
                origin = self.walk.sources.origin(frame.tree.module.name, name)
                return None if origin is None else self.walk.sources.kind_of(origin)
            case ast.Attribute(value=ast.Name(id=name), attr="store") if name == frame.self_name:
                return "store" if frame.kind == "view" else None
            case ast.Call(func=ast.Name(id="super")):
                return frame.kind
            case ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)]) if name == frame.self_name:
                return frame.kind
        return None

    def _module(self, receiver: ast.expr) -> str | None:
        if not isinstance(receiver, ast.Name) or receiver.id in self.frame.local:
            return None
        target = self.walk.sources.target(self.frame.tree, receiver.id)
        return None if target is None else self.walk.sources.names_module(target)

    def visit_Call(self, node: ast.Call) -> None:
        """Note calls that read attributes by name."""
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ("getattr", "hasattr") and len(node.args) > 1:
            literal = node.args[1]
            if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                self._note(node.args[0], literal.value)
            else:
                self._note_any(node.args[0])
        elif name in ("attrgetter", "methodcaller"):
            self._note_texts(node)
        elif name in _WHOLE_OBJECT and node.args:
            self._note_any(node.args[0])
        self.generic_visit(node)

    def _note_texts(self, node: ast.Call) -> None:
        for argument in node.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                self.walk.any_names.update(argument.value.split("."))
            else:
                self.walk.dynamic.add("model")

    def visit_Constant(self, node: ast.Constant) -> None:
        """Note attributes that a format string names."""
        if isinstance(node.value, str):
            self.walk.any_names.update(_FORMAT_ATTRIBUTE.findall(node.value))

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        """Note attributes that a pattern reads."""
        self.walk.any_names.update(node.kwd_attrs)
        self.generic_visit(node)


def own_names(node: FunctionNode | ast.Lambda) -> frozenset[str]:
    """Return the names that a function binds itself; those of comprehensions inside are not its own."""
    arguments = node.args
    found = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    found |= {one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None}
    pending: list[ast.AST] = list(node.body) if isinstance(node.body, list) else []
    outside: set[str] = set()
    while pending:
        inner = pending.pop()
        match inner:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
                continue
            case ast.Global(names=names):
                outside.update(names)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found.update(one.asname or one.name.split(".")[0] for one in aliases)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
        pending.extend(ast.iter_child_nodes(inner))
    return frozenset(found - outside)
