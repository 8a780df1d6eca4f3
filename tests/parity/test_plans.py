"""What all plans of the corpus have in common: no outer join loses rows, and each sink's key is that of its query."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from compiler import plan
from onto.verify import sides
from tests.parity import apps

APPS = (*apps.EXAMPLES, *apps.CORPUS, *apps.UNNESTED)


def inputs(one: plan.Relation) -> tuple[plan.Relation, ...]:
    """Return the relations that a relation reads."""
    match one:
        case plan.Join():
            return (one.left, one.right)
        case plan.Union():
            return one.inputs
        case plan.Scan():
            return ()
        case _:
            return (one.input,)


def unprotected(one: plan.Relation) -> Iterator[plan.Join]:
    """Yield the outer joins above which nothing asks for the old rows (FLINK-40681)."""
    if isinstance(one, plan.Group):
        return  # an aggregate asks all that is below it for full retractions
    if isinstance(one, plan.Join) and one.kind == "left":
        yield one
    for each in inputs(one):
        yield from unprotected(each)


def is_keyed(table: plan.Table) -> bool:
    """Tell whether the query is a group by the table's key with an aggregate, or one scan.

    Flink takes out a group without aggregates whose keys are unique already, and then the sink needs a materializer.
    """
    one = table.query
    while isinstance(one, plan.Project | plan.Filter):
        one = one.input
    if isinstance(one, plan.Group):
        return tuple(name for name, _ in one.keys) == table.key and bool(one.aggregates)
    return isinstance(one, plan.Scan)


@pytest.mark.parametrize("name", APPS)
def test_no_outer_join_is_fed_by_rows_without_their_old_form_and_no_sink_needs_a_materializer(name: str) -> None:
    made = sides.compiled(name).plan
    assert made is not None
    relations = [table.query for view in made.views for table in view.tables]
    relations += [view.errors for view in made.views if view.errors is not None]
    assert [join for one in relations for join in unprotected(one)] == []
    assert [table.name for view in made.views for table in view.tables if not is_keyed(table)] == []


@pytest.mark.parametrize("name", APPS)
def test_every_join_has_an_equality(name: str) -> None:
    made = sides.compiled(name).plan
    assert made is not None
    pending: list[plan.Relation] = [table.query for view in made.views for table in view.tables]
    while pending:
        one = pending.pop()
        assert not isinstance(one, plan.Join) or one.on
        pending.extend(inputs(one))
