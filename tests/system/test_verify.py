"""Verifying on a real Flink: equal where the job is right; a wrong job is found, made small, and pasted as a test."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler import pipeline
from flink_jobs import submitter
from onto import app, settings
from onto.verify import cases, pasted, running, search, sides

pytest_plugins = ["pytester"]

APP = """
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

LIMIT = 2

class Shop(DomainModel):
    name: str = attrs.nothing

class Order(DomainModel):
    shop = attrs.relation(dm_cls="Shop")
    amount: int = attrs.nothing

class PageStore(Store):
    shop = reference(dm_cls=Shop)
    orders = reference(dm_cls=Order, many=True, on=lambda store, order: order.shop == store.shop)

class Page(ViewModel):
    store: PageStore

    @attrs.getter
    def name(self) -> str | None:
        return self.store.shop.name

    @attrs.getter
    def large(self) -> int:
        return sum(1 for one in self.store.orders.values() if one.amount is not None and one.amount > LIMIT)
"""
LONG = cases.Case(
    (
        (("Shop", "k1", {"name": "Zoë"}), ("Order", "k1", {"shop": "k1", "amount": 7}), ("Shop", "k2", {})),
        (("Order", "k2", {"shop": "k1", "amount": 2}), ("Order", "k3", {"shop": "k2", "amount": 1})),
        (("Order", "k1", None), ("Order", "k4", {"amount": 2})),
    )
)
PROGRESS = search.Progress(lambda _: None, lambda _: None)


@pytest.fixture
def stack(stack_settings: settings.Settings, session_submitter: submitter.Submitter) -> running.Stack:
    """Return the session's Kafka and Flink."""
    return running.Stack(stack_settings, session_submitter)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[app.App]:
    """Load the app above from a folder of its own."""
    (tmp_path / "paged.py").write_text(APP, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield app.load("paged")
    monkeypatch.delitem(__import__("sys").modules, "paged")


def searched(
    made: pipeline.Compiled, found: app.App, stack: running.Stack, drawn: list[cases.Case]
) -> list[search.Finding]:
    """Verify an app's views with a few cases."""
    with running.started(made, stack) as job:
        return search.Search(made, found, job, frozenset({"Page"}), PROGRESS).run(drawn)


def test_a_right_job_is_equal(found: app.App, stack: running.Stack) -> None:
    assert searched(sides.compiled("paged"), found, stack, cases.draw(found, 1, 15)) == []


def test_a_wrong_job_is_found_and_its_case_made_small(found: app.App, stack: running.Stack) -> None:
    made = sides.compiled("paged")
    assert made.bundle is not None
    (view,) = made.bundle.views
    wrong = dataclasses.replace(view.tables[0], query=view.tables[0].query.replace("`amount` > 2", "`amount` > 1"))
    assert wrong != view.tables[0]
    tampered = dataclasses.replace(made.bundle, views=(dataclasses.replace(view, tables=(wrong, *view.tables[1:])),))
    (finding,) = searched(dataclasses.replace(made, bundle=tampered), found, stack, [LONG])
    assert (finding.difference.field, finding.difference.expected, finding.difference.found) == ("large", 0, 1)
    assert sum(len(wave) for wave in finding.case.waves) == 2
    assert "def test_page_large(assert_view_equals_flink):" in pasted.text(
        found.views[0], "large", finding.case, "paged"
    )


def test_the_assertion_passes_says_what_differs_and_starts_anew(
    pytester: pytest.Pytester, stack: running.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTO_TEST_STACK", stack.chosen.folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["."]))
    pytester.makepyfile(paged=APP)
    pytester.makepyfile(
        """
        import paged
        import pytest
        from paged import Order, Page, Shop

        def test_documents(assert_view_equals_flink):
            assert_view_equals_flink(
                Page,
                {"Shop": {"s": {"name": "Zoë"}}, "Order": {"o": {"shop": "s", "amount": 3}}},
                [("Order", "o", None), ("Shop", "t", {})],
            )

        def test_entities(assert_view_equals_flink):
            assert_view_equals_flink(Page, [Shop.new(doc_id="s"), Order.new(doc_id="o", shop="s", amount=5)])

        def test_a_changed_getter_differs_from_the_job(assert_view_equals_flink, monkeypatch):
            monkeypatch.setattr(paged, "LIMIT", 1)
            with pytest.raises(AssertionError, match="large: 1 != 0"):
                assert_view_equals_flink(Page, [Shop.new(doc_id="s"), Order.new(doc_id="o", shop="s", amount=2)])
        """
    )
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=3)
