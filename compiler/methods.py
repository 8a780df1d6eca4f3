"""Model to domain methods and setters: what each may change, which entities it reaches; what none may do is an error.

class Account: def transfer(self, to: Account, amount: int)   →  reach.Method("Account", "transfer", tier="W2", …)

What a method does follows from its text and from what it calls, to a fixpoint. A method that is not certain to change
nothing counts as one that changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from compiler import diagnostics, dtypes, method_bodies, model, reach, refusals, rounds, view_setters
from compiler.callables import Function, Key, Lookup
from compiler.diagnostics import Log
from compiler.entity_types import UNKNOWN
from compiler.method_bodies import Body, Effect
from compiler.sources import Sources


def find(app: model.App, log: Log) -> reach.Found:
    """Return the methods and setters that commands may run, in source order; report what they may not do."""
    lookup = Lookup(app, Sources(app))
    roots = [(one, each) for one in app.models.values() for each in callable_methods(app, one)]
    functions = [found for one, each in roots if (found := lookup.method(one.name, each.name)) is not None]
    written = view_setters.written(app, lookup)
    functions += [each for one in written for each in one.functions]
    bodies = _bodies(functions, lookup)
    _report(app, lookup, bodies, {one.key for one in functions}, log)
    effects = {key: body.effect for key, body in bodies.items()}
    return reach.Found(
        tuple(_method(app, lookup, bodies, one, each) for one, each in roots),
        tuple(view_setters.setter(app, one, effects) for one in written),
    )


def callable_methods(app: model.App, one: model.DomainModel) -> tuple[model.Method, ...]:
    """Return the plain public methods that a domain model or one above it defines."""
    own = {method for layer in one.layers if layer.name in app.models for method in layer.methods}
    return tuple(each for each in one.methods if each.kind == "plain" and not each.name.startswith("_") and each in own)


# ---------------------------------------------------------------- what all functions do


def _bodies(roots: Iterable[Function], lookup: Lookup) -> dict[Key, Body]:
    """Read what commands reach again and again, until it stays the same."""
    bodies: dict[Key, Body] = {}
    effects: dict[Key, Effect] = {}
    wanted = {one.key: one for one in roots}
    settled = False
    while not settled:
        settled = True
        for key in list(wanted):
            body = method_bodies.read(wanted[key], lookup, effects)
            for callee, _ in body.callees:
                found = lookup.known[callee]
                if callee not in wanted and found is not None:
                    wanted[callee] = found
                    settled = False
            if effects.get(key) != body.effect:
                settled = False
            bodies[key], effects[key] = body, body.effect
    return bodies


def _method(
    app: model.App, lookup: Lookup, bodies: Mapping[Key, Body], owner: model.DomainModel, method: model.Method
) -> reach.Method:
    """Put together what a call of an entity of that model, or of one below it, may run."""
    found = lookup.targets(owner.name, method.name, exact=False)
    effects = [bodies[one.key].effect for one in found if one.key in bodies]
    entities = tuple(one for one, of in _entity_params(app, method) if of)
    touched = [{one.path for one in each.touches} for each in effects]
    certain = [{one.path for one in each.touches if one.certain} for each in effects]
    every = set().union(*touched)
    always = set.intersection(*certain) if certain else set()
    reached = (*entities, *sorted(every - set(entities), key=lambda path: (path == UNKNOWN, path)))
    change = next((one.change for one in effects if one.change is not None), None)
    return reach.Method(
        owner.name,
        method.name,
        read_only=bool(effects) and change is None,
        tier="W3" if UNKNOWN in every or not effects else "W2" if reached else "W1",
        reaches=reached,
        prefetch=(*entities, *sorted(always - {UNKNOWN, *entities})),
        calls=tuple(dict.fromkeys(call for each in effects for call in each.calls)),
        changes=method_bodies.changes(app, effects) if effects else None,
        change=change,
        span=method.span,
    )


def _entity_params(app: model.App, method: model.Method) -> Iterator[tuple[str, bool]]:
    """Yield the parameters, and whether each is an entity: those are always looked up."""
    for name, of in method.params:
        inner = None if of is None else dtypes.required(of)
        yield name, isinstance(inner, dtypes.Entity) and inner.model in app.models


# ---------------------------------------------------------------- what is wrong


def _report(app: model.App, lookup: Lookup, bodies: Mapping[Key, Body], commands: set[Key], log: Log) -> None:
    refused = refusals.Refusals(app, lookup.sources, log)
    told: set[tuple[str, int, int]] = set()
    seen: set[int] = set()
    for key, body in bodies.items():
        function = lookup.known[key]
        assert function is not None
        if id(function.node) in seen:
            continue  # inherited: the same text once more
        seen.add(id(function.node))
        refused.look(function, is_method=key in commands)
        for code, node, message, hint in (*body.problems, *(("W562", *one) for one in rounds.find(function, lookup))):
            span = function.tree.span(node)
            if (span.file, span.line, span.column) not in told:
                told.add((span.file, span.line, span.column))
                log.add(code, span, message, hint=hint)
    _report_circles(lookup, bodies, log)


def _report_circles(lookup: Lookup, bodies: Mapping[Key, Body], log: Log) -> None:
    """Report methods that always call themselves again; what returns before that in some case may recur."""
    edges = {key: [callee for callee, certain in body.callees if certain] for key, body in bodies.items()}
    seen: set[int] = set()
    for key in edges:
        path = _circle(key, edges)
        function = lookup.known[key]
        assert function is not None
        if path and key == min(path, key=str) and id(function.node) not in seen:
            seen.add(id(function.node))
            names = " → ".join(f"`{one}`" for one in (*path, key))
            span = function.tree.span(function.node)
            start = diagnostics.Span(span.file, span.line, span.column, span.line, span.column + len("def"))
            log.add(
                "E553", start, f"`{key}` calls itself without end: {names}", hint="return before the call in some case"
            )


def _circle(start: Key, edges: Mapping[Key, list[Key]]) -> list[Key]:
    """Return a path from a function back to itself, without the return to it."""
    pending = [(start, [start])]
    seen: set[Key] = set()
    while pending:
        at, path = pending.pop()
        for callee in edges.get(at, ()):
            if callee == start:
                return path
            if callee not in seen:
                seen.add(callee)
                pending.append((callee, [*path, callee]))
    return []
