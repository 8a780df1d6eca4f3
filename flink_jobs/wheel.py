"""Where the apache-flink wheel and this Python's packages lie, without starting or importing any of it.

wheel.flink_home()          →  …/site-packages/pyflink
wheel.python_environment()  →  {"PYTHONPATH": "…/site-packages"}
"""

from __future__ import annotations

import functools
import importlib.util
import sysconfig
from pathlib import Path

from onto import errors


@functools.cache
def flink_home() -> Path:
    """Return the folder with Flink's lib, opt and conf; ClusterError when apache-flink is not installed."""
    spec = importlib.util.find_spec("pyflink")
    if spec is None or spec.origin is None:
        raise errors.ClusterError(
            "apache-flink is not installed; `pip install 'onto[kafka,local,flink]'` on Python 3.11"
        )
    return Path(spec.origin).parent


def python_environment() -> dict[str, str]:
    """Return the variables that let a JVM's embedded interpreter see this Python's packages."""
    packages = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    return {"PYTHONPATH": ":".join(packages)}
