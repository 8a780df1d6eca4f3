"""Scalar IR to SQL trees. A value is exact, NULL for None; a condition may be NULL where it is false.

If(truth(s), s, 'n/a')  →  CASE WHEN `m`.`s` <> '' THEN `m`.`s` ELSE 'n/a' END
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from compiler import dtypes, flink_sql, ir, primitives, rewrite, sql_core, sql_json

Columns = Callable[[ir.Column], exp.Expression]
"""How a column of the plan is spelled in the query at hand."""


@dataclass(frozen=True, slots=True)
class Scalars:
    """Writes scalar expressions over the columns in scope."""

    columns: Columns

    def value(self, expr: ir.Expr) -> exp.Expression:
        """Return SQL that gives the expression's value, NULL for None."""
        match expr:
            case ir.Const():
                return constant(expr)
            case ir.Column():
                return self.columns(expr)
            case ir.Prim(op) if op in CONNECTED:
                return self._connected(expr, holds=False, positive=True)
            case ir.Prim("record.field"):
                return self._field(expr)
            case ir.Prim("after", (_, value)):  # what comes before it was told elsewhere
                return self.value(value)
            case ir.Prim():
                return self._call(expr)
            case ir.If():
                return self._branches(expr)
            case ir.Raises(type=of):
                return flink_sql.null(of)
            case ir.MakeRecord((), dtypes.DictOf(key, item)):
                # MAP[] does not parse.
                keys, values = (self._list((), dtypes.ListOf(one)) for one in (key, item))
                return flink_sql.cast(flink_sql.call("MAP_FROM_ARRAYS", keys, values), expr.type)
            case ir.MakeRecord(fields, of):
                return flink_sql.cast(flink_sql.call("ROW", *(self.value(one) for _, one in fields)), of)
            case ir.MakePair(items, of):
                return flink_sql.cast(flink_sql.call("ROW", *map(self.value, items)), of)
            case ir.MakeList(items, of):
                return self._list(items, of)
        raise AssertionError(f"emit: `{ir.show(expr)}` is not a scalar over columns")

    def condition(self, expr: ir.Expr) -> exp.Expression:
        """Return SQL for a place where NULL counts as FALSE: WHERE, HAVING, ON, WHEN."""
        if isinstance(expr, ir.Prim) and expr.op in CONNECTED:
            return self._connected(expr, holds=True, positive=True)
        return self.value(expr)

    def _connected(self, prim: ir.Prim, *, holds: bool, positive: bool) -> exp.Expression:
        match prim.op:
            case "not":
                return self._negated(prim.args[0], holds=holds) if positive else self._side(prim.args[0], holds)
            case "and" | "or" if positive:
                join = flink_sql.all_of if prim.op == "and" else flink_sql.any_of
                return join(*(self._side(one, holds) for one in prim.args))
            case "eq" | "ne":
                positive = positive == (prim.op == "eq")
                return sql_core.equal(prim, self._arguments(prim), holds=holds, positive=positive)
            case "in":
                return sql_core.member(prim, self._arguments(prim), holds=holds, positive=positive)
            case "truth":
                inner = prim.args[0]
                if isinstance(inner, ir.Prim) and inner.op in CONNECTED:
                    return self._connected(inner, holds=holds, positive=positive)
                return sql_core.truth(self.value(inner), inner.type, holds=holds, positive=positive)
            case "is_none" | "not_none":
                tree = self.value(prim.args[0])
                empty = positive == (prim.op == "is_none")
                return flink_sql.is_null(tree) if empty else flink_sql.not_null(tree)
        return flink_sql.negated(self._connected(prim, holds=False, positive=True))

    def _side(self, expr: ir.Expr, holds: bool) -> exp.Expression:
        return self.condition(expr) if holds else self.value(expr)

    def _negated(self, expr: ir.Expr, *, holds: bool) -> exp.Expression:
        if isinstance(expr, ir.Prim) and expr.op in CONNECTED:
            return self._connected(expr, holds=holds, positive=False)
        return flink_sql.negated(self.value(expr))

    def _call(self, prim: ir.Prim) -> exp.Expression:
        if prim.op in sql_json.TEMPLATES:
            return sql_json.TEMPLATES[prim.op](prim, [self.value(one) for one in prim.args])
        return sql_core.TEMPLATES[prim.op](prim, self._arguments(prim))

    def _arguments(self, prim: ir.Prim) -> list[exp.Expression]:
        row = primitives.get(prim.op)
        params = row.params or ()
        trees: list[exp.Expression] = []
        for place, arg in enumerate(prim.args):
            param = params[min(place, len(params) - 1)] if params else None
            trees.append(_widened(self.value(arg), arg.type, param))
        return trees

    def _field(self, prim: ir.Prim) -> exp.Expression:
        record, name = prim.args
        assert isinstance(name, ir.Const)
        if isinstance(record, ir.Column):
            flat = self.columns(ir.Column(record.alias, f"{record.name}.{name.value!s}", prim.type))
            if not isinstance(flat, exp.Null):
                return flat
        return flink_sql.typed(flink_sql.field(self.value(record), str(name.value)), prim.type)

    def _branches(self, expr: ir.If) -> exp.Expression:
        if _is_none(expr.then) and not isinstance(expr.orelse, ir.If) and not _is_none(expr.orelse):
            # One branch says it: CASE WHEN NOT test THEN value END. The test is never NULL as a value.
            return flink_sql.case((self._opposite(expr.test), self._branch(expr.orelse, expr.type)))
        branches: list[tuple[exp.Expression, exp.Expression]] = []
        rest: ir.Expr = expr
        while isinstance(rest, ir.If):
            branches.append((self.condition(rest.test), self._branch(rest.then, expr.type)))
            rest = rest.orelse
        return flink_sql.case(*branches, default=None if _is_none(rest) else self._branch(rest, expr.type))

    def _opposite(self, test: ir.Expr) -> exp.Expression:
        return flink_sql.is_not_true(self.value(test)) if _may_be_null(test) else self._negated(test, holds=True)

    def _branch(self, expr: ir.Expr, of: dtypes.Type) -> exp.Expression:
        return flink_sql.null(of) if _is_none(expr) else self.value(expr)

    def _list(self, items: tuple[ir.Expr, ...], of: dtypes.Type) -> exp.Expression:
        kind = dtypes.required(of)
        assert isinstance(kind, dtypes.ListOf)
        if items:
            return flink_sql.cast(flink_sql.array(*map(self.value, items)), of)
        # ARRAY[] does not parse: one NULL, taken out again.
        one = flink_sql.array(flink_sql.null(kind.item))
        return flink_sql.call("ARRAY_REMOVE", one, flink_sql.null(kind.item))


CONNECTED = frozenset({"not", "and", "or", "eq", "ne", "in", "truth", "is_none", "not_none"})


def _is_none(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Raises) or (isinstance(expr, ir.Const) and expr.value is None)


def _may_be_null(test: ir.Expr) -> bool:
    """Tell whether a guard's condition may be NULL: it compares operands before it is known that none is None."""
    if isinstance(test, ir.Prim) and test.op in CONNECTED:
        return test.op in ("and", "or", "not") and any(map(_may_be_null, test.args))
    return any(dtypes.nullable(one.type) for one in rewrite.walk(test))


def constant(const: ir.Const) -> exp.Expression:
    """Return the literal of a constant."""
    match const.value:
        case None:
            return flink_sql.null(const.type)
        case bool():
            return flink_sql.boolean(const.value)
        case int():
            return flink_sql.bigint(const.value)
        case float():
            return flink_sql.double(const.value)
        case str():
            return _text_constant(const, const.value)
        case Decimal():
            return flink_sql.cast(flink_sql.exact(const.value), const.type)
        case bytes():
            return exp.HexString(this=const.value.hex())


def _text_constant(const: ir.Const, text: str) -> exp.Expression:
    of = dtypes.required(const.type)
    if of == dtypes.DATE:
        return flink_sql.cast(flink_sql.string(text), of)
    if of in (dtypes.LOCAL_DATETIME, dtypes.DATETIME):
        # A `T` or an offset would end the job: CAST takes neither.
        moment = datetime.datetime.fromisoformat(text)
        in_utc = moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment
        local = flink_sql.cast(flink_sql.string(in_utc.isoformat(" ")), dtypes.LOCAL_DATETIME)
        return local if of == dtypes.LOCAL_DATETIME else flink_sql.cast(local, of)
    return flink_sql.string(text)


def _widened(tree: exp.Expression, of: dtypes.Type, param: dtypes.Type | None) -> exp.Expression:
    given = dtypes.required(of)
    if not isinstance(param, dtypes.Scalar) or not isinstance(given, dtypes.Scalar) or param.name == given.name:
        return tree
    if given.name == "bool" and param.name in ("int", "whole", "float"):
        tree = flink_sql.big(tree)
    return tree if param == dtypes.INT else flink_sql.cast(tree, param)
