"""Functions of Python and its standard library as the compiler knows them, by their full names.

    FUNCTIONS["functools.reduce"](scope, args, keywords, span)

A function answers a value, `Declined`, or None where its arguments are not its matter: then the table of operations
(`primitives`) or the rules for rows of the store are asked.
"""

from __future__ import annotations

from types import MappingProxyType

from compiler.library import builtin, classes, counting, functional, maths, moments
from compiler.scope import Builder

FUNCTIONS: MappingProxyType[str, Builder] = MappingProxyType(
    {
        **builtin.FUNCTIONS,
        **classes.FUNCTIONS,
        **counting.FUNCTIONS,
        **functional.FUNCTIONS,
        **maths.FUNCTIONS,
        **moments.FUNCTIONS,
    }
)
