"""Computed attributes that need each other.

a reads self.b, b reads self.a  →  E240 `User.a` is computed from itself: a → b → a
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler import model, syntax
from compiler.diagnostics import Log, Span


@dataclass(frozen=True, slots=True)
class Reader:
    """A getter, property or method of one class: what it is called, and its text."""

    name: str
    function: syntax.Function
    is_attribute: bool


def check(app_models: Mapping[str, model.DomainModel], views: Mapping[str, model.ViewModel], log: Log) -> None:
    """Report every circle of computed attributes once, on the class that declares it."""
    reported: set[Span] = set()
    owners: list[model.DomainModel | model.ViewModel] = [*app_models.values(), *views.values()]
    for one in owners:
        getters: tuple[model.ComputedAttribute | model.ViewAttribute, ...] = (
            one.computed if isinstance(one, model.DomainModel) else one.attributes
        )
        readers = {method.name: Reader(method.name, method.function, False) for method in one.methods}
        for getter in getters:
            function = getter.function if isinstance(getter, model.ComputedAttribute) else getter.getter
            if function is not None:
                readers[getter.name] = Reader(getter.name, function, True)
        for circle in _circles(readers):
            place = readers[circle[0]].function.span
            if place not in reported:
                reported.add(place)
                path = " → ".join(f"`{name}`" for name in (*circle, circle[0]))
                log.add(
                    "E240", place, f"`{one.name}.{circle[0]}` is computed from itself: {path}",
                    hint="one of them has to read stored attributes only",
                )  # fmt: skip


def _circles(readers: Mapping[str, Reader]) -> list[list[str]]:
    """Return the circles with an attribute in them, each starting at its first declared attribute."""
    edges = {name: _reads(one.function, readers) for name, one in readers.items()}
    found: list[list[str]] = []
    done: set[str] = set()
    for start in readers:
        if start not in done:
            _follow(start, edges, done, found)
    circles: list[list[str]] = []
    for circle in found:
        attributes = [name for name in readers if name in circle and readers[name].is_attribute]
        if attributes:
            at = circle.index(attributes[0])
            circles.append(circle[at:] + circle[:at])
    return circles


def _follow(start: str, edges: Mapping[str, list[str]], done: set[str], found: list[list[str]]) -> None:
    # Depth first without recursion: a chain of computed attributes may be as long as a class.
    path: list[str] = [start]
    waiting = [iter(edges[start])]
    while path:
        for name in waiting[-1]:
            if name in path:
                found.append(path[path.index(name) :])
            elif name not in done:
                path.append(name)
                waiting.append(iter(edges[name]))
                break
        else:
            done.add(path.pop())
            waiting.pop()


def _reads(function: syntax.Function, readers: Mapping[str, Reader]) -> list[str]:
    this = function.params[0].name if function.params else "self"
    found = (
        node.name
        for node in syntax.walk(function)
        if isinstance(node, syntax.Attribute) and isinstance(node.value, syntax.Name) and node.value.id == this
    )
    return [name for name in dict.fromkeys(found) if name in readers]
