"""Loops: a pass is run once on symbols, and what it does to each name becomes what the name holds afterwards.

for u in users.values():                     names: Comp(list, u.name …)
    if u.deaf: return u.name                 Exit(any(u.deaf …), Return(first(u.name … if u.deaf)))
    names.append(u.name)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from compiler import (
    accumulators,
    changes,
    dtypes,
    folds,
    ir,
    outcomes,
    passes,
    rewrite,
    sequences,
    syntax,
    targets,
    updates,
    values,
)
from compiler.diagnostics import Span
from compiler.outcomes import Outcome
from compiler.scope import Scope, conditional, conjunction, entity_id, facts_of

Execute = Callable[[Scope, tuple[syntax.Stmt, ...]], Outcome]
_ROUNDS = 6
"""So often a pass is run anew with the types that the pass before found."""

_PROBES = 2
"""Of these so many leave out what cannot be built yet, to learn the types of what is None or empty before the loop."""


def run(scope: Scope, node: syntax.For, loop: values.Iteration, execute: Execute) -> Outcome:
    """Return the outcome of a loop over a collection."""
    changed = _changed_entry(scope, node)
    one = _pass(scope, node, loop, execute, set() if changed is None else {changed[1]})
    run = _Run(scope, loop, one, node.span)
    leaving = one.leaving
    if leaving == passes.FALSE:
        after, steps = run.to_the_end({} if changed is None else {changed[0]: run.with_entries(*changed)})
        return Outcome(steps, outcomes.Next(scope.bind(after))).then(execute(scope.bind(after), node.orelse))
    if changed is not None:
        scope.decline("D360", node.span, f"the loop changes entries of `{changed[0]}`, and may end before the last one")
    whole, broken = run.until(leaving)
    ended = execute(scope.bind(whole), node.orelse)
    found = run.found(leaving)
    if broken is None:
        return Outcome((outcomes.Exit(found, run.returning(leaving)), *ended.steps), ended.end)
    at_break = Outcome((), outcomes.Next(scope.bind(broken)))
    searched = Outcome(outcomes.evaluated((found,)), outcomes.Next(scope))  # whether what it finds is read or not
    return searched.then(outcomes.branch(scope, found, at_break, ended, node.span))


def _pass(scope: Scope, node: syntax.For, loop: values.Iteration, execute: Execute, own: set[str]) -> passes.Pass:
    """Run one pass, until the accumulators leave it with the types with which they entered it.

    Changes of what `own` names, the entry of a pass, are changes of the collection.
    """
    probing, changing = scope.shared.probing, frozenset(targets.with_changed_entries(node.body))
    changed = targets.assigned(node.body) | targets.names_of(node.target)
    starts = {name: scope.names.get(name, values.Unbound()) for name in sorted(changed)}
    known: dict[str, values.Value] = {}
    for number in range(_ROUNDS):
        # What is None or empty before the loop has, at first, no type that anything could be done with.
        probed = number < _PROBES and any(map(_is_vague, _entered(scope, starts, known).values()))
        inner = scope.bind({name: _entering(name, start, known.get(name)) for name, start in starts.items()})
        inner = inner.bind(inner.destructure(node.target, loop.element))
        inner = inner.bind({values.ENTERED: values.Entered(inner.names, changing)})
        inner = changes.handed_on(inner, targets.names_of(node.target) - own)
        facts = (facts_of(step.test, True) for step in loop.steps if isinstance(step, ir.Cond))
        inner = inner.assume(fact for each in facts for fact in each)
        scope.shared.probing = probed
        try:
            body = outcomes.absorb(inner, execute(inner, node.body), outcomes.Continue)
        finally:
            scope.shared.probing = probing  # of the loop around this one, which may go on without it
        if isinstance(body.end, outcomes.Next) and changes.owed(body.end.scope):
            scope.decline("D360", node.span, "what is got from a dict, and changed, is not put there by all passes")
        ends = passes.ends(inner, body, starts)
        if not probed and _types(scope, starts, ends) == _types(scope, starts, known):
            return passes.Pass(starts, ends, body)
        known = ends
    scope.decline("D364", node.span, "what the loop gathers changes its type with every pass")


def _changed_entry(scope: Scope, node: syntax.For) -> tuple[str, str] | None:
    """Return a list or dict that the getter made, and the name that a loop gives to its entries, which it changes."""
    match node.iter, node.target:
        case (
            (syntax.Name(name), syntax.Name(entry))
            | (syntax.Call(syntax.Attribute(syntax.Name(name), "values"), ()), syntax.Name(entry))
            | (syntax.Call(syntax.Attribute(syntax.Name(name), "items"), ()), syntax.Tuple((_, syntax.Name(entry))))
        ):
            pass
        case _:
            return None
    made = scope.names.get(name)
    is_made = isinstance(made, ir.Comp) and isinstance(made.head, ir.MakeRecord)
    is_shared = isinstance(scope.names.get(changes.shared(name)), values.Escaped)
    if not is_made or is_shared or entry in targets.bound(node.body) or entry not in targets.changed_in(node.body):
        return None
    return name, entry


def _variables(steps: tuple[ir.Step, ...]) -> tuple[str, ...]:
    return tuple(step.var for step in steps if isinstance(step, ir.Gen))


def _is_vague(value: values.Value) -> bool:
    kind = values.type_of(value)
    match kind:
        case dtypes.NoneType() | dtypes.ListOf(dtypes.NoneType()) | dtypes.SetOf(dtypes.NoneType()):
            return True
        case dtypes.DictOf(key, item):
            return dtypes.NONE in (key, item) or _is_vague(ir.Acc("", item))
        case dtypes.Record(fields):
            return any(_is_vague(ir.Acc("", item)) for _, item in fields)
        case dtypes.Pair(items):
            return any(_is_vague(ir.Acc("", item)) for item in items)
    return False


def _types(
    scope: Scope, starts: Mapping[str, values.Value], ends: Mapping[str, values.Value]
) -> dict[str, dtypes.Type | None]:
    return {name: values.type_of(one) for name, one in _entered(scope, starts, ends).items()}


def _entered(
    scope: Scope, starts: Mapping[str, values.Value], ends: Mapping[str, values.Value]
) -> dict[str, values.Value]:
    return {name: _entering(name, start, ends.get(name)) for name, start in starts.items()}


def _entering(name: str, start: values.Value, known: values.Value | None) -> values.Value:
    return values.Unknown() if isinstance(start, values.Unbound) else accumulators.entering(name, start, known)


@dataclass(frozen=True, slots=True)
class _Run:
    """A loop of which one pass is known."""

    scope: Scope
    loop: values.Iteration
    one: passes.Pass
    span: Span

    def to_the_end(
        self, changed: Mapping[str, values.Value]
    ) -> tuple[dict[str, values.Value], tuple[outcomes.Step, ...]]:
        """Return the names after a loop that goes over everything, and what it evaluates that may raise."""
        after = {**folds.fold(self.scope, self.one.starts, self.one.ends, self.loop, self.span), **changed}
        gathered = {
            name: _comps(one) for name, one in after.items()
            if isinstance(one, ir.Expr) and not isinstance(self.one.starts.get(name), values.Unbound)
        }  # fmt: skip
        found: list[outcomes.Step] = []
        telling: set[str] = set()
        for tests, value in passes.evaluated(self.one.body):
            covering = (
                name for name, comps in gathered.items()
                if any(passes.covers(comp, len(self.loop.steps), tests, value) for comp in comps)
            )  # fmt: skip
            name = next(covering, None)
            if name is None:
                found.append(outcomes.Evaluate(self._every(tests, value)))
            else:
                telling.add(name)
        return after, (*found, *outcomes.evaluated(after[name] for name in after if name in telling))

    def with_entries(self, name: str, entry: str) -> values.Value:
        """Return a list or dict whose entries the loop has changed."""
        made, now = self.scope.names[name], self.one.ends[entry]
        assert isinstance(made, ir.Comp)
        if isinstance(now, values.Conflict):
            return now
        if not isinstance(now, ir.Expr) or rewrite.mentions_acc(now):
            told = f"what the loop makes of an entry of `{name}` depends on earlier passes"
            return values.Conflict(ir.Declined("D360", self.span, told))
        names = dict(zip(sequences.variables(made), _variables(self.loop.steps), strict=True))
        key = rewrite.fresh(made, lambda var: names.get(var, var)).key
        kind = dtypes.ListOf(now.type) if key is None else dtypes.DictOf(key.type, now.type)
        return ir.Comp(made.kind, self.loop.steps, now, kind, key, self.loop.order, self.span)

    def _every(self, tests: tuple[ir.Expr, ...], value: ir.Expr) -> ir.Expr:
        """Return something that evaluates the value in every pass in which the tests hold."""
        value = passes.sampled(value, tests)
        if any(rewrite.mentions_acc(one) for one in (*tests, value)):
            self.scope.decline("D367", value.span, "this may raise in a pass, by what was gathered before it")
        if any(isinstance(one, ir.Reduce | ir.Comp | ir.GroupBy) for one in rewrite.walk(value)):
            self.scope.decline("D367", value.span, "a collection may raise here in a pass, though nothing gathers it")
        is_entity = isinstance(dtypes.required(value.type), dtypes.Entity)
        counted = self._heads(conjunction(tests, self.span), entity_id(value) if is_entity else value)
        return ir.Reduce("count", counted, dtypes.INT, ir.Const(0, dtypes.INT), span=self.span)

    def _heads(self, test: ir.Expr, head: ir.Expr) -> ir.Comp:
        steps = (*self.loop.steps, *(ir.Cond(one) for one in updates.conjuncts(test)))
        return ir.Comp("list", steps, head, dtypes.ListOf(head.type), order=self.loop.order, span=self.span)

    # ------------------------------------------------------------ loops that may end early

    def found(self, leaving: ir.Expr) -> ir.Expr:
        """Return whether some pass leaves the loop."""
        return ir.Reduce("any", self._heads(leaving, passes.TRUE), dtypes.BOOL, span=self.span)

    def until(self, leaving: ir.Expr) -> tuple[dict[str, values.Value], dict[str, values.Value] | None]:
        """Return the names of a loop that may end early: where no pass left it, and where one broke out of it."""
        left = (leaving, *self.one.left())
        if any(rewrite.mentions_acc(one) for one in left):
            self.scope.decline("D362", self.span, "where the loop ends depends on what it has gathered before")
        for tests, value in passes.evaluated(self.one.body):
            if not self._seen_by(leaving, left, tests, value):
                self.scope.decline("D409", value.span, "the loop may end early, and never sees what raises after that")
        whole = folds.fold(self.scope, self.one.starts, self.one.ends, self.loop, self.span)
        if outcomes.Break not in self.one.ways:
            return whole, None
        if len(self.one.ways) > 1:
            self.scope.decline("D362", self.span, "a loop that breaks at one entry and returns at another")
        return whole, self._broken(leaving)

    def _seen_by(self, leaving: ir.Expr, left: tuple[ir.Expr, ...], tests: tuple[ir.Expr, ...], value: ir.Expr) -> bool:
        # What the test evaluates is the search's matter; what is returned, is evaluated of the entry that was found.
        wanted = {ir.show(value)}
        return any(ir.show(one) in wanted for part in left for one in rewrite.walk(part))

    def returning(self, leaving: ir.Expr) -> Outcome:
        """Return what the first pass gives that returns or raises."""
        value = passes.returned(self.scope, self.one.body, self.span)
        if isinstance(value, ir.Raises):
            return Outcome((), outcomes.Raise(value))
        return Outcome((), outcomes.Return(self._of_last(leaving, value)))

    def _of_last(self, leaving: ir.Expr, value: values.Value) -> values.Value:
        """Return a value of the entry at which the loop ends."""
        if isinstance(value, ir.MakeList | ir.Comp | ir.GroupBy) or _is_made(value) or _is_of_entry(value):
            self.scope.decline("D362", self.span, "a list of the entry at which the loop ends has no SQL form yet")
        if isinstance(value, ir.Const | values.Static):
            return value
        if isinstance(value, ir.MakePair):
            items = tuple(self.scope.as_expr(self._of_last(leaving, one), self.span) for one in value.items)
            return ir.MakePair(items, value.type, self.span)
        return ir.Reduce(
            "first", self._heads(leaving, value), value.type, empty_error=outcomes.SEARCHED, span=self.span
        )

    def _broken(self, leaving: ir.Expr) -> dict[str, values.Value]:
        scope = passes.broken(self.scope, self.one.body, self.span)
        assert scope is not None
        after: dict[str, values.Value] = {}
        for name, start in self.one.starts.items():
            now = scope.names.get(name, values.Unbound())
            if updates.is_acc(now, name) and updates.is_acc(self.one.ends[name], name):
                after[name] = start
            elif not isinstance(now, ir.Expr):
                after[name] = values.Unknown() if isinstance(now, values.Unbound) else now
            elif not rewrite.mentions_acc(now):
                after[name] = self._of_last(leaving, now)
            else:
                after[name] = self._gathered(name, start, now, leaving)
        return after

    def _gathered(self, name: str, start: values.Value, now: ir.Expr, leaving: ir.Expr) -> values.Value:
        """Return what was gathered up to the entry at which the loop ends."""
        key = self.loop.order[0].key if len(self.loop.order) == 1 and not self.loop.order[0].descending else None
        goes_on = self.one.ends[name]
        both = accumulators.unify_states(now, goes_on) if isinstance(goes_on, ir.Expr) else None
        if not isinstance(key, ir.EntryKey) or both is None:
            told = "what a loop gathers until it ends can be told only where one key orders its entries"
            return values.Conflict(ir.Declined("D362", self.span, told))
        renamed = rewrite.fresh(self._heads(leaving, key), self.scope.fresh)
        last = ir.Reduce("first", renamed, key.type, empty_error=outcomes.SEARCHED, span=self.span)
        until = ir.Prim("le", (key, last), dtypes.BOOL, self.span)
        loop = replace(self.loop, steps=(*self.loop.steps, ir.Cond(until)))
        every = conditional(leaving, *both, self.span)
        return folds.fold(self.scope, {name: start}, {name: every}, loop, self.span)[name]


def _is_made(value: values.Value) -> bool:
    """Tell whether a value is a list, set or dict that is made of parts."""
    if not isinstance(value, ir.Prim | ir.If):
        return False
    return isinstance(dtypes.required(value.type), dtypes.ListOf | dtypes.SetOf | dtypes.DictOf)


def _is_of_entry(value: values.Value) -> bool:
    """Tell whether a collection whose items are known has one of the entry."""
    match value:
        case values.Several(items=items):
            parts: tuple[values.Value, ...] = tuple(one.value for one in items)
        case values.Table(entries):
            parts = tuple(part for entry in entries for part in entry)
        case _:
            return False
    return any(bool(rewrite.variables(one)) if isinstance(one, ir.Expr) else _is_of_entry(one) for one in parts)


def _comps(expr: ir.Expr) -> list[ir.Comp]:
    found = [one for one in rewrite.walk(expr) if isinstance(one, ir.Comp)]
    return found + [one.comp for one in rewrite.walk(expr) if isinstance(one, ir.Reduce | ir.GroupBy)]
