"""What tells the entries of a loop apart, as the key of a table: a mapping's key, a list's index, a group's key.

for user in users.values()          →  user_id
for kind, total in totals.items()   →  kind_key, and kind_none where a key may be None (a table's key is never NULL)
"""

from __future__ import annotations

from decimal import Decimal

from compiler import dtypes, ir, sequences

_BOOL = dtypes.BOOL


def parts(gen: ir.Gen) -> tuple[tuple[str, ir.Expr], ...]:
    """Return what tells the entries apart; parts may be None."""
    source = gen.source
    if isinstance(source, ir.Many):
        return (("key", ir.EntryKey(gen.var, dtypes.STR)),)
    made = source.value
    held = dtypes.required(made.type)
    if isinstance(made, ir.Comp) and made.kind == "set":
        return (("value", ir.EntryValue(gen.var, made.head.type)),)
    if isinstance(held, dtypes.DictOf):
        return (("key", ir.EntryKey(gen.var, held.key)),)
    branches = sequences.branches(made)
    if branches is None or branches == (sequences.elements(made),):
        return (("key", ir.EntryKey(gen.var, dtypes.INT)),)
    found: list[tuple[str, ir.Expr]] = [("branch", ir.EntryPart(gen.var, "branch", dtypes.INT))]
    for number, one in enumerate(branches):
        inner = [part for step in one.steps if isinstance(step, ir.Gen) for _, part in parts(step)]
        for place, part in enumerate(inner):
            name = f"branch{number}_key{place}"
            found.append((name, ir.EntryPart(gen.var, name, dtypes.optional(part.type))))
    return tuple(found)


def keys(name: str, part: ir.Expr) -> tuple[tuple[str, ir.Expr], ...]:
    """Return a part as columns that are never NULL."""
    if not dtypes.nullable(part.type):
        return ((name, part),)
    kind = dtypes.required(part.type)
    there = ir.Prim("coalesce", (part, _nothing(kind)), kind)
    return ((name, there), (f"{name}_none", ir.Prim("is_none", (part,), _BOOL)))


def _nothing(kind: dtypes.Type) -> ir.Const:
    assert isinstance(kind, dtypes.Scalar)
    match kind.name:
        case "str":
            return ir.Const("", kind)
        case "bool":
            return ir.Const(False, kind)
        case "int" | "timedelta":
            return ir.Const(0, kind)
        case "float":
            return ir.Const(0.0, kind)
        case "decimal":
            return ir.Const(Decimal(0), kind)
        case "date":
            return ir.Const("1970-01-01", kind)
        case "bytes":
            return ir.Const(b"", kind)
        case _:
            return ir.Const("1970-01-01 00:00:00", kind)
