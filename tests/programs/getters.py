# ruff: noqa: E501
"""Writes random getters, helpers and whole apps; the same seed gives the same text.

program(7, getters=6)  →  "from __future__ import annotations … class Page(ViewModel): … @attrs.getter …"
"""

from __future__ import annotations

import textwrap
from random import Random

from tests.programs import domain, expressions

Lines = list[str]

HELPERS = (
    ("clamp", ("int",), "int"), ("clamp", ("int", "int"), "int"), ("initials", ("str",), "str"),
    ("total", ("list[int]",), "int"), ("grade", ("int",), "str"), ("half", ("int",), "float"),
)  # fmt: skip
RESULTS = (
    (8, "int"), (5, "str"), (4, "bool"), (3, "float"), (3, "decimal"), (2, "date"), (1, "datetime"), (1, "delta"),
    (5, "list[str]"), (4, "list[int]"), (1, "list[float]"), (1, "list[bool]"), (1, "list[decimal]"), (1, "list[date]"),
    (3, "dict[int]"), (2, "dict[str]"), (1, "dict[bool]"), (2, "set[str]"), (2, "set[int]"), (1, "list[list[str]]"),
    (1, "list[list[int]]"), (1, "dict[list[str]]"), (1, "dict[list[int]]"), (2, "records"), (1, "kind"),
)  # fmt: skip
ERRORS = ("ZeroDivisionError", "TypeError", "KeyError", "IndexError", "ValueError", "AttributeError", "Exception",
          "(KeyError, TypeError)")  # fmt: skip


def program(seed: int, getters: int = 6, depth: int = 3) -> str:
    """Return the text of an app of one view."""
    random = Random(seed)
    functions: list[tuple[str, tuple[str, ...], str]] = list(HELPERS)
    parts = [domain.HEADER]
    for number in range(random.choice((0, 1, 2))):
        parts.append(_helper(random, number, functions, depth))
    body = [domain.VIEW.rstrip()]
    done: list[tuple[str, str]] = []
    for number in range(getters):
        of = random.choices([one for _, one in RESULTS], [weight for weight, _ in RESULTS])[0]
        name = f"g{number}"
        body.append(textwrap.indent(_getter(random, name, of, done, functions, depth), "    "))
        if of != "records":
            done.append((name, of))
    return "\n\n".join(("\n\n".join(parts), "\n\n".join(body))) + "\n"


def _getter(
    random: Random,
    name: str,
    of: str,
    done: list[tuple[str, str]],
    functions: list[tuple[str, tuple[str, ...], str]],
    depth: int,
) -> str:
    writer = Body(expressions.Writer(random, getters=list(done), functions=list(functions)), depth)
    annotation = domain.ANNOTATIONS.get(of)
    arrow = (
        f" -> {annotation}{' | None' if random.random() < 0.2 else ''}" if annotation and random.random() < 0.85 else ""
    )
    lines = [f"def {name}(self){arrow}:", *_indented(writer.function(of))]
    return "\n".join(["@attrs.getter", *lines])


def _helper(random: Random, number: int, functions: list[tuple[str, tuple[str, ...], str]], depth: int) -> str:
    name = f"helper{number}"
    of = random.choice(("int", "str", "bool", "list[str]", "list[int]", "float"))
    params = tuple(
        random.choice(("int", "str", "list[int]", "dict[int]", "date")) for _ in range(random.choice((1, 2)))
    )
    names = [(f"p{at}", kind) for at, kind in enumerate(params)]
    inner = expressions.Writer(random, scope=list(names), functions=list(functions), store=False)
    head = ", ".join(f"{one}: {domain.ANNOTATIONS[kind]}" for one, kind in names)
    body = _indented(Body(inner, depth - 1).function(of))
    functions.append((name, params, of))
    return "\n".join([f"def {name}({head}) -> {domain.ANNOTATIONS[of]}:", *body])


def _indented(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


class Body:
    """Writes the statements of one function."""

    def __init__(self, writer: expressions.Writer, depth: int) -> None:
        """Write with that writer's names."""
        self.writer = writer
        self.depth = depth

    def function(self, of: str) -> Lines:
        """Return a body that returns that type on every path, or None."""
        if of == "records":
            return self._records()
        if self.writer.chance(0.35):
            return [f"return {self.writer.write(of, self.depth)}"]
        return self._block(of, self.depth)

    def _block(self, of: str, depth: int) -> Lines:
        """Return statements of which the last returns."""
        lines: Lines = []
        size = len(self.writer.scope)
        for _ in range(self.writer.random.choice((0, 1, 1, 2, 3))):
            lines += self._statement(of, depth)
        match self.writer.pick((5, "return"), (2, "if"), (2, "fold"), (1, "search"), (1, "match")):
            case "if" if depth > 1:
                lines += [f"if {self.writer.condition(2)}:", *_indented(self._block(of, depth - 1))]
                if self.writer.chance(0.5):
                    lines += ["else:", *_indented(self._block(of, depth - 1))]
                else:
                    lines += [f"return {self._result(of, depth)}"]
            case "fold" if of in ("int", "str", "decimal", "bool") or of.startswith(("list[", "dict[", "set[")):
                lines += self._fold(of, depth)
            case "search":
                lines += self._search(of, depth)
            case "match":
                lines += self._match(of, depth)
            case _:
                lines.append(f"return {self._result(of, depth)}")
        del self.writer.scope[size:]
        return lines

    def _result(self, of: str, depth: int) -> str:
        if self.writer.chance(0.05):
            return "None"
        names = [name for name, kind in self.writer.scope if kind == of]
        return (
            self.writer.random.choice(names) if names and self.writer.chance(0.6) else self.writer.write(of, depth - 1)
        )

    def _statement(self, of: str, depth: int) -> Lines:
        """Return a statement that falls through."""
        writer = self.writer
        match writer.pick(
            (4, "assign"),
            (2, "augment"),
            (2, "if"),
            (1, "guard"),
            (2, "try"),
            (1, "while"),
            (2, "loop"),
            (1, "unpack"),
            (1, "walrus"),
        ):
            case "augment" if numbers := self._variables("int"):
                return [
                    f"{writer.random.choice(numbers)} {writer.random.choice(('+=', '-='))} {writer.write('int', 1)}"
                ]
            case "if" if (names := self._variables("int", "str", "bool")) and depth > 1:
                name = writer.random.choice(names)
                kind = dict(writer.scope)[name]
                lines = [f"if {writer.condition(2)}:", f"    {name} = {writer.write(kind, 1)}"]
                if writer.chance(0.4):
                    lines += [f"elif {writer.condition(1)}:", f"    {name} = {writer.write(kind, 1)}"]
                if writer.chance(0.4):
                    lines += ["else:", f"    {name} = {writer.write(kind, 1)}"]
                return lines
            case "guard":
                return [f"if {writer.condition(2)}:", f"    return {self._result(of, depth)}"]
            case "try":
                kind = writer.random.choice(("int", "str", "float", "bool"))
                name, default = writer.fresh(), writer.write(kind, 0)
                lines = ["try:", f"    {name} = {writer.write(kind, 2)}",
                         f"except {writer.random.choice(ERRORS)}:", f"    {name} = {default}"]  # fmt: skip
                writer.scope.append((name, kind))
                return lines
            case "while":
                number, steps = writer.fresh("n"), writer.fresh("n")
                lines = [f"{number} = {writer.write('int', 1)}", f"{steps} = 0",
                         f"while {number} > 1 and {steps} < {writer.random.choice('235')}:",
                         f"    {number} //= 2", f"    {steps} += 1"]  # fmt: skip
                writer.scope += [(number, "int"), (steps, "int")]
                return lines
            case "loop":
                kind = writer.random.choice(("int", "list[str]", "dict[int]", "bool", "str", "set[str]"))
                *lines, _ = self._fold(kind, depth, keep=True)
                return lines
            case "unpack":
                one, two = writer.fresh(), writer.fresh()
                kinds = writer.random.choices(("int", "str", "list[int]"), k=2)
                lines = [f"{one}, {two} = {writer.write(kinds[0], 1)}, {writer.write(kinds[1], 1)}"]
                writer.scope += [(one, kinds[0]), (two, kinds[1])]
                return lines
            case "walrus":
                name = writer.fresh("w")
                lines = [f"if ({name} := {writer.write('int', 1)}) > {writer.random.choice('012')}:",
                         f"    {name} -= {writer.write('int', 0)}"]  # fmt: skip
                writer.scope.append((name, "int"))
                return lines
        kind = writer.random.choice(("int", "str", "bool", "list[int]", "list[str]", "dict[int]", "float", "date", "decimal", "set[str]"))  # fmt: skip
        name = writer.fresh()
        line = f"{name} = {writer.write(kind, depth - 1)}"
        writer.scope.append((name, kind))
        return [line]

    def _variables(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.writer.scope if kind in kinds and name[0] in "vnw"]

    # ------------------------------------------------------------ loops

    def _fold(self, of: str, depth: int, *, keep: bool = False) -> Lines:
        """Return a loop that gathers, and the return of what it gathered."""
        writer = self.writer
        name = writer.fresh("v")
        start = {"int": "0", "str": '""', "decimal": "Decimal(0)", "bool": "False"}.get(of, "")
        if of.startswith("list["):
            start = "[]"
        elif of.startswith("dict["):
            start = writer.random.choice(("{}", f"defaultdict({'list' if 'list' in of else {'dict[int]': 'int', 'dict[str]': 'str', 'dict[bool]': 'bool'}.get(of, 'list')})"))  # fmt: skip
        elif of.startswith("set["):
            start = "set()"
        lines = [f"{name} = {start}", *self._for(lambda inside: self._step(name, of, inside), min(depth, 2))]
        if keep:
            writer.scope.append((name, of))
        if of == "int" and writer.chance(0.2):
            return [*lines, f"return {name} if {name} else {writer.write('int', 1)}"]
        return [*lines, f"return {name}"]

    def _for(self, inside: object, depth: int) -> Lines:
        writer = self.writer
        target, names, source = writer.loop(depth - 1)
        lines = [f"for {target} in {source}:"]
        with writer.bound(*names):
            body: Lines = []
            if writer.chance(0.3):
                body += [f"if {writer.condition(1)}:", f"    {writer.pick((4, 'continue'), (1, 'break'))}"]
            if writer.chance(0.3):
                kind, local = writer.random.choice(("int", "str", "bool")), writer.fresh("v")
                body.append(f"{local} = {writer.write(kind, depth)}")
                with writer.bound((local, kind)):
                    body += inside(depth)  # type: ignore[operator]  # a function of lines
            elif depth > 1 and writer.chance(0.25):
                body += self._for(inside, depth - 1)
            else:
                body += inside(depth)  # type: ignore[operator]  # as above
            if writer.chance(0.08):
                body += [f"if {writer.condition(1)}:", "    break"]
        return [*lines, *_indented(body)]

    def _step(self, name: str, of: str, depth: int) -> Lines:
        """Return what a loop does to its accumulator."""
        writer = self.writer
        lines: Lines
        if of == "int":
            match writer.pick((5, "add"), (2, "largest"), (1, "set"), (1, "minus")):
                case "largest":
                    value = writer.write("int", 1)
                    lines = [f"if {value} > {name}:", f"    {name} = {value}"]
                case "set":
                    lines = [f"{name} = {writer.write('int', 1)}"]
                case "minus":
                    lines = [f"{name} -= {writer.write('int', 1)}"]
                case _:
                    lines = [f"{name} += {writer.write('int', depth)}"]
        elif of == "decimal":
            lines = [f"{name} += {writer.write('decimal', 1)}"]
        elif of == "str":
            lines = [f"{name} {writer.random.choice(('+=', '+=', '='))} {writer.write('str', 1)}"]
        elif of == "bool":
            lines = [f"{name} = {writer.random.choice((f'{name} or ', ''))}{writer.condition(1)}"]
        elif of.startswith("list["):
            item = of[5:-1]
            lines = [f"{name}.append({writer.write(item, depth)})"]
            if writer.chance(0.15):
                lines = [f"{name} += {writer.write(of, 1)}"]
        elif of.startswith("set["):
            lines = [f"{name}.add({writer.write(of[4:-1], 1)})"]
        else:
            lines = self._grouping(name, of[5:-1])
        if writer.chance(0.35):
            lines = [f"if {writer.condition(2)}:", *_indented(lines)]
            if writer.chance(0.25):
                other = {"int": f"{name} -= 1", "str": f'{name} += "."'}.get(of)
                lines += ["else:", f"    {other}"] if other else []
        return lines

    def _grouping(self, name: str, item: str) -> Lines:
        writer = self.writer
        key = writer.write("str", 1)
        if item.startswith("list["):
            return [f"{name}.setdefault({key}, []).append({writer.write(item[5:-1], 1)})"]
        value = writer.write(item, 1)
        if item == "int" and writer.chance(0.7):
            return [f"{name}[{key}] = {name}.get({key}, 0) + {value}"]
        if writer.chance(0.2):
            return [f"if {key} not in {name}:", f"    {name}[{key}] = {value}"]
        return [f"{name}[{key}] = {value}"]

    def _search(self, of: str, depth: int) -> Lines:
        """Return a loop that returns from within."""
        writer = self.writer
        target, names, source = writer.loop(min(depth, 2) - 1)
        with writer.bound(*names):
            body = [f"if {writer.condition(2)}:", f"    return {writer.write(of, 1)}"]
            if writer.chance(0.2):
                body += [f"if {writer.condition(1)}:", f"    return {writer.write(of, 1)}"]
        return [f"for {target} in {source}:", *_indented(body), f"return {self._result(of, depth)}"]

    def _match(self, of: str, depth: int) -> Lines:
        """Return a match whose cases return."""
        writer = self.writer
        kind = writer.random.choice(("int", "str"))
        lines = [f"match {writer.write(kind, 1)}:"]
        for _ in range(writer.random.choice((1, 2))):
            options = [one for one in domain.LITERALS[kind] if one != "LIMIT"]
            pattern = " | ".join(writer.random.sample(options, writer.random.choice((1, 2))))
            lines += [f"    case {pattern}:", f"        return {writer.write(of, 1)}"]
        if writer.chance(0.5):
            name = writer.fresh("c")
            with writer.bound((name, kind)):
                lines += [f"    case {name} if {writer.condition(1)}:", f"        return {writer.write(of, 1)}"]
        return [*lines, f"return {self._result(of, depth)}"]

    def _records(self) -> Lines:
        """Return a list of dicts with literal keys."""
        writer = self.writer
        kinds = [writer.random.choice(("int", "str", "bool", "list[str]", "decimal", "date")) for _ in range(3)]
        clauses, bound = writer.clauses(2)
        with writer.bound(*bound):
            parts = [f'"{key}": {writer.write(kind, 2)}' for key, kind in zip("abc", kinds, strict=True)]
        return ["return [", f"    {{{', '.join(parts)}}}", f"    {clauses}", "]"]
