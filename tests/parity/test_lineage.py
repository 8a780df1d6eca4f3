"""What a field's lineage does not name cannot change the field: attributes are set at random, and it stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest

from onto import boiler, domain_model, histories, wire
from onto.verify import outcome, sides
from tests.parity import apps

ROUNDS = 6


@pytest.fixture(scope="module", params=(*apps.EXAMPLES, *apps.CORPUS))
def base(request: pytest.FixtureRequest) -> Iterator[sides.Sides]:
    """Compile and load an app once."""
    with sides.Sides.of(request.param) as made:
        yield made


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_an_attribute_outside_the_lineage_changes_nothing(base: sides.Sides, seed: int) -> None:
    random = Random(seed)
    writer = histories.Writer(base.found)
    history = writer.changes(random, 80)
    assert base.made.plan is not None
    reads = {
        (view.view_model, node.json_name): set(field.reads)
        for view in base.made.plan.views
        for field, node in zip(view.fields, view.document, strict=True)
    }
    before = _held(base, history)
    for collection, models in writer.models.items():
        for key, name, kind in {
            (key, _name(model, key), kind) for model in models for key, kind in histories.stored(model)
        }:
            edits = [
                wire.Change(collection, doc_id, document, {**document, key: writer.value(random, kind)})
                for doc_id, document in writer.stored.get(collection, {}).items()
            ]
            after = _held(base, [*history, *edits])
            for (view, doc_id), document in before.items():
                unread = [field for field in document if f"{collection}.{name}" not in reads[view, field]]
                changed = {field for field in unread if document[field] != after[view, doc_id][field]}
                assert not changed, f"{collection}.{name} changes {view} {changed}"


def _held(base: sides.Sides, history: list[wire.Change]) -> Mapping[tuple[str, str], dict[str, Any]]:
    engine = boiler.Engine(base.found.views)
    engine.apply(*history)
    return outcome.held_by(engine).documents


def _name(model: type[domain_model.DomainModel], key: str) -> str:
    return next(name for name in model._attributes if model.json_name(name) == key)
