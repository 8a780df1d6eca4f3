"""What a domain method does to entities: whether it changes any, which it reaches, and which of them for certain.

Account.transfer(to, amount)   →  Method("Account", "transfer", read_only=False, tier="W2", prefetch=("to",), …)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from compiler.diagnostics import NOWHERE, Span

Tier = Literal["W1", "W2", "W3"]


@dataclass(frozen=True, slots=True)
class Change:
    """Why a method counts as one that changes entities: the first place that may."""

    what: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """A public method of a domain model, as commands call it: `model` may have inherited it.

    `reaches` are the parameters and `self.relation`s through which other entities are reached, `…` standing for those
    that only the run finds out; `prefetch` those of them that every run reaches.
    """

    model: str
    name: str
    read_only: bool
    tier: Tier
    reaches: tuple[str, ...]
    prefetch: tuple[str, ...]
    calls: tuple[str, ...]  # `Model.method` of other entities
    changes: tuple[str, ...] | None = None  # the collections in which it may change something; None: in any
    change: Change | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Setter:
    """An attribute of a view that commands may set, with all that runs then: `init`s, the setter, `propagate_change`.

    `reaches` and `prefetch` are as a method's of the view's root; `collections` are those of the entities that it
    meets, as far as the text tells.
    """

    view: str
    name: str
    root: str  # the model of the view's root
    read_only: bool
    tier: Tier
    reaches: tuple[str, ...]
    prefetch: tuple[str, ...]
    calls: tuple[str, ...]
    collections: tuple[str, ...]
    changes: tuple[str, ...] | None = None
    change: Change | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Found:
    """All that commands may run in an app."""

    methods: tuple[Method, ...] = ()
    setters: tuple[Setter, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything that a command may run."""
        return bool(self.methods or self.setters)


def show(found: Found) -> str:
    """Print the methods, then the setters, one a line."""
    return "".join(
        [f"{one.model}.{one.name}: {_what(one)}\n" for one in found.methods]
        + [f"{one.view}.{one.name} setter: {_what(one)}; in {', '.join(one.collections)}\n" for one in found.setters]
    )


def _what(one: Method | Setter) -> str:
    changed = "changes" if one.changes is None else f"changes {', '.join(one.changes)}"
    parts = [one.tier, "read-only" if one.read_only else changed]
    parts += [f"reaches {', '.join(one.reaches)}"] if one.reaches else []
    parts += [f"prefetch {', '.join(one.prefetch)}"] if one.prefetch else []
    parts += [f"calls {', '.join(one.calls)}"] if one.calls else []
    return "; ".join(parts)
