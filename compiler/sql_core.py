"""SQL of what every type has: equality, truth, text, formats. NULL stands for None, and compares as None does.

    eq(a, b)  →  a IS NOT DISTINCT FROM b        truth(s)  →  COALESCE(s, '') <> ''

Where NULL may count as FALSE (WHERE, HAVING, ON, WHEN) `holds` says the same in fewer words: `s <> ''`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import (
    dtypes,
    flink_sql,
    ir,
    ranges,
    sql_arranged,
    sql_containers,
    sql_numbers,
    sql_strings,
    sql_times,
    sql_wholes,
)
from compiler.flink_sql import Template, again, big, boolean, call, case, cast, double, number, op, string
from compiler.operations import formats, numbers


def equal(prim: ir.Prim, args: list[exp.Expression], *, holds: bool, positive: bool) -> exp.Expression:
    """Compare as Python's == (or !=) does; with `holds`, NULL may stand for FALSE."""
    left, right = (_comparable(prim, args, place) for place in (0, 1))
    types = [one.type for one in prim.args]
    for place, other in ((0, right), (1, left)):
        if isinstance(types[place], dtypes.NoneType):
            return flink_sql.is_null(other) if positive else flink_sql.not_null(other)
    open_ends = sum(map(dtypes.nullable, types))
    plain = open_ends == 0 or (holds and positive and open_ends < 2)
    if _is_mixed(prim):
        test = _mixed("=", prim, left, right)
        if open_ends == 2:
            test = flink_sql.any_of(test, flink_sql.all_of(*(flink_sql.is_null(again(one)) for one in (left, right))))
        if plain:
            return test if positive else flink_sql.negated(test)
        return flink_sql.is_true(test) if positive else flink_sql.is_not_true(test)
    if plain:
        return op(left, "=" if positive else "<>", right)
    return flink_sql.same(left, right) if positive else flink_sql.different(left, right)


def _comparable(prim: ir.Prim, args: list[exp.Expression], place: int) -> exp.Expression:
    mine, other = dtypes.required(prim.args[place].type), dtypes.required(prim.args[1 - place].type)
    if mine == dtypes.BOOL and dtypes.is_number(other) and other != dtypes.BOOL:
        return big(args[place])
    return flink_sql.bare(args[place], args[1 - place])


def _ordered(sign: str) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        left, right = (_comparable(prim, args, place) for place in (0, 1))
        if dtypes.required(prim.args[0].type) == dtypes.STR:
            return sql_strings.less(left, sign, right)
        return _mixed(sign, prim, left, right) if _is_mixed(prim) else op(left, sign, right)

    return build


def _is_mixed(prim: ir.Prim) -> bool:
    """Tell whether an int that a float may not hold is compared with a float."""
    kinds = {dtypes.required(one.type) for one in prim.args}
    if kinds != {dtypes.INT, dtypes.FLOAT}:
        return False
    short = (
        abs(one.value) < 2**53 for one in prim.args if isinstance(one, ir.Const) and isinstance(one.value, int | float)
    )
    return not any(short)


def _mixed(sign: str, prim: ir.Prim, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    # The comparison of SQL rounds the int to a float. Where that is not equal it decides; else the float is whole.
    if dtypes.required(prim.args[0].type) == dtypes.FLOAT:
        left, right, sign = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
    near = cast(left, dtypes.FLOAT)
    inside = op(again(right), "<", double(2.0**63))
    exactly = op(again(left), sign, big(again(right)))
    if sign == "=":
        return flink_sql.all_of(op(near, "=", right), inside, exactly)
    tie = flink_sql.negated(inside) if sign[0] == "<" else inside
    decided = flink_sql.any_of(tie, exactly) if sign[0] == "<" else flink_sql.all_of(tie, exactly)
    return flink_sql.any_of(op(again(near), sign[0], right), flink_sql.all_of(op(near, "=", again(right)), decided))


def truth(tree: exp.Expression, of: dtypes.Type, *, holds: bool, positive: bool) -> exp.Expression:
    """Tell Python's truth of a value (or, not positive, the opposite), NULL being false.

    With `holds` and `positive` the answer may be NULL for NULL.
    """
    required = dtypes.required(of)
    if required == dtypes.BOOL:
        return _bool_truth(tree, of, holds=holds, positive=positive)
    zero = _zero(required)
    if zero is None:  # true unless None: entities, records, dates
        return flink_sql.not_null(tree) if positive else flink_sql.is_null(tree)
    value = call("CARDINALITY", tree) if isinstance(required, dtypes.ListOf | dtypes.SetOf | dtypes.DictOf) else tree
    if dtypes.nullable(of) and not (holds and positive):
        value = call("COALESCE", value, again(zero))
    sign = ">" if value is not tree and isinstance(required, dtypes.ListOf | dtypes.SetOf | dtypes.DictOf) else "<>"
    return op(value, sign if positive else "=", zero)


def _bool_truth(tree: exp.Expression, of: dtypes.Type, *, holds: bool, positive: bool) -> exp.Expression:
    if positive:
        return tree if holds or not dtypes.nullable(of) else flink_sql.is_true(tree)
    return flink_sql.is_not_true(tree) if dtypes.nullable(of) else flink_sql.negated(tree)


def _zero(of: dtypes.Type) -> exp.Expression | None:
    match of:
        case dtypes.Scalar("str"):
            return string("")
        case dtypes.Scalar("int" | "whole" | "decimal" | "timedelta"):
            return number(0)
        case dtypes.ListOf() | dtypes.SetOf() | dtypes.DictOf():
            return number(0)
        case dtypes.Scalar("float"):
            return double(0)
        case dtypes.Scalar("bytes"):
            return exp.HexString(this="")
    return None


def member(prim: ir.Prim, args: list[exp.Expression], *, holds: bool, positive: bool) -> exp.Expression:
    """Tell whether a value equals one of the items, None among them or not."""
    tree, items = args[0], args[1:]
    filled = [
        flink_sql.bare(item, tree)
        for item, node in zip(items, prim.args[1:], strict=True)
        if not isinstance(node.type, dtypes.NoneType)
    ]
    with_none = len(filled) < len(items)
    if not filled:
        null = flink_sql.is_null(tree) if positive else flink_sql.not_null(tree)
        return null if with_none else boolean(not positive)
    test = flink_sql.among(again(tree), *filled)
    if dtypes.nullable(prim.args[0].type) and not (holds and positive):
        test = flink_sql.is_true(test) if positive else flink_sql.is_not_true(test)
    elif not positive:
        test = flink_sql.negated(test)
    if not with_none:
        return test
    return (
        flink_sql.any_of(test, flink_sql.is_null(tree))
        if positive
        else flink_sql.all_of(test, flink_sql.not_null(tree))
    )


# ---------------------------------------------------------------- text


def _str(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    of = prim.args[0].type
    if isinstance(of, dtypes.NoneType):
        return string("None")
    tree = spelled(args[0], of)
    if not dtypes.nullable(of):
        return tree
    if dtypes.required(of) in (dtypes.STR, dtypes.INT, dtypes.WHOLE):
        return call("COALESCE", tree, string("None"))
    return case((flink_sql.is_null(again(args[0])), string("None")), default=tree)


def spelled(tree: exp.Expression, of: dtypes.Type) -> exp.Expression:
    """Return Python's `str` of a value that is not None."""
    match dtypes.required(of):
        case dtypes.Scalar("bool"):
            return case((tree, string("True")), default=string("False"))
        case dtypes.Scalar("float"):
            return _float_text(tree)
        case dtypes.Scalar("datetime" | "local_datetime" | "date"):
            return sql_times.iso(tree, of, " ")
        case dtypes.Scalar("int" | "whole"):
            return cast(tree, dtypes.STR)
        case dtypes.Scalar("timedelta"):
            return sql_times.span_text(tree)
    return tree


def _float_text(x: exp.Expression) -> exp.Expression:
    # CAST gives 1.0E7 from 1e7 on; the DECIMAL's digits are those of the shortest text, as Python's are.
    digits = cast(sql_numbers.narrow(x, 38, 21), dtypes.STR)
    trimmed = call("REGEXP_REPLACE", digits, string("0+$"), string(""))
    spelled = call("REGEXP_REPLACE", trimmed, string(r"\.$"), string(".0"))
    # A DECIMAL has no -0.0; the CAST of a float has.
    return case((op(again(x), "=", double(0)), cast(again(x), dtypes.STR)), default=spelled)


def _format(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    node = prim.args[1]
    assert isinstance(node, ir.Const)
    of, text = dtypes.required(prim.args[0].type), str(node.value)
    if isinstance(of, dtypes.Scalar) and of.name in ("datetime", "local_datetime", "date"):
        return sql_times.TEMPLATES[f"{of.name}.strftime"](prim, args)
    spec = formats.parse(text)
    assert spec is not None
    assert isinstance(of, dtypes.Scalar)
    tree = _body(prim, args[0], of.name, spec)
    if spec.width == 0 or (of.name == "int" and spec.zero):
        return tree
    return sql_strings.align(tree, spec.align or ("<" if of.name == "str" else ">"), spec.width, string(spec.fill))


def _body(prim: ir.Prim, tree: exp.Expression, name: str, spec: formats.Spec) -> exp.Expression:
    if name == "str":
        return tree if spec.digits is None else call("SUBSTRING", tree, number(1), number(spec.digits))
    if name == "int":
        flags = (
            ("+" if spec.plus else "")
            + ("," if spec.comma else "")
            + (f"0{spec.width}" if spec.zero and spec.width else "")
        )
        return call("PRINTF", string(f"%{flags}d"), tree) if flags else cast(tree, dtypes.STR)
    digits = 6 if spec.digits is None else spec.digits
    if name == "decimal":
        return _fixed_decimal(tree, digits, comma=spec.comma)
    percent = spec.kind == "%"
    value = op(tree, "*", double(100)) if percent else tree
    small = ranges.magnitude(prim.args[0]) * (100 if percent else 1) < numbers.WHOLE
    text = _fixed(value, digits, comma=spec.comma, small=small)
    return flink_sql.concat(text, string("%")) if percent else text


def _fixed_decimal(x: exp.Expression, digits: int, *, comma: bool) -> exp.Expression:
    # -0.001 to two digits is -0.00 in Python.
    size = sql_numbers.narrow(sql_numbers.half_even(call("ABS", again(x)), digits), 38, digits)
    text = cast(size, dtypes.STR)
    if comma:
        thousands = r"(?<=\d)(?=(\d{3})+%s)" % (r"\." if digits else "$")
        text = call("REGEXP_REPLACE", text, string(thousands), string(","))
    return flink_sql.concat(case((op(again(x), "<", number(0)), string("-")), default=string("")), text)


def _fixed(x: exp.Expression, digits: int, *, comma: bool, small: bool) -> exp.Expression:
    # PRINTF('%.2f', 2.675) is 2.68: it rounds the decimal text, not the float.
    units = big(sql_numbers.scaled(again(x), digits))
    text = _grouped(op(units, "/", number(10**digits)) if digits else units, comma=comma)
    if digits:
        rest = cast(call("MOD", again(units), number(10**digits)), dtypes.STR)
        text = flink_sql.concat(text, string("."), call("LPAD", rest, number(digits), string("0")))
    if not small:
        whole = _grouped(big(call("ABS", again(x))), comma=comma)
        zeros = flink_sql.concat(whole, string("." + "0" * digits)) if digits else whole
        text = case((sql_numbers.is_whole(x), zeros), default=text)
    return flink_sql.concat(case((_negative(x), string("-")), default=string("")), text)


def _grouped(whole: exp.Expression, *, comma: bool) -> exp.Expression:
    return call("PRINTF", string("%,d"), whole) if comma else cast(whole, dtypes.STR)


def _negative(x: exp.Expression) -> exp.Expression:
    minus_zero = op(cast(again(x), dtypes.STR), "=", string("-0.0"))
    return flink_sql.any_of(op(again(x), "<", double(0)), flink_sql.all_of(op(again(x), "=", double(0)), minus_zero))


def _coalesce(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # A column of ints is BIGINT, or DECIMAL where it is a sum: beside it a literal needs no type.
    if isinstance(args[0], exp.Column | exp.Dot) and dtypes.required(prim.args[0].type) in (dtypes.INT, dtypes.WHOLE):
        args = [args[0], *map(sql_wholes.short, args[1:])]
    return call("COALESCE", *args)


def _placed(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # No character comes before this one, so "a" and what belongs to it comes before "ab".
    parts = [args[0]]
    for one in args[1:]:
        parts += [string("\0"), one]
    return flink_sql.concat(*parts)


def _message(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # "ZeroDivisionError: division by zero"; a text without a colon has no message.
    start = op(call("LOCATE", string(": "), again(args[0])), "+", number(2))
    return case((op(call("LOCATE", string(": "), again(args[0])), ">", number(0)), call("SUBSTRING", args[0], start)))


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        **sql_numbers.TEMPLATES,
        **sql_wholes.TEMPLATES,
        **sql_strings.TEMPLATES,
        **sql_times.TEMPLATES,
        **sql_containers.TEMPLATES,
        **sql_arranged.TEMPLATES,
        "timedelta.truediv": sql_numbers.TEMPLATES["int.truediv"],
        "timedelta.floordiv": sql_numbers.TEMPLATES["int.floordiv"],
        "lt": _ordered("<"),
        "le": _ordered("<="),
        "gt": _ordered(">"),
        "ge": _ordered(">="),
        "is_none": lambda _, args: flink_sql.is_null(args[0]),
        "not_none": lambda _, args: flink_sql.not_null(args[0]),
        "str": _str,
        "format": _format,
        "coalesce": _coalesce,
        "int_of_bool": lambda _, args: big(args[0]),
        "check": lambda _, args: args[2],
        "error.class": lambda _, args: call("SPLIT_INDEX", args[0], string(":"), number(0)),
        "error.message": _message,
        "error.placed": _placed,
        "error.told": lambda prim, args: call(
            "SPLIT_INDEX", args[0], string("\0"), number(sql_numbers.integer(prim, 1))
        ),
    }
)
"""Operations whose SQL is one text; the others (`emit_scalars`) are shorter where NULL may count as FALSE."""
