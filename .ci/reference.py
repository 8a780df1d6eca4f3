"""Write `docs/reference/` from the docstrings of the modules that apps import.

    python .ci/reference.py             writes the pages
    python .ci/reference.py --check     says which pages are old, writes none

Reads the text of the modules and imports none: standard library only.
"""

from __future__ import annotations

import ast
import itertools
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
MODULES = {
    "Modelling": (
        "attrs", "attribute", "domain_model", "store", "view_model", "aggregator", "models.factory",
        "mapper.schema", "mapper.fields",
    ),
    "Queries and datastores": (
        "query", "query.cmp", "context", "config", "database.client", "database.protocol",
        "database.transacting", "database.memory", "database.file", "database.sql",
    ),
    "Live views": ("mediator", "rest", "websocket", "source", "sink", "auth"),
    "Methods": ("ref", "calling", "gateway", "boiler"),
    "Compiled apps": ("bundle", "consume", "consume.inclusion", "testing.plugin", "testing.checks"),
    "Errors": ("errors",),
}  # fmt: skip
HEAD = "<!-- Written by .ci/reference.py from the docstrings. -->\n"

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def pages() -> dict[str, str]:
    """Return every page of the reference by its file's name."""
    made = {f"{name}.md": page(name) for names in MODULES.values() for name in names}
    lines = [HEAD, "# Reference\n", "What apps import, by what it is for.\n"]
    for title, names in MODULES.items():
        lines.append(f"## {title}\n")
        lines += [f"- [`onto.{name}`]({name}.md): {_summary(_tree(name)[0])}" for name in names]
        lines.append("")
    return {"README.md": "\n".join(lines), **made}


def page(name: str) -> str:
    """Return the page of a module, given without `onto.`."""
    tree, is_package = _tree(name)
    parts = [HEAD, f"# `onto.{name}`\n", *_text(tree)]
    for node in _public(tree, is_package):
        parts += _class(node) if isinstance(node, ast.ClassDef) else _function(node, node.name, "##")
    constants = list(_constants(tree.body))
    if constants:
        parts += ["## Names\n", *constants, ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def main(check: bool) -> int:
    """Write the pages, or say which are old; return the exit code."""
    made = pages()
    there = {one.name: one.read_text(encoding="utf-8") for one in FOLDER.glob("*.md")}
    if check:
        old = sorted(name for name in {*made, *there} if made.get(name) != there.get(name))
        print("\n".join(f"docs/reference/{name} is old: python .ci/reference.py" for name in old), end="\n" * bool(old))
        return 1 if old else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - made.keys():
        (FOLDER / name).unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _tree(name: str) -> tuple[ast.Module, bool]:
    path = ROOT / "onto" / name.replace(".", "/")
    is_package = path.is_dir()
    file = path / "__init__.py" if is_package else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8")), is_package


def _public(tree: ast.Module, is_package: bool) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the classes and functions of a module, and those that a package takes from its modules."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_"):
                yield node
        elif isinstance(node, ast.If):  # what type checkers see, and what runs: the second has the docstrings
            yield from (one for one in node.orelse if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"))
        elif is_package and isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onto."):
            names = {alias.name for alias in node.names}
            inner, _ = _tree(str(node.module).removeprefix("onto."))
            yield from (one for one in _public(inner, False) if one.name in names)


def _class(node: ast.ClassDef) -> Iterator[str]:
    bases = ", ".join(ast.unparse(one) for one in node.bases)
    yield f"## `class {node.name}{f'({bases})' if bases else ''}`\n"
    yield from _text(node)
    fields = list(_constants(node.body))
    if fields:
        yield from (*fields, "")
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and _is_public(one):
            yield from _function(one, f"{node.name}.{one.name}", "###")


def _is_public(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    called = node.name == "__call__" or (node.name == "__init__" and len(node.args.args) > 1)
    return (called or not node.name.startswith("_")) and ast.get_docstring(node) is not None


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, level: str) -> Iterator[str]:
    marks = {ast.unparse(one) for one in node.decorator_list}
    kind = next((one for one in ("property", "classmethod", "staticmethod") if one in marks), "")
    arguments = ast.unparse(node.args)
    if "." in name and kind != "staticmethod":
        arguments = arguments.partition(", ")[2]
    returns = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    spelt = f"{name.removesuffix('.__init__').removesuffix('.__call__')}({arguments}){returns}"
    if name.endswith(".__call__"):
        spelt = f"{name.partition('.')[0]}(…)({arguments}){returns}"
    if kind == "property":
        spelt = f"{name}{returns.replace(' ->', ':')}"
    yield f"{level} `{spelt}`\n"
    if kind and kind != "property":
        yield f"*{kind}*\n"
    yield from _text(node)


def _constants(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the typed names, and those with a text below them, as items of a list."""
    for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        told = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            told = " ".join(after.value.value.split())
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, spelt = node.target.id, f"{node.target.id}: {ast.unparse(node.annotation)}"
        elif isinstance(node, ast.Assign) and told and isinstance(node.targets[0], ast.Name):
            name = spelt = node.targets[0].id
        else:
            continue
        if not name.startswith("_"):
            yield f"- `{spelt}`{f': {told}' if told else ''}"


def _text(node: Documented) -> Iterator[str]:
    """Yield a docstring as Markdown: examples are blocks of text."""
    paragraphs = [one for one in (ast.get_docstring(node) or "").split("\n\n") if one.strip()]
    for is_example, several in itertools.groupby(
        paragraphs, lambda one: _is_example(one, isinstance(node, ast.Module))
    ):
        if is_example:
            yield "```text\n" + textwrap.dedent("\n\n".join(several)) + "\n```\n"
        else:
            yield from (f"{one}\n" for one in several)


def _is_example(paragraph: str, of_module: bool) -> bool:
    """Tell examples by their indentation; a module's may stand at the margin, where they end without a full stop."""
    if paragraph.startswith("    ") or not of_module:
        return paragraph.startswith("    ")
    marks = ("→", " = ", "():", "): ...", "    ", '("', "class ")
    return any(mark in paragraph for mark in marks) and (not paragraph.endswith(".") or paragraph.endswith("..."))


def _summary(tree: ast.Module) -> str:
    return (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ").rstrip(".")


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
