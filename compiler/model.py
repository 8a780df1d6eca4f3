"""The resolved app: names bound, joins known, types known, order of computed attributes fixed.

`resolve` makes it from facts; `build`, `relate` and the emitters read it and nothing earlier.

    users = reference(dm_cls=User, many=True)
    →  Reference("users", "User", many=True, via=ThroughList("meeting", "users"))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from compiler import dtypes, syntax
from compiler.diagnostics import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class StoredAttribute:
    """An attribute that the datastore holds; reads as None when absent, whatever its declared type."""

    name: str
    json_name: str
    type: dtypes.Type  # the declared type without None; `dtypes.JSON` when there is none
    # The related model, for a relation, list or dict of relations (STR, ListOf(STR), DictOf(STR, STR)).
    relation: str | None = None
    held: dtypes.Type | None = field(default=None, compare=False)  # the type that says where members of Enums are
    enums: tuple[EnumClass, ...] = field(default=(), compare=False)  # those Enums, whose members are held by value
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def enum(self) -> EnumClass | None:
        """Return the Enum of which the attribute holds one member."""
        return self.enums[0] if isinstance(self.type, dtypes.Scalar) and self.enums else None


@dataclass(frozen=True, slots=True)
class ComputedAttribute:
    """`@name.getter` of a domain model: never stored; inlined where it is read."""

    name: str
    function: syntax.Function
    module: str
    declared: dtypes.Type | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class DomainModel:
    """A domain model with what it inherits; `doc_id`, `obj_type`, `doc_ref` are stored attributes too."""

    name: str
    module: str
    collection: str
    stored: tuple[StoredAttribute, ...]
    computed: tuple[ComputedAttribute, ...]
    methods: tuple[Method, ...]
    bases: tuple[str, ...]  # domain models above it, nearest first
    subclasses: tuple[str, ...]  # names of all domain models below it: a query sees these and itself
    span: Span = field(default=NOWHERE, compare=False)
    constants: tuple[ClassConstant, ...] = ()
    layers: tuple[Layer, ...] = field(default=(), compare=False)  # the class and its bases, nearest first

    def member(self, name: str) -> StoredAttribute | ComputedAttribute | Method | ClassConstant | None:
        """Return the attribute, method or class constant of that name."""
        method = next((one for one in self.methods if one.name == name), None)
        return self.attribute(name) or method or next((one for one in self.constants if one.name == name), None)

    def attribute(self, name: str) -> StoredAttribute | ComputedAttribute | None:
        """Return the attribute of that name, stored or computed."""
        every: tuple[StoredAttribute | ComputedAttribute, ...] = (*self.computed, *self.stored)
        return next((one for one in every if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Method:
    """A plain, static, class or property method of a domain model, store or view, inherited ones included."""

    name: str
    function: syntax.Function
    module: str
    kind: Literal["plain", "static", "class", "property"]
    span: Span = field(default=NOWHERE, compare=False)
    params: tuple[tuple[str, dtypes.Type | None], ...] = ()  # without self; None where not annotated
    returns: dtypes.Type | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """What one class of a lineage declares itself: `super()` looks there, class by class."""

    name: str
    methods: tuple[Method, ...]
    getters: tuple[tuple[str, syntax.Function, str], ...]  # name, getter, module
    constants: tuple[ClassConstant, ...]
    module: str = ""


@dataclass(frozen=True, slots=True)
class ClassConstant:
    """A plain assignment in a class body, such as `LIMIT = 5`; no value where only running it would tell."""

    name: str
    value: syntax.Expr | None
    module: str
    span: Span = field(default=NOWHERE, compare=False)


# ---------------------------------------------------------------- how a reference joins


@dataclass(frozen=True, slots=True)
class Root:
    """The root of the store: one view per entity."""


@dataclass(frozen=True, slots=True)
class ThroughOne:
    """By the id held in a relation attribute of a joined to-one reference (`store.meeting.location`)."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ThroughList:
    """By the ids in a list or set of relations; keyed by the target's doc_id."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ThroughDict:
    """By the ids that are values of a dict of relations; keyed by that dict's key."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ThroughEach:
    """By the ids in a relation, or a list or dict of relations, of each entry of a joined mapping; keyed by doc_id."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class PointsBack:
    """By a relation of the referenced model that holds the id of a joined one, or of an entry of a joined mapping.

    Keyed by doc_id.
    """

    attribute: str
    reference: str


@dataclass(frozen=True, slots=True)
class On:
    """By a predicate `lambda store, item: …`; has at least one equality or membership. Keyed by doc_id."""

    function: syntax.Lambda
    module: str


Through = ThroughOne | ThroughList | ThroughDict | ThroughEach
Via = Root | ThroughOne | ThroughList | ThroughDict | ThroughEach | PointsBack | On


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of a store with its join."""

    name: str
    model: str
    many: bool
    via: Via
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Store:
    """A store: its references, each after those that it joins through; the root is first."""

    name: str
    module: str
    references: tuple[Reference, ...]
    methods: tuple[Method, ...]
    span: Span = field(default=NOWHERE, compare=False)
    constants: tuple[ClassConstant, ...] = ()
    layers: tuple[Layer, ...] = field(default=(), compare=False)
    unjoined: tuple[str, ...] = ()  # references that are declared and cannot be joined, which has been reported

    @property
    def root(self) -> Reference:
        """Return the root reference."""
        return self.references[0]

    def reference(self, name: str) -> Reference | None:
        """Return the reference of that name."""
        return next((one for one in self.references if one.name == name), None)


@dataclass(frozen=True, slots=True)
class ViewAttribute:
    """A declared attribute of a view and its getter (None: an attribute that only a setter uses)."""

    name: str
    json_name: str
    getter: syntax.Function | None
    module: str
    declared: dtypes.Type | None  # from the annotation or type_cls; a bare `list` is ListOf(JSON)
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ViewModel:
    """A view with what it inherits; attributes in declaration order."""

    name: str
    module: str
    collection: str
    store: str
    attributes: tuple[ViewAttribute, ...]
    methods: tuple[Method, ...]
    span: Span = field(default=NOWHERE, compare=False)
    constants: tuple[ClassConstant, ...] = ()
    layers: tuple[Layer, ...] = field(default=(), compare=False)

    def attribute(self, name: str) -> ViewAttribute | None:
        """Return the attribute of that name."""
        return next((one for one in self.attributes if one.name == name), None)


# ---------------------------------------------------------------- names of modules


@dataclass(frozen=True, slots=True)
class Constant:
    """A module-level name bound once to a literal, a display, or a value of them such as `Decimal("0.1")`."""

    value: syntax.Expr
    module: str = ""  # where the value's own names are looked up


@dataclass(frozen=True, slots=True)
class RecordClass:
    """A dataclass, NamedTuple, TypedDict or embedded class of the project: a record when it is called.

    An aggregator is one without fields, of which nothing is made.
    """

    name: str
    fields: tuple[tuple[str, dtypes.Type, syntax.Expr | None], ...]  # name, type, default
    kind: Literal["dataclass", "namedtuple", "typeddict", "embedded", "aggregator"]
    methods: tuple[Method, ...] = ()
    module: str = ""
    layers: tuple[Layer, ...] = field(default=(), compare=False)  # of an aggregator


@dataclass(frozen=True, slots=True)
class EnumClass:
    """An Enum of the project whose members have different texts, or whole numbers, as values."""

    name: str
    module: str
    members: tuple[tuple[str, str | int], ...]
    kind: Literal["plain", "mixed", "textual"]  # Enum; (str, Enum) and the like; StrEnum and IntEnum, which are values
    methods: tuple[Method, ...] = field(default=(), compare=False)

    @property
    def type(self) -> dtypes.Scalar:
        """Return the type of a member inside `build`: of a textual one, that of its value."""
        return self._typed({"plain": self.name, "mixed": f"{self.name}:mixed", "textual": ""}[self.kind])

    @property
    def item_type(self) -> dtypes.Scalar:
        """Return the type of a member that a loop over the Enum gives: its name may be asked for."""
        return self._typed(self.name if self.kind == "plain" else f"{self.name}:{self.kind}")

    def _typed(self, enum: str) -> dtypes.Scalar:
        name: dtypes.ScalarName = "str" if isinstance(self.members[0][1], str) else "int"
        return dtypes.Scalar(name, enum=enum)


@dataclass(frozen=True, slots=True)
class Imported:
    """A name from outside the project: `math`, `datetime.timedelta`, `decimal.Decimal`, …"""

    qualified: str


@dataclass(frozen=True, slots=True)
class ModelClass:
    """The name of a domain model, store or view model."""

    name: str


@dataclass(frozen=True, slots=True)
class ProjectModule:
    """The name of another module of the project (`from . import pricing`)."""

    module: str


@dataclass(frozen=True, slots=True)
class ProjectName:
    """Any other name of the project: a plain class, or a value that only running its module would tell."""

    what: Literal["class", "enum", "value"]
    name: str
    module: str
    source: str = field(default="", compare=False)  # the statements that bind it
    span: Span = field(default=NOWHERE, compare=False)


Binding = Constant | syntax.Function | RecordClass | EnumClass | Imported | ModelClass | ProjectModule | ProjectName


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its module-level names, and its text for the UDF tiers."""

    name: str
    path: str  # as shown in diagnostics
    names: dict[str, Binding]
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Forced:
    """Why a trigger of a mediator runs in the mediator's own process: the first place that no view's job does."""

    why: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A function that a mediator calls on changes; what only writes `views` is what their jobs do."""

    name: str
    on: tuple[str, ...]  # on_create, on_update, …
    views: tuple[str, ...]  # compiled views that it makes
    forced: Forced | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Mediator:
    """A mediator with its triggers; `source` is the model whose entities it follows, where the text tells it."""

    name: str
    module: str
    source: str | None
    triggers: tuple[Trigger, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class App:
    """Everything that later passes know about the user's code. Mappings are by name, in source order."""

    name: str
    modules: dict[str, Module]
    models: dict[str, DomainModel]
    stores: dict[str, Store]
    views: dict[str, ViewModel]
    source_hash: str
    mediators: tuple[Mediator, ...] = ()

    def overriding(self, model: str, name: str) -> tuple[str, ...]:
        """Return the models below this one in which the attribute, method or constant means something else."""
        here = self.models[model]
        return tuple(one for one in here.subclasses if self.models[one].member(name) != here.member(name))


def show(app: App) -> str:
    """Print the app, one declaration a line, in source order."""
    parts = [f"app {app.name}\n"]
    parts.extend(_show_model(one) for one in app.models.values())
    parts.extend(show_store(one) for one in app.stores.values())
    parts.extend(_show_view(one) for one in app.views.values())
    return "".join(parts)


def show_store(store: Store) -> str:
    """Print a store with its joins."""
    lines = [f"store {store.name}"]
    for reference in store.references:
        many = "many " if reference.many else ""
        lines.append(f"  {reference.name}: {many}{reference.model} {_via(reference.via)}")
    lines.extend(f"  {_method(method)}" for method in store.methods)
    lines.extend(f"  {each.name} = {_value(each)}" for each in store.constants)
    return "\n".join(lines) + "\n"


def _show_model(one: DomainModel) -> str:
    below = f" above {', '.join(one.subclasses)}" if one.subclasses else ""
    lines = [f"model {one.name} in {one.collection}{below}"]
    lines.extend(f"  {_stored(attribute)}" for attribute in one.stored if attribute.span is not NOWHERE)
    lines.extend(f"  {computed.name} computed{_declared(computed.declared)}" for computed in one.computed)
    lines.extend(f"  {_method(method)}" for method in one.methods)
    lines.extend(f"  {each.name} = {_value(each)}" for each in one.constants)
    return "\n".join(lines) + "\n"


def _show_view(view: ViewModel) -> str:
    lines = [f"view {view.name} in {view.collection} of {view.store}"]
    for shown in view.attributes:
        key = "" if shown.json_name == shown.name else f" as {shown.json_name}"
        kind = "computed" if shown.getter is not None else "without getter"
        lines.append(f"  {shown.name}{key} {kind}{_declared(shown.declared)}")
    lines.extend(f"  {_method(method)}" for method in view.methods)
    lines.extend(f"  {each.name} = {_value(each)}" for each in view.constants)
    return "\n".join(lines) + "\n"


def show_names(app: App) -> str:
    """Print what the names of every module are bound to, one a line."""
    lines: list[str] = []
    for module in app.modules.values():
        lines.append(f"module {module.name}")
        lines.extend(f"  {name} = {_binding(binding)}" for name, binding in module.names.items())
    return "\n".join(lines) + "\n"


def _stored(one: StoredAttribute) -> str:
    key = "" if one.json_name == one.name else f" as {one.json_name}"
    relation = "" if one.relation is None else f" to {one.relation}"
    return f"{one.name}: {dtypes.show(one.type)}{relation}{key}"


def _declared(declared: dtypes.Type | None) -> str:
    return "" if declared is None else f": {dtypes.show(declared)}"


def _value(one: ClassConstant) -> str:
    return "…" if one.value is None else syntax.show(one.value)


def _method(one: Method) -> str:
    params = ", ".join(f"{name}{_declared(kind)}" for name, kind in one.params)
    return f"{one.kind} {one.name}({params}){'' if one.returns is None else f' -> {dtypes.show(one.returns)}'}"


def _via(via: Via) -> str:
    match via:
        case Root():
            return "root"
        case ThroughOne(reference, attribute) | ThroughList(reference, attribute) | ThroughDict(reference, attribute):
            how = {ThroughOne: "the id", ThroughList: "the list", ThroughDict: "the dict"}[type(via)]
            return f"through {how} {reference}.{attribute}"
        case ThroughEach(reference, attribute):
            return f"through {attribute} of each of {reference}"
        case PointsBack(attribute, reference):
            return f"whose {attribute} is {reference}"
        case On(function):
            return f"on {syntax.show(function)}"


def _binding(binding: Binding) -> str:
    match binding:
        case Constant(value):
            return f"constant {syntax.show(value)}"
        case syntax.Function():
            return f"function {binding.module}:{binding.name}"
        case RecordClass():
            fields = ", ".join(f"{name}: {dtypes.show(kind)}" for name, kind, _ in binding.fields)
            return f"{binding.kind} {binding.module}:{binding.name}({fields})"
        case EnumClass():
            return f"enum {binding.module}:{binding.name}"
        case Imported(qualified):
            return f"outside {qualified}"
        case ModelClass(name):
            return f"class {name}"
        case ProjectModule(module):
            return f"module {module}"
        case ProjectName():
            return f"{binding.what} {binding.module}:{binding.name}"
