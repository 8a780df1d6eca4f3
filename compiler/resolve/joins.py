"""How the references of one store join: root, relations by name or type, relations that point back, `on=`.

    users = reference(dm_cls=User, many=True)
    →  Reference("users", "User", many=True, via=ThroughList("meeting", "users"))
    products = reference(dm_cls=Product, many=True), where a store has many lines, each with its product
    →  Reference("products", "Product", many=True, via=ThroughEach("lines", "product"))

The in-process engine follows the same rules (`onto.joins`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from compiler import dtypes, model
from compiler.diagnostics import Log
from compiler.resolve import hierarchy, predicates, references


@dataclass(frozen=True, slots=True)
class Joins:
    """Joins the references of one store."""

    store: hierarchy.ClassInfo
    models: Mapping[str, model.DomainModel]
    log: Log

    def of(self, declared: Sequence[references.Declared]) -> tuple[model.Reference, ...]:
        """Return the references, the root first, each after those it joins through; () without a root."""
        usable = [one for one in declared if self._has_model(one)]
        by_name = {one.name: one for one in usable}
        wanted = next((one for one in declared if not one.many and one.on is None), None)
        if wanted is None:
            hint = "declare a reference to one entity, without `on=`: reference(dm_cls=…)"
            self.log.add("E222", self.store.declared.span, f"store `{self.store.name}` has no root", hint=hint)
            return ()
        if wanted.name not in by_name:
            return ()
        joined = {wanted.name: self._reference(wanted, model.Root())}
        # An `on=` that is wrong in itself is reported once and joins nothing.
        waiting = [one for one in usable if one is not wanted and self._is_sound(one, by_name)]
        while waiting:
            found = _next(waiting, lambda one: self._via(one, joined))
            # Through mappings only where nothing else is left: what leads from a single entity is meant first.
            found = found or _next(waiting, lambda one: self._via_many(one, joined))
            if found is None:
                self._unjoined(waiting, joined)
                break
            one, via = found
            joined[one.name] = self._reference(one, via)
            waiting.remove(one)
        return tuple(joined.values())

    def _reference(self, one: references.Declared, via: model.Via) -> model.Reference:
        return model.Reference(one.name, one.model or "", one.many, via, one.span)

    def _has_model(self, one: references.Declared) -> bool:
        if one.model is None:
            message = f"`{self.store.name}.{one.name}` does not say what it refers to"
            self.log.add("E223", one.span, message, hint="write reference(dm_cls=…)")
        return bool(one.model) and one.model in self.models

    def _is_sound(self, one: references.Declared, by_name: Mapping[str, references.Declared]) -> bool:
        if one.on is None:
            return True
        known = {each.name: self.models[each.model or ""] for each in by_name.values()}
        return predicates.check(one, self.models[one.model or ""], known, self.models, self.log)

    def _via(self, one: references.Declared, joined: Mapping[str, model.Reference]) -> model.Via | None:
        if one.on is not None:
            needed = predicates.store_names(one.on) - {one.name}
            return model.On(one.on, one.module) if needed <= set(joined) else None
        return _chosen(one, list(self._through(one, joined)), list(self._back(one, joined, many=False)))

    def _via_many(self, one: references.Declared, joined: Mapping[str, model.Reference]) -> model.Via | None:
        """Return the way through a joined mapping, None where there is another way or more than one."""
        if one.on is not None or not one.many:
            return None
        if any(self._through(one, joined)) or any(self._back(one, joined, many=False)):
            return None
        return _chosen(one, list(self._through_each(one, joined)), list(self._back(one, joined, many=True)))

    def _through(self, one: references.Declared, joined: Mapping[str, model.Reference]) -> Iterator[model.Through]:
        """Yield the relations of joined models that lead to the reference's model, to many or to one."""
        for each in joined.values():
            if each.many:
                continue
            for attribute in self.models[each.model].stored:
                if not self._leads(attribute, one.model or ""):
                    continue
                if attribute.type == dtypes.STR and not one.many:
                    yield model.ThroughOne(each.name, attribute.name)
                elif isinstance(attribute.type, dtypes.ListOf | dtypes.SetOf) and one.many:
                    yield model.ThroughList(each.name, attribute.name)
                elif isinstance(attribute.type, dtypes.DictOf) and one.many:
                    yield model.ThroughDict(each.name, attribute.name)

    def _through_each(
        self, one: references.Declared, joined: Mapping[str, model.Reference]
    ) -> Iterator[model.ThroughEach]:
        """Yield the relations of the entries of joined mappings that lead to the reference's model."""
        for each in joined.values():
            for attribute in self.models[each.model].stored if each.many else ():
                if self._leads(attribute, one.model or ""):
                    yield model.ThroughEach(each.name, attribute.name)

    def _back(
        self, one: references.Declared, joined: Mapping[str, model.Reference], *, many: bool
    ) -> Iterator[model.PointsBack]:
        """Yield the relations of the reference's model that lead to joined ones, to mappings or to single entities."""
        for attribute in self.models[one.model or ""].stored:
            if attribute.type != dtypes.STR:
                continue
            for each in joined.values():
                if each.many == many and self._leads(attribute, each.model):
                    yield model.PointsBack(attribute.name, each.name)

    def _leads(self, attribute: model.StoredAttribute, target: str) -> bool:
        """Tell whether a relation can hold the id of a target: it names the target, or one above or below."""
        if attribute.relation is None:
            return False
        found = self.models[target]
        return attribute.relation in (target, *found.bases, *found.subclasses)

    def _unjoined(self, waiting: Sequence[references.Declared], joined: Mapping[str, model.Reference]) -> None:
        for one in waiting:
            where = f"`{self.store.name}.{one.name}`"
            if one.on is not None:
                missing = sorted(predicates.store_names(one.on) - set(joined))
                message = f"{where} joins through {_listed(missing)}, which is not joined without it"
                self.log.add("E226", one.span, message, hint="a chain of joins has to start at the root")
                continue
            self._unjoined_inferred(one, where, joined)

    def _unjoined_inferred(self, one: references.Declared, where: str, joined: Mapping[str, model.Reference]) -> None:
        through: list[model.Through] = list(self._through(one, joined))
        back = list(self._back(one, joined, many=False))
        if one.many and not through and not back:
            through = list(self._through_each(one, joined))
            back = list(self._back(one, joined, many=True))
        target = self.models[one.model or ""].name
        candidates = [f"store.{via.reference}.{via.attribute}" for via in through]
        candidates.extend(dict.fromkeys(f"{target}.{via.attribute}" for via in back))
        if back:
            holds = "in" if joined[back[0].reference].many else "=="
            condition = f"item.{back[0].attribute} {holds} store.{back[0].reference}"
        elif through:
            condition = _through_condition(through[0])
        else:
            condition = f"item.… == store.{next(iter(joined))}"
        many = ", many=True" if one.many else ""
        hint = f"write reference(dm_cls={target}{many}, on=lambda store, item: {condition})"
        if candidates:
            self.log.add("E224", one.span, f"{where} could join through {_listed(candidates)}", hint=hint)
            return
        message = f"no relation leads from {_listed(joined)} to `{target}`, so {where} cannot join"
        self.log.add("E225", one.span, message, hint=hint)


def _next(
    waiting: Iterable[references.Declared], via: Callable[[references.Declared], model.Via | None]
) -> tuple[references.Declared, model.Via] | None:
    return next(((one, found) for one in waiting if (found := via(one)) is not None), None)


def _chosen(
    one: references.Declared, through: Sequence[model.Through], back: Sequence[model.PointsBack]
) -> model.Via | None:
    """Return the one way there is: by a relation of the reference's name, by any, by one that points back."""
    named = [via for via in through if via.attribute in numbers(one.name)]
    if len(named) == 1:
        return named[0]
    if len(named) > 1 or len(through) > 1:
        return None
    return through[0] if through else back[0] if len(back) == 1 else None


def numbers(name: str) -> set[str]:
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


def _through_condition(via: model.Through) -> str:
    held = f"store.{via.reference}.{via.attribute}"
    match via:
        case model.ThroughOne():
            return f"item.doc_id == {held}"
        case model.ThroughList():
            return f"item.doc_id in {held}"
        case model.ThroughDict():
            return f"item.doc_id in {held}.values()"
        case model.ThroughEach(reference, attribute):
            return f"item.doc_id in [each.{attribute} for each in store.{reference}.values()]"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in items)
