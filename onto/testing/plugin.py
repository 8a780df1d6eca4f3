"""The fixtures that pytest finds once onto is installed; nothing is imported or started before a test asks for them.

    assert_view_equals_flink(MeetingSession, documents, later_changes)
    onto_stack                                  the Kafka and the Flink behind it, one for the session

With ONTO_TEST_STACK=FOLDER the stack that `onto up --folder FOLDER` runs is used instead of a fresh one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from onto.testing import checks
    from onto.verify import running


@pytest.fixture(scope="session")
def onto_stack() -> Iterator[running.Stack]:
    """Return a Kafka and a Flink, started by the first test that asks, and stopped with the session."""
    from onto.verify import running

    with running.stack(Path(os.environ.get("ONTO_TEST_STACK", "")), lambda _: None) as stack:
        yield stack


@pytest.fixture(scope="session")
def onto_checks(onto_stack: running.Stack) -> Iterator[checks.Checks]:
    """Return the session's checks, which share the jobs of apps."""
    from onto.testing import checks

    with checks.Checks(onto_stack) as made:
        yield made


@pytest.fixture
def assert_view_equals_flink(onto_checks: checks.Checks) -> Callable[..., None]:
    """Return the function that compares a view in process with its Flink job, after each wave of changes."""
    return onto_checks.check
