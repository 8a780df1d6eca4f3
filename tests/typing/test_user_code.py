"""What a user writes is understood by mypy and pyright in strict mode, without a plugin."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

api = pytest.importorskip("mypy.api")
ROOT = pathlib.Path(__file__).parents[2]

APP = """
from __future__ import annotations
from collections.abc import Mapping
from typing import assert_type
from onto import attrs
from onto.attrs import attrs as builder
from onto.domain_model import DomainModel
from onto.query import Query
from onto.ref import Call, Ref
from onto.store import Store, reference
from onto.view_model import ViewModel

class Dog(DomainModel):
    name: str = attrs.nothing
    age = attrs.int
    owner = attrs.relation(dm_cls="Dog")

    @builder.getter
    def shout(self) -> str:
        return self.name.upper()

    @shout.setter
    def shout(self, value: str) -> None:
        self.name = value.lower()

class DogStore(Store):
    dog = reference(dm_cls=Dog)
    pups = reference(dm_cls=Dog, many=True, on=lambda store, pup: pup.owner == store.dog)

class Kennel(ViewModel):
    store: DogStore

    @attrs.getter
    def ages(self) -> int:
        return sum(pup.age for pup in self.store.pups.values())

dog = Dog.new(doc_id="d", name="rex")
assert_type(dog.name, str)
assert_type(dog.age, int)
assert_type(dog.shout, str)
assert_type(Dog.get("d"), Dog | None)
assert_type(Dog.where(Dog.name > "a", age=3), Query[Dog])
assert_type(Dog.ref("d"), Ref[Dog])
assert_type(Dog.ref("d", seconds=5).bark(loud=True), Call)
assert_type(DogStore().dog, Dog)
assert_type(DogStore().pups, Mapping[str, Dog])
assert_type(Kennel().ages, int)
dog.shout = "REX"
dog.name = 1
"""


def test_types_of_models_stores_and_views(tmp_path: pathlib.Path) -> None:
    (tmp_path / "kennel.py").write_text(APP)
    found, trouble, _ = api.run(["--strict", str(tmp_path / "kennel.py")])
    wrong = [line.partition("error: ")[2] for line in found.splitlines() if "error: " in line]
    expected = 'Incompatible types in assignment (expression has type "int", variable has type "str")  [assignment]'
    assert (wrong, trouble) == ([expected], "")


def test_the_examples_in_one_piece_style_are_strictly_typed() -> None:
    found, trouble, status = api.run(["--strict", "examples/chat", "examples/shop"])
    assert (found.splitlines()[-1].startswith("Success"), trouble, status) == (True, "", 0)


@pytest.mark.skipif(importlib.util.find_spec("basedpyright") is None, reason="basedpyright is of the extra dev")
def test_types_of_models_stores_and_views_in_pyright(tmp_path: pathlib.Path) -> None:
    (tmp_path / "kennel.py").write_text(APP)
    # Pyright runs no import hooks, which is how an editable install is found: it is told where onto lies.
    paths = {"include": ["kennel.py"], "extraPaths": [str(ROOT)]}
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", **paths}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [
        sys.executable,
        "-m",
        "basedpyright",
        "--pythonpath",
        sys.executable,
        "--outputjson",
        "-p",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [(one["rule"], one["range"]["start"]["line"]) for one in json.loads(done.stdout)["generalDiagnostics"]]
    assert found == [("reportAttributeAccessIssue", APP.splitlines().index("dog.name = 1"))]
