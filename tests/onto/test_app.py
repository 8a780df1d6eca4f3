"""Finding an app's models and views, by module name or path."""

from __future__ import annotations

import pathlib

import pytest

from examples.city.views import CityStore, CityView
from onto import app, boiler, joins
from onto.view_model import ViewModel


def names(found: app.App) -> tuple[list[str], list[str]]:
    return [one.__name__ for one in found.models], [one.__name__ for one in found.views]


def test_a_package_with_all_its_modules_by_name_or_path() -> None:
    expected = (["Shop", "Product", "Customer", "Order"], ["ShopDashboard", "CustomerAccount"])
    assert names(app.load("examples.shop")) == expected == names(app.load("examples/shop"))


def test_one_file_by_its_path(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tiny_app.py").write_text(
        "from __future__ import annotations\n"
        "from onto import attrs\n"
        "from onto.domain_model import DomainModel\n"
        "from onto.store import Store, reference\n"
        "from onto.view_model import ViewModel\n"
        "class Dog(DomainModel):\n    name: str = attrs.nothing\n"
        "class DogStore(Store):\n    dog = reference(dm_cls=Dog)\n"
        "class Shout(ViewModel):\n    store: DogStore\n"
        "    @attrs.getter\n    def name(self) -> str:\n        return self.store.dog.name.upper()\n"
    )
    engine = boiler.load_app(str(tmp_path / "tiny_app.py"))
    engine.database.set("Dog/d", {"name": "rex"})
    assert [engine.documents(one) for one in engine.views] == [{"d": {"name": "REX"}}]


def test_a_store_built_by_hand_is_read_from_the_source() -> None:
    store, found = app.joins_of(CityView)
    assert (store, list(found), [one.model.__name__ for one in found.values()]) == (CityStore, ["city"], ["City"])


def test_forms_have_no_store_to_fill() -> None:
    assert names(app.load("examples.city"))[1] == ["CityView"]


def test_what_is_no_app_is_refused_in_one_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(app.AppError, match=r"no\.such\.thing: no such module, file or folder"):
        app.load("no.such.thing")
    with pytest.raises(app.AppError, match=r"onto\.errors defines no domain models"):
        app.load("onto.errors")
    with pytest.raises(app.AppError, match=r"examples\.shop\.models has no view models: nothing to compute"):
        boiler.load_app("examples.shop.models")


def test_a_module_named_like_one_of_pythons_own_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "token.py").write_text("class Order: ...")
    with pytest.raises(app.AppError, match=r"token\.py: the module `token` has the name of one of Python's own"):
        app.load(str(tmp_path / "token.py"))


def test_a_view_without_a_store_is_refused() -> None:
    class Bare(ViewModel):
        pass

    with pytest.raises(joins.JoinError, match="Bare does not say which store it reads: annotate `store: …Store`"):
        app.joins_of(Bare)
