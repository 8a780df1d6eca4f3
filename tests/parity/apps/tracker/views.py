"""Boards of a sprint and a project, and the page of one issue."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from statistics import mean, median
from typing import TypedDict

from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel
from tests.parity.apps.tracker.models import Bug, Issue, Priority, Project, Sprint, State

COLUMNS = (State.TODO, State.DOING, State.REVIEW, State.DONE)


class Card(TypedDict):
    key: str
    title: str
    points: int
    urgent: bool


class SprintBoardStore(Store):
    sprint = reference(dm_cls=Sprint)
    project = reference(dm_cls=Project)
    issues = reference(dm_cls=Issue, many=True, on=lambda store, issue: issue.sprint == store.sprint)


class ProjectBoardStore(Store):
    project = reference(dm_cls=Project)
    issues = reference(dm_cls=Issue, many=True, on=lambda store, issue: issue.project == store.project)
    bugs = reference(dm_cls=Bug, many=True, on=lambda store, bug: bug.project == store.project)
    sprints = reference(dm_cls=Sprint, many=True, on=lambda store, sprint: sprint.project == store.project)


class Board(ViewModel):
    """What every board shows of its issues."""

    @attrs.getter
    def open_count(self) -> int:
        return sum(not issue.is_closed for issue in self.store.issues.values())

    @attrs.getter
    def done_points(self) -> int:
        return sum(issue.points or 0 for issue in self.store.issues.values() if issue.is_closed)

    @attrs.getter
    def total_points(self) -> int:
        return sum(issue.points or 0 for issue in self.store.issues.values())

    @attrs.getter
    def progress(self) -> int:
        if not self.total_points:
            return 0
        return round(100 * self.done_points / self.total_points)

    @attrs.getter
    def assignees(self) -> list[str]:
        return sorted({issue.assignee for issue in self.store.issues.values() if issue.assignee})


class SprintBoard(Board):
    class Meta:
        collection_name = "trk_sprint_boards"

    store: SprintBoardStore

    def _key(self, issue: Issue) -> str:
        prefix = self.store.project.key if self.store.project else None
        return f"{(prefix or 'ISSUE').upper()}-{issue.number or 0}"

    @attrs.getter
    def columns(self) -> dict[str, list[str]]:
        return {
            column.value: [issue.short_title() for issue in self.store.issues.values() if issue.state == column]
            for column in COLUMNS
        }

    @attrs.getter
    def cards(self) -> list[Card]:
        ordered = sorted(
            (issue for issue in self.store.issues.values() if not issue.is_closed),
            key=lambda issue: (-(issue.priority or Priority.NORMAL), issue.created_at is None, issue.number or 0),
        )
        return [
            {
                "key": self._key(issue),
                "title": issue.short_title(20),
                "points": issue.estimate,
                "urgent": issue.priority is Priority.HIGH,
            }
            for issue in ordered
        ]

    @attrs.getter
    def days(self) -> int | None:
        sprint = self.store.sprint
        if sprint.starts is None or sprint.ends is None:
            return None
        return (sprint.ends - sprint.starts).days + 1

    @attrs.getter
    def velocity(self) -> float | None:
        if not self.days or self.days < 0:
            return None
        return round(self.done_points / self.days, 2)

    @attrs.getter
    def per_assignee(self) -> dict[str, int]:
        points: Counter[str] = Counter()
        for issue in self.store.issues.values():
            points[issue.assignee or "unassigned"] += issue.estimate
        return dict(points)

    @attrs.getter
    def overloaded(self) -> list[str]:
        return [name for name, points in sorted(self.per_assignee.items()) if points > 8 and name != "unassigned"]

    @attrs.getter
    def health(self) -> str:
        blocked = sum(1 for issue in self.store.issues.values() if issue.blocked_by and not issue.is_closed)
        if self.progress == 100:
            return "done"
        if blocked > self.open_count / 2:
            return "blocked"
        return "at risk" if blocked else "on track"

    @attrs.getter
    def title(self) -> str:
        sprint = self.store.sprint
        name = f"Sprint {sprint.number:02d}" if sprint.number is not None else "Sprint"
        return f"{name}: {sprint.goal}" if sprint.goal else name


class ProjectBoard(Board):
    class Meta:
        collection_name = "trk_project_boards"

    store: ProjectBoardStore

    @attrs.getter
    def label_counts(self) -> list[tuple[str, int]]:
        counter = Counter(label for issue in self.store.issues.values() for label in issue.labels or ())
        return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:5]

    @attrs.getter
    def label_names(self) -> list[str]:
        names = self.store.project.labels or {}
        used = {label for issue in self.store.issues.values() for label in issue.labels or ()}
        return [names.get(label, label) for label in sorted(used)]

    @attrs.getter
    def outsiders(self) -> set[str]:
        members = set(self.store.project.members or [])
        return {i.assignee for i in self.store.issues.values() if i.assignee and i.assignee not in members}

    @attrs.getter
    def median_points(self) -> float | None:
        points = [issue.points for issue in self.store.issues.values() if issue.points is not None]
        return median(points) if points else None

    @attrs.getter
    def mean_minutes(self) -> float:
        minutes = [issue.minutes for issue in self.store.issues.values() if issue.minutes > 0]
        return round(mean(minutes), 1) if minutes else 0.0

    @attrs.getter
    def minutes_per_person(self) -> dict[str, int]:
        totals: dict[str, int] = defaultdict(int)
        for issue in self.store.issues.values():
            for log in issue.work or []:
                if log.author:
                    totals[log.author] += log.minutes or 0
        return dict(totals)

    @attrs.getter
    def most_commented(self) -> str | None:
        commented = [issue for issue in self.store.issues.values() if issue.comments]
        if not commented:
            return None
        return max(commented, key=lambda issue: len(issue.comments)).title

    @attrs.getter
    def worst_bug(self) -> int | None:
        return max(
            (bug.severity for bug in self.store.bugs.values() if not bug.is_closed and bug.severity), default=None
        )

    @attrs.getter
    def bug_share(self) -> float:
        try:
            return round(len(self.store.bugs) / len(self.store.issues), 3)
        except ZeroDivisionError:
            return 0.0

    @attrs.getter
    def blockers(self) -> dict[str, int]:
        blocking: dict[str, int] = {}
        for issue in self.store.issues.values():
            for other_id in issue.blocked_by or []:
                if other_id not in self.store.issues:
                    continue
                if self.store.issues[other_id].is_closed:
                    continue
                blocking[other_id] = blocking.get(other_id, 0) + 1
        return blocking

    @attrs.getter
    def epics(self) -> list[dict[str, object]]:
        epics: list[dict[str, object]] = []
        for issue in self.store.issues.values():
            children = [child for child in self.store.issues.values() if child.parent == issue.doc_id]
            if not children:
                continue
            done = sum(1 for child in children if child.is_closed)
            epics.append({"title": issue.title, "children": len(children), "done": done, "left": len(children) - done})
        return epics

    @attrs.getter
    def quick_fixes(self) -> int:
        count = 0
        for issue in self.store.issues.values():
            if issue.closed_at is None or issue.created_at is None:
                continue
            if issue.closed_at - issue.created_at <= timedelta(days=1):
                count += 1
        return count

    @attrs.getter
    def sprint_numbers(self) -> list[int]:
        return sorted((s.number for s in self.store.sprints.values() if s.number is not None), reverse=True)

    @attrs.getter
    def latest_sprint_goal(self) -> str | None:
        latest = None
        for sprint in self.store.sprints.values():
            if sprint.starts is None:
                continue
            if latest is None or sprint.starts > latest.starts:
                latest = sprint
        return latest.goal if latest else None


class IssuePageStore(Store):
    issue = reference(dm_cls=Issue)
    project = reference(dm_cls=Project)
    subtasks = reference(dm_cls=Issue, many=True, on=lambda store, task: task.parent == store.issue)


class IssuePage(ViewModel):
    class Meta:
        collection_name = "trk_issue_pages"

    store: IssuePageStore

    @attrs.getter
    def key(self) -> str:
        project = self.store.project
        return f"{project.key if project and project.key else 'ISSUE'}-{self.store.issue.number}"

    @attrs.getter
    def thread(self) -> list[dict[str, str]]:
        return [
            {"by": comment.author or "anonymous", "text": comment.text.strip()}
            for comment in self.store.issue.comments or []
            if comment.text
        ]

    @attrs.getter
    def participants(self) -> set[str]:
        people = {comment.author for comment in self.store.issue.comments or []}
        people |= {log.author for log in self.store.issue.work or []}
        people.add(self.store.issue.assignee)
        people.discard(None)
        return people

    @attrs.getter
    def time_spent(self) -> str:
        hours, minutes = divmod(self.store.issue.minutes, 60)
        if hours:
            return f"{hours}h {minutes:02d}m"
        return f"{minutes}m"

    @attrs.getter
    def last_comment(self) -> str | None:
        comments = self.store.issue.comments
        return comments[-1].text if comments else None

    @attrs.getter
    def subtask_state(self) -> str:
        total = len(self.store.subtasks)
        if total == 0:
            return ""
        done = sum(1 for task in self.store.subtasks.values() if task.is_closed)
        return f"{done} of {total}"

    @attrs.getter
    def can_close(self) -> bool:
        return not self.store.issue.blocked_by and all(task.is_closed for task in self.store.subtasks.values())

    @attrs.getter
    def estimate(self) -> int:
        return self.store.issue.estimate + sum(task.estimate for task in self.store.subtasks.values())

    @attrs.getter
    def label_text(self) -> str:
        return ", ".join(f"#{label}" for label in sorted(self.store.issue.labels or set()))
