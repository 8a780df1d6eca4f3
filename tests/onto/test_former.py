"""Names of the original documentation and its examples: they are there, or say what to write instead."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from onto import former
from onto.attrs import attrs
from onto.context import CTX
from onto.domain_model import DomainModel
from onto.mapper import fields
from onto.store import Store
from onto.view_model import ViewModel

THERE = {
    "onto": "attrs context config source sink",
    "onto.config": "Config",
    "onto.context": "Context CTX",
    "onto.attrs": "attrs bproperty nothing bdict embed relation object_type local_time string integer doc_ref",
    "onto.domain_model": "DomainModel",
    "onto.models.factory": "ClsFactory",
    "onto.mapper.schema": "Schema",
    "onto.store": "Store reference",
    "onto.view_model": "ViewModel",
    "onto.mediator": "ViewMediatorDeltaDAV ViewMediatorBase ProtocolBase Mediator TaskMediator",
    "onto.source": "domain_model firestore",
    "onto.sink": "domain_model firestore",
    "onto.query.cmp": "v",
    "onto.auth": "authenticate",
}
MEMBERS = {
    attrs: "bproperty nothing str string int integer float bool of_type list dict set embed enum relation doc_id "
    "node_id required optional import_required import_enabled export_enabled internal data_key default_value doc "
    "none_as_missing",
    CTX: "config firebase_app db load read",
    DomainModel: "new create save to_dict get delete all where get_query doc_id doc_ref from_dict from_snapshot "
    "to_snapshot ref_from_id update_vals",
    ViewModel: "new doc_ref save to_view_dict to_snapshot get _view_refs update_vals propagate_change",
    Store: "add_snapshot refresh from_struct from_objects propagate_back",
    fields: "Raw Str String Integer Float Boolean List Dict Nested Relationship Embedded StructuralRef Function "
    "Localtime",
}


@pytest.mark.parametrize(("module", "name"), [(one, name) for one, names in THERE.items() for name in names.split()])
def test_a_name_of_the_documentation_is_there(module: str, name: str) -> None:
    exec(f"from {module} import {name}", {})


@pytest.mark.parametrize(("owner", "name"), [(one, name) for one, names in MEMBERS.items() for name in names.split()])
def test_a_member_of_the_documentation_is_there(owner: object, name: str) -> None:
    assert hasattr(owner, name)


@pytest.mark.parametrize(
    ("module", "name", "instead"),
    [(module, name, instead) for module, names in former.MODULES.items() for name, instead in names.items()],
)
def test_a_former_name_says_what_to_write(module: str, name: str, instead: str) -> None:
    with pytest.raises(ImportError) as refused:
        exec(f"from {module} import {name}", {})
    assert str(refused.value) == f"{module}.{name}: {instead}"


@pytest.mark.parametrize("module", former.MODULES)
def test_any_other_name_is_not_there(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing_such'"):
        _ = importlib.import_module(module).nothing_such


def test_a_submodule_is_imported_as_ever() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from onto import former, sink, tagged; import onto.live"], check=False
    )
    assert done.returncode == 0
