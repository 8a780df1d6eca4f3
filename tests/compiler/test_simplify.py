"""Simplified expressions give and raise the same, in fewer words."""

from __future__ import annotations

import pytest

from compiler import dtypes, ir, simplify

NAME = ir.Column("u", "name", dtypes.optional(dtypes.STR))
TEXT = ir.Const("a", dtypes.STR)
NONE = ir.Const(None, dtypes.optional(dtypes.STR))
TRUE, FALSE = ir.Const(True, dtypes.BOOL), ir.Const(False, dtypes.BOOL)
THERE = ir.Prim("not_none", (NAME,), dtypes.BOOL)
ABSENT = ir.Prim("is_none", (NAME,), dtypes.BOOL)


def _if(test: ir.Expr, then: ir.Expr, orelse: ir.Expr) -> ir.If:
    return ir.If(test, then, orelse, dtypes.optional(dtypes.STR) if then.type != dtypes.BOOL else dtypes.BOOL)


@pytest.mark.parametrize(
    ("given", "simple"),
    [
        (_if(TRUE, NAME, TEXT), NAME),
        (_if(THERE, NAME, NONE), NAME),
        (_if(THERE, TRUE, FALSE), THERE),
        (_if(THERE, FALSE, TRUE), ABSENT),
        (ir.Prim("is_none", (_if(ABSENT, TEXT, NONE),), dtypes.BOOL), THERE),
        (ir.Prim("coalesce", (NAME, NONE), NONE.type), NAME),
        (ir.Prim("coalesce", (TEXT, NAME), NONE.type), TEXT),
        (ir.Prim("coalesce", (ir.If(THERE, FALSE, NONE, dtypes.optional(dtypes.BOOL)), TRUE), dtypes.BOOL), ABSENT),
        (ir.Prim("or", (THERE, THERE), dtypes.BOOL), THERE),
        (ir.Prim("check", (TRUE, TEXT, NAME), NAME.type), NAME),
    ],
    ids=lambda one: ir.show(one),
)
def test_an_expression_is_said_in_fewer_words(given: ir.Expr, simple: ir.Expr) -> None:
    assert simplify.simplify(given) == simple
