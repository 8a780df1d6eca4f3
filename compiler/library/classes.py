"""Classes of the project at work: `super()`, `isinstance`, `type(x).__name__`.

isinstance(user, Boss)  →  eq(user.obj_type, "Boss")        super().rank()  →  what the next class above declares
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import displays, dtypes, ir, model, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Builder, Keywords, Scope, call_key, conjunction, disjunction

_Answer = values.Value | ir.Declined | None


def _super(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    receiver = scope.names.get("self", scope.names.get("cls"))
    layers = () if receiver is None else _layers(scope, receiver)
    places = {key: place for place, layer in enumerate(layers) for key in _keys(layer)}
    here = next((places[one] for one in reversed(scope.calls) if one in places), None)
    if receiver is not None and here is not None:
        return values.Super(receiver, layers[here + 1 :])
    return ir.Declined("D302", span, "`super()` here is no method of a model, store, view or aggregator")


def _keys(layer: model.Layer) -> Iterator[str]:
    """Yield the names under which calls of what a class declares stand in `Scope.calls`."""
    for method in layer.methods:
        yield call_key(method.module, method.function.name, method.function.body)
    for _, function, module in layer.getters:
        yield call_key(module, function.name, function.body)


def _layers(scope: Scope, receiver: values.Value) -> tuple[model.Layer, ...]:
    app = scope.shared.app
    match receiver:
        case values.SelfView():
            return scope.shared.view.layers
        case values.ClassValue(record):
            return record.layers
        case values.ModelValue(name):
            found = app.models.get(name) or app.views.get(name)
            return () if found is None else found.layers
    kind = dtypes.required(receiver.type) if isinstance(receiver, ir.Expr) else None
    return app.models[kind.model].layers if isinstance(kind, dtypes.Entity) else ()


_SCALARS = {
    "str": ("str",), "int": ("int", "bool"), "float": ("float",), "bool": ("bool",), "decimal.Decimal": ("decimal",),
    "datetime.date": ("date", "datetime", "local_datetime"), "datetime.datetime": ("datetime", "local_datetime"),
    "datetime.timedelta": ("timedelta",), "bytes": ("bytes",),
}  # fmt: skip


def _isinstance(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if len(args) != 2 or not isinstance(args[0], ir.Expr):
        return None
    items = displays.items_of(args[1])
    classes = (args[1],) if items is None else displays.spread(items) or ()
    tests = [_is_a(scope, args[0], one, span) for one in classes]
    found = [one for one in tests if one is not None]
    if len(found) < len(tests):
        return ir.Declined("D302", span, "`isinstance` with this class has no SQL form")
    return disjunction(found, span)


def _is_a(scope: Scope, value: ir.Expr, cls: values.Value, span: Span) -> ir.Expr | None:
    kind = dtypes.required(value.type)
    there = scope.is_there(value, span)
    match kind, cls:
        case dtypes.Entity(name), values.ModelValue(wanted):
            models = scope.shared.app.models
            if wanted not in models:
                return ir.Const(False, dtypes.BOOL, span)
            if wanted == name or wanted in models[name].bases:
                return there
            named = [one for one in (wanted, *models[wanted].subclasses) if one in models[name].subclasses]
            if not named:
                return ir.Const(False, dtypes.BOOL, span)
            inner = scope.assume((value,)).narrow(value)
            assert isinstance(inner, ir.Expr)
            obj_type = ir.Attr(inner, "obj_type", dtypes.optional(dtypes.STR), span)
            constants = tuple(ir.Const(one, dtypes.STR) for one in named)
            return conjunction((there, ir.Prim("in", (obj_type, *constants), dtypes.BOOL, span)), span)
        case dtypes.Scalar(name), values.Builtin(qualified) if qualified in _SCALARS:
            inside = name in _SCALARS[qualified]
            return there if inside else ir.Const(False, dtypes.BOOL, span)
        case (dtypes.ListOf(), values.Builtin("list")) | (dtypes.DictOf() | dtypes.Record(), values.Builtin("dict")):
            return there
    return None


FUNCTIONS: dict[str, Builder] = {"super": _super, "isinstance": _isinstance}
