"""From shapes to the tables of a view: trial runs, columns, null flags, Python calls, errors.

shapes of MeetingSession's getters  →  meeting_sessions, meeting_sessions__attending, the rows of what raised
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler import dtypes, failures, ir, model, plan, rewrite, simplify, udf_contract
from compiler.relate import derived, groups, joins, shapes, tables

_TEXT = dtypes.optional(dtypes.STR)
_FALSE = ir.Const(False, dtypes.BOOL)
_TRUE = ir.Const(True, dtypes.BOOL)

Part = tuple[shapes.Shape, plan.FieldInfo, plan.PyFunction | None]


@dataclass(frozen=True, slots=True)
class Built:
    """The tables of some shapes: the main table's relation with all values, and the children."""

    relation: plan.Relation
    key: tuple[tuple[str, ir.Expr], ...]
    values: Mapping[str, ir.Expr]
    raised: Mapping[str, ir.Expr]
    children: tuple[tuple[shapes.Child, plan.Relation, Mapping[str, ir.Expr]], ...]


def tables_of(context: joins.Context, place: shapes.Place, every: tuple[shapes.Shape, ...]) -> Built:
    """Build the main table and all children; `joins.NotRelational` where something has no join."""
    outputs = tuple(one for shape in every for one in shape.outputs)
    main = tables.assemble(context, tables.Table(place.table, None, (), place.key, outputs))
    children = tuple((child, *_child(context, child)) for shape in every for child in shape.children)
    return Built(main.relation, main.key, main.values, main.raised, children)


# ---------------------------------------------------------------- children


def _child(context: joins.Context, child: shapes.Child) -> tuple[plan.Relation, Mapping[str, ir.Expr]]:
    if child.kind == "group":
        return _group(context, child)
    if child.kind == "distinct":
        return _distinct(context, child)
    table = tables.assemble(context, tables.Table(child.name, child.parent, child.steps, child.key, child.outputs))
    return table.relation, {**dict(table.key), **table.values}


def _rows(context: joins.Context, child: shapes.Child) -> joins.Rows:
    reads = tuple(expr for _, expr in child.key) + (() if child.total is None else (child.total[2],))
    return joins.Rows(context).run(child.steps, reads).aggregated(reads)


def _distinct(context: joins.Context, child: shapes.Child) -> tuple[plan.Relation, Mapping[str, ir.Expr]]:
    rows = _rows(context, child)
    key = _known_key(rows, child)
    distinct = groups.grouped([groups.Input(rows.relation, key, {})], "d")
    over = tuple((name, ir.Column("d", name, expr.type)) for name, expr in key)
    relation, _ = tables.rekey(distinct, over, {})
    return relation, {name: ir.Column("g", name, expr.type) for name, expr in key}


def _group(context: joins.Context, child: shapes.Child) -> tuple[plan.Relation, Mapping[str, ir.Expr]]:
    assert child.total is not None
    column, op, head = child.total
    rows = _rows(context, child)
    key = _known_key(rows, child)
    aggregate = derived.aggregate(op, head, rows.scalar)
    if aggregate is None:
        raise joins.decline("D408", head.span, f"`{op}` per key has no SQL form")
    group = groups.grouped([groups.Input(rows.relation, key, {column: aggregate})], "g")
    kind = dtypes.INT if op == "count" else dtypes.optional(dtypes.required(aggregate[1].type))
    return group, {
        **{name: ir.Column("g", name, expr.type) for name, expr in key},
        column: failures.guarded(ir.Column("g", column, kind)),
    }


def _known_key(rows: joins.Rows, child: shapes.Child) -> tuple[tuple[str, ir.Expr], ...]:
    # A key that is None (or raises) has no row; the parent's null flag says what became of the whole value.
    key = tuple((name, rows.scalar(expr)) for name, expr in child.key)
    for _, expr in key:
        there = failures.present(expr)
        if there is not None:
            rows.where(there)
    return tuple((name, failures.guarded(expr)) for name, expr in key)


# ---------------------------------------------------------------- the view


def view(context: joins.Context, declared: model.ViewModel, place: shapes.Place, parts: tuple[Part, ...]) -> plan.View:
    """Return the plan of a view from the shapes of its getters."""
    built = tables_of(context, place, tuple(shape for shape, _, _ in parts))
    relation, values, raised = built.relation, dict(built.values), dict(built.raised)
    key = built.key
    if any(function is not None for _, _, function in parts):
        relation, key, values, raised = _called(relation, key, values, raised)
    columns: dict[str, ir.Expr] = {}
    nodes: list[plan.FieldNode] = []
    raising: list[Part] = []
    texts: dict[str, ir.Expr] = {}
    for part in parts:
        node, own, text = _field(part[0], part[2], values, raised)
        nodes.append(node)
        columns.update(own)
        if text is not None:
            raising.append(part)
            texts[node.name] = text
    query = plan.Project(relation, (*key, *columns.items()), "v")
    main = plan.Table(place.table, None, _columns((*key, *columns.items())), tuple(name for name, _ in key), query)
    children = tuple(_table(child, of, named) for child, of, named in built.children)
    root = context.app.models[context.store.root.model]
    return plan.View(
        declared.name, declared.collection, root.collection, (main, *children), tuple(nodes),
        tuple(info for _, info, _ in parts), tuple(dict.fromkeys(one for _, _, one in parts if one is not None)),
        _errors(declared.name, _ungrouped(relation, key, texts) or _again(context, place, tuple(raising))),
    )  # fmt: skip


def _called(
    relation: plan.Relation,
    key: tuple[tuple[str, ir.Expr], ...],
    values: dict[str, ir.Expr],
    raised: dict[str, ir.Expr],
) -> tuple[plan.Relation, tuple[tuple[str, ir.Expr], ...], dict[str, ir.Expr], dict[str, ir.Expr]]:  # fmt: skip
    """Call the Python functions in a projection of their own, so that each is called once per row."""
    named = {**dict(key), **values, **{f"{name}__error": text for name, text in raised.items()}}
    inner = plan.Project(relation, tuple(named.items()), "u")
    over = {name: ir.Column("u", name, expr.type) for name, expr in named.items()}
    called: dict[str, ir.Expr] = {name: over[name] for name in values}
    texts: dict[str, ir.Expr] = {name: over[f"{name}__error"] for name in raised}
    return inner, tuple((name, over[name]) for name, _ in key), called, texts


def _field(
    shape: shapes.Shape, function: plan.PyFunction | None, values: Mapping[str, ir.Expr], raised: Mapping[str, ir.Expr]
) -> tuple[plan.FieldNode, dict[str, ir.Expr], ir.Expr | None]:
    node = shape.node
    if function is not None:
        called = values[node.name]
        return node, {node.name: udf_contract.value(called, function.result)}, udf_contract.error(called)
    own = {name: values[name] for name, _ in shape.outputs}
    texts = [raised[name] for name in own if name in raised]
    text = None
    if texts:
        text = texts[0] if len(texts) == 1 else ir.Prim("coalesce", tuple(texts), _TEXT)
    if node.kind == "scalar":
        return node, own, text
    flag = f"{node.name}__null"
    null = own.get(flag, _FALSE)
    if text is not None:
        # Where the flag itself raised it is None; what raised anywhere makes the whole value None.
        flagged = ir.Prim("coalesce", (null, _TRUE), dtypes.BOOL) if dtypes.nullable(null.type) else null
        null = simplify.simplify(ir.If(_is_none(text), flagged, _TRUE, dtypes.BOOL))
    if null == _FALSE:
        own.pop(flag, None)
        return replace(node, null_when=None), own, None
    return replace(node, null_when=flag), {**own, flag: null}, text


def _is_none(text: ir.Expr) -> ir.Expr:
    return ir.Prim("is_none", (text,), dtypes.BOOL)


def _table(child: shapes.Child, relation: plan.Relation, named: Mapping[str, ir.Expr]) -> plan.Table:
    names = dict.fromkeys((*(name for name, _ in child.key), *(name for name, _ in child.outputs)))
    if child.total is not None:
        names[child.total[0]] = None
    columns = tuple((name, named[name]) for name in names)
    return plan.Table(
        child.name, child.parent, _columns(columns), tuple(name for name, _ in child.key),
        plan.Project(relation, columns, "v"),
    )  # fmt: skip


def _columns(columns: tuple[tuple[str, ir.Expr], ...]) -> tuple[plan.TableColumn, ...]:
    return tuple(
        plan.TableColumn(name, _TEXT if isinstance(expr.type, dtypes.NoneType) else expr.type) for name, expr in columns
    )


# ---------------------------------------------------------------- errors


@dataclass(frozen=True, slots=True)
class _Raised:
    """Rows of a view's documents: their key, and for each field the text of what it raised."""

    relation: plan.Relation
    key: ir.Expr
    texts: Mapping[str, ir.Expr]
    called: bool = False  # a Python function gives some of them


def _ungrouped(
    relation: plan.Relation, key: tuple[tuple[str, ir.Expr], ...], texts: Mapping[str, ir.Expr]
) -> _Raised | None:
    """Return the texts over what the main table groups, None where they need what it aggregates.

    The errors are grouped by a key of their own, so the main table's group is not needed; and the same record, though
    few of its members are read, makes Flink's planner use one join for both.
    """
    if not texts or not isinstance(relation, plan.Group):
        return None
    rows = relation.input.inputs[0] if isinstance(relation.input, plan.Union) else relation.input
    kept = (*(name for name, _ in key), tables.PACK)
    read = {one for text in texts.values() for one in rewrite.walk(text) if isinstance(one, ir.Column)}
    if not isinstance(rows, plan.Project) or any(one.name not in kept for one in read):
        return None

    def below(expr: ir.Expr) -> ir.Expr | None:
        return replace(expr, alias=rows.alias) if isinstance(expr, ir.Column) else None

    return _Raised(
        plan.Project(rows.input, tuple(one for one in rows.columns if one[0] in kept), rows.alias),
        rewrite.transform(key[0][1], below),
        {name: rewrite.transform(text, below) for name, text in texts.items()},
    )


def _again(context: joins.Context, place: shapes.Place, raising: tuple[Part, ...]) -> _Raised | None:
    """Compute a second time what may raise, and only that."""
    if not raising:
        return None
    outputs = tuple(one for shape, _, _ in raising for one in shape.outputs)
    main = tables.assemble(context, tables.Table(place.table, None, (), place.key, outputs))
    relation, values, raised, key = main.relation, dict(main.values), dict(main.raised), main.key
    if any(function is not None for _, _, function in raising):
        relation, key, values, raised = _called(relation, key, values, raised)
    texts: dict[str, ir.Expr] = {}
    for shape, _, function in raising:
        _, _, text = _field(shape, function, values, raised)
        assert text is not None
        texts[shape.node.name] = text
    return _Raised(relation, key[0][1], texts, any(function is not None for _, _, function in raising))


def _errors(view_model: str, found: _Raised | None) -> plan.Relation | None:
    """Return the rows of what raised: view, key, field, exception, message."""
    if found is None:
        return None
    texts = found.texts
    named = {f"text_{number}": text for number, text in enumerate(texts.values(), start=1)}
    inner = plan.Project(found.relation, (("key", found.key), *named.items()), "f")
    columns = tuple(ir.Column("f", name, _TEXT) for name in named)
    apart = len(columns) == 1 and _has_its_key(found)
    text: ir.Expr
    if apart:
        # Most documents raise nothing; they go no further.
        text = columns[0]
        known: plan.Relation = plan.Filter(inner, _is_some(text))
    else:
        # No test of all texts before the UNNEST: where fields share conditions, Flink's planner spends for ever on it.
        listed = ir.MakeList(columns, dtypes.ListOf(_TEXT))
        text = ir.Column("e", "value", _TEXT)
        known = plan.Filter(plan.Unnest(inner, listed, "e", "list"), _is_some(text))
    field: ir.Expr = ir.Const(list(texts)[-1], dtypes.STR)
    for index, name in reversed(list(enumerate(list(texts)[:-1], start=1))):
        here = ir.Prim("eq", (ir.Column("e", "key", dtypes.INT), ir.Const(index, dtypes.INT)), dtypes.BOOL)
        field = ir.If(here, ir.Const(name, dtypes.STR), field, dtypes.STR)
    by = (
        ("view", ir.Const(view_model, dtypes.STR)),
        ("key", ir.Column("f", "key", dtypes.STR)),
        ("field", field),
    )
    told: dict[str, ir.Expr] = {
        "exception": ir.Prim("error.class", (text,), _TEXT),
        "message": ir.Prim("error.message", (text,), _TEXT),
    }
    if apart:
        return plan.Project(known, (*by, *told.items()), "v")
    rekeyed, told = tables.rekey(known, by, told)
    every = (*((name, ir.Column("g", name, expr.type)) for name, expr in by), *told.items())
    return plan.Project(rekeyed, every, "v")


def _is_some(text: ir.Expr) -> ir.Expr:
    return ir.Prim("not_none", (text,), dtypes.BOOL)


def _has_its_key(found: _Raised) -> bool:
    """Tell whether the rows have the view's key for Flink too, so that they need not be grouped again.

    Flink would move a filter below the calls of Python functions, and then call them once for the view and once for its
    errors; only below a scan there is nowhere to move it to.
    """
    relation = found.relation
    while isinstance(relation, plan.Project):
        relation = relation.input
    return isinstance(relation, plan.Scan) or (isinstance(relation, plan.Group) and not found.called)
