"""A server of real HTTP and WebSockets, which may die at every step, and the front ends that ask it.

Server and front end run side by side, each in a process of its own. Beside the datastore lie the server's port, what
the front end has seen (`Seen`), and the sign that it has come to its end, at which the server ends too.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import pathlib
import queue
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

import flask
import flask_socketio
import socketio
from werkzeug import serving

from onto import attrs
from onto.context import CTX
from onto.database import protocol
from onto.domain_model import DomainModel
from onto.mediator import Mediator
from onto.rest import RestViewModelSource
from onto.store import Store, reference
from onto.view_model import ViewModel
from onto.websocket import WsMediator
from tests.delivery import steps

NUMBERS = (1, 10)  # what is asked for, one after another
LIMIT = 60.0  # seconds for an answer
WAIT = 0.01  # seconds between two looks for a file


class Done(DomainModel):
    """How often a number has been added."""

    times: int = attrs.nothing


class Sum(DomainModel):
    """What the numbers add up to, and how many there were."""

    total: int = attrs.nothing
    count: int = attrs.nothing


class SumStore(Store):
    sum = reference(dm_cls=Sum)


class SumView(ViewModel):
    store: SumStore

    @attrs.getter
    def total(self) -> int:
        return self.store.sum.total

    @attrs.getter
    def count(self) -> int:
        return self.store.sum.count


def add(number: int, only_once: bool) -> None:
    """Add a number, in one transaction: done twice, or by halves, it shows. `only_once` refuses a second time."""
    steps.step()
    with CTX.database.transaction():
        done = Done.get(str(number)) or Done.new(doc_id=str(number), times=0)
        done.times += 1
        expected = protocol.Exists(False) if only_once else None
        CTX.database.write(str(done.doc_ref), done.to_dict(), when=expected)
        steps.step()
        held = Sum.get("all") or Sum.new(doc_id="all", total=0, count=0)
        held.total += number
        held.count += 1
        held.save()
    steps.step()


class SumRest(Mediator):
    view_model_cls = SumView
    rest = RestViewModelSource()

    @rest.route("/all")
    def show(self) -> None:
        SumView.get("all", f_notify=lambda obj: self.rest.emit(obj.to_view_dict()))

    @rest.route("/add/<int:number>", methods=("POST",))
    def add(self, number: int) -> Any:
        add(number, only_once=False)
        return {"added": number}

    @rest.route("/added/<int:number>", methods=("PUT",))
    def put(self, number: int) -> Any:
        add(number, only_once=True)
        return {"added": number}


class SumSocket(WsMediator):
    def on_add(self, number: int) -> int:
        add(number, only_once=False)
        return number


def place_of(url: str) -> pathlib.Path:
    """Return where the file of a datastore's URL lies, which is said from the root."""
    return pathlib.Path("/", url.partition(":")[2].lstrip("/"))


def serve(place: pathlib.Path, fatal: int) -> None:
    """Serve until the front end has come to its end, or until the fatal step."""
    app = flask.Flask("sums")
    SumRest.rest.start(app)
    flask_socketio.SocketIO(app, async_mode="threading").on_namespace(SumSocket(SumView, "/sums"))
    server = serving.make_server("127.0.0.1", 0, app, threaded=True)
    place.with_suffix(".end").unlink(missing_ok=True)
    steps.on_the_wire()
    steps.die_at(fatal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _put(place.with_suffix(".port"), str(server.port))
    _await(place.with_suffix(".end"))


# ---------------------------------------------------------------- front ends


@dataclass
class Seen:
    """What a front end was told: the numbers that were answered for, and each state of the sum that it was shown."""

    answered: list[int] = field(default_factory=list)
    shown: list[dict[str, int]] = field(default_factory=list)


def seen(place: pathlib.Path) -> Seen:
    """Return what the last front end has seen."""
    return Seen(**json.loads(place.with_suffix(".seen").read_text()))


def post(place: pathlib.Path) -> Seen:
    """Ask for each number once, whether there is an answer or not."""
    return _ask(_port(place), "POST", "add", Seen())


def put(place: pathlib.Path) -> Seen:
    """Ask for each number that nothing was answered to yet."""
    before = seen(place) if place.with_suffix(".seen").exists() else Seen()
    return _ask(_port(place), "PUT", "added", before)


def socket(place: pathlib.Path) -> Seen:
    """Subscribe, then ask for each number once."""
    return _talk(_port(place), NUMBERS)


def subscribe(place: pathlib.Path) -> Seen:
    """Subscribe, and ask for nothing."""
    return _talk(_port(place), ())


FRONT_ENDS = {one.__name__: one for one in (post, put, socket, subscribe)}


def ask(place: pathlib.Path, name: str) -> None:
    """Be a front end; keep what it has seen."""
    found = FRONT_ENDS[name](place)
    place.with_suffix(".seen").write_text(json.dumps(asdict(found)))
    place.with_suffix(".port").unlink()
    place.with_suffix(".end").touch()


def _ask(port: int, method: str, path: str, found: Seen) -> Seen:
    for number in NUMBERS:
        if number not in found.answered:
            with contextlib.suppress(OSError, http.client.HTTPException):  # no answer: who knows
                status, _ = _request(port, method, f"/SumView/{path}/{number}")
                assert status in (200, 409)
                found.answered.append(number)
    with contextlib.suppress(OSError, http.client.HTTPException):
        status, body = _request(port, "GET", "/SumView/all")
        found.shown = [body] if status == 200 else []
    return found


def _request(port: int, method: str, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        if response.length is None:  # the header of the answer was cut off, which http.client lets pass
            raise http.client.IncompleteRead(b"")
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def _talk(port: int, numbers: tuple[int, ...]) -> Seen:
    found = Seen()
    said: queue.Queue[Any] = queue.Queue()  # what is acknowledged, and None at the end of the connection
    client = socketio.Client(reconnection=False)
    client.on("connect", lambda: said.put("connected"), namespace="/sums")
    client.on("updated", lambda document, _: found.shown.append(document), namespace="/sums")

    def end() -> None:
        client.eio.wait()
        said.put(None)

    with contextlib.suppress(socketio.exceptions.SocketIOError):
        url = f"http://127.0.0.1:{port}"
        client.connect(url, namespaces=["/sums"], transports=["websocket"], wait=False)
        threading.Thread(target=end, daemon=True).start()
        if said.get(timeout=LIMIT) is None:
            return found
        events = [("subscribe_view_model", {"doc_id": "all"}), *(("add", number) for number in numbers)]
        for event, given in events:
            client.emit(event, given, namespace="/sums", callback=lambda *acknowledged: said.put(acknowledged))
            match said.get(timeout=LIMIT):
                case None:
                    break
                case (number,):
                    found.answered.append(number)
    return found


# ---------------------------------------------------------------- files


def _port(place: pathlib.Path) -> int:
    return int(_await(place.with_suffix(".port")).read_text())


def _put(path: pathlib.Path, text: str) -> None:
    whole = path.with_suffix(".new")
    whole.write_text(text)
    whole.rename(path)


def _await(path: pathlib.Path) -> pathlib.Path:
    waited = threading.Event()
    for _ in itertools.takewhile(lambda _: not path.exists(), itertools.count()):
        waited.wait(WAIT)
    return path
