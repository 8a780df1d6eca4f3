"""A small town hall meeting: what is stored at the start, then what changes, in stored form."""

from __future__ import annotations

from typing import Any

ENTITIES: dict[str, list[dict[str, Any]]] = {
    "users": [
        {
            "doc_id": "alan",
            "obj_type": "User",
            "doc_ref": "users/alan",
            "firstName": "Alan",
            "lastName": "Turing",
            "organization": "Computing Lab",
            "hearingAidRequested": False,
        },
        {
            "doc_id": "grace",
            "obj_type": "User",
            "doc_ref": "users/grace",
            "firstName": "Grace",
            "lastName": "Hopper",
            "organization": "Navy",
            "hearingAidRequested": True,
            "nickname": "Amazing Grace",
        },
        {
            "doc_id": "tim",
            "obj_type": "User",
            "doc_ref": "users/tim",
            "firstName": "Tim",
            "lastName": "Berners-Lee",
            "organization": "Web Consortium",
            "hearingAidRequested": True,
        },
    ],
    "tickets": [
        {
            "doc_id": "t-alan",
            "obj_type": "Ticket",
            "doc_ref": "tickets/t-alan",
            "attendance": True,
            "user": "alan",
        },
        {
            "doc_id": "t-grace",
            "obj_type": "Ticket",
            "doc_ref": "tickets/t-grace",
            "attendance": True,
            "user": "grace",
        },
        {
            "doc_id": "t-tim",
            "obj_type": "Ticket",
            "doc_ref": "tickets/t-tim",
            "attendance": False,
            "user": "tim",
        },
    ],
    "locations": [
        {
            "doc_id": "hall",
            "obj_type": "Location",
            "doc_ref": "locations/hall",
            "latitude": 32.88,
            "longitude": -117.23,
            "address": "9500 Gilman Drive",
        },
    ],
    "meetings": [
        {
            "doc_id": "town-hall",
            "obj_type": "Meeting",
            "doc_ref": "meetings/town-hall",
            "status": "in-session",
            "location": "hall",
            "users": ["alan", "grace", "tim"],
            "tickets": {"alan": "t-alan", "grace": "t-grace", "tim": "t-tim"},
        },
        {
            "doc_id": "retro",
            "obj_type": "Meeting",
            "doc_ref": "meetings/retro",
            "status": "not-started",
            "location": "attic",
            "users": ["tim"],
            "tickets": {"tim": "t-tim"},
        },
    ],
}

# Each step is (collection, doc_id, the document after it or None for a deletion).
CHANGES: list[tuple[str, str, dict[str, Any] | None]] = [
    (
        "tickets",
        "t-tim",
        {
            "doc_id": "t-tim",
            "obj_type": "Ticket",
            "doc_ref": "tickets/t-tim",
            "attendance": True,
            "user": "tim",
        },
    ),
    (
        "tickets",
        "t-alan",
        {
            "doc_id": "t-alan",
            "obj_type": "Ticket",
            "doc_ref": "tickets/t-alan",
            "attendance": False,
            "user": "alan",
        },
    ),
    (
        "locations",
        "attic",
        {
            "doc_id": "attic",
            "obj_type": "Location",
            "doc_ref": "locations/attic",
            "latitude": 48.2,
            "longitude": 16.37,
            "address": "Under the roof",
        },
    ),
    ("tickets", "t-grace", None),
    ("meetings", "retro", None),
]
