"""Facts to model: what golden cases do not show well. See also `cases/`."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import dtypes, model, read, resolve, syntax
from compiler.diagnostics import Log
from onto import app as apps

ROOT = Path(__file__).parent.parent.parent

HEAD = """
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel
"""


def resolved(folder: Path, text: str) -> tuple[model.App, list[str]]:
    """Return the app of one file and the codes of what was found."""
    (folder / "app.py").write_text(HEAD + text, encoding="utf-8")
    log = Log()
    app = resolve.resolve(read.read("app", log, here=folder), log)
    return app, [one.code for one in log.found]


@pytest.mark.parametrize("name", ["meeting_room", "shop", "chat", "city"])
def test_the_examples_resolve_without_findings(name: str) -> None:
    log = Log()
    app = resolve.resolve(read.read(f"examples.{name}", log, here=ROOT), log)
    assert log.found == []
    assert app.views


@pytest.mark.parametrize("name", ["meeting_room", "shop", "chat", "city"])
def test_the_in_process_engine_joins_the_examples_as_the_compiler_does(name: str) -> None:
    compiled = resolve.resolve(read.read(f"examples.{name}", Log(), here=ROOT), Log())
    for view in apps.load(f"examples.{name}").views:
        _, in_process = apps.joins_of(view)
        store = compiled.stores[compiled.views[view.__name__].store]
        assert {one.name: _way(one.via) for one in store.references} == {
            one.name: _way(one.via) for one in in_process.values()
        }


def _way(via: object) -> tuple[str, ...]:
    """Return the kind of a join and what it goes through, whichever of the two modules it is of."""
    parts = (getattr(via, part, "") for part in ("reference", "attribute"))
    return (type(via).__name__, *(str(part) for part in parts))


def test_an_app_has_the_same_model_by_module_and_by_path() -> None:
    found = []
    for name in ("examples.shop", "examples/shop", str(ROOT / "examples" / "shop")):
        log = Log()
        found.append(resolve.resolve(read.read(name, log, here=ROOT), log))
    assert found[0] == found[1] == found[2]


def test_every_model_has_the_reserved_attributes_as_text(tmp_path: Path) -> None:
    app, _ = resolved(tmp_path, "class A(DomainModel):\n    doc_id = attrs.doc_id\n    name: str = attrs.nothing\n")
    assert app.models["A"].stored == (
        model.StoredAttribute("doc_id", "doc_id", dtypes.STR),
        model.StoredAttribute("obj_type", "obj_type", dtypes.STR),
        model.StoredAttribute("doc_ref", "doc_ref", dtypes.STR),
        model.StoredAttribute("name", "name", dtypes.STR),
    )


def test_a_function_knows_the_module_where_its_names_are_looked_up(tmp_path: Path) -> None:
    (tmp_path / "rates.py").write_text("RATE = 2\n\n\ndef taxed(x):\n    return x * RATE\n", encoding="utf-8")
    app, _ = resolved(tmp_path, "from rates import taxed, RATE as R\n")
    function, constant = app.modules["app"].names["taxed"], app.modules["app"].names["R"]
    assert isinstance(function, syntax.Function)
    assert function.module == "rates"
    assert constant == model.Constant(syntax.Literal(2), "rates")


def test_a_decorated_function_is_opaque_and_says_why(tmp_path: Path) -> None:
    app, _ = resolved(
        tmp_path,
        """
import functools

@functools.cache
def slow(x):
    return x

class A(DomainModel):
    @functools.wraps(slow)
    def other(self): return 1

    @functools.cached_property
    def cached(self): return 1
""",
    )
    function = app.modules["app"].names["slow"]
    assert isinstance(function, syntax.Function)
    assert function.body == (syntax.OpaqueStmt("decorator `functools.cache`"),)
    other, cached = app.models["A"].methods
    assert (other.kind, other.function.body) == ("plain", (syntax.OpaqueStmt("decorator `functools.wraps(slow)`"),))
    assert (cached.kind, cached.function.body) == ("property", (syntax.Return(syntax.Literal(1)),))


def test_the_setter_of_a_property_does_not_hide_it(tmp_path: Path) -> None:
    app, found = resolved(
        tmp_path,
        """
class A(DomainModel):
    @property
    def size(self): return 1

    @size.setter
    def size(self, value): ...
""",
    )
    assert [(one.name, one.kind) for one in app.models["A"].methods] == [("size", "property")]
    assert found == []


def test_an_overridden_attribute_keeps_its_place_and_takes_the_new_meaning(tmp_path: Path) -> None:
    app, found = resolved(
        tmp_path,
        """
class Base(DomainModel):
    first: str = attrs.nothing
    second: str = attrs.nothing

class Sub(Base):
    @attrs.getter
    def first(self) -> int:
        return 1
""",
    )
    assert [one.name for one in app.models["Sub"].stored][3:] == ["second"]
    assert [(one.name, one.declared) for one in app.models["Sub"].computed] == [("first", dtypes.INT)]
    assert found == []


def test_a_subclass_in_another_collection_is_not_seen_by_the_base(tmp_path: Path) -> None:
    app, _ = resolved(
        tmp_path,
        """
class A(DomainModel): ...
class B(A): ...
class C(A):
    class Meta:
        collection_name = "other"
class D(C): ...
""",
    )
    assert {one.name: (one.collection, one.bases, one.subclasses) for one in app.models.values()} == {
        "A": ("A", (), ("B",)),
        "B": ("A", ("A",), ()),
        "C": ("other", ("A",), ("D",)),
        "D": ("other", ("C", "A"), ()),
    }


def test_a_star_import_from_outside_makes_no_name_certain(tmp_path: Path) -> None:
    _, found = resolved(tmp_path, "from elsewhere import *\nclass A(Unknown):\n    x: Other = 1\n")
    assert found == []


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import x\nfrom b import *\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("from a import x\nfrom a import *\n", encoding="utf-8")
    app, _ = resolved(tmp_path, "from a import x\nfrom b import *\n")
    assert list(app.modules) == ["app", "a", "b"]


def test_an_import_inside_a_function_is_known_where_nothing_else_binds_the_name(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(HEAD + "class City(DomainModel): ...\n", encoding="utf-8")
    app, found = resolved(
        tmp_path,
        """
class S(Store):
    city = reference()

class V(ViewModel):
    @classmethod
    def new(cls, snapshot):
        from models import City
        store = S()
        store.add_snapshot("city", dm_cls=City, snapshot=snapshot)
        return cls(store=store)

    @attrs.getter
    def name(self) -> str:
        return self.store.city.doc_id
""",
    )
    assert found == []
    assert app.stores["S"].root.model == "City"


def test_the_hash_follows_the_source_and_nothing_else(tmp_path: Path) -> None:
    one, _ = resolved(tmp_path, "x = 1\n")
    same, _ = resolved(tmp_path, "x = 1\n")
    other, _ = resolved(tmp_path, "x = 2\n")
    assert one.source_hash == same.source_hash != other.source_hash


def test_an_app_with_nothing_in_it_resolves(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("", encoding="utf-8")
    log = Log()
    app = resolve.resolve(read.read("app", log, here=tmp_path), log)
    assert (app.models, app.stores, app.views, log.found) == ({}, {}, {}, [])
    missing = resolve.resolve(read.read("nowhere", log, here=tmp_path), log)
    assert (missing.views, [one.code for one in log.found]) == ({}, ["E102"])
