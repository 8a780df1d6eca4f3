"""What scalar expressions raise: the first failure in Python's order, and no check where none is needed."""

from __future__ import annotations

from typing import Any

from compiler import dtypes, failures, ir
from compiler.dtypes import BOOL, FLOAT, INT, STR, optional


def column(name: str, of: dtypes.Type) -> ir.Column:
    return ir.Column("t", name, of)


A, B, S = column("a", optional(INT)), column("b", INT), column("s", optional(STR))
NAMES = column("names", optional(dtypes.ListOf(STR)))


def prim(op: str, of: dtypes.Type, *args: ir.Expr) -> ir.Prim:
    return ir.Prim(op, args, of)


def const(value: Any) -> ir.Const:
    return ir.Const(value, {int: INT, str: STR, float: FLOAT, bool: BOOL, type(None): dtypes.NONE}[type(value)])


def told(expr: ir.Expr) -> str | None:
    text = failures.failure(expr)
    return None if text is None else ir.show(text)


def guarded(expr: ir.Expr) -> str:
    return ir.show(failures.guarded(expr))


def test_operands_that_cannot_be_none_never_raise() -> None:
    assert told(prim("str.add", STR, column("s", STR), const("x"))) is None


def test_a_none_operand_raises_what_python_says() -> None:
    expected = "\"TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'\""
    assert told(prim("eq", BOOL, prim("int.add", INT, A, const(1)), B)) == f"if(is_none(t.a), {expected}, None)"


def test_a_shown_int_has_to_fit_its_column() -> None:
    text = "'OverflowError: an int outside 64 bits does not fit its column'"
    assert told(prim("int.add", INT, B, const(1))) == f"if(not(int.add_fits(t.b, 1)), {text}, None)"
    assert guarded(prim("int.add", INT, B, const(1))) == "if(not(int.add_fits(t.b, 1)), None, int.add_within(t.b, 1))"


def test_an_int_on_the_way_has_the_digits_that_it_needs() -> None:
    product = prim("int.mul", INT, B, B)
    assert guarded(prim("gt", BOOL, product, B)) == "gt(whole.mul(t.b, t.b), whole.of(t.b))"
    rest = prim("int.mod", INT, product, const(7))
    assert guarded(rest) == "whole.fit(whole.mod(whole.mul(t.b, t.b), 7))"


def test_what_cannot_be_long_is_not_checked() -> None:
    size = prim("int.add", INT, prim("str.len", INT, column("s", STR)), const(1))
    assert (told(size), guarded(size)) == (None, "int.add(str.len(t.s), 1)")


def test_two_none_operands_have_a_message_of_their_own() -> None:
    text = told(prim("str.add", STR, S, column("r", optional(STR))))
    assert text == (
        "if(and(is_none(t.s), is_none(t.r)), "
        "\"TypeError: unsupported operand type(s) for +: 'NoneType' and 'NoneType'\", "
        "if(is_none(t.s), \"TypeError: unsupported operand type(s) for +: 'NoneType' and 'str'\", "
        "if(is_none(t.r), 'TypeError: can only concatenate str (not \"NoneType\") to str', None)))"
    )


def test_operands_fail_before_the_operation_does() -> None:
    inner = prim("int.floordiv", INT, const(1), B)
    assert told(prim("str.mul", STR, prim("str.upper", STR, S), inner)) == (
        "if(is_none(t.s), \"AttributeError: 'NoneType' object has no attribute 'upper'\", "
        "if(eq(t.b, 0), 'ZeroDivisionError: integer division or modulo by zero', "
        "if(gt(int.floordiv(1, t.b), 10000), 'OverflowError: the text is longer than 10000 of its parts', None)))"
    )


def test_a_constant_divisor_needs_no_check() -> None:
    assert told(prim("int.mod", INT, B, const(2))) is None


def test_a_constant_zero_divisor_always_raises() -> None:
    assert told(prim("int.mod", INT, B, const(0))) == "'ZeroDivisionError: integer modulo by zero'"


def test_a_test_guards_its_branch() -> None:
    ratio = prim("int.floordiv", INT, const(1), A)
    assert told(ir.If(prim("truth", BOOL, A), ratio, const(None), optional(INT))) is None


def test_only_the_branch_that_is_taken_raises() -> None:
    chosen = ir.If(prim("eq", BOOL, B, const(1)), prim("str.upper", STR, S), const("x"), STR)
    assert told(chosen) == (
        "if(and(eq(t.b, 1), is_none(t.s)), \"AttributeError: 'NoneType' object has no attribute 'upper'\", None)"
    )


def test_a_conjunction_stops_at_its_first_false() -> None:
    both = prim("and", BOOL, prim("not_none", BOOL, A), prim("gt", BOOL, A, const(0)))
    assert told(both) is None


def test_a_missing_index_raises_unless_the_list_is_known_to_be_filled() -> None:
    first = prim("list.item", STR, NAMES, const(0))
    assert told(ir.If(prim("truth", BOOL, NAMES), first, const(None), optional(STR))) is None
    assert told(first) == (
        "if(is_none(t.names), \"TypeError: 'NoneType' object is not subscriptable\", "
        "if(not(list.has_index(t.names, 0)), 'IndexError: list index out of range', None))"
    )


def test_a_guard_leaves_out_none_operands_that_show_as_null_anyway() -> None:
    assert guarded(prim("int.mod", INT, A, B)) == "if(eq(t.b, 0), None, int.mod(t.a, t.b))"


def test_a_guard_keeps_none_operands_that_would_not_show() -> None:
    shown = prim("str", STR, prim("int.add", INT, A, const(1)))
    assert guarded(shown) == "if(is_none(t.a), None, str(whole.add(t.a, 1)))"


def test_a_check_raises_its_text() -> None:
    fine = prim("not_none", BOOL, column("doc_id", optional(STR)))
    text = const("AttributeError: 'NoneType' object has no attribute 'name'")
    checked = prim("check", optional(STR), fine, text, column("name", optional(STR)))
    assert (told(checked), guarded(checked)) == (
        f"if(not(not_none(t.doc_id)), {text.value!r}, None)",
        "t.name",  # an outer join without a match gives NULL anyway
    )


def test_raising_always_raises() -> None:
    assert told(ir.Raises("ValueError", "no")) == "'ValueError: no'"
