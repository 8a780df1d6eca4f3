"""Operations on texts that an aggregate gathers in any order, and that are put in order afterwards.

rank.of(b.number)               →  '10000000000000000007', a text that sorts as the key does
texts.placed(rank, b.title)     →  '10000000000000000007|Tea': the text behind its rank, what would mislead escaped
texts.joined(placed texts, sep) →  the texts in the order of their ranks, joined

Only `relate` makes them. A rank ends in itself: none begins with another, so ranks of several keys stand side by side.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence
from typing import Any

from compiler import dtypes, ir
from compiler.dtypes import STR
from compiler.operation import Primitive

AFTER_RANK, BETWEEN, ESCAPE = "|", "&", "~"
ESCAPES = ((ESCAPE, "~0"), (AFTER_RANK, "~1"), (BETWEEN, "~2"))
"""What stands for the signs above inside a text; undone the other way round."""

SIGNS = "".join(sorted(" !+-.0123456789:ABCDEF"))
"""All that ranks are made of, in order."""

RANKED = ("str", "int", "bool", "date", "local_datetime", "datetime", "timedelta")
END = "!"  # before every other sign of a text's rank

_TEXTS = dtypes.ListOf(STR)


def can_rank(of: dtypes.Type) -> bool:
    """Tell whether keys of a type have ranks."""
    kind = dtypes.required(of)
    return isinstance(kind, dtypes.Scalar) and kind.name in RANKED


def ranked_together(keys: Sequence[ir.Expr]) -> ir.Expr:
    """Return a text of several keys that have ranks, which is equal where each of them is, None too."""
    parts: list[ir.Expr] = []
    for one in keys:
        rank = ir.Prim("rank.of", (one,), STR, one.span)
        parts += [is_there(one), rank] if dtypes.nullable(one.type) else [rank]
    return functools.reduce(beside, parts)


def is_there(key: ir.Expr) -> ir.Expr:
    """Return the text of whether a key is None."""
    there, missing = ir.Const("1", STR), ir.Const("0", STR)
    return ir.If(ir.Prim("is_none", (key,), dtypes.BOOL), missing, there, STR)


def beside(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """Return the ranks of two keys as one text."""
    return ir.Prim("str.add", (left, right), STR)


def escaped(text: str) -> str:
    """Return the text without the signs that stand around texts."""
    for sign, other in ESCAPES:
        text = text.replace(sign, other)
    return text


def _rank(key: Any) -> str:  # Any: a key of any type that has ranks
    match key:
        case None:
            return ""
        case bool():
            return "1" if key else "0"
        case int():
            return f"1{key:019d}" if key >= 0 else f"0{key + 2**63:019d}"
        case str():
            return key.encode("utf-8", "surrogatepass").hex().upper() + END
        case datetime.timedelta():
            return _rank(key // datetime.timedelta(microseconds=1))
        case datetime.datetime():
            utc = key if key.tzinfo is None else key.astimezone(datetime.UTC)
            return f"{utc}{END}"
    return str(key)


def _reversed(rank: str | None) -> str | None:
    return None if rank is None else rank.translate(str.maketrans(SIGNS, SIGNS[::-1]))


def _placed(rank: str | None, text: str | None) -> str | None:
    return None if rank is None or text is None else f"{rank}{AFTER_RANK}{escaped(text)}"


def _sorted(texts: list[str] | None, separator: str) -> str | None:
    return None if texts is None else separator.join(sorted(texts))


def _joined(placed: list[str] | None, separator: str) -> str | None:
    if placed is None:
        return None
    texts = [one.partition(AFTER_RANK)[2] for one in sorted(placed)]
    for sign, other in reversed(ESCAPES):
        texts = [one.replace(other, sign) for one in texts]
    return separator.join(texts)


def _of_rank(types: tuple[dtypes.Type, ...]) -> dtypes.Type | None:
    return STR if len(types) == 1 and can_rank(types[0]) else None


def _is_constant(args: tuple[ir.Expr, ...]) -> bool:
    return isinstance(args[1], ir.Const)


ROWS: tuple[Primitive, ...] = (
    Primitive("rank.of", "", (), STR, _rank, strict=False, applies=_of_rank, propagates=False),
    Primitive("rank.reversed", "", (STR,), STR, _reversed, strict=False),
    Primitive(
        "texts.placed", "", (STR, STR), STR, _placed, strict=False,
    ),
    Primitive("texts.joined", "", (_TEXTS, STR), STR, _joined, strict=False, constant=(1,), accepts=_is_constant),
    Primitive(
        "texts.sorted", "", (_TEXTS, STR), STR, _sorted, strict=False,
        constant=(1,), accepts=_is_constant,
    ),
)  # fmt: skip
