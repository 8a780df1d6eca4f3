"""Relations to SELECTs: scans, joins, filters and unnests in a row become one SELECT, the rest derived tables.

Project(Filter(Join(Scan m, Scan l)))  →  SELECT … FROM `meetings` AS `m` LEFT JOIN `locations` AS `l` ON … WHERE …
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from sqlglot import exp

from compiler import common_subexpressions, dtypes, emit_scalars, flink_sql, ir, plan, rewrite

StoredNames = Mapping[str, Mapping[str, str]]
"""Per collection: the name of an attribute in Python → its key in the stored document, where they differ."""

Scope = dict[tuple[str, str], exp.Expression]


def query(relation: plan.Relation, stored: StoredNames) -> exp.Expression:
    """Return the SELECT of a relation that names its columns."""
    match relation:
        case plan.Project():
            return _project(relation, stored)
        case plan.Group():
            return _group(relation, stored)
        case plan.Union():
            return _union(relation, stored)
        case plan.TopN():
            return _top(relation, stored)
        case plan.Filter(plan.Project() | plan.Group() | plan.Union() | plan.TopN() as inner):
            return _project(plan.Project(relation, passed(inner), inner.alias), stored)
        case plan.Scan() | plan.Unnest() | plan.Join() | plan.Filter():
            raise AssertionError(f"emit: {type(relation).__name__} has no named columns of its own")
        case _:
            assert_never(relation)


def passed(relation: plan.Project | plan.Group | plan.Union | plan.TopN) -> tuple[tuple[str, ir.Expr], ...]:
    """Return the columns of a named relation, each as itself."""
    return tuple((name, ir.Column(relation.alias, name, of)) for name, of in outputs(relation))


def outputs(relation: plan.Project | plan.Group | plan.Union | plan.TopN) -> tuple[tuple[str, dtypes.Type], ...]:
    """Return the names and types of a named relation's columns."""
    match relation:
        case plan.Project(columns=columns):
            return tuple((name, one.type) for name, one in columns)
        case plan.Group(keys=keys, aggregates=aggregates):
            grouped = ((name, one.type) for name, one in keys)
            return (*grouped, *((name, _aggregate_type(one)) for name, one in aggregates))
        case plan.Union(inputs=inputs):
            return outputs(inputs[0])
        case plan.TopN(input=inner, number=number):
            return (*outputs(inner), *(((number, dtypes.INT),) if number else ()))


def _aggregate_type(one: plan.Agg) -> dtypes.Type:
    if one.op in ("count", "count_distinct") or one.arg is None:
        return dtypes.INT
    return dtypes.ListOf(dtypes.required(one.arg.type)) if one.op == "collect" else dtypes.optional(one.arg.type)


# ---------------------------------------------------------------- the FROM of one SELECT


@dataclass(slots=True)
class _Block:
    """The FROM, JOIN and WHERE of a SELECT under way, and how the columns in it are spelled."""

    source: exp.Expression
    joins: list[exp.Join] = field(default_factory=list)
    where: list[exp.Expression] = field(default_factory=list)
    scope: Scope = field(default_factory=dict)
    aliases: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def scalars(self) -> emit_scalars.Scalars:
        """Return a writer of scalars over this block."""
        return emit_scalars.Scalars(self.column)

    def column(self, one: ir.Column) -> exp.Expression:
        """Spell a column, its type noted."""
        return flink_sql.typed(self._spelled(one), one.type)

    def _spelled(self, one: ir.Column) -> exp.Expression:
        known = self.scope.get((one.alias, one.name))
        if known is not None:
            return known.copy()
        if "." in one.name:  # a field of an unnested record: known above, or there is none
            return exp.Null()
        if one.alias not in self.aliases:
            raise AssertionError(f"emit: no relation `{one.alias}` in scope for `{one.name}`")
        return flink_sql.column(one.alias, self.aliases[one.alias].get(one.name, one.name))

    def select(self, columns: list[exp.Expression]) -> exp.Select:
        """Close the block as a SELECT."""
        tree = exp.Select(expressions=columns, from_=exp.From(this=self.source), joins=self.joins)
        return tree.where(*self.where, copy=False) if self.where else tree


def _block(relation: plan.Relation, stored: StoredNames, used: frozenset[tuple[str, str]]) -> _Block:
    match relation:
        case plan.Scan():
            return _scan(relation, stored)
        case plan.Filter(inner, condition):
            block = _block(inner, stored, used | _columns_of((condition,)))
            block.where.extend(_conjuncts(block.scalars(), condition))
            return block
        case plan.Join():
            return _join(relation, stored, used)
        case plan.Unnest():
            return _unnest(relation, stored, used)
        case plan.Project() | plan.Group() | plan.Union() | plan.TopN():
            source = _derived(query(relation, stored), relation.alias)
            block = _Block(source, aliases={relation.alias: {}})
            if isinstance(relation, plan.TopN):  # the input's own name stays usable
                block.scope.update(
                    {
                        (relation.input.alias, name): flink_sql.column(relation.alias, name)
                        for name, _ in outputs(relation)
                    }
                )
            return block
        case _:
            assert_never(relation)


def _scan(scan: plan.Scan, stored: StoredNames) -> _Block:
    table = exp.Table(this=flink_sql.name_of(scan.collection), alias=_alias(scan.alias))
    block = _Block(table, aliases={scan.alias: stored.get(scan.collection, {})})
    if scan.models:
        kind = flink_sql.column(scan.alias, "obj_type")
        names = [flink_sql.string(model) for model in scan.models]
        one = flink_sql.op(kind, "=", names[0]) if len(names) == 1 else flink_sql.among(kind, *names)
        block.where.append(one)
    return block


def _join(join: plan.Join, stored: StoredNames, used: frozenset[tuple[str, str]]) -> _Block:
    needed = used | _columns_of(tuple(one for pair in join.on for one in pair))
    if join.residual is not None:
        needed |= _columns_of((join.residual,))
    left, right = _block(join.left, stored, needed), _block(join.right, stored, needed)
    both = _Block(left.source, left.joins, left.where, left.scope | right.scope, left.aliases | right.aliases)
    scalars = both.scalars()
    on = [flink_sql.op(scalars.value(a), "=", scalars.value(b)) for a, b in join.on]
    if join.residual is not None:
        on.extend(_conjuncts(scalars, join.residual))
    if join.kind == "left":
        # What filters the right side decides which rows match: it belongs to ON, not to WHERE.
        on.extend(right.where)
    else:
        both.where.extend(right.where)
    source = right.source
    if right.joins:
        source.set("joins", right.joins)
        source = exp.Paren(this=source)
    condition = flink_sql.all_of(*on) if on else flink_sql.boolean(True)
    both.joins.append(exp.Join(this=source, side="LEFT" if join.kind == "left" else None, on=condition))
    return both


def _unnest(unnest: plan.Unnest, stored: StoredNames, used: frozenset[tuple[str, str]]) -> _Block:
    block = _block(unnest.input, stored, used | _columns_of((unnest.collection,)))
    tree = block.scalars().value(unnest.collection)
    alias, columns, ordinal = unnest.alias, ["value"], False
    if unnest.kind == "dict":
        columns = ["key", "value"]
    elif unnest.distinct:
        tree = flink_sql.call("ARRAY_DISTINCT", tree)
    else:
        ordinal = (alias, "key") in used
    record = _record_item(unnest.collection.type)
    if unnest.kind == "list" and record is not None:
        # UNNEST of rows gives their fields as columns, not the row.
        columns = [f"value_{name}" for name, _ in record.fields]
        for name, _ in record.fields:
            block.scope[alias, f"value.{name}"] = flink_sql.column(alias, f"value_{name}")
        fields = [flink_sql.column(alias, name) for name in columns]
        block.scope[alias, "value"] = flink_sql.cast(flink_sql.call("ROW", *fields), record)
    if ordinal:
        columns.append("key")
        block.scope[alias, "key"] = flink_sql.big(flink_sql.column(alias, "key"))
    table = exp.TableAlias(this=flink_sql.name_of(alias), columns=[flink_sql.name_of(one) for one in columns])
    source = exp.Unnest(expressions=[tree], alias=table, offset=ordinal or None)
    block.joins.append(exp.Join(this=source, kind="CROSS"))
    block.aliases[alias] = {}
    return block


def _record_item(of: dtypes.Type) -> dtypes.Record | None:
    required = dtypes.required(of)
    item = dtypes.required(required.item) if isinstance(required, dtypes.ListOf) else None
    return item if isinstance(item, dtypes.Record) else None


def _conjuncts(scalars: emit_scalars.Scalars, condition: ir.Expr) -> Iterator[exp.Expression]:
    if isinstance(condition, ir.Prim) and condition.op == "and":
        for one in condition.args:
            yield from _conjuncts(scalars, one)
    else:
        tree = scalars.condition(condition)
        yield exp.Paren(this=tree) if isinstance(tree, exp.Or) else tree


def _derived(tree: exp.Expression, alias: str) -> exp.Expression:
    return exp.Subquery(this=tree, alias=_alias(alias))


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=flink_sql.name_of(name))


def _columns_of(trees: tuple[ir.Expr, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (one.alias, one.name) for tree in trees for one in rewrite.walk(tree) if isinstance(one, ir.Column)
    )


# ---------------------------------------------------------------- SELECTs


def _project(project: plan.Project, stored: StoredNames) -> exp.Expression:
    block = _block(project.input, stored, _columns_of(tuple(one for _, one in project.columns)))
    scalars = block.scalars()
    return common_subexpressions.select([(name, scalars.value(one)) for name, one in project.columns], block.select)


def _group(group: plan.Group, stored: StoredNames) -> exp.Expression:
    read = (*(one for _, one in group.keys), *(one.arg for _, one in group.aggregates if one.arg is not None))
    block = _block(group.input, stored, _columns_of(read))
    scalars = block.scalars()
    keys = [(name, scalars.value(one)) for name, one in group.keys]
    aggregates = [(name, _aggregate(one, scalars)) for name, one in group.aggregates]
    tree = block.select([common_subexpressions.named(one.copy(), name) for name, one in (*keys, *aggregates)])
    if keys:
        tree.set("group", exp.Group(expressions=[one for _, one in keys]))
    if group.having is not None:
        inside = _Block(block.source, scope={(group.alias, name): one for name, one in (*keys, *aggregates)})
        tree.set("having", exp.Having(this=inside.scalars().condition(group.having)))
    return tree


_FUNCTIONS = {"sum": "SUM", "min": "MIN", "max": "MAX", "first_error": "MIN", "latest": "LAST_VALUE"}


def _aggregate(one: plan.Agg, scalars: emit_scalars.Scalars) -> exp.Expression:
    if one.arg is None:
        return flink_sql.call("COUNT", exp.Star())
    tree = scalars.value(one.arg)
    if one.op == "count":
        return flink_sql.call("COUNT", tree)
    if one.op == "count_distinct":
        return flink_sql.call("COUNT", exp.Distinct(expressions=[tree]))
    if one.op == "collect":
        # ARRAY_AGG would keep a NULL in its state for every row of the union's other inputs.
        present = exp.Not(this=exp.Is(this=tree.copy(), expression=exp.Null()))
        return exp.Filter(this=flink_sql.call("ARRAY_AGG", tree), expression=exp.Where(this=present))
    return flink_sql.call(_FUNCTIONS[one.op], tree)


def _union(union: plan.Union, stored: StoredNames) -> exp.Expression:
    tree = query(union.inputs[0], stored)
    for one in union.inputs[1:]:
        tree = exp.Union(this=tree, expression=query(one, stored), distinct=False)
    return tree


NO_LIMIT = 2**31 - 1  # Flink ranks rows in a stream up to some place only
RANK = "rank__"
"""Name of the ROW_NUMBER column of a TopN."""

PLACE = "place__"
"""Name of the table of one row that gives a rank as a plain number."""


def _top(top: plan.TopN, stored: StoredNames) -> exp.Expression:
    inner = dataclasses.replace(top.input, alias=top.alias)
    block = _Block(_derived(query(inner, stored), top.alias), aliases={top.alias: {}, top.input.alias: {}})
    names = [name for name, _ in outputs(top.input)]
    block.scope.update({(top.input.alias, name): flink_sql.column(top.alias, name) for name in names})
    scalars = block.scalars()
    order = [
        exp.Ordered(this=scalars.value(one.key), desc=one.descending, nulls_first=not one.descending)
        for one in top.order
    ]
    ranked = exp.Window(
        this=flink_sql.call("ROW_NUMBER"),
        partition_by=[flink_sql.column(top.alias, name) for name in top.partition],
        order=exp.Order(expressions=order),
    )
    numbered = block.select(
        [*(flink_sql.column(top.alias, name) for name in names), common_subexpressions.named(ranked, RANK)]
    )
    outer = _Block(_derived(numbered, top.alias), aliases={top.alias: {}})
    limit = flink_sql.number(NO_LIMIT if top.limit is None else top.limit)
    outer.where.append(exp.LTE(this=flink_sql.column(top.alias, RANK), expression=limit))
    columns: list[exp.Expression] = [flink_sql.column(top.alias, name) for name in names]
    return _placed(outer, top, columns) if top.start or top.number else outer.select(columns)


def _placed(best: _Block, top: plan.TopN, columns: list[exp.Expression]) -> exp.Expression:
    """Leave the first rows out, or give each its place, after a Rank that begins at 1.

    Flink's Rank from a later number on keeps rows in its state under the kind of the change that it wrote of them, and
    then does not find them to retract (2.2.1). A test of the rank would become a bound of the Rank, or make it an OVER
    aggregate, which takes no such order; a number that went through an UNNEST is no rank for the planner.
    """
    ranked = best.select([*columns, flink_sql.column(top.alias, RANK)])
    table = exp.TableAlias(this=flink_sql.name_of(PLACE), columns=[flink_sql.name_of("value")])
    place = exp.Unnest(expressions=[flink_sql.array(flink_sql.column(top.alias, RANK))], alias=table)
    block = _Block(_derived(ranked, top.alias), [exp.Join(this=place, kind="CROSS")])
    if top.start:
        value = flink_sql.column(PLACE, "value")
        block.where.append(exp.GT(this=value, expression=flink_sql.number(top.start)))
    number = [common_subexpressions.named(flink_sql.column(PLACE, "value"), top.number)] if top.number else []
    return block.select([*(one.copy() for one in columns), *number])
