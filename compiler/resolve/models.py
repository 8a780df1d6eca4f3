"""Domain models: stored and computed attributes with their types, collections, who is below whom.

class StandardCity(City): city_state: str = attrs.nothing
→  DomainModel("StandardCity", collection="City", stored=(StoredAttribute("city_state", "cityState", STR), …))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler import dtypes, model, syntax
from compiler.diagnostics import Log
from compiler.resolve import bodies, hierarchy, hints, literals, options, schemas


@dataclass(frozen=True, slots=True)
class Models:
    """Makes the app's domain models."""

    infos: Sequence[hierarchy.ClassInfo]
    read: bodies.Bodies
    described: schemas.Schemas
    guessed: literals.Literals
    types: hints.Types
    log: Log

    def all(self) -> dict[str, model.DomainModel]:
        """Return the domain models by name, in source order."""
        collections = {info: collection(info) for info in self.infos}
        below: dict[hierarchy.ClassInfo, list[str]] = {info: [] for info in self.infos}
        for info in self.infos:
            for base in info.bases:
                if base in below and collections[base] == collections[info]:
                    below[base].append(info.name)
        owners = self._owners()
        found: dict[str, model.DomainModel] = {}
        for info in self.infos:
            options.check(info, self.log)
            stored, computed = self._attributes(info, owners)
            found[info.name] = model.DomainModel(
                name=info.name,
                module=info.module,
                collection=collections[info],
                stored=stored,
                computed=computed,
                methods=self.read.methods(info),
                bases=tuple(base.name for base in info.bases if base.kind == "model"),
                subclasses=tuple(below[info]),
                span=info.declared.span,
                constants=self.read.constants(info),
                layers=self.read.layers(info),
            )
        return found

    def _owners(self) -> dict[str, list[hierarchy.ClassInfo]]:
        """Return, for each attribute name, the models that have it."""
        owners: dict[str, list[hierarchy.ClassInfo]] = {}
        for info in self.infos:
            for one in self._declared(info):
                owners.setdefault(one.name, []).append(info)
        return owners

    def _declared(self, info: hierarchy.ClassInfo) -> list[bodies.Declared]:
        """Return all attributes, inherited ones first; a body's go before those of the same class's schema."""
        found: dict[str, bodies.Declared] = {}
        for one in reversed(info.lineage):
            body = self.read.own(one).attributes
            schema = self.described.own(one)
            found.update(body)
            found.update({name: declared for name, declared in schema.items() if name not in body})
        return list(found.values())

    def _attributes(
        self, info: hierarchy.ClassInfo, owners: dict[str, list[hierarchy.ClassInfo]]
    ) -> tuple[tuple[model.StoredAttribute, ...], tuple[model.ComputedAttribute, ...]]:
        stored = [model.StoredAttribute(name, name, dtypes.STR) for name in options.RESERVED]
        computed: list[model.ComputedAttribute] = []
        hidden = options.excluded(info)
        for one in self._declared(info):
            if one.getter is not None:
                declared = one.type
                computed.append(model.ComputedAttribute(one.name, one.getter, one.spelling.module, declared, one.span))
            elif one.name not in options.RESERVED and one.name not in hidden:
                stored.append(self._stored(info, one, owners[one.name]))
        return tuple(stored), tuple(computed)

    def _declaring(self, info: hierarchy.ClassInfo, one: bodies.Declared) -> hierarchy.ClassInfo:
        # What any subclass is given counts: it is one attribute, and one column of the collection.
        above = [base for base in info.lineage if base.kind == "model"]
        return next(base for base in reversed(above) if any(own.span == one.span for own in self._declared(base)))

    def _stored(
        self, info: hierarchy.ClassInfo, one: bodies.Declared, owners: Sequence[hierarchy.ClassInfo]
    ) -> model.StoredAttribute:
        kind = dtypes.required(one.type) if one.type is not None else None
        entity = _entity_in(kind)
        if entity is not None:
            self.log.add(
                "E216", one.span, f"`{info.name}.{one.name}` is annotated with the domain model `{entity}`",
                hint=f'an entity is held by its doc_id: write attrs.relation(dm_cls="{entity}")',
            )  # fmt: skip
        if kind is None or kind == dtypes.NONE:
            # One collection is one table, so its classes share what is found for any of them.
            family = [owner for owner in owners if collection(owner) == collection(info)]
            kind = self.guessed.type_of(family, one.name, alone=len(family) == len(owners))
        json_name = options.json_name(info, one.name, one.spelling.data_key)
        enums = () if one.held is None else self.types.enums(one.held)
        held = dtypes.required(one.held) if one.held is not None and enums else None
        return model.StoredAttribute(one.name, json_name, kind, one.spelling.relation, held, enums, one.span)


def collection(info: hierarchy.ClassInfo) -> str:
    """Return a model's collection: its own or inherited, else the name of the topmost model."""
    given = options.option(info, "collection_name")
    if given is not None and isinstance(given[0], syntax.Literal) and isinstance(given[0].value, str):
        return given[0].value
    return [one for one in info.lineage if one.kind == "model"][-1].name


def _entity_in(kind: dtypes.Type | None) -> str | None:
    match kind:
        case dtypes.Entity(model=name):
            return name
        case dtypes.ListOf(item=inner) | dtypes.SetOf(item=inner) | dtypes.DictOf(value=inner):
            return _entity_in(inner)
        case dtypes.Optional(inner=inner):
            return _entity_in(inner)
    return None
