"""Which stored attributes a getter depends on, and how: what its value is made of, what decides, what joins.

    sum(o.total for o in self.store.orders.values() if o.status == "paid")
    →  value orders.total    condition orders.doc_id, orders.status    join orders.shop

It is read off the IR, in which joins, computed attributes and earlier getters have been followed already, so it is
exact: an attribute that is not named here cannot change the field. What a getter in Python reads is bounded by the
names that occur in its slice; there the role is "either".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from compiler import dtypes, ir, model, plan, raising, rewrite
from compiler.diagnostics import NOWHERE, Span


def of_expr(app: model.App, store: model.Store, predicates: Mapping[str, ir.Expr], expr: ir.Expr) -> plan.Lineage:
    """Return the lineage of a getter whose meaning is `expr`; `predicates` are the tests of `on=` joins."""
    walk = _Walk(app, store, predicates)
    walk.visit(expr, "value")
    return walk.result()


def of_slice(
    app: model.App, store: model.Store, predicates: Mapping[str, ir.Expr], reads: Mapping[str, tuple[str, ...]]
) -> plan.Lineage:
    """Return the lineage of a getter in Python that may read these attributes of these references."""
    walk = _Walk(app, store, predicates)
    for reference, attributes in reads.items():
        walk.join(reference)
        for name in attributes:
            walk.add("either", walk.named(reference, name), NOWHERE)
    return walk.result()


@dataclass(slots=True)
class _Walk:
    """Collects reads; `sources` says what the variables of the comprehensions around run over."""

    app: model.App
    store: model.Store
    predicates: Mapping[str, ir.Expr]
    found: dict[tuple[str, plan.Role], Span] = field(default_factory=dict)
    sources: dict[str, ir.Source] = field(default_factory=dict)
    joined: dict[str, None] = field(default_factory=dict)

    def result(self) -> plan.Lineage:
        reads = (
            plan.Read(name, role, span) for (name, role), span in sorted(self.found.items(), key=lambda one: one[0])
        )
        many = (one for one in self.joined if self._reference(one).many)
        over = dict.fromkeys(self.app.models[self._reference(one).model].collection for one in many)
        return plan.Lineage(tuple(reads), tuple(sorted(over)))

    def add(self, role: plan.Role, name: str, span: Span) -> None:
        """Note a read where it is first seen."""
        if not self.found.setdefault((name, role), span).line:
            self.found[name, role] = span

    def named(self, reference: str, attribute: str) -> str:
        """Spell an attribute of a reference: `orders.total`."""
        return self._attribute(self._reference(reference).model, attribute)

    def join(self, name: str) -> None:
        """Note what finds the rows of a reference, and of those that it goes through."""
        if name in self.joined:
            return
        self.joined[name] = None
        reference = self._reference(name)
        match reference.via:
            case model.Root():
                return
            case model.ThroughOne(owner, attribute) | model.ThroughList(owner, attribute):
                self.add("join", self.named(owner, attribute), reference.span)
                self.join(owner)
            case model.ThroughDict(owner, attribute) | model.ThroughEach(owner, attribute):
                self.add("join", self.named(owner, attribute), reference.span)
                self.join(owner)
            case model.PointsBack(attribute, owner):
                self.add("join", self.named(name, attribute), reference.span)
                self.join(owner)
            case model.On():
                if name in self.predicates:
                    self.visit(self.predicates[name], "join")

    # ------------------------------------------------------------ expressions

    def visit(self, expr: ir.Expr, role: plan.Role) -> None:  # noqa: C901 - one flat case per node
        """Note what an expression reads, in the role that its value has."""
        decides: plan.Role = "join" if role == "join" else "condition"
        match expr:
            case ir.Const() | ir.Column() | ir.Acc() | ir.Raises():
                return
            case ir.Attr(entity, name):
                self._attr(expr, entity, name, role)
            case ir.One(reference):
                self.join(reference)
                if role == "join" and isinstance(self._reference(reference).via, model.Root):
                    return  # the key of the view's own document is given, and does not change
                self.add(role, self.named(reference, "doc_id"), expr.span)
            case ir.EntryKey(var):
                self._entry(var, role, expr, key=True)
            case ir.EntryValue(var):
                self._entry(var, role, expr, key=False)
            case ir.Lookup(reference, key):
                self.join(reference)
                self.add(decides, self.named(reference, "doc_id"), expr.span)
                self.visit(key, decides)
            case ir.Prim("after", (before, value)):
                self.visit(before, decides)
                self.visit(value, role)
            case ir.Prim(args=parts) | ir.MakePair(items=parts) | ir.MakeList(items=parts):
                for one in parts:
                    self.visit(one, role)
            case ir.If(test, then, orelse):
                if not _or_else(test, then, orelse):
                    self.visit(test, decides)
                self.visit(then, role)
                self.visit(orelse, role)
            case ir.MakeRecord(fields):
                for _, value in fields:
                    self.visit(value, role)
            case ir.Comp():
                self._comp(expr, role, role)
            case ir.Reduce(op, comp):
                # A count looks at its heads only where they are told apart, or may raise.
                counted = op == "count" and not expr.distinct
                self._comp(comp, role, None if counted else role)
                if expr.empty is not None:
                    self.visit(expr.empty, role)
            case ir.GroupBy(op, comp):
                self._comp(comp, role, None if op == "count" else role)
                if expr.start is not None:
                    self.visit(expr.start, role)

    def _attr(self, expr: ir.Attr, entity: ir.Expr, name: str, role: plan.Role) -> None:
        owner = dtypes.required(entity.type)
        if not isinstance(owner, dtypes.Entity):
            self.visit(entity, role)
            return
        self.add(role, self._attribute(owner.model, name), expr.span)
        decides: plan.Role = "join" if role == "join" else "condition"
        if dtypes.nullable(entity.type) or not isinstance(entity, ir.One | ir.EntryValue):
            self.visit(entity, decides)  # whether it is there at all, and which one it is
        elif isinstance(entity, ir.One):
            self.join(entity.reference)

    def _entry(self, var: str, role: plan.Role, expr: ir.EntryKey | ir.EntryValue, *, key: bool) -> None:
        source = self.sources.get(var)
        if isinstance(source, ir.Items):
            self.visit(source.value, role)
        elif isinstance(source, ir.Many):
            self._key(source.reference, role, expr.span, key=key)
        elif isinstance(expr.type, dtypes.Entity):
            self.add(role, self._attribute(expr.type.model, "doc_id"), expr.span)  # of an `on=` test

    def _key(self, name: str, role: plan.Role, span: Span, *, key: bool) -> None:
        via = self._reference(name).via
        if key and isinstance(via, model.ThroughDict):
            self.add(role, self.named(via.reference, via.attribute), span)
        else:
            self.add(role, self.named(name, "doc_id"), span)

    def _comp(self, comp: ir.Comp, role: plan.Role, heads: plan.Role | None) -> None:
        decides: plan.Role = "join" if role == "join" else "condition"
        for step in comp.steps:
            if isinstance(step, ir.Cond):
                self.visit(step.test, decides)
                continue
            if isinstance(step, ir.Cut):
                for one in rewrite.step_children(step):
                    self.visit(one, decides)
                continue
            self.sources[step.var] = step.source
            if isinstance(step.source, ir.Items):
                self.visit(step.source.value, decides)
            else:
                self.join(step.source.reference)
                self.add(decides, self.named(step.source.reference, "doc_id"), comp.span)
        if comp.key is not None:
            self.visit(comp.key, role)
        for order in comp.order:
            self.visit(order.key, decides)
        if heads is not None:
            self.visit(comp.head, heads)
        elif raising.may_raise(comp.head):
            self.visit(comp.head, decides)

    # ------------------------------------------------------------ names

    def _reference(self, name: str) -> model.Reference:
        found = self.store.reference(name)
        assert found is not None
        return found

    def _attribute(self, owner: str, name: str) -> str:
        return f"{self.app.models[owner].collection}.{name}"


def _or_else(test: ir.Expr, then: ir.Expr, orelse: ir.Expr) -> bool:
    """Tell whether an `if` is Python's `x or y` (or `x and y`): it looks at nothing but the value that it may give."""
    if not isinstance(test, ir.Prim):
        return False
    asked = [one for one in test.args if not isinstance(one, ir.Const)]
    return bool(asked) and all(_same(one, then) or _same(one, orelse) for one in asked)


def _same(asked: ir.Expr, given: ir.Expr) -> bool:
    # Where the test holds, the value is known not to be None: its type may differ.
    return type(asked) is type(given) and replace(asked, type=given.type) == given
