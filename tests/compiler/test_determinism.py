"""The same app compiles to the same bytes, whatever the hash seed of the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import hashlib, json, sys
from compiler import emit_sql, pipeline
from onto import bundle
made = pipeline.run(sys.argv[1], emit_sql.Settings())
texts = {**made.files, "manifest.json": bundle.show(made.bundle)}
print(json.dumps({name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(texts.items())}))
"""


def compiled(app: str, seed: int) -> dict[str, str]:
    """Compile in a process of its own and return the digest of each file."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, app],
        env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("app", ["examples.shop", "tests.parity.apps.team"])
def test_an_app_compiles_to_the_same_bytes_in_every_process(app: str) -> None:
    first = compiled(app, 1)

    assert compiled(app, 2) == first
