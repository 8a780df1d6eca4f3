"""What a rule sees: the app, the names in scope, what is known to be there, and how to build children.

A rule looks at one construct and calls `scope.build(child)` for the rest. A child that SQL cannot say ends the
getter at once (`Stop`), so rules only meet good values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import NoReturn

from compiler import dtypes, effects, ir, model, primitives, raising, rewrite, sequences, syntax, values
from compiler.diagnostics import NOWHERE, Log, Span

Rule = Callable[["Scope", syntax.Expr], "values.Value | ir.Declined | None"]
Runner = Callable[["Scope", tuple[syntax.Stmt, ...]], "values.Value"]
Arguments = tuple["values.Value", ...]
Keywords = Mapping[str, "values.Value"]
Builder = Callable[["Scope", Arguments, Keywords, Span], "values.Value | ir.Declined | None"]
Applier = Callable[["Scope", "values.Value", Arguments, Keywords, Span], "values.Value | ir.Declined"]
Unpacker = Callable[["Scope", "syntax.Tuple | syntax.List", "values.Value"], Arguments]
Shower = Callable[["Scope", "values.Several | values.Table | values.Range", Span], ir.Expr]

MAX_INLINED = 500
"""So many calls of functions that call themselves are inlined in one getter."""

MAX_DEPTH = 40
"""So deep are calls of a function inside itself inlined."""


CONSTANTS: Mapping[str, ir.Const] = MappingProxyType(
    {f"math.{name}": ir.Const(getattr(math, name), dtypes.FLOAT) for name in ("pi", "e", "tau", "inf")}
)
"""Constants of the standard library."""

_LEFT, _RIGHT = "<left>", "<right>"
"""Names of operands that no source can use."""


class Stop(Exception):  # noqa: N818 - not an error: it carries a decline to the getter's builder
    """The getter is declined (or wrong, when the finding was logged already)."""

    def __init__(self, declined: ir.Declined) -> None:
        """Keep the reason."""
        super().__init__(declined.message)
        self.declined = declined


@dataclass(slots=True)
class Shared:
    """What all scopes of one view share: tables of rules, results so far, counters of variable names."""

    app: model.App
    view: model.ViewModel
    store: model.Store
    log: Log
    rules: tuple[Rule, ...]
    run: Runner
    apply: Applier
    show: Shower
    unpack: Unpacker
    getters: dict[str, values.Value | ir.Declined] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    recursions: int = 0
    probing: bool = False  # a pass of a loop is run to learn types: what cannot be built is left out
    # A key of a dict that is iterated → the dict and what it has there: `d[key]` is the entry itself.
    entries: dict[ir.Expr, tuple[ir.Expr, ir.Expr]] = field(default_factory=dict)
    splits: int = 0
    passes: int = 0

    def may_split(self) -> bool:
        """Tell whether one more branch may be followed on its own; a view has only so many."""
        self.splits += 1
        return self.splits <= _MOST_SPLITS

    def may_unroll(self) -> bool:
        """Tell whether one more pass of a loop may be written out; a view has only so many."""
        self.passes += 1
        return self.passes <= _MOST_PASSES


_MOST_SPLITS = 200
_MOST_PASSES = 5000


@dataclass(frozen=True, slots=True)
class Scope:
    """One place in one function."""

    shared: Shared
    module: str
    names: Mapping[str, values.Value]
    known: frozenset[ir.Expr] = frozenset()
    calls: tuple[str, ...] = ()
    inner: frozenset[str] = frozenset()  # names that comprehensions bound: functions made outside do not see them

    # ------------------------------------------------------------ building children

    def build(self, node: syntax.Expr) -> values.Value:
        """Build a child; the first rule that answers wins."""
        for rule in self.shared.rules:
            answer = rule(self, node)
            if isinstance(answer, ir.Declined):
                raise Stop(answer)
            if answer is not None:
                return self.narrow(answer)
        reason = node.reason if isinstance(node, syntax.Opaque) else type(node).__name__
        self.decline("D301", node.span, f"{reason} has no SQL form")

    def expr(self, node: syntax.Expr) -> ir.Expr:
        """Build a child that must be a value (not a function, class or the like)."""
        return self.as_expr(self.build(node), node.span)

    def as_expr(self, value: values.Value, span: Span) -> ir.Expr:
        """Return the IR of a value: iterables that only the compiler sees become comprehensions."""
        if isinstance(value, values.Mapping | values.Entries):
            return self.comprehend(value, span)
        if isinstance(value, values.EmptyDict):
            return ir.MakeRecord((), dtypes.Record(()), span)
        if isinstance(value, values.Several | values.Table | values.Range):
            return self.shared.show(self, value, span)
        if isinstance(value, values.Builtin) and value.qualified in CONSTANTS:
            return replace(CONSTANTS[value.qualified], span=span)
        if isinstance(value, values.Choice) and isinstance(value.then, ir.Expr) and isinstance(value.orelse, ir.Expr):
            one, other = dtypes.show(value.then.type), dtypes.show(value.orelse.type)
            self.decline(
                "D313",
                value.span if value.span != NOWHERE else span,
                f"the value is sometimes `{one}` and sometimes `{other}`",
            )
        if not isinstance(value, ir.Expr):
            self.decline("D302", span, f"a {_noun(value)} used as a value has no SQL form")
        return value

    def decline(self, code: str, span: Span, message: str) -> NoReturn:
        """End the getter: SQL cannot say this exactly."""
        raise Stop(ir.Declined(code, span, message))

    def error(self, code: str, span: Span, message: str, hint: str | None = None) -> NoReturn:
        """Report the user's mistake and end the getter."""
        self.shared.log.add(code, span, message, hint=hint)
        raise Stop(ir.Declined(code, span, message))

    def after(self, evaluated: values.Value, result: values.Value, span: Span) -> values.Value:
        """Return a result that comes after something evaluated, which may raise though the result does not need it."""
        if isinstance(evaluated, ir.MakePair | ir.MakeList | ir.MakeRecord):
            for part in reversed(rewrite.children(evaluated)):
                result = self.after(part, result, span)
            return result
        match evaluated:
            case ir.Reduce("first" | "last", ir.Comp(head=ir.MakePair() | ir.MakeRecord()), empty=None):
                for part in reversed(_found_parts(evaluated)):
                    result = self.after(part, result, span)
                return result
        if not isinstance(evaluated, ir.Expr) or not raising.may_raise(evaluated):
            return result
        if isinstance(result, ir.Expr) and isinstance(evaluated, ir.Comp | ir.GroupBy):
            if raising.after(evaluated, result) == result:
                return result
            counted = raising.counted(evaluated)
            if counted is not None:
                for one in reversed(counted):
                    result = raising.after(one, result)
                return result
        if not isinstance(result, ir.Expr) or isinstance(evaluated, ir.Comp | ir.GroupBy):
            self.decline("D367", span, "what is computed here may raise, and the result does not begin with it")
        inner = dtypes.required(evaluated.type)
        return raising.after(entity_id(evaluated) if isinstance(inner, dtypes.Entity) else evaluated, result)

    # ------------------------------------------------------------ scopes

    def bind(self, names: Mapping[str, values.Value]) -> Scope:
        """Return the scope with more names."""
        return replace(self, names={**self.names, **names})

    def bind_inner(self, names: Mapping[str, values.Value]) -> Scope:
        """Return the scope inside a comprehension that binds these names."""
        return replace(self.bind(names), inner=self.inner | frozenset(names))

    def assume(self, known: Iterable[ir.Expr]) -> Scope:
        """Return the scope in which these expressions are known not to be None."""
        return replace(self, known=self.known | frozenset(known))

    def fresh(self, name: str) -> str:
        """Return a variable name not used in this view so far."""
        used, found = self.shared.used, name
        while found in used:
            used[name] += 1
            found = f"{name}_{used[name]}"
        used[found] = 1
        return found

    def narrow(self, value: values.Value) -> values.Value:
        """Drop None from the type of what is known to be there."""
        kind = values.type_of(value)
        if kind is None or not isinstance(kind, dtypes.Optional) or value not in self.known:
            return value
        return retyped(value, kind.inner)

    # ------------------------------------------------------------ truth and null

    def test(self, node: syntax.Expr) -> ir.Expr:
        """Build a condition: a BOOL that is never None."""
        if isinstance(node, syntax.BoolOp):
            # Where only the truth counts, `a and b` is the truth of both, not one of the two values.
            inner, tests = self, list[ir.Expr]()
            for one in node.values:
                tests.append(inner.test(one))
                inner = inner.assume(facts_of(tests[-1], node.op == "and"))
            return (conjunction if node.op == "and" else disjunction)(tests, node.span)
        return self.truth(self.build(node), node.span)

    def truth(self, value: values.Value, span: Span) -> ir.Expr:
        """Return Python's truth of a value."""
        if isinstance(value, values.Mapping | values.Entries | ir.Comp):
            comp = value if isinstance(value, ir.Comp) else self.comprehend(value, span)
            if raising.may_raise(comp):
                return self._has_items(comp, span)
            exists = replace(
                comp, head=ir.Const(True, dtypes.BOOL), key=None, kind="list", type=dtypes.ListOf(dtypes.BOOL)
            )
            return ir.Reduce("any", exists, dtypes.BOOL, span=span)
        if isinstance(value, values.Choice):
            both = self.truth(value.then, span), self.truth(value.orelse, span)
            return conditional(value.test, *both, dtypes.BOOL, span)
        if isinstance(value, values.Several) and value.kind != "generator" and value.is_safe:
            return disjunction((one.test or ir.Const(True, dtypes.BOOL, span) for one in value.items), span)
        expr = self.as_expr(value, span)
        match expr:
            case ir.Const(constant):
                return ir.Const(bool(constant) or dtypes.is_member(expr.type), dtypes.BOOL, span)
            case ir.MakeList() | ir.MakeRecord() | ir.MakePair():
                counted = self.after(expr, ir.Const(bool(rewrite.children(expr)), dtypes.BOOL, span), span)
                assert isinstance(counted, ir.Expr)
                return counted
            case ir.Raises():
                return replace(expr, type=dtypes.BOOL)
            case ir.If():
                return conditional(
                    expr.test, self.truth(expr.then, span), self.truth(expr.orelse, span), dtypes.BOOL, span
                )
            case _ if expr.type == dtypes.BOOL:
                return expr
        inner = dtypes.required(expr.type)
        if isinstance(inner, dtypes.Entity | dtypes.Record | dtypes.Pair):
            return self.is_there(expr, span)
        if dtypes.is_member(inner):
            return self.is_there(expr, span)
        if isinstance(inner, dtypes.Scalar | dtypes.ListOf | dtypes.SetOf | dtypes.DictOf):
            return ir.Prim("truth", (expr,), dtypes.BOOL, span)
        self.decline("D303", span, f"the truth of a value of type `{dtypes.show(expr.type)}` has no SQL form")

    def _has_items(self, comp: ir.Comp, span: Span) -> ir.Expr:
        """Return whether a list that is made before it is looked at has items: making all of it may raise."""
        number, *rest = raising.counted(comp) or ()
        test: ir.Expr = ir.Prim("gt", (number, ir.Const(0, dtypes.INT)), dtypes.BOOL, span)
        for one in reversed(rest):
            test = raising.after(one, test)
        return test

    def is_there(self, expr: ir.Expr, span: Span) -> ir.Expr:
        """Return the test `expr is not None`."""
        if isinstance(expr, ir.Raises):
            return replace(expr, type=dtypes.BOOL)
        if isinstance(expr, ir.If):
            return conditional(
                expr.test, self.is_there(expr.then, span), self.is_there(expr.orelse, span), dtypes.BOOL, span
            )
        if isinstance(expr.type, dtypes.NoneType):
            return ir.Const(False, dtypes.BOOL, span)
        if not dtypes.nullable(expr.type):
            there = self.after(expr, ir.Const(True, dtypes.BOOL, span), span)
            assert isinstance(there, ir.Expr)
            return there
        if isinstance(dtypes.required(expr.type), dtypes.Entity):
            expr = entity_id(expr)
        return ir.Prim("not_none", (expr,), dtypes.BOOL, span)

    # ------------------------------------------------------------ iteration

    def iterate(self, value: values.Value, span: Span, name: str) -> values.Iteration:
        """Return how `for name in value` runs."""
        match value:
            case values.Mapping():
                return self._entries(value, "keys", name, span)
            case values.Entries(kind, of) if isinstance(of, values.Mapping | ir.Expr):
                return self._entries(of, kind, name, span, asked=True)
            case ir.Comp(kind="list"):
                return self._splice(value, name)
            case ir.Comp(kind="set"):
                var = self.fresh(name)
                item = ir.EntryValue(var, value.head.type, span)
                return values.Iteration((ir.Gen(var, ir.Items(value)),), item, sequences.unordered(var))
            case values.Choice(test, then, orelse):
                return self._of_either(test, then, orelse, span, name)
        expr = self.as_expr(value, span)
        inner = dtypes.required(expr.type)
        if isinstance(inner, dtypes.DictOf):
            return self._entries(expr, "keys", name, span)
        if isinstance(inner, dtypes.SetOf):
            loop = self._list_items(sequences.items_of_set(expr), dtypes.ListOf(inner.item), span, name)
            bound = [step.var for step in loop.steps if isinstance(step, ir.Gen)]
            return replace(loop, order=sequences.unordered(bound[-1])) if bound else loop
        if isinstance(inner, dtypes.ListOf):
            return self._list_items(expr, inner, span, name)
        self.decline("D305", span, f"a loop over a value of type `{dtypes.show(expr.type)}` has no SQL form")

    def _of_either(
        self, test: ir.Expr, then: values.Value, orelse: values.Value, span: Span, name: str
    ) -> values.Iteration:
        """Return how one of two collections is iterated, of which one may be an empty tuple."""
        empty = ir.MakePair((), dtypes.Pair(()))
        if orelse == empty:
            loop = self.iterate(then, span, name)
            return replace(loop, steps=(ir.Cond(test), *loop.steps))
        if then == empty:
            loop = self.iterate(orelse, span, name)
            return replace(loop, steps=(ir.Cond(negate(test)), *loop.steps))
        self.decline("D305", span, "a loop over one of two collections has no SQL form")

    def _list_items(self, expr: ir.Expr, of: dtypes.ListOf, span: Span, name: str) -> values.Iteration:
        branches = sequences.branches(expr)
        is_stored = branches is not None and len(branches) == 1 and branches[0] == sequences.elements(expr)
        if branches is None or is_stored:
            var = self.fresh(name)
            index, item = ir.EntryKey(var, dtypes.INT, span), ir.EntryValue(var, of.item, span)
            return values.Iteration((ir.Gen(var, ir.Items(expr)),), item, (ir.Order(index),))
        if len(branches) == 1:  # `[] if c else xs` is iterated as xs under the condition
            return self._splice(branches[0], name)
        kind = sequences.item_type(branches) if branches else None
        if kind is None or isinstance(dtypes.required(kind), dtypes.Pair):
            self.decline("D305", span, "a loop over lists of items of several types has no SQL form")
        var = self.fresh(name)
        item = ir.EntryValue(var, kind, span)
        return values.Iteration((ir.Gen(var, ir.Items(expr)),), item, sequences.branch_places(var, branches))

    def _entries(
        self, of: values.Mapping | ir.Expr, kind: str, name: str, span: Span, *, asked: bool = False
    ) -> values.Iteration:
        if isinstance(of, ir.Comp):
            return self._made_entries(of, sequences.last_per_key(of), kind, name, span)
        if isinstance(of, ir.GroupBy) and of.op == "first":
            return self._made_entries(of, sequences.entries_of_first(of), kind, name, span)
        if isinstance(of, ir.If) and isinstance(of.orelse, ir.MakeRecord) and not of.orelse.fields:
            inner = self._entries(of.then, kind, name, span, asked=asked)
            return replace(inner, steps=(ir.Cond(of.test), *inner.steps))
        if isinstance(of, ir.If) and isinstance(of.then, ir.MakeRecord) and not of.then.fields:
            inner = self._entries(of.orelse, kind, name, span, asked=asked)
            return replace(inner, steps=(ir.Cond(negate(of.test)), *inner.steps))
        var = self.fresh(name)
        if isinstance(of, values.Mapping):
            reference = self.shared.store.reference(of.reference)
            assert reference is not None
            source: ir.Source = ir.Many(of.reference)
            key = ir.EntryKey(var, dtypes.STR, span)
            item: ir.Expr = ir.EntryValue(var, dtypes.Entity(reference.model), span)
        else:
            held = dtypes.required(of.type)
            if not isinstance(held, dtypes.DictOf):
                self.decline("D305", span, f"`.{kind}()` of a value of type `{dtypes.show(of.type)}` has no SQL form")
            source = ir.Items(of, kind if asked else "")
            key = ir.EntryKey(var, held.key, span)
            item = ir.EntryValue(var, held.value, span)
        order: tuple[ir.Order, ...] = (ir.Order(key),)
        if isinstance(of, ir.GroupBy):  # in the order in which the keys first came
            order = sequences.places(var, of.comp.order)
            self.shared.entries[key] = of, item
        return values.Iteration((ir.Gen(var, source),), _entry(key, item, kind, span), order)

    def _made_entries(self, of: ir.Expr, made: ir.Comp, kind: str, name: str, span: Span) -> values.Iteration:
        """Return how a dict comprehension is iterated of which no key comes twice: as the steps that made it."""
        inner = self._splice(made, name)
        assert isinstance(inner.element, ir.MakePair)
        key, item = inner.element.items
        if rewrite.variables(key):
            self.shared.entries[key] = of, item
        return replace(inner, element=_entry(key, item, kind, span))

    def _splice(self, comp: ir.Comp, name: str) -> values.Iteration:
        alone = sum(isinstance(step, ir.Gen) for step in comp.steps) == 1
        renamed = rewrite.fresh(comp, lambda var: self.fresh(name if alone and name != "entry" else var))
        element = renamed.head
        if renamed.key is not None:
            pair = dtypes.Pair((renamed.key.type, element.type))
            element = ir.MakePair((renamed.key, element), pair, renamed.span)
        return values.Iteration(renamed.steps, element, renamed.order)

    def comprehend(self, value: values.Value, span: Span, name: str = "entry") -> ir.Comp:
        """Return the list of a value's elements as a comprehension."""
        if isinstance(value, ir.Comp) and value.kind == "list":
            return value
        loop = self.iterate(value, span, name)
        head = self.as_expr(loop.element, span)
        return ir.Comp("list", loop.steps, head, dtypes.ListOf(head.type), None, loop.order, span)

    def destructure(self, target: syntax.Expr, value: values.Value) -> dict[str, values.Value]:
        """Return the names that `target = value` binds."""
        if isinstance(target, syntax.Name):
            return {target.id: value}
        if isinstance(target, syntax.Tuple | syntax.List):
            names: dict[str, values.Value] = {}
            for part, item in zip(target.items, self.shared.unpack(self, target, value), strict=True):
                inner = part.value if isinstance(part, syntax.Starred) else part
                names.update(self.destructure(inner, self.narrow(item)))
            return names
        self.decline("D307", target.span, "assignment to this target has no SQL form")

    def chosen(self, record: ir.MakeRecord, key: ir.Expr, default: ir.Expr, span: Span) -> ir.Expr:
        """Return the field of a dict display that a key names: one condition per field, unless it is a constant."""
        if isinstance(key, ir.Const):
            return dict(record.fields).get(key.value, default) if isinstance(key.value, str) else default
        if dtypes.required(key.type) != dtypes.STR:
            self.decline("D323", span, f"an item of a dict by a `{dtypes.show(key.type)}` has no SQL form")
        found = default
        for name, value in reversed(record.fields):
            if isinstance(found, ir.Raises):
                both: tuple[ir.Expr, ir.Expr, dtypes.Type] | None = (value, found, value.type)
            else:
                both = unify(value, found)
            if both is None:
                self.decline("D313", span, "the items of the dict have different types")
            test = ir.Prim("eq", (key, ir.Const(name, dtypes.STR)), dtypes.BOOL, span)
            found = conditional(test, *both, span)
        # Python evaluates all values before it looks for one.
        for _, value in reversed(record.fields):
            found = raising.after(value, found) if not isinstance(value, ir.Comp | ir.GroupBy) else found
        return found

    # ------------------------------------------------------------ calls

    def apply(self, function: values.Value, args: Arguments, keywords: Keywords, span: Span) -> values.Value:
        """Call any value."""
        answer = self.shared.apply(self, function, args, keywords, span)
        if isinstance(answer, ir.Declined):
            raise Stop(answer)
        return self.narrow(answer)

    def attribute(self, owner: values.Value, name: str, span: Span) -> values.Value:
        """Return `owner.name`."""
        read = syntax.Attribute(syntax.Name(_LEFT, span), name, span, span)
        return self.bind({_LEFT: owner}).build(read)

    def operate(self, op: str, left: values.Value, right: values.Value, span: Span) -> values.Value:
        """Return `left op right`."""
        written = syntax.Binary(op, syntax.Name(_LEFT, span), syntax.Name(_RIGHT, span), span)
        return self.bind({_LEFT: left, _RIGHT: right}).build(written)

    def call(self, function: values.Closure, args: Arguments, keywords: Keywords, span: Span) -> values.Value:
        """Inline a call to a function of the project."""
        # By place too: getters of a view and of a model of the same module may share a name.
        key = call_key(function.module, function.name, function.body)
        if key in self.calls:
            self._recurse(key, function.name, span)
        if function.receiver is not None:
            args = (function.receiver, *args)
        itself = {} if function.home is None else {function.name: function}
        names = {**itself, **function.names}
        inner = Scope(self.shared, function.module, names, self.known, (*self.calls, key))
        bound = _bind_arguments(inner, function, args, keywords, span)
        for name in sorted(effects.changed(function.body)):
            if name in bound or name in function.names:
                self.decline("D360", span, f"`{function.name}` changes `{name}`, which its caller holds too")
        result = self.shared.run(inner.bind(bound), function.body)
        for one in reversed((*args, *keywords.values())):
            result = self.after(one, result, span)
        return result

    def _recurse(self, key: str, name: str, span: Span) -> None:
        # What ends by constants ends soon; the rest would go on for ever.
        self.shared.recursions += 1
        if self.calls.count(key) > MAX_DEPTH or self.shared.recursions > MAX_INLINED:
            self.decline("D308", span, f"`{name}` calls itself, and nothing constant says how often")

    def closure(self, function: syntax.Function, module: str, receiver: values.Value | None = None) -> values.Closure:
        """Return a function of the project as a value."""
        return values.Closure(function.name, function.params, function.body, module, {}, receiver)

    def nested(self, name: str, params: tuple[syntax.Parameter, ...], body: tuple[syntax.Stmt, ...]) -> values.Closure:
        """Return a lambda or nested function as a value: it sees the names around it, as they are when it is named."""
        defaults = {one.name: self.build(one.default) for one in params if one.default is not None}
        return values.Closure(name, params, body, self.module, self.names, None, self.calls, defaults)

    def primitive(self, spelling: str, args: tuple[ir.Expr, ...], span: Span) -> ir.Expr | None:
        """Apply the primitive with that spelling to the arguments, or answer None when there is none."""
        enums = {kind.enum for one in args if isinstance(kind := dtypes.required(one.type), dtypes.Scalar)}
        if any(one and (":" not in one or (spelling == "format" and one.endswith(":mixed"))) for one in enums):
            return None  # a member of an Enum is not its value
        args = tuple(replace(one, type=dtypes.without_enums(one.type)) for one in args) if enums != {""} else args
        match spelling, args:
            case "//" | "%", (ir.Prim("timedelta.total_seconds", (length,)), by):  # exact, where that of floats is not
                spelling, args = f"total_seconds {spelling}", (length, by)
        for row in primitives.find_all(spelling, tuple(one.type for one in args)):
            constant = all(isinstance(args[place], ir.Const) for place in row.constant if place < len(args))
            if constant and (row.accepts is None or row.accepts(args)):
                return primitives.folded(ir.Prim(row.op, args, row.result, span))
        return None


def call_key(module: str, name: str, body: tuple[syntax.Stmt, ...]) -> str:
    """Return the name under which a call of a function stands in `Scope.calls`."""
    place = body[0].span if body else NOWHERE
    return f"{module}.{name}:{place.line}:{place.column}"


def _bind_arguments(
    scope: Scope,
    function: values.Closure,
    args: tuple[values.Value, ...],
    keywords: Mapping[str, values.Value],
    span: Span,
) -> dict[str, values.Value]:
    plain = [one.name for one in function.params if one.kind == "plain"]
    named = {one.name for one in function.params if one.kind in ("plain", "keyword")}
    bound: dict[str, values.Value] = dict(zip(plain, args, strict=False))
    twice = bound.keys() & keywords.keys()
    bound.update((name, value) for name, value in keywords.items() if name in named)
    rest = {name: value for name, value in keywords.items() if name not in named}
    for one in function.params:
        if one.kind == "args":
            bound[one.name] = values.Several("tuple", tuple(map(values.Item, args[len(plain) :])))
        elif one.kind == "kwargs":
            bound[one.name] = values.Table(tuple((ir.Const(name, dtypes.STR), one) for name, one in rest.items()))
        elif one.name not in bound and one.name in function.defaults:
            bound[one.name] = function.defaults[one.name]
        elif one.name not in bound and one.default is not None:
            bound[one.name] = scope.build(one.default)
    kinds = {one.kind for one in function.params}
    extra = (len(args) > len(plain) and "args" not in kinds) or (rest and "kwargs" not in kinds)
    if twice or extra or len(bound) < len(function.params):
        scope.decline("D309", span, f"the arguments do not fit `{function.name}({', '.join(plain)})`")
    return bound


def _noun(value: values.Static) -> str:
    return {
        "SelfView": "view", "StoreValue": "store", "Closure": "function", "BoundMethod": "method",
        "Builtin": "function", "Unbound": "name that is unbound", "ClassValue": "class", "ModuleValue": "module",
        "Partial": "function", "Choice": "function", "ModelValue": "class", "Super": "class", "EnumValue": "class",
    }.get(type(value).__name__, "value")  # fmt: skip


# ---------------------------------------------------------------- small constructors that rules share


def _entry(key: ir.Expr, item: ir.Expr, kind: str, span: Span) -> ir.Expr:
    pair = ir.MakePair((key, item), dtypes.Pair((key.type, item.type)), span)
    return {"keys": key, "values": item, "items": pair}[kind]


def _found_parts(found: ir.Reduce) -> list[ir.Expr]:
    """Return, for the first tuple or dict of a collection, values that raise what taking it out raises."""
    first, *rest = rewrite.children(found.comp.head) or (ir.Const(True, dtypes.BOOL),)
    return [
        replace(found, comp=replace(found.comp, head=one, type=dtypes.ListOf(one.type)), type=one.type)
        for one in (first, *(one for one in rest if raising.may_raise(one)))
    ]


def retyped(value: values.Value, to: dtypes.Type) -> values.Value:
    """Return the IR expression with another type; static values as they are."""
    if isinstance(value, ir.Expr):
        return replace(value, type=to)
    return value


def entity_id(expr: ir.Expr) -> ir.Expr:
    """Return the doc_id of an entity, None where the entity is None; never raises by itself."""
    if isinstance(expr, ir.If):
        then, orelse = entity_id(expr.then), entity_id(expr.orelse)
        return replace(expr, then=then, orelse=orelse, type=dtypes.join(then.type, orelse.type) or dtypes.STR)
    if isinstance(expr.type, dtypes.NoneType):
        return expr
    kind: dtypes.Type = dtypes.optional(dtypes.STR) if dtypes.nullable(expr.type) else dtypes.STR
    return ir.Prim("id_of", (expr,), kind, expr.span)


def conditional(test: ir.Expr, then: ir.Expr, orelse: ir.Expr, kind: dtypes.Type, span: Span) -> ir.Expr:
    """Return `then if test else orelse`, folded where the test or the branches are constant."""
    if isinstance(test, ir.Const):
        return then if test.value else orelse
    if then == orelse:
        return raising.after(test, then)
    if kind == dtypes.BOOL and isinstance(then, ir.Const) and isinstance(orelse, ir.Const):
        return test if then.value else negate(test)
    if kind == dtypes.BOOL and isinstance(orelse, ir.Const) and orelse.value is False:
        return conjunction((test, then), span)
    if kind == dtypes.BOOL and isinstance(then, ir.Const) and then.value is not None:
        return disjunction((test, orelse), span) if then.value else conjunction((negate(test), orelse), span)
    return ir.If(test, then, orelse, kind, span)


def negate(test: ir.Expr) -> ir.Expr:
    """Return `not test` of a BOOL that is never None."""
    match test:
        case ir.Const(value):
            return ir.Const(not value, dtypes.BOOL, test.span)
        case ir.Prim("not", (inner,)):
            return inner
        case ir.Prim("not_none", args):
            return ir.Prim("is_none", args, dtypes.BOOL, test.span)
        case ir.Prim("is_none", args):
            return ir.Prim("not_none", args, dtypes.BOOL, test.span)
        case ir.Prim("eq", args):
            return ir.Prim("ne", args, dtypes.BOOL, test.span)
        case ir.Prim("ne", args):
            return ir.Prim("eq", args, dtypes.BOOL, test.span)
    return ir.Prim("not", (test,), dtypes.BOOL, test.span)


def conjunction(tests: Iterable[ir.Expr], span: Span) -> ir.Expr:
    """Return `a and b and …` of BOOLs that are never None."""
    return _connect("and", tests, span)


def disjunction(tests: Iterable[ir.Expr], span: Span) -> ir.Expr:
    """Return `a or b or …` of BOOLs that are never None."""
    return _connect("or", tests, span)


def _connect(op: str, tests: Iterable[ir.Expr], span: Span) -> ir.Expr:
    neutral = op == "and"
    found: dict[ir.Expr, None] = {}
    for one in tests:
        if isinstance(one, ir.Const) and one.value is neutral:
            continue
        found.update(dict.fromkeys(one.args if isinstance(one, ir.Prim) and one.op == op else (one,)))
        if isinstance(one, ir.Const):
            break  # nothing after `and False`, `or True` is evaluated
    flat = tuple(found)
    if not flat:
        return ir.Const(neutral, dtypes.BOOL, span)
    if isinstance(flat[-1], ir.Const) and len(flat) == 1:
        return flat[0]
    return flat[0] if len(flat) == 1 else ir.Prim(op, flat, dtypes.BOOL, span)


def facts_of(test: ir.Expr, holds: bool) -> frozenset[ir.Expr]:
    """Return the expressions that are certainly not None when the test holds (or fails)."""
    match test:
        case ir.Prim("not", (inner,)):
            return facts_of(inner, not holds)
        case ir.Prim("and", args) if holds:
            return frozenset().union(*(facts_of(one, True) for one in args))
        case ir.Prim("or", args) if not holds:
            return frozenset().union(*(facts_of(one, False) for one in args))
        case ir.Prim("not_none", (inner,)) if holds:
            return _known(inner)
        case ir.Prim("is_none", (inner,)) if not holds:
            return _known(inner)
        case ir.Prim("truth", (inner,)) if holds:
            return _known(inner)
    return frozenset()


def _known(inner: ir.Expr) -> frozenset[ir.Expr]:
    if isinstance(inner, ir.Prim) and inner.op == "id_of":
        return frozenset({inner, inner.args[0]})
    return frozenset({inner})


def unify(then: ir.Expr, orelse: ir.Expr) -> tuple[ir.Expr, ir.Expr, dtypes.Type] | None:
    """Return the two with one type that holds both, or None; a whole-number constant joins a Decimal or float."""
    kind = dtypes.join(then.type, orelse.type)
    if kind is not None:
        return then, orelse, kind
    for one, other, swapped in ((then, orelse, False), (orelse, then, True)):
        widened = _widen(one, dtypes.required(other.type))
        if widened is not None:
            kind = dtypes.join(widened.type, other.type)
            assert kind is not None
            return (other, widened, kind) if swapped else (widened, other, kind)
    for one, other, swapped in ((then, orelse, False), (orelse, then, True)):
        if isinstance(one, ir.MakeRecord) and not one.fields and isinstance(dtypes.required(other.type), dtypes.DictOf):
            empty = replace(one, type=dtypes.required(other.type))
            return (other, empty, other.type) if swapped else (empty, other, other.type)
    if _is_empty_of(then, orelse.type):
        return replace(then, type=dtypes.required(orelse.type)), orelse, orelse.type
    if _is_empty_of(orelse, then.type):
        return then, replace(orelse, type=dtypes.required(then.type)), then.type
    for one, other, swapped in ((then, orelse, False), (orelse, then, True)):
        if isinstance(one, ir.MakeRecord) and not one.fields and isinstance(dtypes.required(other.type), dtypes.DictOf):
            empty = replace(one, type=dtypes.required(other.type))
            return (other, empty, other.type) if swapped else (empty, other, other.type)
    return None


def _is_empty_of(one: ir.Expr, kind: dtypes.Type) -> bool:
    """Tell whether one is an empty list, or an empty set, where the type is that of a list or a set."""
    other = dtypes.required(kind)
    if not isinstance(one, ir.MakeList) or one.items or not isinstance(other, dtypes.ListOf | dtypes.SetOf):
        return False
    return type(one.type) is type(other)


def _widen(one: ir.Expr, to: dtypes.Type) -> ir.Const | None:
    # Python's 0 and Decimal(0) (or 0.0) are equal, so a constant may take the other branch's type.
    if not isinstance(one, ir.Const) or type(one.value) is not int or not isinstance(to, dtypes.Scalar):
        return None
    if to.name == "decimal":
        return ir.Const(Decimal(one.value), to, one.span)
    if to.name == "float" and abs(one.value) < 2**53:
        return ir.Const(float(one.value), to, one.span)
    return None
