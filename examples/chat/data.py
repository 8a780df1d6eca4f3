"""Two rooms and a short conversation: what is stored at the start, then what changes, in stored form."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def _member(doc_id: str, name: str) -> Document:
    return {"doc_id": doc_id, "obj_type": "Member", "doc_ref": f"members/{doc_id}", "name": name}


def _room(doc_id: str, title: str | None, members: list[str]) -> Document:
    return {
        "doc_id": doc_id,
        "obj_type": "Room",
        "doc_ref": f"rooms/{doc_id}",
        "title": title,
        "members": members,
    }


def _message(room: str, number: int, author: str, text: str) -> Document:
    doc_id = f"{room}-{number}"
    return {
        "doc_id": doc_id,
        "obj_type": "Message",
        "doc_ref": f"messages/{doc_id}",
        "room": room,
        "author": author,
        "number": number,
        "text": text,
        "sentAt": f"2026-03-01T12:{number:02d}:00Z",
    }


def _bookmark(room: str, member: str, last_read: int) -> Document:
    doc_id = f"{room}-{member}"
    return {
        "doc_id": doc_id,
        "obj_type": "Bookmark",
        "doc_ref": f"bookmarks/{doc_id}",
        "room": room,
        "member": member,
        "lastRead": last_read,
    }


ENTITIES: dict[str, list[Document]] = {
    "members": [_member("ida", "Ida"), _member("jo", "Jo"), _member("kim", "Kim")],
    "rooms": [_room("lunch", "Lunch", ["ida", "jo", "kim"]), _room("private", None, ["kim", "jo"])],
    "messages": [
        _message("lunch", 1, "ida", "Pizza?"),
        _message("lunch", 2, "jo", "Always 🍕"),
        _message("lunch", 3, "ida", "12:30 then"),
    ],
    "bookmarks": [
        _bookmark("lunch", "ida", 3),
        _bookmark("lunch", "jo", 2),
        _bookmark("lunch", "kim", 0),
        _bookmark("private", "kim", 0),
        _bookmark("private", "jo", 0),
    ],
}

# Each step is (collection, doc_id, the document after it or None for a deletion).
CHANGES: list[tuple[str, str, Document | None]] = [
    ("messages", "lunch-4", _message("lunch", 4, "kim", "Save me a slice")),
    ("bookmarks", "lunch-kim", _bookmark("lunch", "kim", 4)),
    ("members", "ida", _member("ida", "Ida L.")),
    ("messages", "private-1", _message("private", 1, "jo", "See you there")),
    ("rooms", "private", _room("private", None, ["kim", "jo", "zoe"])),
    ("messages", "lunch-4", None),
    ("members", "jo", None),
]
