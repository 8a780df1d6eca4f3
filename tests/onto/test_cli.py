"""The command line: lazy, one line per problem, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onto.cli import main

HEAVY = ("pyflink", "confluent_kafka", "jgo", "libcst", "sqlglot", "marshmallow", "rich")


def onto(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    root = Path(main.__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "onto", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )


def test_help_lists_every_command_and_imports_none(tmp_path: Path) -> None:
    script = (
        "import sys; from onto.cli import main; sys.argv = ['onto', '--help']; main.main();"
        f"sys.exit(len([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    root = Path(main.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stdout
    listed = [line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == list(main.COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("submit", "nowhere"), 1, "onto: nowhere/manifest.json: not found; `onto compile APP -o nowhere` writes it"),
        (("tail", "x"), 1, "onto: build/manifest.json: not found; `onto compile APP -o build` writes it"),
        (("frobnicate",), 2, "Error: No such command 'frobnicate'."),
        (("submit", "--parallelism", "0"), 2, "Error: Invalid value for '--parallelism': 0 is not in the range x>=1."),
    ],
)
def test_a_problem_is_one_line_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = onto(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr.strip().splitlines()[-1], done.stdout) == (code, said, "")


def test_a_wrong_setting_ends_every_command(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.onto]\nbroker = 1\n")
    done = onto("status", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"onto: {tmp_path / 'pyproject.toml'} [tool.onto]: unknown setting `broker`")


def test_down_without_a_stack_says_so(tmp_path: Path) -> None:
    done = onto("down", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "nothing was running\n")
