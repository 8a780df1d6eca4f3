"""Small projects for tests: source texts to a resolved app, and a plan that runs all its getters in Python."""

from __future__ import annotations

from pathlib import Path

from compiler import diagnostics, dtypes, model, plan, read, resolve, slices, udf_contract
from compiler.sources import Sources

HEADER = """
from __future__ import annotations
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel
"""


def resolved(folder: Path, **texts: str) -> model.App:
    """Return the app of modules written to `folder`; `app` is where it begins."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    log = diagnostics.Log()
    app = resolve.resolve(read.read(str(folder / "app.py"), log), log)
    errors = [one for one in log.found if one.is_error]
    assert errors == []
    return app


def in_python(app: model.App) -> plan.Plan:
    """Return a plan that has no tables, only a function for each getter."""
    sources = Sources(app)
    views = []
    for view in app.views.values():
        functions = tuple(function(app, sources, view, one) for one in view.attributes if one.getter is not None)
        views.append(plan.View(view.name, view.collection, "", (), (), (), functions, None))
    return plan.Plan(tuple(views))


def function(
    app: model.App, sources: Sources, view: model.ViewModel, attribute: model.ViewAttribute
) -> plan.PyFunction:
    """Return the function of a getter, with the parameters that it reads."""
    store = app.stores[view.store]
    params: list[tuple[str, dtypes.Type]] = []
    for name, attributes in slices.reads(sources, view.name, attribute.name).items():
        reference = store.reference(name)
        assert reference is not None
        if reference.many:
            params.append((name, dtypes.STR))
        else:
            params += [(udf_contract.parameter(name, one), dtypes.STR) for one in attributes]
    return plan.PyFunction(
        udf_contract.function_name(view.name, attribute.name),
        udf_contract.module(app),
        "collect",
        tuple(params),
        attribute.declared or dtypes.JSON,
        view.name,
        attribute.name,
    )
