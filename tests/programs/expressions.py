# ruff: noqa: E501, C901
"""Writes random expressions of a wanted type, over what is in scope; most of them do not raise for most stores.

    Writer(Random(7)).write("int", depth=3)  →  'sum((x1.count or 0) for x1 in self.store.items.values())'

Numbers stay far within 64 bits. Nothing depends on the order of a set, which is another one in each process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from tests.programs import domain

ATTRIBUTES, LITERALS = domain.ATTRIBUTES, domain.LITERALS
RAW = 0.12  # how often an attribute is read without a guard against None
SEPARATORS = ("' '", "','", "'-'", "'a'")


@dataclass
class Writer:
    """Writes expressions; names that are bound are in `scope` with their types, the newest last."""

    random: Random
    scope: list[tuple[str, str]] = field(default_factory=list)
    getters: list[tuple[str, str]] = field(default_factory=list)  # earlier ones of the view
    functions: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)  # name, parameters, result
    store: bool = True  # whether `self.store` can be read here
    _number: int = 0

    # ------------------------------------------------------------ names

    def fresh(self, prefix: str = "v") -> str:
        """Return a name that nothing else has."""
        self._number += 1
        return f"{prefix}{self._number}"

    @contextmanager
    def bound(self, *names: tuple[str, str]) -> Iterator[None]:
        """Know more names for a while."""
        size = len(self.scope)
        self.scope += names
        yield
        del self.scope[size:]

    def pick(self, *weighted: tuple[int, str]) -> str:
        """Choose one by weight."""
        return self.random.choices([one for _, one in weighted], [weight for weight, _ in weighted])[0]

    def chance(self, share: float) -> bool:
        """Say yes so often."""
        return self.random.random() < share

    # ------------------------------------------------------------ any type

    def write(self, of: str, depth: int) -> str:
        """Return an expression of that type."""
        if of.endswith("?"):
            return "None" if self.chance(0.15) else self.write(of[:-1], depth)
        if of == "key":
            of = "str"
        if of.startswith("tuple["):
            return f"({', '.join(self.write(one, depth - 1) for one in of[6:-1].split(';'))},)"
        if depth <= 0:
            return self.leaf(of)
        if self.chance(0.06):
            return self.choice(of, depth)
        if self.chance(0.05) and (called := self.call(of, depth)):
            return called
        match of:
            case "bool":
                return self.condition(depth)
            case "int" | "float" | "decimal" | "str" | "date" | "datetime" | "delta":
                return getattr(self, of)(depth)  # type: ignore[no-any-return]  # all of these return text
        if of.startswith("list["):
            return self.list(of[5:-1], depth)
        if of.startswith("dict["):
            return self.dict(of[5:-1], depth)
        if of.startswith("set["):
            return self.set(of[4:-1], depth)
        return self.leaf(of)

    def choice(self, of: str, depth: int) -> str:
        """Return a conditional expression or an `or`."""
        if self.chance(0.3) and of in ("int", "float", "str", "decimal"):
            return f"({self.write(of, depth - 1)} {self.random.choice(('or', 'and'))} {self.write(of, depth - 1)})"
        test = self.condition(depth - 1)
        return f"({self.write(of, depth - 1)} if {test} else {self.write(of, depth - 1)})"

    def call(self, of: str, depth: int) -> str:
        """Return a call of a helper of that result, or an earlier getter, if there is one."""
        found = [one for one in self.functions if one[2] == of]
        if self.store:
            found += [(f"self.{name}", (), kind) for name, kind in self.getters if kind == of]
        if not found:
            return ""
        name, params, _ = self.random.choice(found)
        if name.startswith("self.") and not params:
            return name
        return f"{name}({', '.join(self.write(one, depth - 1) for one in params)})"

    def leaf(self, of: str) -> str:
        """Return a name, an attribute or a literal."""
        names = [name for name, kind in self.scope if kind in (of, "key" if of == "str" else of)]
        if names and self.chance(0.5):
            return self.random.choice(names[-4:])
        read = self.attribute(of) if self.chance(0.8) else ""
        if read:
            return read
        if names:
            return self.random.choice(names)
        if of in LITERALS:
            return self.random.choice(LITERALS[of])
        match of.partition("[")[0]:
            case "list":
                return "[]"
            case "dict":
                return "{}"
            case "set":
                return "set()"
        raise AssertionError(of)

    def attribute(self, of: str) -> str:
        """Return an attribute of an entity that is in reach, mostly guarded; empty if none has that type."""
        entities = [(name, kind, True) for name, kind in self.scope if kind in ATTRIBUTES]
        if self.store:
            entities += [("self.store.shop", "shop", True)]
            entities += [(f"self.store.{name}", kind, False) for name, kind in domain.ONE.items()]
        found = [
            (name, attribute, there, kind)
            for name, model, there in entities
            for attribute, kind in ATTRIBUTES[model].items()
            if kind == of or (of == "str" and kind == "key")
        ]
        if not found:
            return ""
        local = [one for one in found if not one[0].startswith("self.")]
        name, attribute, there, kind = self.random.choice(local if local and self.chance(0.7) else found)
        read = f"{name}.{attribute}"
        if self.chance(RAW):
            return read
        default = self.random.choice(LITERALS[of])
        if not there:
            if kind == "key" or self.chance(0.3):
                return f"({read} if {name} else {default})"
            return f"({read} if {name} is not None and {read} is not None else {default})"
        if kind == "key":
            return read
        if of in ("int", "float", "str", "decimal") and self.chance(0.6):
            return f"({read} or {default})"
        if of.startswith(("list", "dict")):
            return f"({read} or {'[]' if of.startswith('list') else '{}'})"
        return f"({read} if {read} is not None else {default})"

    # ------------------------------------------------------------ truth

    def condition(self, depth: int) -> str:
        """Return a truth value."""
        if depth <= 0:
            return self.leaf("bool")
        match self.pick(
            (5, "compare"),
            (2, "both"),
            (1, "not"),
            (2, "in"),
            (2, "all"),
            (2, "leaf"),
            (2, "text"),
            (1, "none"),
            (1, "truth"),
            (1, "chain"),
            (1, "kind"),
        ):
            case "compare":
                of = self.random.choice(domain.ORDERED)
                sign = self.random.choice(("<", "<=", ">", ">=", "==", "!="))
                return f"({self.write(of, depth - 1)} {sign} {self.write(of, depth - 1)})"
            case "both":
                return f"({self.condition(depth - 1)} {self.random.choice(('and', 'or'))} {self.condition(depth - 1)})"
            case "not":
                return f"(not {self.condition(depth - 1)})"
            case "in":
                return self.membership(depth)
            case "all":
                word = self.random.choice(("any", "all"))
                return f"{word}({self.comprehension('bool', depth)})"
            case "text":
                method = self.random.choice(("startswith", "endswith"))
                if self.chance(0.3):
                    return f"{self.write('str', depth - 1)}.{self.random.choice(('isdecimal', 'isalpha', 'isupper', 'isspace'))}()"
                return f"{self.write('str', depth - 1)}.{method}({self.random.choice(LITERALS['str'])})"
            case "none":
                read = self.raw()
                return f"({read} {self.random.choice(('is None', 'is not None'))})" if read else self.leaf("bool")
            case "truth":
                of = self.random.choice(("int", "str", "float", "list[str]", "list[int]", "dict[int]"))
                return f"bool({self.write(of, depth - 1)})"
            case "chain":
                of = self.random.choice(("int", "date", "str"))
                one, two, three = (self.write(of, depth - 1) for _ in range(3))
                return f"({one} {self.random.choice(('<', '<='))} {two} {self.random.choice(('<', '<='))} {three})"
            case "kind":
                member = self.random.choice(LITERALS["kind"])
                return f"({self.write('kind', depth - 1)} {self.random.choice(('==', '!=', 'is'))} {member})"
        return self.leaf("bool")

    def raw(self) -> str:
        """Return an attribute that may be None, as it is."""
        entities = [(name, kind) for name, kind in self.scope if kind in ATTRIBUTES]
        if self.store:
            entities.append(("self.store.shop", "shop"))
            if self.chance(0.2):
                return f"self.store.{self.random.choice(tuple(domain.ONE))}"
        if not entities:
            return ""
        name, kind = self.random.choice(entities)
        return f"{name}.{self.random.choice(tuple(ATTRIBUTES[kind]))}"

    def membership(self, depth: int) -> str:
        """Return an `in`."""
        sign = self.random.choice(("in", "in", "not in"))
        match self.pick((2, "display"), (2, "list"), (1, "dict"), (1, "text"), (1, "many"), (1, "set")):
            case "display":
                of = self.random.choice(("int", "str"))
                options = ", ".join(self.random.sample(LITERALS[of], 2))
                return f"({self.write(of, depth - 1)} {sign} ({options}))"
            case "list":
                of = self.random.choice(("int", "str"))
                return f"({self.write(of, depth - 1)} {sign} {self.write(f'list[{of}]', depth - 1)})"
            case "dict":
                return f"({self.write('str', depth - 1)} {sign} {self.write('dict[int]', depth - 1)})"
            case "text":
                return f"({self.write('str', depth - 1)} {sign} {self.write('str', depth - 1)})"
            case "set":
                return f"({self.write('str', depth - 1)} {sign} {self.write('set[str]', depth - 1)})"
        if not self.store:
            return self.leaf("bool")
        return f"({self.write('str', depth - 1)} {sign} self.store.{self.random.choice(tuple(domain.MANY))})"

    # ------------------------------------------------------------ numbers

    def int(self, depth: int) -> str:
        """Return a whole number."""
        match self.pick(
            (4, "leaf"),
            (4, "add"),
            (1, "mul"),
            (2, "div"),
            (3, "len"),
            (3, "sum"),
            (2, "least"),
            (1, "abs"),
            (1, "text"),
            (2, "item"),
            (1, "date"),
            (1, "next"),
            (1, "count"),
            (1, "round"),
            (1, "bool"),
            (1, "days"),
        ):
            case "add":
                return (
                    f"({self.int(depth - 1)} {self.random.choice('+-')} {self.int(depth - 1)})"
                    if depth > 1
                    else self.leaf("int")
                )
            case "mul":
                return f"({self.write('int', depth - 1)} * {self.random.choice(('2', '3', '-1', '0'))})"
            case "div":
                divisor = (
                    self.write("int", depth - 1) if self.chance(0.3) else self.random.choice(("2", "3", "-4", "7"))
                )
                return f"({self.write('int', depth - 1)} {self.random.choice(('//', '%'))} {divisor})"
            case "len":
                of = self.random.choice(("list[str]", "list[int]", "set[str]", "dict[int]", "str", "many"))
                if of == "many":
                    return (
                        f"len(self.store.{self.random.choice(tuple(domain.MANY))})" if self.store else self.leaf("int")
                    )
                return f"len({self.write(of, depth - 1)})"
            case "sum":
                return f"sum({self.comprehension('int', depth)})"
            case "least":
                word = self.random.choice(("min", "max"))
                if self.chance(0.4):
                    return f"{word}({self.write('int', depth - 1)}, {self.write('int', depth - 1)})"
                return f"{word}({self.argument('int', depth)}, default={self.write('int', depth - 1)})"
            case "abs":
                return f"abs({self.write('int', depth - 1)})"
            case "text":
                text = self.write("str", depth - 1)
                if self.chance(0.4):
                    return f"int({text})"
                return f"{text}.{self.random.choice(('find', 'count'))}({self.random.choice(LITERALS['str'][1:4])})"
            case "item":
                if self.chance(0.6):
                    return f"{self.write('dict[int]', depth - 1)}.get({self.write('str', depth - 1)}, {self.write('int', depth - 1)})"
                if self.chance(0.4):
                    return f"{self.write('dict[int]', depth - 1)}[{self.write('str', depth - 1)}]"
                return f"{self.write('list[int]', depth - 1)}[{self.random.choice(('0', '-1', '1'))}]"
            case "date":
                part = self.random.choice(("year", "month", "day"))
                return f"{self.write(self.random.choice(('date', 'datetime')), depth - 1)}.{part}"
            case "next":
                return f"next({self.comprehension('int', depth, brackets=True)}, {self.write('int', depth - 1)})"
            case "count":
                return f"sum(1 {self.clauses(depth)[0]})"
            case "round":
                word = self.random.choice(("round", "int", "math.floor", "math.ceil"))
                return f"{word}({self.write('float', depth - 1)})"
            case "bool":
                return f"int({self.condition(depth - 1)})"
            case "days":
                return f"({self.write('date', depth - 1)} - {self.write('date', depth - 1)}).days"
        return self.leaf("int")

    def float(self, depth: int) -> str:
        """Return a float."""
        match self.pick(
            (3, "leaf"),
            (3, "add"),
            (1, "mul"),
            (2, "div"),
            (1, "int"),
            (1, "least"),
            (1, "round"),
            (1, "sum"),
            (1, "fsum"),
        ):
            case "add":
                return f"({self.write('float', depth - 1)} {self.random.choice('+-')} {self.write(self.random.choice(('float', 'int')), depth - 1)})"
            case "mul":
                return f"({self.write('float', depth - 1)} * {self.write('float', depth - 1)})"
            case "div":
                of = self.random.choice(("int", "float"))
                divisor = self.write(of, depth - 1) if self.chance(0.4) else self.random.choice(("2", "4", "0.5"))
                return f"({self.write(of, depth - 1)} / {divisor})"
            case "int":
                return f"float({self.write('int', depth - 1)})"
            case "least":
                return f"{self.random.choice(('min', 'max'))}({self.argument('float', depth)}, default=0.0)"
            case "round":
                return f"round({self.write('float', depth - 1)}, {self.random.choice('012')})"
            case "sum":
                return f"sum({self.comprehension('float', depth)})"
            case "fsum":
                return f"math.fsum({self.comprehension('float', depth)})"
        return self.leaf("float")

    def decimal(self, depth: int) -> str:
        """Return a Decimal."""
        match self.pick((3, "leaf"), (3, "add"), (1, "mul"), (1, "least"), (2, "sum"), (1, "quantize"), (1, "abs")):
            case "add":
                return f"({self.write('decimal', depth - 1)} {self.random.choice('+-')} {self.write('decimal', depth - 1)})"
            case "mul":
                return f"({self.write('decimal', depth - 1)} * {self.random.choice(('2', 'Decimal(' + repr('0.5') + ')'))})"
            case "least":
                return f"{self.random.choice(('min', 'max'))}({self.argument('decimal', depth)}, default=Decimal(0))"
            case "sum":
                return f"sum({self.comprehension('decimal', depth, brackets=True)}, Decimal(0))"
            case "quantize":
                return f"{self.write('decimal', depth - 1)}.quantize(Decimal('0.01'))"
            case "abs":
                return f"abs({self.write('decimal', depth - 1)})"
        return self.leaf("decimal")

    # ------------------------------------------------------------ texts and times

    def str(self, depth: int) -> str:
        """Return a text."""
        match self.pick(
            (4, "leaf"),
            (3, "format"),
            (2, "add"),
            (2, "case"),
            (2, "join"),
            (1, "slice"),
            (1, "replace"),
            (1, "split"),
            (1, "of"),
            (1, "least"),
            (1, "item"),
            (1, "next"),
            (1, "time"),
            (1, "mul"),
            (1, "kind"),
            (1, "spec"),
        ):
            case "format":
                parts = "".join(
                    self.random.choice(("", " ", "-", ": "))
                    + "{"
                    + self.inner(self.random.choice(("str", "int", "str", "bool")), depth - 1)
                    + "}"
                    for _ in range(self.random.choice((1, 2)))
                )
                return f'f"{parts}"'
            case "spec":
                kind, spec = self.random.choice((("int", "05d"), ("float", ".2f"), ("decimal", ".2f"), ("str", ">6"), ("int", ","), ("date", "%d.%m.%Y"), ("int", "+d")))  # fmt: skip
                return f'f"{{{self.inner(kind, depth - 1)}:{spec}}}"'
            case "add":
                return f"({self.write('str', depth - 1)} + {self.write('str', depth - 1)})"
            case "case":
                method = self.random.choice(("upper", "lower", "strip", "title", "capitalize", "lstrip", "swapcase"))
                return f"{self.write('str', depth - 1)}.{method}()"
            case "join":
                return f"{self.random.choice(SEPARATORS)}.join({self.argument('str', depth)})"
            case "slice":
                cut = self.random.choice(("[:2]", "[1:]", "[-2:]", "[:-1]", "[0]", "[-1]", "[::-1]", "[1:3]"))
                return f"{self.write('str', depth - 1)}{cut}"
            case "replace":
                return f"{self.write('str', depth - 1)}.replace({self.random.choice(LITERALS['str'][1:4])}, {self.leaf('str')})"
            case "split":
                if self.chance(0.5):
                    return f"{self.write('str', depth - 1)}.split({self.random.choice(SEPARATORS)})[{self.random.choice(('0', '-1', '1'))}]"
                return f"{self.write('str', depth - 1)}.partition({self.random.choice(SEPARATORS)})[{self.random.choice('012')}]"
            case "of":
                return f"str({self.write(self.random.choice(('int', 'bool', 'float', 'date', 'decimal', 'str')), depth - 1)})"
            case "least":
                return (
                    f"{self.random.choice(('min', 'max'))}({self.argument('str', depth)}, default={self.leaf('str')})"
                )
            case "item":
                if self.chance(0.7):
                    return (
                        f"{self.write('dict[str]', depth - 1)}.get({self.write('str', depth - 1)}, {self.leaf('str')})"
                    )
                return f"{self.write('list[str]', depth - 1)}[{self.random.choice(('0', '-1', '1'))}]"
            case "next":
                return f"next({self.comprehension('str', depth, brackets=True)}, {self.leaf('str')})"
            case "time":
                if self.chance(0.5):
                    return f"{self.write('date', depth - 1)}.isoformat()"
                return (
                    f"{self.write('datetime', depth - 1)}.strftime({self.random.choice(('%Y-%m', '%H:%M', '%d %B'))!r})"
                )
            case "mul":
                return f"({self.leaf('str')} * {self.random.choice('023')})"
            case "kind":
                return f"{self.write('kind', depth - 1)}.{self.random.choice(('value', 'name'))}"
        return self.leaf("str")

    def inner(self, of: str, depth: int) -> str:
        """Return an expression that can stand in an f-string of double quotes."""
        for _ in range(5):
            text = self.write(of, depth)
            if '"' not in text and not text.startswith("{") and "\\" not in text and "f'" not in text:
                return text
        return (
            "LIMIT"
            if of == "int"
            else "self.store.shop.doc_id"
            if self.store and of == "str"
            else f"'{of}'"
            if of == "str"
            else "LIMIT"
        )

    def date(self, depth: int) -> str:
        """Return a date."""
        match self.pick((3, "leaf"), (1, "of"), (2, "add"), (1, "least"), (1, "replace")):
            case "of":
                return f"{self.write('datetime', depth - 1)}.date()"
            case "add":
                return f"({self.write('date', depth - 1)} {self.random.choice('+-')} timedelta(days={self.random.choice('0137')}))"
            case "least":
                return (
                    f"{self.random.choice(('min', 'max'))}({self.argument('date', depth)}, default={self.leaf('date')})"
                )
            case "replace":
                return f"{self.write('date', depth - 1)}.replace(day=1)"
        return self.leaf("date")

    def datetime(self, depth: int) -> str:
        """Return an aware moment."""
        match self.pick((3, "leaf"), (1, "add"), (1, "least")):
            case "add":
                return (
                    f"({self.write('datetime', depth - 1)} {self.random.choice('+-')} {self.write('delta', depth - 1)})"
                )
            case "least":
                return f"{self.random.choice(('min', 'max'))}({self.argument('datetime', depth)}, default={self.leaf('datetime')})"
        return self.leaf("datetime")

    def delta(self, depth: int) -> str:
        """Return a span of time."""
        match self.pick((3, "leaf"), (1, "add"), (1, "minus"), (1, "sum")):
            case "add":
                return f"({self.write('delta', depth - 1)} {self.random.choice('+-')} {self.write('delta', depth - 1)})"
            case "minus":
                return f"({self.write('datetime', depth - 1)} - {self.write('datetime', depth - 1)})"
            case "sum":
                return f"sum({self.comprehension('delta', depth, brackets=True)}, timedelta(0))"
        return self.leaf("delta")

    # ------------------------------------------------------------ collections

    def list(self, of: str, depth: int) -> str:
        """Return a list."""
        whole = f"list[{of}]"
        match self.pick(
            (5, "comprehension"),
            (3, "sorted"),
            (1, "display"),
            (1, "add"),
            (1, "slice"),
            (2, "leaf"),
            (1, "values"),
            (1, "split"),
            (1, "reversed"),
            (1, "map"),
            (1, "entities"),
        ):
            case "comprehension":
                return f"[{self.comprehension(of, depth)}]"
            case "sorted" if of in domain.ORDERED:
                return self.ordered(of, depth)
            case "display":
                return f"[{', '.join(self.write(of, depth - 1) for _ in range(self.random.choice((1, 2, 3))))}]"
            case "add":
                return f"({self.write(whole, depth - 1)} + {self.write(whole, depth - 1)})"
            case "slice":
                return (
                    f"{self.write(whole, depth - 1)}{self.random.choice(('[:2]', '[1:]', '[-2:]', '[::-1]', '[:-1]'))}"
                )
            case "values" if of in ("int", "str"):
                return f"list({self.write(f'dict[{of}]', depth - 1)}.values())"
            case "split" if of == "str":
                return f"{self.write('str', depth - 1)}.split({self.random.choice((*SEPARATORS, ''))})"
            case "reversed":
                return f"list(reversed({self.write(whole, depth - 1)}))"
            case "map" if of in domain.SCALARS:
                name = self.fresh("m")
                kind, source = self.source(depth - 1)
                with self.bound((name, kind)):
                    body = self.write(of, depth - 1)
                return f"list(map(lambda {name}: {body}, {source}))"
            case "entities":
                name, (kind, source) = self.fresh("e"), self.entities(depth)
                if kind in ATTRIBUTES:
                    with self.bound((name, kind)):
                        return f"[{self.write(of, depth - 1)} for {name} in {source}]"
        return self.leaf(whole) if self.chance(0.4) else f"[{self.comprehension(of, max(depth, 1))}]"

    def ordered(self, of: str, depth: int) -> str:
        """Return a sorted list."""
        reverse = ", reverse=True" if self.chance(0.25) else ""
        if self.chance(0.6):
            word = "set" if of in ("int", "str") and self.chance(0.3) else "list"
            return f"sorted({self.write(f'{word}[{of}]', depth - 1)}{reverse})"
        name = self.fresh("k")
        with self.bound((name, of)):
            key = self.write(self.random.choice(("int", "str", "tuple[int;str]")), depth - 2)
        return f"sorted({self.write(f'list[{of}]', depth - 1)}, key=lambda {name}: {key}{reverse})"

    def entities(self, depth: int) -> tuple[str, str]:
        """Return entities in some order, maybe cut."""
        if not self.store:
            return self.source(depth)
        name, kind = self.random.choice(tuple(domain.MANY.items()))
        source = f"self.store.{name}.values()"
        variable = self.fresh("k")
        with self.bound((variable, kind)):
            of = self.random.choice(("int", "str", "tuple[int;str]", "tuple[date;int]", "decimal", "bool"))
            key = self.write(of, 0)
        reverse = ", reverse=True" if self.chance(0.25) else ""
        cut = self.random.choice(("", "", "[:2]", "[1:]", "[:1]", "[-1:]"))
        return kind, f"sorted({source}, key=lambda {variable}: {key}{reverse}){cut}"

    def set(self, of: str, depth: int) -> str:
        """Return a set."""
        whole = f"set[{of}]"
        match self.pick((3, "comprehension"), (2, "of"), (1, "operator"), (1, "display")):
            case "of":
                return f"set({self.write(f'list[{of}]', depth - 1)})"
            case "operator" if depth > 1:
                return f"({self.write(whole, depth - 1)} {self.random.choice('|&-')} {self.write(whole, depth - 1)})"
            case "display":
                return "{" + ", ".join(self.write(of, depth - 1) for _ in range(self.random.choice((1, 2)))) + "}"
        return "{" + self.comprehension(of, max(depth, 1)) + "}"

    def dict(self, of: str, depth: int) -> str:
        """Return a dict with texts for keys."""
        match self.pick((4, "comprehension"), (1, "display"), (2, "leaf"), (1, "union"), (1, "counter")):
            case "display":
                return "{" + ", ".join(f"{key}: {self.write(of, depth - 1)}" for key in ('"a"', '"b"')) + "}"
            case "union" if depth > 1:
                return f"{{**{self.write(f'dict[{of}]', depth - 1)}, **{self.write(f'dict[{of}]', depth - 1)}}}"
            case "counter" if of == "int":
                return f"Counter({self.argument('str', depth)})"
            case "leaf" if of in ("int", "str"):
                return self.leaf(f"dict[{of}]")
        clauses, bound = self.clauses(depth)
        with self.bound(*bound):
            key, value = self.write("str", depth - 2), self.write(of, depth - 1)
        return "{" + f"{key}: {value} {clauses}" + "}"

    def argument(self, of: str, depth: int) -> str:
        """Return what an aggregate goes over, so that more may follow: in brackets."""
        return (
            self.comprehension(of, depth, brackets=True) if self.chance(0.8) else self.write(f"list[{of}]", depth - 1)
        )

    def comprehension(self, of: str, depth: int, *, brackets: bool = False) -> str:
        """Return the inside of a comprehension with elements of that type."""
        clauses, bound = self.clauses(depth)
        with self.bound(*bound):
            text = f"{self.write(of, depth - 1)} {clauses}"
        return f"({text})" if brackets else text

    def clauses(self, depth: int) -> tuple[str, list[tuple[str, str]]]:
        """Return `for … in …` with conditions, and what they bind."""
        parts: list[str] = []
        bound: list[tuple[str, str]] = []
        for number in range(self.random.choice((1, 1, 1, 2))):
            with self.bound(*bound):
                target, names, source = self.loop(depth - 1 - number)
            parts.append(f"for {target} in {source}")
            bound += names
            if self.chance(0.45):
                with self.bound(*bound):
                    parts.append(f"if {self.condition(min(depth - 1, 2))}")
        return " ".join(parts), bound

    def loop(self, depth: int) -> tuple[str, list[tuple[str, str]], str]:
        """Return a loop's target, the names that it binds, and what it goes over."""
        name, other = self.fresh("x"), self.fresh("i")
        match self.pick((8, "plain"), (2, "items"), (1, "enumerate"), (1, "zip"), (1, "range"), (1, "keys")):
            case "items" if self.store:
                many = self.random.choice(tuple(domain.MANY))
                return f"{other}, {name}", [(other, "key"), (name, domain.MANY[many])], f"self.store.{many}.items()"
            case "items":
                return f"{other}, {name}", [(other, "str"), (name, "int")], f"{self.write('dict[int]', depth)}.items()"
            case "enumerate":
                kind, source = self.source(depth)
                return f"{other}, {name}", [(other, "int"), (name, kind)], f"enumerate({source})"
            case "zip":
                one, two = self.source(depth), self.source(depth)
                return f"{other}, {name}", [(other, one[0]), (name, two[0])], f"zip({one[1]}, {two[1]})"
            case "range":
                return name, [(name, "int")], f"range({self.random.choice('123')})"
            case "keys" if self.store:
                return name, [(name, "key")], f"self.store.{self.random.choice(tuple(domain.MANY))}"
        kind, source = self.source(depth)
        return name, [(name, kind)], source

    def source(self, depth: int) -> tuple[str, str]:
        """Return the type of the elements of something, and it."""
        match self.pick((6, "many"), (3, "list"), (1, "sorted"), (1, "reversed"), (1, "set"), (1, "values")):
            case "many" if self.store:
                many = self.random.choice(tuple(domain.MANY))
                return domain.MANY[many], f"self.store.{many}.values()"
            case "sorted" if self.store and depth > 0:
                return self.entities(depth)
            case "reversed" if self.store:
                many = self.random.choice(tuple(domain.MANY))
                return domain.MANY[many], f"reversed(list(self.store.{many}.values()))"
            case "set" if depth > 0:
                return "str", f"sorted({self.write('set[str]', depth - 1)})"
            case "values":
                return "int", f"{self.write('dict[int]', depth - 1)}.values()"
        of = self.random.choice(("str", "int"))
        return of, self.write(f"list[{of}]", min(depth, 2))
