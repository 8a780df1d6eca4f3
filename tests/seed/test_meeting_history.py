"""After any history, everybody's copy of a live view is what computing it anew from all tickets gives."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from onto import sink, source
from onto.context import CTX
from onto.database.memory import Memory
from onto.mediator import Mediator
from tests.seed.meeting import Meeting, MeetingSession, Ticket

IDS = st.sampled_from("mno")
TICKETS = st.sampled_from("abcd")
USERS = st.sampled_from(["ann", "bob", "é"])


class Screens(Mediator):
    """Keeps a copy of each meeting's session for everybody who has a ticket."""

    meetings = source.domain_model(Meeting)
    sink = sink.firestore()

    @meetings.triggers.on_create
    @meetings.triggers.on_update
    def materialize(self, obj: Any) -> None:
        MeetingSession.get(obj.doc_id, once=False, f_notify=self.sink.emit_all)


class Histories(RuleBasedStateMachine):
    """Any sequence of saves and removals, of transactions that fail, and of restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Memory()
        CTX.use(self.database)
        Screens.start()

    def teardown(self) -> None:
        Screens.stop()
        MeetingSession.release()
        CTX.use(None)

    @rule(doc_id=IDS, title=st.sampled_from("xy"))
    def hold(self, doc_id: str, title: str) -> None:
        Meeting.new(doc_id=doc_id, title=title).save()

    @rule(doc_id=IDS)
    def call_off(self, doc_id: str) -> None:
        Meeting.new(doc_id=doc_id).delete()

    @rule(doc_id=TICKETS, meeting=st.none() | IDS, user=USERS, attending=st.booleans())
    def sell(self, doc_id: str, meeting: str | None, user: str, attending: bool) -> None:
        Ticket.new(doc_id=doc_id, meeting=meeting, user=user, attending=attending).save()

    @rule(doc_id=TICKETS)
    def give_back(self, doc_id: str) -> None:
        Ticket.new(doc_id=doc_id).delete()

    @rule(attending=st.dictionaries(TICKETS, st.booleans(), min_size=1), fails=st.booleans())
    def decide(self, attending: dict[str, bool], fails: bool) -> None:
        try:
            with self.database.transaction():
                for doc_id, answer in attending.items():
                    ticket = Ticket.get(doc_id)
                    if ticket is not None:
                        ticket.attending = answer
                        ticket.save()
                if fails:
                    raise KeyError
        except KeyError:
            pass

    @rule()
    def start_again(self) -> None:
        Screens.stop()
        MeetingSession.release()
        Screens.start()

    @invariant()
    def every_copy_is_that_of_computing_it_anew(self) -> None:
        tickets = list(Ticket.all())
        expected = {}
        for meeting in Meeting.all():
            held = [one for one in tickets if one.meeting == meeting.doc_id]
            attending = sorted(one.user for one in held if one.attending)
            expected |= {f"users/{one.user}/MeetingSession/{meeting.doc_id}": attending for one in held}
        there = {one.doc_id for one in Meeting.all()}
        shown = CTX.db.collection_group("MeetingSession").stream()
        assert {str(one.reference): one.get("attending") for one in shown if one.id in there} == expected
        assert Screens.meetings.failures == []


Histories.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestHistories = Histories.TestCase
