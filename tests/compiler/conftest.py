"""`--update-golden` rewrites the expected texts of the cases; read the difference line by line."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; it is known when the tests are named: `pytest tests/compiler --update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="rewrite what the .case files expect")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Tell whether to rewrite what the cases expect."""
    return bool(request.config.getoption("update_golden", default=False))
