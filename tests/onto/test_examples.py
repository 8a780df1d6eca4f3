"""The examples' own data, run in-process: what their documents are before and after the changes."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from onto import boiler, wire


def journey(name: str) -> tuple[boiler.Engine, list[boiler.Event]]:
    """Load an example with its entities, apply its changes, and return what happened."""
    engine = boiler.load_app(f"examples.{name}")
    data = importlib.import_module(f"examples.{name}.data")
    engine.apply(
        *(wire.Change(kind, one["doc_id"], None, one) for kind, stored in data.ENTITIES.items() for one in stored)
    )
    events: list[boiler.Event] = []
    engine.subscribe(events.append)
    for collection, doc_id, after in data.CHANGES:
        engine.apply(wire.Change(collection, doc_id, None, after))
    return engine, events


def documents(engine: boiler.Engine) -> dict[str, dict[str, dict[str, Any]]]:
    return {one.__name__: engine.documents(one) for one in engine.views}


def test_city() -> None:
    engine, events = journey("city")
    assert [(one.op, one.key) for one in events] == [("insert", "BJ"), ("update", "TOK"), ("delete", "SF")]
    assert documents(engine) == {
        "CityView": {
            "BJ": {"name": "Beijing", "country": "China"},
            "DC": {"name": "Washington D.C.", "country": "USA"},
            "LA": {"name": "Los Angeles", "country": "USA"},
            "TOK": {"name": "Tōkyō", "country": "Japan"},
        }
    }


def test_shop() -> None:
    engine, _ = journey("shop")
    found = documents(engine)
    assert found["ShopDashboard"] == {
        "corner": {
            "title": "Corner Shop, Lyon",
            "revenue": Decimal("137.20"),
            "openOrders": 2,
            "cancelledOrders": 2,
            "largeOrders": 1,
            "largestOrder": Decimal("102.50"),
            "revenueByCategory": {"drinks": Decimal("118.30"), "bakery": Decimal("6.40")},
            "bestProducts": [
                {"product": "Green tea", "revenue": Decimal("102.50")},
                {"product": "Coffee", "revenue": Decimal("15.80")},
                {"product": "Rye bread", "revenue": Decimal("6.40")},
            ],
        }
    }
    assert found["CustomerAccount"]["ada"] == {
        "name": "Ada",
        "spent": Decimal("121.40"),
        "orderCount": 3,
        "lastOrderAt": datetime(2026, 3, 6, 9, 30, tzinfo=UTC),
        "isRegular": False,
    }


def test_chat() -> None:
    engine, events = journey("chat")
    assert [one.key for one in events] == ["lunch", "lunch", "lunch", "private", "lunch", "lunch", "private"]
    assert documents(engine)["RoomOverview"] == {
        "lunch": {
            "title": "Lunch",
            "memberNames": ["Ida L.", "Kim"],
            "messageCount": 3,
            "unread": {"ida": 0, "jo": 1, "kim": 0},
            "lastMessage": {
                "author": "Ida L.",
                "text": "12:30 then",
                "sent_at": datetime(2026, 3, 1, 12, 3, tzinfo=UTC),
            },
        },
        "private": {
            "title": "Kim",
            "memberNames": ["Kim"],
            "messageCount": 1,
            "unread": {"jo": 0, "kim": 1},
            "lastMessage": {
                "author": None,
                "text": "See you there",
                "sent_at": datetime(2026, 3, 1, 12, 1, tzinfo=UTC),
            },
        },
    }


def test_meeting_room() -> None:
    engine, events = journey("meeting_room")
    assert [(one.op, one.key) for one in events] == [
        ("update", "town-hall"),
        ("update", "town-hall"),
        ("update", "retro"),
        ("update", "town-hall"),
        ("delete", "retro"),
    ]
    assert documents(engine)["MeetingSession"] == {
        "town-hall": {
            "inSession": True,
            "latitude": 32.88,
            "longitude": -117.23,
            "address": "9500 Gilman Drive",
            "attending": [{"name": "Tim Berners-Lee", "organization": "Web Consortium", "hearing_aid_requested": True}],
            "numHearingAidRequested": 1,
        }
    }


@pytest.mark.parametrize("name", ["city", "shop", "chat", "meeting_room"])
def test_no_getter_fails_at_the_end_of_a_journey(name: str) -> None:
    assert journey(name)[0].errors == []
