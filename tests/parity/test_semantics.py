"""Every row of what differs between Python and Flink's SQL has its proof here, or the reason why SQL is not asked.

A row names its Python spelling, by section. A proof is an operation of `primitives` (each is run on Flink on probe
values by `test_primitives`), the title of a golden case, whose plan is compared with the engine on random data, or the
types for which SQL has no such operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler import dtypes, primitives
from compiler.dtypes import DECIMAL, FLOAT, INT, STR
from tests.compiler import casefile
from tests.parity import test_primitives

CASES = Path(__file__).parents[1] / "compiler" / "cases"


@dataclass(frozen=True)
class Op:
    """The operations that say it, all of them tried on Flink."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """Golden cases: compared with the engine on random data."""

    titles: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """SQL has no such operation for these types: the getter runs in Python."""

    spelling: str
    types: tuple[dtypes.Type, ...]


def ops(*names: str) -> Op:
    return Op(names)


def case(*titles: str) -> Case:
    return Case(titles)


def refused(spelling: str, *types: dtypes.Type) -> Refused:
    return Refused(spelling, types)


MOMENTS = ("datetime", "local_datetime")

ROWS: dict[str, Op | Case | Refused] = {
    # 1 numbers
    "a + b, a - b, a * b, -a, abs(a)": ops("int.add", "int.sub", "int.mul", "int.neg", "int.abs"),
    "a + b beyond 64 bits, on the way": ops("whole.add", "whole.sub", "whole.mul", "whole.neg", "whole.abs"),
    "a + b beyond 64 bits, shown": ops("whole.int", "int.add_within", "int.sub_within", "int.mul_within"),
    "a // b, a % b": ops("int.floordiv", "int.mod", "whole.floordiv", "whole.mod"),
    "a / b of ints": ops("int.truediv"),
    "x / y of floats": ops("float.truediv"),
    "x // 1, x % 1": ops("float.floor_one", "float.mod_one"),
    "x // y of floats": refused("//", FLOAT, FLOAT),
    "x % y of floats": refused("%", FLOAT, FLOAT),
    "a ** k": ops("int.pow", "whole.pow"),
    "x ** y of floats": refused("**", FLOAT, FLOAT),
    "int with float: +, *, compare": ops("float.add", "float.mul", "lt", "eq"),
    "bool as int": ops("bool.int", "int_of_bool", "bool.xor", "int.max"),
    "& | ^ << >> with a constant": ops("int.and", "int.or", "int.xor", "int.lshift", "int.rshift"),
    "a & x of other types": refused("&", INT, FLOAT),
    "round(x), round(x, n)": ops("float.round", "float.round_to", "int.round", "int.round_to"),
    "int(x), floor, ceil, trunc": ops("float.int", "float.floor", "float.ceil", "float.trunc"),
    "min and max of arguments": ops("int.min", "int.max", "float.min", "float.max", "decimal.min", "decimal.max"),
    "min of an int and a float": refused("min", INT, FLOAT),
    "sqrt, radians, degrees": ops("float.sqrt", "float.radians", "float.degrees", "float.fabs"),
    "exp, log, sin": refused("math.sin", FLOAT),
    "float(a), bool(a)": ops("int.float", "truth"),
    "Decimal + - * compare": ops("decimal.add", "decimal.sub", "decimal.mul", "decimal.mul_int", "int.mul_decimal"),
    "Decimal / Decimal": refused("/", DECIMAL, DECIMAL),
    "Decimal // Decimal": refused("//", DECIMAL, DECIMAL),
    "quantize, round of a Decimal": ops(
        "decimal.quantize", "decimal.quantize_half_up", "decimal.round", "decimal.round_to", "decimal.int"
    ),
    "str of a Decimal": refused("str", DECIMAL),
    # 2 formats and parsing
    "str(a), f'{a}' of ints, floats, bools, dates": ops("str"),
    "f'{None}'": case("an f-string spells None as Python does"),
    ":05d :+d :, :>8 :.2f :.1% and their like": ops("format"),
    "a format that SQL does not have": case("a format without exact SQL"),
    "repr, str of a list": case("repr in an f-string", "the text of a list"),
    "int(s)": ops("str.int", "str.is_int_text", "str.is_bigint_text"),
    "float(s)": ops("str.float", "str.is_float_text", "str.is_plain_float_text"),
    # 3 strings
    "len, +, in, find, startswith, endswith, *, [::-1]": ops(
        "str.len", "str.add", "str.contains", "str.find", "str.startswith", "str.endswith", "str.mul", "str.reverse"
    ),
    "replace, count": ops("str.replace", "str.count"),
    "s[i], s[i:j]": ops("str.item", "str.slice"),
    "strip and its like": ops(
        "str.strip", "str.lstrip", "str.rstrip", "str.strip_of", "str.lstrip_of", "str.rstrip_of"
    ),
    "split, partition, split()": ops("str.split", "str.split_at", "str.partition_0", "str.partition_2", "str.words"),
    "join": ops("str.join"),
    "upper, lower": ops("str.upper", "str.lower"),
    "title": refused(".title", STR),
    "capitalize": ops("str.capitalize"),
    "casefold": refused(".casefold", STR),
    "swapcase": refused(".swapcase", STR),
    "rjust, ljust, center, zfill": ops("str.rjust", "str.ljust", "str.center", "str.zfill"),
    "isdecimal, isalpha, isalnum, isspace, isupper": ops(
        "str.isdecimal", "str.isalpha", "str.isalnum", "str.isspace", "str.isupper"
    ),
    "ord": refused("ord", STR),
    "s < t, min and max of texts": ops("lt", "str.min", "str.max"),
    "max of a group of texts": case("the least text goes by code points, not by MIN"),
    "removeprefix, removesuffix": ops("str.removeprefix", "str.removesuffix"),
    "re.sub": refused("re.sub", STR, STR, STR),
    # 4 None, truth, comparison
    "a == b, a is None": ops("eq", "ne", "is_none", "not_none"),
    "== with None inside": case("equality with None inside is False or True, never unknown"),
    "a in (1, None)": ops("in"),
    "the truth of a value": ops("truth"),
    "a or b as a value": case("`or` gives the first true operand, not True"),
    "a condition that may be NULL": case("a condition on a nullable flag is never unknown"),
    "a + None": case("whole numbers: sum, difference, product raise on None"),
    "{'a': 1}.get(s, 0)": case("a dict of constants by a computed key"),
    # 5 dates
    "compare, max of dates": ops("lt", "date.max"),
    "moment + span, moment - moment": ops(*(f"{one}.{op}" for one in MOMENTS for op in ("plus", "less", "minus"))),
    "day + n days, day - day": ops("date.add", "date.sub", "date.minus"),
    "days of a span": ops("timedelta.days", "timedelta.seconds", "timedelta.total_seconds"),
    "parts": ops(*(f"{one}.{part}" for one in MOMENTS for part in ("year", "month", "day", "hour", "microsecond"))),
    "weekday, isocalendar": ops("datetime.weekday", "datetime.isoweekday", "datetime.iso_week", "datetime.iso_year"),
    "isoformat, strftime": ops("datetime.isoformat", "datetime.strftime", "date.isoformat", "date.strftime"),
    "fromisoformat": ops("date.of_text", "str.is_date_text", "str.is_plain_date_text"),
    "replace": ops("date.replace", "datetime.replace"),
    # 6 exceptions
    "what raises is None and an error": case(
        "a raise is the error of its branch only", "floor division and remainder round down, and by zero is an error"
    ),
    "KeyError, IndexError, AttributeError": case(
        "[] raises KeyError where there is no such entry",
        "the first of a sorted list, or an IndexError",
        "a missing to-one target is None, and reading it raises",
    ),
    "empty min": case("the least of nothing raises"),
    # 7 collections
    "sum, count, any, all over nothing": case(
        "a count over an empty collection is 0, not NULL",
        "any and all of nothing are False and True",
        "a total is a sum; over nothing it is the start, not NULL",
    ),
    "a sum of floats": case("a sum of floats", "a float sum depends on its order, and is left to Python"),
    "mean": ops("int.mean", "float.mean"),
    "max by key, top n, first match": case(
        "max with a key is the first of the largest",
        "the first three are a top-n",
        "return from a loop is the first match",
    ),
    "sorted of a list": ops("list.sorted", "list.sorted_down"),
    "sorted by what may be None": case("sorted by a key that may be None raises for None"),
    "a stable sort, reverse": case(
        "sorted by two keys; ties stay in the mapping's order", "reverse=True keeps the order of equals"
    ),
    "[f for ...]": case("a list of a mapping's values is a child table by key"),
    "group by in a dict": case(
        "a dict of counts", "a defaultdict of sums", "groups of lists, by setdefault, defaultdict and by hand"
    ),
    "set, distinct": case("a set keeps distinct values, in no order", "distinct values are counted once"),
    "v[i], v[i:j], [::-1], +, in, index": ops(
        "list.item", "list.slice", "list.reverse", "list.add", "list.contains", "list.index"
    ),
    "m[k], get, in, len": ops("dict.item", "dict.get", "dict.get_or", "dict.has", "dict.len"),
    "dict order": case("a dict attribute is a child table by its keys"),
    "a comprehension over a list attribute": case("a generator over the items of a list attribute"),
    "nested loops, exists": case("two generators are a join", "one collection decides about another inside a third"),
    "while, order-dependent folds": case(
        "while is left to Python", "how a loop ends may not depend on what it gathers"
    ),
}

TITLES = frozenset(one.title for path in CASES.glob("*.case") for one in casefile.read(path))
TRIED = frozenset(one.row.op for found in test_primitives.CASES.values() for one in found)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_semantics_has_its_proof(row: str) -> None:
    match ROWS[row]:
        case Op(names):
            assert set(names) - TRIED - {"not"} == set()
        case Case(titles):
            assert set(titles) - TITLES == set()
        case Refused(spelling, types):
            assert primitives.find(spelling, types) is None


def test_every_operation_is_tried_on_flink_or_says_why_not() -> None:
    assert {one.op for one in primitives.TABLE} - TRIED - test_primitives.UNTRIED - {"not", "and", "or"} == set()
