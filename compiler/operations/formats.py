"""`f"{value:spec}"` with a constant spec, for the specs that SQL spells exactly.

`f"{price:,.2f}"`  →  Prim("format", (price, Const(",.2f")), STR)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from compiler import dtypes, ir
from compiler.operation import Primitive
from compiler.operations import numbers, times

_SPEC = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>^]))?(?P<sign>\+)?(?P<zero>0)?(?P<width>[1-9][0-9]*)?(?P<comma>,)?"
    r"(?:\.(?P<digits>[0-9]+))?(?P<kind>[dfs%])?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """A format spec taken apart; `align` is empty where the type's own default holds."""

    fill: str
    align: str  # < > ^, or empty
    plus: bool
    zero: bool
    width: int
    comma: bool
    digits: int | None
    kind: str


def parse(text: str) -> Spec | None:
    """Take a format spec apart, or answer None for one that is not understood here."""
    found = _SPEC.fullmatch(text)
    if found is None:
        return None
    align: str | None = found["align"]
    return Spec(
        found["fill"] or " ",
        align or "",
        found["sign"] is not None,
        found["zero"] is not None,
        int(found["width"] or 0),
        found["comma"] is not None,
        None if found["digits"] is None else int(found["digits"]),
        found["kind"] or "",
    )


def exact(of: dtypes.Type, text: str) -> bool:
    """Tell whether SQL spells `format(value, text)` exactly for values of the (required) type.

    Without a spec it is `str`, which takes None; that is an operation of its own.
    """
    if not isinstance(of, dtypes.Scalar) or text == "":
        return False
    if of.name in ("datetime", "local_datetime", "date"):
        return times.pattern(text) is not None
    spec = parse(text)
    return spec is not None and spec.width <= 200 and _fits(of.name, spec)


def _fits(name: str, spec: Spec) -> bool:
    match name:
        case "str":
            return spec.kind in ("", "s") and not (spec.plus or spec.zero or spec.comma)
        case "int" if spec.kind in ("", "d"):
            return spec.digits is None and not (spec.zero and (spec.comma or spec.align != ""))
        case "float" if spec.kind in ("f", "%"):
            digits = 6 if spec.digits is None else spec.digits
            return digits <= numbers.MAX_ROUND_DIGITS and not (spec.zero or spec.plus)
        case "decimal" if spec.kind == "f":
            return spec.digits is not None and spec.digits <= 8 and not (spec.zero or spec.plus)
    return False


def _applies(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    names = ("str", "int", "float", "decimal", "datetime", "local_datetime", "date")
    first = dtypes.required(types[0]) if types else None
    fits = isinstance(first, dtypes.Scalar) and first.name in names
    return dtypes.STR if len(types) == 2 and fits and types[1] == dtypes.STR else None


def _accepts(args: tuple[ir.Expr, ...]) -> bool:
    value, spec = args
    return isinstance(spec, ir.Const) and isinstance(spec.value, str) and exact(dtypes.required(value.type), spec.value)


ROWS: tuple[Primitive, ...] = (
    Primitive(
        "format", "format", (), dtypes.STR, format, constant=(1,), accepts=_accepts, applies=_applies,
        propagates=False,  # PRINTF spells NULL as 'null'
    ),
)  # fmt: skip
