"""Random modules that parse, and mean nothing: the compiler has findings or a bundle for each, never a traceback.

    module(Random(7))  →  a case, an app, a program or a module of the standard library, changed

What is put in comes from other modules, or is made from Python's own grammar: every kind of node that there is.
"""

from __future__ import annotations

import ast
import copy
import re
import sys
from functools import cache
from pathlib import Path
from random import Random

from tests.compiler import casefile
from tests.programs import getters

ROOT = Path(__file__).parents[2]
STANDARD = (
    "bisect", "calendar", "cmd", "colorsys", "configparser", "contextlib", "copy", "csv", "dataclasses", "enum",
    "fnmatch", "fractions", "functools", "graphlib", "heapq", "html", "json", "keyword", "numbers", "operator",
    "pprint", "queue", "random", "reprlib", "sched", "shlex", "statistics", "string", "textwrap", "types", "typing",
    "uuid",
)  # fmt: skip
NAMES = (
    "self", "store", "attrs", "Store", "ViewModel", "DomainModel", "reference", "relation", "nothing", "getter", "Meta",
    "collection_name", "shop", "staff", "items", "values", "get", "doc_id", "name", "x", "y", "len", "sorted", "sum",
    "min", "any", "int", "str", "list", "dict", "set", "date", "datetime", "timedelta", "Decimal", "Counter",
    "defaultdict", "super", "property", "staticmethod", "classmethod", "__init__", "__name__", "Page", "Shop", "Person",
    "append", "é",
)  # fmt: skip
CONSTANTS = (
    None, True, False, 0, 1, -1, 2, 10**30, 0.0, 1.5, 1e400, 2j, "", "a", "self", "{x}", "%s", "\\", "\n", "é😀",
    "\ud800", b"", b"a", ...,
)  # fmt: skip
ANCHORS = (ast.expr, ast.stmt)


def module(random: Random) -> str:
    """Return the text of a module."""
    for _ in range(50):
        tree = ast.parse(_base(random))
        for _ in range(random.choice((1, 1, 2, 3, 6))):
            _change(random, tree)
        if random.random() < 0.1:
            tree.body.append(_node(random, "stmt", 4))
        text = _text(tree)
        if text is not None:
            return text
    return ""


def _text(tree: ast.Module) -> str | None:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        text.encode()
        compile(text, "module", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, UnicodeError):
        return None
    return text


def _base(random: Random) -> str:
    match random.choice(("case", "case", "case", "program", "program", "app", "standard")):
        case "case":
            return random.choice(_cases())
        case "program":
            return getters.program(random.randrange(10**6), random.choice((1, 1, 2)), random.choice((2, 3)))
        case "app":
            return random.choice(_apps())
    return random.choice(_standard())


@cache
def _cases() -> tuple[str, ...]:
    paths = sorted((ROOT / "tests" / "compiler" / "cases").glob("*.case"))
    texts = (text for path in paths for one in casefile.read(path) for text in one.files.values())
    return tuple(one for one in texts if _parses(one))


@cache
def _apps() -> tuple[str, ...]:
    paths = sorted((*(ROOT / "examples").rglob("*.py"), *(ROOT / "tests" / "parity" / "apps").rglob("*.py")))
    return tuple(one.read_text(encoding="utf-8") for one in paths)


@cache
def _standard() -> tuple[str, ...]:
    folder = Path(ast.__file__).parent
    paths = (folder / f"{one}.py" for one in STANDARD)
    return tuple(one.read_text(encoding="utf-8") for one in paths if one.exists() and one.stat().st_size < 20_000)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


# ---------------------------------------------------------------- changes


def _change(random: Random, tree: ast.Module) -> None:
    """Exchange, double, leave out or rename something."""
    nodes = [one for one in ast.walk(tree) if any(True for _ in ast.iter_child_nodes(one))]
    if not nodes:
        return
    parent = random.choice(nodes)
    name, held = random.choice([*ast.iter_fields(parent)])
    match held:
        case ast.expr():
            setattr(parent, name, _instead(random, tree, held))
        case [ast.AST(), *_]:
            place = random.randrange(len(held))
            match random.choice(("out", "double", "swap", "instead", "instead")):
                case "out" if len(held) > 1:
                    del held[place]
                case "double":
                    held.insert(place, copy.deepcopy(random.choice(held)))
                case "swap":
                    other = random.randrange(len(held))
                    held[place], held[other] = held[other], held[place]
                case _ if isinstance(held[place], ANCHORS):
                    held[place] = _instead(random, tree, held[place])
        case str():
            setattr(parent, name, random.choice(NAMES))
        case ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            kinds = type(held).__mro__[1].__subclasses__()
            setattr(parent, name, random.choice(kinds)())


def _instead(random: Random, tree: ast.Module, held: ast.AST) -> ast.AST:
    kind = ast.expr if isinstance(held, ast.expr) else ast.stmt
    match random.choice(("near", "far", "made", "made", "around", "part")):
        case "near":
            return copy.deepcopy(random.choice([one for one in ast.walk(tree) if isinstance(one, kind)]))
        case "far":
            other = ast.parse(_base(random))
            return copy.deepcopy(random.choice([one for one in ast.walk(other) if isinstance(one, kind)] or [held]))
        case "part":
            return random.choice([one for one in ast.walk(held) if isinstance(one, kind)])
        case "around":
            made = _node(random, kind.__name__, 2)
            places = [
                (one, name)
                for one in ast.walk(made)
                for name, value in ast.iter_fields(one)
                if isinstance(value, ast.expr) and isinstance(held, ast.expr)
            ]
            if places:
                parent, name = random.choice(places)
                setattr(parent, name, held)
            return made
    return _node(random, kind.__name__, 3)


# ---------------------------------------------------------------- from the grammar

_FIELD = re.compile(r"(\w+)([*?]?) (\w+)")


def _node(random: Random, kind: str, depth: int) -> ast.AST:
    """Return a node of that kind of Python's grammar, with whatever it may hold."""
    match kind:
        case "identifier":
            return random.choice(NAMES)  # type: ignore[return-value]  # a field's value
        case "constant":
            return random.choice(CONSTANTS)  # type: ignore[return-value]  # as above
        case "int":
            return 0  # type: ignore[return-value]  # as above
        case "string":
            return None  # type: ignore[return-value]  # as above
        case "expr_context":
            return ast.Load()
    made = _kinds(kind)
    if depth <= 0 and kind == "expr":
        made = (ast.Name, ast.Constant, ast.Attribute) if depth > -3 else (ast.Name, ast.Constant)
    elif depth <= 0 and kind == "stmt":
        made = (ast.Pass, ast.Expr, ast.Return, ast.Assign)
    elif depth <= 0 and kind == "pattern":
        made = (ast.MatchAs, ast.MatchValue, ast.MatchSingleton)
    cls = random.choice(made)
    fields = {}
    for of, many, name in _FIELD.findall((cls.__doc__ or "").partition("(")[2]):
        if many == "?" and random.random() < 0.5:
            fields[name] = None
        elif many == "*":
            least = 1 if name in ("body", "targets", "names", "generators", "cases", "items", "handlers") else 0
            fields[name] = [_node(random, of, depth - 1) for _ in range(random.choice((least, 1, 2)))]
        else:
            fields[name] = _node(random, of, depth - 1)
    _repair(cls, fields)
    return cls(**fields)


@cache
def _kinds(kind: str) -> tuple[type[ast.AST], ...]:
    cls = getattr(ast, kind)
    under = tuple(one for one in cls.__subclasses__() if one.__module__ == "ast" and not issubclass(one, _OLD))
    return under or (cls,)


_OLD = tuple(
    getattr(ast, one)
    for one in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis")
    if sys.version_info < (3, 12) and hasattr(ast, one)
)


def _repair(cls: type[ast.AST], fields: dict[str, object]) -> None:
    """Make lists that have to be as long as each other so; the rest of what Python refuses is thrown away."""
    if cls is ast.Compare:
        fields["comparators"] = (list(fields["comparators"]) or [ast.Constant(0)])[:1]  # type: ignore[call-overload]
        fields["ops"] = (list(fields["ops"]) or [ast.Eq()])[:1]  # type: ignore[call-overload]  # lists of nodes
    elif cls is ast.Dict:
        fields["keys"] = [ast.Constant(str(at)) for at, _ in enumerate(fields["values"])]  # type: ignore[arg-type, var-annotated]
    elif cls is ast.BoolOp:
        fields["values"] = [*fields["values"], ast.Constant(1), ast.Name("x")][:3]  # type: ignore[misc]
    elif cls is ast.JoinedStr:
        fields["values"] = [one for one in fields["values"] if isinstance(one, ast.FormattedValue)]  # type: ignore[attr-defined]
    elif cls is ast.FormattedValue:
        fields["conversion"], fields["format_spec"] = -1, None
    elif cls is ast.arguments:
        fields["kw_defaults"] = [None for _ in fields["kwonlyargs"]]  # type: ignore[attr-defined]
        fields["defaults"] = []
    elif cls is ast.MatchClass:
        fields["kwd_patterns"] = fields["kwd_attrs"] = []
    elif cls is ast.MatchMapping:
        fields["keys"] = [ast.Constant(at) for at, _ in enumerate(fields["patterns"])]  # type: ignore[arg-type, var-annotated]
