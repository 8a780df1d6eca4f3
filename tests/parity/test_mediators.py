"""A trigger that is told to be a view's job stores, where it is started, the documents that the compiled job gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples.city import data
from examples.city.mediators import CityViewMediator
from examples.city.models import City
from onto import wire
from onto.context import CTX
from onto.database.memory import Memory
from onto.verify import outcome, sides


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    CTX.use(Memory())
    yield
    CTX.use(None)


def stored(collection: str, view: str) -> outcome.Outcome:
    found = {one.id: one.to_dict() or {} for one in CTX.db.collection(collection).stream()}
    documents = {
        (view, key): {name: value for name, value in one.items() if name not in ("doc_ref", "obj_type")}
        for key, one in found.items()
    }
    return outcome.Outcome(documents, {})


def test_the_mediator_of_the_quickstart_stores_what_the_job_of_its_view_gives() -> None:
    changes = [
        wire.Change(collection, document["doc_id"], None, document)
        for collection, documents in data.ENTITIES.items()
        for document in documents
    ]
    changes += [wire.Change(collection, key, None, after) for collection, key, after in data.CHANGES if after]
    half = len(changes) // 2
    with sides.Sides.of("examples.city") as both:
        assert both.made.app is not None
        (mediator,) = [one for one in both.made.app.mediators if one.name == "CityViewMediator"]
        assert [(one.views, one.forced) for one in mediator.triggers] == [(("CityView",), None)] * 2
        for part in (changes[:half], changes[half:]):
            for one in part:
                CTX.db.document(f"{one.collection}/{one.doc_id}").set(dict(one.after or {}))
            if part == changes[:half]:
                CityViewMediator(query=City.get_query()).start()
            both.apply(*part)
            assert len(stored("cityView", "CityView").documents) == len(both.stored["City"])
            assert stored("cityView", "CityView").difference(both.computed()) == []
