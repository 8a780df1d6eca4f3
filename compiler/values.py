"""What a name can stand for while a getter is built: an IR expression, or something only the compiler sees.

self → SelfView        self.store → StoreValue        self.store.users → Mapping("users")        lambda t: … → Closure
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Literal

from compiler import dtypes, ir, model, syntax
from compiler.diagnostics import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class SelfView:
    """`self` of a getter."""


@dataclass(frozen=True, slots=True)
class StoreValue:
    """`self.store`, and the first parameter of an `on=` predicate."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A many-reference as a mapping."""

    reference: str


@dataclass(frozen=True, slots=True)
class Entries:
    """`keys()`, `values()` or `items()` of a many-reference or of a dict expression."""

    kind: Literal["keys", "values", "items"]
    of: Mapping | Table | EmptyDict | ir.Expr


@dataclass(frozen=True, slots=True)
class Closure:
    """A function, method or lambda of the project with what it sees; `receiver` is bound to its first parameter.

    `home` is the call in which a nested one was made (see `Scope.calls`); its `defaults` were evaluated there.
    """

    name: str
    params: tuple[syntax.Parameter, ...]
    body: tuple[syntax.Stmt, ...]
    module: str
    names: MappingType[str, Value]
    receiver: Value | None = None
    home: tuple[str, ...] | None = None
    defaults: MappingType[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partial:
    """`functools.partial(function, …)`: a function with its first arguments."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two values that are no columns, such as functions, by a test."""

    test: ir.Expr
    then: Value
    orelse: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of `Several`: in it where the test holds, or always."""

    value: Value
    test: ir.Expr | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """Items that the compiler knows one by one, of any kind; those of a generator are evaluated when taken."""

    kind: Literal["list", "tuple", "set", "generator"]
    items: tuple[Item, ...]

    @property
    def is_safe(self) -> bool:
        """Tell whether evaluating the items raises nothing: they are constants."""
        return all(isinstance(one.value, ir.Const) for one in self.items)


@dataclass(frozen=True, slots=True)
class Table:
    """A dict whose entries are known one by one; of equal keys the last counts."""

    entries: tuple[tuple[ir.Expr, Value], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """`range(start, stop, step)`."""

    start: ir.Expr
    stop: ir.Expr
    step: int


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method of a builtin type, or of a mapping, not called yet."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin function or a name from outside the project, by its qualified name (`len`, `math.floor`)."""

    qualified: str


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A record class of the project."""

    record: model.RecordClass
    module: str


@dataclass(frozen=True, slots=True)
class ModelValue:
    """A domain model, store or view of the project as a class."""

    name: str


@dataclass(frozen=True, slots=True)
class Super:
    """`super()`: the receiver, seen as what the classes above the running method's declare."""

    receiver: Value
    layers: tuple[model.Layer, ...]


@dataclass(frozen=True, slots=True)
class EnumValue:
    """An Enum of the project."""

    of: model.EnumClass


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the project."""

    module: str


@dataclass(frozen=True, slots=True)
class EmptyDict:
    """A dict display or `defaultdict`/`Counter` that a loop is going to fill; `default` is its missing value."""

    default: ir.Expr | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value of the standard library that is no column's: a time zone, a time, a rounding mode, a pattern."""

    value: object


@dataclass(frozen=True, slots=True)
class Unbound:
    """A local name that has no value yet."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A local name of which only Python knows what it holds: one of an earlier pass, or of a comprehension."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A local name that is one thing on one path and another on another: it only matters where it is read."""

    declined: ir.Declined


@dataclass(frozen=True, slots=True)
class Escaped:
    """Stands beside a name whose list or dict is also held elsewhere: a change of it would be seen there."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Stands among the names of a pass: what they were before it, and of which collections entries are changed."""

    names: MappingType[str, Value]
    changed: frozenset[str]


ENTERED = "<entered>"
"""The name under which it stands; no source can use it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a dict has for a key, by a name of its own: `row = rows[key]`; a change of `row` is one of `rows`.

    `missing` is what reading it gives where the dict has no such key. `owed`: it is there only once `rows[key] = row`
    puts it there, as after `row = rows.get(key, {})`; until then nothing else may be done with the dict.
    """

    owner: str
    key: ir.Expr
    missing: ir.Expr
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Iteration:
    """How a value is iterated: the steps that bind a combination, its element, and its natural order."""

    steps: tuple[ir.Step, ...]
    element: Value
    order: tuple[ir.Order, ...]


Static = (
    SelfView | StoreValue | Mapping | Entries | Closure | BoundMethod | Builtin | ClassValue | ModuleValue | EmptyDict
    | Unbound | Unknown | Conflict | Escaped | Partial | Choice | Several | Table | Range | Fixed
    | ModelValue | Super | EnumValue | Held | Entered
)  # fmt: skip
Value = ir.Expr | Static


def type_of(value: Value) -> dtypes.Type | None:
    """Return the type of an IR value; a value only the compiler sees has none."""
    return value.type if isinstance(value, ir.Expr) else None


def unset(name: str) -> ir.Raises:
    """Return what reading a local name raises that was not set, in the words of the Python that compiles."""
    told = _told_of_unset().replace("name_that_is_not_set", name)
    return ir.Raises("UnboundLocalError", told)


def _told_of_unset() -> str:
    try:
        name_that_is_not_set  # type: ignore[used-before-def,has-type]  # noqa: B018, F821
    except UnboundLocalError as error:
        return str(error)
    name_that_is_not_set = None  # noqa: F841
    raise AssertionError("the name is not set")


_SPELLED = (dtypes.STR, dtypes.INT, dtypes.BOOL, dtypes.DATE, dtypes.DATETIME, dtypes.LOCAL_DATETIME, dtypes.TIMEDELTA)


def to_text(value: ir.Expr, span: Span) -> ir.Expr | ir.Declined:
    """Return `str(value)`."""
    if value.type == dtypes.STR:
        return value
    if isinstance(value.type, dtypes.NoneType):
        return ir.Const("None", dtypes.STR, span)
    if dtypes.required(value.type) in _SPELLED:
        return ir.Prim("str", (value,), dtypes.STR, span)
    return ir.Declined("D342", span, f"the text of a value of type `{dtypes.show(value.type)}` has no exact SQL form")
