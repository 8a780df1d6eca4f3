"""Places to `firestore.rules`: a user reads what lies below `/users/{uid}`, whoever is signed in the other views.

    match /users/{uid}/MeetingSession/{id3} {
      allow read: if request.auth != null && request.auth.uid == uid;
    }

What no rule allows is refused, so entities are closed; they are named all the same, for whoever reads the file.
"""

from __future__ import annotations

from compiler.access import Access, Place

HEAD = "// Written by `onto rules`; what is changed here by hand is lost the next time."


def emit(found: Access) -> str:
    """Return the text of the file."""
    lines = [HEAD, "rules_version = '2';", "", "service cloud.firestore {", "  match /databases/{database}/documents {"]
    for place in found.places:
        lines += _match(_pattern(place), _allowed(place), _comment(place))
    for name in found.entities:
        lines += _match(f"/{name}/{{id1}}", "read, write: if false", "entities: changed by their methods alone")
    return "\n".join([*lines, "  }", "}", ""])


def _match(pattern: str, allowed: str, comment: str) -> list[str]:
    return [f"    // {comment}", f"    match {pattern} {{", f"      allow {allowed};", "    }"]


def _pattern(place: Place) -> str:
    named = [f"{{id{at}}}" if part is None else part for at, part in enumerate(place.path)]
    if place.is_owned:
        named[1] = "{uid}"
    return "/" + "/".join(named)


def _allowed(place: Place) -> str:
    what = "read, write" if place.kind == "form" else "read"
    owner = " && request.auth.uid == uid" if place.is_owned else ""
    return f"{what}: if request.auth != null{owner}"


def _comment(place: Place) -> str:
    who = "its user" if place.is_owned else "whoever is signed in"
    return f"{place.what}, for {who}" if place.kind == "view" else f"{place.what}: forms that {who} fills in"
