"""Names of the original documentation and its examples that are spelt otherwise here: errors that say how.

from onto.sink import websocket   →  ImportError: onto.sink.websocket: delivery to web clients is not there yet; …
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

WEB = "delivery to web clients is not there yet; write the handler in your own server, with `View.get` and `Model.ref`"
MODULES: Mapping[str, Mapping[str, str]] = {
    "onto": {
        "view": "write `from onto import mediator`",
        "view_mediator_dav": "write `from onto.mediator import ViewMediatorDeltaDAV`",
        "fields": "write `from onto.mapper import fields`",
        "schema": "write `from onto.mapper import schema`",
        "stateful_functions": "write the methods in the model, and call them with `Model.ref(doc_id).method(...)`",
    },
    "onto.source": {
        "domain_model_transactional": "write a `TaskMediator`, whose `on_task` is one transaction",
        "view_model": "write `View.get(doc_id, once=False, f_notify=...)`",
        "rest": "write `from onto.rest import RestViewModelSource`",
        "RestViewModelSource": "write `from onto.rest import RestViewModelSource`",
        **dict.fromkeys(("graphql", "json_rpc", "leancloud"), WEB),
    },
    "onto.sink": {
        "view_model": "write `sink.domain_model()`, which saves views too, or `sink.firestore()`",
        "form": "write `obj.propagate_change()`",
        **dict.fromkeys(("rest_client", "rest_server", "graphql", "json_rpc", "websocket"), WEB),
    },
    "onto.query": {"run_transaction": "write `onto.database.protocol.run(CTX.database, work)`"},
}


def refuse(module: str, name: str) -> NoReturn:
    """Raise ImportError, which says what to write, for a former name of a module; AttributeError for any other."""
    instead = MODULES[module].get(name)
    if instead is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise ImportError(f"{module}.{name}: {instead}")
