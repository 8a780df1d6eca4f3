"""The pages of the reference are what the docstrings say now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, str(ROOT / ".ci" / "reference.py"), "--check"]


def test_the_reference_is_up_to_date() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
