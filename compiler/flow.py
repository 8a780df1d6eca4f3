"""The picture of an app: which collections flow into which tables of which views, as a Mermaid flowchart.

flowchart LR
  c0[("meetings")]
  subgraph v0["MeetingSession"]
    t0["meeting_sessions"]
  end
  c0 -->|"root"| t0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler import model, plan, syntax

NODES = 60
"""More than this is no picture: child tables go into their view's box first, then the last views into one."""


def chart(whole: plan.Plan, app: model.App, limit: int = NODES) -> str:
    """Return the flowchart of a plan, with at most about `limit` nodes."""
    views, left = whole.views, 0
    every = [_drawn(view, app, children=True) for view in views]
    if _size(every) > limit:
        every = [_drawn(view, app, children=False) for view in views]
    while len(every) > 1 and _size(every) > limit:
        every.pop()
        left += 1
    return "\n".join(_lines(every, left)) + "\n"


def joined_by(app: model.App, store: model.Store, one: model.Reference) -> str:
    """Say by what a reference is joined: `meetings.users`, or the predicate as it is written."""

    def collection(name: str) -> str:
        owner = store.reference(name)
        return app.models[one.model if owner is None else owner.model].collection

    match one.via:
        case model.Root():
            return "root"
        case model.ThroughOne(owner, attribute) | model.ThroughList(owner, attribute):
            return f"{collection(owner)}.{attribute}"
        case model.ThroughDict(owner, attribute) | model.ThroughEach(owner, attribute):
            return f"{collection(owner)}.{attribute}"
        case model.PointsBack(attribute, _):
            return f"{app.models[one.model].collection}.{attribute}"
        case model.On(function):
            return syntax.show(function.body)


@dataclass(frozen=True, slots=True)
class _Box:
    """One view: its tables, each with whether Python computes part of it, and what flows in: collection → label."""

    name: str
    tables: tuple[tuple[str, bool, Mapping[str, str]], ...]


def _drawn(view: plan.View, app: model.App, *, children: bool) -> _Box:
    store = app.stores[app.views[view.view_model].store]
    kept = view.tables if children else view.tables[:1]
    tables = []
    for table in kept:
        read = _collections(table.query)
        if not children:
            read = {name for one in view.tables for name in _collections(one.query)}
        labels = {name: _label(app, store, name) for name in sorted(read)}
        python = table is view.tables[0] and bool(view.functions)
        tables.append((table.name, python, labels))
    return _Box(view.view_model, tuple(tables))


def _label(app: model.App, store: model.Store, collection: str) -> str:
    """Return how rows of a collection come into a store."""
    ways = [joined_by(app, store, one) for one in store.references if app.models[one.model].collection == collection]
    return ", ".join(dict.fromkeys(ways))


def _collections(one: plan.Relation) -> set[str]:
    match one:
        case plan.Scan(collection):
            return {collection}
        case plan.Join(left, right):
            return _collections(left) | _collections(right)
        case plan.Union(inputs):
            return {name for each in inputs for name in _collections(each)}
    return _collections(one.input)


def _size(boxes: list[_Box]) -> int:
    flows = {name for box in boxes for _, _, labels in box.tables for name in labels}
    return len(flows) + sum(len(box.tables) for box in boxes)


def _lines(boxes: list[_Box], left: int) -> Iterator[str]:
    yield "flowchart LR"
    flows = sorted({name for box in boxes for _, _, labels in box.tables for name in labels})
    ids = {name: f"c{at}" for at, name in enumerate(flows)}
    for name, of in ids.items():
        yield f"  {of}[({_quoted(name)})]"
    arrows: list[str] = []
    python: list[str] = []
    count = 0
    for at, box in enumerate(boxes):
        yield f"  subgraph v{at}[{_quoted(box.name)}]"
        for table, in_python, labels in box.tables:
            yield f"    t{count}[{_quoted(table)}]"
            arrows += [f"  {ids[name]} -->|{_quoted(label)}| t{count}" for name, label in labels.items()]
            python += [f"t{count}"] if in_python else []
            count += 1
        yield "  end"
    if left:
        yield f'  more["and {left} more view{"s" if left > 1 else ""}"]'
    yield from arrows
    if python:
        yield "  classDef python stroke-dasharray: 5 5"
        yield f"  class {','.join(python)} python"


def _quoted(text: str) -> str:
    # Mermaid ends a label at a quotation mark, and reads `#` as the start of an entity.
    return '"' + text.replace("#", "#35;").replace('"', "#quot;").replace("\n", " ") + '"'
