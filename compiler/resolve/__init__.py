"""Facts to model: names bound, bases and types known, joins inferred, clashes and circles reported.

    location = reference(dm_cls=Location)
    →  Reference("location", "Location", many=False, via=ThroughOne("meeting", "location"))

The pass reports all that is wrong in one run; what is wrong is left out of the model.
"""

from __future__ import annotations

import hashlib

from compiler import diagnostics, dtypes, facts, model
from compiler.diagnostics import Log
from compiler.resolve import (
    aggregators,
    bodies,
    circles,
    clashes,
    constants,
    hierarchy,
    hints,
    joins,
    literals,
    mediators,
    models,
    modules,
    names,
    references,
    schemas,
    sharing,
    spellings,
    views,
)


def resolve(given: facts.Facts, log: Log) -> model.App:
    """Give meaning to what an app declares."""
    known = names.Names(given)
    classes = hierarchy.Hierarchy(known, log)
    infos = tuple(classes.top_level(given))
    model_infos = [one for one in infos if one.kind == "model"]
    view_infos = [one for one in infos if one.kind == "view"]

    def embedded(info: hierarchy.ClassInfo) -> tuple[tuple[str, dtypes.Type], ...]:
        return read.fields(info)

    types = hints.Types(known, classes, log, embedded)
    spelt = spellings.Spellings(known, classes, types, {one.name: one for one in model_infos}, log)
    fixed = constants.Constants(given, known, classes)
    read = bodies.Bodies(known, types, spelt, fixed, log)
    described = schemas.Schemas(known, classes, spelt, log)
    guessed = literals.Literals(given, known, classes, types)
    app_models = models.Models(model_infos, read, described, guessed, types, log).all()

    store_infos = [one for one in infos if one.kind == "store"]
    maker = views.Views(view_infos, known, classes, read, [one.name for one in store_infos], log)
    store_of = maker.stores()
    declared = references.References(known, classes, spelt, log)
    stores: dict[str, model.Store] = {}
    app_views: dict[str, model.ViewModel] = {}
    for info in store_infos:
        used_by = [view for view, store in store_of.items() if store == info]
        if not used_by and any(info in other.bases for other in infos):
            continue  # a base that only its subclasses complete
        by_hand = {name: target for view in used_by for name, target in declared.models_by_hand(view).items()}
        found = declared.of(info, by_hand)
        joined = joins.Joins(info, app_models, log).of(found)
        if joined:
            sharing.check(info.name, joined, log)
            references_named = {one.name for one in found}
            own = tuple(one for one in read.constants(info) if one.name not in references_named)
            unjoined = tuple(sorted(references_named - {one.name for one in joined}))
            stores[info.name] = model.Store(
                info.name, info.module, joined, read.methods(info), info.declared.span, own, read.layers(info), unjoined
            )
    for view, store in store_of.items():
        if store.name in stores:
            app_views[view.name] = maker.make(view, store.name)

    _check_imports(known, log)
    clashes.check_classes(model_infos, "domain model", log)
    clashes.check_classes(store_infos, "store", log)
    clashes.check_classes(view_infos, "view", log)
    clashes.check_models(app_models, log)
    clashes.check_views(app_views, app_models, log)
    circles.check(app_models, app_views, log)
    aggregators.check(infos, read, log)
    app_modules = modules.Modules(given, known, classes, types, read, fixed).all()
    followed = mediators.Mediators(infos, given, known, app_models, stores, app_views, log).all()
    return model.App(given.app, app_modules, app_models, stores, app_views, _hash(given), followed)


def _check_imports(known: names.Names, log: Log) -> None:
    for one, module in known.failing_imports():
        hint = diagnostics.alternatives(one.attribute or "", known.own(module), f"`{module}` has")
        log.add("E203", one.span, f"module `{module}` has no name `{one.attribute}`", hint=hint)


def _hash(given: facts.Facts) -> str:
    digest = hashlib.sha256()
    for path in sorted(given.sources):
        digest.update(f"{path}\0{given.sources[path]}\0".encode())
    return digest.hexdigest()
