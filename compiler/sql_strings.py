r"""SQL of the operations on str.

str.strip(s)  →  BTRIM(s, U&'\0009…\3000')        TRIM would take blanks alone
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from compiler import dtypes, flink_sql, ir
from compiler.flink_sql import INT32, SPACES, Template, again, big, call, case, cast, number, op, plain, string
from compiler.operations.strings import MAX_REPEATS

_SPACE_CLASS = "".join(f"\\u{ord(one):04X}" for one in SPACES)


_OTHER_DIGITS = (
    r"\x{B2}-\x{B3}\x{B9}\x{1369}-\x{1371}\x{19DA}\x{2070}\x{2074}-\x{2079}\x{2080}-\x{2089}\x{2460}-\x{2468}"
    r"\x{2474}-\x{247C}\x{2488}-\x{2490}\x{24EA}\x{24F5}-\x{24FD}\x{24FF}\x{2776}-\x{277E}\x{2780}-\x{2788}"
    r"\x{278A}-\x{2792}\x{10A40}-\x{10A43}\x{10E60}-\x{10E68}\x{11052}-\x{1105A}\x{1F100}-\x{1F10A}"
)
"""What `isdigit` takes beyond decimals: superscripts and circled digits."""


def _constant(prim: ir.Prim, place: int) -> int | None:
    one = prim.args[place]
    assert isinstance(one, ir.Const)
    assert one.value is None or isinstance(one.value, int)
    return one.value


def length(s: exp.Expression) -> exp.Expression:
    """Return the number of code points, an INT."""
    return call("CHAR_LENGTH", again(s))


def less(left: exp.Expression, sign: str, right: exp.Expression) -> exp.Expression:
    """Compare by code points: a plain `<` compares UTF-16 units before a row was serialized, bytes after."""
    return op(call("HEX", left), sign, call("HEX", right))


def _extreme(sign: str) -> Template:
    def build(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        first, second = args
        return case((less(again(second), sign, again(first)), second), default=first)

    return build


_OWN_TITLE = (
    "\u01c4\u01c5\u01c6\u01c7\u01c8\u01c9\u01ca\u01cb\u01cc\u01f1\u01f2\u01f3\u10d0\u10d1\u10d2\u10d3"
    "\u10d4\u10d5\u10d6\u10d7\u10d8\u10d9\u10da\u10db\u10dc\u10dd\u10de\u10df\u10e0\u10e1\u10e2\u10e3"
    "\u10e4\u10e5\u10e6\u10e7\u10e8\u10e9\u10ea\u10eb\u10ec\u10ed\u10ee\u10ef\u10f0\u10f1\u10f2\u10f3"
    "\u10f4\u10f5\u10f6\u10f7\u10f8\u10f9\u10fa\u10fd\u10fe\u10ff\u1f80\u1f81\u1f82\u1f83\u1f84\u1f85"
    "\u1f86\u1f87\u1f88\u1f89\u1f8a\u1f8b\u1f8c\u1f8d\u1f8e\u1f8f\u1f90\u1f91\u1f92\u1f93\u1f94\u1f95"
    "\u1f96\u1f97\u1f98\u1f99\u1f9a\u1f9b\u1f9c\u1f9d\u1f9e\u1f9f\u1fa0\u1fa1\u1fa2\u1fa3\u1fa4\u1fa5"
    "\u1fa6\u1fa7\u1fa8\u1fa9\u1faa\u1fab\u1fac\u1fad\u1fae\u1faf\u1fb3\u1fbc\u1fc3\u1fcc\u1ff3\u1ffc"
)
_TITLED = (
    "\u01c5\u01c5\u01c5\u01c8\u01c8\u01c8\u01cb\u01cb\u01cb\u01f2\u01f2\u01f2\u10d0\u10d1\u10d2\u10d3"
    "\u10d4\u10d5\u10d6\u10d7\u10d8\u10d9\u10da\u10db\u10dc\u10dd\u10de\u10df\u10e0\u10e1\u10e2\u10e3"
    "\u10e4\u10e5\u10e6\u10e7\u10e8\u10e9\u10ea\u10eb\u10ec\u10ed\u10ee\u10ef\u10f0\u10f1\u10f2\u10f3"
    "\u10f4\u10f5\u10f6\u10f7\u10f8\u10f9\u10fa\u10fd\u10fe\u10ff\u1f88\u1f89\u1f8a\u1f8b\u1f8c\u1f8d"
    "\u1f8e\u1f8f\u1f88\u1f89\u1f8a\u1f8b\u1f8c\u1f8d\u1f8e\u1f8f\u1f98\u1f99\u1f9a\u1f9b\u1f9c\u1f9d"
    "\u1f9e\u1f9f\u1f98\u1f99\u1f9a\u1f9b\u1f9c\u1f9d\u1f9e\u1f9f\u1fa8\u1fa9\u1faa\u1fab\u1fac\u1fad"
    "\u1fae\u1faf\u1fa8\u1fa9\u1faa\u1fab\u1fac\u1fad\u1fae\u1faf\u1fbc\u1fbc\u1fcc\u1fcc\u1ffc\u1ffc"
)
"""Letters whose title case is one letter, but not their upper case, and their title case."""

_LIGATURES = (
    "\xdf\u0587\u1fb2\u1fb4\u1fb7\u1fc2\u1fc4\u1fc7\u1ff2\u1ff4\u1ff7\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05"
    "\ufb06\ufb13\ufb14\ufb15\ufb16\ufb17"
)
_SPELLED = (
    "Ss,\u0535\u0582,\u1fba\u0345,\u0386\u0345,\u0391\u0342\u0345,\u1fca\u0345,\u0389\u0345,\u0397\u0342"
    "\u0345,\u1ffa\u0345,\u038f\u0345,\u03a9\u0342\u0345,Ff,Fi,Fl,Ffi,Ffl,St,St,\u0544\u0576,\u0544\u0565"
    ",\u0544\u056b,\u054e\u0576,\u0544\u056d"
)
"""Letters whose title case is several letters, and those."""


def _capitalize(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    s = args[0]
    first = call("SUBSTRING", again(s), number(1), number(1))
    place = call("LOCATE", again(first), string(_OWN_TITLE))
    ligature = call("LOCATE", again(first), string(_LIGATURES))
    spelled = call("SPLIT_INDEX", string(_SPELLED), string(","), op(again(ligature), "-", number(1)))
    upper = case(
        (op(again(place), ">", number(0)), call("SUBSTRING", string(_TITLED), again(place), number(1))),
        (op(again(ligature), ">", number(0)), spelled),
        default=call("UPPER", first),
    )
    # The end of a Greek word is lower-cased otherwise than its middle: the whole is, and then cut.
    rest = call(
        "SUBSTRING", call("LOWER", again(s)), op(call("CHAR_LENGTH", call("LOWER", again(first))), "+", number(1))
    )
    return case((op(again(s), "=", string("")), again(s)), default=flink_sql.concat(upper, rest))


def _item(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    index = flink_sql.constant_int(prim, 1)
    if index is not None:
        start = number(index + 1) if index >= 0 else op(length(args[0]), "+", number(index + 1))
        return call("SUBSTRING", args[0], start, number(1))
    place = flink_sql.bound(prim, args, 1, length(args[0]))
    return call("SUBSTRING", args[0], op(place, "+", number(1)), number(1))


def _slice(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    s = args[0]
    start, stop = flink_sql.constant_int(prim, 1), flink_sql.constant_int(prim, 2)
    if not all(isinstance(one, ir.Const) for one in prim.args[1:]):
        first, last = (flink_sql.bound(prim, args, place, length(s)) for place in (1, 2))
        size = call("GREATEST", op(last, "-", again(first)), number(0))
        return call("SUBSTRING", s, op(first, "+", number(1)), size)
    start = start or 0
    begin = number(start + 1) if start >= 0 else op(_from_end(s, start), "+", number(1))
    if stop is None:
        return call("SUBSTRING", s, begin)
    if start >= 0 and stop >= 0:
        return call("SUBSTRING", s, begin, number(max(stop - start, 0)))
    end = _from_end(s, stop) if stop < 0 else call("LEAST", number(stop), length(s))
    place = number(start) if start >= 0 else _from_end(s, start)
    return call("SUBSTRING", s, begin, call("GREATEST", op(end, "-", place), number(0)))


def _from_end(s: exp.Expression, index: int) -> exp.Expression:
    return call("GREATEST", op(length(s), "-", number(-index)), number(0))


def _strip(function: str) -> Template:
    return lambda _, args: call(function, args[0], string(SPACES) if len(args) == 1 else args[1])


def _removed(test: str) -> Template:
    def build(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        s, part = args
        if test == "STARTSWITH":
            rest = call("SUBSTRING", again(s), op(length(part), "+", number(1)))
        else:
            rest = call("SUBSTRING", again(s), number(1), op(length(s), "-", length(part)))
        return case((call(test, again(s), part), rest), default=s)

    return build


def _find(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return big(op(call("LOCATE", args[1], args[0]), "-", number(1)))


def _count(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    s, part = args
    without = call("CHAR_LENGTH", call("REPLACE", again(s), again(part), string("")))
    return big(op(op(length(s), "-", without), "/", length(part)))


def _repeat(prim: ir.Prim, s: exp.Expression, times: exp.Expression, place: int) -> exp.Expression:
    constant = flink_sql.constant_int(prim, place)
    count = (
        number(constant)
        if constant is not None
        else cast(call("GREATEST", call("LEAST", times, number(MAX_REPEATS)), number(0)), INT32)
    )
    return call("REPEAT", s, count)


def _rfind(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    s, part = args
    place = call("LOCATE", call("REVERSE", again(part)), call("REVERSE", again(s)))
    from_end = op(op(op(length(s), "-", length(part)), "-", again(place)), "+", number(1))
    return big(case((op(place, ">", number(0)), from_end), default=number(-1)))


def _partition(name: str, place: int) -> Template:
    """Return one part of `s.partition(t)` or `s.rpartition(t)`."""

    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        s, part = args
        at = _find(prim, [again(s), again(part)]) if name == "partition" else _rfind(prim, [again(s), again(part)])
        found = cast(at, INT32)
        inside = op(again(found), ">=", number(0))
        taken = (
            call("SUBSTRING", again(s), number(1), again(found)),
            again(part),
            call("SUBSTRING", again(s), op(op(again(found), "+", length(part)), "+", number(1))),
        )[place]
        whole = place == (0 if name == "partition" else 2)
        return case((inside, taken), default=s if whole else string(""))

    return build


def _split_at(right: bool) -> Template:
    """Return `s.split(t, most)`: the rest, from that side, is joined again."""

    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        s, part = args[:2]
        most = flink_sql.constant_int(prim, 2) or 1
        parts = _split(prim, [s, part])
        size = call("CARDINALITY", again(parts))
        if right:
            cut = op(again(size), "-", number(most))
            rest = call("ARRAY_JOIN", call("ARRAY_SLICE", again(parts), number(1), again(cut)), again(part))
            kept = call("ARRAY_SLICE", again(parts), op(cut, "+", number(1)), again(size))
            whole = call("ARRAY_PREPEND", kept, rest)
        else:
            tail = call("ARRAY_SLICE", again(parts), number(most + 1), again(size))
            kept = call("ARRAY_SLICE", again(parts), number(1), number(most))
            whole = call("ARRAY_APPEND", kept, call("ARRAY_JOIN", tail, again(part)))
        return case((op(size, ">", number(most + 1)), cast(whole, prim.type)), default=parts)

    return build


def _split(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # SPLIT('', sep) is empty; Python gives ['']. The nullable cast keeps a miss NULL.
    s, separator = args
    whole = flink_sql.array(cast(string(""), dtypes.STR))
    return cast(
        case((op(again(s), "=", string("")), whole), default=call("SPLIT", s, separator)), dtypes.ListOf(dtypes.STR)
    )


def gap(s: exp.Expression, width: int, fill: exp.Expression) -> exp.Expression:
    """Return the padding up to a width; LPAD and RPAD cut longer texts and count UTF-16 units."""
    return call("REPEAT", fill, op(number(width), "-", length(s)))


def align(s: exp.Expression, how: str, width: int, fill: exp.Expression) -> exp.Expression:
    """Pad as `<`, `>` or `^` of a format spec do (`^` puts the odd one to the right)."""
    if how == ">":
        return flink_sql.concat(gap(s, width, fill), s)
    if how == "<":
        return flink_sql.concat(s, gap(again(s), width, fill))
    missing = call("GREATEST", op(number(width), "-", length(s)), number(0))
    left = op(again(missing), "/", number(2))
    right = op(missing, "-", again(left))
    return flink_sql.concat(call("REPEAT", again(fill), left), s, call("REPEAT", fill, right))


def _padded(how: str) -> Template:
    def build(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
        fill = args[2] if len(args) > 2 else string(" ")
        return align(args[0], how, _constant(prim, 1) or 0, fill)

    return build


def _center(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # str.center puts the odd one to the left when the width is odd, unlike `^`.
    width = _constant(prim, 1) or 0
    missing = call("GREATEST", op(number(width), "-", length(args[0])), number(0))
    fill = args[2] if len(args) > 2 else string(" ")
    extra = call("MOD", again(missing), number(2)) if width % 2 else number(0)
    left = op(op(again(missing), "/", number(2)), "+", extra)
    right = op(missing, "-", again(left))
    return flink_sql.concat(call("REPEAT", fill, left), args[0], call("REPEAT", again(fill), right))


def _zfill(prim: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    s, zeros = args[0], gap(args[0], _constant(prim, 1) or 0, string("0"))
    sign = call("SUBSTRING", again(s), number(1), number(1))
    signed = flink_sql.concat(again(sign), zeros, call("SUBSTRING", again(s), number(2)))
    test = flink_sql.among(sign, string("+"), string("-"))
    return case((test, signed), default=flink_sql.concat(again(zeros), s))


def matches(s: exp.Expression, pattern: str) -> exp.Expression:
    r"""Test a Java pattern; it should end in \z, as $ lets a last newline pass."""
    return call("REGEXP", s, string(pattern))


def _all_cased(wanted: str, other: str) -> Template:
    """Test that there is a letter of one case and none of the other; title case is neither."""
    rest = rf"[^\p{{Is{other}}}\p{{Lt}}]*"
    return lambda _, args: matches(args[0], rf"^{rest}\p{{Is{wanted}}}{rest}\z")


def _is_int_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return matches(call("BTRIM", args[0], string(SPACES)), r"^[+-]?\p{Nd}+(_\p{Nd}+)*\z")


def _is_bigint_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    stripped = call("BTRIM", args[0], string(SPACES))
    parsed = flink_sql.try_cast(call("REPLACE", again(stripped), string("_"), string("")), dtypes.INT)
    return flink_sql.all_of(matches(stripped, r"^[+-]?[0-9]+(_[0-9]+)*\z"), flink_sql.not_null(parsed))


_DECIMAL = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


def _is_plain_float_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    return matches(call("BTRIM", args[0], string(SPACES)), rf"^[+-]?{_DECIMAL}\z")


def _is_float_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # Names of infinity, underscores and other scripts' digits: Python takes them, `is_plain_float_text` does not.
    names = "[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN]"
    digits = r"\p{Nd}+(_\p{Nd}+)*"
    number_ = rf"({digits}\.?({digits})?|\.{digits})([eE][+-]?{digits})?"
    return matches(call("BTRIM", args[0], string(SPACES)), rf"^[+-]?({number_}|{names})\z")


def _plain_date(s: exp.Expression) -> exp.Expression:
    parsed = flink_sql.not_null(flink_sql.try_cast(again(s), dtypes.DATE))
    return flink_sql.all_of(matches(s, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\z"), op(again(s), ">=", string("0001")), parsed)


def _is_date_text(_: ir.Prim, args: list[exp.Expression]) -> exp.Expression:
    # The other forms of ISO 8601 may be dates or not; either way SQL does not parse them.
    other = matches(again(args[0]), r"^[0-9]{4}([0-9]{4}|-?W[0-9]{2}(-?[0-9])?)\z")
    return flink_sql.any_of(_plain_date(args[0]), other)


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "str.add": lambda _, args: flink_sql.concat(*args),
        "str.mul": lambda prim, args: _repeat(prim, args[0], args[1], 1),
        "str.rmul": lambda prim, args: _repeat(prim, args[1], args[0], 0),
        "str.chars": lambda _, args: cast(
            call("REGEXP_EXTRACT_ALL", args[0], string("(?s)."), number(0)), dtypes.ListOf(dtypes.STR)
        ),
        "str.split_at": _split_at(False),
        "str.rsplit_at": _split_at(True),
        "str.rfind": _rfind,
        **{
            f"str.{name}_{place}": _partition(name, place) for name in ("partition", "rpartition") for place in range(3)
        },
        "str.len": lambda _, args: big(call("CHAR_LENGTH", args[0])),
        "str.contains": lambda _, args: op(call("LOCATE", args[0], args[1]), ">", number(0)),
        "str.item": _item,
        "str.slice": _slice,
        "str.reverse": plain("REVERSE"),
        "str.min": _extreme("<"),
        "str.max": _extreme(">"),
        "str.upper": plain("UPPER"),
        "str.lower": plain("LOWER"),
        "str.capitalize": _capitalize,
        "str.strip": _strip("BTRIM"),
        "str.lstrip": _strip("LTRIM"),
        "str.rstrip": _strip("RTRIM"),
        "str.strip_of": _strip("BTRIM"),
        "str.lstrip_of": _strip("LTRIM"),
        "str.rstrip_of": _strip("RTRIM"),
        "str.startswith": plain("STARTSWITH"),
        "str.endswith": plain("ENDSWITH"),
        "str.removeprefix": _removed("STARTSWITH"),
        "str.removesuffix": _removed("ENDSWITH"),
        "str.replace": plain("REPLACE"),
        "str.find": _find,
        "str.index": _find,
        "str.count": _count,
        "str.split": _split,
        "str.words": lambda _, args: cast(
            call("REGEXP_EXTRACT_ALL", args[0], string(f"[^{_SPACE_CLASS}]+"), number(0)), dtypes.ListOf(dtypes.STR)
        ),
        "str.join": lambda _, args: call("ARRAY_JOIN", args[1], args[0]),
        "str.zfill": _zfill,
        "str.rjust": _padded(">"),
        "str.ljust": _padded("<"),
        "str.rjust_with": _padded(">"),
        "str.ljust_with": _padded("<"),
        "str.center": _center,
        "str.center_with": _center,
        "str.is_float_text": _is_float_text,
        "str.is_plain_float_text": _is_plain_float_text,
        "str.is_date_text": _is_date_text,
        "str.is_plain_date_text": lambda _, args: _plain_date(args[0]),
        "str.isdecimal": lambda _, args: matches(args[0], r"^\p{Nd}+\z"),
        "str.isdigit": lambda _, args: matches(args[0], rf"^[\p{{Nd}}{_OTHER_DIGITS}]+\z"),
        "str.isalnum": lambda _, args: matches(args[0], r"^[\p{L}\p{N}]+\z"),
        "str.isascii": lambda _, args: matches(args[0], r"^\p{ASCII}*\z"),
        "str.isalpha": lambda _, args: matches(args[0], r"^\p{L}+\z"),
        "str.isspace": lambda _, args: matches(args[0], rf"^[{_SPACE_CLASS}]+\z"),
        "str.isupper": _all_cased("Uppercase", "Lowercase"),
        "str.islower": _all_cased("Lowercase", "Uppercase"),
        "str.is_int_text": _is_int_text,
        "str.is_bigint_text": _is_bigint_text,
    }
)
