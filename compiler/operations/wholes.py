"""Operations on whole numbers on their way through an expression: Python's are as long as they need to be.

A column holds 64 bits; between columns SQL counts with up to 38 digits, so that no product or sum wraps. `ranges` puts
these operations where 64 bits may not do, and `whole.int` where a number comes back into a column.

    a * b // 100   →  whole.int(whole.floordiv(whole.mul(a, b), 100)), which raises beyond 64 bits
"""

from __future__ import annotations

import operator
from typing import Any

from compiler.dtypes import BOOL, FLOAT, INT, WHOLE
from compiler.operation import Failure, Primitive
from compiler.operations import numbers

SHOWN = "an int outside 64 bits does not fit its column"
"""What a document's field says that is a longer number; the in-process engine says the same."""

_ON_THE_WAY = "the int is outside 64 bits"
LONGEST = 38
"""Digits of the longest number that SQL counts with."""


def _fits(x: int | None) -> bool:
    return x is None or -(2**63) <= x < 2**63


def _both(test: Any) -> Any:  # Any: a callable on ints
    return lambda a, b: a is None or b is None or test(a, b)


_ZERO = (Failure("zero", 1, (1, 0)),)


def _within(name: str, evaluate: Any, arity: int = 2, *, zero: bool = False) -> Primitive:
    """Return an operation of ints for a place where 64 bits must do: cheaper than to count with 38 digits."""
    failures = (*(_ZERO if zero else ()), Failure("fits", 0, reason=SHOWN))
    return Primitive(f"int.{name}_within", "", (INT,) * arity, INT, evaluate, failures=failures)


def _longer(name: str, evaluate: Any, arity: int = 2) -> Primitive:
    return Primitive(f"whole.{name}", "", (WHOLE,) * arity, WHOLE, evaluate)


def _said(name: str, params: Any, evaluate: Any) -> Primitive:
    return Primitive(name, "", params, BOOL, evaluate, strict=False)


ROWS: tuple[Primitive, ...] = (
    _longer("add", operator.add),
    _longer("sub", operator.sub),
    _longer("mul", operator.mul),
    _longer("neg", operator.neg, 1),
    _longer("abs", abs, 1),
    Primitive("whole.lshift", "", (WHOLE, INT), WHOLE, operator.lshift, constant=(1,), accepts=numbers.small_shift),
    Primitive("whole.pow", "", (WHOLE, INT), WHOLE, operator.pow, constant=(1,), accepts=numbers.small_power),
    Primitive("whole.floordiv", "", (WHOLE, WHOLE), WHOLE, operator.floordiv, failures=_ZERO),
    Primitive("whole.mod", "", (WHOLE, WHOLE), WHOLE, operator.mod, failures=_ZERO),
    Primitive("whole.min", "", (WHOLE, WHOLE), WHOLE, min, variadic=True, propagates=False),
    Primitive("whole.max", "", (WHOLE, WHOLE), WHOLE, max, variadic=True, propagates=False),
    # The same number as another type.
    Primitive("whole.of", "", (INT,), WHOLE, lambda x: x, strict=False),
    Primitive("whole.kept", "", (WHOLE,), WHOLE, lambda x: x, strict=False),
    Primitive("whole.fit", "", (WHOLE,), INT, lambda x: x, strict=False),
    Primitive(
        "whole.int", "", (WHOLE,), INT, lambda x: x, strict=False, failures=(Failure("long", 0, reason=SHOWN),)
    ),
    Primitive(
        "whole.narrow", "", (WHOLE,), INT, lambda x: x, strict=False, failures=(Failure("long", 0, reason=_ON_THE_WAY),)
    ),
    Primitive(
        "whole.held", "", (WHOLE, FLOAT), WHOLE, lambda x, _: x, strict=False,
        failures=(Failure("too_long", 1, reason=f"the int has more than {LONGEST} digits"),),
    ),
    Primitive(
        "whole.addend", "", (WHOLE, FLOAT), WHOLE, lambda x, _: x, strict=False,
        failures=(Failure("too_long_to_add", 1, reason="the int is too long to be added up"),),
    ),
    Primitive(
        "whole.divided", "", (WHOLE, FLOAT), WHOLE, lambda x, _: x, strict=False,
        failures=(Failure("too_long_to_divide", 1, reason="the int is too long to be divided"),),
    ),
    Primitive("whole.float", "", (WHOLE,), FLOAT, lambda x: None if x is None else float(x), strict=False),
    _within("add", operator.add),
    _within("sub", operator.sub),
    _within("mul", operator.mul),
    _within("floordiv", operator.floordiv, zero=True),
    _within("neg", operator.neg, 1),
    _within("abs", abs, 1),
    # For `failures` alone: whether a result has 64 bits.
    _said("whole.fits", (WHOLE,), _fits),
    _said("int.add_fits", (INT, INT), _both(lambda a, b: _fits(a + b))),
    _said("int.sub_fits", (INT, INT), _both(lambda a, b: _fits(a - b))),
    _said("int.mul_fits", (INT, INT), _both(lambda a, b: _fits(a * b))),
    _said("int.floordiv_fits", (INT, INT), _both(lambda a, b: b == 0 or _fits(a // b))),
    _said("int.neg_fits", (INT,), lambda a: a is None or _fits(-a)),
    _said("int.abs_fits", (INT,), lambda a: a is None or _fits(abs(a))),
)  # fmt: skip
