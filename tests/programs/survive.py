"""Compiles random modules: each has findings or a bundle, within a time; anything else is a defect of the compiler.

survive(text)  →  None, or Failure("crash", "AttributeError in bodies.py:_call", "…")
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

from compiler import pipeline
from tests.programs import check


def survive(text: str) -> check.Failure | None:
    """Compile a module by itself, and say what is wrong."""
    with tempfile.TemporaryDirectory(prefix="modules-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python, about what random modules say
        path = Path(folder) / "app.py"
        path.write_text(text, encoding="utf-8")
        made = check.compiled(str(path))
    if isinstance(made, check.Failure):
        return made
    return _unfinished(made)


def _unfinished(made: pipeline.Compiled) -> check.Failure | None:
    if made.failed == (made.bundle is None):
        return None
    return check.Failure("crash", "pipeline", "neither findings nor a bundle")
