"""Every public name of the original documentation and its examples: it is there, or says what to write instead.

The tables below are that documentation's names. Each stands in one of two places: among those that are there, with the
parameters that it was promised with, or among those that are refused.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

from onto import former
from onto.attribute import Attribute
from onto.attrs import attrs
from onto.config import Config
from onto.context import CTX
from onto.database import client
from onto.domain_model import DomainModel
from onto.mapper import fields
from onto.mediator import Mediator, ViewMediatorDeltaDAV
from onto.models.factory import ClsFactory
from onto.query.cmp import v
from onto.store import Store
from onto.view_model import ViewModel

# What is imported, by its module.
THERE = {
    "onto": "attrs context config source sink",
    "onto.config": "Config",
    "onto.context": "Context CTX",
    "onto.attrs": "attrs bproperty nothing bdict embed relation object_type local_time string integer doc_ref action",
    "onto.domain_model": "DomainModel",
    "onto.models.factory": "ClsFactory",
    "onto.mapper": "fields schema",
    "onto.mapper.schema": "Schema",
    "onto.store": "Store reference",
    "onto.view_model": "ViewModel",
    "onto.mediator": "ViewMediatorDeltaDAV ViewMediatorBase ProtocolBase Mediator TaskMediator",
    "onto.source": "domain_model firestore",
    "onto.sink": "domain_model firestore",
    "onto.query.cmp": "v",
    "onto.rest": "RestViewModelSource",
    "onto.auth": "authenticate",
}

# What the things have that are imported.
MEMBERS: dict[Any, str] = {
    attrs: "bproperty nothing str string int integer float bool of_type list dict set embed enum relation doc_id "
    "node_id required optional import_required import_enabled export_enabled internal data_key default_value doc "
    "none_as_missing action bdict object_type local_time doc_ref",
    Attribute: "getter setter init required optional import_required import_enabled export_enabled internal data_key "
    "default_value doc none_as_missing __lt__ __le__ __gt__ __ge__ __eq__",
    CTX: "config firebase_app db load read testing debug logger",
    client.Client: "document collection collection_group ref",
    client.DocumentReference: "id get set parent collection __truediv__",
    client.DocumentSnapshot: "to_dict reference",
    DomainModel: "new create save to_dict get delete all where get_query doc_id doc_ref from_dict from_snapshot "
    "to_snapshot ref_from_id update_vals",
    ClsFactory: "create create_customized",
    ViewModel: "new doc_ref save to_view_dict to_snapshot to_dict get _view_refs update_vals propagate_change",
    Store: "add_snapshot refresh from_struct from_objects propagate_back",
    ViewMediatorDeltaDAV: "start notify Protocol",
    Mediator: "start",
    v.age: "__ge__ has",
    fields: "Raw Str String Integer Float Boolean List Dict Nested Relationship Embedded StructuralRef Function "
    "Localtime",
}

# What the documentation passes by name.
PARAMETERS: dict[str, str] = {
    "onto.config.Config": "app_name debug testing certificate_path certificate_filename database",
    "onto.attrs.bproperty": "type_cls",
    "onto.attrs.relation": "dm_cls nested collection",
    "onto.attrs.list": "value",
    "onto.domain_model.DomainModel.new": "doc_id",
    "onto.domain_model.DomainModel.create": "doc_id",
    "onto.domain_model.DomainModel.get": "doc_id",
    "onto.domain_model.DomainModel.from_dict": "doc_id",
    "onto.domain_model.DomainModel.from_snapshot": "ref snapshot",
    "onto.domain_model.DomainModel.update_vals": "with_raw",
    "onto.models.factory.ClsFactory.create": "name schema base",
    "onto.models.factory.ClsFactory.create_customized": "name fieldnames auto_initialized importable exportable "
    "additional_base",
    "onto.store.reference": "dm_cls many",
    "onto.store.Store.add_snapshot": "dm_cls snapshot",
    "onto.view_model.ViewModel.__init__": "store doc_ref",
    "onto.view_model.ViewModel.get": "doc_id once f_notify",
    "onto.view_model.ViewModel.update_vals": "with_raw",
    "onto.mediator.ViewMediatorDeltaDAV.__init__": "query",
    "onto.mediator.ViewMediatorDeltaDAV.notify": "obj",
    "onto.mediator.ProtocolBase.on_create": "snapshot mediator",
    "onto.mediator.ProtocolBase.on_update": "snapshot mediator",
    "onto.mediator.ProtocolBase.on_delete": "snapshot mediator",
    "onto.source.firestore": "query",
    "onto.sink.DocumentSink.emit": "reference snapshot",
    "onto.sink.ObjectSink.emit": "obj",
    "onto.rest.RestViewModelSource.route": "methods",
}


class Colour(enum.Enum):
    RED = "red"


# How attributes are spelt, on the builder and on the module alike.
SPELLINGS = """
attrs.nothing
attrs.bproperty()
attrs.bproperty(initialize=True)
attrs.bproperty(type_cls=float)
attrs.bproperty(data_key="k", import_enabled=False, export_enabled=False, import_required=True, export_required=True)
attrs.bproperty(import_default=1, export_default=2, initializer=print, validate=bool)
attrs.str
attrs.string
attrs.string()
attrs.string(import_enabled=False)
attrs.int
attrs.integer
attrs.integer(import_enabled=False)
attrs.float
attrs.bool
attrs.of_type(str)
attrs.of_type("Colour")
attrs.list(value=attrs.str)
attrs.list(value=lambda a: a.of_type(str))
attrs.dict()
attrs.set(attrs.embed("Colour"))
attrs.embed(Colour)
attrs.enum(Colour)
attrs.relation("User")
attrs.relation(dm_cls="User", nested=False, collection=list)
attrs.relation(dm_cls="User", collection=set, import_required=False)
attrs.relation(dm_cls="User", collection=dict, export_enabled=False)
attrs.required.str
attrs.str.optional.data_key("status")
attrs.import_required.import_enabled.export_enabled.int
attrs.internal.optional
attrs.int.optional.default_value(-1)
attrs.default_value(-1).int
attrs.doc("what it is").none_as_missing.str
attrs.data_key("key").str
attrs.bdict(import_enabled=False, export_enabled=False)
attrs.local_time()
attrs.action()
""".strip().splitlines()

# What is refused: the statement, and the name whose hint it gives.
REFUSED = {
    "from onto import view": "onto.view",
    "import onto.view": "onto.view",
    "import onto.view.query_delta": "onto.view",
    "from onto.view.query_delta import ViewMediatorDeltaDAV, OnTriggerMixin": "onto.view",
    "from onto.view import DocumentMediator": "onto.view",
    "from onto.view import QueryMediator": "onto.view",
    "from onto.view import RestMediator": "onto.view",
    "from onto.view import WsMediator": "onto.view",
    "from onto.view import OnSnapshotTasksMixin": "onto.view",
    "from onto.view import rest_api": "onto.view",
    "import onto.view_mediator_dav": "onto.view_mediator_dav",
    "from onto import fields": "onto.fields",
    "from onto import schema": "onto.schema",
    "from onto.stateful_functions import StatefunProxy": "onto.stateful_functions",
    "from onto.scripts.deploy import deploy_all": "onto.scripts",
    "from onto.attrs import executable": "onto.attrs.executable",
    "from onto.attrs import attrs; attrs.executable(len)": "onto.attrs.executable",
    "from onto.attrs import attrs; attrs.required.executable(len)": "onto.attrs.executable",
    "from onto import source; source.domain_model_transactional(None)": "onto.source.domain_model_transactional",
    "from onto import source; source.view_model(None, None)": "onto.source.view_model",
    "from onto import source; source.rest()": "onto.source.rest",
    "from onto.source.rest import RestViewModelSource": "onto.source.rest",
    "from onto.source import RestViewModelSource": "onto.source.RestViewModelSource",
    "from onto.source import rest_api; rest_api.ViewMediator": "onto.source.rest_api",
    "from onto.source.graphql import GraphQLSource": "onto.source.graphql",
    "from onto.source.json_rpc import JsonRpcSource": "onto.source.json_rpc",
    "from onto.source.leancloud import hook, domain_model_hook": "onto.source.leancloud",
    "from onto.source.kafka import KafkaSource, KafkaDomainModelSource": "onto.source.kafka",
    "from onto import sink; sink.view_model()": "onto.sink.view_model",
    "from onto import sink; sink.form()": "onto.sink.form",
    "from onto import sink; sink.rest_client()": "onto.sink.rest_client",
    "from onto import sink; sink.rest_server()": "onto.sink.rest_server",
    "from onto import sink; sink.websocket()": "onto.sink.websocket",
    "from onto.sink.graphql import query, mutation, subscription, op_schema": "onto.sink.graphql",
    "from onto.sink.json_rpc import sink": "onto.sink.json_rpc",
    "from onto.sink.leancloud import LcSink": "onto.sink.leancloud",
    "from onto.query import run_transaction": "onto.query.run_transaction",
    "from onto.query.transaction import run_transaction": "onto.query.transaction",
    "from onto.query.query import ViewModelQuery": "onto.query.query",
}


class Ticket(DomainModel):
    """A model whose former members are asked for."""


REFUSED_MEMBERS = {
    "Ticket.method_proxy": "write `Ticket.ref(doc_id).method(...)`",
    "Ticket.upsert_method_proxy": "write `Ticket.ref(doc_id).new(...)` for what may not be there yet, then "
    "`Ticket.ref(doc_id).method(...)`",
    "Ticket.initializer_proxy": "write `Ticket.ref(doc_id).new(...)`",
    "CTX.dbs": "there is one datastore, `CTX.db`; another is opened by `onto.database.opening.opened(url)`",
    "CTX.services": "keep what your app needs in its own modules; the context has a datastore and a caller",
}


def _each(table: dict[Any, str]) -> list[Any]:
    return [pytest.param(owner, name, id=f"{owner}-{name}") for owner, names in table.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), _each(THERE))
def test_a_name_is_there(module: str, name: str) -> None:
    exec(f"from {module} import {name}", {})


@pytest.mark.parametrize(("owner", "name"), _each(MEMBERS))
def test_a_member_is_there(owner: Any, name: str) -> None:
    assert hasattr(owner, name)


@pytest.mark.parametrize(("function", "name"), _each(PARAMETERS))
def test_a_parameter_has_its_name(function: str, name: str) -> None:
    assert name in inspect.signature(pkgutil.resolve_name(function)).parameters


@pytest.mark.parametrize("start", ["from onto import attrs", "from onto.attrs import attrs"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_attribute_is_spelt_in_every_way(spelling: str, start: str) -> None:
    names = {"Colour": Colour}
    exec(f"{start}\nmade = {spelling}", names)
    model = type("Model", (DomainModel,), {"made": names["made"], "__module__": __name__})
    assert list(model._attributes) == ["made"]
    model._attributes["made"].value_shape()


@pytest.mark.parametrize("name", ["doc_id", "doc_ref", "obj_type"])
@pytest.mark.parametrize("spelling", ["doc_id", "node_id", "doc_ref", "doc_ref()", "object_type(import_enabled=False)"])
def test_a_reserved_name_may_be_declared(name: str, spelling: str) -> None:
    made = eval(f"attrs.{spelling}", {"attrs": attrs})
    assert dict(type("Model", (DomainModel,), {name: made})._attributes) == {}


@pytest.mark.parametrize(("statement", "name"), REFUSED.items())
def test_a_former_name_says_what_to_write(statement: str, name: str) -> None:
    with pytest.raises(ImportError) as refused:
        exec(statement, {})
    assert str(refused.value) == f"{name}: {former.NAMES[name]}"


def test_no_former_name_is_left_out() -> None:
    assert set(REFUSED.values()) == set(former.NAMES)


@pytest.mark.parametrize(("expression", "instead"), REFUSED_MEMBERS.items())
def test_a_former_member_says_what_to_write(expression: str, instead: str) -> None:
    with pytest.raises(AttributeError) as refused:
        eval(expression, {"Ticket": Ticket, "CTX": CTX})
    assert str(refused.value) == f"{expression.replace('CTX', 'Context')}: {instead}"


@pytest.mark.parametrize("module", ["onto", "onto.attrs", "onto.source", "onto.sink", "onto.query"])
def test_any_other_name_is_not_there(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing_such'"):
        _ = importlib.import_module(module).nothing_such
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{module}.nothing_such'"):
        importlib.import_module(f"{module}.nothing_such")


def test_a_submodule_is_imported_as_ever() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from onto import former, sink, tagged; import onto.live"], check=False
    )
    assert done.returncode == 0


def test_flags_of_the_configuration_are_read_from_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CTX, "config", None)
    assert (CTX.debug, CTX.testing) == (False, False)
    CTX.read(Config(app_name="shop", debug=True, testing=True))
    assert (CTX.debug, CTX.testing) == (True, True)


def test_paths_may_be_put_together_with_slashes() -> None:
    ref = CTX.db.ref / "users" / "ann" / "cityForms" / "LA"
    assert ref == CTX.db.document("users/ann/cityForms/LA")
    assert CTX.db.ref / "City" == CTX.db.collection("City")
