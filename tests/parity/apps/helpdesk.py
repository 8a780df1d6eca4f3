"""A help desk: customers, tickets, messages and the agents who answer them."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import accumulate, groupby, pairwise

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Priority(Enum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


WEIGHT = {"low": 1, "normal": 2, "high": 4, "urgent": 8}
SLA_HOURS = {"low": 72, "normal": 24, "high": 8, "urgent": 2}


class Customer(DomainModel):
    class Meta:
        collection_name = "hel_customers"

    name: str = attrs.nothing
    email: str = attrs.nothing
    plan: str = attrs.nothing
    monthly: Decimal = attrs.nothing
    since: date = attrs.nothing
    tags: list[str] = attrs.nothing

    @property
    def domain(self) -> str:
        return self.email.split("@")[-1].lower() if self.email else ""

    @property
    def is_vip(self) -> bool:
        return self.plan == "enterprise" or "vip" in (self.tags or [])


class Agent(DomainModel):
    class Meta:
        collection_name = "hel_agents"

    first: str = attrs.nothing
    last: str = attrs.nothing
    team: str = attrs.nothing
    skills: list[str] = attrs.nothing

    @property
    def full_name(self) -> str:
        return f"{self.first} {self.last}".strip()


class Ticket(DomainModel):
    class Meta:
        collection_name = "hel_tickets"

    customer = attrs.relation(dm_cls="Customer")
    agent = attrs.relation(dm_cls="Agent")
    subject: str = attrs.nothing
    state: str = attrs.nothing
    priority: str = attrs.nothing
    opened: datetime = attrs.nothing
    closed: datetime = attrs.nothing
    rating: int = attrs.nothing
    minutes: int = attrs.nothing

    @property
    def is_open(self) -> bool:
        return self.state not in ("closed", "merged")

    def age(self, now: datetime) -> timedelta:
        return (self.closed or now) - self.opened


class Message(DomainModel):
    class Meta:
        collection_name = "hel_messages"

    ticket = attrs.relation(dm_cls="Ticket")
    by_agent: bool = attrs.nothing
    body: str = attrs.nothing
    sent: datetime = attrs.nothing


class CustomerStore(Store):
    customer = reference(dm_cls=Customer)
    tickets = reference(dm_cls=Ticket, many=True, on=lambda store, ticket: ticket.customer == store.customer)


class CustomerPage(ViewModel):
    store: CustomerStore

    @attrs.getter
    def heading(self) -> str:
        customer = self.store.customer
        if not customer.name:
            return customer.email or "(unknown)"
        return f"{customer.name.title()} <{customer.email}>"

    @attrs.getter
    def fee(self) -> str:
        return f"{self.store.customer.monthly or 0:,.2f} EUR"

    @attrs.getter
    def open_count(self) -> int:
        return len([t for t in self.store.tickets.values() if t.is_open])

    @attrs.getter
    def by_state(self) -> dict[str, int]:
        return dict(Counter(t.state for t in self.store.tickets.values()))

    @attrs.getter
    def busiest_states(self) -> list[str]:
        return [state for state, _ in Counter(t.state for t in self.store.tickets.values()).most_common(2)]

    @attrs.getter
    def median_minutes(self) -> float | None:
        minutes = [t.minutes for t in self.store.tickets.values() if t.minutes is not None]
        return statistics.median(minutes) if minutes else None

    @attrs.getter
    def average_rating(self) -> float | None:
        ratings = [t.rating for t in self.store.tickets.values() if t.rating]
        if not ratings:
            return None
        return round(sum(ratings) / len(ratings), 1)

    @attrs.getter
    def latest_subject(self) -> str | None:
        latest = max(self.store.tickets.values(), key=lambda t: t.opened, default=None)
        return latest.subject if latest else None

    @attrs.getter
    def first_opened(self) -> str | None:
        days = sorted(t.opened for t in self.store.tickets.values() if t.opened)
        return days[0].strftime("%Y-%m-%d") if days else None

    @attrs.getter
    def longest_gap_days(self) -> int:
        days = sorted(t.opened.date() for t in self.store.tickets.values() if t.opened)
        gaps = [(b - a).days for a, b in pairwise(days)]
        return max(gaps, default=0)

    @attrs.getter
    def urgency(self) -> int:
        return sum(WEIGHT.get(t.priority, 0) for t in self.store.tickets.values() if t.is_open)

    @attrs.getter
    def level(self) -> str:
        match self.urgency:
            case 0:
                return "calm"
            case n if n < 5:
                return "busy"
            case _:
                return "alarm"

    @attrs.getter
    def overdue(self) -> list[str]:
        late = []
        for doc_id, ticket in self.store.tickets.items():
            if ticket.closed is None or ticket.opened is None:
                continue
            limit = timedelta(hours=SLA_HOURS.get(ticket.priority, 24))
            if ticket.closed - ticket.opened > limit:
                late.append(doc_id)
        return late

    @attrs.getter
    def summary(self) -> str:
        lines = []
        for priority in ("urgent", "high", "normal", "low"):
            count = sum(1 for t in self.store.tickets.values() if t.priority == priority)
            if count:
                lines.append(f"{count} {priority}")
        return ", ".join(lines) or "nothing"

    @attrs.getter
    def words(self) -> list[str]:
        words = set()
        for ticket in self.store.tickets.values():
            words.update(w.lower() for w in (ticket.subject or "").split() if len(w) > 3)
        return sorted(words)

    @attrs.getter
    def by_month(self) -> dict[str, list[str]]:
        months = defaultdict(list)
        for ticket in sorted(self.store.tickets.values(), key=lambda t: t.opened):
            months[ticket.opened.strftime("%Y-%m")].append(ticket.subject)
        return dict(months)

    @attrs.getter
    def state_table(self) -> list[dict]:
        table = {}
        for t in self.store.tickets.values():
            row = table.setdefault(t.state, {"state": t.state, "count": 0, "minutes": 0})
            row["count"] += 1
            row["minutes"] += t.minutes or 0
        return sorted(table.values(), key=lambda r: (-r["count"], r["state"]))

    @attrs.getter
    def discount(self) -> Decimal:
        customer = self.store.customer
        rate = {"enterprise": Decimal("0.20"), "team": Decimal("0.10")}.get(customer.plan, Decimal("0"))
        return ((customer.monthly or Decimal(0)) * rate).quantize(Decimal("0.01"))

    @attrs.getter
    def initials(self) -> str:
        return "".join(part[0].upper() for part in (self.store.customer.name or "").split())

    @attrs.getter
    def recent(self) -> list[dict]:
        tickets = sorted(self.store.tickets.values(), key=lambda t: t.opened, reverse=True)[:3]
        return [{"subject": t.subject, "state": t.state, "day": t.opened.date().isoformat()} for t in tickets]

    @attrs.getter
    def grouped(self) -> dict[str, list[str]]:
        ordered = sorted(self.store.tickets.values(), key=lambda t: t.state)
        return {state: [t.subject for t in group] for state, group in groupby(ordered, key=lambda t: t.state)}

    @attrs.getter
    def flags(self) -> list[str]:
        flags = []
        if self.store.customer.is_vip:
            flags.append("vip")
        if any(t.priority == "urgent" and t.is_open for t in self.store.tickets.values()):
            flags.append("urgent")
        if self.average_rating is not None and self.average_rating < 3:
            flags.append("unhappy")
        return flags

    @attrs.getter
    def satisfied_share(self) -> str:
        rated = [t for t in self.store.tickets.values() if t.rating is not None]
        if not rated:
            return "n/a"
        good = sum(t.rating >= 4 for t in rated)
        return f"{good / len(rated):.0%}"

    @attrs.getter
    def histogram(self) -> dict[int, int]:
        histogram = dict.fromkeys(range(1, 6), 0)
        for t in self.store.tickets.values():
            if t.rating in histogram:
                histogram[t.rating] += 1
        return histogram


class AgentStore(Store):
    agent = reference(dm_cls=Agent)
    tickets = reference(dm_cls=Ticket, many=True, on=lambda store, ticket: ticket.agent == store.agent)


class AgentCard(ViewModel):
    store: AgentStore

    @attrs.getter
    def name(self) -> str:
        return self.store.agent.full_name or self.store.agent.doc_id

    @attrs.getter
    def load(self) -> dict[str, int]:
        load = {"open": 0, "closed": 0}
        for t in self.store.tickets.values():
            if t.is_open:
                load["open"] += 1
            else:
                load["closed"] += 1
        return load

    @attrs.getter
    def minutes_per_priority(self) -> dict[str, float]:
        minutes = defaultdict(list)
        for t in self.store.tickets.values():
            if t.minutes is not None:
                minutes[t.priority].append(t.minutes)
        return {priority: sum(ms) / len(ms) for priority, ms in minutes.items()}

    @attrs.getter
    def streak(self) -> int:
        streak = 0
        closed = [t for t in self.store.tickets.values() if t.closed]
        for t in sorted(closed, key=lambda t: t.closed, reverse=True):
            if not t.rating or t.rating < 4:
                break
            streak += 1
        return streak

    @attrs.getter
    def best_and_worst(self) -> tuple[int, int] | None:
        ratings = [t.rating for t in self.store.tickets.values() if t.rating is not None]
        return (max(ratings), min(ratings)) if ratings else None

    @attrs.getter
    def skill_line(self) -> str:
        skills = self.store.agent.skills or []
        if len(skills) > 3:
            return ", ".join(skills[:3]) + f" and {len(skills) - 3} more"
        return ", ".join(skills)

    @attrs.getter
    def spread(self) -> float:
        minutes = [t.minutes for t in self.store.tickets.values() if t.minutes]
        if len(minutes) < 2:
            return 0.0
        return round(statistics.stdev(minutes), 2)

    @attrs.getter
    def running(self) -> list[int]:
        total = 0
        points = []
        for t in sorted(self.store.tickets.values(), key=lambda t: t.opened):
            total += t.minutes or 0
            points.append(total)
        return points

    @attrs.getter
    def positions(self) -> dict[str, int]:
        ranked = sorted(self.store.tickets.values(), key=lambda t: -(t.rating or 0))
        return {t.subject: place for place, t in enumerate(ranked, start=1)}

    @attrs.getter
    def peak(self) -> int:
        level = peak = 0
        for t in self.store.tickets.values():
            level += 1 if t.is_open else -1
            peak = max(peak, level)
        return peak

    @attrs.getter
    def changes_of_priority(self) -> int:
        last, changes = None, 0
        for t in sorted(self.store.tickets.values(), key=lambda t: t.minutes or 0):
            if last is not None and t.priority != last:
                changes += 1
            last = t.priority
        return changes

    @attrs.getter
    def longest_streak(self) -> int:
        run = best = 0
        for t in sorted(self.store.tickets.values(), key=lambda t: t.minutes or 0):
            if (t.rating or 0) > 2:
                run += 1
                best = max(best, run)
            else:
                run = 0
        return best

    @attrs.getter
    def beyond_capacity(self) -> list[str]:
        waiting = [doc_id for doc_id, t in self.store.tickets.items() if t.is_open]
        return waiting[len(self.store.agent.skills or []) :]

    @attrs.getter
    def months(self) -> int:
        return len({(t.opened.year, t.opened.month) for t in self.store.tickets.values() if t.opened})

    @attrs.getter
    def accumulated(self) -> list[int]:
        return list(accumulate(t.minutes or 0 for t in self.store.tickets.values() if t.rating))

    @attrs.getter
    def without_extremes(self) -> list[int]:
        return sorted(t.minutes for t in self.store.tickets.values() if t.minutes is not None)[1:-1]

    @attrs.getter
    def upper_quartile(self) -> int | None:
        minutes = sorted(t.minutes for t in self.store.tickets.values() if t.minutes is not None)
        return minutes[len(minutes) * 3 // 4] if minutes else None

    @attrs.getter
    def training(self) -> list[str]:
        subjects = sorted(t.subject or "" for t in self.store.tickets.values() if t.is_open)
        return [f"{skill}: {subject}" for skill, subject in zip(self.store.agent.skills or [], subjects, strict=False)]

    @attrs.getter
    def teammates_note(self) -> str:
        team = self.store.agent.team
        return f"Team {team.replace('_', ' ').capitalize()}" if team else "No team"


class TicketStore(Store):
    ticket = reference(dm_cls=Ticket)
    customer = reference(dm_cls=Customer)
    agent = reference(dm_cls=Agent)
    messages = reference(dm_cls=Message, many=True, on=lambda store, message: message.ticket == store.ticket)


class TicketThread(ViewModel):
    store: TicketStore

    @attrs.getter
    def title(self) -> str:
        t = self.store.ticket
        return f"[{t.priority.upper()}] {t.subject}" if t.priority else (t.subject or "")

    @attrs.getter
    def who(self) -> str:
        agent = self.store.agent
        customer = self.store.customer
        return f"{customer.name if customer else '?'} / {agent.full_name if agent else 'unassigned'}"

    @attrs.getter
    def thread(self) -> list[dict]:
        messages = sorted(self.store.messages.values(), key=lambda m: (m.sent, m.doc_id))
        return [
            {"from": "agent" if m.by_agent else "customer", "at": m.sent.isoformat(), "text": m.body.strip()}
            for m in messages
        ]

    @attrs.getter
    def last_word(self) -> str | None:
        messages = sorted(self.store.messages.values(), key=lambda m: m.sent)
        if not messages:
            return None
        last = messages[-1]
        return "agent" if last.by_agent else "customer"

    @attrs.getter
    def awaiting_reply(self) -> bool:
        return self.store.ticket.is_open and self.last_word == "customer"

    @attrs.getter
    def first_response_minutes(self) -> int | None:
        if self.store.ticket.opened is None:
            return None
        for m in sorted(self.store.messages.values(), key=lambda m: m.sent):
            if m.by_agent:
                return int((m.sent - self.store.ticket.opened).total_seconds() // 60)
        return None

    @attrs.getter
    def participants(self) -> list[str]:
        names = []
        for m in self.store.messages.values():
            name = "agent" if m.by_agent else "customer"
            if name not in names:
                names.append(name)
        return names

    @attrs.getter
    def excerpt(self) -> str:
        longest = ""
        for m in self.store.messages.values():
            if m.body and len(m.body) > len(longest):
                longest = m.body
        return longest[:20]

    @attrs.getter
    def exchanges(self) -> int:
        ordered = sorted(self.store.messages.values(), key=lambda m: m.sent)
        return sum(a.by_agent != b.by_agent for a, b in zip(ordered, ordered[1:], strict=False))  # noqa: RUF007

    @attrs.getter
    def word_count(self) -> int:
        return sum(len(m.body.split()) for m in self.store.messages.values() if m.body)

    @attrs.getter
    def mentions(self) -> list[str]:
        found = set()
        for m in self.store.messages.values():
            for word in (m.body or "").split():
                if word.startswith("@"):
                    found.add(word[1:].rstrip(".,!"))
        return sorted(found)

    @attrs.getter
    def per_day(self) -> dict[str, int]:
        days: dict[str, int] = {}
        for m in self.store.messages.values():
            day = m.sent.strftime("%d.%m.%Y")
            days[day] = days.get(day, 0) + 1
        return days
