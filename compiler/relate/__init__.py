"""Getter IR → relational plan: which tables a view has, how each is computed, and the tier of every getter.

    in_session  = eq($meeting.status, 'in-session')    expr   a column of the view's table
    attending   = list(… for user <- $users …)         agg    a child table keyed (doc_id, user_id)
    badge       = declined: `title` has no SQL form    udf    a Python function over the columns that it reads

This is the only place that picks join kinds, child tables and tiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from compiler import build, dtypes, ir, lineage, model, plan, rewrite, slices, sources, udf_contract
from compiler.diagnostics import Log
from compiler.relate import finish, joins, products, shapes, static_calls, tables, unfolded


def relate(app: model.App, program: build.Program, log: Log) -> plan.Plan:
    """Return the plan of every view."""
    texts = sources.Sources(app)
    for store in dict.fromkeys(view.store for view in app.views.values()):
        _check_joins(app, program, app.stores[store], log)
    if log.has_errors:
        return plan.Plan(())
    return plan.Plan(tuple(_view(app, program, texts, view, log) for view in app.views.values()))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One getter as it will be computed."""

    shape: shapes.Shape
    info: plan.FieldInfo
    function: plan.PyFunction | None = None


def _view(app: model.App, program: build.Program, texts: sources.Sources, view: model.ViewModel, log: Log) -> plan.View:
    store = app.stores[view.store]
    context = joins.Context(app, store, _predicates(program, store), tables.reducing)
    root = ir.One(store.root.name, dtypes.Entity(store.root.model))
    place = shapes.Place(view.collection, (), (("doc_id", ir.Attr(root, "doc_id", dtypes.STR)),))
    results = {one.name: one.result for one in program.getters if one.view == view.name}
    candidates: list[_Candidate] = []
    for attribute in view.attributes:
        if attribute.name not in results:
            continue
        found = _relational(context, place, attribute, results[attribute.name])
        if isinstance(found, ir.Declined):
            found = _in_python(context, place, texts, view, attribute, found)
        else:
            _warn_of_products(results[attribute.name], log)
        candidates.append(found)
    return finish.view(context, view, place, tuple((one.shape, one.info, one.function) for one in candidates))


def _warn_of_products(result: ir.Expr | ir.Declined, log: Log) -> None:
    for one in () if isinstance(result, ir.Declined) else products.products(result):
        log.add(
            "W420", one.span, f"every entry of `{one.left}` meets every entry of `{one.right}`",
            hint="where they belong together, say so with an equality: "
            "`for a in … for b in … if b.owner == a`; else expect as many rows as there are pairs",
        )  # fmt: skip


def _predicates(program: build.Program, store: model.Store) -> dict[str, ir.Expr]:
    joined = (one for one in program.joins if one.store == store.name)
    return {one.reference: one.test for one in joined if not isinstance(one.test, ir.Declined)}


def _check_joins(app: model.App, program: build.Program, store: model.Store, log: Log) -> None:
    """Report the references that cannot be joined: no tier can do without their rows."""
    declined = {one.reference: one.test for one in program.joins if one.store == store.name}
    context = joins.Context(app, store, _predicates(program, store), tables.reducing)
    for reference in store.references:
        test = declined.get(reference.name)
        found = test if isinstance(test, ir.Declined) else joins.fault(context, reference)
        if found is not None:
            log.add(
                "E401", found.span, f"the join of `{reference.name}` cannot be a SQL join: {found.message}",
                hint="use equalities and `in` over relations and mappings, conditions that SQL can say, "
                "and `… or []` where a list may be None",
            )  # fmt: skip


def _relational(
    context: joins.Context, place: shapes.Place, attribute: model.ViewAttribute, result: ir.Expr | ir.Declined
) -> _Candidate | ir.Declined:
    if isinstance(result, ir.Declined):
        return result
    try:
        shape = shapes.shape(unfolded.unfolded(result), attribute.name, attribute.json_name, attribute.name, place)
        finish.tables_of(context, place, (shape,))  # a trial on its own: what does not join says so here
    except joins.NotRelational as stop:
        return stop.declined
    needs_more = bool(shape.children) or any(
        isinstance(one, ir.Reduce | ir.Lookup) for _, expr in shape.outputs for one in rewrite.walk(expr)
    )
    tier: plan.Tier = "agg" if needs_more else "expr"
    read = lineage.of_expr(context.app, context.store, context.predicates, result)
    info = plan.FieldInfo(attribute.name, tier, read, (), attribute.span)
    return _Candidate(shape, info)


# ---------------------------------------------------------------- Python tiers


def _in_python(
    context: joins.Context, place: shapes.Place, texts: sources.Sources, view: model.ViewModel,
    attribute: model.ViewAttribute, reason: ir.Declined,
) -> _Candidate:  # fmt: skip
    called_alone = static_calls.find(context.app, view, attribute)
    if called_alone is not None:
        return _of_method(context, attribute, called_alone, reason)
    reads = slices.reads(texts, view.name, attribute.name)
    arguments: list[ir.Expr] = []
    params: list[tuple[str, dtypes.Type]] = []
    collects = False
    for name, attributes in reads.items():
        reference = context.reference(name)
        if reference.many:
            collects = True
            params.append((name, dtypes.optional(dtypes.STR)))
            arguments.append(_collected(context, reference, attributes))
            continue
        for one in attributes:
            stored = _stored(context, reference.model, one)
            params.append((udf_contract.parameter(name, one), dtypes.optional(stored.type)))
            entity = ir.One(name, dtypes.Entity(reference.model))  # a missing target gives NULLs, told by doc_id
            arguments.append(udf_contract.argument(ir.Attr(entity, one, dtypes.optional(stored.type))))
    function = plan.PyFunction(
        udf_contract.function_name(view.name, attribute.name), udf_contract.module(context.app),
        "collect" if collects else "scalar", tuple(params), _result(attribute), view.name, attribute.name,
    )  # fmt: skip
    return _calling(context, attribute, function, arguments, reads, reason)


def _of_method(
    context: joins.Context, attribute: model.ViewAttribute, call: static_calls.StaticCall, reason: ir.Declined
) -> _Candidate:
    """Call the function of a static method, which getters share."""
    root = context.store.root
    name = call.method.name
    params = (
        (udf_contract.parameter(name, one), dtypes.optional(kind or dtypes.JSON)) for one, kind in call.method.params
    )
    function = plan.PyFunction(
        udf_contract.function_name(call.owner, name), udf_contract.module(context.app), "scalar", tuple(params),
        _result(attribute), call.owner, name, is_method=True,
    )  # fmt: skip
    entity = ir.One(root.name, dtypes.Entity(root.model))
    arguments = [udf_contract.argument(ir.Attr(entity, one.name, dtypes.optional(one.type))) for one in call.attributes]
    reads = {root.name: tuple(dict.fromkeys(one.name for one in call.attributes))}
    return _calling(context, attribute, function, arguments, reads, reason)


def _result(attribute: model.ViewAttribute) -> dtypes.Type:
    declared = None if attribute.declared is None else dtypes.required(attribute.declared)
    return declared if isinstance(declared, dtypes.Scalar) else dtypes.JSON


def _calling(
    context: joins.Context, attribute: model.ViewAttribute, function: plan.PyFunction, arguments: list[ir.Expr],
    reads: Mapping[str, tuple[str, ...]], reason: ir.Declined,
) -> _Candidate:  # fmt: skip
    kind: Literal["scalar", "json"] = "scalar" if isinstance(function.result, dtypes.Scalar) else "json"
    node = plan.FieldNode(attribute.name, attribute.json_name, kind, column=attribute.name)
    called = udf_contract.call(function, arguments)
    read = lineage.of_slice(context.app, context.store, context.predicates, reads)
    tier: plan.Tier = "udf-collect" if function.kind == "collect" else "udf"
    info = plan.FieldInfo(attribute.name, tier, read, (reason,), attribute.span, function.name)
    return _Candidate(shapes.Shape(node, [(attribute.name, called)]), info, function)


def _stored(context: joins.Context, name: str, attribute: str) -> model.StoredAttribute:
    return next(one for one in slices.stored(context.app, name) if one.name == attribute)


def _collected(context: joins.Context, reference: model.Reference, attributes: tuple[str, ...]) -> ir.Expr:
    item = ir.EntryValue("item", dtypes.Entity(reference.model))
    members = [
        (one, ir.Attr(item, one, dtypes.optional(_stored(context, reference.model, one).type))) for one in attributes
    ]
    keyed = isinstance(reference.via, model.ThroughDict)
    element = udf_contract.element(ir.EntryKey("item", dtypes.STR) if keyed else None, members)
    comp = ir.Comp("list", (ir.Gen("item", ir.Many(reference.name)),), element, dtypes.ListOf(dtypes.STR))
    gathered = ir.Reduce("collect", comp, dtypes.optional(dtypes.ListOf(dtypes.STR)))
    return udf_contract.collected(gathered)
