"""Functions that cannot be imported are named with their line, before anything is submitted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from flink_jobs import importable, submit
from onto import bundle, errors, settings


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
    (problem,) = importable.problems(_bundle(tmp_path, ""), tmp_path, None, "/no/such/python")
    assert problem.startswith("/no/such/python: ")


def test_packages_that_are_shipped_can_be_imported_and_the_projects_own_paths_cannot(tmp_path: Path) -> None:
    made = _bundle(tmp_path, "import no_such_package\n")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "no_such_package.py").write_text("")
    assert importable.problems(made, tmp_path, tmp_path / "packages") == ()


def test_the_getters_that_need_the_file_are_named(tmp_path: Path) -> None:
    made = _bundle(tmp_path, "from onto_udfs_x import getters\n")
    package = tmp_path / "udfs" / "onto_udfs_x"
    for name, text in {
        "getters.py": "import onto_udfs_x.app.views as views\nfrom onto_udfs_x.app import other\n\n"
        "_TABLE = {1: views.x}\n\ndef a():\n    return _TABLE\n\ndef b():\n    return other\n",
        "app/__init__.py": "",
        "app/views.py": "from onto_udfs_x.app.prices import price\nx = price\n",
        "app/prices.py": "import no_such_package\nprice = 1\n",
        "app/other.py": "",
    }.items():
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text(text)
    functions = tuple(bundle.Function(name, "CREATE …", made.functions[0].module, f"V.{name}") for name in "ab")
    made = dataclasses.replace(made, functions=functions)
    assert importable.problems(made, tmp_path) == (
        "`V.a`: udfs/onto_udfs_x/app/prices.py:1: `no_such_package` is not installed",
    )


def test_nothing_is_submitted_when_functions_cannot_be_imported(tmp_path: Path) -> None:
    made = _bundle(tmp_path, "import no_such_package\n")
    bundle.write(made, {"udfs/onto_udfs_x/functions.py": "import no_such_package\n"}, tmp_path / "build")
    nowhere = settings.Settings(folder=str(tmp_path), bootstrap_servers="localhost:1", flink="http://localhost:1")
    with pytest.raises(errors.RequirementsError) as raised:
        submit.submit(tmp_path / "build", nowhere)
    assert str(raised.value) == (
        "functions of x cannot be imported; nothing was submitted\n"
        "  udfs/onto_udfs_x/functions.py:1: `no_such_package` is not installed"
    )
