"""What setting an attribute of a view does, as a command at the view's root: which functions run, and their effects.

    @in_session.setter
    def in_session(self, value): self.store.meeting.open()   →  reach.Setter("MeetingSession", "in_session", …)

A store's references are relations of the root to a setter: `store.users` through `meeting.users` is `self.users`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from compiler import method_bodies, model, reach
from compiler.callables import Function, Key, Lookup
from compiler.diagnostics import Span
from compiler.entity_types import UNKNOWN
from compiler.method_bodies import Effect

_RUNS_WITH_ANY = frozenset({"__init__", "__setattr__", "update_vals"})
"""What a class may put in the place of onto's own way to set attributes."""


@dataclass(frozen=True, slots=True)
class Written:
    """An attribute with a setter, and the functions that run when it is set, in their order."""

    view: str
    attribute: str
    functions: tuple[Function, ...]
    setter: Function
    own_way: Span | None  # where the class says itself how attributes are set


def written(app: model.App, lookup: Lookup) -> tuple[Written, ...]:
    """Return the attributes of views that commands may set."""
    return tuple(
        one
        for view in app.views.values()
        if view.store in app.stores and app.stores[view.store].references
        for one in _of_view(lookup, view.name)
    )


def setter(app: model.App, one: Written, effects: Mapping[Key, Effect]) -> reach.Setter:
    """Put together what setting the attribute does."""
    ran = [(effects[each.key], each) for each in one.functions]
    change = next((effect.change for effect, _ in ran if effect.change is not None), None)
    if change is None and one.own_way is not None:
        change = reach.Change("what the class does itself when it is set", one.own_way)
    every = {touch.path for effect, _ in ran for touch in effect.touches}
    if one.own_way is not None:
        every.add(UNKNOWN)
    root = app.stores[app.views[one.view].store].root.model
    met = {root}.union(*(effect.models for effect, _ in ran))
    return reach.Setter(
        one.view,
        one.attribute,
        root,
        read_only=change is None,
        tier="W3" if UNKNOWN in every else "W2" if every else "W1",
        reaches=tuple(sorted(every, key=lambda path: (path == UNKNOWN, path))),
        prefetch=tuple(sorted(_certain(one, effects) - {UNKNOWN})),
        calls=tuple(dict.fromkeys(call for effect, _ in ran for call in effect.calls)),
        collections=tuple(sorted({app.models[name].collection for name in met})),
        changes=None if one.own_way is not None else method_bodies.changes(app, (effect for effect, _ in ran)),
        change=change,
        span=one.setter.tree.span(one.setter.node),
    )


def _of_view(lookup: Lookup, view: str) -> Iterator[Written]:
    inits = [lookup.of_attribute(view, name, "init") for name in lookup.names_with(view, "init")]
    last = lookup.method(view, "propagate_change")
    own_way = next((one for _, tree, node in lookup.bodies(view) for one in _own_ways(tree.span, node)), None)
    for name in lookup.names_with(view, "setter"):
        found = lookup.of_attribute(view, name, "setter")
        if found is not None:
            functions = tuple(one for one in (*inits, found, last) if one is not None)
            yield Written(view, name, functions, found, own_way)


def _own_ways(span: Callable[[ast.stmt], Span], node: ast.ClassDef) -> Iterator[Span]:
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name in _RUNS_WITH_ANY:
            yield span(one)


def _certain(one: Written, effects: Mapping[Key, Effect]) -> set[str]:
    """Return what every run reaches; an `init` runs for some attributes only, and nothing after an exception."""
    found: set[str] = set()
    for function in one.functions:
        effect = effects[function.key]
        if function.key.role != "init":
            found |= {touch.path for touch in effect.touches if touch.certain}
        if effect.raises:
            break
    return found
