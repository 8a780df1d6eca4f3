"""Model to places: where views lie in a document store, and who may read them there.

    CTX.db.document(f"users/{ticket.user}/MeetingSession/{self.doc_id}")
    →  Place(("users", None, "MeetingSession", None), "MeetingSession", …), which belongs to a user

Read from the text of `_view_refs`, `doc_ref`, of what mediators emit, and of the collection groups that they follow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from compiler import model
from compiler.diagnostics import NOWHERE, Span
from compiler.sources import ModuleTree, Sources

USERS = "users"
"""The collection whose documents' ids are uids: what lies below one belongs to that user."""

_UNCLEAR = 'its place is not spelt in one piece; write `CTX.db.document(f"users/{uid}/…/{doc_id}")`'


@dataclass(frozen=True, slots=True)
class Place:
    """The path of documents: names, and None where an id stands."""

    path: tuple[str | None, ...]
    what: str  # the view, the mediator or the form that has it
    kind: Literal["view", "form"]
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def is_owned(self) -> bool:
        """Tell whether it lies below a user."""
        return len(self.path) > 2 and self.path[:2] == (USERS, None)


@dataclass(frozen=True, slots=True)
class Closed:
    """A view or a sink whose place no client may read, because it cannot be told, or because entities lie there."""

    what: str
    why: str
    span: Span


@dataclass(frozen=True, slots=True)
class Access:
    """The collections of entities, which are nobody's to read, the places of views and forms, and what stays closed."""

    entities: tuple[str, ...]
    places: tuple[Place, ...]
    closed: tuple[Closed, ...]


def access(app: model.App) -> Access:
    """Return who may reach what, each place once, sorted by its path."""
    sources = Sources(app)
    found: list[Place | Closed] = []
    for view in app.views.values():
        found.extend(_of_view(sources, view))
    entities = {one.collection for one in app.models.values()}
    known = entities | {one.collection for one in app.views.values()}
    for name in app.modules:
        tree = sources.module(name)
        if tree is not None:
            found.extend(_of_module(tree, known))
    judged = [_closed_to_entities(one, entities) for one in found]
    places = {one.path: one for one in reversed(judged) if isinstance(one, Place)}
    ordered = sorted(places.values(), key=lambda one: [part or "" for part in one.path])
    return Access(tuple(sorted(entities)), tuple(ordered), tuple(one for one in judged if isinstance(one, Closed)))


def _closed_to_entities(one: Place | Closed, entities: set[str]) -> Place | Closed:
    if isinstance(one, Place) and len(one.path) == 2 and one.path[0] in entities:
        return Closed(one.what, f"it lies among the entities of `{one.path[0]}`; give it another collection", one.span)
    return one


def _of_view(sources: Sources, view: model.ViewModel) -> Iterator[Place | Closed]:
    """Yield where a view lies: where `_view_refs` says, else `doc_ref`, else in its collection by its key."""
    methods = {one.name: one for one in view.methods}
    if "_view_refs" in methods:
        yield from _written(sources, view, methods["_view_refs"], methods.get("doc_ref"))
    elif "doc_ref" in methods:
        yield from _written(sources, view, methods["doc_ref"], None)
    else:
        yield Place((view.collection, None), view.name, "view", view.span)


def _written(
    sources: Sources, view: model.ViewModel, method: model.Method, doc_ref: model.Method | None
) -> Iterator[Place | Closed]:
    """Yield what a property says; `self.doc_ref` in it is the view's own place."""
    tree, node = _node(sources, method)
    calls = [] if node is None else _documents(node)
    own = node is not None and method.name != "doc_ref" and any(_is_own(one) for one in ast.walk(node))
    if own and doc_ref is not None:
        yield from _written(sources, view, doc_ref, None)
    elif own:
        yield Place((view.collection, None), view.name, "view", view.span)
    if tree is None or not (calls or own):
        yield Closed(f"{view.name}.{method.name}", _UNCLEAR, method.span)
        return
    yield from _placed(tree, calls, view.name)


def _documents(node: ast.AST) -> list[ast.Call]:
    """Return the calls of `document`, without those that a longer path begins with."""
    found = [one for one in ast.walk(node) if isinstance(one, ast.Call) and _is_call(one, "document")]
    begun = {id(inner) for one in found for inner in ast.walk(one.func)}
    for one in ast.walk(node):
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _goes_on(node, name):
                begun.add(id(value))
    return [one for one in found if id(one) not in begun]


def _goes_on(node: ast.AST, name: str) -> bool:
    """Tell whether a collection below what has this name is asked for."""
    below = ast.dump(ast.Attribute(ast.Name(name, ast.Load()), "collection", ast.Load()))
    return any(isinstance(one, ast.Attribute) and ast.dump(one) == below for one in ast.walk(node))


def _placed(tree: ModuleTree, calls: Iterable[ast.AST], what: str) -> Iterator[Place | Closed]:
    for call in calls:
        assert isinstance(call, ast.Call)
        path = _path(call)
        yield Closed(what, _UNCLEAR, tree.span(call)) if path is None else Place(path, what, "view", tree.span(call))


def _node(sources: Sources, method: model.Method) -> tuple[ModuleTree | None, ast.AST | None]:
    tree = sources.module(method.module)
    for node in () if tree is None else ast.walk(tree.tree):
        if isinstance(node, ast.FunctionDef) and node.name == method.name and node.lineno == method.span.line:
            return tree, node
    return tree, None


def _of_module(tree: ModuleTree, known: set[str]) -> Iterator[Place | Closed]:
    """Yield where mediators emit to, and the forms: collection groups that hold neither entities nor views."""
    for statement in tree.tree.body:
        what = statement.name if isinstance(statement, ast.ClassDef) else tree.module.name
        for node in ast.walk(statement):
            if _is_call(node, "emit"):
                assert isinstance(node, ast.Call)
                given = [one.value for one in node.keywords if one.arg == "reference"]
                yield from _placed(tree, [one for one in given if _is_call(one, "document")], what)
            elif _is_call(node, "collection_group"):
                assert isinstance(node, ast.Call)
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value not in known:
                    yield Place((USERS, None, name.value, None), name.value, "form", tree.span(node))


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


def _is_own(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="doc_ref", value=ast.Name(id="self")):
            return True
    return False


def _path(call: ast.Call) -> tuple[str | None, ...] | None:
    """Return the path in `db.document(f"a/{b}")` or `db.collection("a").document(b)`; None if it is unclear."""
    if len(call.args) != 1 or not isinstance(call.func, ast.Attribute):
        return None
    owner, given = call.func.value, _parts(call.args[0])
    if _is_call(owner, "collection"):
        assert isinstance(owner, ast.Call)
        before = _collection(owner)
        given = None if before is None else (*before, *(given or (None,)))
    elif not _is_database(owner):
        return None
    if given is None or len(given) % 2 or any(one is None for one in given[::2]):
        return None
    return given


def _collection(call: ast.Call) -> tuple[str | None, ...] | None:
    """Return the path in `db.collection("a")` or `db.document(…).collection("a")`; None if it is unclear."""
    given = _parts(call.args[0]) if len(call.args) == 1 else None
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    before: tuple[str | None, ...] | None = None
    if isinstance(owner, ast.Call) and _is_call(owner, "document"):
        before = _path(owner)
    elif owner is not None and _is_database(owner):
        before = ()
    return None if given is None or before is None else (*before, *given)


def _is_database(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="db") | ast.Name(id="db"):
            return True
    return False


def _parts(node: ast.expr) -> tuple[str | None, ...] | None:
    """Return the segments of a path, None for each that holds anything computed."""
    match node:
        case ast.Constant(value=str(text)):
            return tuple(text.strip("/").split("/"))
        case ast.JoinedStr(values=values):
            mark = "\0"
            spelt = "".join(str(one.value) if isinstance(one, ast.Constant) else mark for one in values)
            return tuple(None if mark in one else one for one in spelt.strip("/").split("/"))
    return None
