"""Packages are installed once, as pip resolves them, beside what PyFlink has."""

from __future__ import annotations

from pathlib import Path

import pytest

from flink_jobs import requirements
from onto import errors
from tests import wheels


def test_without_requirements_there_is_nothing_to_ship(tmp_path: Path) -> None:
    assert requirements.folder((), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_packages_are_installed_once_with_what_they_need(tmp_path: Path) -> None:
    needed = wheels.write(tmp_path, "onto_loud", "1.0", "MARK = '!'\n")
    wanted = (wheels.write(tmp_path, "onto_shouting", "2.0", "import onto_loud\n", needed),)
    place = requirements.folder(wanted, tmp_path / ".onto")
    assert place is not None
    assert {one.name for one in place.glob("*.py")} == {"onto_loud.py", "onto_shouting.py"}
    made = place.stat().st_mtime_ns
    assert requirements.folder(wanted, tmp_path / ".onto") == place
    assert place.stat().st_mtime_ns == made
    assert [one for one in place.parent.iterdir() if one != place] == []


def test_what_pyflink_has_is_not_replaced(tmp_path: Path) -> None:
    wanted = (wheels.write(tmp_path, "onto_shouting", "2.0", "", "py4j==0.10.9.5"),)
    with pytest.raises(errors.RequirementsError) as raised:
        requirements.folder(wanted, tmp_path / ".onto")
    assert str(raised.value).endswith(": onto-shouting 2.0 depends on py4j==0.10.9.5; PyFlink needs py4j==0.10.9.7")
    assert list((tmp_path / ".onto" / "requirements").iterdir()) == []


def test_what_pip_cannot_install_is_one_line(tmp_path: Path) -> None:
    wanted = (f"onto_shouting @ {(tmp_path / 'missing-1.0-py3-none-any.whl').as_uri()}",)
    with pytest.raises(errors.RequirementsError) as raised:
        requirements.folder(wanted, tmp_path / ".onto")
    text = str(raised.value)
    assert text.startswith(f"pip cannot install the requirements of [tool.onto] ({wanted[0]}): ")
    assert "\n" not in text
