"""How the references of a store join: as inferred from relations, or as `on=` says.

    users = reference(dm_cls=User, many=True)                          →  ThroughList("meeting", "users")
    products = reference(dm_cls=Product, many=True)                    →  ThroughEach("lines", "product")
    orders = reference(Order, True, on=lambda s, o: o.meeting == s.meeting)   →  On(predicate, (Key(…),))

The same rules as the compiler's. A mistake raises a JoinError with the candidates and the `on=` to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onto import domain_model, errors, predicate, store
from onto.mapper import shape

Model = type[domain_model.DomainModel]


class JoinError(errors.OntoError, TypeError):
    """A reference whose join is missing, ambiguous, or has no key."""


@dataclass(frozen=True, slots=True)
class Root:
    """The root: one view per entity."""


@dataclass(frozen=True, slots=True)
class ThroughOne:
    """By the doc_id in a relation of a joined to-one reference."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ThroughList:
    """By the doc_ids in a list or set of relations of a joined to-one reference; keyed by doc_id."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ThroughDict:
    """By the doc_ids that are the values of a dict of relations; keyed by that dict's keys."""

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ThroughEach:
    """By the doc_ids in a relation, or in a list or dict of relations, of each entity of a joined mapping.

    Keyed by doc_id; an entity to which several lead is there once.
    """

    reference: str
    attribute: str


@dataclass(frozen=True, slots=True)
class PointsBack:
    """By a relation of the referenced model that holds the doc_id of a joined entity, of one or of many.

    Keyed by doc_id.
    """

    attribute: str
    reference: str


@dataclass(frozen=True, slots=True)
class On:
    """By a predicate, found through its keys and then called; keyed by doc_id."""

    holds: Callable[[Any, Any], Any]
    keys: tuple[predicate.Key, ...]


Through = ThroughOne | ThroughList | ThroughDict | ThroughEach
Via = Root | ThroughOne | ThroughList | ThroughDict | ThroughEach | PointsBack | On


@dataclass(frozen=True, slots=True)
class Join:
    """One reference with its model and its way in."""

    name: str
    model: Model
    many: bool
    via: Via


def resolve(cls: type[store.Store], given: Mapping[str, Model] | None = None) -> dict[str, Join]:
    """Return the joins of a store's references, the root first, each after those that it joins through.

    `given` are the models of references that do not name theirs. JoinError when a join cannot be told.
    """
    models = {name: _model(cls, one, given or {}) for name, one in cls.references.items()}
    root = _root(cls)
    found = {root: Join(root, models[root], False, Root())}
    waiting = [one for name, one in cls.references.items() if name != root]
    while waiting:
        joined = _next(waiting, lambda one: _via(cls, one, models, found))
        # Through mappings only where nothing else is left: what leads from a single entity is meant first.
        joined = joined or _next(waiting, lambda one: _via_many(one, models, found))
        if joined is None:
            raise JoinError(_unjoined(cls, waiting[0], models, found))
        one, via = joined
        found[one.name] = Join(one.name, models[one.name], one.many, via)
        waiting.remove(one)
    return found


def _next(
    waiting: Iterable[store.Reference[Any]], via: Callable[[store.Reference[Any]], Via | None]
) -> tuple[store.Reference[Any], Via] | None:
    return next(((one, found) for one in waiting if (found := via(one)) is not None), None)


def _root(cls: type[store.Store]) -> str:
    for name, one in cls.references.items():
        if not one.many and one.on is None:
            return name
    raise JoinError(f"{cls.__name__} has no root: declare a reference to one entity, without `on=`")


def _model(cls: type[store.Store], one: store.Reference[Any], given: Mapping[str, Model]) -> Model:
    where = f"{cls.__name__}.{one.name}"
    if one.dm_cls is None:
        if one.name not in given:
            raise JoinError(f"{where} does not say what it refers to: write reference(dm_cls=…)")
        return given[one.name]
    if not isinstance(one.dm_cls, str):
        return one.dm_cls
    wanted = one.dm_cls.rpartition(".")[2]
    named = [each for each in _below(domain_model.DomainModel) if each.__name__ == wanted]
    near = [each for each in named if each.__module__ == cls.__module__]
    if not named:
        raise JoinError(f"{where}: no domain model is called {one.dm_cls!r}")
    return (near or named)[-1]


def _via(
    cls: type[store.Store], one: store.Reference[Any], models: Mapping[str, Model], joined: Mapping[str, Join]
) -> Via | None:
    if one.on is not None:
        found = predicate.read(one.on, f"{cls.__name__}.{one.name}")
        needed = found.store_names & set(cls.references)
        return On(found.holds, found.keys) if needed <= set(joined) else None
    return _chosen(one, list(_through(one, models, joined)), list(_back(one, models, joined, many=False)))


def _via_many(one: store.Reference[Any], models: Mapping[str, Model], joined: Mapping[str, Join]) -> Via | None:
    """Return the way through a joined mapping, None where there is another way or more than one."""
    if one.on is not None or not one.many:
        return None
    if any(_through(one, models, joined)) or any(_back(one, models, joined, many=False)):
        return None
    return _chosen(one, list(_through_each(one, models, joined)), list(_back(one, models, joined, many=True)))


def _chosen(one: store.Reference[Any], through: list[Through], back: list[PointsBack]) -> Via | None:
    """Return the one way there is: by a relation of the reference's name, by any, by one that points back."""
    named = [via for via in through if via.attribute in _numbers(one.name)]
    if len(named) == 1:
        return named[0]
    if len(named) > 1 or len(through) > 1:
        return None
    return through[0] if through else back[0] if len(back) == 1 else None


def _through(one: store.Reference[Any], models: Mapping[str, Model], joined: Mapping[str, Join]) -> Iterator[Through]:
    """Yield the relations of joined models that lead to the reference's model, as many or as one as it is."""
    for each in joined.values():
        if each.many:
            continue
        for name, attribute in each.model._attributes.items():
            match attribute.explicit:
                case shape.RelationTo() as to if not one.many and _leads(to, models[one.name]):
                    yield ThroughOne(each.name, name)
                case shape.ListOf(shape.RelationTo() as to) | shape.SetOf(shape.RelationTo() as to) if (
                    one.many and _leads(to, models[one.name])
                ):
                    yield ThroughList(each.name, name)
                case shape.DictOf(shape.RelationTo() as to) if one.many and _leads(to, models[one.name]):
                    yield ThroughDict(each.name, name)


def _through_each(
    one: store.Reference[Any], models: Mapping[str, Model], joined: Mapping[str, Join]
) -> Iterator[ThroughEach]:
    """Yield the relations of the entities of joined mappings that lead to the reference's model."""
    for each in joined.values():
        if not each.many:
            continue
        for name, attribute in each.model._attributes.items():
            match attribute.explicit:
                case (
                    (shape.RelationTo() as to)
                    | shape.ListOf(shape.RelationTo() as to)
                    | shape.SetOf(shape.RelationTo() as to)
                    | shape.DictOf(shape.RelationTo() as to)
                ) if _leads(to, models[one.name]):
                    yield ThroughEach(each.name, name)


def _back(
    one: store.Reference[Any], models: Mapping[str, Model], joined: Mapping[str, Join], *, many: bool
) -> Iterator[PointsBack]:
    """Yield the relations of the reference's model that lead to joined ones, to mappings or to single entities."""
    for name, attribute in models[one.name]._attributes.items():
        if isinstance(attribute.explicit, shape.RelationTo):
            for each in joined.values():
                if each.many == many and _leads(attribute.explicit, each.model):
                    yield PointsBack(name, each.name)


def _leads(to: shape.RelationTo, model: Model) -> bool:
    """Tell whether a relation can hold an entity's id: it names its model, or a class above or below."""
    related = [*(one.__name__ for one in model.__mro__), *(one.__name__ for one in model.family())]
    return to.model_name in related and to.model_name != "DomainModel"


def _numbers(name: str) -> set[str]:
    """Return a name with its singular and plural forms."""
    forms = {name, f"{name}s", f"{name}es"}
    if name.endswith("y"):
        forms.add(f"{name[:-1]}ies")
    if name.endswith("ies"):
        forms.add(f"{name[:-3]}y")
    if name.endswith("es"):
        forms.add(name[:-2])
    if name.endswith("s"):
        forms.add(name[:-1])
    return forms


def _unjoined(
    cls: type[store.Store], one: store.Reference[Any], models: Mapping[str, Model], joined: Mapping[str, Join]
) -> str:
    where = f"{cls.__name__}.{one.name}"
    if one.on is not None:
        return f"{where}: its `on=` reads a reference that joins through `{one.name}` itself"
    ways: list[Through] = list(_through(one, models, joined))
    back = list(_back(one, models, joined, many=False))
    if one.many and not ways and not back:
        ways = list(_through_each(one, models, joined))
        back = list(_back(one, models, joined, many=True))
    through = [f"store.{via.reference}.{via.attribute}" for via in ways]
    candidates = [*through, *dict.fromkeys(f"{models[one.name].__name__}.{via.attribute}" for via in back)]
    root = next(iter(joined))
    if back:
        holds = "in" if joined[back[0].reference].many else "=="
        condition = f"item.{back[0].attribute} {holds} store.{back[0].reference}"
    else:
        condition = f"item.… == store.{root}"
    example = f"on=lambda store, item: {condition}"
    if candidates:
        return f"{where} could join through {', '.join(candidates)}: say which, such as {example}"
    return f"{where}: no relation leads from {', '.join(joined)} to {models[one.name].__name__}: write {example}"


def _below(cls: Model) -> list[Model]:
    return [one for child in cls.__subclasses__() for one in (child, *_below(child))]
