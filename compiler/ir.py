"""Getter IR: the typed, pure meaning of a getter, as comprehensions, reductions and scalar expressions.

Nothing here knows Python's syntax or SQL. Control flow has become `If`, loops have become `Comp` and `Reduce`,
helper functions have been inlined; what may raise says so through `primitives` and `failures`.

    len([t for t in self.store.tickets.values() if t.attendance])
    → Reduce("count", Comp((Gen("t", Many("tickets")), Cond(truth(attr(value(t), attendance)))), head=…))
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, assert_never

from compiler import dtypes
from compiler.diagnostics import NOWHERE, Span

# ---------------------------------------------------------------- leaves


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; None has type `dtypes.NONE`. Dates are kept as ISO-8601 text, timedeltas in microseconds."""

    value: bool | int | float | str | bytes | Decimal | None
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)

    def __hash__(self) -> int:
        """Hash by representation: True, 1 and 1.0 are different constants."""
        return hash((repr(self.value), self.type))

    def __eq__(self, other: object) -> bool:
        """Compare by representation."""
        return isinstance(other, Const) and (repr(self.value), self.type) == (repr(other.value), other.type)


def python_value(const: Const) -> Any:  # Any: a value of any type
    """Return the Python value that a constant stands for."""
    match const.value, dtypes.required(const.type):
        case int(micros), dtypes.Scalar("timedelta"):
            return datetime.timedelta(microseconds=micros)
        case str(text), dtypes.Scalar("date"):
            return datetime.date.fromisoformat(text)
        case str(text), dtypes.Scalar("local_datetime" | "datetime"):
            return datetime.datetime.fromisoformat(text)
    return const.value


def constant(value: Any, kind: dtypes.Type, span: Span = NOWHERE) -> Const | None:  # Any: a value of any type
    """Return the constant that stands for a Python value; None for one that no constant holds."""
    match value, dtypes.required(kind):
        case datetime.timedelta(), dtypes.Scalar("timedelta"):
            return Const(value // datetime.timedelta(microseconds=1), kind, span)
        case datetime.datetime() | datetime.date(), dtypes.Scalar("date" | "local_datetime" | "datetime"):
            return Const(value.isoformat(), kind, span)
        case float(), dtypes.Scalar("float") if math.isfinite(value):
            return Const(value, kind, span)
        case bool(), dtypes.Scalar("bool"):
            return Const(value, kind, span)
        case int(), dtypes.Scalar("int") if -(2**63) <= value < 2**63 and not isinstance(value, bool):
            return Const(value, kind, span)
        case (str(), dtypes.Scalar("str")) | (Decimal(), dtypes.Scalar("decimal")):
            return Const(value, kind, span)
    return None


@dataclass(frozen=True, slots=True)
class One:
    """The entity of the root (never None) or of a to-one reference (None when its target is missing)."""

    reference: str
    type: dtypes.Type  # Entity or Optional(Entity)
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class EntryKey:
    """The key of a generator's current entry: a mapping's key, a list's index (from 0)."""

    var: str
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


JOINED = "<item>"
"""What an `on=` test calls the document that may be joined; no loop can have this name."""


@dataclass(frozen=True, slots=True)
class EntryValue:
    """The value of a generator's current entry: an entity, a list's item, a dict's value."""

    var: str
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class EntryPart:
    """Something else that a generator's current entry has: what tells it apart, its place in the source's own order.

    `part` is "place0", "place1", … (sort keys, in turn), "branch" and more of lists after each other, or "unordered":
    nothing says its place. "number0", … are places that a Cut counted.
    """

    var: str
    part: str
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation in scope; only `relate` makes it, in place of the entity leaves above."""

    alias: str
    name: str
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)
    counts: bool = field(default=False, compare=False)  # so many rows, which nobody has more than 2**31 of


@dataclass(frozen=True, slots=True)
class Acc:
    """A loop's accumulator as it enters the body. Lives inside `build` alone.

    `default` is what a `defaultdict` gives for a key that is not there yet.
    """

    name: str
    type: dtypes.Type
    default: Expr | None = None
    span: Span = field(default=NOWHERE, compare=False)


# ---------------------------------------------------------------- scalars


@dataclass(frozen=True, slots=True)
class Attr:
    """A stored attribute of an entity; raises AttributeError where the entity is None."""

    entity: Expr
    name: str
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Lookup:
    """An entity of a many-reference by key: `mapping[key]` (KeyError) or `mapping.get(key)` (None)."""

    reference: str
    key: Expr
    raises: bool
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Prim:
    """An operation of `primitives.TABLE` on scalars (and on list or dict columns)."""

    op: str
    args: tuple[Expr, ...]
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class If:
    """`then if test else orelse`; the test is a BOOL that is never None. Only the taken branch may raise."""

    test: Expr
    then: Expr
    orelse: Expr
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Raises:
    """Always raises the exception."""

    exception: str
    message: str
    type: dtypes.Type = dtypes.NONE
    span: Span = field(default=NOWHERE, compare=False)


# ---------------------------------------------------------------- structures


@dataclass(frozen=True, slots=True)
class MakeRecord:
    """A record with these fields, in order."""

    fields: tuple[tuple[str, Expr], ...]
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class MakePair:
    """A tuple of fixed length; taken apart by `build` before anybody else sees it, but for sort keys."""

    items: tuple[Expr, ...]
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class MakeList:
    """A list display of known length."""

    items: tuple[Expr, ...]
    type: dtypes.Type
    span: Span = field(default=NOWHERE, compare=False)


# ---------------------------------------------------------------- collections


@dataclass(frozen=True, slots=True)
class Many:
    """A many-reference of the store: entries in ascending key order, keys unique."""

    reference: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list or dict held by an expression, such as an attribute: None there raises TypeError.

    With a `method`, it was asked for its `values` or the like, which None has not: AttributeError.
    """

    value: Expr
    method: str = field(default="", compare=False)


Source = Many | Items


@dataclass(frozen=True, slots=True)
class Gen:
    """`for var in source`: binds `EntryKey(var)` and `EntryValue(var)`."""

    var: str
    source: Source


@dataclass(frozen=True, slots=True)
class Cond:
    """`if test`: keeps the combinations for which the BOOL holds."""

    test: Expr


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key; `descending` keeps the order of equals, as `reverse=True` does.

    `leads`: it is the first item of a tuple, so that None equals None, and the next item decides; `follows`: it is one
    of the others. `checked`: what computing and comparing the keys raises is told elsewhere, of all that was sorted.
    """

    key: Expr
    descending: bool = False
    leads: bool = False
    follows: bool = False
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """`[start:stop]` of the combinations of the generators in `over`, for each combination of those before them.

    With `per`, of those that share that key. `heads` are what Python evaluates of every combination before it cuts.
    `stop` None keeps all to the end. A combination's place, from 0, is then the `EntryPart(over[-1], number)`.
    """

    over: tuple[str, ...]
    order: tuple[Order, ...]
    start: int
    stop: int | None
    per: Expr | None = None
    heads: tuple[Expr, ...] = ()
    number: str = ""


Step = Gen | Cond | Cut


@dataclass(frozen=True, slots=True)
class Comp:
    """A comprehension: combinations of its steps, sorted by `order`, mapped to `head`.

    The order is complete: it ends in the entry keys.
    `kind` "list" keeps all, "set" the distinct heads (order is void), "dict" the last head per `key`.
    `checked`: what going through it raises is told elsewhere, where all that it goes through is.
    """

    kind: Literal["list", "set", "dict"]
    steps: tuple[Step, ...]
    head: Expr
    type: dtypes.Type
    key: Expr | None = None
    order: tuple[Order, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)
    checked: bool = False


ReduceOp = Literal["count", "sum", "min", "max", "any", "all", "first", "last", "join", "collect", "error"]
GroupOp = Literal["count", "sum", "min", "max", "any", "all", "first", "last", "join", "list", "set"]


@dataclass(frozen=True, slots=True)
class Reduce:
    """A comprehension folded to a scalar (or, for first and last, to its head).

    `empty` is the value for no combinations; None means that Python raises `ValueError` (min, max), `IndexError` or
    `StopIteration` (first, last), as `empty_error` says. `distinct` folds the distinct heads only (len of a set).
    `separator` is that of `join`. min and max compare heads; the arg-min of `min(xs, key=…)` is a `first`.
    Two that only `relate` makes: "collect" gathers texts, "error" is the text that some head raises, None if none does.
    """

    op: ReduceOp
    comp: Comp
    type: dtypes.Type
    empty: Expr | None = None
    empty_error: str = ""
    distinct: bool = False
    separator: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class GroupBy:
    """A dict filled by a loop or a Counter: per distinct `comp.key`, the reduction of the heads that share it.

    "list" and "set" keep the heads themselves; `start` is what a sum, a text or the like begins with.
    """

    op: GroupOp
    comp: Comp  # kind "dict": key and head
    type: dtypes.Type
    start: Expr | None = None
    span: Span = field(default=NOWHERE, compare=False)


Expr = (
    Const | One | EntryKey | EntryValue | EntryPart | Column | Acc | Attr | Lookup | Prim | If | Raises | MakeRecord
    | MakePair | MakeList | Comp | Reduce | GroupBy
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declined:
    """A rule's answer: the construct is mine, and SQL cannot say it exactly. The reason for a lower tier."""

    code: str
    span: Span
    message: str


def show(expr: Expr) -> str:  # noqa: C901 - one flat case per node
    """Spell an expression on one line, stably."""
    match expr:
        case Const(value):
            return repr(value)
        case One(reference):
            return f"${reference}"
        case EntryKey(var):
            return f"{var}.key"
        case EntryValue(var):
            return f"{var}.value"
        case EntryPart(var, part):
            return f"{var}.{part}"
        case Column(alias, name):
            return f"{alias}.{name}"
        case Acc(name):
            return f"acc({name})"
        case Attr(entity, name):
            return f"{show(entity)}.{name}"
        case Lookup(reference, key, raises):
            return f"{reference}[{show(key)}]" if raises else f"{reference}.get({show(key)})"
        case Prim(op, args):
            return f"{op}({', '.join(map(show, args))})"
        case If(test, then, orelse):
            return f"if({show(test)}, {show(then)}, {show(orelse)})"
        case Raises(exception):
            return f"raise({exception})"
        case MakeRecord(fields):
            return "{" + ", ".join(f"{name}: {show(value)}" for name, value in fields) + "}"
        case MakePair(items):
            return "(" + ", ".join(map(show, items)) + ")"
        case MakeList(items):
            return "[" + ", ".join(map(show, items)) + "]"
        case Comp():
            return _show_comp(expr)
        case Reduce(op, comp, _, empty):
            tail = "" if empty is None else f", empty={show(empty)}"
            return f"{op}{'_distinct' if expr.distinct else ''}({show(comp)}{tail})"
        case GroupBy(op, comp):
            return f"group_{op}({show(comp)})"
        case _:
            assert_never(expr)


def _show_comp(comp: Comp) -> str:
    steps = ", ".join(map(_show_step, comp.steps))
    head = show(comp.head) if comp.key is None else f"{show(comp.key)}: {show(comp.head)}"
    return f"{comp.kind}({head} for {steps}{_show_order(comp.order)})"


def _show_step(step: Step) -> str:
    match step:
        case Cond(test):
            return f"if {show(test)}"
        case Gen(var, source):
            return f"{var} <- {show_source(source)}"
        case Cut(over, order, start, stop, per):
            of = f" of {', '.join(over)}" + ("" if per is None else f" per {show(per)}")
            return f"[{start or ''}:{stop}]{of}{_show_order(order)}"
        case _:
            assert_never(step)


def _show_order(order: tuple[Order, ...]) -> str:
    spelled = ", ".join(show(one.key) + (" desc" if one.descending else "") for one in order)
    return f" order {spelled}" if order else ""


def show_source(source: Source) -> str:
    """Spell a generator's source."""
    return f"${source.reference}" if isinstance(source, Many) else show(source.value)
