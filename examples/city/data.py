"""The quickstart's cities: what is stored at the start, then what changes, in stored form."""

from __future__ import annotations

from typing import Any

ENTITIES: dict[str, list[dict[str, Any]]] = {
    "City": [
        {
            "cityName": "San Francisco",
            "cityState": "CA",
            "country": "USA",
            "capital": False,
            "regions": ["west_coast", "norcal"],
            "obj_type": "StandardCity",
            "doc_id": "SF",
            "doc_ref": "City/SF",
        },
        {
            "cityName": "Los Angeles",
            "cityState": "CA",
            "country": "USA",
            "capital": False,
            "regions": ["west_coast", "social"],
            "obj_type": "StandardCity",
            "doc_id": "LA",
            "doc_ref": "City/LA",
        },
        {
            "cityName": "Washington D.C.",
            "country": "USA",
            "capital": True,
            "obj_type": "Municipality",
            "doc_id": "DC",
            "doc_ref": "City/DC",
        },
        {
            "cityName": "Tokyo",
            "country": "Japan",
            "capital": True,
            "obj_type": "Municipality",
            "doc_id": "TOK",
            "doc_ref": "City/TOK",
        },
    ],
}

# Each step is (collection, doc_id, the document after it or None for a deletion).
CHANGES: list[tuple[str, str, dict[str, Any] | None]] = [
    (
        "City",
        "BJ",
        {
            "cityName": "Beijing",
            "country": "China",
            "capital": True,
            "obj_type": "Municipality",
            "doc_id": "BJ",
            "doc_ref": "City/BJ",
        },
    ),
    (
        "City",
        "TOK",
        {
            "cityName": "Tōkyō",
            "country": "Japan",
            "capital": True,
            "obj_type": "Municipality",
            "doc_id": "TOK",
            "doc_ref": "City/TOK",
        },
    ),
    ("City", "SF", None),
]
