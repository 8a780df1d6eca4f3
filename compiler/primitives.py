"""The table of operations: everything between scalars that SQL says exactly as Python does.

    find("+", (dtypes.STR, dtypes.STR)).op   →  "str.add"
    find("**", (dtypes.STR, dtypes.STR))     →  None: the getter goes to a lower tier

Spellings: `+ - * / // % ** ^ & |`, `unary -`, `unary +`; builtins by name (`len`, `round`, `min`); methods as
`.upper`, receiver first; attributes as `attr:year`; functions as `math.floor`; `[]` for an item, `[:]` for a
slice (value, start or None, stop or None), `[::-1]`; `in str`, `in list`, `in dict` by the type of the container
(in Python's order for `in str`: part, whole; container first for the others) and `in` for a value and items.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import MappingProxyType

from compiler import dtypes, ir, operation
from compiler.operation import Failure, Primitive
from compiler.operations import arranged, containers, core, formats, numbers, strings, times, wholes

__all__ = ["TABLE", "Failure", "Primitive", "find", "find_all", "folded", "get"]

TABLE: tuple[Primitive, ...] = (
    *core.ROWS, *numbers.ROWS, *wholes.ROWS, *strings.ROWS, *formats.ROWS, *times.ROWS, *containers.ROWS,
    *arranged.ROWS,
)  # fmt: skip

_BY_OP = MappingProxyType({row.op: row for row in TABLE})
_BY_SPELLING = MappingProxyType(
    {spelling: tuple(row for row in TABLE if row.spelling == spelling) for spelling in {row.spelling for row in TABLE}}
)


def get(op: str) -> Primitive:
    """Return the operation of that name; KeyError when there is none."""
    return _BY_OP[op]


def find(spelling: str, types: tuple[dtypes.Type, ...]) -> Primitive | None:
    """Return the operation for these argument types (None in them is dropped), or None when SQL has no exact one.

    The answer's `params` and `result` are free of placeholders. An int stands for a float or a Decimal, and a
    bool for an int, where no row takes it as it is.
    """
    return next(find_all(spelling, types), None)


def find_all(spelling: str, types: tuple[dtypes.Type, ...]) -> Iterator[Primitive]:
    """Yield the operations for these argument types, the best first: the first may not accept these arguments."""
    rows = _BY_SPELLING.get(spelling, ()) if spelling else ()
    for depth in (0, 1):
        for row in rows:
            found = _match(row, types, widen=depth > 0)
            if found is not None:
                yield found


def folded(prim: ir.Prim) -> ir.Expr:
    """Return the constant that an operation on constants gives; itself where there is none, or where it raises."""
    if not all(isinstance(one, ir.Const) for one in prim.args):
        return prim
    try:
        value = get(prim.op).evaluate(*(ir.python_value(one) for one in prim.args if isinstance(one, ir.Const)))
    except Exception:  # what it raises is told with the value, where it is evaluated
        return prim
    return ir.constant(value, prim.type, prim.span) or prim


def _match(row: Primitive, types: tuple[dtypes.Type, ...], *, widen: bool) -> Primitive | None:
    if row.applies is not None:
        result = row.applies(types)
        return None if result is None else dataclasses.replace(row, params=types, result=result)
    params = row.params
    if row.variadic and len(types) > len(params):
        params = (*params, *[params[-1]] * (len(types) - len(params)))
    if len(params) != len(types):
        return None
    bound: dict[str, dtypes.Type] = {}
    for param, given in zip(params, types, strict=True):
        if not _fits(param, given, bound, widen=widen and row.spelling not in ("min", "max")):
            return None
    concrete = tuple(_substitute(one, bound) for one in params)
    return dataclasses.replace(row, params=concrete, result=_substitute(row.result, bound))


def _fits(param: dtypes.Type, given: dtypes.Type, bound: dict[str, dtypes.Type], *, widen: bool) -> bool:
    if param == operation.T:
        known = bound.setdefault("T", given)
        if dtypes.nullable(given) and not dtypes.nullable(known):
            bound["T"] = dtypes.optional(known)
        return dtypes.required(known) == dtypes.required(given)
    required = dtypes.required(given)
    match param, required:
        case dtypes.ListOf(item), dtypes.ListOf(other):
            return _fits(item, other, bound, widen=False)
        case dtypes.DictOf(key, value), dtypes.DictOf(other_key, other_value):
            return key == other_key and _fits(value, other_value, bound, widen=False)
        case dtypes.Scalar(name), dtypes.Scalar(other):
            return name == other or (widen and (name, other) in _WIDENED)
    return False


_WIDENED = frozenset({("float", "int"), ("decimal", "int"), ("int", "bool"), ("float", "bool")})


def _substitute(one: dtypes.Type, bound: dict[str, dtypes.Type]) -> dtypes.Type:
    if one == operation.T:
        return bound.get("T", one)
    match one:
        case dtypes.ListOf(item):
            return dtypes.ListOf(_substitute(item, bound))
        case dtypes.DictOf(key, value):
            return dtypes.DictOf(key, _substitute(value, bound))
        case dtypes.Optional(inner):
            return dtypes.optional(_substitute(inner, bound))
    return one
