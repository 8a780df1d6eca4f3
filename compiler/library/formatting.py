"""Texts with values in them: f-strings, `str.format` and `%` with a constant text.

"%s has %d" % (name, count)  →  str(name) || ' has ' || str(count)        "{:>5}".format(code)  →  format(code, '>5')
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import replace

from compiler import displays, dtypes, ir, primitives, rewrite, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Keywords, Scope, conditional

_Answer = values.Value | ir.Declined | None

_PERCENT = re.compile(
    r"%(?:(?P<percent>%)|(?P<flags>[-+0]*)(?P<width>[1-9][0-9]*)?(?:\.(?P<digits>[0-9]+))?(?P<kind>[sdif]))"
)


def concatenated(scope: Scope, parts: Iterable[ir.Expr], span: Span) -> ir.Expr | ir.Declined:
    """Return the texts joined."""
    result: ir.Expr | None = None
    for part in parts:
        if part == ir.Const("", dtypes.STR):
            continue
        joined = part if result is None else scope.primitive("+", (result, part), span)
        if joined is None:
            return ir.Declined("D340", span, "this text has no SQL form")
        result = joined
    return result if result is not None else ir.Const("", dtypes.STR, span)


def formatted(scope: Scope, value: ir.Expr, spec: str, conversion: str | None, span: Span) -> ir.Expr | ir.Declined:
    """Return `f"{value!conversion:spec}"`."""
    if conversion == "r" and dtypes.required(value.type) not in (dtypes.INT, dtypes.BOOL, dtypes.NONE):
        return ir.Declined("D340", span, f"the conversion `!r` of `{dtypes.show(value.type)}` has no SQL form")
    if conversion not in (None, "s", "r"):
        return ir.Declined("D340", span, f"the conversion `!{conversion}` has no SQL form")
    named = _member_text(scope, value, span)
    if named is not None and (conversion == "s" or not spec):
        value = named
    if conversion is not None or not spec:
        text = values.to_text(value, span)
        if isinstance(text, ir.Declined) or not spec:
            return primitives.folded(text) if isinstance(text, ir.Prim) else text
        value = text
    if _may_be_whole(value):
        return ir.Declined("D341", span, "the format of a mean, which may be an int or a float, has no exact SQL form")
    found = scope.primitive("format", (value, ir.Const(spec, dtypes.STR, span)), span)
    if found is None:
        return ir.Declined("D341", span, f"the format `{spec}` of `{dtypes.show(value.type)}` has no exact SQL form")
    return found


def _member_text(scope: Scope, value: ir.Expr, span: Span) -> ir.Expr | None:
    """Return `str` of an Enum's member, `Status.OPEN`; None for any other value."""
    kind = dtypes.required(value.type)
    if not isinstance(kind, dtypes.Scalar) or not kind.enum:
        return None
    if kind.enum.endswith(":textual"):
        return replace(value, type=dtypes.without_enums(value.type))
    there = scope.is_there(value, span)
    inner = replace(value, type=kind)
    name = scope.as_expr(scope.attribute(inner, "name", span), span)
    text = concatenated(scope, (ir.Const(f"{kind.enum.partition(':')[0]}.", dtypes.STR), name), span)
    return (
        None
        if isinstance(text, ir.Declined)
        else conditional(there, text, ir.Const("None", dtypes.STR, span), dtypes.STR, span)
    )


def _may_be_whole(value: ir.Expr) -> bool:
    """Tell whether a float may be an int in Python, as the mean of ints is where it is one."""
    return any(isinstance(one, ir.Prim) and one.op == "int.mean" for one in rewrite.walk(value))


def braces(scope: Scope, text: str, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    """Return `text.format(*args, **keywords)`."""
    parts: list[ir.Expr] = []
    counted = 0
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError as error:
        return ir.Raises("ValueError", str(error), span=span)
    for literal, name, spec, conversion in pieces:
        parts.append(ir.Const(literal, dtypes.STR, span))
        if name is None:
            continue
        if name == "" or name[0] in ".[":
            name, counted = f"{counted}{name}", counted + 1
        value = _named(scope, name, args, keywords, span)
        if isinstance(value, ir.Declined) or "{" in (spec or ""):
            return value if isinstance(value, ir.Declined) else ir.Declined("D341", span, "the format is not a literal")
        part = formatted(scope, value, spec or "", conversion or None, span)
        if isinstance(part, ir.Declined):
            return part
        parts.append(part)
    return concatenated(scope, parts, span)


def _named(scope: Scope, name: str, args: Arguments, keywords: Keywords, span: Span) -> ir.Expr | ir.Declined:
    first, *rest = name.split(".")
    found = args[int(first)] if first.isdigit() and int(first) < len(args) else keywords.get(first)
    if found is None or "[" in name:
        return ir.Declined("D341", span, f"the field `{name}` of the format has no SQL form")
    for one in rest:
        found = scope.attribute(found, one, span)
    return scope.as_expr(found, span)


def percent(scope: Scope, text: str, given: values.Value, span: Span) -> _Answer:
    """Return `text % given`."""
    items = displays.items_of(given) if isinstance(given, ir.MakePair | values.Several) else None
    operands = [given] if items is None else list(displays.spread(items) or ())
    parts: list[ir.Expr] = []
    place, taken = 0, 0
    while place < len(text):
        found = _PERCENT.match(text, place)
        if text[place] != "%":
            end = text.find("%", place)
            end = len(text) if end < 0 else end
            parts.append(ir.Const(text[place:end], dtypes.STR, span))
            place = end
            continue
        if found is None:
            return ir.Declined("D341", span, "a `%` format with this directive has no exact SQL form")
        place = found.end()
        if found["percent"]:
            parts.append(ir.Const("%", dtypes.STR, span))
            continue
        if taken >= len(operands):
            return ir.Raises("TypeError", "not enough arguments for format string", span=span)
        part = _directive(scope, found, scope.as_expr(operands[taken], span), span)
        if isinstance(part, ir.Declined):
            return part
        taken += 1
        parts.append(part)
    if taken < len(operands):
        return ir.Raises("TypeError", "not all arguments converted during string formatting", span=span)
    return concatenated(scope, parts, span)


def _directive(scope: Scope, found: re.Match[str], value: ir.Expr, span: Span) -> ir.Expr | ir.Declined:
    flags, width, digits, kind = found["flags"], found["width"] or "", found["digits"], found["kind"]
    align = "<" if "-" in flags else ">" if width else ""
    if kind == "s":
        spec = f"{align}{width}{'' if digits is None else f'.{digits}'}"
        return formatted(scope, value, spec, "s", span)
    wanted = (dtypes.INT,) if kind in "di" else (dtypes.FLOAT, dtypes.INT, dtypes.DECIMAL)
    if value.type not in wanted:
        return ir.Declined("D341", span, f"`%{kind}` of `{dtypes.show(value.type)}` has no exact SQL form")
    if kind in "di":
        if digits is not None:
            return ir.Declined("D341", span, f"`%.{digits}d` has no exact SQL form")
        zero = "0" if "0" in flags and "-" not in flags and width else ""
        return formatted(scope, value, f"{'' if zero else align}{'+' if '+' in flags else ''}{zero}{width}", None, span)
    number = scope.primitive("float", (value,), span)
    if number is None or "+" in flags or "0" in flags:
        return ir.Declined("D341", span, "this `%` format of a float has no exact SQL form")
    return formatted(scope, number, f"{align}{width}.{digits if digits is not None else '6'}f", None, span)
