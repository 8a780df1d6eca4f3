"""Generated functions: what they compute from SQL's arguments, and that they stand alone."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compiler import emit_udf, evaluate
from onto import tagged
from tests.compiler import projects

MODELS = (
    projects.HEADER
    + """
from datetime import date, datetime
from decimal import Decimal
import pricing
from pricing import Level, discounted as cheaper

class Kind(DomainModel):
    label: str = attrs.nothing
    price: Decimal = attrs.decimal(precision=12, scale=2)
    sold: datetime = attrs.nothing
    days: list[date] = attrs.nothing
    weights: dict[str, float] = attrs.nothing
    extra = attrs.bproperty()

    @attrs.getter
    def shout(self) -> str:
        return self.label.upper()

    def net(self, rate):
        return pricing.net(self.price, rate)

class Special(Kind):
    @attrs.getter
    def shout(self) -> str:
        return super().shout + "!"

class Root(DomainModel):
    name: str = attrs.nothing
    kinds = attrs.list(attrs.relation(dm_cls="Kind"))
    favourite = attrs.relation(dm_cls="Kind")
"""
)

VIEWS = (
    """
from models import Kind, Root, Special
from decimal import Decimal
"""
    + projects.HEADER.replace("from __future__ import annotations\n", "")
    + """
from pricing import Level, discounted as cheaper

LIMIT = Decimal("10")
_cache = {}

class ShelfStore(Store):
    root = reference(dm_cls=Root)
    favourite = reference(dm_cls=Kind)
    kinds = reference(dm_cls=Kind, many=True)

    def dear(self):
        return [one for one in self.kinds.values() if one.price is not None and one.price > LIMIT]

class Named:
    def greeting(self):
        return "hello " + self.store.root.name

class Shelf(Named, ViewModel):
    store: ShelfStore

    @attrs.getter
    def shouts(self) -> list[str]:
        return [one.shout for one in self.store.kinds.values()]

    @attrs.getter
    def dear_nets(self) -> list[Decimal]:
        return [one.net(cheaper(Level.HIGH)) for one in self.store.dear()]

    @attrs.getter
    def hello(self) -> str:
        return self.greeting()

    @attrs.getter
    def favourite_label(self) -> str | None:
        return self.store.favourite.label

    @attrs.getter
    def favourites(self) -> int:
        return sum(key == self.store.favourite for key in self.store.kinds)

    @attrs.getter
    def wrong(self) -> int:
        return self.store.root.name

    @attrs.getter
    def whole(self):
        return {one.doc_id: (one.sold, one.days, one.weights, one.extra) for one in self.store.kinds.values()}

    @attrs.getter
    def special(self) -> int:
        return len([one for one in self.store.kinds.values() if isinstance(one, Special)])
"""
)

PRICING = """
import enum
from decimal import Decimal
from rates import *

class Level(enum.Enum):
    LOW = 1
    HIGH = 2

def net(price, rate):
    # the project's own words stay as they are
    return price * (1 - rate) * FACTOR

def discounted(level):
    from rates import RATES
    return RATES[level.name]

raise_when_imported = 1 / 0
"""

RATES = """
from decimal import Decimal
FACTOR = Decimal(1)
RATES = {"LOW": Decimal("0.1")}
RATES["HIGH"] = Decimal("0.5")
"""

Call = Any  # a function of whatever SQL passes


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    app = projects.resolved(
        tmp_path_factory.mktemp("project"), app=f"{VIEWS}", models=MODELS, pricing=PRICING, rates=RATES
    )
    return emit_udf.emit(projects.in_python(app), app)


KINDS = (
    '{"doc_id":"k2","obj_type":"Special","label":"b","price":20.50,"sold":"2026-01-02T03:04:05.5Z",'
    '"days":["2026-01-02",null],"weights":{"z":1.5,"a":"NaN"},"extra":"{\\"x\\": 1}"},'
    '{"doc_id":"k1","obj_type":"Kind","label":"a","price":1,"sold":null,"days":null,"weights":null,"extra":"text"}'
)


def _call(files: dict[str, str], name: str, *args: Any) -> tuple[Any, str | None]:
    with evaluate.functions(files) as functions:
        return functions[name](*args)


def test_entities_come_in_key_order_as_objects_of_their_own_class(files: dict[str, str]) -> None:
    assert _call(files, "shelf__shouts", KINDS) == ('["A","B!"]', None)


def test_no_element_is_an_empty_mapping(files: dict[str, str]) -> None:
    assert _call(files, "shelf__shouts", None) == ("[]", None)


def test_helpers_constants_and_enums_of_other_modules_are_shipped(files: dict[str, str]) -> None:
    value, error = _call(files, "shelf__dear_nets", KINDS)
    assert (tagged.loads(value), error) == ([Decimal("10.25")], None)


def test_methods_of_a_mixin_are_shipped(files: dict[str, str]) -> None:
    assert _call(files, "shelf__hello", "r1", "you") == ("hello you", None)


def test_a_missing_target_is_none(files: dict[str, str]) -> None:
    error = "AttributeError: 'NoneType' object has no attribute 'label'"
    assert _call(files, "shelf__favourite_label", None, None, None) == (None, error)


def test_an_entity_equals_its_id(files: dict[str, str]) -> None:
    assert _call(files, "shelf__favourites", "k2", "Kind", KINDS) == (1, None)


def test_a_value_of_another_type_is_an_error(files: dict[str, str]) -> None:
    assert _call(files, "shelf__wrong", "r1", "text") == (None, "TypeError: expected int, got str")


def test_subclasses_are_told_apart(files: dict[str, str]) -> None:
    assert _call(files, "shelf__special", KINDS) == (1, None)


def test_whole_values_keep_their_types(files: dict[str, str]) -> None:
    value, error = _call(files, "shelf__whole", KINDS)
    found = tagged.loads(value)
    assert error is None
    assert list(found) == ["k1", "k2"]
    assert found["k1"] == [None, None, None, "text"]
    sold, days, weights, extra = found["k2"]
    assert sold.isoformat() == "2026-01-02T03:04:05.500000+00:00"
    assert [None if one is None else one.isoformat() for one in days] == ["2026-01-02", None]
    assert repr(weights) == "{'a': nan, 'z': 1.5}"
    assert extra == {"x": 1}


def test_a_statement_that_no_getter_needs_is_left_out(files: dict[str, str]) -> None:
    assert [path for path, text in files.items() if "raise_when_imported" in text] == []


def test_the_same_source_gives_the_same_texts(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=VIEWS, models=MODELS, pricing=PRICING, rates=RATES)
    first = emit_udf.emit(projects.in_python(app), app)
    assert list(first.items()) == list(emit_udf.emit(projects.in_python(app), app).items())


def test_the_package_needs_neither_onto_nor_flink(files: dict[str, str], tmp_path: Path) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    package = next(iter(files)).partition("/")[0]
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import {package}.getters; print(sorted(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert "'onto'" not in found
    assert "pyflink" not in found


def test_generated_texts_pass_the_linter(files: dict[str, str], tmp_path: Path) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    package = next(iter(files)).partition("/")[0]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F,E9", "--ignore=F821", tmp_path / package],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "All checks passed!"
