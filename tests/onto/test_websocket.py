"""Views over real WebSockets: a server on a port, and clients that are Socket.IO's own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import queue
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask
import flask_socketio
import pytest
import socketio
import websocket
from werkzeug import serving

from onto import auth, errors, joins
from onto.attrs import attrs
from onto.context import CTX
from onto.database import protocol
from onto.database.memory import Memory
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel
from onto.websocket import WsMediator

LIMIT = 30.0  # seconds for what is to come


class Town(DomainModel):
    name: str = attrs.nothing
    people: int = attrs.nothing


class TownStore(Store):
    town = reference(dm_cls=Town)


class TownView(ViewModel):
    store: TownStore

    @attrs.getter
    def name(self) -> str:
        return self.store.town.name


class TownSocket(WsMediator):
    def on_connect(self, given: Any) -> None:
        if given == "nobody":
            raise auth.AuthError("sign in first")
        if given == "stranger":
            raise flask_socketio.ConnectionRefusedError("not you")
        if given == "trouble":
            raise ZeroDivisionError

    def on_rename(self, doc_id: str, name: Any) -> str:
        town = Town.get(doc_id)
        assert town is not None
        town.update_vals(with_raw={"name": name})
        town.save()
        return "done"

    def on_fail(self) -> None:
        raise ZeroDivisionError


class Followed(Memory):
    """A datastore that tells how many listen to it."""

    listening = 0
    most = 0  # that have listened at once

    def listen(self, listener: protocol.Listener, *scopes: protocol.Scope, replay: bool = False) -> Callable[[], None]:
        stop = super().listen(listener, *scopes, replay=replay)
        self.listening += 1
        self.most = max(self.most, self.listening)

        def ended() -> None:
            self.listening -= 1
            stop()

        return ended


class Session:
    """A front end: a connection, and what comes over it."""

    def __init__(self, port: int, given: str | None = None) -> None:
        self.client = socketio.Client(reconnection=False)
        self.heard: queue.Queue[Any] = queue.Queue()
        self.client.on("*", lambda *event: self.heard.put(event), namespace="/towns")
        self.client.on("connect_error", self.heard.put, namespace="/towns")
        url = f"http://127.0.0.1:{port}"
        try:
            self.client.connect(url, auth=given, namespaces=["/towns"], transports=["websocket"])
        except socketio.exceptions.ConnectionError as error:
            raise PermissionError(self.heard.get(timeout=LIMIT)["message"]) from error

    def ask(self, event: str, *given: Any) -> Any:
        return self.client.call(event, given, namespace="/towns", timeout=LIMIT)

    def subscribe(self, doc_id: str) -> None:
        assert self.ask("subscribe_view_model", {"doc_id": doc_id}) is None

    def vanish(self) -> None:
        self.client.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        self.client.wait()

    def hears(self, *events: Any) -> bool:
        return [self.heard.get(timeout=LIMIT) for _ in events] == list(events)


@pytest.fixture
def database() -> Iterator[Followed]:
    made = Followed()
    CTX.use(made)
    Town.new(doc_id="o", name="Oslo", people=7).save()
    yield made
    CTX.use(None)


@contextlib.contextmanager
def served(**options: Any) -> Iterator[int]:
    app = flask.Flask(__name__)
    io = flask_socketio.SocketIO(app, async_mode="threading", **options)
    io.on_namespace(TownSocket(view_model_cls=TownView, namespace="/towns"))
    server = serving.make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def session(database: Followed) -> Iterator[Callable[..., Session]]:
    """Return what begins sessions of a server."""
    begun: list[Session] = []
    with served() as port:

        def begin(given: str | None = None) -> Session:
            begun.append(Session(port, given))
            return begun[-1]

        yield begin
        for one in begun:
            if one.client.connected:
                one.vanish()


def rename(name: str, doc_id: str = "o", people: int = 7) -> None:
    Town.new(doc_id=doc_id, name=name, people=people).save()


def test_a_view_comes_now_and_after_each_change_of_it(session: Any) -> None:
    one = session()
    one.subscribe("o")
    assert one.hears(("subscribed", "o"), ("updated", {"name": "Oslo"}, "o"))
    rename("Oslo", people=8)  # of which the view says nothing
    rename("Bergen")
    rename("Bergen", doc_id="other")
    Town.new(doc_id="o").delete()
    rename("Oslo")
    assert one.hears(
        ("updated", {"name": "Bergen"}, "o"), ("removed", "o"), ("updated", {"name": "Oslo"}, "o")
    )  # fmt: skip


def test_what_is_not_there_comes_when_it_is(session: Any) -> None:
    one = session()
    one.subscribe("b")
    rename("Bergen", doc_id="b")
    assert one.hears(("subscribed", "b"), ("updated", {"name": "Bergen"}, "b"))


def test_everybody_who_subscribed_is_told_and_who_ended_it_is_not(session: Any) -> None:
    one, other = session(), session()
    for each in (one, other):
        each.subscribe("o")
    assert one.ask("unsubscribe_view_model", {"doc_id": "o"}) is None
    one.subscribe("b")
    rename("Bergen")
    rename("Bergen", doc_id="b")
    assert one.hears(
        ("subscribed", "o"), ("updated", {"name": "Oslo"}, "o"),
        ("subscribed", "b"), ("updated", {"name": "Bergen"}, "b"),
    )  # fmt: skip
    assert other.hears(
        ("subscribed", "o"), ("updated", {"name": "Oslo"}, "o"), ("updated", {"name": "Bergen"}, "o")
    )  # fmt: skip


def test_with_the_last_session_the_datastore_is_followed_no_longer(session: Any, database: Followed) -> None:
    one, other, third = session(), session(), session()
    for each in (one, other, third):
        each.subscribe("o")
        each.subscribe("b")
    assert database.listening == 1
    one.ask("unsubscribe_view_model", {"doc_id": "o"})
    one.ask("unsubscribe_view_model", {"doc_id": "b"})
    one.ask("unsubscribe_view_model", {"doc_id": "b"})  # a second time
    assert database.listening == 1
    other.client.disconnect()
    third.vanish()
    until(lambda: database.listening == 0)
    one.subscribe("o")
    assert database.listening == 1


def until(condition: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(int(LIMIT / 0.01)):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("it does not come true")


def test_nothing_is_left_out_and_nothing_comes_twice_while_others_write(session: Any) -> None:
    def write() -> None:
        for number in range(300):
            rename(str(number))

    rename("begun")
    thread = threading.Thread(target=write)
    one = session()
    thread.start()
    one.subscribe("o")
    thread.join()
    assert one.hears(("subscribed", "o"))
    first = one.heard.get(timeout=LIMIT)[1]["name"]
    following = range(0 if first == "begun" else int(first) + 1, 300)
    assert one.hears(*[("updated", {"name": str(number)}, "o") for number in following])


def test_events_are_handled_and_acknowledged(session: Any, caplog: pytest.LogCaptureFixture) -> None:
    one = session()
    assert one.ask("rename", "o", "Bergen") == "done"
    assert Town.get("o").name == "Bergen"  # type: ignore[union-attr]  # it is there
    assert one.ask("rename", "o", 5) == {"error": "Town.name: 5 is not a string"}
    assert one.ask("subscribe_view_model", "o") == {
        "error": """a view is asked for by {"doc_id": "…"}, not by 'o'"""
    }  # fmt: skip
    assert not caplog.records
    assert one.ask("fail") == {"error": "the server failed at this; its log says why"}
    assert "TownSocket failed on fail" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert one.ask("rename", "o", "Oslo") == "done"


@pytest.mark.parametrize(
    ("who", "why"),
    [("nobody", "sign in first"), ("stranger", "not you"), ("trouble", "the server failed at this")],
)
def test_who_may_not_connect_is_refused(session: Any, who: str, why: str) -> None:
    with pytest.raises(PermissionError, match=why):
        session(who)
    assert session("friend").ask("rename", "o", "Bergen") == "done"


def test_sessions_that_are_found_dead_while_they_are_told_hold_up_no_commit(
    database: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    def begin(port: int) -> websocket.WebSocket:
        silent = websocket.create_connection(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket")
        assert silent.recv().startswith("0")
        silent.send("40/towns,")
        while not (said := silent.recv()).startswith("40/towns,"):
            assert said == "2"  # a ping
        return silent

    def send(silent: websocket.WebSocket, event: str, doc_id: str) -> None:
        with contextlib.suppress(websocket.WebSocketException, OSError):  # it may be given up by now
            silent.send("42/towns," + json.dumps([event, {"doc_id": doc_id}]))

    def nobody_is_left(numbers: Iterator[int]) -> bool:
        rename(str(next(numbers)))
        return database.listening == 0

    with served(ping_interval=0.2, ping_timeout=0.1) as port:
        silent = [begin(port) for _ in range(8)]
        for _ in range(10):
            for one in silent:  # none of which answers a ping, until the server gives it up
                send(one, "subscribe_view_model", "o")
                send(one, "subscribe_view_model", "b")
                send(one, "unsubscribe_view_model", "b")
        until(lambda: database.most == 1)
        until(functools.partial(nobody_is_left, itertools.count()))
    assert database.most == 1
    assert not [one for one in caplog.records if one.name.startswith("onto")]


def test_a_view_without_a_store_is_told_at_once() -> None:
    class Nowhere(ViewModel):
        """It says not which store it reads."""

    with pytest.raises(joins.JoinError, match="Nowhere does not say which store it reads"):
        WsMediator(view_model_cls=Nowhere)
    assert WsMediator(view_model_cls=TownView).namespace == "/TownView"


def test_without_flask_socketio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flask_socketio", None)  # to import it raises ModuleNotFoundError
    monkeypatch.delitem(sys.modules, "onto.websocket")
    with pytest.raises(errors.SettingsError, match=re.escape("need Flask-SocketIO: pip install 'onto[websocket]'")):
        import onto.websocket  # noqa: F401 - that it fails is the point
