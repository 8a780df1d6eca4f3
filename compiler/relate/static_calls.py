"""Getters that are a call of a static method and nothing else: their function is the method's, not their own.

    @attrs.getter
    def title(self) -> str:
        return self.composed(self.store.city.name)      →  StaticCall(composed of CityView, (city.name,))

So getters that call one method share one function, whose name says what it is. Only what needs nothing of the getter
counts: attributes of the root, which is always there, of types that reach Python as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import dtypes, model, syntax

_AS_THEY_ARE = ("str", "bool", "int", "float")


@dataclass(frozen=True, slots=True)
class StaticCall:
    """A static method of a view or of a view above it, and the attributes of the root that it is called with."""

    owner: str
    method: model.Method
    attributes: tuple[model.StoredAttribute, ...]


def find(app: model.App, view: model.ViewModel, attribute: model.ViewAttribute) -> StaticCall | None:
    """Return the call that a getter is; None where it is anything else."""
    function = attribute.getter
    if function is None or function.is_async or not function.params:
        return None
    match function.body:
        case [syntax.Return(syntax.Call(syntax.Attribute(syntax.Name(owner), name), args, ()))]:
            method = next((one for one in view.methods if one.name == name), None)
            if owner != function.params[0].name or method is None or not _fits(view, attribute, method, len(args)):
                return None
            attributes = [_of_root(app, view, owner, one) for one in args]
            known = tuple(one for one in attributes if one is not None)
            return StaticCall(_owner(app, view, method), method, known) if len(known) == len(args) else None
    return None


def _fits(view: model.ViewModel, attribute: model.ViewAttribute, method: model.Method, given: int) -> bool:
    params = method.function.params
    return (
        method.kind == "static"
        and view.attribute(method.name) is None
        and len(params) == given
        and all(one.kind == "plain" for one in params)
        and _scalar(attribute.declared) == _scalar(method.returns)  # a function has one type of result
    )


def _scalar(one: dtypes.Type | None) -> dtypes.Type | None:
    inner = None if one is None else dtypes.required(one)
    return inner if isinstance(inner, dtypes.Scalar) else None


def _of_root(app: model.App, view: model.ViewModel, owner: str, argument: syntax.Expr) -> model.StoredAttribute | None:
    root = app.stores[view.store].root
    match argument:
        case syntax.Attribute(syntax.Attribute(syntax.Attribute(syntax.Name(receiver), "store"), reference), name):
            found = app.models[root.model].attribute(name)
            kind = None if not isinstance(found, model.StoredAttribute) else dtypes.required(found.type)
            if (
                receiver == owner
                and reference == root.name
                and isinstance(found, model.StoredAttribute)
                and not found.enums
                and isinstance(kind, dtypes.Scalar)
                and kind.name in _AS_THEY_ARE
                and not app.overriding(root.model, name)
            ):
                return found
    return None


def _owner(app: model.App, view: model.ViewModel, method: model.Method) -> str:
    """Return the class that declares the method where that is a view, whose name is its alone; else the view."""
    layer = next((one for one in view.layers if method in one.methods), None)
    return layer.name if layer is not None and layer.name in app.views else view.name
