"""What the collections hold: a backlog of changes from a seed, and the tables that must come of it.

backlog(Size(…))  →  [wire.Change("users", "u1", None, {…}), …]
truth(changes)    →  {"meeting_sessions": {("m1",): {…}}, "meeting_sessions__attending": {("m1", "u1"): {…}}}
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.read_side import contestants
from onto import wire

Rows = Mapping[tuple[str, ...], Mapping[str, Any]]
PLACE = ("latitude", "longitude", "address")
STATUS = ("not-started", "in-session", "in-session", "closed")


@dataclass(frozen=True, slots=True)
class Size:
    """How many documents there are, and how many changes come after they are written."""

    meetings: int = 4000
    users: int = 2000
    locations: int = 400
    attendees: int = 10  # of each meeting
    changes: int = 250_000

    def scaled(self, factor: float) -> Size:
        """Return the same mixture, smaller or larger."""
        return Size(
            max(20, int(self.meetings * factor)),
            max(20, int(self.users * factor)),
            max(4, int(self.locations * factor)),
            self.attendees,
            int(self.changes * factor),
        )


def backlog(size: Size, seed: int = 7) -> list[wire.Change]:
    """Return every creation, then changes: tickets 90 %, meetings 6 %, users 3 %, locations 1 %."""
    chance = random.Random(seed)
    stored = _documents(size, chance)
    changes = [wire.Change(name, doc_id, None, document) for (name, doc_id), document in stored.items()]
    kinds = {
        name: [each for each in stored if each[0] == name] for name in ("tickets", "meetings", "users", "locations")
    }
    names = chance.choices(list(kinds), weights=(90, 6, 3, 1), k=size.changes)
    for name in names:
        place = chance.choice(kinds[name])
        before = stored[place]
        stored[place] = {**before, **_edit(name, chance, size)}
        changes.append(wire.Change(name, place[1], before, stored[place]))
    return changes


def _documents(size: Size, chance: random.Random) -> dict[tuple[str, str], dict[str, Any]]:
    stored: dict[tuple[str, str], dict[str, Any]] = {}
    for number in range(size.users):
        stored["users", f"u{number}"] = {
            **_identity("users", "User", f"u{number}"),
            "firstName": f"First{number}",
            "lastName": f"Last{number}",
            "organization": f"Organization {number % 40}",
            "hearingAidRequested": chance.random() < 0.2,
            "nickname": f"nick{number}" if chance.random() < 0.3 else None,
        }
    for number in range(size.locations):
        stored["locations", f"l{number}"] = {
            **_identity("locations", "Location", f"l{number}"),
            "latitude": float(number % 90),
            "longitude": float(number % 180),
            "address": f"{number} Gilman Drive",
        }
    for number in range(size.meetings):
        users = [f"u{one}" for one in chance.sample(range(size.users), size.attendees)]
        tickets = {user: f"t{number}-{user}" for user in users}
        stored["meetings", f"m{number}"] = {
            **_identity("meetings", "Meeting", f"m{number}"),
            "status": chance.choice(STATUS),
            "location": _place(chance, size),
            "users": users,
            "tickets": tickets,
        }
        for user, ticket in tickets.items():
            stored["tickets", ticket] = {
                **_identity("tickets", "Ticket", ticket),
                "attendance": chance.random() < 0.6,
                "user": user,
            }
    return stored


def _place(chance: random.Random, size: Size) -> str:
    return "nowhere" if chance.random() < 0.02 else f"l{chance.randrange(size.locations)}"


def _identity(collection: str, kind: str, doc_id: str) -> dict[str, Any]:
    return {"doc_id": doc_id, "obj_type": kind, "doc_ref": f"{collection}/{doc_id}"}


def _edit(name: str, chance: random.Random, size: Size) -> dict[str, Any]:
    match name:
        case "tickets":
            return {"attendance": chance.random() < 0.6}
        case "meetings":
            return {"status": chance.choice(STATUS), "location": _place(chance, size)}
        case "users":
            return {
                "hearingAidRequested": chance.random() < 0.2,
                "organization": f"Organization {chance.randrange(40)}",
            }
        case _:
            return {"latitude": float(chance.randrange(90)), "address": f"{chance.randrange(9999)} Gilman Drive"}


def last_documents(changes: Iterable[wire.Change]) -> dict[str, dict[str, Any]]:
    """Return what is stored after all changes, by collection and id."""
    stored: dict[str, dict[str, Any]] = {"users": {}, "locations": {}, "meetings": {}, "tickets": {}}
    for one in changes:
        stored[one.collection][one.doc_id] = one.after
    return stored


def truth(changes: Iterable[wire.Change]) -> dict[str, Rows]:
    """Return the rows that the view tables must hold in the end."""
    stored = last_documents(changes)
    main: dict[tuple[str, ...], dict[str, Any]] = {}
    child: dict[tuple[str, ...], dict[str, Any]] = {}
    errors: dict[tuple[str, ...], dict[str, Any]] = {}
    for doc_id, meeting in stored["meetings"].items():
        present = [] if meeting["status"] == "not-started" else [
            stored["users"][user] for user, ticket in meeting["tickets"].items()
            if stored["tickets"][ticket]["attendance"]
        ]  # fmt: skip
        place = stored["locations"].get(meeting["location"])
        main[doc_id,] = {
            "doc_id": doc_id,
            "in_session": meeting["status"] == "in-session",
            **{name: None if place is None else place[name] for name in PLACE},
            "num_hearing_aid_requested": sum(user["hearingAidRequested"] for user in present),
        }
        for name in PLACE if place is None else ():
            error = {"view": "MeetingSession", "key": doc_id, "field": name, "exception": "AttributeError"}
            message = f"'NoneType' object has no attribute '{name}'"
            errors["MeetingSession", doc_id, name] = {**error, "message": message}
        for user in present:
            child[doc_id, user["doc_id"]] = {
                "doc_id": doc_id,
                "user_id": user["doc_id"],
                "value__name": user["nickname"] or f"{user['firstName']} {user['lastName']}",
                "value__organization": user["organization"],
                "value__hearing_aid_requested": user["hearingAidRequested"],
            }
    return {contestants.MAIN: main, contestants.CHILD: child, contestants.ERRORS: errors}


def counts(changes: Iterable[wire.Change]) -> Rows:
    """Return the rows of the contestant that only decodes."""
    stored = last_documents(changes)
    totals = {
        "users": sum(
            sum(len(one[name] or "") for name in ("doc_id", "firstName", "lastName", "organization", "nickname"))
            + one["hearingAidRequested"]
            for one in stored["users"].values()
        ),
        "locations": sum(
            len(one["doc_id"]) + int(one["latitude"]) + int(one["longitude"]) + len(one["address"])
            for one in stored["locations"].values()
        ),
        "meetings": sum(
            len(one["doc_id"]) + len(one["status"]) + len(one["location"]) + len(one["users"]) + len(one["tickets"])
            for one in stored["meetings"].values()
        ),
        "tickets": sum(len(one["doc_id"]) + one["attendance"] for one in stored["tickets"].values()),
    }
    return {
        (name,): {"collection": name, "documents": len(stored[name]), "total": total} for name, total in totals.items()
    }
