"""Flink's SQL as sqlglot trees: the dialect that writes them, and the words from which templates are built.

    text(call("CHAR_LENGTH", column("m", "name")))   →  CHAR_LENGTH(`m`.`name`)

Builders do not copy: a template that needs an argument twice asks for `again(argument)`.
"""

from __future__ import annotations

import decimal
import math
import unicodedata
from collections.abc import Callable
from typing import ClassVar, assert_never

from sqlglot import exp, generator, tokens
from sqlglot.dialects import dialect

from compiler import dtypes, ir

DECIMAL_PRECISION = (38, 18)
"""Precision and scale of a Decimal that declares none."""


class PythonFunction(exp.Expression):
    """CREATE FUNCTION … AS 'module.name' LANGUAGE PYTHON."""

    arg_types: ClassVar = {"this": True, "expression": True}


class Flink(dialect.Dialect):
    """What Flink writes differently from sqlglot's plain SQL."""

    TYPED_DIVISION = True
    SAFE_DIVISION = False

    class Tokenizer(tokens.Tokenizer):
        """Names stand in backticks, strings in quotes that only double."""

        IDENTIFIERS: ClassVar = ["`"]
        UNICODE_STRINGS: ClassVar = [("U&'", "'")]

    class Generator(generator.Generator):
        """Flink's names of types."""

        STRUCT_DELIMITER = ("<", ">")
        SUPPORTS_TABLE_ALIAS_COLUMNS = True
        JSON_KEY_VALUE_PAIR_SEP = " VALUE"
        TRANSFORMS: ClassVar = {**generator.Generator.TRANSFORMS, PythonFunction: lambda self, one: self.function(one)}
        TYPE_MAPPING: ClassVar = {
            **generator.Generator.TYPE_MAPPING,
            exp.DType.TEXT: "STRING",
            exp.DType.STRUCT: "ROW",
            exp.DType.VARBINARY: "BYTES",
            exp.DType.TIMESTAMPLTZ: "TIMESTAMP_LTZ",
        }

        def paren_sql(self, expression: exp.Paren) -> str:
            """Keep short parentheses on one line."""
            # What is inside is written once: to write it again for several lines would double at every depth.
            inner = self.sql(expression, "this")
            if "\n" not in inner:
                return f"({inner})"
            return f"({self.seg(self.indent(inner), sep='')}{self.seg(')', sep='')}"

        def function(self, expression: PythonFunction) -> str:
            """Write a function that lives as long as the session."""
            name, place = self.sql(expression, "this"), self.sql(expression, "expression")
            return f"CREATE TEMPORARY FUNCTION {name} AS {place} LANGUAGE PYTHON"

        def property_sql(self, expression: exp.Property) -> str:
            """Write an option of a table, both sides in quotes."""
            return f"{self.sql(expression, 'this')} = {self.sql(expression, 'value')}"

        def array_sql(self, expression: exp.Array) -> str:
            """Write ARRAY[…]."""
            return f"ARRAY[{self.expressions(expression, flat=True)}]"


def text(tree: exp.Expression) -> str:
    """Write a tree, pretty-printed, with every name quoted."""
    return Flink.Generator(
        dialect=Flink, pretty=True, identify=True, normalize_functions=False, max_text_width=100
    ).generate(tree, copy=False)


# ---------------------------------------------------------------- types


def data_type(one: dtypes.Type) -> exp.DataType:
    """Return the Flink type of a column that holds values of the type."""
    match dtypes.required(one):
        case dtypes.Scalar(name, precision):
            return _scalar_type(name, precision)
        case dtypes.ListOf(item) | dtypes.SetOf(item):
            return exp.DataType(this=exp.DType.ARRAY, expressions=[data_type(item)], nested=True)
        case dtypes.DictOf(key, value):
            both = [data_type(key), data_type(value)]
            return exp.DataType(this=exp.DType.MAP, expressions=both, nested=True)
        case dtypes.Record(fields):
            columns = [exp.ColumnDef(this=name_of(name), kind=data_type(of)) for name, of in fields]
            return exp.DataType(this=exp.DType.STRUCT, expressions=columns, nested=True)
        case dtypes.Pair(items):
            return data_type(dtypes.Record(tuple((f"item{place}", of) for place, of in enumerate(items))))
        case dtypes.Entity() | dtypes.Json() | dtypes.NoneType():
            return exp.DataType(this=exp.DType.TEXT)
        case dtypes.Optional():
            raise AssertionError("optional types do not nest")
        case never:
            assert_never(never)


def _scalar_type(name: dtypes.ScalarName, precision: tuple[int, int] | None) -> exp.DataType:
    plain = exp.DType
    if name == "decimal":
        return _sized(plain.DECIMAL, *(precision or DECIMAL_PRECISION))
    if name == "whole":
        return _sized(plain.DECIMAL, 38, 0)
    if name == "datetime":
        return _sized(plain.TIMESTAMPLTZ, 6)
    if name == "local_datetime":
        return _sized(plain.TIMESTAMP, 6)
    return exp.DataType(
        this={
            "str": plain.TEXT,
            "bool": plain.BOOLEAN,
            "int": plain.BIGINT,
            "float": plain.DOUBLE,
            "date": plain.DATE,
            "timedelta": plain.BIGINT,
            "bytes": plain.VARBINARY,
        }[name]
    )


def _sized(of: exp.DType, *sizes: int) -> exp.DataType:
    params = [exp.DataTypeParam(this=exp.Literal.number(size)) for size in sizes]
    return exp.DataType(this=of, expressions=params)


def decimal_type(precision: int, scale: int) -> exp.DataType:
    """Return DECIMAL(precision, scale)."""
    return _sized(exp.DType.DECIMAL, precision, scale)


BIGINT = dtypes.INT
DOUBLE = dtypes.FLOAT
INT32 = exp.DataType(this=exp.DType.INT)


# ---------------------------------------------------------------- names and literals


def name_of(name: str) -> exp.Identifier:
    """Return a quoted name."""
    return exp.to_identifier(name, quoted=True)


def column(alias: str, name: str) -> exp.Column:
    """Return a qualified column."""
    return exp.Column(this=name_of(name), table=name_of(alias))


def typed(tree: exp.Expression, of: dtypes.Type) -> exp.Expression:
    """Return the tree with its type noted, which its text does not show."""
    tree.type = data_type(of)
    return tree


def string(value: str) -> exp.Expression:
    r"""Return a string literal; control characters go in as `U&'\000D'`, all else raw."""
    if any(unicodedata.category(one) in ("Cc", "Zl", "Zp") and one not in "\t\n" for one in value):
        return exp.UnicodeString(this="".join(map(_escaped, value)))
    return exp.Literal.string(value)


def _escaped(one: str) -> str:
    if one == "\\":
        return "\\\\"
    if one.isprintable():
        return one
    units = one.encode("utf-16-be")
    return "".join(f"\\{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))


def number(value: int) -> exp.Expression:
    """Return an integer literal as it stands: an INT where it fits, so fit only beside a BIGINT."""
    if value == -(2**63):
        return cast(string(str(value)), BIGINT)
    return exp.Literal.number(value)


def bigint(value: int) -> exp.Expression:
    """Return a BIGINT literal."""
    return big(number(value)) if -(2**31) <= value < 2**31 else number(value)


def bare(tree: exp.Expression, beside: exp.Expression) -> exp.Expression:
    """Drop the cast of a BIGINT literal whose neighbour is BIGINT (or wider) without it."""
    return tree.this if _is_bigint(tree) and not _is_bigint(beside) else tree


def _is_bigint(tree: exp.Expression) -> bool:
    return (
        isinstance(tree, exp.Cast)
        and tree.to.is_type(exp.DType.BIGINT)
        and isinstance(tree.this, exp.Literal | exp.Neg)
        and (isinstance(tree.this, exp.Literal) or isinstance(tree.this.this, exp.Literal))
    )


def double(value: float) -> exp.Expression:
    """Return a DOUBLE literal; `0.1` would be a DECIMAL, so an exponent is always there."""
    if math.isnan(value) or math.isinf(value):
        return cast(string("NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"), DOUBLE)
    spelled = repr(abs(value))
    literal = exp.Literal(this=spelled if "e" in spelled else f"{spelled}e0", is_string=False)
    return exp.Neg(this=literal) if math.copysign(1.0, value) < 0 else literal


def exact(value: decimal.Decimal) -> exp.Expression:
    """Return a DECIMAL literal of its own precision; beyond 64 bits a literal is refused, so that is a text."""
    if abs(value) >= 2**63:
        return cast(string(f"{value:f}"), dtypes.DECIMAL)
    literal = exp.Literal(this=f"{abs(value):f}", is_string=False)
    return exp.Neg(this=literal) if value < 0 else literal


def boolean(value: bool) -> exp.Expression:
    """Return TRUE or FALSE."""
    return exp.Boolean(this=value)


def null(of: dtypes.Type) -> exp.Expression:
    """Return NULL of a type."""
    return cast(exp.Null(), of)


# ---------------------------------------------------------------- words


def again(tree: exp.Expression) -> exp.Expression:
    """Return a copy, for a second place in the tree."""
    return tree.copy()


def call(name: str, *args: exp.Expression) -> exp.Expression:
    """Call a function by name."""
    return exp.Anonymous(this=name, expressions=list(args))


def cast(tree: exp.Expression, to: dtypes.Type | exp.DataType) -> exp.Expression:
    """Return CAST(tree AS to)."""
    return exp.Cast(this=tree, to=to.copy() if isinstance(to, exp.DataType) else data_type(to))


def try_cast(tree: exp.Expression, to: dtypes.Type | exp.DataType) -> exp.Expression:
    """Return TRY_CAST(tree AS to)."""
    return exp.TryCast(this=tree, to=to.copy() if isinstance(to, exp.DataType) else data_type(to))


def big(tree: exp.Expression) -> exp.Expression:
    """Return the tree as BIGINT: Flink's integer functions give INT, which wraps."""
    return cast(tree, BIGINT)


def wrap(tree: exp.Expression) -> exp.Expression:
    """Put parentheses around what binds less than an operand must."""
    loose = exp.Binary | exp.Not | exp.Neg | exp.Between | exp.In | exp.Is
    return exp.Paren(this=tree) if isinstance(tree, loose) and not isinstance(tree, exp.Dot) else tree


_BINARY: dict[str, type[exp.Expression]] = {
    "+": exp.Add, "-": exp.Sub, "*": exp.Mul, "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT,
    ">=": exp.GTE,
}  # fmt: skip


def op(left: exp.Expression, sign: str, right: exp.Expression) -> exp.Expression:
    """Return `left sign right`."""
    if sign == "/":
        return exp.Div(this=wrap(left), expression=wrap(right), typed=True, safe=False)
    return _BINARY[sign](this=wrap(left), expression=wrap(right))


def concat(*parts: exp.Expression) -> exp.Expression:
    """Return the parts joined by `||`."""
    tree = wrap(parts[0])
    for part in parts[1:]:
        tree = exp.DPipe(this=tree, expression=part if isinstance(part, exp.Literal) else wrap(part), safe=False)
    return tree


def neg(tree: exp.Expression) -> exp.Expression:
    """Return `-tree`."""
    return exp.Neg(this=wrap(tree))


def all_of(*parts: exp.Expression) -> exp.Expression:
    """Return the parts joined by AND, which Flink evaluates from the left, lazily."""
    return _chain(exp.And, parts)


def any_of(*parts: exp.Expression) -> exp.Expression:
    """Return the parts joined by OR, which Flink evaluates from the left, lazily."""
    return _chain(exp.Or, parts)


def _chain(connector: type[exp.And | exp.Or], parts: tuple[exp.Expression, ...]) -> exp.Expression:
    tree: exp.Expression = parts[0] if len(parts) == 1 else _operand(connector, parts[0])
    for part in parts[1:]:
        tree = connector(this=tree, expression=_operand(connector, part))
    return tree


def _operand(connector: type[exp.And | exp.Or], part: exp.Expression) -> exp.Expression:
    return exp.Paren(this=part) if isinstance(part, exp.Connector) and not isinstance(part, connector) else part


def negated(tree: exp.Expression) -> exp.Expression:
    """Return NOT tree."""
    return exp.Not(this=wrap(tree))


def is_null(tree: exp.Expression) -> exp.Expression:
    """Return `tree IS NULL`."""
    return exp.Is(this=wrap(tree), expression=exp.Null())


def not_null(tree: exp.Expression) -> exp.Expression:
    """Return `tree IS NOT NULL`."""
    return exp.Is(this=wrap(tree), expression=exp.Not(this=exp.Null()))


def is_true(tree: exp.Expression) -> exp.Expression:
    """Return `tree IS TRUE`: never NULL."""
    return exp.Is(this=wrap(tree), expression=boolean(True))


def is_not_true(tree: exp.Expression) -> exp.Expression:
    """Return `tree IS NOT TRUE`: never NULL."""
    return exp.Is(this=wrap(tree), expression=exp.Not(this=boolean(True)))


def same(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """Return `left IS NOT DISTINCT FROM right`: equal, NULL being equal to NULL."""
    return exp.NullSafeEQ(this=wrap(left), expression=wrap(right))


def different(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """Return `left IS DISTINCT FROM right`."""
    return exp.NullSafeNEQ(this=wrap(left), expression=wrap(right))


def among(tree: exp.Expression, *items: exp.Expression) -> exp.Expression:
    """Return `tree IN (items)`."""
    return exp.In(this=wrap(tree), expressions=list(items))


def case(*branches: tuple[exp.Expression, exp.Expression], default: exp.Expression | None = None) -> exp.Expression:
    """Return CASE WHEN … THEN … ELSE … END; Flink evaluates only what it takes."""
    ifs = [exp.If(this=test, true=value) for test, value in branches]
    return exp.Case(ifs=ifs, default=default)


def item(tree: exp.Expression, index: exp.Expression) -> exp.Expression:
    """Return `tree[index]`."""
    return exp.Bracket(this=wrap(tree), expressions=[index], offset=0)


def array(*items: exp.Expression) -> exp.Expression:
    """Return ARRAY[items]; Flink has no empty one."""
    return exp.Array(expressions=list(items), bracket_notation=True)


def field(record: exp.Expression, name: str) -> exp.Expression:
    """Return a field of a row."""
    return exp.Dot(this=record, expression=name_of(name))


# ---------------------------------------------------------------- templates


def constant_int(prim: ir.Prim, place: int) -> int | None:
    """Return the constant whole number in that place of an operation, None for any other argument."""
    one = prim.args[place]
    return one.value if isinstance(one, ir.Const) and isinstance(one.value, int) else None


def bound(prim: ir.Prim, args: list[exp.Expression], place: int, size: exp.Expression) -> exp.Expression:
    """Return a slice's bound as Python clips it: an INT from 0 to the size."""
    if isinstance(prim.args[place].type, dtypes.NoneType):
        return number(0) if place == 1 else again(size)
    constant = constant_int(prim, place)
    if constant is None:
        index = args[place]
        from_end = call("GREATEST", op(again(index), "+", again(size)), number(0))
        clipped = case((op(again(index), "<", number(0)), from_end), default=call("LEAST", index, again(size)))
        return cast(clipped, INT32)
    if constant < 0:
        return call("GREATEST", op(again(size), "-", number(-constant)), number(0))
    return call("LEAST", number(constant), again(size)) if place > 1 else number(constant)


Template = Callable[[ir.Prim, list[exp.Expression]], exp.Expression]
"""How an operation is written: its node (for constants and types) and its arguments, already written."""

SPACES = "".join(one for one in map(chr, range(0x3001)) if one.isspace())
"""What Python's `strip` and `split` call whitespace (29 characters)."""


def plain(function: str) -> Template:
    """Return the template that calls a function with the arguments as they are."""
    return lambda _, args: call(function, *args)
