"""Which topics a bundle needs."""

from __future__ import annotations

import dataclasses

from flink_jobs import topics
from onto import bundle
from tests.system import hand_written

ERRORS = bundle.ViewTable(
    name="errors",
    topic="app-errors",
    parent=None,
    columns=(("view", "STRING"), ("message", "STRING")),
    key=("view",),
    ddl="",
    query="",
)


def test_collections_and_views_are_compacted_and_errors_retained() -> None:
    made = dataclasses.replace(
        hand_written.BUNDLE,
        error_table=ERRORS,
        jobs=(*hand_written.BUNDLE.jobs, bundle.Job("errors", ("errors",))),
    )
    assert topics.wanted(made, "dev-") == (
        topics.Topic("dev-meetings", "compact", "collection meetings"),
        topics.Topic("dev-tickets", "compact", "collection tickets"),
        topics.Topic("dev-users", "compact", "collection users"),
        topics.Topic("dev-locations", "compact", "collection locations"),
        topics.Topic("dev-sessions", "compact", "view table sessions"),
        topics.Topic("dev-sessions__attending", "compact", "view table sessions__attending"),
        topics.Topic("dev-app-errors", "delete", "errors"),
    )
