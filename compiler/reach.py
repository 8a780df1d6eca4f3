"""What a domain method does to entities: whether it changes any, which it reaches, and which of them for certain.

Account.transfer(to, amount)   →  Method("Account", "transfer", read_only=False, tier="W2", prefetch=("to",), …)
"""

from __future__ import annotations

from collections.abc import Iterable
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
    change: Change | None = None
    span: Span = field(default=NOWHERE, compare=False)


def show(found: Iterable[Method]) -> str:
    """Print the methods, one a line."""
    return "".join(f"{one.model}.{one.name}: {_what(one)}\n" for one in found)


def _what(one: Method) -> str:
    parts = [one.tier, "read-only" if one.read_only else "changes"]
    parts += [f"reaches {', '.join(one.reaches)}"] if one.reaches else []
    parts += [f"prefetch {', '.join(one.prefetch)}"] if one.prefetch else []
    parts += [f"calls {', '.join(one.calls)}"] if one.calls else []
    return "; ".join(parts)
