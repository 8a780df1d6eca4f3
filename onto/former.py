"""Names of the original documentation and its examples that are spelt otherwise here: errors that say how.

from onto.sink import websocket       →  ImportError: onto.sink.websocket: write `from onto.websocket import WsMediator`
import onto.view.query_delta          →  ImportError: onto.view: write `from onto.mediator import …`
Ticket.method_proxy(doc_id="t1")      →  AttributeError: Ticket.method_proxy: write `Ticket.ref(doc_id).method(...)`
"""

from __future__ import annotations

import importlib.abc
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import NoReturn

WEB = "this is not there yet; write a handler in your server with `View.get`, or use `onto.rest` or `onto.websocket`"
KAFKA = "write a reader of the view's topics with `onto.consume`, or call methods through an `onto.gateway.Gateway`"
LEANCLOUD = "LeanCloud is not supported; write a mediator over one of the datastores of `onto.database`"
REST = "write `from onto.rest import RestViewModelSource`"
PATCHES = 'write `CTX.db.collection_group(...)`, for `patch_query(parent=MeetingSession)` of "MeetingSession_PATCH"'
NAMES: Mapping[str, str] = {
    "onto.view": "write `from onto.mediator import Mediator, ViewMediatorDeltaDAV, ProtocolBase`; routes are made by "
    "`onto.rest.RestViewModelSource`; WsMediator is in `onto.websocket`; instead of OnSnapshotTasksMixin and "
    "OnTriggerMixin write a `TaskMediator`",
    "onto.view_mediator_dav": "write `from onto.mediator import ViewMediatorDeltaDAV`",
    "onto.fields": "write `from onto.mapper import fields`",
    "onto.schema": "write `from onto.mapper import schema`",
    "onto.stateful_functions": "write the methods in the model, and call them with `Model.ref(doc_id).method(...)`",
    "onto.scripts": "write `onto submit`, which takes the app to its cluster; there is nothing to deploy by script",
    "onto.attrs.executable": "write a method in the class; of a domain model `Model.ref(doc_id).method(...)` calls it",
    "onto.source.domain_model_transactional": "write a `TaskMediator`, whose `on_task` is one transaction",
    "onto.source.view_model": "write `source.firestore(query)`, whose functions get a snapshot, and in them "
    "`Form.new(doc_ref=snapshot.reference)`; a view of a store is `View.get(doc_id, once=False, f_notify=...)`",
    "onto.source.rest": REST,
    "onto.source.rest_api": REST,
    "onto.source.RestViewModelSource": REST,
    "onto.source.kafka": KAFKA,
    "onto.source.leancloud": LEANCLOUD,
    **dict.fromkeys(("onto.source.graphql", "onto.source.json_rpc"), WEB),
    "onto.sink.view_model": "write `sink.domain_model()`, which saves views too, or `sink.firestore()`",
    "onto.sink.form": "write `obj.propagate_change()`",
    "onto.sink.leancloud": LEANCLOUD,
    **dict.fromkeys(("onto.sink.rest_client", "onto.sink.rest_server", "onto.sink.graphql", "onto.sink.json_rpc"), WEB),
    "onto.sink.websocket": "write `from onto.websocket import WsMediator`",
    "onto.query.run_transaction": "write `onto.database.protocol.run(CTX.database, work)`",
    "onto.query.transaction": "write `onto.database.protocol.run(CTX.database, work)`",
    "onto.query.query": PATCHES,
}


def refuse(module: str, name: str) -> NoReturn:
    """Raise ImportError, which says what to write, for a former name of a module; AttributeError for any other."""
    instead = NAMES.get(f"{module}.{name}")
    if instead is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise ImportError(f"{module}.{name}: {instead}")


class Modules(importlib.abc.MetaPathFinder):
    """Refuses to import former modules; as the last finder of `sys.meta_path` it is asked only of what is not there."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raise ImportError, which says what to write, for a former module; find nothing else."""
        if fullname in NAMES:
            raise ImportError(f"{fullname}: {NAMES[fullname]}")


class Member:
    """A former member of a class: AttributeError, which says what to write, for whoever asks for it."""

    def __init__(self, instead: str) -> None:
        """Say what to write; `{owner}` in it stands for the class."""
        self._instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name."""
        self._name = name

    def __get__(self, instance: object, owner: type) -> NoReturn:
        """Refuse."""
        raise AttributeError(f"{owner.__name__}.{self._name}: {self._instead.format(owner=owner.__name__)}")
