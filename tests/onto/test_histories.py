"""After any history, on each datastore, all that follows it holds what computing everything anew gives.

What there ought to be is kept beside the datastore in plain dicts, by the meaning of each step alone.
"""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from onto import attrs, calling, sink, source
from onto.boiler import Engine, Event
from onto.context import CTX
from onto.database import client, protocol
from onto.mediator import Mediator
from tests.onto import datastores
from tests.seed.meeting import Meeting, MeetingSession, MeetingStore, Ticket

IDS = st.sampled_from("mno")
TICKETS = st.sampled_from("abcd")
USERS = st.sampled_from(["ann", "bob", "é"])
TITLES = st.sampled_from("xy")
EXAMPLES = {"memory": 60, "file": 30, "sqlite": 6, "postgresql": 3, "firestore": 4, "google": 2}
REOPENED = {"file", "sqlite"}  # where opening the same folder again opens the same datastore


class Session(MeetingSession):
    """The view of a meeting, which may be written too."""

    title: str = attrs.nothing
    coming: list[str] = attrs.nothing

    @title.getter
    def title(self):
        return self.store.meeting.title

    @title.setter
    def title(self, value):
        self.store.meeting.title = value

    @coming.getter
    def coming(self):
        return self.attending

    @coming.setter
    def coming(self, value):
        for ticket in self.store.tickets.values():
            ticket.attending = ticket.user in value


class Screens(Mediator):
    """Keeps a copy of each meeting's session for everybody who has a ticket."""

    meetings = source.domain_model(Meeting)
    sink = sink.firestore()

    @meetings.triggers.on_create
    @meetings.triggers.on_update
    def materialize(self, obj: Any) -> None:
        Session.get(obj.doc_id, once=False, f_notify=self.sink.emit_all)


class Listener:
    """What one listener makes of all that it hears."""

    def __init__(self, database: protocol.Database) -> None:
        self.mirror: dict[str, Any] = {}
        scopes = [protocol.Scope("collection", one) for one in ("Meeting", "Ticket")]
        self.stop = database.listen(self.hear, *scopes, replay=True)
        self.surprises: list[protocol.Change] = []

    def hear(self, changes: tuple[protocol.Change, ...]) -> None:
        for one in changes:
            if self.mirror.get(one.path) != one.before:
                self.surprises.append(one)
            self.mirror[one.path] = one.after
            if one.after is None:
                del self.mirror[one.path]


class Histories(RuleBasedStateMachine):
    """Any sequence of saves and removals, of transactions that fail, of setters, of listeners and of restarts."""

    def __init__(self, reopens: bool, opened: Callable[[], protocol.Database]) -> None:
        super().__init__()
        self.opened = opened if reopens else None
        self.database = opened()
        self.meetings: dict[str, str] = {}  # the title by doc_id
        self.tickets: dict[str, tuple[str | None, str, bool]] = {}  # meeting, user, attending
        self.begin()

    def begin(self) -> None:
        CTX.use(self.database)
        Screens.start()
        self.listeners = [Listener(self.database)]
        self.engine = Engine([Session], self.database)
        self.told: dict[str, Any] = self.engine.documents(Session)
        self.engine.subscribe(self.hear)
        self.shown: list[client.DocumentSnapshot] = []
        self.watch = self.query().on_snapshot(self.show)

    def end(self) -> None:
        Screens.stop()
        Session.release()
        self.engine.close()
        self.watch.unsubscribe()
        for one in self.listeners:
            one.stop()

    def teardown(self) -> None:
        self.end()
        CTX.use(None)
        self.database.close()

    def hear(self, event: Event) -> None:
        assert (event.key in self.told) == (event.op != "insert")
        self.told[event.key] = event.document
        if event.document is None:
            del self.told[event.key]

    def show(self, found: list[client.DocumentSnapshot], *_: Any) -> None:
        self.shown = found

    def query(self) -> client.Query:
        return CTX.db.collection("Ticket").where("attending", "==", True).order_by("user").limit(2)

    # ------------------------------------------------------------ entities

    @rule(doc_id=IDS, title=TITLES)
    def hold(self, doc_id: str, title: str) -> None:
        Meeting.new(doc_id=doc_id, title=title).save()
        self.meetings[doc_id] = title

    @rule(doc_id=IDS)
    def call_off(self, doc_id: str) -> None:
        Meeting.new(doc_id=doc_id).delete()
        self.meetings.pop(doc_id, None)

    @rule(doc_id=TICKETS, meeting=st.none() | IDS, user=USERS, attending=st.booleans())
    def sell(self, doc_id: str, meeting: str | None, user: str, attending: bool) -> None:
        Ticket.new(doc_id=doc_id, meeting=meeting, user=user, attending=attending).save()
        self.tickets[doc_id] = (meeting, user, attending)

    @rule(doc_id=TICKETS)
    def give_back(self, doc_id: str) -> None:
        Ticket.new(doc_id=doc_id).delete()
        self.tickets.pop(doc_id, None)

    @rule(attending=st.dictionaries(TICKETS, st.booleans(), min_size=1), fails=st.booleans())
    def decide(self, attending: dict[str, bool], fails: bool) -> None:
        after = dict(self.tickets)
        try:
            with self.database.transaction():
                for doc_id, answer in attending.items():
                    ticket = Ticket.get(doc_id)
                    if ticket is not None:
                        ticket.attending = answer
                        ticket.save()
                        after[doc_id] = (*after[doc_id][:2], answer)
                if fails:
                    raise KeyError
        except KeyError:
            return
        self.tickets = after

    # ------------------------------------------------------------ documents

    @rule(doc_id=IDS, title=TITLES)
    def retitle(self, doc_id: str, title: str) -> None:
        try:
            CTX.db.document(f"Meeting/{doc_id}").update({"title": title})
        except protocol.NotFoundError:
            assert doc_id not in self.meetings
        else:
            assert doc_id in self.meetings
            self.meetings[doc_id] = title

    @rule(doc_id=TICKETS, late=st.integers(0, 1))
    def give_back_if_unchanged(self, doc_id: str, late: int) -> None:
        found = self.database.read(f"Ticket/{doc_id}")
        expected = protocol.Exists(True) if found is None else protocol.UpdatedAt(found.version - late)
        try:
            self.database.write(f"Ticket/{doc_id}", None, when=expected)
        except protocol.NotFoundError:
            assert doc_id not in self.tickets
        except protocol.ConflictError:
            assert late
        else:
            assert not late
            del self.tickets[doc_id]

    @rule(doc_ids=st.lists(IDS, unique=True, min_size=1), title=TITLES)
    def hold_new_ones(self, doc_ids: list[str], title: str) -> None:
        batch = CTX.db.batch()
        for doc_id in doc_ids:
            batch.create(CTX.db.document(f"Meeting/{doc_id}"), Meeting.new(doc_id=doc_id, title=title).to_dict())
        try:
            batch.commit()
        except protocol.AlreadyExistsError:
            assert self.meetings.keys() & set(doc_ids)
        else:
            assert not self.meetings.keys() & set(doc_ids)
            self.meetings.update(dict.fromkeys(doc_ids, title))

    # ------------------------------------------------------------ views

    def answer(self, meeting: str, coming: list[str]) -> None:
        for doc_id, (of, user, _) in self.tickets.items():
            if of == meeting:
                self.tickets[doc_id] = (of, user, user in coming)

    @rule(doc_id=IDS, title=TITLES, coming=st.none() | st.lists(USERS))
    def write_through_the_engine(self, doc_id: str, title: str, coming: list[str] | None) -> None:
        given = {"title": title} if coming is None else {"title": title, "coming": coming}
        try:
            self.engine.update(Session, doc_id, **given)
        except LookupError:
            assert doc_id not in self.meetings
            return
        self.meetings[doc_id] = title
        if coming is not None:
            self.answer(doc_id, coming)

    @rule(doc_id=IDS, title=TITLES)
    def write_by_reference(self, doc_id: str, title: str) -> None:
        try:
            Session.ref(doc_id, through=self.engine).set(title=title).result()
        except calling.CallError:
            assert doc_id not in self.meetings
        else:
            self.meetings[doc_id] = title

    @rule(doc_id=IDS, title=TITLES, coming=st.lists(USERS))
    def write_through_a_view(self, doc_id: str, title: str, coming: list[str]) -> None:
        def work() -> bool:
            meeting = Meeting.get(doc_id)
            if meeting is None:
                return False
            held = {one.doc_id: one for one in Ticket.where(meeting=doc_id)}
            view = Session(store=MeetingStore.from_objects(meeting=meeting, tickets=held))
            view.update_vals(with_raw={"title": title, "coming": coming})
            view.propagate_change()
            return True

        if protocol.run(self.database, work):
            self.meetings[doc_id] = title
            self.answer(doc_id, coming)

    # ------------------------------------------------------------ who follows

    @rule()
    def listen(self) -> None:
        self.listeners.append(Listener(self.database))

    @rule()
    def stop_listening(self) -> None:
        if self.listeners:
            self.listeners.pop(0).stop()

    @rule()
    def start_again(self) -> None:
        self.end()
        if self.opened is not None:
            self.database.close()
            self.database = self.opened()
        self.begin()

    # ------------------------------------------------------------ anew

    @invariant()
    def the_datastore_holds_what_was_written(self) -> None:
        assert {one.doc_id: one.title for one in Meeting.all()} == self.meetings
        assert {one.doc_id: (one.meeting, one.user, one.attending) for one in Ticket.all()} == self.tickets

    @invariant()
    def listeners_and_queries_have_heard_it(self) -> None:
        stored = {path: one for name in ("Meeting", "Ticket") for path, one in self.database.collection(name)}
        for one in self.listeners:
            assert (one.mirror, one.surprises) == (stored, [])
        assert self.shown == self.query().get()

    @invariant()
    def views_and_their_copies_are_those_of_computing_them_anew(self) -> None:
        views, copies = {}, {}
        for doc_id, title in self.meetings.items():
            held = [(user, attending) for of, user, attending in self.tickets.values() if of == doc_id]
            coming = sorted(user for user, attending in held if attending)
            views[doc_id] = {"title": title, "coming": coming, "attending": coming}
            copies |= {f"users/{user}/MeetingSession/{doc_id}": views[doc_id] for user, _ in held}
        assert self.engine.documents(Session) == views
        assert self.told == views
        for doc_id in "mno":
            view = Session.get(doc_id)
            assert (None if view is None else view.to_view_dict()) == views.get(doc_id)
        shown = {
            str(one.reference): {name: one.get(name) for name in ("title", "coming", "attending")}
            for one in CTX.db.collection_group("MeetingSession").stream()
            if one.id in self.meetings  # of a meeting that was called off, copies stay
        }
        assert shown == copies
        assert Screens.meetings.failures == []


@pytest.mark.parametrize("name", datastores.ALL)
def test_everything_is_as_computed_anew(name: str, tmp_path: pathlib.Path) -> None:
    numbers = itertools.count()

    def begin() -> Histories:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return Histories(name in REOPENED, lambda: datastores.ALL[name](folder))

    run_state_machine_as_test(
        begin,
        settings=settings(
            max_examples=EXAMPLES[name], stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
