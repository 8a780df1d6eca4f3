"""Names, constants and module members: what an identifier stands for.

LARGE → Const(Decimal("100.00"))        len → Builtin("len")        pricing.discount → Closure
"""

from __future__ import annotations

import builtins
from dataclasses import replace

from compiler import changes, dtypes, ir, model, syntax, values
from compiler.scope import Scope


def literal(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `"text"`, `1`, `True`, `None`."""
    if not isinstance(node, syntax.Literal):
        return None
    match node.value:
        case None:
            return ir.Const(None, dtypes.NONE, node.span)
        case bool():
            return ir.Const(node.value, dtypes.BOOL, node.span)
        case int():
            if not -(2**63) < node.value < 2**63:
                return ir.Declined("D310", node.span, "a whole number beyond 64 bits has no SQL form")
            return ir.Const(node.value, dtypes.INT, node.span)
        case float():
            return ir.Const(node.value, dtypes.FLOAT, node.span)
        case str():
            return ir.Const(node.value, dtypes.STR, node.span)
        case bytes():
            return ir.Const(node.value, dtypes.BYTES, node.span)


def name(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build a bare name: a local, a name of the module, a builtin."""
    if not isinstance(node, syntax.Name):
        return None
    if node.id in scope.names:
        return _local(scope, scope.names[node.id], node)
    module = scope.shared.app.modules.get(scope.module)
    if module is not None and node.id in module.names:
        return _bound(scope, module.names[node.id], scope.module, node)
    if hasattr(builtins, node.id):
        return values.Builtin(node.id)
    scope.error("E311", node.span, f"name `{node.id}` is not defined")


def _local(scope: Scope, found: values.Value, node: syntax.Name) -> values.Value | ir.Declined:
    match found:
        case values.Unbound():
            return replace(values.unset(node.id), span=node.span)
        case values.Unknown():
            return ir.Declined("D366", node.span, f"what `{node.id}` holds here depends on an earlier pass of a loop")
        case values.Conflict(declined):
            return declined
        case values.Closure():
            return _as_now(scope, found)
        case values.Held():
            return changes.held(scope, found, node.span)
    if any(isinstance(one, values.Held) and one.owed and one.owner == node.id for one in scope.names.values()):
        return ir.Declined("D360", node.span, f"`{node.id}` is read before what was got from it is put there")
    return found


def _as_now(scope: Scope, found: values.Closure) -> values.Closure:
    """Return a nested function as it is in the call where it was made: it sees what its names stand for now."""
    if found.home is None or found.home != scope.calls:
        return found
    outer = {one: value for one, value in found.names.items() if one in scope.inner}
    hidden = scope.inner - outer.keys()
    names = {name: one for name, one in scope.names.items() if name not in hidden}
    return replace(found, names={**names, **outer})


def member(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build `module.name`, of the project or from outside."""
    if not isinstance(node, syntax.Attribute) or not isinstance(node.value, syntax.Name | syntax.Attribute):
        return None
    owner = _owner(scope, node.value)
    if isinstance(owner, values.Builtin):
        return values.Builtin(f"{owner.qualified}.{node.name}")
    if isinstance(owner, values.ModuleValue):
        module = scope.shared.app.modules[owner.module]
        if node.name not in module.names:
            scope.error("E311", node.name_span, f"module `{owner.module}` has no name `{node.name}`")
        return _bound(scope, module.names[node.name], owner.module, node)
    return None


def _owner(scope: Scope, node: syntax.Expr) -> values.Value | None:
    # Only names that lead to modules and outside names are followed here; the rest is `attributes`' matter.
    if isinstance(node, syntax.Name) and node.id not in scope.names:
        module = scope.shared.app.modules.get(scope.module)
        binding = module.names.get(node.id) if module is not None else None
        if isinstance(binding, model.Imported):
            return values.Builtin(binding.qualified)
        if isinstance(binding, model.ProjectModule):
            return values.ModuleValue(binding.module)
        if binding is None and hasattr(builtins, node.id):
            return values.Builtin(node.id)
    if isinstance(node, syntax.Attribute):
        owner = _owner(scope, node.value)
        if isinstance(owner, values.Builtin):
            return values.Builtin(f"{owner.qualified}.{node.name}")
    return None


def _bound(scope: Scope, binding: model.Binding, module: str, node: syntax.Expr) -> values.Value | ir.Declined:
    match binding:
        case model.Constant(value):
            return Scope(scope.shared, binding.module or module, {}).build(value)
        case syntax.Function():
            return scope.closure(binding, binding.module or module)
        case model.RecordClass():
            return values.ClassValue(binding, binding.module or module)
        case model.EnumClass():
            return values.EnumValue(binding)
        case model.Imported(qualified):
            return values.Builtin(qualified)
        case model.ProjectModule(name):
            return values.ModuleValue(name)
        case model.ModelClass(name):
            return values.ModelValue(name)
        case model.ProjectName(what, name):
            return ir.Declined("D302", node.span, f"the {what} `{name}` has no SQL form")
