"""f-strings.

f"{first} {last:>8}" → str.add(str(first), …format(last, ">8"))
"""

from __future__ import annotations

from compiler import dtypes, ir, syntax, values
from compiler.scope import Scope


def f_string(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build an f-string with literal format specs."""
    if not isinstance(node, syntax.FString):
        return None
    result: ir.Expr | None = None
    for part in node.parts:
        text = ir.Const(part, dtypes.STR, node.span) if isinstance(part, str) else _formatted(scope, part)
        if isinstance(text, ir.Declined):
            return text
        result = text if result is None else scope.primitive("+", (result, text), node.span)
        if result is None:
            return ir.Declined("D340", node.span, "this f-string has no SQL form")
    return result if result is not None else ir.Const("", dtypes.STR, node.span)


def _formatted(scope: Scope, part: syntax.Formatted) -> ir.Expr | ir.Declined:
    if part.conversion not in (None, "s"):
        return ir.Declined("D340", part.span, f"the conversion `!{part.conversion}` has no SQL form")
    value = scope.expr(part.value)
    if part.conversion == "s" or not part.spec:
        text = values.to_text(value, part.span)
        if isinstance(text, ir.Declined) or not part.spec:
            return text
        value = text
    if not isinstance(part.spec, str):
        return ir.Declined("D341", part.span, "the format is not a literal, so SQL cannot spell it")
    spec = ir.Const(part.spec, dtypes.STR, part.span)
    found = scope.primitive("format", (value, spec), part.span)
    if found is None:
        return ir.Declined(
            "D341", part.span, f"the format `{part.spec}` of `{dtypes.show(value.type)}` has no exact SQL form"
        )
    return found
