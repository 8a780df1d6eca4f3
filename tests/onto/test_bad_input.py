"""Bad input on every datastore: an error that names model, field and value, nothing stored, nothing that hangs."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onto import attrs
from onto.context import CTX
from onto.database import opening, protocol
from onto.domain_model import DomainModel
from onto.mapper.load import MappingError
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.onto import datastores


class Kind(enum.Enum):
    PORT = "port"
    INLAND = "inland"


@dataclasses.dataclass
class Spot:
    north: int
    east: int


class Town(DomainModel):
    class Meta:
        collection_name = "towns"

    name: str = attrs.nothing
    people: int = attrs.nothing
    area: float = attrs.nothing
    capital: bool = attrs.nothing
    founded: datetime.date = attrs.nothing
    tags: list[str] = attrs.nothing
    twin = attrs.relation(dm_cls="Town")
    kind: Kind = attrs.nothing
    seen: datetime.datetime = attrs.nothing
    cost: decimal.Decimal = attrs.nothing
    spot: Spot = attrs.nothing
    extra = attrs.bproperty()


class TownStore(Store):
    town = reference(dm_cls=Town)
    twin = reference(dm_cls=Town)


class TownView(ViewModel):
    store: TownStore

    @attrs.getter
    def twin(self) -> str | None:
        return None if self.store.twin is None else self.store.twin.name


@pytest.fixture(params=datastores.ALL, autouse=True)
def _datastore(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[None]:
    opened = datastores.ALL[request.param](tmp_path)
    CTX.use(opened)
    yield
    TownView.release()
    CTX.use(None)
    getattr(opened, "close", lambda: None)()


def stored() -> list[str]:
    return [path for path, _ in CTX.database.collection("towns")]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nmae": "x"}, "Town has no attribute `nmae`; did you mean `name`?"),
        ({"name": 1}, "Town.name: 1 is not a string"),
        ({"people": "many"}, "Town.people: 'many' is not an integer"),
        ({"people": 2**63}, "Town.people: 9223372036854775808 does not fit 64 bits"),
        ({"people": True}, "Town.people: True is not an integer"),
        ({"area": "wide"}, "Town.area: 'wide' is not a number"),
        ({"capital": "yes"}, "Town.capital: 'yes' is not true or false"),
        ({"founded": "1850"}, "Town.founded: '1850' is not a date"),
        ({"tags": "a"}, "Town.tags: 'a' is not a list"),
        ({"tags": ["a", 1]}, "Town.tags: 1 is not a string"),
        ({"twin": 7}, "Town.twin: 7 is not a string"),
        ({"kind": "prot"}, "Town.kind: 'prot' is not one of 'port', 'inland'"),
        ({"spot": {"north": 1, "aest": 2}}, "Town.spot has no field `aest`; did you mean `east`?"),
        ({"spot": {"north": 1, "up": 2}}, "Town.spot has no field `up`; it has north, east"),
        ({"spot": Kind.PORT}, "Town.spot: <Kind.PORT: 'port'> is not a Spot"),
        ({"extra": [object]}, "Town.extra: [<class 'object'>] has no stored form"),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_nothing_is_stored(values: dict[str, Any], message: str) -> None:
    def both() -> None:
        with CTX.database.transaction():
            Town.new(doc_id="fine", name="Fine").save()
            Town.new(doc_id="bad", **values).save()

    with pytest.raises(ValueError, match=re.escape(message)):
        both()
    assert stored() == []


@pytest.mark.parametrize("doc_id", ["", "a/b", "/"])
def test_an_id_that_is_no_part_of_a_path_is_named(doc_id: str) -> None:
    with pytest.raises(ValueError, match=f"'towns/{doc_id}' is not the path of a document"):
        Town.new(doc_id=doc_id).save()
    assert Town.get(doc_id) is None
    assert CTX.database.group("towns") == []


def test_a_mistyped_assignment_is_named() -> None:
    town = Town.new(doc_id="t")
    with pytest.raises(AttributeError, match="Town has no attribute `poeple`; did you mean `people`"):
        town.poeple = 1


def test_a_stored_document_of_another_shape_is_named() -> None:
    CTX.db.document("towns/bad").set({"people": "many", "obj_type": "Town"})
    for read in (lambda: Town.get("bad"), lambda: list(Town.all())):
        with pytest.raises(MappingError, match=r"Town\.people: 'many' is not an integer"):
            read()
    assert TownView.get("bad") is None


def both_conditions() -> Any:
    return Town.where(Town.people > 1 and Town.people < 9)


def either_condition() -> Any:
    return Town.where((Town.people > 1) or (Town.name == "x"))


def chained_condition() -> Any:
    return Town.where(1 < Town.people < 9)


def negated_condition() -> Any:
    return Town.where(not Town.capital)


NAIVE = datetime.datetime(2026, 1, 1)
AWARE = NAIVE.replace(tzinfo=datetime.UTC)
WRONG: list[tuple[Callable[[], Any], str]] = [
    (both_conditions, "a condition is neither true nor false: write where(a, b) for both"),
    (either_condition, "a condition is neither true nor false: write where(a, b) for both"),
    (chained_condition, "a condition is neither true nor false: write where(a, b) for both"),
    (negated_condition, "False is not a condition: write City.population < 9, or population=9"),
    (lambda: Town.where(True), "True is not a condition: write City.population < 9, or population=9"),
    (lambda: Town.where("people"), "'people' is not a condition: write City.population < 9, or population=9"),
    (lambda: Town.where("people", "~", 1), "unknown operator '~': use one of <, <=,"),
    (lambda: Town.where("people", None, 1), "unknown operator None: use one of <, <=,"),
    (lambda: Town.where(poeple=1), "Town has no attribute `poeple`; did you mean `people`?"),
    (lambda: Town.where("poeple", "<", 1), "Town has no attribute `poeple`; did you mean `people`?"),
    (lambda: Town.get_query().order_by("nmae"), "Town has no attribute `nmae`; did you mean `name`?"),
    (lambda: Town.where(Town.people < "many"), "Town.people: 'many' cannot be compared with its values, int"),
    (lambda: Town.where(name=3), "Town.name: 3 cannot be compared with its values, str"),
    (lambda: Town.where(capital="yes"), "Town.capital: 'yes' cannot be compared with its values, bool"),
    (lambda: Town.where(Town.people.in_([1, "two"])), "Town.people: 'two' cannot be compared with its values, int"),
    (lambda: Town.where(kind="prot"), "Town.kind: 'prot' cannot be compared with its values, Kind.PORT or Kind.INLAND"),
    (lambda: Town.where(Town.kind < Kind.PORT), "Town.kind: members of Kind have no order"),
    (
        lambda: Town.where(seen="2026-01-01"),
        "Town.seen: '2026-01-01' cannot be compared with its values, datetime, with",
    ),
    (lambda: Town.where(Town.seen < NAIVE), "cannot be compared with its values, datetime, with a time zone"),
    (lambda: Town.where(founded=NAIVE), "cannot be compared with its values, date"),
    (lambda: Town.where(Town.cost > "2"), "Town.cost: '2' cannot be compared with its values, Decimal"),
    (lambda: Town.where(Town.cost > 2.5), "Town.cost: 2.5 cannot be compared with its values, Decimal"),
    (lambda: Town.where(Town.tags.has(1)), "Town.tags: 1 cannot be compared with its values, str"),
    (lambda: Town.where("people", "in", 3), "people: `in` takes a list, not 3"),
    (lambda: Town.where("name", "in", "abc"), "name: `in` takes a list, not 'abc'"),
    (lambda: Town.where("tags", "array_contains_any", "a"), "tags: `array_contains_any` takes a list, not 'a'"),
    (lambda: Town.get_query().limit(-1), "a limit is at least 0, not -1"),
    (lambda: CTX.db.collection("towns").where("people", "~", 1), "unknown operator '~': use one of <, <=,"),
    (lambda: CTX.db.collection("towns").where("people", "in", 1), "people: `in` takes a list, not 1"),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_a_broken_condition_says_what_to_write(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        make()


def test_conditions_that_are_right_stay_so() -> None:
    more = {"kind": Kind.PORT, "seen": AWARE, "cost": decimal.Decimal("2.5"), "spot": {"north": 1, "east": 2}}
    Town.new(doc_id="a", name="A", people=2, area=1.5, capital=True, tags=["x"], **more).save()
    for query in (
        Town.where(kind=Kind.PORT), Town.where(kind="port"), Town.where("kind", "in", ["port"]), Town.where(seen=AWARE),
        Town.where(Town.kind != Kind.INLAND), Town.where(Town.cost > 2), Town.where(cost=decimal.Decimal("2.50")),
        Town.where(Town.people < 2.5), Town.where(area=1.5), Town.where(Town.area > 1), Town.where(capital=True),
        Town.where(Town.tags.has("x")), Town.where("people", "not-in", [1, 3]), Town.where(Town.name.in_(("A", "B"))),
    ):  # fmt: skip
        assert [one.doc_id for one in query] == ["a"]
    assert [one.doc_id for one in Town.where(name=None)] == []
    Town.new(doc_id="b", kind=Kind.INLAND).save()
    assert [one.doc_id for one in Town.where().order_by("kind")] == ["b", "a"]


def test_what_is_not_there_is_none_or_says_so() -> None:
    assert (Town.get("none"), TownView.get("none"), Town.where(name="x").first()) == (None, None, None)
    Town.new(doc_id="none").delete()
    with pytest.raises(protocol.NotFoundError, match="towns/none: there is no such document"):
        CTX.db.document("towns/none").update({"name": "x"})
    assert stored() == []


def test_a_cycle_of_relations_ends_and_a_deleted_target_is_none() -> None:
    Town.new(doc_id="a", name="A", twin="b").save()
    Town.new(doc_id="b", name="B", twin="a").save()
    Town.new(doc_id="c", name="C", twin="c").save()
    told: list[Any] = []
    assert [TownView.get(one).to_view_dict() for one in "abc"] == [{"twin": "B"}, {"twin": "A"}, {"twin": "C"}]  # type: ignore[union-attr]  # they are there
    TownView.get("a", once=False, f_notify=lambda obj: told.append(obj.twin))
    Town.new(doc_id="b").delete()
    assert told == ["B", None]
    assert Town.get("a").twin == "b"  # type: ignore[union-attr]  # it is there


def test_what_no_document_holds_is_refused_by_its_path() -> None:
    with pytest.raises(protocol.DatastoreError, match="towns/a: "):
        CTX.db.document("towns/a").set({"x": object()})
    assert stored() == []


@pytest.mark.parametrize("url", ["file:{}", "sqlite:///{}"])
def test_a_file_that_is_no_datastore_is_named_and_stays(url: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "shop.broken"
    path.write_bytes(b"\x00this is no datastore\n" * 100)
    before = path.read_bytes()
    with pytest.raises(protocol.DatastoreError, match=r"shop\.broken"):
        opening.opened(url.format(path))
    assert path.read_bytes() == before
