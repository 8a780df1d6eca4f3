"""The meeting room of the original documentation's demo, which prints its mediator and not its models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onto import attrs
from onto.context import CTX
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Meeting(DomainModel):
    title: str = attrs.nothing


class Ticket(DomainModel):
    meeting = attrs.relation(dm_cls="Meeting")
    user: str = attrs.nothing
    attending: bool = attrs.nothing


class MeetingStore(Store):
    meeting = reference(dm_cls=Meeting)
    tickets = reference(dm_cls=Ticket, many=True, on=lambda store, ticket: ticket.meeting == store.meeting)


class MeetingSession(ViewModel):
    store: MeetingStore

    @attrs.getter
    def attending(self) -> list[str]:
        return sorted(t.user for t in self.store.tickets.values() if t.attending)

    @property
    def _view_refs(self) -> Iterator[Any]:
        for ticket in self.store.tickets.values():
            yield CTX.db.document(f"users/{ticket.user}/MeetingSession/{self.store.meeting.doc_id}")
