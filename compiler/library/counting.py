"""collections.Counter of any iterable: a dict of counts whose missing keys read as 0.

Counter(o.status for o in orders.values())           →  GroupBy("sum", dict(status: 1 for o <- $orders), start=0)
Counter(…)["open"]                                   →  count(1 for o <- $orders, if eq(status, "open"))
"""

from __future__ import annotations

from dataclasses import replace

from compiler import comparing, displays, dtypes, indexing, ir, values
from compiler.diagnostics import Span
from compiler.scope import Arguments, Builder, Keywords, Scope, entity_id

_Answer = values.Value | ir.Declined | None
ZERO = ir.Const(0, dtypes.INT)
_ONE = ir.Const(1, dtypes.INT)


def _counter(scope: Scope, args: Arguments, keywords: Keywords, span: Span) -> _Answer:
    if not args:
        return None
    if keywords or displays.entries_of(args[0]) is not None:
        return ir.Declined("D354", span, "a Counter of counts has no SQL form; write the dict itself")
    loop = scope.iterate(args[0], span, "entry")
    key = scope.as_expr(loop.element, span)
    key = entity_id(key) if isinstance(dtypes.required(key.type), dtypes.Entity) else key
    kind = dtypes.DictOf(key.type, dtypes.INT)
    comp = ir.Comp("dict", loop.steps, _ONE, kind, key, loop.order, span=span)
    return ir.GroupBy("sum", comp, kind, ZERO, span)


def entry(scope: Scope, counter: ir.GroupBy, key: values.Value, missing: values.Value, span: Span) -> _Answer:
    """Return the sum of one group, or what stands for a missing key."""
    assert counter.comp.key is not None
    same = comparing.equal(scope, counter.comp.key, key, "==", span)
    if isinstance(same, ir.Declined) or counter.op != "sum":
        return ir.Declined("D304", span, "one entry of a dict that the getter itself made has no SQL form here")
    steps = (*counter.comp.steps, ir.Cond(same))
    comp = replace(counter.comp, kind="list", key=None, steps=steps, type=dtypes.ListOf(counter.comp.head.type))
    op: ir.ReduceOp = "count" if comp.head == _ONE else "sum"
    if missing == ZERO and dtypes.required(comp.head.type) == dtypes.INT:
        return ir.Reduce(op, comp, dtypes.INT, ZERO, span=span)
    return ir.Declined("D304", span, "an entry of a dict that the getter itself made has no SQL form yet")


def most_common(scope: Scope, counter: ir.GroupBy, args: Arguments, span: Span) -> _Answer:
    """Return the keys with their counts, the most frequent first and, of equals, the one that came first."""
    count = scope.apply(values.Builtin("operator.itemgetter"), (ir.Const(1, dtypes.INT),), {}, span)
    reverse = ir.Const(True, dtypes.BOOL)
    entries = values.Entries("items", counter)
    ordered = scope.apply(values.Builtin("sorted"), (entries,), {"key": count, "reverse": reverse}, span)
    if not args or args[0] == ir.Const(None, dtypes.NONE):
        return ordered
    return indexing.cut(scope, ordered, (None, scope.as_expr(args[0], span), None), span)


def total(counter: ir.GroupBy, span: Span) -> ir.Expr:
    """Return the sum of all groups."""
    comp = replace(counter.comp, kind="list", key=None, type=dtypes.ListOf(counter.comp.head.type))
    return ir.Reduce("count" if comp.head == _ONE else "sum", comp, dtypes.INT, ZERO, span=span)


FUNCTIONS: dict[str, Builder] = {"collections.Counter": _counter}
