"""How large the corpus is, and how much of it runs without Python in the hot path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from compiler import plan
from onto.verify import sides
from tests.parity import apps

DOMAINS, GETTERS, WITHOUT_PYTHON = 15, 200, 0.9
PYTHON = ("udf", "udf-collect")


def tiers() -> Iterator[tuple[str, str, plan.FieldInfo]]:
    """Yield every getter of the corpus, with its app and view."""
    for name in (*apps.EXAMPLES, *apps.CORPUS):
        made = sides.compiled(name)
        assert made.plan is not None
        for view in made.plan.views:
            for getter in view.fields:
                yield name, view.view_model, getter


def test_more_than_nine_getters_in_ten_of_a_large_corpus_run_without_python() -> None:
    found = list(tiers())
    in_python = [(app, view, one) for app, view, one in found if one.tier in PYTHON]
    for app, view, one in in_python:
        print(app, view, one.name, one.tier, *(why.code for why in one.why))  # noqa: T201
    domains = Counter(app for app, _, _ in found)
    share = 1 - len(in_python) / len(found)
    print(f"{len(domains)} domains, {len(found)} getters, {share:.1%} of them without Python")  # noqa: T201
    assert len(domains) >= DOMAINS
    assert len(found) >= GETTERS
    assert share > WITHOUT_PYTHON
