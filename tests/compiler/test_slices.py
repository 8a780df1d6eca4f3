"""Slices: what a getter may read, never less than it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import slices
from compiler.sources import Sources
from tests.compiler import projects

APP = (
    projects.HEADER
    + """
from operator import attrgetter

class User(DomainModel):
    first: str = attrs.nothing
    last: str = attrs.nothing
    age: int = attrs.nothing
    tags: list[str] = attrs.nothing

    @attrs.getter
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def older(self, other):
        return self.age > other.age

class Team(DomainModel):
    title: str = attrs.nothing
    users = attrs.list(attrs.relation(dm_cls="User"))
    lead = attrs.relation(dm_cls="User")

class TeamStore(Store):
    team = reference(dm_cls=Team)
    lead = reference(dm_cls=User)
    users = reference(dm_cls=User, many=True)

    def grown(self):
        return [one for one in self.users.values() if one.age > LIMIT]

    @staticmethod
    def shout(text):
        return text.upper()

LIMIT = 18

def names(people):
    return [one.name for one in people]

def everything(store):
    return names(store.users.values())

def titled(view):
    return view.title

class TeamView(ViewModel):
    store: TeamStore
"""
)

CASES = [
    ("self.store.team.title", {"team": ("doc_id", "title")}),
    ("len(self.store.users)", {"users": ("doc_id",)}),
    ("self.store.lead.name", {"lead": ("doc_id", "first", "last")}),
    ("self.store.lead == 'x'", {"lead": ("doc_id",)}),
    ("names(self.store.users.values())", {"users": ("doc_id", "first", "last")}),
    ("everything(self.store)", {"users": ("doc_id", "first", "last")}),
    ("len(self.store.grown())", {"users": ("doc_id", "age")}),
    ("[u.older(self.store.lead) for u in self.store.users.values()]", {
        "lead": ("doc_id", "age"), "users": ("doc_id", "age"),
    }),
    ("self.other", {"team": ("doc_id", "title")}),
    ("titled(self)", {"team": ("doc_id", "title")}),
    ("(lambda store: store.team.title)(self.store)", {"team": ("doc_id", "title")}),
    ("sorted(self.store.users.values(), key=attrgetter('age'))", {"users": ("doc_id", "age")}),
    ("getattr(self.store.lead, 'age')", {"lead": ("doc_id", "age")}),
    ("getattr(self.store, 'lead').age", {"lead": ("doc_id", "age")}),
    ("getattr(self.store.lead, 'a' + 'ge')", {
        "lead": ("doc_id", "obj_type", "doc_ref", "first", "last", "age", "tags"),
    }),
    ("'{0.first}'.format(self.store.lead)", {"lead": ("doc_id", "first")}),
    ("self.doc_id", {"team": ("doc_id",)}),
    ("TeamStore.shout('x')", {}),
    ("LIMIT", {}),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "reads"), CASES, ids=[one[0] for one in CASES])
def test_a_getter_reads(expr: str, reads: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    text = f"""
    @attrs.getter
    def title(self):
        return self.store.team.title

    @attrs.getter
    def other(self):
        return self.title

    @attrs.getter
    def value(self):
        return {expr}
"""
    app = projects.resolved(tmp_path, app=APP + text)
    assert slices.reads(Sources(app), "TeamView", "value") == reads
