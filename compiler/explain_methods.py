"""Domain methods to explanation: how each locks, which entities it reaches, where it changes something.

Account (accounts), commands on accounts-cmd
  transfer      W2 known set     exclusive locks: `self.balance` is changed in models.py:18:9
    fetches at once   to
  total         W3 discovered    shared locks: it changes nothing
    may reach         self.accounts, others that the run finds
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

from rich import text as rich_text

from compiler import model, reach
from compiler.entity_types import UNKNOWN
from onto import wire

TIERS: MappingProxyType[reach.Tier, str] = MappingProxyType({"W1": "local", "W2": "known set", "W3": "discovered"})
_STYLES: MappingProxyType[reach.Tier, str] = MappingProxyType({"W1": "green", "W2": "green", "W3": "yellow"})

_Line = list[tuple[str, str]]


def names(found: Sequence[reach.Method]) -> tuple[str, ...]:
    """Return what can be asked for: every model with methods, and every `Model.method`."""
    return (*dict.fromkeys(one.model for one in found), *(f"{one.model}.{one.name}" for one in found))


def narrowed(found: Sequence[reach.Method], name: str | None) -> tuple[reach.Method, ...]:
    """Return the methods of a model, or one; all of them for None."""
    return tuple(one for one in found if name is None or name in (one.model, f"{one.model}.{one.name}"))


def styled(found: Sequence[reach.Method], app: model.App) -> rich_text.Text:
    """Return the explanation of methods, for terminals; inherited ones stand where they are declared."""
    out = rich_text.Text()
    for owner in app.models.values():
        own = [one for one in found if one.model == owner.name and not _is_inherited(one, app)]
        for line in _model(owner, own) if own else ():
            for piece, style in line:
                out.append(piece, style=style)
            out.append("\n")
    return out


def to_json(found: Sequence[reach.Method], app: model.App) -> list[dict[str, Any]]:
    """Return everything as JSON values."""
    return [
        {
            "model": one.model, "method": one.name, "collection": app.models[one.model].collection,
            "command_topic": wire.command_topic(app.models[one.model].collection),
            "tier": one.tier, "what": TIERS[one.tier], "mode": "S" if one.read_only else "X",
            "read_only": one.read_only, "reaches": list(one.reaches), "prefetch": list(one.prefetch),
            "calls": list(one.calls), "file": one.span.file, "line": one.span.line, "column": one.span.column,
            "change": None if one.change is None else {
                "what": one.change.what, "file": one.change.span.file, "line": one.change.span.line,
                "column": one.change.span.column,
            },
        }
        for one in found
    ]  # fmt: skip


def _is_inherited(one: reach.Method, app: model.App) -> bool:
    """Tell whether a model above has the same method, so that all there is to say is said there."""
    return any(
        each.name == one.name and each.span == one.span
        for base in app.models[one.model].bases
        for each in app.models[base].methods
    )


def _model(owner: model.DomainModel, own: Sequence[reach.Method]) -> Iterator[_Line]:
    topic = wire.command_topic(owner.collection)
    yield [(owner.name, "bold"), (f" ({owner.collection}), commands on {topic}", "")]
    width = max(len(one.name) for one in own)
    for one in own:
        tier = f"{one.tier} {TIERS[one.tier]}"
        yield [(f"  {one.name:<{width}}    ", "bold"), (f"{tier:<15}", _STYLES[one.tier]), (_locks(one), "")]
        if one.prefetch:
            yield [("    fetches at once   ", "dim"), (", ".join(one.prefetch), "")]
        more = [path for path in one.reaches if path not in one.prefetch]
        if more:
            yield [("    may reach         ", "dim"), (", ".join(map(_shown, more)), "")]


def _locks(one: reach.Method) -> str:
    if one.read_only:
        return "shared locks: it changes nothing"
    if one.change is None:
        return "exclusive locks"
    return f"exclusive locks: {one.change.what} changes, {one.change.span.file}:{one.change.span.line}"


def _shown(path: str) -> str:
    return "others that the run finds" if path == UNKNOWN else path
