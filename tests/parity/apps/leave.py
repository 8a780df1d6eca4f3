"""Human resources: employees in a tree of departments, leave requests, contracts; balances of days."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

YEAR_START = date(2026, 1, 1)
BASE_DAYS = 25
EXTRA_DAYS = {"disabled": 5, "parent": 2, "a": 1}


class LeaveKind(StrEnum):
    VACATION = "vacation"
    SICK = "sick"
    UNPAID = "unpaid"


class Department(DomainModel):
    class Meta:
        collection_name = "hrl_departments"

    name: str = attrs.nothing
    parent = attrs.relation(dm_cls="Department")
    head = attrs.relation(dm_cls="Employee")
    min_staff: int = attrs.nothing


class Employee(DomainModel):
    class Meta:
        collection_name = "hrl_employees"

    name: str = attrs.nothing
    department = attrs.relation(dm_cls="Department")
    manager = attrs.relation(dm_cls="Employee")
    hired_on: date = attrs.nothing
    weekly_hours: float | None = attrs.nothing
    salary: int | None = attrs.nothing
    flags: set[str] = attrs.nothing
    skills: dict[str, int] = attrs.nothing

    @property
    def seniority(self) -> int:
        if self.hired_on is None or self.hired_on > YEAR_START:
            return 0
        years = YEAR_START.year - self.hired_on.year
        if (YEAR_START.month, YEAR_START.day) < (self.hired_on.month, self.hired_on.day):
            years -= 1
        return years

    @property
    def entitled_days(self) -> int:
        days = BASE_DAYS + min(self.seniority // 5, 5)
        days += sum(extra for flag, extra in EXTRA_DAYS.items() if flag in (self.flags or set()))
        return days

    @property
    def is_part_time(self) -> bool:
        return self.weekly_hours is not None and self.weekly_hours < 35


class LeaveRequest(DomainModel):
    class Meta:
        collection_name = "hrl_requests"

    employee = attrs.relation(dm_cls="Employee")
    kind: LeaveKind = attrs.nothing
    first_day: date | None = attrs.nothing
    last_day: date | None = attrs.nothing
    half_day: bool = attrs.nothing
    approved: bool | None = attrs.nothing
    comment: str | None = attrs.nothing

    @attrs.getter
    def days(self) -> int:
        if not self.first_day or not self.last_day or self.last_day < self.first_day:
            return 0
        return (self.last_day - self.first_day).days + 1

    @property
    def is_pending(self) -> bool:
        return self.approved is None

    @property
    def uses_allowance(self) -> bool:
        return self.kind == LeaveKind.VACATION and self.approved is not False

    def includes(self, day: date) -> bool:
        return bool(self.first_day and self.last_day) and self.first_day <= day <= self.last_day


class EmployeeStore(Store):
    employee = reference(dm_cls=Employee)
    manager = reference(dm_cls=Employee)
    department = reference(dm_cls=Department, on=lambda store, dep: dep.doc_id == store.employee.department)
    requests = reference(dm_cls=LeaveRequest, many=True, on=lambda store, leave: leave.employee == store.employee)
    reports = reference(dm_cls=Employee, many=True, on=lambda store, report: report.manager == store.employee)


class LeaveAccount(ViewModel):
    class Meta:
        collection_name = "hrl_accounts"

    store: EmployeeStore

    def _of_kind(self, kind: LeaveKind) -> list[LeaveRequest]:
        return [leave for leave in self.store.requests.values() if leave.kind == kind]

    @attrs.getter
    def entitled(self) -> int:
        return self.store.employee.entitled_days

    @attrs.getter
    def taken(self) -> int:
        return sum(leave.days for leave in self.store.requests.values() if leave.uses_allowance)

    @attrs.getter
    def left(self) -> int:
        return self.entitled - self.taken

    @attrs.getter
    def sick_days(self) -> int:
        return sum(leave.days for leave in self._of_kind(LeaveKind.SICK))

    @attrs.getter
    def pending(self) -> list[str]:
        return [leave_id for leave_id, leave in self.store.requests.items() if leave.is_pending and leave.days]

    @attrs.getter
    def next_leave(self) -> date | None:
        coming = [r.first_day for r in self.store.requests.values() if r.first_day and r.first_day >= YEAR_START]
        return min(coming) if coming else None

    @attrs.getter
    def longest(self) -> int:
        longest = 0
        for leave in self.store.requests.values():
            if leave.approved and leave.days > longest:
                longest = leave.days
        return longest

    @attrs.getter
    def conflicts(self) -> list[list[str]]:
        requests = [r for r in self.store.requests.values() if r.days and r.approved is not False]
        return [
            [one.doc_id, other.doc_id]
            for one in requests
            for other in requests
            if one.doc_id < other.doc_id and one.first_day <= other.last_day and other.first_day <= one.last_day
        ]

    @attrs.getter
    def approver(self) -> str:
        if self.store.manager is not None:
            return self.store.manager.name or self.store.manager.doc_id
        if self.store.department is not None and self.store.department.head:
            return self.store.department.head
        return "HR"

    @attrs.getter
    def warning(self) -> str | None:
        if self.left < 0:
            return f"overdrawn by {-self.left} day(s)"
        if self.sick_days > 42:
            return "long-term sick"
        pending = len(self.pending)
        return f"{pending} waiting" if pending > 1 else None

    @attrs.getter
    def days_by_kind(self) -> dict[str, int]:
        return {kind.value: sum(leave.days for leave in self._of_kind(kind)) for kind in LeaveKind}

    @attrs.getter
    def span_of_control(self) -> int:
        return len(self.store.reports)

    @attrs.getter
    def report_names(self) -> str:
        names = sorted(
            report.name.split()[0] for report in self.store.reports.values() if report.name and report.name.split()
        )
        return ", ".join(names)

    @attrs.getter
    def hourly_rate(self) -> float | None:
        salary, hours = self.store.employee.salary, self.store.employee.weekly_hours
        if not salary or not hours:
            return None
        return round(salary / (hours * 52), 2)

    @attrs.getter
    def best_skills(self) -> list[str]:
        skills = self.store.employee.skills or {}
        return [name for name, level in sorted(skills.items(), key=lambda pair: (-(pair[1] or 0), pair[0]))][:2]

    @attrs.getter
    def probation_ends(self) -> date | None:
        hired = self.store.employee.hired_on
        return hired + timedelta(days=183) if hired else None


class DepartmentPageStore(Store):
    department = reference(dm_cls=Department)
    parent = reference(dm_cls=Department)
    head = reference(dm_cls=Employee, on=lambda store, person: person.doc_id == store.department.head)
    employees = reference(dm_cls=Employee, many=True, on=lambda store, member: member.department == store.department)
    subdepartments = reference(dm_cls=Department, many=True, on=lambda store, sub: sub.parent == store.department)


class DepartmentPage(ViewModel):
    class Meta:
        collection_name = "hrl_departments_pages"

    store: DepartmentPageStore

    @attrs.getter
    def path(self) -> str:
        names = [d.name or "?" for d in (self.store.parent, self.store.department) if d is not None]
        return " / ".join(names)

    @attrs.getter
    def headcount(self) -> int:
        return len(self.store.employees)

    @attrs.getter
    def full_time_equivalents(self) -> float:
        return sum(1.0 if not e.is_part_time else 0.5 for e in self.store.employees.values())

    @attrs.getter
    def payroll(self) -> int:
        return sum(e.salary for e in self.store.employees.values() if e.salary is not None and e.salary > 0)

    @attrs.getter
    def salary_band(self) -> str | None:
        salaries = sorted(e.salary for e in self.store.employees.values() if e.salary)
        if not salaries:
            return None
        return f"{salaries[0]:,}–{salaries[-1]:,}"

    @attrs.getter
    def understaffed(self) -> bool:
        return self.headcount < (self.store.department.min_staff or 1)

    @attrs.getter
    def seniority(self) -> dict[str, int]:
        groups = {"new": 0, "experienced": 0, "veteran": 0}
        for employee in self.store.employees.values():
            if employee.seniority < 2:
                groups["new"] += 1
            elif employee.seniority < 10:
                groups["experienced"] += 1
            else:
                groups["veteran"] += 1
        return groups

    @attrs.getter
    def skill_matrix(self) -> dict[str, int]:
        best: dict[str, int] = {}
        for employee in self.store.employees.values():
            for skill, level in (employee.skills or {}).items():
                if level is None:
                    continue
                best[skill] = max(best.get(skill, level), level)
        return best

    @attrs.getter
    def experts(self) -> dict[str, list[str]]:
        experts: dict[str, list[str]] = {}
        for employee_id, employee in self.store.employees.items():
            for skill, level in (employee.skills or {}).items():
                if level is not None and level >= 3:
                    experts.setdefault(skill, []).append(employee_id)
        return experts

    @attrs.getter
    def jubilees(self) -> list[str]:
        return sorted(
            employee.name or employee.doc_id
            for employee in self.store.employees.values()
            if employee.seniority and employee.seniority % 10 == 0
        )

    @attrs.getter
    def self_managed(self) -> list[str]:
        return [e.doc_id for e in self.store.employees.values() if e.manager is None or e.manager == e.doc_id]

    @attrs.getter
    def head_belongs(self) -> bool:
        head = self.store.head
        return head is not None and head.doc_id in self.store.employees

    @attrs.getter
    def small_subdepartments(self) -> list[str]:
        return [sub.name for sub in self.store.subdepartments.values() if (sub.min_staff or 0) < 3 and sub.name]
