"""Run the setters of a view inside a call: its store's entities are those of the call, so all of it is one transaction.

    write(MeetingSession, meeting, {"in_session": True})     →  meeting.open() has run, and nothing is saved yet

The store holds the root that was called and what relations lead to from it. A reference that only a search of its
collection could find is refused when a setter reads it, since a transaction locks entities that it knows by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onto import app, attribute, domain_model, errors, joins, signature, store, view_model
from onto.mapper import dump, load


class UnreachableError(errors.OntoError, TypeError):
    """A setter read a reference that no relation leads to from the view's root."""


def root_of(view: type[view_model.ViewModel]) -> type[domain_model.DomainModel]:
    """Return the model of the view's root; JoinError where its store's joins cannot be told."""
    return next(iter(app.joins_of(view)[1].values())).model


def dump_values(view: type[view_model.ViewModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by attribute as they travel; BadArgumentsError for what has no setter or does not fit."""
    try:
        return {one.name: dump.dump(one.value_shape(), given[one.name], one.where) for one in _setters(view, given)}
    except (load.MappingError, ValueError) as error:
        raise signature.BadArgumentsError(str(error)) from error


def load_values(view: type[view_model.ViewModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that came as JSON, by attribute; BadArgumentsError for what has no setter or does not fit."""
    loaded: dict[str, Any] = {}
    for one in _setters(view, given):
        try:
            loaded[one.name] = load.load(one.value_shape(), given[one.name], one.where)
            one.check(loaded[one.name])
        except (load.MappingError, ValueError) as error:
            raise signature.BadArgumentsError(str(error)) from error
    return loaded


def write(view: type[view_model.ViewModel], root: domain_model.DomainModel, values: Mapping[str, Any]) -> None:
    """Set attributes of the view of a root from JSON, then let it propagate the change; to be run inside a call."""
    loaded = load_values(view, values)
    made = view(store=_store(view, root))
    made.update_vals(**loaded)
    # The call saves by itself what has changed. To save all that was read would bring back what a setter deleted.
    if view.propagate_change is not view_model.ViewModel.propagate_change:
        made.propagate_change()


def _setters(view: type[view_model.ViewModel], given: Mapping[str, Any]) -> list[attribute.Attribute[Any]]:
    if not given:
        raise signature.BadArgumentsError(f"{view.__name__}: name the attributes to set, with their values")
    for name in given:
        one = view._attributes.get(name)
        if one is None:
            raise signature.BadArgumentsError(attribute.unknown_attribute(view, name))
        if one.fset is None:
            raise signature.BadArgumentsError(f"{one.where} has no setter; declare one with `@{name}.setter`")
    return [view._attributes[name] for name in given]


def _store(view: type[view_model.ViewModel], root: domain_model.DomainModel) -> store.Store:
    cls, found = app.joins_of(view)

    def resolve(of: store.Store, name: str) -> Any:
        one = found[name]
        match one.via:
            case joins.Root():
                return root
            case joins.ThroughOne(reference, relation):
                entity = _related(of, reference, relation)
                return entity if isinstance(entity, one.model) else None
            case joins.ThroughList(reference, relation):
                entities = _related(of, reference, relation) or ()
                return store.ordered({each.doc_id: each for each in entities if isinstance(each, one.model)})
            case joins.ThroughDict(reference, relation):
                by_key = _related(of, reference, relation) or {}
                return store.ordered({key: each for key, each in by_key.items() if isinstance(each, one.model)})
        start = next(iter(found))
        raise UnreachableError(
            f"{cls.__name__}.{name}: a setter reaches entities by relations from `{start}` only, and none leads to "
            f"{one.model.__name__}; keep their ids in a relation, or change them with a method of their own"
        )

    return cls(resolve)


def _related(of: store.Store, reference: str, name: str) -> Any:
    """Return what a relation of a joined entity reads as inside the call."""
    entity = of.read(reference)
    return None if entity is None else getattr(entity, name, None)
