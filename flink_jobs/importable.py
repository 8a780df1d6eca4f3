"""Whether a bundle's functions can be imported as a worker will import them, asked before anything is submitted.

importable.check(made, Path("build"), packages)
→  RequirementsError: … `Release.next`: udfs/onto_udfs_shop/app/views.py:3: No module named 'semver'
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from onto import bundle, errors

DEADLINE = 120.0  # seconds for all imports together

# Runs in a Python of its own, without this environment's paths: what it sees is what a worker sees.
_ASK = """
import ast, importlib, importlib.util, json, pathlib, sys, traceback
root, shipped, modules = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
sys.path[:0] = [str(root), *shipped]
found = []
for file in sorted({path for module in modules for path in (root / module.split(".")[0]).rglob("*.py")}):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    # What stands in a try may be missing.
    tried = {id(node) for attempt in ast.walk(tree) if isinstance(attempt, ast.Try) for node in ast.walk(attempt)}
    for node in ast.walk(tree):
        if id(node) in tried:
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        for top in sorted({name.split(".")[0] for name in names}):
            if importlib.util.find_spec(top) is None:
                found.append([str(file), node.lineno, f"`{top}` is not installed"])
if not found:
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith(str(root))]
            file, line = (frames[-1].filename, frames[-1].lineno) if frames else (module, 0)
            found.append([file, line, f"{type(error).__name__}: {error}"])
print(json.dumps(found))
"""


def check(made: bundle.Bundle, folder: Path, packages: Path | None) -> None:
    """Raise RequirementsError, a line for each problem, unless a fresh Python imports the functions in `folder`."""
    found = problems(made, folder, packages)
    if found:
        told = "\n".join(f"  {one}" for one in found)
        raise errors.RequirementsError(f"functions of {made.app} cannot be imported; nothing was submitted\n{told}")


def problems(
    made: bundle.Bundle, folder: Path, packages: Path | None = None, python: str = sys.executable
) -> tuple[str, ...]:
    """Return what keeps `python` from importing the functions of the bundle in `folder`, a line for each."""
    found: list[str] = []
    for root in sorted({one.module.split("/")[0] for one in made.functions}):
        functions = [one for one in made.functions if one.module.startswith(f"{root}/")]
        found += _ask(python, (folder / root).resolve(), packages, functions)
    return tuple(found)


def _ask(python: str, root: Path, packages: Path | None, functions: list[bundle.Function]) -> list[str]:
    files = sorted({one.module for one in functions})
    modules = [file.partition("/")[2].removesuffix(".py").replace("/", ".") for file in files]
    shipped = json.dumps([] if packages is None else [str(packages.resolve())])
    command = [python, "-I", "-B", "-c", _ASK, str(root), shipped, *modules]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{python}: {error}"]
    if done.returncode:
        return [f"{python}: {(done.stderr.strip().splitlines() or ['ended without a word'])[-1]}"]
    answers = json.loads(done.stdout.strip().splitlines()[-1])
    return [f"{_getters(root, file, functions)}{_place(root, file, line)}: {what}" for file, line, what in answers]


def _place(root: Path, file: str, line: int) -> str:
    path = Path(file)
    shown = f"{root.name}/{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else file
    return f"{shown}:{line}" if line else shown


# ---------------------------------------------------------------- which getters a file is for


def _getters(root: Path, file: str, functions: list[bundle.Function]) -> str:
    """Name the getters whose functions reach a file, as the head of a line; "" where it is not known."""
    path = Path(file)
    if not path.is_relative_to(root):
        return ""
    wanted = _module(root, path)
    package = wanted.split(".")[0]
    trees = {_module(root, one): ast.parse(one.read_text(encoding="utf-8")) for one in (root / package).rglob("*.py")}
    uses = {module: _uses(tree, frozenset(trees)) for module, tree in trees.items()}
    found = [one.getter for one in functions if one.getter and wanted in _reached(one.name, f"{package}.getters", uses)]
    return f"{', '.join(f'`{one}`' for one in found)}: " if found else ""


_Uses = dict[str, set[str]]  # a top-level name, or "" for the module itself → names and modules that it uses


def _reached(function: str, module: str, uses: dict[str, _Uses]) -> set[str]:
    """Return the modules that a function of `module` imports, at any depth."""
    seen: set[str] = set()
    pending = [function]
    while pending:  # names of the module, such as its constants, lead to modules
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += uses.get(module, {}).get(name, ())
    modules: set[str] = set()
    pending = [name for name in seen if name in uses]
    while pending:
        name = pending.pop()
        if name not in modules:
            modules.add(name)
            pending += [one for used in uses[name].values() for one in used if one in uses]
    return modules


def _uses(tree: ast.Module, modules: frozenset[str]) -> _Uses:
    found: _Uses = {}
    for statement in tree.body:
        imported = list(_imported(statement, modules))
        for name, module in imported:
            found.setdefault(name, set()).add(module)
        if imported:
            continue
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        inner = {module for node in ast.walk(statement) for _, module in _imported(node, modules)}
        bound = statement.targets if isinstance(statement, ast.Assign) else []
        for name in (getattr(statement, "name", ""), *(one.id for one in bound if isinstance(one, ast.Name))):
            found.setdefault(name, set()).update(names | inner)
    return found


def _imported(node: ast.AST, modules: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds and the modules of the package that they come from."""
    match node:
        case ast.Import(names=names):
            yield from ((alias.asname or alias.name, alias.name) for alias in names if alias.name in modules)
        case ast.ImportFrom(module=str(module), names=names):
            for alias in names:
                inner = f"{module}.{alias.name}"
                if inner in modules or module in modules:
                    yield alias.asname or alias.name, inner if inner in modules else module


def _module(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
