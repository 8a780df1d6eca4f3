"""Attributes: of self, of the store, of entities, of records and of dates.

self.store.location.latitude → Attr(One("location"), "latitude")        user.display_name → the getter, inlined
"""

from __future__ import annotations

import datetime
import difflib
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from compiler import displays, dtypes, ir, members, model, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, unify


def attribute(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `value.name`."""
    if not isinstance(node, syntax.Attribute):
        return None
    if node.name in ("name", "value") and isinstance(node.value, syntax.Attribute):
        enum = scope.build(node.value.value)  # Kind.STAFF.name: of a StrEnum the member itself is a mere text
        if isinstance(enum, values.EnumValue) and node.value.name in dict(enum.of.members):
            text = node.value.name if node.name == "name" else dict(enum.of.members)[node.value.name]
            return ir.Const(text, dtypes.STR if isinstance(text, str) else dtypes.INT, node.span)
    if isinstance(node.value, syntax.Attribute):
        owner = scope.build(node.value.value) if isinstance(node.value.value, syntax.Name) else None
        method = members.method(scope, owner.of, node.name) if isinstance(owner, values.EnumValue) else None
        if method is not None:
            return _method(scope, method, scope.build(node.value), node)
    return _of(scope, scope.build(node.value), node)


def _of(scope: Scope, owner: values.Value, node: syntax.Attribute) -> values.Value | ir.Declined:
    match owner:
        case ir.Prim("after", (before, value)):
            read = _of(scope, value, node)
            return read if isinstance(read, ir.Declined) else scope.after(before, read, node.span)
        case ir.MakePair((*_, ir.Prim(last)) as parts) if last.endswith(".isoweekday"):
            place = ("year", "week", "weekday").index(node.name) if node.name in ("year", "week", "weekday") else None
            return values.BoundMethod(owner, node.name) if place is None else parts[place]
        case ir.If() if isinstance(dtypes.required(owner.type), dtypes.Entity | dtypes.Record):
            return _of_branches(scope, owner, node)
        case ir.MakeRecord():
            return _of_record(scope, owner, node)
    if not isinstance(owner, ir.Expr):
        return _of_static(scope, owner, node)
    kind = owner.type
    inner = dtypes.required(kind)
    enum = members.enum_of(scope, owner)
    if enum is not None and (node.name in ("value", "name") or members.method(scope, enum, node.name) is not None):
        return _of_member(scope, owner, enum, node)
    if isinstance(inner, dtypes.Entity):
        return _of_entity(scope, owner, inner.model, node)
    if isinstance(kind, dtypes.NoneType):
        return ir.Raises("AttributeError", f"'NoneType' object has no attribute '{node.name}'", span=node.span)
    if isinstance(inner, dtypes.Record) and inner.name and (of := inner.get(node.name)) is not None:
        return _of_embedded(owner, of, node)
    part = scope.primitive(f"attr:{node.name}", (owner,), node.span)
    if part is not None:
        return part
    cls = _CLASSES.get(inner.name) if isinstance(inner, dtypes.Scalar) and not inner.enum else None
    if cls is not None and not hasattr(cls, node.name):
        hint = "; a relation's value is the id itself" if node.name == "doc_id" else ""
        return ir.Declined("D302", node.span, f"a `{cls.__name__}` has no attribute `{node.name}`{hint}")
    return values.BoundMethod(owner, node.name)


_CLASSES: MappingProxyType[str, type] = MappingProxyType(
    {
        "str": str, "int": int, "float": float, "bool": bool, "decimal": Decimal, "date": datetime.date,
        "datetime": datetime.datetime, "local_datetime": datetime.datetime, "timedelta": datetime.timedelta,
    }
)  # fmt: skip


def _of_member(
    scope: Scope, owner: ir.Expr, enum: model.EnumClass, node: syntax.Attribute
) -> values.Value | ir.Declined:
    """Return `member.value` or `member.name`."""
    there = scope.is_there(owner, node.span)
    kind = dtypes.without_enums(dtypes.required(owner.type))
    found: ir.Expr = replace(owner, type=kind)
    method = members.method(scope, enum, node.name)
    if method is not None:
        none = ir.Raises("AttributeError", f"'NoneType' object has no attribute '{node.name}'", span=node.span)
        given = _method(scope, method, replace(owner, type=dtypes.required(owner.type)), node)
        return displays.choose(scope, there, given, none, node.span)
    if node.name == "name":
        value = found
        found = ir.Const(enum.members[-1][0], dtypes.STR, node.span)
        for name, one in reversed(enum.members[:-1]):
            test = ir.Prim("eq", (value, ir.Const(one, kind)), dtypes.BOOL, node.span)
            found = ir.If(test, ir.Const(name, dtypes.STR), found, dtypes.STR, node.span)
        if isinstance(value, ir.Const):
            found = ir.Const(next(name for name, one in enum.members if one == value.value), dtypes.STR, node.span)
    none = ir.Raises("AttributeError", f"'NoneType' object has no attribute '{node.name}'", span=node.span)
    return displays.choose(scope, there, found, none, node.span)


def _of_static(scope: Scope, owner: values.Static, node: syntax.Attribute) -> values.Value | ir.Declined:
    match owner:
        case values.SelfView():
            return _of_view(scope, node)
        case values.StoreValue():
            return _of_store(scope, node)
        case values.Mapping() | values.Entries() | values.EmptyDict() | values.Several() | values.Table():
            return values.BoundMethod(owner, node.name)
        case values.ModelValue():
            return _of_class(scope, owner, node)
        case values.Super(receiver, layers):
            return _of_layers(scope, receiver, layers, node)
        case values.EnumValue(of):
            value = dict(of.members).get(node.name)
            method = members.method(scope, of, node.name)
            if value is None and method is not None and method.kind in ("static", "class"):
                return _method(scope, method, owner, node)
            if value is None:
                return values.BoundMethod(owner, node.name)
            return ir.Const(value, of.type, node.span)
        case values.ClassValue(record):
            method = next((one for one in record.methods if one.name == node.name), None)
            if method is not None and method.kind in ("static", "class"):
                return _method(scope, method, owner, node)
            if record.kind == "aggregator" and node.name == "over":
                return values.BoundMethod(owner, "over")
            constants = (_constant(scope, layer.constants, node) for layer in record.layers)
            constant = next((one for one in constants if one is not None), None)
            if method is None and constant is not None:
                return constant
        case values.Builtin(qualified):
            return values.Builtin(f"{qualified}.{node.name}")
    return ir.Declined("D302", node.span, f"attribute `{node.name}` of this value has no SQL form")


def _of_view(scope: Scope, node: syntax.Attribute) -> values.Value | ir.Declined:
    view = scope.shared.view
    if node.name == "store":
        return values.StoreValue()
    declared = view.attribute(node.name)
    if declared is not None:
        return _getter(scope, declared, node)
    method = next((one for one in view.methods if one.name == node.name), None)
    constant = _constant(scope, view.constants, node)
    if method is None and constant is not None:
        return constant
    if method is None:
        names = ["store", *(one.name for one in view.attributes), *(one.name for one in view.methods)]
        scope.error(
            "E312",
            node.name_span,
            f"`{view.name}` has no attribute `{node.name}`",
            _suggest(view.name, node.name, names),
        )
    return _method(scope, method, values.SelfView(), node)


def _getter(scope: Scope, declared: model.ViewAttribute, node: syntax.Attribute) -> values.Value | ir.Declined:
    shared = scope.shared
    if declared.getter is None:
        return ir.Const(None, dtypes.NONE, node.span)  # nothing sets it in a view
    if declared.name not in shared.getters:
        if declared.name in shared.running:
            return ir.Declined("D308", node.span, f"`{declared.name}` reads itself")
        shared.running.append(declared.name)
        inner = Scope(shared, declared.module, {})
        try:
            shared.getters[declared.name] = inner.call(
                inner.closure(declared.getter, declared.module, values.SelfView()), (), {}, declared.span
            )
        finally:
            shared.running.pop()
    built = shared.getters[declared.name]
    if isinstance(built, ir.Declined):
        return ir.Declined("D312", node.span, f"`{declared.name}` itself has no SQL form: {built.message}")
    return built


def _method(scope: Scope, method: model.Method, receiver: values.Value, node: syntax.Attribute) -> values.Value:
    closure = scope.closure(method.function, method.module, None if method.kind == "static" else receiver)
    if method.kind == "property":
        return scope.call(closure, (), {}, node.span)
    return closure


def _of_store(scope: Scope, node: syntax.Attribute) -> values.Value | ir.Declined:
    store = scope.shared.store
    reference = store.reference(node.name)
    if reference is not None and reference.many:
        return values.Mapping(reference.name)
    if reference is not None:
        entity = dtypes.Entity(reference.model)
        is_root = isinstance(reference.via, model.Root)
        return ir.One(reference.name, entity if is_root else dtypes.optional(entity), node.span)
    method = next((one for one in store.methods if one.name == node.name), None)
    constant = _constant(scope, store.constants, node)
    if method is None and constant is not None:
        return constant
    if node.name in store.unjoined:
        return ir.Declined("D302", node.span, f"`{store.name}.{node.name}` cannot be joined")
    if method is None:
        names = [*(one.name for one in store.references), *(one.name for one in store.methods)]
        scope.error(
            "E312",
            node.name_span,
            f"`{store.name}` has no reference `{node.name}`",
            _suggest(store.name, node.name, names),
        )
    return _method(scope, method, values.StoreValue(), node)


def _of_entity(scope: Scope, entity: ir.Expr, name: str, node: syntax.Attribute) -> values.Value | ir.Declined:
    below = scope.shared.app.overriding(name, node.name)
    if not below:
        return _of_model(scope, entity, name, node)
    if dtypes.nullable(entity.type):
        there = scope.is_there(entity, node.span)
        none = ir.Raises("AttributeError", f"'NoneType' object has no attribute '{node.name}'", span=node.span)
        known = replace(entity, type=dtypes.required(entity.type))
        return _either(scope, there, _of_entity(scope, known, name, node), none, node.span)
    return _of_family(scope, entity, name, below, node)


def _of_family(
    scope: Scope, entity: ir.Expr, name: str, below: tuple[str, ...], node: syntax.Attribute
) -> values.Value | ir.Declined:
    """Return what the entity's own class says, by its `obj_type`; of another name it is the model itself."""
    models = scope.shared.app.models
    kind = ir.Attr(entity, "obj_type", dtypes.optional(dtypes.STR), node.span)
    if models[name].member(node.name) is None:
        found: values.Value | ir.Declined = ir.Raises(
            "AttributeError", f"'{name}' object has no attribute '{node.name}'", span=node.span
        )
    else:
        found = _of_model(scope, entity, name, node)
    for one in below:
        if models[one].member(node.name) is None:
            continue
        test = ir.Prim("eq", (kind, ir.Const(one, dtypes.STR)), dtypes.BOOL, node.span)
        its = _of_model(scope, replace(entity, type=dtypes.Entity(one)), one, node)
        found = _either(scope, test, its, found, node.span)
    return found


def _either(
    scope: Scope, test: ir.Expr, then: values.Value | ir.Declined, orelse: values.Value | ir.Declined, span: Span
) -> values.Value | ir.Declined:
    if isinstance(then, ir.Declined) or isinstance(orelse, ir.Declined):
        return then if isinstance(then, ir.Declined) else orelse
    return displays.choose(scope, test, then, orelse, span)


def _of_class(scope: Scope, owner: values.ModelValue, node: syntax.Attribute) -> values.Value | ir.Declined:
    app, name = scope.shared.app, owner.name
    found = app.models.get(name) or app.views.get(name) or app.stores.get(name)
    if node.name == "__name__":
        return ir.Const(name, dtypes.STR, node.span)
    layers = _layers_from(app, name) if found is None else found.layers
    for layer in layers:
        method = next((one for one in layer.methods if one.name == node.name), None)
        if method is not None and method.kind != "property":
            return scope.closure(method.function, method.module, owner if method.kind == "class" else None)
        constant = _constant(scope, layer.constants, node)
        if constant is not None:
            return constant
    return ir.Declined("D302", node.span, f"`{name}.{node.name}` is no constant or method that SQL could inline")


def _layers_from(app: model.App, name: str) -> tuple[model.Layer, ...]:
    """Return the classes from that one up, as a view below it has them: a base without a store is no view itself."""
    for view in app.views.values():
        names = [one.name for one in view.layers]
        if name in names:
            return view.layers[names.index(name) :]
    return ()


def _of_layers(
    scope: Scope, receiver: values.Value, layers: tuple[model.Layer, ...], node: syntax.Attribute
) -> values.Value | ir.Declined:
    """Return what the first of the classes above gives the name."""
    for layer in layers:
        for name, function, module in layer.getters:
            if name == node.name:
                return scope.call(scope.closure(function, module, receiver), (), {}, node.span)
        for method in layer.methods:
            if method.name == node.name:
                return _method(scope, method, receiver, node)
        constant = _constant(scope, layer.constants, node)
        if constant is not None:
            return constant
    return ir.Declined("D302", node.span, f"`super().{node.name}` is none of what the project declares")


def _of_model(scope: Scope, entity: ir.Expr, name: str, node: syntax.Attribute) -> values.Value | ir.Declined:
    declared = scope.shared.app.models[name]
    found = declared.attribute(node.name)
    match found:
        case model.StoredAttribute():
            if isinstance(found.type, dtypes.Json):
                scope.error(
                    "E314", node.span, f"`{name}.{node.name}` has no type, so no column can hold it",
                    f"annotate it where it is declared, for example `{node.name}: str = attrs.nothing`",
                )  # fmt: skip
            kind = found.type if found.name == "doc_id" else dtypes.optional(found.type)
            if found.held is not None:
                kind = dtypes.optional(dtypes.without_textual_enums(found.held))
            return ir.Attr(entity, found.name, kind, node.span)
        case model.ComputedAttribute(_, function, module):
            inner = Scope(scope.shared, module, {}, scope.known, scope.calls)
            value = inner.call(inner.closure(function, module, entity), (), {}, node.span)
            if not dtypes.nullable(entity.type) or not isinstance(value, ir.Expr):
                return value
            # The body would raise as well, on its first read of a missing entity, but of another attribute.
            there, none = scope.is_there(entity, node.span), ir.Const(None, dtypes.NONE)
            told = ir.Const(f"AttributeError: 'NoneType' object has no attribute '{node.name}'", dtypes.STR)
            return scope.after(ir.Prim("check", (there, told, none), dtypes.NONE, node.span), value, node.span)
    method = next((one for one in declared.methods if one.name == node.name), None)
    constant = _constant(scope, declared.constants, node)
    if method is None and constant is not None:
        return constant
    if method is None:
        attributes = (*(one.name for one in declared.stored), *(one.name for one in declared.computed))
        names = [*attributes, *(one.name for one in declared.methods)]
        scope.error(
            "E312", node.name_span, f"`{name}` has no attribute `{node.name}`", _suggest(name, node.name, names)
        )
    return _method(scope, method, entity, node)


def _constant(
    scope: Scope, constants: tuple[model.ClassConstant, ...], node: syntax.Attribute
) -> values.Value | ir.Declined | None:
    found = next((one for one in constants if one.name == node.name), None)
    if found is None:
        return None
    if found.value is None:
        return ir.Declined("D302", node.span, f"`{node.name}` is known only when its module runs")
    return Scope(scope.shared, found.module, {}).build(found.value)


def _of_branches(scope: Scope, owner: ir.If, node: syntax.Attribute) -> values.Value | ir.Declined:
    then, orelse = _of(scope, owner.then, node), _of(scope, owner.orelse, node)
    if isinstance(then, ir.Declined) or isinstance(orelse, ir.Declined):
        return then if isinstance(then, ir.Declined) else orelse
    both = unify(scope.as_expr(then, node.span), scope.as_expr(orelse, node.span))
    if both is None:
        return ir.Declined("D313", node.span, f"`{node.name}` has two types here")
    return conditional(owner.test, both[0], both[1], both[2], node.span)


def _of_record(scope: Scope, owner: ir.MakeRecord, node: syntax.Attribute) -> values.Value | ir.Declined:
    fields = dict(owner.fields)
    if node.name in fields and isinstance(owner.type, dtypes.Record) and owner.type.name:
        found: values.Value = fields[node.name]
        for name, value in reversed(owner.fields):
            found = found if name == node.name else scope.after(value, found, node.span)
        return found
    record = _record_class(scope, owner)
    method = None if record is None else next((one for one in record.methods if one.name == node.name), None)
    return values.BoundMethod(owner, node.name) if method is None else _method(scope, method, owner, node)


def _record_class(scope: Scope, owner: ir.Expr) -> model.RecordClass | None:
    """Return the class of a record, where the project has one of that name alone."""
    kind = dtypes.required(owner.type)
    name = kind.name if isinstance(kind, dtypes.Record) else ""
    bindings = (one for module in scope.shared.app.modules.values() for one in module.names.values())
    found = {one.module: one for one in bindings if isinstance(one, model.RecordClass) and one.name == name}
    return next(iter(found.values())) if name and len(found) == 1 else None


def _of_embedded(owner: ir.Expr, of: dtypes.Type, node: syntax.Attribute) -> ir.Expr:
    """Read an attribute of an object inside a document; any of them may be missing."""
    name = ir.Const(node.name, dtypes.STR)
    value = ir.Prim("record.field", (owner, name), dtypes.optional(of), node.span)
    if not dtypes.nullable(owner.type):
        return value
    there = ir.Prim("not_none", (owner,), dtypes.BOOL)
    told = ir.Const(f"AttributeError: 'NoneType' object has no attribute '{node.name}'", dtypes.STR)
    return ir.Prim("check", (there, told, value), value.type, node.span)


def _suggest(owner: str, name: str, names: list[str]) -> str:
    listed = f"`{owner}` has {', '.join(names)}"
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean `{close[0]}`? {listed}" if close else listed
