"""Makes a program small that shows a failure: fewer getters, fewer statements, smaller expressions.

    shrink(text, lambda tried: any(one.is_like(failure) for one in check(tried, 7)))  →  a few lines

Greedy, over Python's own syntax trees: what is tried is always a whole program, and the boldest cuts come first.
"""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator

FILLINGS = ("0", "1", '""', '"a"', "True", "False", "[]", "None")
SECONDS = 90.0


def shrink(text: str, shows: Callable[[str], bool], seconds: float = SECONDS) -> str:
    """Return the smallest program found that still shows it."""
    deadline = time.monotonic() + seconds
    text = _spelled(ast.parse(text))
    seen = {text}
    smaller = True
    while smaller and time.monotonic() < deadline:
        smaller = False
        for tried in _candidates(text):
            if time.monotonic() > deadline:
                break
            if tried in seen or len(tried) > len(text):
                continue
            seen.add(tried)
            if shows(tried):
                text = tried
                smaller = True
                break
    return text


def _candidates(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    yield from _fewer(tree)
    for path in _bodies(tree):
        for at in range(len(_at(tree, path))):
            changed = copy.deepcopy(tree)
            body = _at(changed, path)
            gone = body.pop(at)
            if not body:
                body.append(ast.Pass())
            yield _spelled(changed)
            for inner in ("body", "orelse"):
                if isinstance(gone, ast.For | ast.While | ast.If | ast.Try) and (kept := getattr(gone, inner)):
                    lifted = copy.deepcopy(changed)
                    _at(lifted, path)[at:at] = copy.deepcopy(kept)
                    yield _spelled(lifted)
    yield from _expressions(tree)


def _fewer(tree: ast.Module) -> Iterator[str]:
    """Yield programs with one getter alone, and without one getter or function."""
    page = _page(tree)
    getters = [one for one in page.body if isinstance(one, ast.FunctionDef)]
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    for kept in reversed(getters) if len(getters) > 1 else ():
        changed = copy.deepcopy(tree)
        inner = _page(changed)
        inner.body = [one for one in inner.body if not isinstance(one, ast.FunctionDef) or one.name == kept.name]
        yield _spelled(changed)
    for gone in (*functions, *(getters if len(getters) > 1 else ())):
        changed = copy.deepcopy(tree)
        for holder in (changed, _page(changed)):
            holder.body = [one for one in holder.body if not isinstance(one, ast.FunctionDef) or one.name != gone.name]
        yield _spelled(changed)


def _page(tree: ast.Module) -> ast.ClassDef:
    """Return the view; an empty one where the module has none."""
    pages = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Page")
    return next(pages, ast.ClassDef("Page", [], [], [], []))


def _bodies(tree: ast.Module) -> Iterator[tuple[tuple[str, int | None], ...]]:
    """Yield the paths of lists of statements, the view's and the outer ones first."""

    def inside(node: ast.AST, path: tuple[tuple[str, int | None], ...]) -> Iterator[tuple[tuple[str, int | None], ...]]:
        for name in ("body", "orelse", "handlers", "cases", "finalbody"):
            held = getattr(node, name, None)
            if isinstance(held, list) and held:
                here = (*path, (name, None))
                yield here
                for at, one in enumerate(held):
                    yield from inside(one, (*path, (name, at)))

    own = [(at, one) for at, one in enumerate(tree.body) if isinstance(one, ast.FunctionDef) or one is _page(tree)]
    found = [path for at, one in own for path in inside(one, (("body", at),))]
    if _page(tree) not in tree.body:
        found = list(inside(tree, ()))  # no app: all of it may go
    yield from sorted(found, key=len)


def _at(tree: ast.AST, path: tuple[tuple[str, int | None], ...]) -> list[ast.AST]:
    node: object = tree
    for name, at in path:
        node = getattr(node, name)
        if at is not None:
            node = node[at]  # type: ignore[index]  # a list of nodes
    assert isinstance(node, list)
    return node


def _expressions(tree: ast.Module) -> Iterator[str]:
    """Yield programs with one expression replaced by a part of it, or by something plain."""
    count = sum(1 for _ in _holders(tree))
    for number in range(count):
        parent, name, at = next(one for place, one in enumerate(_holders(tree)) if place == number)
        held = getattr(parent, name) if at is None else getattr(parent, name)[at]
        if isinstance(held, ast.comprehension):
            if len(getattr(parent, name)) > 1:
                yield _with(tree, number, None)
            continue
        for part in _parts(held):
            yield _with(tree, number, part)
        owner = isinstance(parent, ast.Attribute | ast.Subscript) and name == "value"  # of a literal nothing is read
        if not isinstance(held, ast.Constant) and not owner:
            for filling in FILLINGS:
                yield _with(tree, number, ast.parse(filling, mode="eval").body)
        elif name in ("args", "elts", "ifs", "values") and at is not None:
            yield _with(tree, number, None)
        if name in ("ifs", "elts") and not isinstance(held, ast.Constant):
            yield _with(tree, number, None)


def _parts(node: ast.AST) -> list[ast.expr]:
    found: list[ast.expr] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(getattr(child, "ctx", None), ast.Store):
            found.append(child)
        elif isinstance(child, ast.comprehension):
            found += [child.iter, *child.ifs]
        elif isinstance(child, ast.keyword | ast.FormattedValue):
            found.append(child.value)
    return found


def _holders(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yield where expressions are held, in functions and the view only, the outermost first."""
    for root in (*(one for one in tree.body if isinstance(one, ast.FunctionDef)), _page(tree)):
        for node in ast.walk(root):
            if isinstance(node, ast.FormattedValue | ast.JoinedStr | ast.match_case | ast.MatchValue | ast.MatchOr):
                continue
            for name, held in ast.iter_fields(node):
                if name in (
                    "decorator_list",
                    "annotation",
                    "returns",
                    "func",
                    "targets",
                    "target",
                    "args",
                ) and isinstance(node, ast.FunctionDef):
                    continue
                if isinstance(held, ast.expr) and name not in (
                    "func",
                    "target",
                    "annotation",
                    "returns",
                    "format_spec",
                ):
                    yield node, name, None
                elif isinstance(held, list) and name not in ("targets", "decorator_list", "patterns", "bases"):
                    for at, one in enumerate(held):
                        if isinstance(one, ast.expr | ast.comprehension):
                            yield node, name, at


def _with(tree: ast.Module, number: int, new: ast.expr | None) -> str:
    changed = copy.deepcopy(tree)
    parent, name, at = next(one for place, one in enumerate(_holders(changed)) if place == number)
    if at is None:
        setattr(parent, name, copy.deepcopy(new))
    elif new is None:
        del getattr(parent, name)[at]
    else:
        getattr(parent, name)[at] = copy.deepcopy(new)
    return _spelled(changed)


def _spelled(tree: ast.Module) -> str:
    """Return the text of a tree; the empty one where it is none."""
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "program", "exec")
    except (SyntaxError, ValueError, TypeError, AttributeError):
        return ""
    return text + "\n"
