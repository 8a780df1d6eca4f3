"""The write side of the meeting room: people, the tickets they hold, places, meetings."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel


class User(DomainModel):
    """Somebody who may attend meetings."""

    class Meta:
        """Where users are stored."""

        collection_name = "users"

    first_name: str = attrs.nothing
    last_name: str = attrs.nothing
    organization: str = attrs.nothing
    hearing_aid_requested: bool = attrs.nothing
    nickname: str | None = attrs.nothing

    display_name: str = attrs.nothing

    @display_name.getter
    def display_name(self):
        """Return the nickname where there is one, else the full name."""
        return self.nickname or f"{self.first_name} {self.last_name}"


class Ticket(DomainModel):
    """One person's answer to the invitation to one meeting."""

    class Meta:
        """Where tickets are stored."""

        collection_name = "tickets"

    attendance: bool = attrs.nothing
    user = attrs.relation(dm_cls="User")

    def mark(self, attending: bool) -> None:
        """Say whether the person comes."""
        self.attendance = attending


class Location(DomainModel):
    """A place where meetings are held."""

    class Meta:
        """Where locations are stored."""

        collection_name = "locations"

    latitude: float = attrs.nothing
    longitude: float = attrs.nothing
    address: str = attrs.nothing


class Meeting(DomainModel):
    """A meeting: `status` is not-started, in-session or closed."""

    class Meta:
        """Where meetings are stored."""

        collection_name = "meetings"

    status: str = attrs.nothing
    location = attrs.relation(dm_cls="Location")
    users = attrs.list(attrs.relation(dm_cls="User"))
    tickets = attrs.dict(attrs.relation(dm_cls="Ticket"))

    def open(self) -> None:
        """Begin the meeting, or resume it."""
        self.status = "in-session"

    def close(self) -> None:
        """End the meeting."""
        if self.status != "in-session":
            raise ValueError(f"a meeting that is {self.status} cannot be closed")
        self.status = "closed"
