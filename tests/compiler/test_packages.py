"""Packages that functions import: declared, or refused at their import."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import diagnostics, packages, render
from tests.compiler import projects

MODELS = """
class Release(DomainModel):
    version: str = attrs.nothing

class ReleaseStore(Store):
    release = reference(dm_cls=Release)

class Card(ViewModel):
    store: ReleaseStore

    @attrs.getter
    def next(self) -> str:
"""


def found(folder: Path, body: str, above: str = "", *requirements: str, **texts: str) -> list[diagnostics.Diagnostic]:
    """Return the findings for a getter with that body."""
    app = projects.resolved(
        folder,
        app=projects.HEADER + above + MODELS + "".join(f"        {line}\n" for line in body.splitlines()),
        **texts,
    )
    log = diagnostics.Log()
    packages.check(projects.in_python(app), app, requirements, log)
    return log.found


def test_a_package_that_is_not_declared_is_refused_where_it_is_imported(tmp_path: Path) -> None:
    (one,) = found(tmp_path, "return semver.bump_minor(self.store.release.version)", "import semver\n")
    path = tmp_path / "app.py"
    assert render.text([one], {one.span.file: path.read_text()}).split(": ", 1)[1] == (
        "E501 `semver`, needed for `Card.next`, is not among the requirements\n"
        "    7 | import semver\n"
        "      |        ^^^^^^\n"
        '   hint: add it to `requirements = ["semver"]` below [tool.onto] of pyproject.toml, or do without it\n'
        "   more: onto explain E501\n"
    )


@pytest.mark.parametrize(
    ("body", "above", "requirement"),
    [
        ("return semver.bump_minor('1.0.0')", "import semver\n", "semver>=3"),
        ("from ruamel.yaml import YAML\nreturn str(YAML)", "", "ruamel.yaml ; python_version > '3'"),
        ("return parser.parse('x').isoformat()", "from dateutil import parser\n", "Python_Dateutil"),
        ("return str(json.dumps(1))", "try:\n    import orjson as json\nexcept ImportError:\n    import json\n", "x"),
        ("return str(Decimal(self.store.release.version))", "from decimal import Decimal\nimport semver\n", "x"),
    ],
)
def test_declared_or_dispensable_packages_are_not(body: str, above: str, requirement: str, tmp_path: Path) -> None:
    assert found(tmp_path, body, above, requirement) == []


def test_a_package_that_the_slice_does_not_need_is_not_asked_for(tmp_path: Path) -> None:
    texts = {"shared": "import numpy\n\ndef used():\n    return 'x'\n\ndef unused():\n    return numpy.zeros(1)\n"}
    assert found(tmp_path, "return used()", "from shared import used\n", **texts) == []


def test_an_import_of_another_name_than_its_distribution_is_hinted_as_installed(tmp_path: Path) -> None:
    (one,) = found(tmp_path, "import dateutil.parser\nreturn 'x'")
    assert 'requirements = ["python-dateutil"]' in (one.hint or "")
    assert one.message == "`dateutil`, needed for `Card.next`, is not among the requirements"


def test_an_import_in_a_function_of_another_module_is_found_once(tmp_path: Path) -> None:
    texts = {"shared": "def used():\n    import numpy.linalg as la\n    return str(la)\n"}
    (one,) = found(tmp_path, "return used() + used()", "from shared import used\n", **texts)
    assert (one.span.file.rsplit("/", 1)[-1], one.span.line, one.span.column) == ("shared.py", 2, 12)
