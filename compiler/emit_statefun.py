"""Domain methods and setters to StateFun: `module.yaml`, and the registry of both for the manifest.

    module(app, Settings())["statefun/module.yaml"]
    →  kind: io.statefun.endpoints.v2/http …  one function type per collection, its commands in, everything else out

Nothing of it is emitted for an app whose models have no methods and whose views have no setters. Addresses are those
of the settings; the local stack puts its own in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from compiler import dtypes, emit_ddl, flink_sql, model, reach
from onto import bundle, wire

NAMESPACE = "onto"
COMMAND = "onto/command"  # the type of a command's bytes
EGRESS = "onto/out"
ENDPOINT = "http://localhost:8090/statefun"
PAYLOAD = 134_217_728  # bytes of the largest reply of the endpoint, which keeps its own far below
# A request that takes longer ends the job, and is made again; many at once wait for one worker, whatever methods do.
CALL_TIME = "5min"
# A transaction is begun anew with each checkpoint, and Kafka seldom says yes at once: all functions wait for it, by
# default for 100 ms.
RETRY_MS = "5"


def files(app: model.App, found: reach.Found, settings: emit_ddl.Settings) -> dict[str, str]:
    """Return the files of `statefun/`, by path."""
    if not found:
        return {}
    text = yaml.safe_dump_all(_module(app, settings), sort_keys=False, width=120, explicit_start=True)
    return {"statefun/module.yaml": text}


def registry(app: model.App, found: Sequence[reach.Method]) -> tuple[bundle.Method, ...]:
    """Return what the manifest says of the methods."""
    return tuple(_method(app, one) for one in found)


def setters(app: model.App, found: Sequence[reach.Setter]) -> tuple[bundle.Setter, ...]:
    """Return what the manifest says of the setters of views."""
    return tuple(_setter(app.models[one.root].collection, one) for one in found)


def topic_base(app: model.App) -> str:
    """Return the name before `-replies` and `-errors`."""
    return app.name.rpartition(".")[2]


def _method(app: model.App, one: reach.Method) -> bundle.Method:
    collection = app.models[one.model].collection
    declared = next(each for each in app.models[one.model].methods if each.name == one.name)
    returns = declared.returns
    return bundle.Method(
        model=one.model,
        typename=f"{NAMESPACE}/{collection}",
        command_topic=wire.command_topic(collection),
        method=one.name,
        params=tuple((name, _type(of)) for name, of in declared.params),
        returns=None if returns is None or returns == dtypes.NONE else _type(returns),
        calls=one.calls,
        transactional=one.tier != "W1",
        read_only=one.read_only,
        tier=one.tier,
        prefetch=one.prefetch,
        changes=one.changes,
    )


def _setter(collection: str, one: reach.Setter) -> bundle.Setter:
    return bundle.Setter(
        view=one.view,
        attribute=one.name,
        model=one.root,
        typename=f"{NAMESPACE}/{collection}",
        command_topic=wire.command_topic(collection),
        collections=one.collections,
        calls=one.calls,
        transactional=one.tier != "W1",
        read_only=one.read_only,
        tier=one.tier,
        prefetch=one.prefetch,
        changes=one.changes,
    )


def _type(of: dtypes.Type | None) -> str:
    return flink_sql.text(flink_sql.data_type(dtypes.JSON if of is None else of))


def _module(app: model.App, settings: emit_ddl.Settings) -> list[dict[str, Any]]:
    return [
        {
            "kind": "io.statefun.endpoints.v2/http",
            "spec": {
                "functions": f"{NAMESPACE}/*",
                "urlPathTemplate": ENDPOINT,
                "transport": {
                    "type": "io.statefun.transports.v1/async",
                    "call": CALL_TIME,
                    "payload_max_bytes": PAYLOAD,
                },
                "maxNumBatchRequests": 1000,
            },
        },
        {
            "kind": "io.statefun.kafka.v1/ingress",
            "spec": {
                "id": f"{NAMESPACE}/commands",
                "address": settings.bootstrap_servers,
                "consumerGroupId": settings.topic(f"{topic_base(app)}-functions"),
                # Without a checkpoint all commands are run again: the states that they made are gone as well.
                "startupPosition": {"type": "earliest"},
                # The default, `latest`, drops commands whenever a stored offset is no longer there.
                "autoOffsetResetPosition": "earliest",
                "topics": [
                    {
                        "topic": settings.topic(wire.command_topic(one)),
                        "valueType": COMMAND,
                        "targets": [f"{NAMESPACE}/{one}"],
                    }
                    for one in _collections(app)
                ],
                **_properties(settings),
            },
        },
        {
            "kind": "io.statefun.kafka.v1/egress",
            "spec": {
                "id": EGRESS,
                "address": settings.bootstrap_servers,
                # A broker refuses transactions that are to live longer than its own limit, by default 15 minutes.
                "deliverySemantic": {"type": "exactly-once", "transactionTimeout": "15min"},
                **_properties(settings, {"retry.backoff.ms": RETRY_MS}),
            },
        },
    ]


def _collections(app: model.App) -> list[str]:
    return list(dict.fromkeys(one.collection for one in app.models.values()))


def _properties(settings: emit_ddl.Settings, own: Mapping[str, str] | None = None) -> dict[str, list[dict[str, str]]]:
    given = [{key: value} for key, value in {**(own or {}), **settings.properties}.items()]
    return {"properties": given} if given else {}
