"""Tasks of teams: to-one chains, dict relations, embedded objects, enums, helper functions, subclasses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, IntEnum, StrEnum

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.mapper import fields
from onto.mapper.schema import Schema
from onto.models.factory import ClsFactory
from onto.store import Store, reference
from onto.view_model import ViewModel


class Priority(StrEnum):
    LOW = "low"
    HIGH = "high"


class Step(Enum):
    PLAN = "plan"
    BUILD = "build"
    CHECK = "check"

    @property
    def label(self) -> str:
        return self.value.title()  # which SQL has no words for


class Weight(IntEnum):
    LIGHT = 1
    HEAVY = 2


class Colour(str, Enum):  # noqa: UP042 - as many spell it still
    RED = "red"
    BLUE = "blue"


@dataclass
class Check:
    step: Step
    weight: Weight
    by: str


@dataclass
class Address:
    street: str
    number: int


class Company(DomainModel):
    class Meta:
        collection_name = "team_companies"

    name: str = attrs.nothing
    address: Address = attrs.nothing


class Person(DomainModel):
    class Meta:
        collection_name = "team_people"

    name: str = attrs.nothing
    email: str | None = attrs.nothing
    company = attrs.relation(dm_cls="Company")
    born: date = attrs.nothing
    rate: float = attrs.nothing


class Manager(Person):
    bonus: int = attrs.nothing


class Team(DomainModel):
    class Meta:
        collection_name = "team_teams"

    name: str = attrs.nothing
    lead = attrs.relation(dm_cls="Person")
    members = attrs.dict(attrs.relation(dm_cls="Person"))
    notes: list[str] = attrs.nothing
    limits: dict[str, int] = attrs.nothing


class Task(DomainModel):
    class Meta:
        collection_name = "team_tasks"

    team = attrs.relation(dm_cls="Team")
    owner = attrs.relation(dm_cls="Person")
    title: str = attrs.nothing
    points: int = attrs.nothing
    done: bool = attrs.nothing
    priority: Priority = attrs.nothing
    due: datetime = attrs.nothing
    labels: list[str] = attrs.nothing
    step = attrs.enum(Step)
    steps: list[Step] = attrs.nothing
    colours = attrs.list(attrs.enum(Colour))
    weights = attrs.dict(attrs.enum(Weight))
    check: Check = attrs.nothing
    checks: list[Check] = attrs.nothing
    priorities: set[Priority] = attrs.nothing
    watchers = attrs.relation(dm_cls="Person", collection=set)


class PlaceBase(DomainModel):
    _collection_name = "team_places"

    def shout(self) -> str:
        return f"{self.title}!"


Room = ClsFactory.create_customized(
    name="Room",
    fieldnames=["title", "floor"],
    auto_initialized=False,
    importable=False,
    exportable=True,
    additional_base=(PlaceBase,),
)


class HallSchema(Schema):
    level = fields.Int()
    doors = fields.List(fields.Str())


Hall = ClsFactory.create("Hall", HallSchema, base=Room)


def opened() -> None:
    Room.new(doc_id="r1", title="Room", floor="2nd").save()


def initials(name: str | None) -> str:
    if not name:
        return "?"
    return name[:2].upper()


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


class TeamPageStore(Store):
    team = reference(dm_cls=Team)
    lead = reference(dm_cls=Person)
    company = reference(dm_cls=Company)
    members = reference(dm_cls=Person, many=True)
    tasks = reference(dm_cls=Task, many=True, on=lambda store, task: task.team == store.team)


class TeamPage(ViewModel):
    class Meta:
        collection_name = "team_pages"

    store: TeamPageStore

    @attrs.getter
    def name(self) -> str:
        return self.store.team.name or "unnamed"

    @attrs.getter
    def lead_name(self) -> str | None:
        return self.store.lead.name if self.store.lead else None

    @attrs.getter
    def lead_initials(self) -> str:
        return initials(self.store.lead.name if self.store.lead is not None else None)

    @attrs.getter
    def company_name(self) -> str:
        return self.store.company.name

    @attrs.getter
    def street(self) -> str | None:
        company = self.store.company
        if company is None or company.address is None:
            return None
        return company.address.street

    @attrs.getter
    def lead_id(self) -> str | None:
        return self.store.team.lead

    @attrs.getter
    def lead_is_member(self) -> bool:
        return self.store.team.lead in self.store.members

    @attrs.getter
    def lead_is_a(self) -> bool:
        return self.store.team.lead == "a"

    @attrs.getter
    def roles(self) -> list[str]:
        return list(self.store.members)

    @attrs.getter
    def member_names(self) -> dict[str, str]:
        return {role: person.name for role, person in self.store.members.items()}

    @attrs.getter
    def role_a(self) -> str:
        return self.store.members["a"].name

    @attrs.getter
    def role_b(self) -> str | None:
        person = self.store.members.get("b")
        return None if person is None else person.email

    @attrs.getter
    def member_companies(self) -> set[str]:
        return {person.company for person in self.store.members.values() if person.company is not None}

    @attrs.getter
    def earliest(self) -> date | None:
        return min((person.born for person in self.store.members.values() if person.born), default=None)

    @attrs.getter
    def mails(self) -> str:
        return ";".join(person.email for person in self.store.members.values() if person.email)

    @attrs.getter
    def best_rate(self) -> float:
        return max(person.rate for person in self.store.members.values())

    @attrs.getter
    def doubled_rate(self) -> float:
        return self.store.lead.rate * 2 + 1

    @attrs.getter
    def open_points(self) -> int:
        return sum(task.points for task in self.store.tasks.values() if not task.done and task.points)

    @attrs.getter
    def progress(self) -> float:
        done = sum(1 for task in self.store.tasks.values() if task.done)
        return round(100 * done / len(self.store.tasks), 1)

    @attrs.getter
    def level(self) -> int:
        return clamp(self.open_points, 0, 5)

    @attrs.getter
    def urgent(self) -> list[str]:
        return [task.title for task in self.store.tasks.values() if task.priority == Priority.HIGH and not task.done]

    @attrs.getter
    def next_task(self) -> str | None:
        open_tasks = [task for task in self.store.tasks.values() if not task.done and task.due is not None]
        if len(open_tasks) == 0:
            return None
        first = min(open_tasks, key=lambda task: (task.due, task.doc_id))
        return first.title

    @attrs.getter
    def per_owner(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for task in self.store.tasks.values():
            owner = task.owner or "nobody"
            if owner not in counts:
                counts[owner] = 0
            counts[owner] += task.points or 1
        return counts

    @attrs.getter
    def owners(self) -> list[str]:
        names = []
        for task in self.store.tasks.values():
            owner = self.store.members.get(task.owner)
            if owner is not None and owner.name not in names:
                names.append(owner.name)
        return names

    @attrs.getter
    def all_labels(self) -> set[str]:
        return {label for task in self.store.tasks.values() for label in task.labels or []}

    @attrs.getter
    def label_pairs(self) -> list[str]:
        return [f"{task.title}-{label}" for task in self.store.tasks.values() for label in task.labels]

    @attrs.getter
    def board(self) -> dict[str, list[str]]:
        columns: dict[str, list[str]] = {"open": [], "done": []}
        for task_id, task in self.store.tasks.items():
            columns["done" if task.done else "open"].append(task_id)
        return columns

    @attrs.getter
    def counts(self) -> dict:
        return {
            "all": len(self.store.tasks),
            "done": len([task for task in self.store.tasks.values() if task.done]),
            "limit": (self.store.team.limits or {}).get("x"),
        }

    @attrs.getter
    def over_limit(self) -> bool:
        limit = self.store.team.limits["x"]
        return len(self.store.tasks) > limit

    @attrs.getter
    def last_note(self) -> str:
        return self.store.team.notes[-1]

    @attrs.getter
    def note_text(self) -> str:
        return " / ".join(note.strip() for note in self.store.team.notes if note.strip())

    @attrs.getter
    def words(self) -> list[str]:
        return self.name.split("-")

    @attrs.getter
    def slug(self) -> str:
        return self.name.strip().lower().replace(" ", "-")

    @attrs.getter
    def late(self) -> int:
        deadline = max((task.due for task in self.store.tasks.values() if task.due), default=None)
        if deadline is None:
            return 0
        return sum(1 for task in self.store.tasks.values() if task.due and task.due < deadline - timedelta(days=1))

    @attrs.getter
    def points_sorted(self) -> list[int]:
        return sorted((task.points for task in self.store.tasks.values() if task.points is not None), reverse=True)[:3]

    @attrs.getter
    def nested(self) -> list[dict]:
        return [
            {"title": task.title, "labels": sorted(task.labels or []), "hot": task.priority == Priority.HIGH}
            for task in sorted(self.store.tasks.values(), key=lambda task: (-(task.points or 0), task.doc_id))
        ]

    @attrs.getter
    def checked(self) -> int:
        if self.open_points > 10:
            raise ValueError("too many points")
        return self.open_points


class PersonCardStore(Store):
    person = reference(dm_cls=Manager)
    company = reference(dm_cls=Company)


class PersonCard(ViewModel):
    class Meta:
        collection_name = "team_person_cards"

    store: PersonCardStore

    @attrs.getter
    def line(self) -> str:
        person = self.store.person
        return f"{person.name!s:>5}|{person.bonus}"

    @attrs.getter
    def bonus(self) -> int | None:
        return self.store.person.bonus

    @attrs.getter
    def age_in_2030(self) -> int:
        return 2030 - self.store.person.born.year

    @attrs.getter
    def house(self) -> int:
        return self.store.company.address.number

    @attrs.getter
    def domain(self) -> str | None:
        email = self.store.person.email
        if email is None or "@" not in email:
            return None
        return email.split("@")[1]


class TaskStore(Store):
    task = reference(dm_cls=Task)
    owner = reference(dm_cls=Person)
    watchers = reference(dm_cls=Person, many=True)


class TaskSteps(ViewModel):
    class Meta:
        collection_name = "team_task_steps"

    store: TaskStore

    @attrs.getter
    def watchers(self) -> list[str]:
        return sorted(one.name or "" for one in self.store.watchers.values())

    @attrs.getter
    def step(self) -> Step | None:
        return self.store.task.step

    @attrs.getter
    def step_name(self) -> str:
        return self.store.task.step.name

    @attrs.getter
    def step_label(self) -> str:
        return self.store.task.step.label

    @attrs.getter
    def values(self) -> list[str]:
        return [one.value for one in self.store.task.steps or ()]

    @attrs.getter
    def names(self) -> list[str]:
        return [one.name for one in self.store.task.steps or ()]

    @attrs.getter
    def labels(self) -> list[str]:
        return [one.label for one in self.store.task.steps or ()]

    @attrs.getter
    def steps(self) -> list[Step]:
        return self.store.task.steps

    @attrs.getter
    def is_checked(self) -> bool:
        return Step.CHECK in (self.store.task.steps or ())

    @attrs.getter
    def times(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.store.task.steps or ():
            found[one.name] = found.get(one.name, 0) + 1
        return found

    @attrs.getter
    def reds(self) -> int:
        return sum(one is Colour.RED for one in self.store.task.colours or ())

    @attrs.getter
    def colour_names(self) -> list[str]:
        return [one.name.lower() + "=" + one.value for one in self.store.task.colours or ()]

    @attrs.getter
    def heavy(self) -> list[str]:
        return [key for key, one in (self.store.task.weights or {}).items() if one >= Weight.HEAVY]

    @attrs.getter
    def weight(self) -> int:
        return sum((self.store.task.weights or {}).values())

    @attrs.getter
    def weight_names(self) -> dict[str, str]:
        return {key: one.name.title() for key, one in (self.store.task.weights or {}).items()}

    @attrs.getter
    def check_step(self) -> str | None:
        return self.store.task.check.step.value if self.store.task.check else None

    @attrs.getter
    def checkers(self) -> list[str]:
        return [one.by for one in self.store.task.checks or () if one.step is not Step.PLAN]

    @attrs.getter
    def check_labels(self) -> list[str]:
        return [f"{one.step.label} {one.weight.name}" for one in self.store.task.checks or ()]

    @attrs.getter
    def urgent(self) -> bool:
        return Priority.HIGH in (self.store.task.priorities or set())

    @attrs.getter
    def priority_names(self) -> list[str]:
        return sorted(one.name for one in self.store.task.priorities or set())


class RoomStore(Store):
    room = reference(dm_cls=Room)


class RoomCard(ViewModel):
    class Meta:
        collection_name = "team_room_cards"

    store: RoomStore

    @attrs.getter
    def title(self) -> str:
        return self.store.room.shout()

    @attrs.getter
    def floor(self) -> str:
        return self.store.room.floor or "ground"

    @attrs.getter
    def label(self) -> str:
        return self.store.room.title.title() if self.store.room.floor else "closed"


class HallStore(Store):
    hall = reference(dm_cls=Hall)


class HallCard(ViewModel):
    class Meta:
        collection_name = "team_hall_cards"

    store: HallStore

    @attrs.getter
    def doors(self) -> list[str]:
        return sorted(self.store.hall.doors or ())

    @attrs.getter
    def label(self) -> str:
        return f"{self.store.hall.title} {self.store.hall.level}".title()
