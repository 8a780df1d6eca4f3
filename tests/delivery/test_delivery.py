"""What each way of delivery promises (chapter 1.6.6 of the original documentation), with a kill at every step.

Query, Document   at least once: every document that is there has been handled as it is now
Query+Task        exactly once: the effect of a task and its removal are one commit
Rest, WebSocket   at most once: nothing is handled again by itself, and an answer says that it has been handled
"""

from __future__ import annotations

import contextlib
import itertools
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from examples.city.models import City
from onto.context import CTX
from onto.database import opening
from tests.delivery import web
from tests.seed.meeting import Meeting, Ticket

MOST = 600  # steps of a run; none has so many
Run = Callable[..., list[int]]


@pytest.fixture(scope="module")
def processes() -> Iterator[Run]:
    """Return what runs scenarios side by side, each until its fatal step, and tells their exit codes."""
    command = [sys.executable, "-m", "tests.delivery.process"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:

        def run(url: str, *scenarios: tuple[str, int]) -> list[int]:
            assert parent.stdin is not None
            assert parent.stdout is not None
            parent.stdin.write(json.dumps([[url, scenario, fatal] for scenario, fatal in scenarios]) + "\n")
            parent.stdin.flush()
            codes: list[int] = json.loads(parent.stdout.readline())
            assert set(codes) <= {0, -9}
            return codes

        yield run
        assert parent.stdin is not None
        parent.stdin.close()


@pytest.fixture(params=["file:{}.onto", "sqlite:///{}.db"])
def fresh(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Callable[[object], str]:
    """Return what gives the URL of a datastore of its own for each run."""
    return lambda name: request.param.format(tmp_path / str(name))


@contextlib.contextmanager
def opened(url: str) -> Iterator[None]:
    """Read what is left there."""
    database = opening.opened(url)
    CTX.use(database)
    try:
        yield
    finally:
        CTX.use(None)
        database.close()


def stored(path: str) -> Any:
    return CTX.db.document(path).get().to_dict()


def every_step(processes: Run, fresh: Callable[[object], str], scenario: str, *beside: str) -> Iterator[str]:
    """Run a scenario with a kill at every step of it, each time from the beginning; yield where it has died.

    What runs beside it comes to its end.
    """
    for fatal in range(1, MOST):
        url = fresh(fatal)
        died, *ended = processes(url, (scenario, fatal), *((one, 0) for one in beside))
        assert not any(ended)
        if not died:
            assert fatal > 15  # there were steps
            return
        yield url
    raise AssertionError(f"{scenario} does not end")


def cities_have_their_views() -> None:
    cities = {one.doc_id: (one.city_name, one.country) for one in City.all()}
    views = {one.id: (one.get("name"), one.get("country")) for one in CTX.db.collection("cityView").stream()}
    assert views == cities
    forms = {one.id for one in CTX.db.collection_group("cityForms").stream()}
    assert forms <= set(cities)


def everybody_has_the_last_view() -> None:
    tickets = list(Ticket.all())
    shown = {one.reference.path: one.get("attending") for one in CTX.db.collection_group("MeetingSession").stream()}
    attending = sorted(one.user for one in tickets if one.attending)
    there = Meeting.get("m") is not None
    assert shown == {f"users/{one.user}/MeetingSession/m": attending for one in tickets if there}


def each_task_is_done_once() -> None:
    posted = [one.get("n") for one in CTX.db.collection("posted").stream()]
    total = stored("Total/all") or {"sum": 0, "count": 0}
    assert (total["sum"], total["count"]) == (sum(posted), len(posted))
    assert CTX.db.collection("tasks").get() == []


CHECKS = {"query": cities_have_their_views, "document": everybody_has_the_last_view, "task": each_task_is_done_once}


@pytest.mark.parametrize("way", CHECKS)
def test_a_kill_at_every_step_breaks_no_promise(processes: Run, fresh: Callable[[object], str], way: str) -> None:
    for number, url in enumerate(every_step(processes, fresh, way)):
        if number % 3 == 0:  # some die again while they make good what was left
            processes(url, (f"{way}_follow", number % 17 + 1))
        assert processes(url, (f"{way}_follow", 0)) == [0]
        with opened(url):
            CHECKS[way]()


def test_what_was_removed_while_nobody_followed_is_gone_from_the_views(
    processes: Run, fresh: Callable[[object], str]
) -> None:
    url = fresh("removed")
    for scenario in ("document", "document_unfollowed", "document_follow"):
        assert processes(url, (scenario, 0)) == [0]
    with opened(url):
        everybody_has_the_last_view()
        assert stored("users/bob/MeetingSession/m") is None


def test_of_two_processes_each_task_has_one_that_commits_it(processes: Run, tmp_path: pathlib.Path) -> None:
    died = 0
    for number, (one, other) in enumerate(itertools.product((0, 12, 23, 31, 38), repeat=2)):
        url = f"sqlite:///{tmp_path / str(number)}.db"
        processes(url, ("task_post", 0))
        if one and other:  # both die: a third one does the rest
            died += processes(url, ("task_beside", one), ("task_beside", other)).count(-9)
            processes(url, ("task_beside", 0), ("task_beside", 0))
        else:
            died += processes(url, ("task_beside", one), ("task_beside", other)).count(-9)
        with opened(url):
            each_task_is_done_once()
    assert died > 10


# ---------------------------------------------------------------- Rest, WebSocket

STATES = [{"total": sum(web.NUMBERS[:n]), "count": n} for n in range(1, len(web.NUMBERS) + 1)]


def added() -> list[int]:
    """Return which numbers have been added: each once, and whole."""
    done = {int(one.doc_id): one.times for one in web.Done.all()}
    assert set(done.values()) <= {1}
    held = stored("Sum/all") or {"total": 0, "count": 0}
    assert (held["total"], held["count"]) == (sum(done), len(done))
    return sorted(done)


@pytest.mark.parametrize("front_end", ["post", "socket"])
def test_a_kill_at_every_step_lets_nothing_be_handled_twice(
    processes: Run, fresh: Callable[[object], str], front_end: str
) -> None:
    for url in every_step(processes, fresh, "serve", front_end):
        seen = web.seen(web.place_of(url))
        with opened(url):
            done = added()
        assert set(seen.answered) <= set(done)
        # What was shown was kept, and each state was shown once, in order.
        assert seen.shown == [one for one in STATES[: len(done)] if one in seen.shown]
        if front_end == "socket":  # what is acknowledged has been shown before
            assert len(seen.shown) >= len(seen.answered)
        assert processes(url, ("serve", 0), ("subscribe", 0)) == [0, 0]
        with opened(url):
            assert added() == done  # nothing is done again by itself
        assert web.seen(web.place_of(url)).shown == STATES[: len(done)][-1:]


@pytest.mark.parametrize("front_end", ["post", "socket"])
def test_without_a_kill_everything_is_answered(processes: Run, fresh: Callable[[object], str], front_end: str) -> None:
    url = fresh("whole")
    assert processes(url, ("serve", 0), (front_end, 0)) == [0, 0]
    seen = web.seen(web.place_of(url))
    assert seen.answered == list(web.NUMBERS)
    assert seen.shown == (STATES if front_end == "socket" else STATES[-1:])


def test_a_request_with_an_id_of_its_own_may_be_sent_until_it_is_answered(
    processes: Run, fresh: Callable[[object], str]
) -> None:
    for number, url in enumerate(every_step(processes, fresh, "serve", "put")):
        if number % 3 == 0:  # some servers die again
            processes(url, ("serve", number % 23 + 1), ("put", 0))
        assert processes(url, ("serve", 0), ("put", 0)) == [0, 0]
        seen = web.seen(web.place_of(url))
        assert (sorted(seen.answered), seen.shown) == (list(web.NUMBERS), STATES[-1:])
        with opened(url):
            assert added() == list(web.NUMBERS)
