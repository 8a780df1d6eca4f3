"""The compiled plan, evaluated in memory, gives the engine's documents and errors for any stored documents."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from onto import histories, wire
from onto.verify import sides
from tests.parity import apps

APPS = (*apps.EXAMPLES, *apps.CORPUS, *apps.UNNESTED)
EXAMPLES = 40  # histories for each app


@pytest.fixture(scope="module", params=APPS)
def base(request: pytest.FixtureRequest) -> Iterator[sides.Sides]:
    """Compile and load an app once."""
    with sides.Sides.of(request.param) as made:
        yield made


@given(random=st.randoms(use_true_random=False), number=st.integers(min_value=1, max_value=60))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],  # shrinking a history takes minutes; the difference names the field
)
def test_any_history_evaluates_to_what_the_engine_holds(base: sides.Sides, random: Random, number: int) -> None:
    both = base.fresh()
    history: list[wire.Change] = histories.Writer(base.found).changes(random, number)
    half = len(history) // 2
    for part in (history[:half], history[half:]):
        both.apply(*part)
        assert both.expected().difference(both.computed()) == []
