"""The small body syntax: what a getter's text looks like once libcst has been left behind.

About thirty frozen nodes, each with its span; whatever has no node of its own is `Opaque` with a reason.

    return self.store.meeting.status == "in-session"
    → Return(Compare(Attribute(…, "status"), (("==", Literal("in-session")),)))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Literal as OneOf

from compiler.diagnostics import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name."""

    id: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: None, bool, int, float, str or bytes."""

    value: bool | int | float | str | bytes | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value.name`; `name_span` is the place of the name alone."""

    value: Expr
    name: str
    span: Span = field(default=NOWHERE, compare=False)
    name_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[index]`; the index may be a `Slice` or a `Tuple`."""

    value: Expr
    index: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper:step` inside a subscript."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`func(*args, name=value…)`; a keyword named None is `**value`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right`, op being Python's spelling: + - * / // % ** @ & | ^ << >>."""

    op: str
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`op value`: not - + ~."""

    op: str
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class BoolOp:
    """`a and b and c`, `a or b or c`."""

    op: OneOf["and", "or"]
    values: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right op right…`: == != < <= > >= in, not in, is, is not."""

    left: Expr
    rest: tuple[tuple[str, Expr], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class IfExp:
    """`body if test else orelse`."""

    test: Expr
    body: Expr
    orelse: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Lambda:
    """`lambda params: body`."""

    params: tuple[Parameter, ...]
    body: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Tuple:
    """`(a, b)`."""

    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class List:
    """`[a, b]`."""

    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Set:
    """`{a, b}`."""

    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Dict:
    """`{k: v}`; a key of None is `**v`."""

    items: tuple[tuple[Expr | None, Expr], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Generator:
    """`for target in iter if cond…` of a comprehension."""

    target: Expr
    iter: Expr
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A list, set, dict (`key` is set) or generator comprehension."""

    kind: OneOf["list", "set", "dict", "generator"]
    element: Expr
    generators: tuple[Generator, ...]
    key: Expr | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Formatted:
    """One `{value!conversion:spec}` of an f-string; a spec that is not literal text is an f-string itself."""

    value: Expr
    conversion: str | None
    spec: str | FString | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FString:
    """An f-string: literal texts and formatted values in order."""

    parts: tuple[str | Formatted, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Starred:
    """`*value`."""

    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """`target := value`."""

    target: str
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Opaque:
    """Valid Python that the body syntax has no node for."""

    reason: str
    span: Span = field(default=NOWHERE, compare=False)


Expr = (
    Name | Literal | Attribute | Subscript | Slice | Call | Binary | Unary | BoolOp | Compare | IfExp | Lambda
    | Tuple | List | Set | Dict | Comprehension | Formatted | FString | Starred | Named | Opaque
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value` (one node per target of a chain), annotated assignments included."""

    target: Expr
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AugAssign:
    """`target op= value`; op without the `=`."""

    target: Expr
    op: str
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`; a bare return gives None."""

    value: Expr | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class If:
    """`if test: body else: orelse`; `elif` is an If alone in the else."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class For:
    """`for target in iter: body else: orelse`."""

    target: Expr
    iter: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class While:
    """`while test: body else: orelse`."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ExprStmt:
    """An expression for its effect, such as `names.append(x)`; docstrings are dropped by `read`."""

    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Raise:
    """`raise exc`."""

    exc: Expr | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert test, message`."""

    test: Expr
    message: Expr | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Break:
    """`break`."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Continue:
    """`continue`."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pass:
    """`pass`, and an expression statement that is a mere docstring or `...`."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Delete:
    """`del name`."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Define:
    """A nested `def`, without decorators."""

    function: Function
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Handler:
    """`except types as name: body`."""

    types: Expr | None
    name: str | None
    body: tuple[Stmt, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Try:
    """`try: body except …: … else: orelse finally: final`."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...] = ()
    final: tuple[Stmt, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Match:
    """`match subject: case …`."""

    subject: Expr
    cases: tuple[Case, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """`case pattern if guard: body`."""

    pattern: Pattern
    guard: Expr | None
    body: tuple[Stmt, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ValuePattern:
    """A literal or a dotted name: equal to it; None, True and False are the same object."""

    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Capture:
    """`pattern as name`, `name` and `_`: without a pattern anything fits, without a name nothing is bound."""

    pattern: Pattern | None = None
    name: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class OrPattern:
    """`a | b`."""

    patterns: tuple[Pattern, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SequencePattern:
    """`[a, b, *rest]`."""

    items: tuple[Pattern | Rest, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Rest:
    """`*name` in a sequence pattern."""

    name: str | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class MappingPattern:
    """`{"kind": kind, **rest}`."""

    items: tuple[tuple[Expr, Pattern], ...]
    rest: Rest | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ClassPattern:
    """`Point(x, y=0)`."""

    cls: Expr
    positional: tuple[Pattern, ...]
    keywords: tuple[tuple[str, Pattern], ...]
    span: Span = field(default=NOWHERE, compare=False)


Pattern = ValuePattern | Capture | OrPattern | SequencePattern | MappingPattern | ClassPattern


@dataclass(frozen=True, slots=True)
class OpaqueStmt:
    """A statement that the body syntax has no node for: with, nested class, import…"""

    reason: str
    span: Span = field(default=NOWHERE, compare=False)


Stmt = (
    Assign | AugAssign | Return | If | For | While | ExprStmt | Raise | Assert | Break | Continue | Pass | Delete
    | Define | Try | Match | OpaqueStmt
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `kind` is how it may be passed."""

    name: str
    annotation: Expr | None = None
    default: Expr | None = None
    kind: OneOf["plain", "keyword", "args", "kwargs"] = "plain"
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Function:
    """A function's text: parameters (self included), body, and its own source slice for the UDF tiers."""

    name: str
    params: tuple[Parameter, ...]
    body: tuple[Stmt, ...]
    returns: Expr | None = None
    is_async: bool = False
    is_generator: bool = False
    source: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)
    module: str = field(default="", compare=False)  # where its global names are looked up


Node = Expr | Stmt | Generator | Parameter | Function | Handler | Case | Pattern | Rest


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and every node below it, in source order."""
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below, in source order."""
    for one in fields(node):
        yield from _nodes_in(getattr(node, one.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def show(one: Expr | None) -> str:
    """Spell an expression as Python would, every operation in parentheses."""
    match one:
        case None:
            return ""
        case Name(id=name):
            return name
        case Literal(value=value):
            return repr(value)
        case Attribute():
            return f"{show(one.value)}.{one.name}"
        case Subscript():
            index = _show_all(one.index.items) if isinstance(one.index, Tuple) else show(one.index)
            return f"{show(one.value)}[{index}]"
        case Call():
            keywords = [f"**{show(value)}" if key is None else f"{key}={show(value)}" for key, value in one.keywords]
            return f"{show(one.func)}({', '.join([*map(show, one.args), *keywords])})"
        case Tuple():
            return f"({_show_all(one.items)}{',' if len(one.items) == 1 else ''})"
        case List():
            return f"[{_show_all(one.items)}]"
        case Set():
            return f"{{{_show_all(one.items)}}}"
        case Dict():
            return "{" + ", ".join(_show_entry(key, value) for key, value in one.items) + "}"
        case Opaque(reason=reason):
            return f"<{reason}>"
    return _show_operation(one)


def _show_operation(
    one: Binary
    | Unary
    | BoolOp
    | Compare
    | IfExp
    | Slice
    | Lambda
    | Comprehension
    | FString
    | Formatted
    | Starred
    | Named,
) -> str:
    match one:
        case Binary():
            return f"({show(one.left)} {one.op} {show(one.right)})"
        case Unary():
            return f"({one.op} {show(one.value)})"
        case BoolOp():
            return "(" + f" {one.op} ".join(show(value) for value in one.values) + ")"
        case Compare():
            return f"({show(one.left)}{''.join(f' {op} {show(right)}' for op, right in one.rest)})"
        case IfExp():
            return f"({show(one.body)} if {show(one.test)} else {show(one.orelse)})"
        case Slice():
            return ":".join(show(part) for part in (one.lower, one.upper, one.step))
        case Lambda():
            return f"(lambda {', '.join(map(_show_parameter, one.params))}: {show(one.body)})"
        case Starred():
            return f"*{show(one.value)}"
        case Named():
            return f"({one.target} := {show(one.value)})"
        case Comprehension():
            return _show_comprehension(one)
        case FString():
            return "f" + repr("".join(part if isinstance(part, str) else show(part) for part in one.parts))
        case Formatted():
            conversion = "" if one.conversion is None else f"!{one.conversion}"
            spec = one.spec if isinstance(one.spec, str) else show(one.spec)
            return f"{{{show(one.value)}{conversion}{f':{spec}' if spec else ''}}}"


def _show_parameter(one: Parameter) -> str:
    star = {"args": "*", "kwargs": "**"}.get(one.kind, "")
    return f"{star}{one.name}{'' if one.default is None else f'={show(one.default)}'}"


def _show_comprehension(one: Comprehension) -> str:
    element = show(one.element) if one.key is None else f"{show(one.key)}: {show(one.element)}"
    for each in one.generators:
        conditions = "".join(f" if {show(condition)}" for condition in each.conditions)
        element += f" for {show(each.target)} in {show(each.iter)}{conditions}"
    around = {"list": "[]", "set": "{}", "dict": "{}", "generator": "()"}[one.kind]
    return f"{around[0]}{element}{around[1]}"


def _show_all(items: tuple[Expr, ...]) -> str:
    return ", ".join(show(item) for item in items)


def _show_entry(key: Expr | None, value: Expr) -> str:
    return f"**{show(value)}" if key is None else f"{show(key)}: {show(value)}"
