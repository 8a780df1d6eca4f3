"""Documents of older versions: they look the same wherever they are read, and stay as they are until written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from onto import attrs, loading, mediator, methods, source, wire
from onto.boiler import Engine
from onto.context import CTX
from onto.database.client import DocumentReference, DocumentSnapshot
from onto.database.memory import Memory
from onto.domain_model import DomainModel
from onto.mapper.load import MappingError
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.onto import datastores


class Member(DomainModel):
    class Meta:
        collection_name = "members"

    first_name: str = attrs.nothing
    plan: str = attrs.nothing  # new: older documents lack it
    tags: list[str] = attrs.nothing
    club = attrs.relation(dm_cls="Club")

    @classmethod
    def upgrade(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        document = {"plan": "free", **document}
        if "name" in document:
            document["firstName"] = document.pop("name").partition(" ")[0]
        document.get("tags", []).append("seen")  # changes in place what was given
        if document.get("obj_type") == "Person":
            document["obj_type"] = "Member"
        return document

    def leave(self) -> str:
        self.plan = "none"
        return self.first_name

    def shown(self) -> str:
        return f"{self.first_name} {self.plan}"


class Patron(Member):
    gift: int = attrs.nothing

    @classmethod
    def upgrade(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        document = dict(super().upgrade(document))
        document.setdefault("gift", 5)
        return document


class Club(DomainModel):
    class Meta:
        collection_name = "clubs"

    title: str = attrs.nothing


class MemberStore(Store):
    member = reference(dm_cls=Member)


class MemberView(ViewModel):
    store: MemberStore

    name: str = attrs.nothing

    @name.getter
    def name(self):
        return f"{self.store.member.first_name} {self.store.member.plan}"

    @name.setter
    def name(self, value):
        self.store.member.first_name = value


class ClubStore(Store):
    club = reference(dm_cls=Club)
    members = reference(dm_cls=Member, many=True, on=lambda store, member: member.club == store.club.doc_id)


class ClubView(ViewModel):
    store: ClubStore

    names: list[str] = attrs.nothing

    @names.getter
    def names(self):
        return [one.first_name for one in self.store.members.values()]


OLD = {"obj_type": "Person", "doc_id": "a", "name": "Ann Lee", "tags": ["x"], "club": "c", "fax": "dropped"}
READ = {"firstName": "Ann", "plan": "free", "tags": ["x", "seen"], "club": "c"}


@pytest.fixture(params=["memory", "file", "sqlite"])
def _database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    opened = datastores.ALL[request.param](tmp_path)
    CTX.use(opened)
    opened.set("members/a", OLD)
    opened.set("members/p", {"obj_type": "Patron", "doc_id": "p", "name": "Pat"})
    yield
    CTX.use(None)
    getattr(opened, "close", lambda: None)()


@pytest.fixture
def _documents() -> Iterator[None]:
    CTX.use(Memory())
    CTX.database.set("members/a", OLD)
    yield
    CTX.use(None)


def values(found: DomainModel | None) -> dict[str, Any]:
    assert found is not None
    return {key: value for key, value in found.to_dict().items() if key not in ("obj_type", "doc_id", "doc_ref")}


@pytest.mark.usefixtures("_database")
def test_a_datastore_gives_older_documents_as_this_version_has_them() -> None:
    assert values(Member.get("a")) == READ
    assert Patron.get("a") is None
    assert [values(one) for one in Member.all()] == [
        READ,
        {"firstName": "Pat", "plan": "free", "gift": 5},
    ]
    assert [values(one)["gift"] for one in Patron.all()] == [5]
    reference_ = DocumentReference(CTX.database, "members/a")
    assert values(Member.from_snapshot(reference_.get())) == READ
    assert CTX.database.get("members/a") == OLD  # until it is written


@pytest.mark.usefixtures("_database")
def test_queries_ask_for_what_this_version_has_and_not_for_what_is_stored() -> None:
    assert [one.doc_id for one in Member.where(first_name="Ann")] == ["a"]
    assert [one.doc_id for one in Member.where(plan="free").order_by("-first_name")] == ["p", "a"]
    assert [one.doc_id for one in Patron.where(Patron.gift > 4)] == ["p"]
    assert [one.doc_id for one in Member.where(first_name="Ann Lee")] == []


@pytest.mark.usefixtures("_database")
def test_live_views_show_this_version() -> None:
    heard: list[str] = []
    view = MemberView.get("a", once=False, f_notify=lambda obj: heard.append(obj.name))
    assert view is not None
    assert heard == ["Ann free"]
    CTX.database.set("members/a", {**OLD, "name": "Eve"})
    assert heard == ["Ann free", "Eve free"]
    MemberView.release()


@pytest.mark.usefixtures("_documents")
def test_a_source_gives_its_functions_this_version() -> None:
    seen: list[dict[str, Any]] = []

    class Follower(mediator.Mediator):
        members = source.domain_model(Member)

        @members.triggers.on_create
        def created(self, obj: Member) -> None:
            seen.append(values(obj))

    Follower.start()
    Follower.stop()
    assert seen == [READ]


def test_the_engine_computes_views_of_this_version_whatever_is_stored() -> None:
    engine = Engine(views=[MemberView, ClubView])
    engine.save(Club.new(doc_id="c"))
    engine.apply(wire.Change("members", "a", None, OLD))
    assert engine.documents(MemberView)["a"]["name"] == "Ann free"
    assert engine.documents(ClubView)["c"]["names"] == ["Ann"]
    assert values(engine.get(Member, "a")) == READ
    assert engine.database.get("members/a") == OLD
    engine.update(MemberView, "a", name="Ida")
    assert engine.documents(ClubView)["c"]["names"] == ["Ida"]
    stored = engine.database.get("members/a")
    assert stored is not None
    assert stored == {**READ, "firstName": "Ida", "obj_type": "Member", "doc_id": "a", "doc_ref": "members/a"}


def test_a_method_writes_this_version_and_one_that_changes_nothing_writes_nothing() -> None:
    engine = Engine()
    engine.database.set("members/a", OLD)
    assert engine.call(Member, "a", "shown") == "Ann free"
    assert engine.database.get("members/a") == OLD
    assert engine.call(Member, "a", "leave") == "Ann"
    stored = engine.database.get("members/a")
    assert stored is not None
    assert (stored["plan"], stored["tags"], "name" in stored) == ("none", ["x", "seen"], False)  # upgraded once


def test_a_store_of_snapshots_holds_this_version() -> None:
    store = MemberStore()
    store.add_snapshot(
        "member", dm_cls=Member, snapshot=DocumentSnapshot(DocumentReference(Memory(), "members/a"), OLD)
    )
    store.refresh()
    assert values(store.member) == READ
    assert OLD["tags"] == ["x"]


def test_an_import_takes_files_of_older_versions(tmp_path: Path) -> None:
    path = tmp_path / "members.jsonl"
    old = {"name": "Ann Lee", "tags": []}
    path.write_text(json.dumps({"collection": "members", "doc_id": "a", "document": old}), encoding="utf-8")
    assert len(loading.read(path, methods.Models.around([Member]))) == 1
    path.write_text(json.dumps({"collection": "members", "doc_id": "a", "document": {"nme": "A"}}), encoding="utf-8")
    with pytest.raises(loading.LoadError, match="Member has no attribute with the key 'nme'"):
        loading.read(path, methods.Models.around([Member]))


class Broken(DomainModel):
    text: str = attrs.nothing

    @classmethod
    def upgrade(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        return None if document.get("text") == "none" else {**document, "text": document["txt"]}  # type: ignore[return-value]  # the fault


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, r"Broken\.upgrade: KeyError: 'txt'"),
        ({"text": "none"}, r"Broken\.upgrade returns None, which is no document"),
    ],
)
def test_an_upgrade_that_fails_says_so(document: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError, match=message):
        Broken.from_dict(document, doc_id="b")
