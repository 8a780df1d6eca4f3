"""Domain methods and setters to explanation: how each locks, which entities it reaches, where it changes something.

Account (accounts), commands on accounts-cmd
  transfer      W2 known set     exclusive locks: `self.balance` is changed in models.py:18:9
    fetches at once   to
    changes in        accounts; locks of others are shared
  total         W3 discovered    shared locks: it changes nothing
    may reach         self.accounts, others that the run finds
AccountView (setters), commands on accounts-cmd
  open          W1 local         exclusive locks: `self.store.account.open()` changes, views.py:20:9
    collections       accounts
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


def names(found: reach.Found) -> tuple[str, ...]:
    """Return what can be asked for: models with methods and views with setters, and every one of these."""
    methods = (
        *dict.fromkeys(one.model for one in found.methods),
        *(f"{one.model}.{one.name}" for one in found.methods),
    )
    setters = (*dict.fromkeys(one.view for one in found.setters), *(f"{one.view}.{one.name}" for one in found.setters))
    return (*methods, *setters)


def narrowed(found: reach.Found, name: str | None) -> reach.Found:
    """Return the methods of a model, the setters of a view, or one; all of them for None."""
    return reach.Found(
        tuple(one for one in found.methods if name is None or name in (one.model, f"{one.model}.{one.name}")),
        tuple(one for one in found.setters if name is None or name in (one.view, f"{one.view}.{one.name}")),
    )


def methods_styled(found: Sequence[reach.Method], app: model.App) -> rich_text.Text:
    """Return the explanation of methods, for terminals; inherited ones stand where they are declared."""
    lines: list[_Line] = []
    for owner in app.models.values():
        own = [one for one in found if one.model == owner.name and not _is_inherited(one, app)]
        if own:
            topic = wire.command_topic(owner.collection)
            lines.append([(owner.name, "bold"), (f" ({owner.collection}), commands on {topic}", "")])
            lines += _rows(own, "self")
    return _text(lines)


def setters_styled(found: Sequence[reach.Setter], app: model.App) -> rich_text.Text:
    """Return the explanation of setters, for terminals."""
    lines: list[_Line] = []
    for view in app.views.values():
        own = [one for one in found if one.view == view.name]
        if own:
            topic = wire.command_topic(app.models[own[0].root].collection)
            lines.append([(view.name, "bold"), (f" (setters), commands on {topic}", "")])
            lines += _rows(own, app.stores[view.store].root.name)
    return _text(lines)


def _text(lines: Sequence[_Line]) -> rich_text.Text:
    out = rich_text.Text()
    for line in lines:
        for piece, style in line:
            out.append(piece, style=style)
        out.append("\n")
    return out


def setters_to_json(found: Sequence[reach.Setter], app: model.App) -> list[dict[str, Any]]:
    """Return all that is known of setters as JSON values; relations are those of the view's root."""
    return [
        {
            "view": one.view, "attribute": one.name, "root": one.root,
            "command_topic": wire.command_topic(app.models[one.root].collection),
            "collections": list(one.collections), **_what(one),
        }
        for one in found
    ]  # fmt: skip


def to_json(found: Sequence[reach.Method], app: model.App) -> list[dict[str, Any]]:
    """Return everything as JSON values."""
    return [
        {
            "model": one.model, "method": one.name, "collection": app.models[one.model].collection,
            "command_topic": wire.command_topic(app.models[one.model].collection),
            **_what(one),
        }
        for one in found
    ]  # fmt: skip


def _what(one: reach.Method | reach.Setter) -> dict[str, Any]:
    return {
        "tier": one.tier, "what": TIERS[one.tier], "mode": "S" if one.read_only else "X",
        "read_only": one.read_only, "changes": None if one.changes is None else list(one.changes),
        "reaches": list(one.reaches), "prefetch": list(one.prefetch),
        "calls": list(one.calls), "file": one.span.file, "line": one.span.line, "column": one.span.column,
        "change": None if one.change is None else {
            "what": one.change.what, "file": one.change.span.file, "line": one.change.span.line,
            "column": one.change.span.column,
        },
    }  # fmt: skip


def _is_inherited(one: reach.Method, app: model.App) -> bool:
    """Tell whether a model above has the same method, so that all there is to say is said there."""
    return any(
        each.name == one.name and each.span == one.span
        for base in app.models[one.model].bases
        for each in app.models[base].methods
    )


def _rows(own: Sequence[reach.Method] | Sequence[reach.Setter], root: str) -> Iterator[_Line]:
    """Yield the lines of methods or setters, whose own entity is spelt `root`."""
    width = max(len(one.name) for one in own)
    for one in own:
        tier = f"{one.tier} {TIERS[one.tier]}"
        yield [(f"  {one.name:<{width}}    ", "bold"), (f"{tier:<15}", _STYLES[one.tier]), (_locks(one), "")]
        if one.prefetch:
            yield [("    fetches at once   ", "dim"), (", ".join(_shown(path, root) for path in one.prefetch), "")]
        more = [path for path in one.reaches if path not in one.prefetch]
        if more:
            yield [("    may reach         ", "dim"), (", ".join(_shown(path, root) for path in more), "")]
        if one.changes and one.tier != "W1":
            yield [("    changes in        ", "dim"), (f"{', '.join(one.changes)}; locks of others are shared", "")]
        if isinstance(one, reach.Setter):
            yield [("    collections       ", "dim"), (", ".join(one.collections), "")]


def _locks(one: reach.Method | reach.Setter) -> str:
    if one.read_only:
        return "shared locks: it changes nothing"
    if one.change is None:
        return "exclusive locks"
    return f"exclusive locks: {one.change.what} changes, {one.change.span.file}:{one.change.span.line}"


def _shown(path: str, root: str) -> str:
    if path == UNKNOWN:
        return "others that the run finds"
    return f"{root}.{path.removeprefix('self.')}" if path.startswith("self.") else path
