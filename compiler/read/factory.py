"""Classes that onto's factory makes, as the class statements that they stand for.

    City = ClsFactory.create_customized(name="City", fieldnames=["name"], additional_base=(CityBase,))
    →  class City(CityBase, ClsFactory): name = <attrs>.bproperty()

The factory itself stands for `DomainModel` among the bases: the module has a name for it.
"""

from __future__ import annotations

from compiler import facts, syntax
from compiler.diagnostics import Span

_ATTRS = "<attrs>"  # a name that no module can bind itself


def made(name: str, value: syntax.Expr, source: str, span: Span) -> tuple[facts.Member, ...]:
    """Return the class that an assignment's value makes, and what it takes; nothing where the text does not tell it."""
    if not isinstance(value, syntax.Call) or not isinstance(value.func, syntax.Attribute):
        return ()
    factory = value.func.value
    if syntax.show(factory).rpartition(".")[2] != "ClsFactory":
        return ()
    match value.func.name:
        case "create_customized":
            given = _given(value, ("name", "fieldnames", "auto_initialized", "importable", "exportable"))
            members = _fields(given.get("fieldnames"), given.get("exportable"))
            bases = _items(given.get("additional_base"))
        case "create":
            given = _given(value, ("name", "schema", "base"))
            members = _meta(given.get("schema"), span)
            bases = (given["base"],) if "base" in given else ()
        case _:
            return ()
    named = given.get("name")
    if members is None or bases is None or not isinstance(named, syntax.Literal) or named.value != name:
        return ()
    attrs = facts.Import(_ATTRS, "onto", "attrs", True, span)
    return attrs, facts.Class(name, (*bases, factory), members, source=source, span=span)


def _given(call: syntax.Call, parameters: tuple[str, ...]) -> dict[str, syntax.Expr]:
    named = {name: value for name, value in call.keywords if name is not None}
    return {**dict(zip(parameters, call.args, strict=False)), **named}


def _items(written: syntax.Expr | None) -> tuple[syntax.Expr, ...] | None:
    if written is None:
        return ()
    return written.items if isinstance(written, syntax.Tuple | syntax.List) else None


def _fields(written: syntax.Expr | None, exportable: syntax.Expr | None) -> tuple[facts.Member, ...] | None:
    items = None if written is None else _items(written)
    if items is None:
        return None
    options = () if exportable is None else (("export_enabled", exportable),)
    found: list[facts.Member] = []
    for one in items:
        if not isinstance(one, syntax.Literal) or not isinstance(one.value, str):
            return None
        builder = syntax.Attribute(syntax.Name(_ATTRS, one.span), "bproperty", one.span, one.span)
        value = syntax.Call(builder, (), options, one.span)
        found.append(facts.Assignment(one.value, None, value, span=one.span))
    return tuple(found)


def _meta(schema: syntax.Expr | None, span: Span) -> tuple[facts.Member, ...] | None:
    if schema is None:
        return None
    return (facts.Class("Meta", (), (facts.Assignment("schema_cls", None, schema, span=span),), span=span),)
