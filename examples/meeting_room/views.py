"""The read side of the meeting room: one live document per meeting."""

from __future__ import annotations

from typing import TypedDict

from examples.meeting_room.models import Location, Meeting, Ticket, User
from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel


class Attendee(TypedDict):
    """One person on the list of those who come."""

    name: str
    organization: str
    hearing_aid_requested: bool


class MeetingSessionStore(Store):
    """What the view of a meeting reads; the joins follow from the relations of the models."""

    meeting = reference(dm_cls=Meeting)
    location = reference(dm_cls=Location)
    users = reference(dm_cls=User, many=True)
    tickets = reference(dm_cls=Ticket, many=True)


class MeetingSession(ViewModel):
    """A meeting as its participants see it."""

    class Meta:
        """Where the documents go."""

        collection_name = "meeting_sessions"

    store: MeetingSessionStore

    in_session: bool = attrs.nothing
    latitude: float = attrs.nothing
    longitude: float = attrs.nothing
    address: str = attrs.nothing
    attending: list[Attendee] = attrs.nothing
    num_hearing_aid_requested: int = attrs.nothing

    @in_session.getter
    def in_session(self):
        """Tell whether the meeting is going on."""
        return self.store.meeting.status == "in-session"

    @in_session.setter
    def in_session(self, value):
        """Begin or end the meeting."""
        if value:
            self.store.meeting.open()
        else:
            self.store.meeting.close()

    @latitude.getter
    def latitude(self):
        """Return the latitude of the place, in degrees."""
        return self.store.location.latitude

    @longitude.getter
    def longitude(self):
        """Return the longitude of the place, in degrees."""
        return self.store.location.longitude

    @address.getter
    def address(self):
        """Return the address of the place."""
        return self.store.location.address

    @attending.getter
    def attending(self):
        """List who comes, by user id; nobody before the meeting has started."""
        if self.store.meeting.status == "not-started":
            return []
        attending = []
        for user_id, user in sorted(self.store.users.items()):
            ticket = self.store.tickets.get(user_id)
            if ticket is not None and ticket.attendance:
                attending.append(
                    {
                        "name": user.display_name,
                        "organization": user.organization,
                        "hearing_aid_requested": user.hearing_aid_requested,
                    }
                )
        return attending

    @num_hearing_aid_requested.getter
    def num_hearing_aid_requested(self):
        """Count the hearing aids to prepare."""
        return sum(1 for person in self.attending if person["hearing_aid_requested"])
