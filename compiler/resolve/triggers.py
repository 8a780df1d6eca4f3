"""One trigger of a mediator: the views that it makes, and the first thing in it that no view's job does.

view = CityView.new(snapshot)
if view.country == "USA":        →  (("CityView",), Forced("`if` decides what is written", …))
    view.save()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from compiler import facts, model, syntax
from compiler.diagnostics import Span
from compiler.resolve import names


@dataclass(frozen=True, slots=True)
class Scope:
    """What a trigger may name: views with their roots, and the mediator's members and sinks."""

    module: str
    known: names.Names
    views: Mapping[str, model.ViewModel]
    roots: Mapping[str, model.Reference]
    members: Mapping[str, facts.Member]
    sinks: Mapping[str, str]  # member → which sink of onto: firestore, domain_model


def read(
    function: syntax.Function, scope: Scope, source: str | None, *, is_method: bool
) -> tuple[tuple[str, ...], model.Forced | None]:
    """Return the compiled views that a trigger makes, and what makes it more or less than their jobs."""
    params = [one.name for one in function.params]
    changed, mediator = (params[1:2], params[:1]) if is_method else (params[:1], params[1:2])
    reader = _Reader(scope, source, frozenset(mediator))
    kinds: dict[str, _Kind] = dict.fromkeys(changed, "entity")
    views = dict.fromkeys(
        view for one in syntax.walk(function) if isinstance(one, syntax.Call) and (view := reader.view_of(one))
    )
    try:
        reader.body(function.body, kinds)
    except _NoJobError as found:
        return tuple(views), model.Forced(found.why, found.span)
    unwritten = [one for one in views if one not in reader.written]
    if unwritten or not views:
        why = f"it never writes the `{unwritten[0]}` that it makes" if unwritten else "it makes no view"
        return tuple(views), model.Forced(why, function.span)
    return tuple(views), None


@dataclass(frozen=True, slots=True)
class _View:
    name: str


_Kind = Literal["entity", "key", "ref"] | _View | syntax.Function


class _NoJobError(Exception):
    """Raised at the first thing that no view's job does."""

    def __init__(self, why: str, span: Span) -> None:
        super().__init__(why)
        self.why = why
        self.span = span


@dataclass(slots=True)
class _Reader:
    scope: Scope
    source: str | None
    mediator: frozenset[str]
    written: set[str] = field(default_factory=set)

    def body(self, statements: tuple[syntax.Stmt, ...], kinds: dict[str, _Kind]) -> None:
        for one in statements:
            self._statement(one, kinds)

    def view_of(self, call: syntax.Call) -> str | None:
        """Return the view that `View.new(…)` or `View.get(…)` makes."""
        if not (isinstance(call.func, syntax.Attribute) and call.func.name in ("new", "get")):
            return None
        site = self.scope.known.find_expr(self.scope.module, call.func.value)
        name = site.declared.name if isinstance(site, names.ClassSite) else None
        return name if name in self.scope.roots else None

    def _statement(self, one: syntax.Stmt, kinds: dict[str, _Kind]) -> None:
        match one:
            case syntax.Pass() | syntax.Return(value=None | syntax.Literal()):
                return
            case syntax.Define(function=function):
                kinds[function.name] = function
            case syntax.Assert(test=test) if self._is_source(test, kinds):
                return
            case syntax.Assign(target=syntax.Name(id=name), value=value):
                kinds[name] = self._value(value, kinds)
            case syntax.ExprStmt(value=value) | syntax.Return(value=value):
                assert value is not None  # the case above
                self._effect(value, kinds)
            case syntax.For(target=syntax.Name(id=name), iter=syntax.Attribute(value=owner, name="_view_refs")) if (
                not one.orelse
            ):
                self._copies(self._view(owner, kinds), one.iter.span)
                self.body(one.body, {**kinds, name: "ref"})
            case _:
                raise _NoJobError(_WHYS.get(type(one), "no job does this"), one.span)

    def _is_source(self, test: syntax.Expr, kinds: dict[str, _Kind]) -> bool:
        """Tell whether the test is `isinstance(obj, Model)` with the model that the source follows."""
        match test:
            case syntax.Call(func=syntax.Name(id="isinstance"), args=(syntax.Name(id=name), written)):
                site = self.scope.known.find_expr(self.scope.module, written)
                known = site.declared.name if isinstance(site, names.ClassSite) else None
                return kinds.get(name) == "entity" and known is not None and known == self.source
        return False

    def _value(self, value: syntax.Expr, kinds: dict[str, _Kind]) -> _Kind:
        found = self._kind(value, kinds)
        if found is None:
            raise _NoJobError(f"no job does `{syntax.show(value)}`", value.span)
        return found

    def _kind(self, value: syntax.Expr, kinds: dict[str, _Kind]) -> _Kind | None:
        match value:
            case syntax.Name(id=name):
                return kinds.get(name)
            case syntax.Attribute(value=owner, name="doc_id" | "id") if _named(owner, kinds) == "entity":
                return "key"
            case syntax.Attribute(value=syntax.Attribute(value=owner, name="reference"), name="id") if (
                _named(owner, kinds) == "entity"
            ):
                return "key"
            case syntax.Call() if (view := self.view_of(value)) is not None:
                self._made(value, view, kinds)
                return _View(view)
        return None

    def _made(self, call: syntax.Call, view: str, kinds: dict[str, _Kind]) -> None:
        """Check that a view is that of the entity that changed, and do what its `f_notify` does."""
        root = self.scope.roots[view].model
        if self.source != root:
            followed = "other documents than entities of one model" if self.source is None else f"`{self.source}`"
            raise _NoJobError(f"it follows {followed}, and there is one `{view}` for each `{root}`", call.span)
        options = {key: value for key, value in call.keywords if key in ("once", "f_notify")}
        given = [*call.args, *(value for key, value in call.keywords if key not in ("once", "f_notify"))]
        if len(given) != 1 or self._kind(given[0], kinds) not in ("entity", "key"):
            raise _NoJobError(
                f"a job makes the `{view}` of the `{root}` that changed and knows no other arguments", call.span
            )
        if "f_notify" in options:
            self._notified(options["f_notify"], view, kinds)

    def _notified(self, callback: syntax.Expr, view: str, kinds: dict[str, _Kind]) -> None:
        match callback:
            case syntax.Lambda(params=(one,), body=body):
                self._effect(body, {**kinds, one.name: _View(view)})
                return
            case syntax.Name(id=name) if isinstance(function := kinds.get(name), syntax.Function):
                if len(function.params) == 1:
                    outer = {
                        one: kind for one, kind in kinds.items() if one != name
                    }  # one that names itself never ends
                    self.body(function.body, {**outer, function.params[0].name: _View(view)})
                    return
            case syntax.Attribute(name="emit_all") if self._sink(callback.value) == "firestore":
                self._copies(view, callback.span)
                return
        raise _NoJobError(f"`{syntax.show(callback)}` may do anything with the view", callback.span)

    # ---- what is done with a view

    def _effect(self, value: syntax.Expr, kinds: dict[str, _Kind]) -> None:
        match value:
            case syntax.Call(func=syntax.Attribute(value=owner, name="save"), args=(), keywords=()):
                self._save(self._view(owner, kinds), value.span)
            case syntax.Call(func=syntax.Attribute(value=syntax.Name(id=name), name="notify")) if name in self.mediator:
                self._notify(value, kinds)
            case syntax.Call(func=syntax.Attribute(value=owner, name="emit" | "emit_all" as how)) if self._sink(owner):
                self._emit(value, self._sink(owner), how, kinds)
            case _:
                self._value(value, kinds)  # a view that its `f_notify` writes

    def _view(self, value: syntax.Expr, kinds: dict[str, _Kind]) -> str:
        found = self._value(value, kinds)
        if not isinstance(found, _View):
            raise _NoJobError(f"`{syntax.show(value)}` is no view", value.span)
        return found.name

    def _save(self, view: str, span: Span) -> None:
        self.written.add(view)
        if any(one.name == "save" for one in self.scope.views[view].methods):
            raise _NoJobError(f"`{view}.save` is the project's own", span)
        place = next((one for one in self.scope.views[view].methods if one.name == "doc_ref"), None)
        if place is not None and not self._is_collection(place.function, view):
            raise _NoJobError(f"a job writes `{view}` to its collection by its root's id, not to its `doc_ref`", span)

    def _is_collection(self, doc_ref: syntax.Function, view: str) -> bool:
        """Tell whether `doc_ref` is `document(f"<collection>/{self.store.<root>.doc_id}")`."""
        ids = (f"self.store.{self.scope.roots[view].name}.doc_id", "self.doc_id")
        match doc_ref.body:
            case (
                syntax.Return(value=syntax.Call(func=syntax.Attribute(name="document"), args=(syntax.FString(parts),))),
            ):
                match parts:
                    case (str(before), syntax.Formatted(value=key, conversion=None)):
                        return before == f"{self.scope.views[view].collection}/" and syntax.show(key) in ids
        return False

    def _copies(self, view: str, span: Span) -> None:
        self.written.add(view)
        if any(one.name == "_view_refs" for one in self.scope.views[view].methods):
            raise _NoJobError(f"a job writes `{view}` to its collection, and not to its `_view_refs`", span)

    def _notify(self, call: syntax.Call, kinds: dict[str, _Kind]) -> None:
        """Do what the mediator's `notify` does with the view."""
        given = _arguments(call)
        notify = self.scope.members.get("notify")
        if not isinstance(notify, facts.Definition) or len(notify.function.params) != 2 or len(given) != 1:
            raise _NoJobError("the mediator does not say what `notify` does", call.span)
        own, shown = (one.name for one in notify.function.params)
        members = {name: one for name, one in self.scope.members.items() if name != "notify"}  # which may name itself
        inner = _Reader(replace(self.scope, members=members), self.source, frozenset({own}), self.written)
        inner.body(notify.function.body, {shown: _View(self._view(given[0], kinds))})

    def _emit(self, call: syntax.Call, sink: str | None, how: str, kinds: dict[str, _Kind]) -> None:
        if sink == "domain_model" or how == "emit_all":
            given = _arguments(call)
            view = self._view(given[0], kinds) if len(given) == 1 else ""
            if view:
                (self._copies if how == "emit_all" else self._save)(view, call.span)
                return
        match dict(call.keywords):
            case {"reference": place, "snapshot": syntax.Call(func=syntax.Attribute(value=owner, name="to_snapshot"))}:
                view = self._view(owner, kinds)
                if _named(place, kinds) == "ref" or self._is_own(place, view, kinds):
                    self._save(view, call.span)
                    return
                raise _NoJobError(f"a job writes `{view}` to its collection, not to `{syntax.show(place)}`", place.span)
        raise _NoJobError("a job writes views alone", call.span)

    def _is_own(self, place: syntax.Expr, view: str, kinds: dict[str, _Kind]) -> bool:
        match place:
            case syntax.Attribute(value=owner, name="doc_ref"):
                return _named(owner, kinds) == _View(view)
        return False

    def _sink(self, owner: syntax.Expr) -> str | None:
        match owner:
            case syntax.Attribute(value=syntax.Name(id=name), name=member) if name in self.mediator:
                return self.scope.sinks.get(member)
        return None


_WHYS: Mapping[type, str] = {
    syntax.If: "`if` decides what is written",
    syntax.Match: "`match` decides what is written",
    syntax.Assert: "`assert` decides what is written",
    syntax.Raise: "`raise` decides what is written",
    syntax.Try: "`try` decides what is written",
}


def _named(value: syntax.Expr, kinds: Mapping[str, _Kind]) -> _Kind | None:
    """Return what a plain name stands for."""
    return kinds.get(value.id) if isinstance(value, syntax.Name) else None


def _arguments(call: syntax.Call) -> list[syntax.Expr]:
    return [*call.args, *(value for _, value in call.keywords)]
