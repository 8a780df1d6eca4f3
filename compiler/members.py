"""Members of the project's Enums: of which Enum a value is one, and what its class declares.

shop.kind, where `kind: Kind`  →  EnumClass("Kind")        shop.kind is Kind.GUEST  →  eq($shop.kind, 'guest')
"""

from __future__ import annotations

from compiler import dtypes, ir, model, syntax, values
from compiler.scope import Scope


def enum_of(scope: Scope, owner: ir.Expr) -> model.EnumClass | None:
    """Return the Enum of which a value is a member, by its type or by the attribute that holds it."""
    kind = dtypes.required(owner.type)
    if isinstance(kind, dtypes.Scalar) and kind.enum:
        name = kind.enum.partition(":")[0]
        bindings = (one for module in scope.shared.app.modules.values() for one in module.names.values())
        found = {one.module: one for one in bindings if isinstance(one, model.EnumClass) and one.name == name}
        return next(iter(found.values())) if len(found) == 1 else None
    entity = dtypes.required(owner.entity.type) if isinstance(owner, ir.Attr) else None
    if not isinstance(owner, ir.Attr) or not isinstance(entity, dtypes.Entity):
        return None
    stored = scope.shared.app.models[entity.model].attribute(owner.name)
    return stored.enum if isinstance(stored, model.StoredAttribute) else None


def method(scope: Scope, enum: model.EnumClass, name: str) -> model.Method | None:
    """Return a method or property that the Enum declares."""
    names = scope.shared.app.modules[enum.module].names.values() if enum.module in scope.shared.app.modules else ()
    declared = next((one for one in names if isinstance(one, model.EnumClass) and one == enum), enum)
    return next((one for one in declared.methods if one.name == name), None)


def are_of_one_enum(scope: Scope, left: values.Value, right: values.Value, written: syntax.Expr) -> bool:
    """Tell whether a value and `Kind.GUEST`, as written, are members of one Enum: equal ones are the same object."""
    if not isinstance(left, ir.Expr) or not isinstance(right, ir.Const) or not isinstance(written, syntax.Attribute):
        return False
    named = scope.build(written.value) if isinstance(written.value, syntax.Name | syntax.Attribute) else None
    enum = enum_of(scope, left)
    return isinstance(named, values.EnumValue) and enum == named.of and written.name in dict(named.of.members)
