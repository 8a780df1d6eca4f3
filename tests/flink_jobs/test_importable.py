"""Functions that cannot be imported are named with their line, before anything is submitted."""

from __future__ import annotations

from pathlib import Path

from flink_jobs import importable
from onto import bundle


def _bundle(folder: Path, text: str) -> bundle.Bundle:
    package = folder / "udfs" / "onto_udfs_x"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "functions.py").write_text(text)
    function = bundle.Function("f", "CREATE …", "udfs/onto_udfs_x/functions.py")
    return bundle.Bundle(
        manifest_version=1, app="x", onto_version="0", source_hash="", functions=(function,), sources=(), views=(),
        methods=(), jobs=(), config={},
    )  # fmt: skip


def test_functions_that_import_have_no_problems(tmp_path: Path) -> None:
    assert importable.problems(_bundle(tmp_path, "import json\nfrom pyflink.table import udf\n"), tmp_path) == ()


def test_a_missing_package_is_named_even_inside_a_function(tmp_path: Path) -> None:
    made = _bundle(tmp_path, "def f():\n    import no_such_package.inner\n")
    assert importable.problems(made, tmp_path) == (
        "udfs/onto_udfs_x/functions.py:2: `no_such_package` is not installed",
    )


def test_a_package_that_may_be_missing_is_no_problem(tmp_path: Path) -> None:
    made = _bundle(tmp_path, "try:\n    import no_such_package\nexcept ImportError:\n    pass\n")
    assert importable.problems(made, tmp_path) == ()


def test_an_import_that_raises_is_named(tmp_path: Path) -> None:
    made = _bundle(tmp_path, "import json\njson.nothing\n")
    assert importable.problems(made, tmp_path) == (
        "udfs/onto_udfs_x/functions.py:2: AttributeError: module 'json' has no attribute 'nothing'",
    )


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    (problem,) = importable.problems(_bundle(tmp_path, ""), tmp_path, "/no/such/python")
    assert problem.startswith("/no/such/python: ")
