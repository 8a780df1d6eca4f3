"""After any history, the engine holds what computing everything anew from the datastore gives.

The stores of the comparison are put together by scanning all entities, in the plain words of each test app.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from examples.chat.models import Bookmark, Member, Message, Room
from examples.chat.views import RoomOverview, RoomOverviewStore
from examples.meeting_room.models import Location, Meeting, Ticket, User
from examples.meeting_room.views import MeetingSession, MeetingSessionStore
from examples.shop.models import Order, Product, Shop
from examples.shop.views import ShopDashboard, ShopDashboardStore
from onto import wire
from onto.boiler import Engine, Event
from onto.domain_model import DomainModel
from onto.view_model import ViewModel

M = TypeVar("M", bound=DomainModel)
Document = dict[str, Any]

IDS = st.sampled_from(["a", "b", "Z", "é", "😀"])
MAYBE_ID = st.none() | IDS
TEXTS = st.sampled_from(["", "x", "Y", "é"])
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "users": {"firstName": TEXTS, "nickname": st.none() | TEXTS, "hearingAidRequested": st.none() | st.booleans()},
    "tickets": {"attendance": st.none() | st.booleans(), "user": MAYBE_ID},
    "locations": {"latitude": st.sampled_from([0.0, 1.5]), "address": TEXTS},
    "meetings": {
        "status": st.sampled_from(["not-started", "in-session", "closed"]),
        "location": MAYBE_ID,
        "users": st.lists(MAYBE_ID, max_size=4),
        "tickets": st.dictionaries(IDS, MAYBE_ID, max_size=4),
    },
    "rooms": {"title": st.none() | TEXTS, "members": st.none() | st.lists(IDS, max_size=3)},
    "members": {"name": TEXTS},
    "messages": {"room": MAYBE_ID, "author": MAYBE_ID, "number": st.integers(0, 3), "text": TEXTS},
    "bookmarks": {"room": MAYBE_ID, "member": MAYBE_ID, "lastRead": st.none() | st.integers(0, 3)},
    "shops": {"name": TEXTS, "city": TEXTS},
    "products": {"shop": MAYBE_ID, "name": TEXTS, "category": TEXTS},
    "orders": {
        "shop": MAYBE_ID,
        "product": MAYBE_ID,
        "quantity": st.none() | st.integers(0, 40),
        "unitPrice": st.sampled_from(["0.10", "4.50", "100.00"]),
        "status": st.sampled_from(["open", "shipped", "cancelled"]),
    },
}


@st.composite
def changes(draw: st.DrawFn) -> wire.Change:
    """Draw a document created, replaced or deleted, with any of its fields absent."""
    collection = draw(st.sampled_from(list(FIELDS)))
    doc_id = draw(IDS)
    after = None
    if draw(st.integers(0, 4)):
        chosen = draw(st.sets(st.sampled_from(list(FIELDS[collection])))) if draw(st.booleans()) else FIELDS[collection]
        after = {"doc_id": doc_id, **{name: draw(FIELDS[collection][name]) for name in sorted(chosen)}}
    return wire.Change(collection, doc_id, None, after)


class Histories(RuleBasedStateMachine):
    """Any sequence of transactions, some of which fail."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(views=[MeetingSession, ShopDashboard, RoomOverview])
        self.told: dict[tuple[str, str], Any] = {}
        self.engine.subscribe(self.hear)

    def hear(self, event: Event) -> None:
        place = (event.view, event.key)
        if event.op == "delete":
            del self.told[place]
        else:
            assert (place in self.told) == (event.op == "update")
            assert self.told.get(place) != event.document
            self.told[place] = event.document

    @rule(transaction=st.lists(changes(), min_size=1, max_size=6))
    def apply(self, transaction: list[wire.Change]) -> None:
        self.engine.apply(*transaction)

    @rule(transaction=st.lists(changes(), min_size=1, max_size=3))
    def fail(self, transaction: list[wire.Change]) -> None:
        try:
            with self.engine.transaction():
                self.engine.apply(*transaction)
                raise KeyError
        except KeyError:
            pass

    @invariant()
    def documents_are_those_of_computing_all_anew(self) -> None:
        expected = {view.__name__: documents for view, documents in self.anew()}
        found = {one.__name__: self.engine.documents(one) for one in (MeetingSession, ShopDashboard, RoomOverview)}
        assert found == expected
        assert self.told == {(view, key): one for view, all_ in expected.items() for key, one in all_.items()}

    def anew(self) -> Iterator[tuple[type[ViewModel], dict[str, Document]]]:
        yield (
            MeetingSession,
            {
                one.doc_id: MeetingSession(store=self.meeting_store(one)).to_view_dict()
                for one in self.all(Meeting).values()
            },
        )
        yield (
            ShopDashboard,
            {one.doc_id: ShopDashboard(store=self.shop_store(one)).to_view_dict() for one in self.all(Shop).values()},
        )
        yield (
            RoomOverview,
            {one.doc_id: RoomOverview(store=self.room_store(one)).to_view_dict() for one in self.all(Room).values()},
        )

    def all(self, model: type[M]) -> dict[str, M]:
        stored = self.engine.database.collection(model.collection_name())
        return {path.split("/")[1]: model.from_dict(document) for path, document in stored}

    def meeting_store(self, meeting: Meeting) -> MeetingSessionStore:
        users, tickets = self.all(User), self.all(Ticket)
        held = meeting.tickets or {}
        return MeetingSessionStore.from_objects(
            meeting=meeting,
            location=self.all(Location).get(meeting.location),
            users={key: users[key] for key in meeting.users or [] if key in users},
            tickets={key: tickets[doc_id] for key, doc_id in held.items() if doc_id in tickets},
        )

    def shop_store(self, shop: Shop) -> ShopDashboardStore:
        return ShopDashboardStore.from_objects(
            shop=shop,
            products={key: one for key, one in self.all(Product).items() if one.shop == shop.doc_id},
            orders={key: one for key, one in self.all(Order).items() if one.shop == shop.doc_id},
        )

    def room_store(self, room: Room) -> RoomOverviewStore:
        members = self.all(Member)
        return RoomOverviewStore.from_objects(
            room=room,
            members={key: members[key] for key in room.members or [] if key in members},
            messages={key: one for key, one in self.all(Message).items() if one.room == room.doc_id},
            bookmarks={key: one for key, one in self.all(Bookmark).items() if one.room == room.doc_id},
        )


Histories.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestHistories = Histories.TestCase
