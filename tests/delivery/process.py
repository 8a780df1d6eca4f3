"""The process that the delivery tests kill: it forks a child for each run, so that a run costs no imports.

It reads a line `[[url, scenario, fatal], …]`, runs these side by side, and answers with their exit codes; -9 is a kill.
A child kills itself at its step number `fatal`: before each call that touches the disk, in the middle of each write to
a file, before each statement and commit of a SQL datastore, and at the marked places of handlers; a server also at each
wait for a front end and in the middle of each answer, from when it is ready.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from typing import Any

from examples.city.mediators import CityFormMediator, CityViewMediator
from examples.city.models import City
from onto import attrs, sink, source
from onto.context import CTX
from onto.database import file, opening
from onto.domain_model import DomainModel
from onto.mediator import Mediator, TaskMediator
from tests.delivery import steps, web
from tests.delivery.steps import step
from tests.seed.meeting import Meeting, MeetingSession, Ticket

LIMIT = 60  # seconds, after which a run is given up
WAIT = 0.02  # seconds between two looks at what another process does


# ---------------------------------------------------------------- scenarios


class Total(DomainModel):
    """What tasks have added up to, and how many of them there were."""

    sum: int = attrs.nothing
    count: int = attrs.nothing


class AddingMediator(TaskMediator):
    """Adds each task to the total: done twice, or not at all, shows."""

    max_retries = 1000  # of two processes, one always wins

    class Protocol(TaskMediator.Protocol):
        @staticmethod
        def on_task(snapshot: Any, mediator: Any) -> None:
            step()
            total = Total.get("all") or Total.new(doc_id="all", sum=0, count=0)
            total.sum += snapshot.get("n")
            total.count += 1
            total.save()
            step()


class Screens(Mediator):
    """The mediator of chapter 1.4.4, which also takes a copy from whoever has left."""

    meetings = source.domain_model(Meeting)
    sink = sink.firestore()

    @meetings.triggers.on_create
    @meetings.triggers.on_update
    def materialize(self, obj: Any) -> None:
        step()
        MeetingSession.get(obj.doc_id, once=False, f_notify=self.notify)
        step()

    def notify(self, obj: Any) -> None:
        step()
        self.sink.emit_all(obj)


def query_follow() -> None:
    CityFormMediator(query=CTX.db.collection_group("cityForms")).start()
    CityViewMediator(query=City.get_query()).start()


def query() -> None:
    query_follow()
    for n in range(2):
        CTX.db.document(f"users/u/cityForms/c{n}").set({"name": f"name {n}", "country": "x"})
    City.new(doc_id="c0", city_name="renamed", country="y").save()


def document_follow() -> None:
    Screens.start()


def document() -> None:
    Ticket.new(doc_id="t1", meeting="m", user="ann", attending=True).save()
    Ticket.new(doc_id="t2", meeting="m", user="bob", attending=False).save()
    document_follow()
    Meeting.new(doc_id="m", title="Town hall").save()
    Ticket.new(doc_id="t2", meeting="m", user="bob", attending=True).save()
    Ticket.new(doc_id="t1", meeting="m", user="ann").delete()


def document_unfollowed() -> None:
    """Take the last one away while no mediator runs."""
    Ticket.new(doc_id="t2", meeting="m", user="bob").delete()


def task_post() -> None:
    for n in (1, 10, 100):
        with CTX.database.transaction():
            CTX.db.document(f"tasks/{n}").set({"n": n})
            CTX.db.document(f"posted/{n}").set({"n": n})


def task_follow() -> None:
    AddingMediator(query=CTX.db.collection("tasks")).start()


def task() -> None:
    task_follow()
    task_post()


def task_beside() -> None:
    """Follow beside another process until there is nothing left to do."""
    task_follow()
    while CTX.db.collection("tasks").get():
        threading.Event().wait(WAIT)


SCENARIOS = {
    one.__name__: one
    for one in (
        query, query_follow, document, document_follow, document_unfollowed, task, task_post, task_follow, task_beside,
    )
}  # fmt: skip


# ---------------------------------------------------------------- runs


def run(url: str, scenario: str, fatal: int) -> None:
    signal.alarm(LIMIT)
    file.ROOM = 1
    place = web.place_of(url)
    if scenario in web.FRONT_ENDS:
        return web.ask(place, scenario)
    steps.on_disk()
    if scenario == "serve":
        CTX.use(opening.opened(url))
        return web.serve(place, fatal)
    steps.die_at(fatal)
    CTX.use(opening.opened(url))
    return SCENARIOS[scenario]()


def forked(given: tuple[str, str, int]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        run(*given)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def serve() -> None:
    for line in sys.stdin:
        children = [forked(tuple(one)) for one in json.loads(line)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children]
        sys.stdout.write(f"{json.dumps(codes)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
