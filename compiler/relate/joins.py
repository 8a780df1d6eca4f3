"""The FROM clause of one query under construction: what a getter's leaves need, joined once each.

Attr(One("location"), "latitude")   →  meetings AS meeting ⟕ locations AS location, column location.latitude
Gen("user", Many("users"))          →  … × UNNEST(meeting.users) ⋈ users AS user
Lookup("tickets", user.key)         →  … ⟕ tickets ON tickets.doc_id = meeting.tickets[user.key]
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from compiler import dtypes, failures, ir, model, plan, primitives, ranges, rewrite, sequences
from compiler.diagnostics import Span
from compiler.relate import cuts, derived, entries, groups, members

ID = "doc_id"
_FALSE = ir.Const(False, dtypes.BOOL)
_TRUE = ir.Const(True, dtypes.BOOL)
_NUMBER = "number"


class NotRelational(Exception):  # noqa: N818 - not an error: it carries a decline
    """The expression needs a join that this compiler does not make."""

    def __init__(self, declined: ir.Declined) -> None:
        """Keep the reason."""
        super().__init__(declined.message)
        self.declined = declined


def decline(code: str, span: Span, message: str) -> NotRelational:
    """Return the exception to raise."""
    return NotRelational(ir.Declined(code, span, message))


class Stage(Protocol):
    """A derived table under construction: rows so far, with what was computed of them; it keeps what is asked for."""

    @property
    def alias(self) -> str:
        """The name by which the table is known above."""

    def carried(self, expr: ir.Expr) -> ir.Expr:
        """Return what holds, above the table, an expression over the columns below it."""

    def relation(self) -> plan.Relation:
        """Return the table with all columns that were asked for."""


Reduces = Mapping[ir.Reduce, ir.Expr]
"""Reductions, and the columns that hold them."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is the same for all queries of a view."""

    app: model.App
    store: model.Store
    predicates: Mapping[str, ir.Expr]  # reference → its `on=` test over EntryValue(ir.JOINED)
    reducing: Callable[[Rows, str, tuple[ir.Reduce, ...]], tuple[Stage, Reduces]]

    def reference(self, name: str) -> model.Reference:
        """Return a reference of the store."""
        found = self.store.reference(name)
        assert found is not None
        return found

    def scan(self, reference: model.Reference, alias: str) -> plan.Scan:
        """Return the scan of a reference's collection; a model with bases sees its own kinds only."""
        declared = self.app.models[reference.model]
        kinds = (declared.name, *declared.subclasses) if declared.bases else ()
        return plan.Scan(declared.collection, alias, (), kinds)


@dataclass(slots=True)
class Rows:
    """A relation that grows by joins; `scalar` rewrites an expression to its columns, joining what it needs.

    Where an expression needs an aggregate per row, the rows so far become a derived table (`below`) that is grouped by
    the rows' identity; columns of what is below it are read through it. The relation is made when all is asked for.
    """

    context: Context
    grown: list[Callable[[plan.Relation], plan.Relation]] = field(default_factory=list)
    base: Callable[[], plan.Relation] = field(init=False)
    steps: list[ir.Step] = field(default_factory=list)  # what the rows went through
    keys: dict[str, ir.Expr] = field(default_factory=dict)  # variable → its EntryKey as a column
    items: dict[str, ir.Expr] = field(default_factory=dict)  # variable of Items → its EntryValue as a column
    made: dict[str, derived.Made] = field(default_factory=dict)  # variable of what the getter made
    entities: dict[str, str] = field(default_factory=dict)  # variable of Many → alias
    ones: dict[str, str] = field(default_factory=dict)  # to-one reference → alias
    lookups: dict[tuple[str, ir.Expr], str] = field(default_factory=dict)
    numbers: dict[tuple[str, str], ir.Expr] = field(default_factory=dict)  # variable, part → the place that was counted
    aliases: set[str] = field(default_factory=set)  # taken, in this relation and in all below
    own: set[str] = field(default_factory=set)  # joined above the derived table
    below: tuple[Rows, Stage] | None = None
    root_id: ir.Expr | None = None  # of the root, where its document is not joined
    reduced: dict[ir.Reduce, ir.Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with the root."""
        root = self.context.store.root
        scan = self.context.scan(root, self._alias(root.name))
        self.base = lambda: scan
        self.ones[root.name] = root.name

    @property
    def relation(self) -> plan.Relation:
        """Return the relation, with all joins and columns that were asked for."""
        made = self.base()
        for grow in self.grown:
            made = grow(made)
        return made

    @property
    def is_joined(self) -> bool:
        """Tell whether the rows are more than the documents of one collection."""
        return bool(self.grown) or self.below is not None or self.root_id is not None

    # ------------------------------------------------------------ growing

    def run(self, steps: Iterable[ir.Step], reads: tuple[ir.Expr, ...] = ()) -> Rows:
        """Go through the steps; what `reads` aggregates of outer entries alone is computed before inner ones join."""
        left = list(steps)
        while left:
            step = left.pop(0)
            later = (*_tests(left), *reads)
            if isinstance(step, ir.Cond):
                wanted = tuple(_reduces((step.test,)))
                if wanted:
                    self._reduce(tuple(one for one in (*wanted, *_reduces(later)) if self._is_bound(one)))
                self.where(true_where(self.scalar(step.test)))
                self.steps.append(step)
            else:
                self._reduce(tuple(one for one in _reduces((*_held_by(step), *later)) if self._is_bound(one)))
                self.step(step)
        return self

    def of_group(self, var: str, made: ir.GroupBy) -> Rows:
        """Go through the rows of a dict that is filled by keys; the entry of each of them is that of its own key."""
        key = made.comp.key
        assert key is not None
        by = self.run(made.comp.steps, (key,)).scalar(key)
        there = None if dtypes.nullable(by.type) else failures.present(by)
        if there is not None:
            self.where(there)
        self.keys[var] = failures.guarded(by)
        return self

    def aggregated(self, reads: tuple[ir.Expr, ...]) -> Rows:
        """Compute what expressions aggregate, before any of them is read: the rows are other ones afterwards."""
        self._reduce(tuple(one for one in _reduces(reads) if one not in self.reduced))
        return self

    def step(self, step: ir.Step) -> None:
        """Apply a generator or a cut."""
        if isinstance(step, ir.Gen) and isinstance(step.source, ir.Items):
            self.aggregated((step.source.value,))  # of the rows so far
        match step:
            case ir.Cut():
                self._cut(step)
            case ir.Gen(var, ir.Many(reference)):
                self._many(var, self.context.reference(reference))
            case ir.Gen(var, ir.Items(value)):
                if not self._made(var, value):
                    self._elements(var, value)
        self.steps.append(step)

    def where(self, condition: ir.Expr) -> None:
        """Keep the rows for which the condition over columns is true."""
        if not (isinstance(condition, ir.Const) and condition.value is True):
            self.grown.append(lambda below: plan.Filter(below, condition))

    def identity(self) -> tuple[tuple[str, ir.Expr], ...]:
        """Return what tells the rows apart: the root's key and the entries' keys."""
        root = self.context.store.root
        key: list[tuple[str, ir.Expr]] = [(ID, ir.Attr(ir.One(root.name, dtypes.Entity(root.model)), ID, dtypes.STR))]
        for step in self.steps:
            if isinstance(step, ir.Gen):
                key += [(f"{step.var}_{name}", one) for name, one in entries.parts(step)]
        return tuple(key)

    # ------------------------------------------------------------ collections that the getter made

    def _cut(self, cut: ir.Cut) -> None:
        if sequences.is_unordered(cut.order):
            raise unordered(cut.order)
        others = tuple(one for one in self.identity() if not _of_entry(one[1], cut.over))
        partition = [_as_optional(self.scalar(one)) for _, one in others]
        if cut.per is not None:
            partition.append(_as_optional(failures.guarded(self.scalar(cut.per))))
        order = tuple(
            ir.Order(_as_optional(failures.guarded(ranges.kept(self.scalar(one.key)))), one.descending)
            for one in cut.order
        )
        frozen = self.branched()
        alias = self._alias("t")
        number = _NUMBER if cut.number else ""
        top = cuts.Top(lambda: frozen.relation, alias, tuple(partition), order, cut.start, cut.stop, number)
        self._above(frozen, alias, top)
        if number:
            counted = ir.Column(alias, number, dtypes.INT, counts=True)
            self.numbers[cut.over[-1], cut.number] = ir.Prim("int.sub", (counted, ir.Const(1, dtypes.INT)), dtypes.INT)

    def _above(self, frozen: Rows, alias: str, stage: Stage) -> None:
        self.base, self.grown = stage.relation, []
        self.own = {alias}
        self.below = (frozen, stage)

    def _made(self, var: str, value: ir.Expr) -> bool:
        """Join a collection that the getter made; False where it is a stored one."""
        outer = free(value)
        if isinstance(value, ir.GroupBy):
            made = self._made_of(
                var, value.comp, outer, lambda alias, below, key: derived.group(alias, below, key, value)
            )
            if made is None:
                raise decline("D408", value.span, f"`{value.op}` per key has no exact SQL form")
        elif isinstance(value, ir.Comp) and value.kind == "set":
            head = value.head
            made = self._made_of(var, value, outer, lambda alias, below, key: derived.distinct(alias, below, key, head))
        else:
            if not sequences.are_several(value):
                return False
            made = self._concatenated(var, value, sequences.branches(value) or (), outer)
        assert made is not None
        self._join_made(made, outer)
        self.made[var] = made
        return True

    def _around(self) -> tuple[ir.Step, ...]:
        """Return the steps that what is computed of each row begins with; which rows there are is the rows' matter."""
        if any(isinstance(one, ir.Cut) and one.number for one in self.steps):  # whose places may be read
            return sequences.loops(tuple(self.steps))
        return tuple(step for step in self.steps if isinstance(step, ir.Gen))

    def _below(self, steps: tuple[ir.Step, ...], outer: frozenset[str], reads: tuple[ir.Expr, ...]) -> Rows:
        """Return rows for a collection: of the root, or of the entries that it depends on."""
        around = self._around() if outer else ()
        rows = Rows(self.context).run((*around, *steps), reads)
        rows._reduce(tuple(one for one in _reduces(reads) if rows._is_bound(one)))
        return rows

    def _key(self, rows: Rows, outer: frozenset[str]) -> groups.Key:
        around = {step.var for step in self.steps if isinstance(step, ir.Gen)} if outer else set()
        return tuple((name, rows.scalar(one)) for name, one in rows.identity() if not rewrite.variables(one) - around)

    def _made_of(
        self, var: str, comp: ir.Comp, outer: frozenset[str],
        make: Callable[[str, derived.Below, groups.Key], derived.Made | None],
    ) -> derived.Made | None:  # fmt: skip
        reads = (comp.head, *(() if comp.key is None else (comp.key,)), *sequences.compared(comp.order))
        rows = self._below(comp.steps, outer, reads)
        below = derived.Below(lambda: rows.relation, rows.scalar)
        return make(self._alias(f"{var}_made"), below, self._key(rows, outer))

    def _concatenated(
        self, var: str, value: ir.Expr, branches: tuple[ir.Comp, ...], outer: frozenset[str]
    ) -> derived.Made:
        found: list[derived.Branch] = []
        of = dtypes.required(value.type)
        kind = sequences.item_type(branches)
        assert isinstance(of, dtypes.ListOf)
        assert kind is not None
        for comp in branches:
            rows = self._below(comp.steps, outer, (comp.head, *sequences.compared(comp.order)))
            item = comp.head
            if isinstance(dtypes.required(item.type), dtypes.Entity):
                item = ir.Prim("id_of", (item,), dtypes.optional(dtypes.STR))
            told = tuple(one for step in comp.steps if isinstance(step, ir.Gen) for _, one in entries.parts(step))
            below = derived.Below(lambda rows=rows: rows.relation, rows.scalar)  # type: ignore[misc]  # bound now
            found.append(derived.Branch(below, self._key(rows, outer), item, told, comp))
        return derived.concatenated(self._alias(f"{var}_made"), tuple(found), _held(kind))

    def _join_made(self, made: derived.Made, outer: frozenset[str]) -> None:
        root = self.context.store.root.name
        own = made.part(ID)
        assert own is not None
        if not self.is_joined and self.root_id is None and not outer:
            # Nothing was read of the root yet: its document is joined when something is.
            self.base = made.relation
            del self.ones[root]
            self.root_id = own
        else:
            keys = [(name, one) for name, one in self.identity() if outer or name == ID]
            on: list[tuple[ir.Expr, ir.Expr]] = []
            for name, one in keys:
                right = made.part(name)
                assert right is not None
                if dtypes.nullable(right.type):
                    raise decline("D304", one.span, "a loop inside a loop over keys that may be None has no SQL form")
                on.append((self.scalar(one), right))
            pairs = tuple(on)
            self.grown.append(lambda below: plan.Join(below, made.relation(), "inner", pairs))

    # ------------------------------------------------------------ aggregates per row

    def _is_bound(self, reduce: ir.Reduce) -> bool:
        known = free(reduce) <= self.keys.keys() | self.made.keys()
        return reduce not in self.reduced and known and sequences.places_read(reduce) <= self.numbers.keys()

    def _reduce(self, reduces: tuple[ir.Reduce, ...]) -> None:
        """Group the rows so far by their identity, together with aggregates over what belongs to each."""
        wanted = tuple(dict.fromkeys(reduces))
        if not wanted:
            return
        frozen = self.branched()
        alias = self._alias("g")
        stage, found = self.context.reducing(frozen, alias, wanted)
        self._above(frozen, alias, stage)
        self.reduced.update(found)

    def branched(self) -> Rows:
        """Return the rows as they are now, with joins of their own from here on."""
        frozen = copy.copy(self)
        for name in (
            "grown", "steps", "keys", "items", "made", "entities", "ones", "lookups", "numbers", "own", "reduced",
        ):  # fmt: skip
            setattr(frozen, name, copy.copy(getattr(self, name)))
        return frozen

    def now(self, expr: ir.Expr) -> ir.Expr:
        """Return an expression over columns as it reads above the derived table."""
        if self.below is None:
            return expr
        frozen, stage = self.below

        def carried(one: ir.Expr) -> ir.Expr | None:
            match one:
                case ir.Column(alias) | ir.Prim("record.field", (ir.Column(alias), ir.Const())) if alias in self.own:
                    return one
                case ir.Column() | ir.Prim("record.field", (ir.Column(), ir.Const())):
                    below = frozen.now(one)
                    if not isinstance(below, ir.Column | ir.Prim):
                        return below
                    # The same column, whether it is known there not to be None or not.
                    found = stage.carried(_as_optional(below))
                    return replace(found, type=one.type) if isinstance(found, ir.Column | ir.Prim) else found
            return None

        return rewrite.transform(expr, carried)

    def _alias(self, wanted: str) -> str:
        alias, count = wanted, 1
        while alias in self.aliases:
            count += 1
            alias = f"{wanted}_{count}"
        self.aliases.add(alias)
        self.own.add(alias)
        return alias

    def _elements(self, var: str, collection: ir.Expr) -> None:
        inner = dtypes.required(collection.type)
        # An item or key that raises is none that is None: then there are none at all.
        is_made = isinstance(collection, ir.MakeList) or (
            isinstance(collection, ir.Prim) and collection.op == "dict.make"
        )
        read = collection if is_made else _unchecked(collection)
        value = failures.guarded(self.scalar(read))
        alias = self._alias(f"{var}_entry")
        if isinstance(inner, dtypes.DictOf):
            self.grown.append(lambda below: plan.Unnest(below, value, alias, "dict"))
            self.keys[var] = ir.Column(alias, "key", inner.key)
            self.items[var] = ir.Column(alias, "value", dtypes.optional(inner.value))
        elif isinstance(inner, dtypes.ListOf):
            self.grown.append(lambda below: plan.Unnest(below, value, alias, "list"))
            one = ir.Const(1, dtypes.INT)
            self.keys[var] = ir.Prim("int.sub", (ir.Column(alias, "key", dtypes.INT, counts=True), one), dtypes.INT)
            self.items[var] = ir.Column(alias, "value", dtypes.optional(inner.item))
        else:
            raise decline("D305", collection.span, f"a loop over `{dtypes.show(collection.type)}` has no join")

    def _many(self, var: str, reference: model.Reference) -> None:
        self.entities[var], self.keys[var] = self._entries(var, reference)

    def _entries(self, wanted: str, reference: model.Reference) -> tuple[str, ir.Expr]:
        """Join the entries of a mapping; return their alias, as wanted or like it, and their keys."""
        alias = self._alias(wanted)
        scan = self.context.scan(reference, alias)
        own_id = ir.Column(alias, ID, dtypes.STR)
        match reference.via:
            case model.ThroughList(owner, attribute):
                entry = self._alias(f"{wanted}_entry")
                ids = self._attribute(owner, attribute)
                self._unnest(ids, entry, "list")
                self._inner(scan, ((ir.Column(entry, "value", dtypes.STR), own_id),))
            case model.ThroughDict(owner, attribute):
                entry = self._alias(f"{wanted}_entry")
                ids = self._attribute(owner, attribute)
                self._unnest(ids, entry, "dict")
                self._inner(scan, ((ir.Column(entry, "value", dtypes.STR), own_id),))
                return alias, ir.Column(entry, "key", dtypes.STR)
            case model.ThroughEach():
                held = self._distinct(wanted, members.held_by_each(self.context.app, self.context.store, reference.via))
                self._inner(scan, ((held, own_id),))
            case model.PointsBack(attribute, owner):
                found = self._owner_id(wanted, owner, reference)
                self._inner(scan, ((found, self._column(reference, alias, attribute)),))
            case model.On():
                self._on(wanted, reference, scan)
            case model.Root() | model.ThroughOne():
                raise AssertionError(f"`{reference.name}` is no mapping")
        return alias, own_id

    def _owner_id(self, wanted: str, owner: str, reference: model.Reference) -> ir.Expr:
        """Return the id of the entity to which relations point back, after joining each entry once, if it is many."""
        declared = self.context.reference(owner)
        if not declared.many:
            return self._attribute(owner, ID)
        if isinstance(declared.via, model.ThroughDict):  # two of its keys may have one entity
            return self._distinct(wanted, members.ids(declared))
        alias, _ = self._entries(f"{wanted}_{owner}", declared)
        return ir.Column(alias, ID, dtypes.STR)

    def _distinct(self, wanted: str, ids: ir.Comp) -> ir.Expr:
        """Join the distinct values of what a view has many of; return their column."""
        made = self._made_of(
            wanted, ids, frozenset(), lambda alias, below, key: derived.distinct(alias, below, key, ids.head)
        )
        assert made is not None
        self._join_made(made, frozenset())
        value = made.part("value")
        assert value is not None
        return value

    def _unnest(self, ids: ir.Expr, alias: str, kind: Literal["list", "dict"]) -> None:
        self.grown.append(lambda below: plan.Unnest(below, ids, alias, kind, distinct=kind == "list"))

    def _inner(self, scan: plan.Relation, on: tuple[tuple[ir.Expr, ir.Expr], ...]) -> None:
        self.grown.append(lambda below: plan.Join(below, scan, "inner", on))

    def _left(self, scan: plan.Relation, on: tuple[tuple[ir.Expr, ir.Expr], ...]) -> None:
        self.grown.append(lambda below: plan.Join(below, scan, "left", on))

    def _on(self, wanted: str, reference: model.Reference, scan: plan.Scan) -> None:
        pairs, membership, rest = self._predicate(wanted, reference, scan.alias)
        if membership is not None:
            entry = self._alias(f"{wanted}_entry")
            collection, value, from_item = membership
            kind: dtypes.Type = dtypes.required(collection.type)
            unnest_kind: Literal["list", "dict"] = "dict" if isinstance(kind, dtypes.DictOf) else "list"
            column = ir.Column(entry, "key" if unnest_kind == "dict" else "value", dtypes.STR)
            if from_item:
                right = plan.Unnest(scan, collection, entry, unnest_kind, distinct=unnest_kind == "list")
                self._inner(right, (*pairs, (value, column)))
            else:
                self._unnest(collection, entry, unnest_kind)
                self._inner(scan, (*pairs, (column, value)))
        else:
            self._inner(scan, pairs)
        with self._item(scan.alias):
            for test in rest:
                self.where(_harmless(self.scalar(test)))

    @contextlib.contextmanager
    def _item(self, alias: str) -> Iterator[None]:
        """Read the item of an `on=` test as the rows of an alias."""
        outer = self.entities.get(ir.JOINED)
        self.entities[ir.JOINED] = alias
        yield
        if outer is None:
            del self.entities[ir.JOINED]
        else:
            self.entities[ir.JOINED] = outer

    def _predicate(
        self, wanted: str, reference: model.Reference, alias: str
    ) -> tuple[tuple[tuple[ir.Expr, ir.Expr], ...], tuple[ir.Expr, ir.Expr, bool] | None, tuple[ir.Expr, ...]]:
        """Split an `on=` test: pairs (store side, item side), one membership, and what remains as conditions.

        What the item's side is to be among is joined, where it is of a mapping.
        """
        pairs: list[tuple[ir.Expr, ir.Expr]] = []
        member: tuple[ir.Expr, ir.Expr, bool] | None = None
        rest: list[ir.Expr] = []
        for part in members.parts(self.context.predicates[reference.name]):
            among = members.among(part)
            if among is None and any(_reduces((part,))):
                raise decline("D403", part.span, f"`{reference.name}` is compared with a mapping in no way that joins")
            with self._item(alias):
                pair = self._pair(part)
                found = self._membership(part) if pair is None and member is None else None
            if among is not None:
                if among.may_raise:
                    raise decline(
                        "D403",
                        part.span,
                        f"making what `{reference.name}` is compared with may raise, and then nothing joins",
                    )
                held = self._among(wanted, among)
                with self._item(alias):
                    pairs.append((held, self.scalar(_unchecked(among.item))))
            elif pair is not None:
                pairs.append(pair)
            elif found is not None:
                member = found
            else:
                rest.append(part)
        if not pairs and member is None:
            raise decline("D403", reference.span, f"`{reference.name}` has no equality to join by")
        return tuple(pairs), member, tuple(rest)

    def _among(self, wanted: str, among: members.Among) -> ir.Expr:
        """Join what the item's side is to be among, each once; return its column."""
        if isinstance(among.of, ir.Comp):
            return self._distinct(wanted, among.of)
        declared = self.context.reference(among.of)
        return self._entries(f"{wanted}_{among.of}", declared)[1]

    def _pair(self, part: ir.Expr) -> tuple[ir.Expr, ir.Expr] | None:
        if not (isinstance(part, ir.Prim) and part.op == "eq"):
            return None
        left, right = part.args
        if _reads_item(left) == _reads_item(right):
            return None
        store, item = (right, left) if _reads_item(left) else (left, right)
        if members.looks_up(item):
            return None  # what it looks up is joined to the item, after it
        # NULL never joins NULL; Python's None == None would, but an absent relation points at nothing.
        return self.scalar(_unchecked(store)), self.scalar(_unchecked(item))

    def _membership(self, part: ir.Expr) -> tuple[ir.Expr, ir.Expr, bool] | None:
        if not (isinstance(part, ir.Prim) and part.op in ("list.contains", "dict.has")):
            return None
        collection, wanted = part.args
        if _reads_item(collection) == _reads_item(wanted) or members.looks_up(part):
            return None
        return self.scalar(_unchecked(collection)), self.scalar(_unchecked(wanted)), _reads_item(collection)

    # ------------------------------------------------------------ to-one references

    def one(self, name: str) -> str:
        """Return the alias of a to-one reference, joining it when it is first needed."""
        if name in self.ones:
            return self.ones[name]
        reference = self.context.reference(name)
        alias = self._alias(name)
        scan = self.context.scan(reference, alias)
        own_id = ir.Column(alias, ID, dtypes.STR)
        if name == self.context.store.root.name:
            assert self.root_id is not None
            self._inner(scan, ((self.now(self.root_id), own_id),))
            self.ones[name] = alias
            return alias
        match reference.via:
            case model.ThroughOne(owner, attribute):
                on = ((self._attribute(owner, attribute), own_id),)
            case _:
                on = ((self._first_id(reference), own_id),)
        self._left(scan, on)
        self.ones[name] = alias
        return alias

    def _first_id(self, reference: model.Reference) -> ir.Expr:
        """Join the least id of what a to-one reference without a relation of its own leads to."""
        root = self.context.store.root.name
        inner = Rows(self.context)
        inner._many(reference.name, reference)
        named = (("root_id", ir.Column(root, ID, dtypes.STR)), ("id", inner.keys[reference.name]))
        alias = self._alias(f"{reference.name}_first")
        first = plan.TopN(
            plan.Project(inner.relation, named, alias),
            ("root_id",),
            (ir.Order(ir.Column(alias, "id", dtypes.STR)),),
            1,
            alias,
        )
        own_id = self.now(ir.Column(root, ID, dtypes.STR))
        self._left(first, ((own_id, ir.Column(alias, "root_id", dtypes.STR)),))
        return ir.Column(alias, "id", dtypes.optional(dtypes.STR))

    def _attribute(self, owner: str, attribute: str) -> ir.Expr:
        return self._column(self.context.reference(owner), self.one(owner), attribute)

    def _column(self, reference: model.Reference, alias: str, attribute: str) -> ir.Expr:
        stored = self.context.app.models[reference.model].attribute(attribute)
        assert isinstance(stored, model.StoredAttribute), attribute
        kind = stored.type if attribute == ID else dtypes.optional(stored.type)
        return self.now(ir.Column(alias, attribute, kind))

    # ------------------------------------------------------------ lookups

    def lookup(self, found: ir.Lookup) -> str:
        """Return the alias of `mapping[key]`, left-joined when it is first needed."""
        raw = rewrite.transform(found.key, self._leaf)
        if (found.reference, raw) in self.lookups:
            return self.lookups[found.reference, raw]
        key = self.now(raw)
        reference = self.context.reference(found.reference)
        alias = self._alias(f"{reference.name}_at")
        scan = self.context.scan(reference, alias)
        own_id = ir.Column(alias, ID, dtypes.STR)
        match reference.via:
            case model.ThroughDict(owner, attribute):
                ids = self._attribute(owner, attribute)
                on: tuple[tuple[ir.Expr, ir.Expr], ...] = ((_dict_get(ids, key), own_id),)
            case model.ThroughList(owner, attribute):
                ids = self._attribute(owner, attribute)
                listed = ir.Prim("list.contains", (ids, key), dtypes.BOOL)
                absent = ir.Const(None, dtypes.optional(dtypes.STR))
                on = ((ir.If(listed, key, absent, dtypes.optional(dtypes.STR)), own_id),)
            case model.PointsBack(attribute, owner) if not self.context.reference(owner).many:
                on = ((key, own_id), (self._attribute(owner, ID), self._column(reference, alias, attribute)))
            case model.On() if members.has_equalities_only(self.context.predicates[reference.name]):
                pairs, _, _ = self._predicate(reference.name, reference, alias)
                on = ((key, own_id), *pairs)
            case _ if self._is_held(found):
                on = ((key, own_id),)
            case _:
                on = ((self._member(reference, key), own_id),)
        self._left(scan, on)
        self.lookups[found.reference, raw] = alias
        return alias

    def _is_held(self, found: ir.Lookup) -> bool:
        """Tell whether a key is a relation of an entry of the mapping through whose entries the reference joins."""
        ids = members.of(
            self.context.app, self.context.store, self.context.reference(found.reference), self.context.predicates
        )
        if ids is None or len(ids.steps) != 1:
            return False
        match found.key, ids.head, ids.steps[0]:
            case ir.Attr(ir.EntryValue(var), name), ir.Attr(ir.EntryValue(), held), ir.Gen(_, source):
                return name == held and any(
                    isinstance(step, ir.Gen) and (step.var, step.source) == (var, source) for step in self.steps
                )
        return False

    def _member(self, reference: model.Reference, key: ir.Expr) -> ir.Expr:
        """Join the entries of a mapping by a key; return the entry's id, NULL where the mapping has no such key."""
        root = self.context.store.root
        root_id = ir.Attr(ir.One(root.name, dtypes.Entity(root.model)), ID, dtypes.STR)
        inner = Rows(self.context)
        entry, held = inner._entries(reference.name, reference)
        named = (("root_id", inner.scalar(root_id)), ("key", held), ("id", ir.Column(entry, ID, dtypes.STR)))
        alias = self._alias(f"{reference.name}_members")
        relation = plan.Project(inner.relation, named, alias)
        on = (
            (self.scalar(root_id), ir.Column(alias, "root_id", dtypes.STR)),
            (key, ir.Column(alias, "key", dtypes.STR)),
        )
        self._left(relation, on)
        return ir.Column(alias, "id", dtypes.optional(dtypes.STR))

    # ------------------------------------------------------------ expressions

    def scalar(self, expr: ir.Expr) -> ir.Expr:
        """Rewrite a scalar expression to columns of the relation; what may raise carries its check."""
        self._reduce(tuple(one for one in _reduces((expr,)) if one not in self.reduced))
        return self.now(rewrite.transform(expr, self._leaf))

    def _leaf(self, expr: ir.Expr) -> ir.Expr | None:
        match expr:
            case ir.Attr(entity, name):
                return self._attr(expr, entity, name)
            case ir.Prim("id_of", (entity,)):
                if isinstance(entity, ir.If):
                    return None
                return self._entity_id(entity, expr.type)
            case ir.EntryPart(var, part) if (var, part) in self.numbers:
                return self.numbers[var, part]
            case ir.EntryKey(var) | ir.EntryValue(var) | ir.EntryPart(var) if var in self.made:
                return self._made_part(expr, var)
            case ir.EntryKey(var):
                return self.keys[var]
            case ir.EntryValue(var) if var in self.items:
                column = self.items[var]
                return replace(column, type=expr.type) if isinstance(column, ir.Column) else column
            case ir.Reduce():
                return self.reduced[expr]
            case ir.Comp() | ir.GroupBy():
                raise decline("D406", expr.span, "a collection inside a condition or key has no join")
            case ir.One() | ir.EntryValue() | ir.Lookup() | ir.MakePair():
                raise decline("D407", expr.span, "a whole entity is not a value of a view; name its attributes")
        return None

    def _made_part(self, expr: ir.EntryKey | ir.EntryValue | ir.EntryPart, var: str) -> ir.Expr:
        name = expr.part if isinstance(expr, ir.EntryPart) else "key" if isinstance(expr, ir.EntryKey) else "value"
        if name == "unordered":
            raise unordered((ir.Order(expr),))
        if isinstance(dtypes.required(expr.type), dtypes.Entity):
            raise decline("D407", expr.span, "a whole entity is not a value of a view; name its attributes")
        found = self.made[var].part(name)
        if found is None:
            raise decline("D304", expr.span, "the place of an entry in what the getter made has no SQL form")
        if dtypes.required(found.type) == dtypes.WHOLE:
            return found  # a sum per key may be longer than the ints of columns
        return replace(found, type=expr.type) if isinstance(found, ir.Column | ir.Prim) else found

    def _attr(self, expr: ir.Attr, entity: ir.Expr, name: str) -> ir.Expr:
        root = self.context.store.root.name
        if isinstance(entity, ir.One) and (entity.reference, name) == (root, ID) and root not in self.ones:
            assert self.root_id is not None
            return self.root_id
        if isinstance(entity, ir.If):
            then = self.scalar(replace(expr, entity=entity.then))
            orelse = self.scalar(replace(expr, entity=entity.orelse))
            return ir.If(self.scalar(entity.test), then, orelse, expr.type, expr.span)
        if isinstance(entity, ir.Const):
            return ir.Raises("AttributeError", f"'NoneType' object has no attribute '{name}'", expr.type, expr.span)
        alias = self._entity(entity)
        column = ir.Column(alias, name, expr.type, expr.span)
        if isinstance(entity, ir.Lookup) and entity.raises:
            return self._keyed(entity, self._checked(alias, "KeyError", column))
        if dtypes.nullable(entity.type):
            told = f"AttributeError: 'NoneType' object has no attribute '{name}'"
            return self._keyed(entity, self._checked(alias, told, column))
        return column

    def _keyed(self, entity: ir.Expr, value: ir.Expr) -> ir.Expr:
        """Evaluate the key of a look-up first: it may raise."""
        if not isinstance(entity, ir.Lookup):
            return value
        key = self.scalar(entity.key)
        return value if failures.failure(key) is None else ir.Prim("after", (key, value), value.type, value.span)

    def _checked(self, alias: str, message: str, column: ir.Column) -> ir.Expr:
        there = ir.Prim("not_none", (ir.Column(alias, ID, dtypes.optional(dtypes.STR)),), dtypes.BOOL, column.span)
        value = replace(column, type=dtypes.optional(column.type) if column.name == ID else column.type)
        return ir.Prim("check", (there, ir.Const(message, dtypes.STR), value), column.type, column.span)

    def _made_entity(self, entity: ir.EntryValue, var: str) -> str:
        """Join the document of an entity of which a made list holds the id."""
        kind = dtypes.required(entity.type)
        assert isinstance(kind, dtypes.Entity)
        declared = self.context.app.models[kind.model]
        alias = self._alias(var)
        held = self.made[var].part("value")
        assert held is not None
        pair = (self.now(held), ir.Column(alias, ID, dtypes.STR))
        self._left(plan.Scan(declared.collection, alias, ()), (pair,))
        self.entities[var] = alias
        return alias

    def _entity_id(self, entity: ir.Expr, kind: dtypes.Type) -> ir.Expr:
        if isinstance(entity, ir.Const):
            return ir.Const(None, dtypes.NONE, entity.span)
        alias = self._entity(entity)
        column = ir.Column(alias, ID, kind, entity.span)
        raises = isinstance(entity, ir.Lookup) and entity.raises
        return self._keyed(entity, self._checked(alias, "KeyError", column) if raises else column)

    def _entity(self, entity: ir.Expr) -> str:
        match entity:
            case ir.One(reference):
                return self.one(reference)
            case ir.EntryValue(var) if var in self.entities:
                return self.entities[var]
            case ir.EntryValue(var) if var in self.made:
                return self._made_entity(entity, var)
            case ir.Lookup():
                return self.lookup(entity)
        raise decline("D407", entity.span, "this entity is not joined")


def _tests(steps: Iterable[ir.Step]) -> Iterator[ir.Expr]:
    for step in steps:
        yield from rewrite.step_children(step)


def _held_by(step: ir.Step) -> tuple[ir.Expr, ...]:
    """Return the list or dict that is one value, over which a generator goes."""
    if not isinstance(step, ir.Gen) or not isinstance(step.source, ir.Items):
        return ()
    value = step.source.value
    return () if isinstance(value, ir.Comp | ir.GroupBy) or sequences.are_several(value) else (value,)


def _reduces(exprs: Iterable[ir.Expr]) -> Iterator[ir.Reduce]:
    """Yield the outermost reductions; what is inside one is that one's own matter."""
    for expr in exprs:
        if isinstance(expr, ir.Reduce):
            yield expr
        elif not isinstance(expr, ir.Comp | ir.GroupBy):
            yield from _reduces(rewrite.children(expr))


def free(expr: ir.Expr) -> frozenset[str]:
    """Return the variables of an expression that are bound outside of it."""
    return rewrite.variables(expr) - rewrite.bound(expr)


def true_where(test: ir.Expr) -> ir.Expr:
    """Return the condition, false (or NULL, which keeps no row either) where evaluating it raises."""
    guarded = failures.guarded(test)
    if isinstance(guarded, ir.If) and guarded.then == ir.Const(None, guarded.then.type):
        return replace(guarded, then=_FALSE, type=dtypes.BOOL)
    return guarded


def fault(context: Context, reference: model.Reference) -> ir.Declined | None:
    """Return why a reference cannot be joined, None where it can."""
    rows = Rows(context)
    try:
        if reference.many:
            rows.step(ir.Gen(reference.name, ir.Many(reference.name)))
        else:
            rows.one(reference.name)
    except NotRelational as stop:
        return stop.declined
    return None


def unordered(order: tuple[ir.Order, ...]) -> NotRelational:
    """Return the exception for what depends on the order of a set."""
    return decline(
        "D359", order[0].key.span, "the order of a set is not defined, so what depends on it is not; write `sorted(…)`"
    )


def _as_optional(expr: ir.Expr) -> ir.Expr:
    return replace(expr, type=dtypes.optional(expr.type)) if isinstance(expr, ir.Column) else expr


def _held(kind: dtypes.Type) -> dtypes.Type:
    if not isinstance(dtypes.required(kind), dtypes.Entity):
        return kind
    return dtypes.optional(dtypes.STR) if dtypes.nullable(kind) else dtypes.STR


def _of_entry(expr: ir.Expr, over: tuple[str, ...]) -> bool:
    return bool(rewrite.variables(expr) & set(over))


def _dict_get(ids: ir.Expr, key: ir.Expr) -> ir.Expr:
    return ir.Prim("dict.get", (ids, key), dtypes.optional(dtypes.STR))


def _harmless(test: ir.Expr) -> ir.Expr:
    """Return a condition of `on=` that is false where Python would raise: such a pair does not match."""
    partial = any(isinstance(one, ir.Prim) and one.op in _PARTIAL for one in rewrite.walk(test))
    text = failures.evaluated(test) if partial else None
    if text is None:
        return test  # comparing None gives NULL, which keeps no row either
    return ir.If(ir.Prim("is_none", (text,), dtypes.BOOL), test, ir.Const(False, dtypes.BOOL), dtypes.BOOL, test.span)


_PARTIAL = frozenset(row.op for row in primitives.TABLE if row.failures)


def _reads_item(expr: ir.Expr) -> bool:
    return ir.JOINED in rewrite.variables(expr)


def _unchecked(expr: ir.Expr) -> ir.Expr:
    """Return an attribute read that gives None where its entity is missing: joins and loops then find nothing."""

    def lenient(one: ir.Expr) -> ir.Expr | None:
        if isinstance(one, ir.Attr) and isinstance(one.entity, ir.One | ir.EntryValue | ir.Lookup):
            entity = one.entity
            if isinstance(entity, ir.Lookup):
                entity = replace(entity, raises=False)
            return replace(one, entity=replace(entity, type=dtypes.required(entity.type)))
        return None

    return rewrite.transform(expr, lenient)
