"""One 1NF table as one query: its rows, the aggregates over what lies below them, and the re-key wrap.

Every input of the final GROUP BY is retracted in full, so no outer join loses a row (FLINK-40681), and its key is the
sink's key, so no sink materializer is planned. Collections with the same generators share one input.

    in_session, count(t ⋈ …)   →  Group(Union(Project(key, record, NULL), Project(key, NULL, 1)), key, latest, count)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from compiler import dtypes, failures, ir, plan, ranges, rewrite, sequences, simplify
from compiler.relate import groups, guards, joins, own, texts

PACK = "row"
KEPT = "kept"
_PRESENT = "present"
_TRUE = ir.Const(True, dtypes.BOOL)
_TEXT = dtypes.optional(dtypes.STR)
_TEXTS = dtypes.optional(dtypes.ListOf(dtypes.STR))


@dataclass(frozen=True, slots=True)
class Table:
    """What a table is: the steps that make its rows, its key, its outputs with what must hold for each."""

    name: str
    parent: str | None
    steps: tuple[ir.Step, ...]
    key: tuple[tuple[str, ir.Expr], ...]
    outputs: tuple[tuple[str, ir.Expr], ...]


@dataclass(frozen=True, slots=True)
class Assembled:
    """A relation, and each output (and what it raises, if it can) over the relation's columns."""

    relation: plan.Relation
    key: tuple[tuple[str, ir.Expr], ...]
    values: Mapping[str, ir.Expr]
    raised: Mapping[str, ir.Expr]


def assemble(context: joins.Context, table: Table) -> Assembled:
    """Return the relation of a table's rows with all outputs."""
    return _Assembly(context, table).run()


def reducing(rows: joins.Rows, alias: str, reduces: tuple[ir.Reduce, ...]) -> tuple[joins.Stage, joins.Reduces]:
    """Return the rows grouped by their identity, with columns for the reductions."""
    stage = _Assembly(rows.context, Table(alias, None, sequences.loops(tuple(rows.steps)), rows.identity(), ()), alias)
    stage.spine = rows
    return stage, {one: stage.reduced(one) for one in reduces}


@dataclass(slots=True)
class _Assembly:
    context: joins.Context
    table: Table
    alias: str = "g"
    spine: joins.Rows = field(init=False)
    packed: dict[ir.Expr, str] = field(default_factory=dict)
    aggregates: dict[str, plan.Agg] = field(default_factory=dict)
    branches: dict[tuple[ir.Step, ...], _Branch] = field(default_factory=dict)
    firsts: dict[tuple[object, ...], _First] = field(default_factory=dict)
    done: dict[ir.Reduce, ir.Expr] = field(default_factory=dict)
    members: _Branch | None = None  # the rows themselves, where the table has one of each group of them
    wide: bool = (
        False  # each packed value is a column: Flink cannot split a projection that calls Python and reads rows
    )

    def run(self) -> Assembled:
        reads = tuple(expr for _, expr in (*self.table.key, *self.table.outputs))
        self.spine = joins.Rows(self.context).run(self.table.steps, reads)
        self.wide = any(_calls_python(expr) for _, expr in self.table.outputs)
        key = self._key()
        for _, expr in self.table.key:
            there = None if dtypes.nullable(expr.type) else failures.present(self.spine.scalar(expr))
            if there is not None:  # a key has no row where it raises
                self.spine.where(there)
        if not any(self._aggregates(expr) for _, expr in self.table.outputs):
            return self._plain(key)
        values: dict[str, ir.Expr] = {}
        raised: dict[str, ir.Expr] = {}
        for name, expr in self.table.outputs:
            is_packed = not self._aggregates(expr) and not _calls_python(expr)
            value, text = self._packed_whole(expr, name) if is_packed else _guarded(self._lower(expr))
            values[name] = value
            if text is not None:
                raised[name] = text
        self._prune((*values.values(), *raised.values()))
        if self._is_plain():
            spread = {name: self._spread(expr) for name, expr in values.items()}
            return Assembled(
                self.spine.relation, key, spread, {name: self._spread(expr) for name, expr in raised.items()}
            )
        return Assembled(self.union(key), _own_key(key), values, raised)

    def _key(self) -> tuple[tuple[str, ir.Expr], ...]:
        # That a key raises is told beside the whole value, which is None then; here it only must not end the job.
        return tuple((name, failures.guarded(self.spine.scalar(expr))) for name, expr in self.table.key)

    def _aggregates(self, expr: ir.Expr) -> bool:
        """Tell whether the expression needs an aggregate that the rows do not have yet."""
        if isinstance(expr, ir.Reduce):
            return expr not in self.spine.reduced
        if isinstance(expr, ir.Comp | ir.GroupBy):
            return True
        return any(map(self._aggregates, rewrite.children(expr)))

    def _is_plain(self) -> bool:
        """Tell whether no aggregate is left, and the rows are those of one collection by its own key."""
        aggregates = self.firsts or any(one.columns for one in self.branches.values())
        return not (aggregates or self.wide or self.table.steps or self.spine.is_joined)

    def _spread(self, expr: ir.Expr) -> ir.Expr:
        """Put what was packed in the place of the record's fields."""
        packed = {name: value for value, name in self.packed.items()}

        def unpack(one: ir.Expr) -> ir.Expr | None:
            match one:
                case ir.Prim("record.field", (ir.Column(alias, record), ir.Const(str(name)))) if (alias, record) == (
                    self.alias,
                    PACK,
                ):
                    return packed[name]
            return None

        return rewrite.transform(expr, unpack)

    def _prune(self, exprs: tuple[ir.Expr, ...]) -> None:
        """Forget what was packed or aggregated and is not read after all."""
        members: set[tuple[str, object]] = set()
        columns: set[str] = set()
        for one in (part for expr in exprs for part in rewrite.walk(expr)):
            if isinstance(one, ir.Prim) and one.op == "record.field" and isinstance(one.args[0], ir.Column):
                assert isinstance(one.args[1], ir.Const)
                members.add((one.args[0].name, one.args[1].value))
            elif isinstance(one, ir.Column):
                columns.add(one.name)
        self.packed = {
            value: name for value, name in self.packed.items() if (PACK, name) in members or f"{PACK}_{name}" in columns
        }
        for branch in self.branches.values():
            branch.columns = {name: wanted for name, wanted in branch.columns.items() if name in columns}
        self.firsts = {
            shape: first for shape, first in self.firsts.items()
            if first.name in columns or any(name.startswith(f"{first.name}_") for name in columns)
        }  # fmt: skip

    def _rows(self, steps: tuple[ir.Step, ...], reads: tuple[ir.Expr, ...]) -> joins.Rows:
        """Return the rows of a collection below each row of the table; which rows there are is the spine's matter."""
        outer = self.table.steps
        found = own.group(outer, steps)
        if found is not None:
            around = (one for one in outer if isinstance(one, ir.Cond) and _is_cheap(one))
            return joins.Rows(self.context).of_group(found.var, found.made).run((*around, *found.rest), reads)
        if not any(
            isinstance(one, ir.Cut) and (one.per is not None or one.number) for one in outer
        ):  # then the key is not the entries', or what is below may read a place
            outer = tuple(one for one in outer if isinstance(one, ir.Gen) or _is_cheap(one))
        return joins.Rows(self.context).run((*outer, *steps), reads)

    # ------------------------------------------------------------ without aggregates

    def _plain(self, key: tuple[tuple[str, ir.Expr], ...]) -> Assembled:
        both = {name: _guarded(_resolved(self.spine.scalar(expr))) for name, expr in self.table.outputs}
        values = {name: value for name, (value, _) in both.items()}
        raised = {name: text for name, (_, text) in both.items() if text is not None}
        if not self.table.steps and not self.spine.is_joined:
            return Assembled(self.spine.relation, key, values, raised)
        by_key = {expr: name for name, expr in key}
        packed = {name: expr for name, expr in values.items() if expr not in by_key}
        packed.update({f"{name}__error": expr for name, expr in raised.items()})
        if self.wide:
            return self._plain_wide(key, values, raised)
        relation = _rekeyed(self.spine.relation, key, packed)
        return Assembled(
            relation,
            _own_key(key),
            {
                name: ir.Column("g", by_key[expr], expr.type) if expr in by_key else _member("g", PACK, name, expr.type)
                for name, expr in values.items()
            },
            {name: _member("g", PACK, f"{name}__error", _TEXT) for name in raised},
        )

    def _plain_wide(
        self, key: tuple[tuple[str, ir.Expr], ...], values: Mapping[str, ir.Expr], raised: Mapping[str, ir.Expr]
    ) -> Assembled:
        # Calls stay above the group; below it are the columns that they and everything else read.
        # By name: where a column is known not to be None its type is another, but it is the same column.
        named = {
            f"{one.alias}__{one.name}": replace(one, type=dtypes.optional(one.type))
            for expr in (*values.values(), *raised.values())
            for one in rewrite.walk(expr)
            if isinstance(one, ir.Column)
        }
        inner = plan.Project(self.spine.relation, (*key, *named.items()), "i")
        group = plan.Group(
            inner,
            tuple((name, ir.Column("i", name, expr.type)) for name, expr in key),
            tuple((name, plan.Agg("latest", ir.Column("i", name, one.type))) for name, one in named.items()),
            "g",
        )

        def above(expr: ir.Expr) -> ir.Expr | None:
            if not isinstance(expr, ir.Column):
                return None
            return ir.Column("g", f"{expr.alias}__{expr.name}", dtypes.optional(expr.type))

        return Assembled(
            group, _own_key(key),
            {name: rewrite.transform(expr, above) for name, expr in values.items()},
            {name: rewrite.transform(expr, above) for name, expr in raised.items()},
        )  # fmt: skip

    # ------------------------------------------------------------ with aggregates

    def _lower(self, expr: ir.Expr) -> ir.Expr:
        """Rewrite an output over the group's columns: reductions are aggregates, the rest is packed into one record."""
        if isinstance(expr, ir.Const | ir.Raises):
            return expr
        if not self._aggregates(expr) and not _calls_python(expr):
            return self._pack(expr)
        if isinstance(expr, ir.Reduce):
            return self.reduced(expr)
        if isinstance(expr, ir.Prim | ir.If | ir.MakeList):
            parts = tuple(self._lower(one) for one in rewrite.children(expr))
            if isinstance(expr, ir.MakeList):
                return replace(expr, items=parts)
            if isinstance(expr, ir.Prim):
                return _settled(replace(expr, args=parts))
            return replace(expr, test=parts[0], then=parts[1], orelse=parts[2])
        raise joins.decline("D406", expr.span, "a collection here has no join")

    def _packed_whole(self, expr: ir.Expr, wanted: str = "") -> tuple[ir.Expr, ir.Expr | None]:
        value, text = _guarded(_resolved(self.spine.scalar(expr)))
        if isinstance(value, ir.Const) and text is None:
            return value, None
        raised = None if text is None else self._packed(text, f"{wanted}__error" if wanted else "")
        return self._packed(value, wanted), raised

    def _pack(self, expr: ir.Expr) -> ir.Expr:
        value, text = self._packed_whole(expr)
        return value if text is None else checked(text, replace(value, type=expr.type))

    def _packed(self, value: ir.Expr, wanted: str = "") -> ir.Expr:
        key = self._of_key(value)
        if key is not None:
            return key
        free = wanted if wanted and wanted not in self.packed.values() else f"v{len(self.packed) + 1}"
        name = self.packed.setdefault(value, free)
        kind = dtypes.optional(value.type)
        return ir.Column(self.alias, f"{PACK}_{name}", kind) if self.wide else _member(self.alias, PACK, name, kind)

    def _of_key(self, value: ir.Expr) -> ir.Expr | None:
        """Return the key of a group from the columns of the table's own key, where a value is that."""
        keys = dict(self.table.key) if own.groups(self.table.steps) is not None else {}
        for name, expr in keys.items():
            match expr:
                case ir.EntryKey():
                    found: ir.Expr = ir.Column(self.alias, name, value.type)
                case ir.Prim("coalesce", (ir.EntryKey() as expr, _)):
                    none = ir.Column(self.alias, f"{name}_none", dtypes.BOOL)
                    found = ir.If(none, ir.Const(None, value.type), ir.Column(self.alias, name, value.type), value.type)
                case _:
                    continue
            if failures.guarded(self.spine.scalar(expr)) == value:
                return found
        return None

    def reduced(self, reduce: ir.Reduce) -> ir.Expr:
        """Return a reduction over the group's columns."""
        if reduce not in self.done:
            lowered = reduce if reduce.empty is None else replace(reduce, empty=self._lower(reduce.empty))
            found = self._first(lowered) if reduce.op in ("first", "last") else self._aggregate(lowered)
            self.done[reduce] = found
        return self.done[reduce]

    # -- counts, sums and the like

    def _aggregate(self, reduce: ir.Reduce) -> ir.Expr:
        branch, comp = self._branch(reduce.comp)
        tests = _tests(comp)
        kind = reduce.type
        match reduce.op:
            case "count" if reduce.distinct:
                known = self._column(branch, "count_distinct", tests, comp.head, dtypes.INT)
                if not dtypes.nullable(comp.head.type):
                    return known
                # COUNT(DISTINCT …) leaves out None, which is one more value.
                none = ir.Prim("is_none", (comp.head,), dtypes.BOOL)
                missing = self._column(branch, "count", (*tests, none), None, dtypes.INT)
                one, zero = ir.Const(1, dtypes.INT), ir.Const(0, dtypes.INT)
                more = ir.If(_compare("gt", missing), one, zero, dtypes.INT)
                return ir.Prim("int.add", (known, more), dtypes.INT, reduce.span)
            case "count":
                return self._column(branch, "count", tests, None, dtypes.INT)
            case "any":
                self._never_raises(branch, reduce.op, comp)
                return _compare("gt", self._column(branch, "count", (*tests, comp.head), None, dtypes.INT))
            case "all":
                self._never_raises(branch, reduce.op, comp)
                false = ir.Prim("not", (comp.head,), dtypes.BOOL, comp.span)
                return _compare("eq", self._column(branch, "count", (*tests, false), None, dtypes.INT))
            case "sum":
                head = ranges.addend(comp.head)
                column = self._column(branch, "sum", tests, head, dtypes.optional(dtypes.required(head.type)))
                assert reduce.empty is not None
                return ranges.widened(ir.Prim("coalesce", (column, reduce.empty), kind, reduce.span))
            case "min" | "max":
                column = self._column(branch, reduce.op, tests, comp.head, dtypes.optional(dtypes.required(kind)))
                if isinstance(reduce.empty, ir.Const) and reduce.empty.value is None:
                    return column
                number = self._column(branch, "count", tests, None, dtypes.INT)
                return _or_empty(reduce, _compare("eq", number), column)
            case "collect":
                return self._column(branch, "collect", tests, comp.head, _TEXTS)
            case "join":
                ordered = replace(reduce, comp=comp)
                return texts.joined(ordered, self._column(branch, "collect", tests, texts.gathered(comp), _TEXTS))
            case "error":
                return self._error(branch, comp)
        raise joins.decline("D408", reduce.span, f"`{reduce.op}` of a collection has no exact SQL form")

    def _never_raises(self, branch: _Branch, op: ir.ReduceOp, comp: ir.Comp) -> None:
        # Python stops at the first hit, so what raises after it is never seen; an aggregate sees everything.
        if comp.checked:
            return
        if any(failures.evaluated(branch.rows.scalar(one)) is not None for one in guards.parts(comp, (comp.head,))):
            raise joins.decline("D409", comp.span, f"`{op}` stops early, and what it tests may raise")

    def _error(self, branch: _Branch, comp: ir.Comp) -> ir.Expr:
        assert not _tests(comp)
        if collects(comp.head):  # aggregates per row are joined only for what may raise
            tried = self._rows(comp.steps, (comp.head,)).scalar(comp.head)
            if failures.evaluated(tried) is None:
                return ir.Const(None, _TEXT)
        text = failures.evaluated(branch.rows.scalar(comp.head))
        if text is None:
            return ir.Const(None, _TEXT)
        place = _place(comp.steps)
        if place is None or not _varies(text):
            return branch.column(self, "first_error", (), text, _TEXT)
        # The least of them is that of the element which Python comes to first.
        placed = ir.Prim("error.placed", (*map(branch.rows.scalar, place), text), _TEXT)
        column = branch.column(self, "first_error", (), placed, _TEXT)
        return ir.Prim("error.told", (column, ir.Const(len(place), dtypes.INT)), _TEXT)

    def _branch(self, comp: ir.Comp) -> tuple[_Branch, ir.Comp]:
        renamed = self._renamed(comp)
        found = own.group(self.table.steps, renamed.steps)
        if found is None:
            shape = sequences.loops(renamed.steps)
        else:
            shape = (*found.same, *sequences.loops(found.rest))
            renamed = replace(renamed, steps=found.rest)
        if shape not in self.branches:
            rows = self._rows(shape, (*_tests(renamed), renamed.head))
            self.branches[shape] = _Branch(rows, self.alias, f"b{len(self.branches) + 1}")
            if found is not None and shape == found.same:
                self.members = self.branches[shape]
        return self.branches[shape], renamed

    def _renamed(self, comp: ir.Comp) -> ir.Comp:
        """Return the comprehension with variables named by what they go through, so that equal loops are one."""
        gens = tuple(step for step in comp.steps if isinstance(step, ir.Gen))
        taken = (
            rewrite.variables(comp)
            | rewrite.bound(comp)
            | {one.var for one in self.table.steps if isinstance(one, ir.Gen)}
        )
        taken -= {gen.var for gen in gens}
        named: dict[str, str] = {}
        for gen in gens:
            name, count = _hint(gen), 0
            while name in taken:
                count += 1
                name = f"{_hint(gen)}{count}"
            taken |= {name}
            named[gen.var] = name
        return rewrite.fresh(comp, lambda var: named.get(var, var))

    def _column(
        self, branch: _Branch, op: str, tests: tuple[ir.Expr, ...], head: ir.Expr | None, kind: dtypes.Type
    ) -> ir.Expr:
        scalars = tuple(branch.rows.scalar(one) for one in tests)
        value = None if head is None else branch.rows.scalar(head)
        # What raises was reported by an "error" column beside this one; here it only must not end the job.
        scalars = tuple(joins.true_where(one) for one in scalars if one != _TRUE)
        value = None if value is None else failures.guarded(value)
        return branch.column(self, op, scalars, value, kind)

    # -- first and last

    def _first(self, reduce: ir.Reduce) -> ir.Expr:
        comp = self._renamed(reduce.comp)
        order = comp.order
        if sequences.is_unordered(order):
            raise joins.unordered(order)
        if reduce.op == "last":
            order = tuple(replace(one, descending=not one.descending) for one in order)
        shape = (comp.steps, order)
        first = self.firsts.get(shape)
        if first is None:
            rows = self._rows(comp.steps, (*(one.key for one in order), comp.head))
            keys = tuple(ir.Order(failures.guarded(ranges.kept(rows.scalar(one.key))), one.descending) for one in order)
            chosen = () if comp.checked else guards.parts(comp, tuple(one.key for one in order))
            if any(failures.evaluated(rows.scalar(one)) is not None for one in chosen):
                raise joins.decline("D409", reduce.span, "what the first item is chosen by may raise")
            first = self.firsts[shape] = _First(rows, keys, self.alias, f"f{len(self.firsts) + 1}", self.wide)
        value = first.rows.scalar(comp.head)
        text = None if comp.checked else failures.failure(value)
        found = first.member(failures.guarded(value), comp.head.type)
        result = _or_empty(reduce, ir.Prim("is_none", (first.member(_TRUE, dtypes.BOOL),), dtypes.BOOL), found)
        if text is None:
            return result
        return checked(first.member(text, _TEXT), result)

    # -- the union

    def carried(self, expr: ir.Expr) -> ir.Expr:
        """Return the column of the group that holds an expression over the rows, packing it if need be."""
        for name, one in self.table.key:
            key = self.spine.scalar(one)
            if isinstance(key, ir.Column) and replace(key, type=expr.type) == expr:
                return ir.Column(self.alias, name, expr.type)
        named = f"{expr.alias}__{expr.name}" if isinstance(expr, ir.Column) else ""
        return replace(self._packed(expr, named), type=expr.type)

    def relation(self) -> plan.Relation:
        """Return the group with all that was asked for."""
        return self.union(self._key())

    def union(self, key: tuple[tuple[str, ir.Expr], ...]) -> plan.Relation:
        """Return the group over the union of the rows with what belongs to each."""
        packed = {name: value for value, name in self.packed.items()}
        # Where nothing is kept of the row itself, counting it is cheaper than remembering it.
        counted: dict[str, tuple[plan.AggOp, ir.Expr]] = {_PRESENT: ("count", ir.Const(1, dtypes.INT))}
        mine = self._latest(PACK, packed) if packed else counted
        members = self.members if not packed and self._is_group() else None
        if members is None:
            inputs = [groups.Input(self.spine.relation, key, mine)]
        else:  # the rows of a group say that it is there
            members.columns[_PRESENT] = ("count", (), None, dtypes.INT)
            inputs = []
        for branch in sorted(self.branches.values(), key=lambda one: one is not members):
            own_key = _key_of(self.table, branch.rows)  # first: the relation has the columns that were asked for
            relation, filled = branch.finish()
            if filled:
                inputs.append(groups.Input(relation, own_key, filled))
        for first in self.firsts.values():
            relation, keyed, columns = first.finish(_key_of(self.table, first.rows))
            inputs.append(groups.Input(relation, keyed, self._latest(first.name, columns)))
        return groups.grouped(inputs, self.alias, _PRESENT if members is not None else next(iter(inputs[0].filled)))

    def _is_group(self) -> bool:
        """Tell whether the rows are the groups of a dict, each by its key, and nothing was joined to them."""
        tests = [step for step in self.table.steps if isinstance(step, ir.Cond)]
        return self.spine.below is None and len(self.spine.grown) == len(tests) and all(map(_is_cheap, tests))

    def _latest(self, name: str, members: Mapping[str, ir.Expr]) -> dict[str, tuple[plan.AggOp, ir.Expr]]:
        if not self.wide:
            return {name: ("latest", _record(members))}
        # The first column says that there is a row at all, so it is never None.
        marked = {"present": _TRUE, **members} if name == PACK else members
        return {f"{name}_{member}": ("latest", value) for member, value in marked.items()}


@dataclass(slots=True)
class _Branch:
    """One input of the union for all aggregates over the same generators."""

    rows: joins.Rows
    alias: str
    prefix: str
    columns: dict[str, tuple[str, tuple[ir.Expr, ...], ir.Expr | None, dtypes.Type]] = field(default_factory=dict)

    def column(
        self, assembly: _Assembly, op: str, tests: tuple[ir.Expr, ...], value: ir.Expr | None, kind: dtypes.Type
    ) -> ir.Expr:
        wanted = (op, tests, value, kind)
        counts = op.startswith("count")
        for name, known in self.columns.items():
            if known == wanted:
                return ir.Column(self.alias, name, kind, counts=counts)
        name = f"{self.prefix}_{op}{len(self.columns) + 1}"
        self.columns[name] = wanted
        return ir.Column(self.alias, name, kind, counts=counts)

    def finish(self) -> tuple[plan.Relation, dict[str, tuple[plan.AggOp, ir.Expr]]]:
        rows = self.rows.branched()
        columns = {
            name: (op, tuple(map(rows.now, tests)), None if value is None else rows.now(value))
            for name, (op, tests, value, _) in self.columns.items()
        }
        common = _common([tests for _, tests, _ in columns.values()])
        for test in common:
            rows.where(test)
        filled: dict[str, tuple[plan.AggOp, ir.Expr]] = {}
        for name, (op, tests, value) in columns.items():
            rest = tuple(one for one in tests if one not in common)
            body: ir.Expr = ir.Const(1, dtypes.INT) if value is None else value
            if rest:
                test = rest[0] if len(rest) == 1 else ir.Prim("and", rest, dtypes.BOOL)
                body = ir.If(test, body, ir.Const(None, dtypes.optional(body.type)), dtypes.optional(body.type))
            filled[name] = (op, body)  # type: ignore[assignment]  # op is one of Agg's
        return rows.relation, filled


def _place(steps: tuple[ir.Step, ...]) -> tuple[ir.Expr, ...] | None:
    """Return texts by which what loops go through comes in Python's order; None where no text says that."""
    found: list[ir.Expr] = []
    for step in steps:
        match step:
            case ir.Gen(var, ir.Many()):
                found.append(ir.EntryKey(var, dtypes.STR))
            case ir.Gen(var, ir.Items(made)) if _is_stored_list(made):
                index = ir.Prim("str", (ir.EntryKey(var, dtypes.INT),), dtypes.STR)
                found.append(ir.Prim("str.zfill", (index, ir.Const(10, dtypes.INT)), dtypes.STR))
            case _:
                return None
    return tuple(found)


def _is_stored_list(made: ir.Expr) -> bool:
    return isinstance(made, ir.Attr) and isinstance(dtypes.required(made.type), dtypes.ListOf)


def _varies(text: ir.Expr) -> bool:
    """Tell whether the text of one element may be another than that of another element."""
    found = set(_results(text))
    return len(found) > 1 or not all(isinstance(one, ir.Const) for one in found)


def _results(text: ir.Expr) -> Iterator[ir.Expr]:
    match text:
        case ir.If(_, then, orelse):
            yield from _results(then)
            yield from _results(orelse)
        case ir.Prim("coalesce", args):
            for one in args:
                yield from _results(one)
        case ir.Const(None):
            return
        case _:
            yield text


def _tests(comp: ir.Comp) -> tuple[ir.Expr, ...]:
    """Return the conditions after the last cut, which aggregates may have each for itself."""
    after = comp.steps[len(sequences.settled(comp.steps)) :]
    return tuple(step.test for step in after if isinstance(step, ir.Cond))


def _common(every: list[tuple[ir.Expr, ...]]) -> tuple[ir.Expr, ...]:
    return tuple(one for one in every[0] if all(one in tests for tests in every)) if every else ()


@dataclass(slots=True)
class _First:
    """One input of the union for the first row per key in one order, with all that is read of it."""

    rows: joins.Rows
    order: tuple[ir.Order, ...]
    alias: str
    name: str
    wide: bool
    members: dict[ir.Expr, str] = field(default_factory=dict)

    def member(self, value: ir.Expr, kind: dtypes.Type) -> ir.Expr:
        name = self.members.setdefault(value, f"m{len(self.members) + 1}")
        if self.wide:
            return ir.Column(self.alias, f"{self.name}_{name}", dtypes.optional(kind))
        return _member(self.alias, self.name, name, dtypes.optional(kind))

    def finish(
        self, key: tuple[tuple[str, ir.Expr], ...]
    ) -> tuple[plan.Relation, tuple[tuple[str, ir.Expr], ...], dict[str, ir.Expr]]:
        order = tuple((f"o{place}", self.rows.now(one.key)) for place, one in enumerate(self.order))
        members = tuple((name, self.rows.now(value)) for value, name in self.members.items())
        inner = plan.Project(self.rows.relation, (*key, *order, *members), "t")
        by = tuple(
            ir.Order(ir.Column("t", f"o{place}", one.key.type), one.descending) for place, one in enumerate(self.order)
        )
        top = plan.TopN(inner, tuple(name for name, _ in key), by, 1, "t")
        own = tuple((name, ir.Column("t", name, expr.type)) for name, expr in key)
        return top, own, {name: ir.Column("t", name, value.type) for name, value in members}


# ---------------------------------------------------------------- shared by the tables of all kinds


def top_rows(
    source: plan.Relation,
    key: tuple[tuple[str, ir.Expr], ...],
    partition: tuple[tuple[str, ir.Expr], ...],
    order: tuple[ir.Order, ...],
    columns: Mapping[str, ir.Expr],
    limit: int,
) -> tuple[plan.Relation, dict[str, ir.Expr]]:
    """Return the first rows per partition in an order, and the same named columns over the result (alias `t`)."""
    every = {**dict(partition), **dict(key), **columns}
    ordered = {f"o{place}": one.key for place, one in enumerate(order)}
    inner = plan.Project(source, (*every.items(), *ordered.items()), "t")
    by = tuple(
        ir.Order(ir.Column("t", name, one.key.type), one.descending) for name, one in zip(ordered, order, strict=True)
    )
    top = plan.TopN(inner, tuple(name for name, _ in partition), by, limit, "t")
    return top, {name: ir.Column("t", name, expr.type) for name, expr in every.items()}


def rekey(
    source: plan.Relation, key: tuple[tuple[str, ir.Expr], ...], columns: Mapping[str, ir.Expr]
) -> tuple[plan.Relation, dict[str, ir.Expr]]:
    """Return the rows grouped by their key, and the named columns over the result (alias `g`)."""
    by_key = {expr: name for name, expr in key}
    packed = {name: expr for name, expr in columns.items() if expr not in by_key}
    relation = _rekeyed(source, key, packed)
    return relation, {
        name: ir.Column("g", by_key[expr], expr.type) if expr in by_key else _member("g", PACK, name, expr.type)
        for name, expr in columns.items()
    }


def _rekeyed(
    source: plan.Relation, key: tuple[tuple[str, ir.Expr], ...], packed: Mapping[str, ir.Expr]
) -> plan.Relation:
    keys = tuple((name, ir.Column("i", name, expr.type)) for name, expr in key)
    if not packed:
        # Flink would take out a group of keys that are unique already, and then put a materializer before the sink.
        last = keys[-1][1]
        kept = (KEPT, plan.Agg("latest", last))
        same = ir.Prim("eq", (ir.Column("g", KEPT, dtypes.optional(last.type)), replace(last, alias="g")), dtypes.BOOL)
        return plan.Group(plan.Project(source, key, "i"), keys, (kept,), "g", having=same)
    record = _record(packed)
    inner = plan.Project(source, (*key, (PACK, record)), "i")
    return plan.Group(inner, keys, ((PACK, plan.Agg("latest", ir.Column("i", PACK, record.type))),), "g")


def _guarded(expr: ir.Expr) -> tuple[ir.Expr, ir.Expr | None]:
    """Return the value, None where it raises, and the text of what it raises, if it can."""
    value, text = simplify.simplify(failures.guarded(expr)), failures.failure(expr)
    if text is not None:
        text = simplify.simplify(text)
    return value, None if text is None or text == ir.Const(None, text.type) else text


def _resolved(expr: ir.Expr) -> ir.Expr:
    """Settle the checks inside a scalar expression over columns."""

    def settle(one: ir.Expr) -> ir.Expr | None:
        if isinstance(one, ir.Prim) and one.op in ("check", "evaluated", "is_none"):
            return _settled(replace(one, args=tuple(_resolved(arg) for arg in one.args)))
        return None

    return rewrite.transform(expr, settle)


def _settled(expr: ir.Prim) -> ir.Expr:
    """Replace `evaluated(x)` by the text that x raises, and drop a check whose text is None for certain."""
    if expr.op == "evaluated":
        return failures.evaluated(expr.args[0]) or ir.Const(None, _TEXT)
    if expr.op == "is_none" and isinstance(expr.args[0], ir.Prim) and expr.args[0].op == "error.told":
        return replace(expr, args=expr.args[0].args[:1])
    if expr.op == "is_none" and isinstance(expr.args[0], ir.Const):
        return ir.Const(expr.args[0].value is None, dtypes.BOOL, expr.span)
    if expr.op == "check" and expr.args[0] == _TRUE:
        return expr.args[2]
    return expr


def checked(raised: ir.Expr, value: ir.Expr) -> ir.Expr:
    """Return the value, raising the text where there is one."""
    fine = ir.Prim("is_none", (raised,), dtypes.BOOL)
    return ir.Prim("check", (fine, raised, value), value.type, value.span)


def _record(fields: Mapping[str, ir.Expr]) -> ir.MakeRecord:
    return ir.MakeRecord(
        tuple(fields.items()),
        dtypes.Record(tuple((name, dtypes.optional(value.type)) for name, value in fields.items())),
    )


def _member(alias: str, record: str, name: str, kind: dtypes.Type) -> ir.Expr:
    column = ir.Column(alias, record, dtypes.optional(dtypes.Record(((name, kind),))))
    return ir.Prim("record.field", (column, ir.Const(name, dtypes.STR)), kind)


def _own_key(key: tuple[tuple[str, ir.Expr], ...]) -> tuple[tuple[str, ir.Expr], ...]:
    return tuple((name, ir.Column("g", name, expr.type)) for name, expr in key)


def _key_of(table: Table, rows: joins.Rows) -> tuple[tuple[str, ir.Expr], ...]:
    return tuple((name, rows.scalar(expr)) for name, expr in table.key)


def _is_cheap(step: ir.Step) -> bool:
    return isinstance(step, ir.Cond) and not collects(step.test)


def collects(expr: ir.Expr) -> bool:
    """Tell whether a collection occurs."""
    return any(isinstance(one, ir.Reduce | ir.Comp | ir.GroupBy) for one in rewrite.walk(expr))


def _calls_python(expr: ir.Expr) -> bool:
    return any(isinstance(one, ir.Prim) and one.op == "udf.call" for one in rewrite.walk(expr))


def _compare(op: str, number: ir.Expr) -> ir.Expr:
    return ir.Prim(op, (number, ir.Const(0, dtypes.INT)), dtypes.BOOL)


def _or_empty(reduce: ir.Reduce, is_empty: ir.Expr, value: ir.Expr) -> ir.Expr:
    if reduce.empty is not None:
        other: ir.Expr = reduce.empty
    else:
        name, _, message = reduce.empty_error.partition(": ")
        other = ir.Raises(name, message, span=reduce.span)
    return ir.If(is_empty, other, replace(value, type=reduce.type), reduce.type, reduce.span)


def _hint(gen: ir.Gen) -> str:
    if isinstance(gen.source, ir.Many):
        name = gen.source.reference
        return name[:-1] if name.endswith("s") and len(name) > 1 else f"{name}_item"
    value = gen.source.value
    if isinstance(value, ir.Attr):
        return f"{value.name}_item"
    return "entry" if isinstance(value, ir.Comp | ir.GroupBy) else "item"
