"""One operation on scalars: how Python spells it, what it takes and gives, and when it raises.

`primitives` holds the table of them; `operations.*` hold its rows, by the kind of value they work on.

    Primitive("int.floordiv", "//", (INT, INT), INT, operator.floordiv, failures=(Failure("zero", 1, (1, 0)),))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from compiler import dtypes, ir

Check = Literal[
    "zero", "negative", "not_int_text", "not_bigint_text", "no_index", "no_character", "no_key", "not_found",
    "not_in_list", "rounding_range", "whole_range", "first_factor", "second_factor", "spelling_range", "repeat_range",
    "none_item", "not_float_text", "not_plain_float_text", "not_date_text", "not_plain_date_text", "no_date",
    "moment_range", "int_range", "fits", "long", "too_long", "too_long_to_add",
    "too_long_to_divide", "division_range",
]  # fmt: skip
"""Names of conditions under which an operation raises; `failures` says each as IR."""

T: dtypes.Type = dtypes.Record((), "$T")
"""Stands for any type inside the parameters and the result of a generic row; `primitives.find` replaces it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """When the operation raises, beyond a None operand.

    `example` are Python arguments for which it does: exception and message are what Python says for them,
    so they follow the Python that compiles. `speaks` is False where the message depends on the data.
    `reason` names what SQL cannot hold, where Python itself would not raise at all.
    """

    check: Check
    argument: int
    example: tuple[Any, ...] = ()  # Any: Python values of the parameters' types
    speaks: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Primitive:
    """An operation.

    `params` are required types; `applies`, where given, decides on the types instead and answers the result.
    `strict`: a None operand raises. `constant` are the arguments that must be `ir.Const`; `accepts` refuses
    arguments for which the SQL is not exact. `propagates`: the SQL gives NULL for a NULL operand.
    """

    op: str
    spelling: str
    params: tuple[dtypes.Type, ...]
    result: dtypes.Type
    evaluate: Callable[..., Any]  # Any: the Python meaning on Python values
    strict: bool = True
    failures: tuple[Failure, ...] = ()
    constant: tuple[int, ...] = ()
    accepts: Callable[[tuple[ir.Expr, ...]], bool] | None = None
    applies: Callable[[tuple[dtypes.Type, ...]], dtypes.Type | None] | None = None
    variadic: bool = False  # the last parameter repeats
    propagates: bool = True
