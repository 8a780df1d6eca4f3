"""What a tracker keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from onto.attrs import attrs
from onto.domain_model import DomainModel


class State(StrEnum):
    TODO = "todo"
    DOING = "doing"
    REVIEW = "review"
    DONE = "done"


class Priority(IntEnum):
    LOW = 1
    NORMAL = 2
    HIGH = 3


@dataclass
class Comment:
    author: str
    text: str
    at: datetime


@dataclass
class WorkLog:
    author: str
    minutes: int


class Project(DomainModel):
    class Meta:
        collection_name = "trk_projects"

    key: str = attrs.nothing
    name: str = attrs.nothing
    members: list[str] = attrs.nothing
    labels: dict[str, str] = attrs.nothing


class Sprint(DomainModel):
    class Meta:
        collection_name = "trk_sprints"

    project = attrs.relation(dm_cls="Project")
    number: int = attrs.nothing
    starts: date = attrs.nothing
    ends: date = attrs.nothing
    goal: str | None = attrs.nothing


class Issue(DomainModel):
    class Meta:
        collection_name = "trk_issues"

    project = attrs.relation(dm_cls="Project")
    sprint = attrs.relation(dm_cls="Sprint")
    parent = attrs.relation(dm_cls="Issue")
    number: int = attrs.nothing
    title: str = attrs.nothing
    state: State = attrs.nothing
    priority: Priority = attrs.nothing
    points: int | None = attrs.nothing
    assignee: str | None = attrs.nothing
    labels: set[str] = attrs.nothing
    comments: list[Comment] = attrs.nothing
    work: list[WorkLog] = attrs.nothing
    blocked_by: list[str] = attrs.nothing
    created_at: datetime = attrs.nothing
    closed_at: datetime | None = attrs.nothing

    @attrs.getter
    def is_closed(self) -> bool:
        return self.state == State.DONE

    @attrs.getter
    def minutes(self) -> int:
        return sum(log.minutes or 0 for log in self.work or [])

    @property
    def estimate(self) -> int:
        return self.points if self.points is not None else 1

    def short_title(self, limit: int = 12) -> str:
        title = " ".join((self.title or "untitled").split())
        if len(title) <= limit:
            return title
        return title[: limit - 1].rstrip() + "…"


class Bug(Issue):
    severity: int = attrs.nothing
    found_in: str | None = attrs.nothing

    @property
    def estimate(self) -> int:
        return (self.points or 1) + (1 if (self.severity or 0) > 2 else 0)
