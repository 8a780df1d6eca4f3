"""The relational plan: scans, joins, groups and child tables, with a tier and a reason per getter.

Scalar expressions inside a plan are `ir` expressions whose only leaves are constants and `ir.Column`.

    in_session, num_hearing_aid_requested of MeetingSession
    → Group(Union(Project(Scan meetings ⟕ Scan locations), Project(Scan meetings × Unnest tickets ⋈ …)), keys doc_id)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from compiler import dtypes, ir
from compiler.diagnostics import NOWHERE, Span

Tier = Literal["expr", "agg", "udf", "udf-collect"]


# ---------------------------------------------------------------- relations


@dataclass(frozen=True, slots=True)
class Scan:
    """All documents of a collection (those of `models` only, by obj_type, unless empty), under an alias.

    `columns` are the Python attribute names that the plan reads, `doc_id` among them.
    """

    collection: str
    alias: str
    columns: tuple[str, ...]
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unnest:
    """The input times the elements of a list or dict column of it; no element, no row.

    Elements appear as columns `key` (the index from 1 for a list, the key for a dict) and `value` of `alias`.
    `distinct` drops repeated elements of a list first (then there is no index).
    """

    input: Relation
    collection: ir.Expr
    alias: str
    kind: Literal["list", "dict"]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """An equi-join; `on` pairs an expression over the left with one over the right; `residual` filters pairs."""

    left: Relation
    right: Relation
    kind: Literal["inner", "left"]
    on: tuple[tuple[ir.Expr, ir.Expr], ...]
    residual: ir.Expr | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows of the input for which the condition is true."""

    input: Relation
    condition: ir.Expr


@dataclass(frozen=True, slots=True)
class Project:
    """A SELECT of named expressions, known outside as `alias`."""

    input: Relation
    columns: tuple[tuple[str, ir.Expr], ...]
    alias: str


AggOp = Literal["count", "count_distinct", "sum", "min", "max", "latest", "collect", "first_error"]


@dataclass(frozen=True, slots=True)
class Agg:
    """One aggregate over a group.

    "latest" is the one non-null value of the group (the re-key wrap: its argument is a record, see `Pack`);
    "collect" gathers JSON texts to an array; "any_value" is any of equal values; count counts non-null arguments
    (all rows when there is none).
    """

    op: AggOp
    arg: ir.Expr | None


@dataclass(frozen=True, slots=True)
class Group:
    """GROUP BY keys with aggregates; `having` is over the output columns (alias `alias`)."""

    input: Relation
    keys: tuple[tuple[str, ir.Expr], ...]
    aggregates: tuple[tuple[str, Agg], ...]
    alias: str
    having: ir.Expr | None = None


@dataclass(frozen=True, slots=True)
class Union:
    """UNION ALL of projections with the same column names and types."""

    inputs: tuple[Project, ...]
    alias: str


@dataclass(frozen=True, slots=True)
class TopN:
    """The rows `start` to `limit` per partition in the order (ROW_NUMBER); columns of the input stay as they are.

    `number` is one more column, the place from 1; `limit` None keeps all.
    """

    input: Project
    partition: tuple[str, ...]
    order: tuple[ir.Order, ...]
    limit: int | None
    alias: str
    start: int = 0
    number: str = ""


Relation = Scan | Unnest | Join | Filter | Project | Group | Union | TopN


# ---------------------------------------------------------------- functions in Python


@dataclass(frozen=True, slots=True)
class PyFunction:
    """A Python UDF: its SQL name, the module under udfs/ that holds it, its parameters and result.

    `kind` "scalar": arguments are columns; "collect": arguments are the JSON texts of the store's parts. `field` of
    `view` is what it computes: a getter, or a static method (`is_method`), which any number of getters share.
    """

    name: str
    module: str
    kind: Literal["scalar", "collect"]
    params: tuple[tuple[str, dtypes.Type], ...]
    result: dtypes.Type
    view: str
    field: str
    is_method: bool = False


# ---------------------------------------------------------------- documents and tables


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a view table."""

    name: str
    type: dtypes.Type


@dataclass(frozen=True, slots=True)
class Table:
    """A 1NF table of a view; `query` gives its columns in order. `key` is also the query's upsert key."""

    name: str
    parent: str | None
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    query: Relation


@dataclass(frozen=True, slots=True)
class FieldNode:
    """How a reader makes one value of a document (the manifest's `field` and `item`)."""

    name: str
    json_name: str
    kind: Literal["scalar", "record", "list", "set", "map", "json"]
    column: str | None = None
    table: str | None = None
    null_when: str | None = None
    parent_key: tuple[str, ...] = ()
    order: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    map_key: str | None = None
    fields: tuple[FieldNode, ...] = ()
    item: FieldNode | None = None


Role = Literal["value", "condition", "join", "either"]
"""What a read does: its value goes into the field, it decides what does, it finds rows, or Python may do any of it."""


@dataclass(frozen=True, slots=True)
class Read:
    """A stored attribute that a field depends on, as `orders.total`, and where it is first read so."""

    attribute: str
    role: Role
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Lineage:
    """All that a field depends on; `over` are the collections of which it takes many rows."""

    reads: tuple[Read, ...] = ()
    over: tuple[str, ...] = ()

    def of(self, role: Role) -> tuple[str, ...]:
        """Return the attributes that are read in a role, in order."""
        return tuple(one.attribute for one in self.reads if one.role == role)


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What `explain` says of a getter."""

    name: str
    tier: Tier
    lineage: Lineage
    why: tuple[ir.Declined, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)
    function: str = ""  # of Python, by its name in SQL

    @property
    def reads(self) -> tuple[str, ...]:
        """Return all attributes that the field depends on, each once."""
        return tuple(sorted({one.attribute for one in self.lineage.reads}))


@dataclass(frozen=True, slots=True)
class View:
    """The plan of one view."""

    view_model: str
    collection: str
    root: str  # the root's collection
    tables: tuple[Table, ...]
    document: tuple[FieldNode, ...]
    fields: tuple[FieldInfo, ...]
    functions: tuple[PyFunction, ...]
    errors: Relation | None  # view, key, field, exception, message


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of an app."""

    views: tuple[View, ...]
