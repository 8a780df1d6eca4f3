"""Text to facts: places, bodies, source slices, files; nothing is imported."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from compiler import facts, read, syntax
from compiler.diagnostics import Diagnostic, Log, Span


def module(folder: Path, text: str) -> facts.Module:
    """Return the facts of one file."""
    (folder / "app.py").write_text(textwrap.dedent(text), encoding="utf-8")
    log = Log()
    found = read.read("app", log, here=folder)
    assert log.found == []
    return found.modules["app"]


def function(folder: Path, body: str) -> syntax.Function:
    """Return a function with that body."""
    text = "def f(self):\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    [definition] = [one for one in module(folder, text).members if isinstance(one, facts.Definition)]
    return definition.function


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a.b.c", "a.b.c"),
        ("a[0]", "a[0]"),
        ("a[1:-1]", "a[1:(- 1):]"),
        ("a[1:, 2]", "a[1::, 2]"),
        ("f(1, *b, c=2, **d)", "f(1, *b, c=2, **d)"),
        ("1 + 2 * 3 // 4 % 5 ** 6", "(1 + (((2 * 3) // 4) % (5 ** 6)))"),
        ("a @ b & c | d ^ e << 1 >> 2", "(((a @ b) & c) | (d ^ ((e << 1) >> 2)))"),
        ("not a", "(not a)"),
        ("~a + -b - +c", "(((~ a) + (- b)) - (+ c))"),
        ("a and b and c", "(a and b and c)"),
        ("a and (b or c)", "(a and (b or c))"),
        ("a < b <= c", "(a < b <= c)"),
        ("a in b", "(a in b)"),
        ("a not in b", "(a not in b)"),
        ("a is not None", "(a is not None)"),
        ("a if b else c", "(a if b else c)"),
        ("lambda x, y: x", "(lambda x, y: x)"),
        ("(a,)", "(a,)"),
        ("[a, *b]", "[a, *b]"),
        ("{a, b}", "{a, b}"),
        ("{'a': 1, **b}", "{'a': 1, **b}"),
        ("[x for y in z if a if b for x in y]", "[x for y in z if a if b for x in y]"),
        ("{x for x in y}", "{x for x in y}"),
        ("{k: v for k, v in y.items()}", "{k: v for (k, v) in y.items()}"),
        ("(x for x in y)", "(x for x in y)"),
        ("(n := 1)", "(n := 1)"),
        ("True", "True"),
        ("0x_ff", "255"),
        ("1e3", "1000.0"),
        ("'a' 'b'", "'ab'"),
        (r"'\n'", r"'\n'"),
        ("b'x'", "b'x'"),
        ("f'{a}-{b!r:>10}-{c:{w}}'", "f\"{a}-{b!r:>10}-{c:f'{w}'}\""),
        ("'x' f'{a}' 'y'", "f'x{a}y'"),
        ("1j", "<complex number>"),
        ("lambda x=1, *y: x", "(lambda x=1, *y: x)"),
        ("f'{a=}'", "<f-string with `=`>"),
        ("...", "<ellipsis>"),
    ],
)
def test_expressions(tmp_path: Path, written: str, shown: str) -> None:
    [statement] = function(tmp_path, f"return {written}").body
    assert isinstance(statement, syntax.Return)
    assert syntax.show(statement.value) == shown


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("f'a{{b}}c'", "a{b}c"),
        (r"f'tab\there'", "tab\there"),
        (r"rf'tab\there'", r"tab\there"),
        ("f'''say \"hi\"'''", 'say "hi"'),
        (r"f'it\'s {{}}'", "it's {}"),
        (r"f'\N{BULLET}'", "•"),
        ("f'héllo 🍕'", "héllo 🍕"),
    ],
)
def test_the_text_of_an_f_string_is_what_python_makes_of_it(tmp_path: Path, written: str, text: str) -> None:
    [statement] = function(tmp_path, f"return {written}").body
    assert isinstance(statement, syntax.Return)
    assert statement.value == syntax.FString((text,))


def test_statements(tmp_path: Path) -> None:
    body = function(
        tmp_path,
        '''
        """Say what it does."""
        a = b = 1
        c: int = 2
        d: int
        a += 1
        if a: pass
        elif b:
            return
        else:
            "a text"
        for x in y:
            break
        else:
            continue_ = 1
        while a: continue
        assert a, "b"
        raise ValueError("x") from None
        f(x); g(y)
        ''',
    ).body
    one, two = syntax.Literal(1), syntax.Literal(2)
    a, b, c, x, y = (syntax.Name(name) for name in "abcxy")
    value_error = syntax.Call(syntax.Name("ValueError"), (syntax.Literal("x"),))
    assert body == (
        syntax.Assign(a, one),
        syntax.Assign(b, one),
        syntax.Assign(c, two),
        syntax.Pass(),
        syntax.AugAssign(a, "+", one),
        syntax.If(a, (syntax.Pass(),), (syntax.If(b, (syntax.Return(None),), (syntax.Pass(),)),)),
        syntax.For(x, y, (syntax.Break(),), (syntax.Assign(syntax.Name("continue_"), one),)),
        syntax.While(a, (syntax.Continue(),)),
        syntax.Assert(a, syntax.Literal("b")),
        syntax.Raise(value_error),
        syntax.ExprStmt(syntax.Call(syntax.Name("f"), (x,))),
        syntax.ExprStmt(syntax.Call(syntax.Name("g"), (y,))),
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("try:\n    pass\nexcept* ValueError:\n    pass", "except*"),
        ("with a: pass", "with statement"),
        ("@cache\ndef g(): pass", "nested function"),
        ("def g(): yield", "nested function"),
        ("class G: pass", "nested class"),
        ("del a[0]", "del statement"),
        ("import a", "import inside a function"),
        ("from a import b", "import inside a function"),
        ("global a", "global statement"),
        ("async def g(): pass", "nested function"),
    ],
)
def test_what_has_no_node_is_opaque_with_a_reason(tmp_path: Path, written: str, reason: str) -> None:
    assert function(tmp_path, written).body == (syntax.OpaqueStmt(reason),)


def test_what_python_tries_and_matches_has_nodes(tmp_path: Path) -> None:
    body = function(
        tmp_path,
        """
        try: a
        except (b, c) as error: d
        else: e
        finally: f
        match a:
            case 1 | None: b
            case [x, *_] if c: d
            case {"k": y, **z}: e
            case str() as t: f
            case _: g
        del inner
        """,
    ).body
    names = {one: syntax.Name(one) for one in "abcdefg"}

    def statement(name: str) -> tuple[syntax.Stmt, ...]:
        return (syntax.ExprStmt(names[name]),)

    handler = syntax.Handler(syntax.Tuple((names["b"], names["c"])), "error", statement("d"))
    values = syntax.OrPattern((syntax.ValuePattern(syntax.Literal(1)), syntax.ValuePattern(syntax.Literal(None))))
    sequence = syntax.SequencePattern((syntax.Capture(name="x"), syntax.Rest(None)))
    mapping = syntax.MappingPattern(((syntax.Literal("k"), syntax.Capture(name="y")),), syntax.Rest("z"))
    text = syntax.Capture(syntax.ClassPattern(syntax.Name("str"), (), ()), "t")
    assert body == (
        syntax.Try(statement("a"), (handler,), statement("e"), statement("f")),
        syntax.Match(
            names["a"],
            (
                syntax.Case(values, None, statement("b")),
                syntax.Case(sequence, names["c"], statement("d")),
                syntax.Case(mapping, None, statement("e")),
                syntax.Case(text, None, statement("f")),
                syntax.Case(syntax.Capture(), None, statement("g")),
            ),
        ),
        syntax.Delete("inner"),
    )


def test_parameters_say_how_they_are_passed(tmp_path: Path) -> None:
    [found] = module(tmp_path, "def f(a, /, b: int, *c, d='x', **e) -> str: ...\n").members
    assert isinstance(found, facts.Definition)
    assert found.function.params == (
        syntax.Parameter("a"),
        syntax.Parameter("b", syntax.Name("int")),
        syntax.Parameter("c", kind="args"),
        syntax.Parameter("d", default=syntax.Literal("x"), kind="keyword"),
        syntax.Parameter("e", kind="kwargs"),
    )
    assert found.function.returns == syntax.Name("str")


def test_generators_and_coroutines_are_marked_and_nested_ones_are_not(tmp_path: Path) -> None:
    text = """
    def plain():
        def inner(): yield 1
    def generator():
        if a: x = yield 1
    async def coroutine(): await x
    """
    found = [one.function for one in module(tmp_path, text).members if isinstance(one, facts.Definition)]
    assert [(one.name, one.is_generator, one.is_async) for one in found] == [
        ("plain", False, False),
        ("generator", True, False),
        ("coroutine", False, True),
    ]


def test_places_count_from_one_and_ends_are_exclusive(tmp_path: Path) -> None:
    [statement] = function(tmp_path, "return self.störe.x").body
    assert isinstance(statement, syntax.Return)
    value = statement.value
    assert isinstance(value, syntax.Attribute)
    assert value.span == Span("app.py", 2, 12, 2, 24)
    assert value.name_span == Span("app.py", 2, 23, 2, 24)


def test_a_source_slice_stands_at_the_margin_without_decorators_and_keeps_its_strings(tmp_path: Path) -> None:
    text = '''
    class A:
        # about f
        @decorated
        def f(self):
            """Doc

            more."""
      # a comment further out
            return """
        kept
    """

        def g(self):
            if x:
                # why

                return 1
    '''
    [found] = module(tmp_path, text).members
    assert isinstance(found, facts.Class)
    sources = [one.function.source for one in found.members if isinstance(one, facts.Definition)]
    assert sources[1] == "def g(self):\n    if x:\n        # why\n\n        return 1\n"
    assert sources[0].startswith('def f(self):\n    """Doc\n')
    assert sources[0].endswith('return """\n    kept\n"""\n')
    for source in sources:
        compile(source, "<slice>", "exec")


def test_annotations_in_strings_are_read(tmp_path: Path) -> None:
    members = module(
        tmp_path, "a: 'list[User] | None' = 1\nb: list['User']\nc: Literal['x']\nd: 'no expression'\n"
    ).members
    shown = [syntax.show(one.annotation) for one in members if isinstance(one, facts.Assignment)]
    assert shown == ["(list[User] | None)", "list[User]", "Literal['x']", "<annotation that is no expression>"]


def test_values_given_to_attributes_are_noticed_wherever_they_stand(tmp_path: Path) -> None:
    text = """
    class City:
        def rename(self, name: str):
            self.name = name
    try:
        x = City.new(name="a")
        x.size, x.other = 1, f()
    finally:
        with open(p):
            def g(city: City):
                city.size += 1
                unknown.size = None
    """
    shown = [
        (syntax.show(one.owner), one.attribute, syntax.show(one.value), syntax.show(one.annotation))
        for one in module(tmp_path, text).givens
    ]
    assert shown == [
        ("City", "name", "name", "str"),
        ("City", "name", "'a'", ""),
        ("City", "size", "1", ""),
        ("City", "other", "f()", ""),
        ("City", "size", "(city.size + 1)", ""),
        ("", "size", "None", ""),
    ]


def write(folder: Path, **files: str) -> None:
    """Write files; `__` in a name is a slash."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def paths(app: str, here: Path) -> list[tuple[str, str]]:
    """Return the modules of an app with their shown paths."""
    log = Log()
    found = read.read(app, log, here=here)
    assert log.found == []
    return [(one.name, one.path) for one in found.modules.values()]


def test_an_app_is_a_module_a_file_or_a_folder(tmp_path: Path) -> None:
    write(tmp_path, shop__init="", shop__views="import shop.models\n", shop__models="")
    (tmp_path / "shop" / "init.py").rename(tmp_path / "shop" / "__init__.py")
    package = [
        ("shop", "shop/__init__.py"),
        ("shop.models", "shop/models.py"),
        ("shop.views", "shop/views.py"),
    ]
    assert paths("shop", tmp_path) == package
    assert paths("./shop", tmp_path) == package
    (tmp_path / "elsewhere").mkdir()
    assert paths(str(tmp_path / "shop"), tmp_path / "elsewhere") == package
    assert paths(".", tmp_path / "shop") == [(name, path.removeprefix("shop/")) for name, path in package]
    assert paths("shop.views", tmp_path) == [package[2], package[1]]
    assert paths("shop/views.py", tmp_path) == [package[2], package[1]]
    assert paths("views", tmp_path / "shop")[0] == ("views", "views.py")


def test_a_folder_without_init_and_a_src_layout_are_found(tmp_path: Path) -> None:
    write(tmp_path, examples__shop__views="from examples.shop.models import A\n", examples__shop__models="A = 1\n")
    expected = [("examples.shop.models", "examples/shop/models.py"), ("examples.shop.views", "examples/shop/views.py")]
    assert paths("examples.shop", tmp_path) == expected
    assert paths("examples/shop", tmp_path) == expected
    write(tmp_path, src__app__views="from app import models\n", src__app__models="")
    (tmp_path / "src" / "app" / "__init__.py").touch()
    expected = [("app", "src/app/__init__.py"), ("app.models", "src/app/models.py"), ("app.views", "src/app/views.py")]
    assert paths("app", tmp_path) == expected
    assert paths("src/app", tmp_path) == expected


def test_tests_and_hidden_folders_are_not_part_of_a_package(tmp_path: Path) -> None:
    write(tmp_path, a__views="", a__test_views="x", a__tests__more="x", a__conftest="x")
    write(tmp_path / "a" / ".venv", lib="x")
    assert paths("a", tmp_path) == [("a.views", "a/views.py")]


def test_relative_imports_and_imports_in_functions_are_followed(tmp_path: Path) -> None:
    write(
        tmp_path,
        a__b__views="from ..models import A\nfrom . import near\ndef f():\n    from a import late\n",
        a__b__near="",
        a__models="A = 1\n",
        a__late="",
        a__unused="",
    )
    for folder in ("a", "a/b"):
        (tmp_path / folder / "__init__.py").touch()
    assert [name for name, _ in paths("a.b.views", tmp_path)] == [
        "a.b.views",
        "a.models",
        "a.b",
        "a.b.near",
        "a",
        "a.late",
    ]


def errors(app: str, here: Path) -> list[Diagnostic]:
    """Return what reading an app finds."""
    log = Log()
    read.read(app, log, here=here)
    return log.found


def test_what_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").touch()
    assert [one.code for app in ("nowhere", "empty", "notes.txt", "a/b.py", "") for one in errors(app, tmp_path)] == [
        "E102"
    ] * 5


def test_an_encoding_may_be_declared_and_must_be_true(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes("# -*- coding: latin-1 -*-\nNAME = 'é'\n".encode("latin-1"))
    (tmp_path / "wrong.py").write_bytes(b"NAME = '\xe9'\n")
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbfNAME = 1\n")
    assert errors("latin", tmp_path) == errors("marked", tmp_path) == []
    assert [(one.code, one.span.file) for one in errors("wrong", tmp_path)] == [("E103", "wrong.py")]


@pytest.mark.parametrize(
    "text",
    ["return 1", "def f(a, a): pass", "x = (", "a\x00b", "'''", "def f():\n\tif x:\n        y", "f() = 1", "break"],
)
def test_whatever_python_refuses_is_a_syntax_error_with_a_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    [found] = errors("app", tmp_path)
    assert (found.code, found.span.file) == ("E101", "app.py")
    assert found.span.line >= 1


def test_a_file_nested_too_deeply_is_reported(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = " + "-" * 3000 + "1\n", encoding="utf-8")
    assert [one.code for one in errors("app", tmp_path)] == ["E101"]


def test_line_ends_of_windows_and_a_missing_last_one_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(b"def f():\r\n    a = 1\r\n    return a")
    log = Log()
    [found] = read.read("app", log, here=tmp_path).modules["app"].members
    assert isinstance(found, facts.Definition)
    assert found.function.body[-1].span == Span("app.py", 3, 5, 3, 13)
    assert found.function.source == "def f():\n    a = 1\n    return a\n"


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    text = "class A(B):\n    x: int = 1\n    def f(self):\n        return [y for y in self.x]\n"
    assert module(tmp_path, text) == module(tmp_path, text)
