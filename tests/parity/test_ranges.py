"""Numbers at the ends of their range: the plan gives, and raises, what the in-process engine does."""

from __future__ import annotations

from random import Random

import pytest

from onto import histories
from onto.verify import sides

EXTREMES = histories.Values(
    texts=("a", "b"),
    ints=(0, 1, -1, 2**31, 2**32 + 1, 2**53 + 1, 3**33, 2**62, -(2**62) - 1, 2**63 - 1, -(2**63), -(2**63) + 1),
    floats=(0.0, 0.5, 2.0**53, 2.0**62, 2.0**63, -(2.0**63), 1e300),
)


@pytest.mark.parametrize("seed", range(12))
def test_extreme_numbers_evaluate_to_what_the_engine_holds(seed: int) -> None:
    with sides.Sides.of("tests.parity.apps.limits") as both:
        random = Random(seed)
        writer = histories.Writer(both.found, values=EXTREMES, filled=0.97)
        for _ in range(15):
            both.apply(*writer.changes(random, 8))
            assert both.expected().difference(both.computed()) == []
