"""Chat rooms, their members, what they write and how far they have read."""

from __future__ import annotations

from datetime import datetime

from onto.attrs import attrs
from onto.domain_model import DomainModel


class Member(DomainModel):
    """Somebody who chats."""

    class Meta:
        """Where members are stored."""

        collection_name = "members"

    name: str = attrs.nothing


class Room(DomainModel):
    """A room with its members."""

    class Meta:
        """Where rooms are stored."""

        collection_name = "rooms"

    title: str = attrs.nothing
    members = attrs.list(attrs.relation(dm_cls="Member"))


class Message(DomainModel):
    """A message; `number` counts the messages of its room from 1."""

    class Meta:
        """Where messages are stored."""

        collection_name = "messages"

    room = attrs.relation(dm_cls="Room")
    author = attrs.relation(dm_cls="Member")
    number: int = attrs.nothing
    text: str = attrs.nothing
    sent_at: datetime = attrs.nothing


class Bookmark(DomainModel):
    """How far one member has read one room: the number of the last message seen."""

    class Meta:
        """Where bookmarks are stored."""

        collection_name = "bookmarks"

    room = attrs.relation(dm_cls="Room")
    member = attrs.relation(dm_cls="Member")
    last_read: int = attrs.nothing

    def read_up_to(self, number: int) -> None:
        """Move the bookmark on; it never goes back."""
        if self.last_read is None or number > self.last_read:
            self.last_read = number
