"""Whether a bundle's functions can be imported by some Python, asked before a cluster is.

problems(bundle, Path("build"))   →  ("udfs/onto_udfs_shop/app/views.py:3: `numpy` is not installed",)
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from onto import bundle

DEADLINE = 60.0  # seconds for all imports together

# Runs in a Python of its own, without this environment's paths: what it sees is what a worker sees.
_ASK = """
import ast, importlib, importlib.util, json, pathlib, sys, traceback
root, modules = pathlib.Path(sys.argv[1]), sys.argv[2:]
sys.path.insert(0, str(root))
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


def problems(made: bundle.Bundle, folder: Path, python: str = sys.executable) -> tuple[str, ...]:
    """Return what keeps `python` from importing the functions of the bundle in `folder`, a line for each."""
    found: list[str] = []
    for root in sorted({one.module.split("/")[0] for one in made.functions}):
        files = sorted({one.module for one in made.functions if one.module.startswith(f"{root}/")})
        modules = [file.removeprefix(f"{root}/").removesuffix(".py").replace("/", ".") for file in files]
        found += _ask(python, (folder / root).resolve(), modules)
    return tuple(found)


def _ask(python: str, root: Path, modules: list[str]) -> list[str]:
    command = [python, "-I", "-B", "-c", _ASK, str(root), *modules]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{python}: {error}"]
    if done.returncode:
        return [f"{python}: {(done.stderr.strip().splitlines() or ['ended without a word'])[-1]}"]
    answers = json.loads(done.stdout.strip().splitlines()[-1])
    return [f"{_place(root, file, line)}: {what}" for file, line, what in answers]


def _place(root: Path, file: str, line: int) -> str:
    path = Path(file)
    shown = f"{root.name}/{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else file
    return f"{shown}:{line}" if line else shown
