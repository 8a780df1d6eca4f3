"""f-strings.

f"{first} {last:>8}" → str.add(str(first), …format(last, ">8"))
"""

from __future__ import annotations

from compiler import dtypes, ir, syntax, values
from compiler.library import formatting
from compiler.scope import Scope, conditional


def f_string(scope: Scope, node: syntax.Expr) -> values.Value | ir.Declined | None:
    """Build an f-string with literal format specs."""
    if not isinstance(node, syntax.FString):
        return None
    parts: list[ir.Expr] = []
    for part in node.parts:
        text = ir.Const(part, dtypes.STR, node.span) if isinstance(part, str) else _formatted(scope, part)
        if isinstance(text, ir.Declined):
            return text
        parts.append(text)
    return formatting.concatenated(scope, parts, node.span)


def _formatted(scope: Scope, part: syntax.Formatted) -> ir.Expr | ir.Declined:
    spec = part.spec or ""
    if not isinstance(spec, str):
        made = scope.expr(spec)
        if not (isinstance(made, ir.Const) and isinstance(made.value, str)):
            return ir.Declined("D341", part.span, "the format is not a literal, so SQL cannot spell it")
        spec = made.value
    return _spelled(scope, scope.build(part.value), spec, part)


def _spelled(scope: Scope, value: values.Value, spec: str, part: syntax.Formatted) -> ir.Expr | ir.Declined:
    if isinstance(value, values.Choice):
        then, orelse = (_spelled(scope, one, spec, part) for one in (value.then, value.orelse))
        if isinstance(then, ir.Declined) or isinstance(orelse, ir.Declined):
            return then if isinstance(then, ir.Declined) else orelse
        return conditional(value.test, then, orelse, dtypes.STR, part.span)
    return formatting.formatted(scope, scope.as_expr(value, part.value.span), spec, part.conversion, part.span)
