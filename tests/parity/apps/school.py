"""A school: classes, pupils, marks with weights, lessons; a base sheet that two reports share."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple, TypedDict

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

PASS_MARK = 50
BOUNDARIES = [(90, "A"), (80, "B"), (65, "C"), (PASS_MARK, "D")]
SUBJECT_NAMES = {"a": "Art", "b": "Biology", "12": "Maths"}


class Weight(NamedTuple):
    written: int
    oral: int


WEIGHTS = Weight(written=2, oral=1)


class SchoolClass(DomainModel):
    class Meta:
        collection_name = "sch_classes"

    name: str = attrs.nothing
    year: int = attrs.nothing
    teacher: str | None = attrs.nothing
    pupils = attrs.list(attrs.relation(dm_cls="Pupil"))
    timetable: dict[str, list[str]] = attrs.nothing


class Pupil(DomainModel):
    class Meta:
        collection_name = "sch_pupils"

    first_name: str = attrs.nothing
    last_name: str = attrs.nothing
    born: date | None = attrs.nothing
    electives: list[str] = attrs.nothing

    @property
    def sort_name(self) -> str:
        return f"{self.last_name or ''}, {self.first_name or ''}"

    @property
    def initials(self) -> str:
        return "".join(part[0].upper() for part in (self.first_name, self.last_name) if part)


class Mark(DomainModel):
    class Meta:
        collection_name = "sch_marks"

    pupil = attrs.relation(dm_cls="Pupil")
    subject: str = attrs.nothing
    kind: str = attrs.nothing
    points: int | None = attrs.nothing
    given_on: date | None = attrs.nothing

    @attrs.getter
    def counts(self) -> bool:
        return self.points is not None and 0 <= self.points <= 100

    @attrs.getter
    def weight(self) -> int:
        return WEIGHTS.written if self.kind == "written" else WEIGHTS.oral


class Absence(DomainModel):
    class Meta:
        collection_name = "sch_absences"

    pupil = attrs.relation(dm_cls="Pupil")
    day: date = attrs.nothing
    lessons: int = attrs.nothing
    excused: bool = attrs.nothing
    reason: str | None = attrs.nothing


def letter(points: float | None) -> str:
    """Return the letter of a number of points."""
    if points is None:
        return "-"
    for boundary, grade in BOUNDARIES:
        if points >= boundary:
            return grade
    return "F"


def weighted_mean(marks: list[Mark]) -> float | None:
    """Return the mean of the marks that count, the written ones twice."""
    weight = sum(mark.weight for mark in marks if mark.counts)
    if not weight:
        return None
    return sum(mark.points * mark.weight for mark in marks if mark.counts) / weight


class Sheet(ViewModel):
    """What is shown of marks anywhere."""

    @attrs.getter
    def average(self) -> float | None:
        return weighted_mean(list(self.store.marks.values()))

    @attrs.getter
    def grade(self) -> str:
        return letter(self.average)

    @attrs.getter
    def mark_count(self) -> int:
        return sum(mark.counts for mark in self.store.marks.values())

    def subject_name(self, code: str | None) -> str:
        return SUBJECT_NAMES.get(code, (code or "other").strip().capitalize())


class ReportStore(Store):
    pupil = reference(dm_cls=Pupil)
    marks = reference(dm_cls=Mark, many=True)
    absences = reference(dm_cls=Absence, many=True)


class Line(TypedDict):
    subject: str
    points: float
    grade: str


class Report(Sheet):
    """A pupil's report."""

    class Meta:
        collection_name = "sch_reports"

    store: ReportStore

    @attrs.getter
    def name(self) -> str:
        return self.store.pupil.sort_name.strip(", ") or "no name"

    @attrs.getter
    def subjects(self) -> list[str]:
        return sorted({mark.subject for mark in self.store.marks.values() if mark.subject and mark.counts})

    @attrs.getter
    def lines(self) -> list[Line]:
        by_subject: dict[str, list[Mark]] = defaultdict(list)
        for mark in self.store.marks.values():
            if mark.counts:
                by_subject[mark.subject or "other"].append(mark)
        lines: list[Line] = []
        for subject, marks in sorted(by_subject.items()):
            points = weighted_mean(marks) or 0.0
            lines.append({"subject": subject, "points": round(points, 1), "grade": letter(points)})
        return lines

    @attrs.getter
    def best_subject(self) -> str | None:
        best: str | None = None
        best_points = -1
        for mark in self.store.marks.values():
            if mark.counts and mark.points > best_points:
                best, best_points = mark.subject, mark.points
        return best

    @attrs.getter
    def failed(self) -> list[str]:
        failed = []
        for mark in self.store.marks.values():
            if not mark.counts or mark.points >= PASS_MARK:
                continue
            if mark.subject in failed:
                continue
            failed.append(mark.subject)
        return failed

    @attrs.getter
    def passes(self) -> bool:
        return len(set(self.failed)) < 2 and self.missed_lessons < 40

    @attrs.getter
    def missed_lessons(self) -> int:
        return sum(absence.lessons or 0 for absence in self.store.absences.values())

    @attrs.getter
    def unexcused_days(self) -> list[date]:
        return sorted({a.day for a in self.store.absences.values() if a.day and not a.excused})

    @attrs.getter
    def absence_note(self) -> str:
        total, unexcused = self.missed_lessons, len(self.unexcused_days)
        if total == 0:
            return "never absent"
        note = f"absent for {total} lesson{'s' if total != 1 else ''}"
        if unexcused:
            note += f", {unexcused} day{'s'[: unexcused != 1]} not excused"
        return note

    @attrs.getter
    def trend(self) -> str:
        dated = [mark for mark in self.store.marks.values() if mark.counts and mark.given_on is not None]
        if len(dated) < 2:
            return "unknown"
        dated.sort(key=lambda mark: (mark.given_on, mark.doc_id))
        first, last = dated[0].points, dated[-1].points
        if last > first:
            return "up"
        if last < first:
            return "down"
        return "level"

    @attrs.getter
    def remarks(self) -> dict[str, Any]:
        result: dict[str, Any] = {"grade": self.grade, "passed": self.passes}
        if self.store.pupil.electives:
            result["electives"] = [self.subject_name(code) for code in self.store.pupil.electives]
        if self.average is not None and self.average >= 90:
            result["honours"] = True
        return result


class ClassSheetStore(Store):
    school_class = reference(dm_cls=SchoolClass)
    pupils = reference(dm_cls=Pupil, many=True)
    marks = reference(dm_cls=Mark, many=True, on=lambda store, mark: mark.pupil in store.school_class.pupils)


class ClassSheet(Sheet):
    """A class, for its teacher."""

    class Meta:
        collection_name = "sch_class_sheets"

    store: ClassSheetStore

    @attrs.getter
    def title(self) -> str:
        school_class = self.store.school_class
        teacher = school_class.teacher or "N.N."
        return f"{school_class.year or '?'}{(school_class.name or '').lower()} ({teacher})"

    @attrs.getter
    def roll(self) -> list[str]:
        return [pupil.sort_name for pupil in sorted(self.store.pupils.values(), key=lambda p: (p.sort_name, p.doc_id))]

    @attrs.getter
    def initials(self) -> set[str]:
        return {pupil.initials for pupil in self.store.pupils.values() if pupil.initials}

    @attrs.getter
    def oldest(self) -> str | None:
        pupils = [pupil for pupil in self.store.pupils.values() if pupil.born]
        if not pupils:
            return None
        return min(pupils, key=lambda pupil: (pupil.born, pupil.doc_id)).sort_name

    @attrs.getter
    def mark_distribution(self) -> dict[str, int]:
        distribution = dict.fromkeys(["A", "B", "C", "D", "F"], 0)
        for mark in self.store.marks.values():
            if mark.counts:
                distribution[letter(mark.points)] += 1
        return distribution

    @attrs.getter
    def averages(self) -> dict[str, float]:
        averages = {}
        for pupil_id in self.store.pupils:
            marks = [mark for mark in self.store.marks.values() if mark.pupil == pupil_id]
            average = weighted_mean(marks)
            if average is not None:
                averages[pupil_id] = round(average, 1)
        return averages

    @attrs.getter
    def top_pupils(self) -> list[str]:
        return sorted(self.averages, key=lambda pupil_id: (-self.averages[pupil_id], pupil_id))[:3]

    @attrs.getter
    def without_marks(self) -> list[str]:
        marked = {mark.pupil for mark in self.store.marks.values()}
        return [pupil.sort_name for pupil_id, pupil in self.store.pupils.items() if pupil_id not in marked]

    @attrs.getter
    def busiest_day(self) -> str | None:
        timetable = self.store.school_class.timetable or {}
        return max(timetable, key=lambda day: len(timetable[day] or []), default=None)

    @attrs.getter
    def lesson_count(self) -> int:
        return sum(len(lessons or []) for lessons in (self.store.school_class.timetable or {}).values())

    @attrs.getter
    def teaches(self) -> list[str]:
        lessons: set[str] = set()
        for day in (self.store.school_class.timetable or {}).values():
            lessons.update(self.subject_name(code) for code in day or [] if code)
        return sorted(lessons)
