"""One live document per room: title, members, unread counts, the last message."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from examples.chat.models import Bookmark, Member, Message, Room
from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel


class LastMessage(TypedDict):
    """The newest message of a room."""

    author: str | None
    text: str
    sent_at: datetime


class RoomOverviewStore(Store):
    """A room; messages and bookmarks are found by the relation that points back at it."""

    room = reference(dm_cls=Room)
    members = reference(dm_cls=Member, many=True)
    messages = reference(dm_cls=Message, many=True)
    bookmarks = reference(dm_cls=Bookmark, many=True)


class RoomOverview(ViewModel):
    """A room as the list of rooms shows it."""

    class Meta:
        """Where the documents go."""

        collection_name = "room_overviews"

    store: RoomOverviewStore

    @attrs.getter
    def title(self) -> str:
        """Return the room's title, or one made of its members' names."""
        return self.store.room.title or ", ".join(self.member_names)

    @attrs.getter
    def member_names(self) -> list[str]:
        """List the members' names in alphabetical order."""
        return sorted(member.name for member in self.store.members.values())

    @attrs.getter
    def message_count(self) -> int:
        """Count the messages."""
        return len(self.store.messages)

    @attrs.getter
    def unread(self) -> dict[str, int]:
        """Count, for each member with a bookmark, what others wrote after it."""
        return {
            bookmark.member: sum(
                1
                for message in self.store.messages.values()
                if message.number > bookmark.last_read and message.author != bookmark.member
            )
            for bookmark in self.store.bookmarks.values()
        }

    @attrs.getter
    def last_message(self) -> LastMessage | None:
        """Return the newest message, None in an empty room."""
        if not self.store.messages:
            return None
        last = max(self.store.messages.values(), key=lambda message: message.number)
        author = self.store.members.get(last.author)
        return {
            "author": author.name if author is not None else None,
            "text": last.text,
            "sent_at": last.sent_at,
        }
