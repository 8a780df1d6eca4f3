"""Mediators: what each follows, and whether a trigger only keeps views that their jobs keep anyway.

@source.triggers.on_create
def show(self, obj):
    CityView.get(obj.doc_id).save()      →  Trigger("show", ("on_create",), views=("CityView",))

The views compile by themselves, so a trigger that is a view's job needs nothing more. Any other trigger runs where the
mediator is started, and its first line that no job does is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compiler import facts, model, syntax
from compiler.diagnostics import Log
from compiler.resolve import hierarchy, names, triggers

_BASES = ("Mediator", "ViewMediatorBase", "ViewMediatorDeltaDAV", "TaskMediator")
_EVENTS = ("on_create", "on_update", "on_delete", "on_task")


@dataclass(frozen=True, slots=True)
class Mediators:
    """Reads the app's mediators."""

    infos: Sequence[hierarchy.ClassInfo]
    given: facts.Facts
    known: names.Names
    models: Mapping[str, model.DomainModel]
    stores: Mapping[str, model.Store]
    views: Mapping[str, model.ViewModel]
    log: Log

    def all(self) -> tuple[model.Mediator, ...]:
        """Return the mediators that have triggers, in source order; warn of views that one keeps in its own way."""
        read = [self._make(info) for info in self.infos if _base(info) is not None]
        found = tuple(one for one in read if one.triggers)
        for one in found:
            for trigger in one.triggers:
                if trigger.views and trigger.forced is not None and one.source is not None:
                    self._warn(one, trigger, trigger.forced)
        return found

    def _warn(self, one: model.Mediator, trigger: model.Trigger, forced: model.Forced) -> None:
        jobs = " and ".join(f"`{view}` to `{self.views[view].collection}`" for view in trigger.views)
        self.log.add(
            "W247", forced.span, f"`{one.name}.{trigger.name}` runs in this process only: {forced.why}",
            hint=f"a job writes {jobs} all the same; what decides on its content belongs in its getters",
        )  # fmt: skip

    def _make(self, info: hierarchy.ClassInfo) -> model.Mediator:
        members = _members(info)
        if _base(info) == "Mediator":
            followed = {name: self._source(info, members, one) for name, one in _assigned(members)}
            sources = {name: one for name, one in followed.items() if one is not None}
            found = tuple(self._decorated(info, members, sources))
            source = next((one for one in sources.values() if one), None)
        else:
            source = self._query(info)
            found = tuple(self._protocol(info, members, source))
        return model.Mediator(info.name, info.module, source, found, info.declared.span)

    # ---- the two spellings

    def _decorated(
        self, info: hierarchy.ClassInfo, members: Mapping[str, facts.Member], sources: Mapping[str, str]
    ) -> Iterator[model.Trigger]:
        for member in members.values():
            if not isinstance(member, facts.Definition):
                continue
            on = [found for one in member.decorators if (found := _trigger(one)) is not None and found[0] in sources]
            if on:
                events = tuple(event for event in _EVENTS if event in {one[1] for one in on})
                yield self._trigger(info, members, member, events, sources[on[0][0]] or None)

    def _protocol(
        self, info: hierarchy.ClassInfo, members: Mapping[str, facts.Member], source: str | None
    ) -> Iterator[model.Trigger]:
        inner = members.get("Protocol")
        for member in inner.members if isinstance(inner, facts.Class) else ():
            if isinstance(member, facts.Definition) and member.name in _EVENTS:
                yield self._trigger(info, members, member, (member.name,), source)

    def _trigger(
        self,
        info: hierarchy.ClassInfo,
        members: Mapping[str, facts.Member],
        definition: facts.Definition,
        on: tuple[str, ...],
        source: str | None,
    ) -> model.Trigger:
        scope = triggers.Scope(info.module, self.known, self.views, self._roots(), members, self._sinks(info, members))
        is_method = _base(info) == "Mediator"
        views, forced = triggers.read(definition.function, scope, source, is_method=is_method)
        if "on_task" in on or "on_delete" in on:
            why = "a job only removes a view when its root goes" if "on_delete" in on else "a job does no task once"
            forced = forced or model.Forced(why, definition.span)
        return model.Trigger(definition.name, on, views, forced, definition.span)

    def _roots(self) -> dict[str, model.Reference]:
        return {
            name: one
            for name, view in self.views.items()
            for one in self.stores[view.store].references
            if isinstance(one.via, model.Root)
        }

    # ---- what is followed

    def _source(self, info: hierarchy.ClassInfo, members: Mapping[str, facts.Member], call: syntax.Call) -> str | None:
        """Return the model that a source follows, an empty text for any other query, None for what is no source."""
        made = self._qualified(info.module, members, call.func)
        given = [*call.args, *(value for _, value in call.keywords)]
        if made == "onto.source.domain_model" and given:
            return self._model(info.module, given[0]) or ""
        if made == "onto.source.firestore" and given:
            return self._queried(info.module, given[0]) or ""
        return None

    def _sinks(self, info: hierarchy.ClassInfo, members: Mapping[str, facts.Member]) -> dict[str, str]:
        made = {name: self._qualified(info.module, members, one.func) or "" for name, one in _assigned(members)}
        return {name: one.rpartition(".")[2] for name, one in made.items() if one.startswith("onto.sink.")}

    def _qualified(self, module: str, members: Mapping[str, facts.Member], written: syntax.Expr) -> str | None:
        """Return the full name of what a class body calls; its own imports come first."""
        first, dot, rest = syntax.show(written).partition(".")
        one = members.get(f"import {first}")
        if isinstance(one, facts.Import):
            return f"{one.module}.{one.attribute}{dot}{rest}" if one.attribute else f"{one.module}{dot}{rest}"
        return names.qualified(self.known.find_expr(module, written))

    def _query(self, info: hierarchy.ClassInfo) -> str | None:
        """Return the model whose entities the mediator follows wherever the project makes one."""
        found = {
            self._queried(module, value)
            for module, call in _calls(self.given)
            if self._is_class(module, call.func, info)
            for value in [*call.args, *(value for key, value in call.keywords if key == "query")][:1]
        }
        return found.pop() if len(found) == 1 else None

    def _is_class(self, module: str, written: syntax.Expr, info: hierarchy.ClassInfo) -> bool:
        site = self.known.find_expr(module, written)
        return isinstance(site, names.ClassSite) and site.declared is info.declared

    def _queried(self, module: str, query: syntax.Expr) -> str | None:
        match query:
            case syntax.Call(func=syntax.Attribute(value=owner, name="get_query"), args=()):
                return self._model(module, owner)
        return None

    def _model(self, module: str, written: syntax.Expr) -> str | None:
        site = self.known.find_expr(module, written)
        name = site.declared.name if isinstance(site, names.ClassSite) else None
        return name if name in self.models else None


def _base(info: hierarchy.ClassInfo) -> str | None:
    of_onto = [one.rpartition(".")[2] for one in info.outside if one.startswith("onto.")]
    return next((one for one in of_onto if one in _BASES), None)


def _members(info: hierarchy.ClassInfo) -> dict[str, facts.Member]:
    """Return what the class and those above it declare, by name; imports that a later line hides as `import name`."""
    found: dict[str, facts.Member] = {}
    for one in reversed(info.lineage):
        for member in one.declared.members:
            found[f"import {member.name}" if isinstance(member, facts.Import) else member.name] = member
    return found


def _assigned(members: Mapping[str, facts.Member]) -> Iterator[tuple[str, syntax.Call]]:
    for name, member in members.items():
        if isinstance(member, facts.Assignment) and isinstance(member.value, syntax.Call):
            yield name, member.value


def _trigger(decorator: syntax.Expr) -> tuple[str, str] | None:
    """Return `("source", "on_create")` of `@source.triggers.on_create`."""
    match decorator:
        case syntax.Attribute(value=syntax.Attribute(value=syntax.Name(id=source), name="triggers"), name=event):
            return (source, event) if event in _EVENTS else None
    return None


def _calls(given: facts.Facts) -> Iterator[tuple[str, syntax.Call]]:
    """Yield the calls in the values and functions of every module."""
    for module in given.modules.values():
        for member in module.members:
            node: syntax.Node | None = None
            if isinstance(member, facts.Definition):
                node = member.function
            elif isinstance(member, facts.Assignment):
                node = member.value
            for one in () if node is None else syntax.walk(node):
                if isinstance(one, syntax.Call):
                    yield module.name, one
