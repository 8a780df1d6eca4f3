"""What an expression evaluates first, and whether that may raise."""

from __future__ import annotations

from compiler import dtypes, ir, raising

PLACE = ir.One("place", dtypes.optional(dtypes.Entity("Place")))
ROOT = ir.One("talk", dtypes.Entity("Talk"))
NUMBER = dtypes.optional(dtypes.INT)
SEATS = ir.Attr(PLACE, "seats", NUMBER)
STARS = ir.Attr(ROOT, "stars", NUMBER)
PUBLIC = ir.Prim("truth", (ir.Attr(ROOT, "public", dtypes.optional(dtypes.BOOL)),), dtypes.BOOL)
ONE = ir.Const(1, dtypes.INT)


def test_reading_what_may_be_missing_may_raise() -> None:
    assert raising.may_raise(SEATS)
    assert not raising.may_raise(STARS)


def test_arithmetic_with_what_may_be_none_may_raise() -> None:
    assert raising.may_raise(ir.Prim("int.add", (STARS, ONE), dtypes.INT))
    assert not raising.may_raise(ir.Prim("int.add", (ONE, ONE), dtypes.INT))


def test_a_result_that_begins_with_it_needs_no_word() -> None:
    result = ir.If(ir.Prim("truth", (SEATS,), dtypes.BOOL), STARS, ONE, NUMBER)
    assert raising.after(SEATS, result) == result


def test_a_result_that_reads_it_on_one_path_comes_after_it() -> None:
    result = ir.If(PUBLIC, SEATS, ONE, NUMBER)
    assert raising.after(SEATS, result) == ir.Prim("after", (SEATS, result), NUMBER)


def test_what_cannot_raise_is_forgotten() -> None:
    assert raising.after(STARS, ONE) == ONE


def test_the_second_operand_of_and_is_not_certain() -> None:
    both = ir.Prim("and", (PUBLIC, ir.Prim("truth", (SEATS,), dtypes.BOOL)), dtypes.BOOL)
    assert raising.first(both, SEATS) is False
