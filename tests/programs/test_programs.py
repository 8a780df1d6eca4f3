"""Random programs and modules, as many as CI has time for; `make fuzz` runs many more, and makes small what fails.

Programs have fixed seeds: what one of them finds, the next change has brought. Modules have fresh ones, which a failure
names.
"""

from __future__ import annotations

import os
from random import Random, SystemRandom

import pytest

from flink_jobs import submitter
from onto import settings
from onto.verify import running
from tests.programs import check, getters, modules, shrink, survive

PROGRAMS = 12
MODULES = 60
ON_FLINK = range(100, 103)
SEED = int(os.environ.get("ONTO_FUZZ_SEED", "0")) or SystemRandom().randrange(10**9)


@pytest.fixture
def stack(stack_settings: settings.Settings, session_submitter: submitter.Submitter) -> running.Stack:
    """Return the session's Kafka and Flink."""
    return running.Stack(stack_settings, session_submitter)


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_random_program_gives_the_same_on_both_sides(seed: int) -> None:
    assert check.check(getters.program(seed), seed) == []


@pytest.mark.parametrize("seed", ON_FLINK)
def test_a_random_program_gives_the_same_on_flink(seed: int, stack: running.Stack) -> None:
    assert check.check(getters.program(seed), seed, stack=stack) == []


def test_a_random_module_has_findings_or_a_bundle() -> None:
    for seed in range(SEED, SEED + MODULES):
        text = modules.module(Random(seed))
        failure = survive.survive(text)
        assert failure is None, f"ONTO_FUZZ_SEED={seed}: {failure}\n{text}"


def test_a_seed_writes_one_program() -> None:
    assert getters.program(7) == getters.program(7) != getters.program(8)


PAGE = """
class Page(ViewModel):

    @attrs.getter
    def one(self):
        return 1

    @attrs.getter
    def two(self):
        found = [len(x.tags) for x in self.store.staff.values() if x.age and wanted(x.age + 1)]
        return found
"""


def test_a_program_is_made_as_small_as_what_it_shows() -> None:
    small = shrink.shrink(PAGE, lambda tried: "wanted(" in tried and "class Page" in tried)
    assert small == ("class Page(ViewModel):\n\n    @attrs.getter\n    def two(self):\n        found = wanted()\n")
