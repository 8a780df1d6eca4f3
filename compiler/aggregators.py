"""Aggregators: classes over `onto.aggregator.Aggregator`, and what applying one means.

    Longest.over(store.visits)
    →  accumulator = Longest.create_accumulator()
       for item in store.visits.values():
           accumulator = Longest.accumulate(accumulator, item)
       return Longest.get_value(accumulator)

So an aggregator that SQL can say is SQL like any other loop; the others run as Python on the collected items.
"""

from __future__ import annotations

from compiler import dtypes, ir, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Keywords, Scope


def over(
    scope: Scope, cls: values.ClassValue, args: Arguments, keywords: Keywords, span: Span
) -> values.Value | ir.Declined:
    """Return what `Aggregator.over` gives, inlined; its lines stand at the call."""
    given = (*args, *(one for name, one in keywords.items() if name == "items"))
    if len(given) != 1 or len(args) + len(keywords) != 1:
        return ir.Declined("D309", span, f"the arguments do not fit `{cls.record.name}.over`")
    items = given[0]
    if isinstance(items, values.Mapping | values.Table | values.EmptyDict) or _is_dict(items):
        items = values.Entries("values", items)  # type: ignore[arg-type]  # checked by the test above
    function = _over(span)
    return scope.call(scope.closure(function, cls.module, cls), (items,), {}, span)


def _is_dict(value: values.Value) -> bool:
    return isinstance(value, ir.Expr) and isinstance(dtypes.required(value.type), dtypes.DictOf)


def _over(span: Span) -> syntax.Function:
    accumulator = syntax.Name("accumulator", span)
    item = syntax.Name("item", span)

    def call(name: str, *args: syntax.Expr) -> syntax.Call:
        return syntax.Call(syntax.Attribute(syntax.Name("cls", span), name, span, span), args, (), span)

    body = (
        syntax.Assign(accumulator, call("create_accumulator"), span),
        syntax.For(
            item,
            syntax.Name("items", span),
            (syntax.Assign(accumulator, call("accumulate", accumulator, item), span),),
            span=span,
        ),
        syntax.Return(call("get_value", accumulator), span),
    )
    params = (syntax.Parameter("cls", span=span), syntax.Parameter("items", span=span))
    return syntax.Function("over", params, body, span=span)
