"""Views over WebSockets: whoever subscribes to a view is sent it now, and again after each commit that changes it.

class RoomSocket(WsMediator):
    def on_rename(self, doc_id, name):      # an event that front ends may send; what it returns acknowledges it
        ...

io = flask_socketio.SocketIO(app)
io.on_namespace(RoomSocket(view_model_cls=RoomView, namespace="/rooms"))

front end:  emit("subscribe_view_model", {"doc_id": "r1"})
→  "subscribed" r1, "updated" {"name": "Blue"} r1, and "updated" after each change, until the session ends

All of it is at most once. An event is handled once, or not at all where the process dies, and its acknowledgement says
that it has been; what a handler writes holds together where it is one transaction. A session is sent each change of a
view once, and only after its commit; what it misses is not sent later: it subscribes anew, and has the view as it is.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from onto import app, boiler, context, errors, view_model
from onto.mapper import dump

try:
    import flask
    import flask_socketio
except ImportError as error:
    raise errors.SettingsError("WebSockets need Flask-SocketIO: pip install 'onto[websocket]'") from error

LOG = logging.getLogger(__name__)
FAILED = "the server failed at this; its log says why"


class SubscriptionError(errors.OntoError):
    """A front end subscribes to something that is no view."""


class WsMediator(flask_socketio.Namespace):  # type: ignore[misc]  # Flask-SocketIO has no types
    """Sends the views of a class to the sessions that subscribe to them; a subclass adds events of its own.

    A method `on_NAME` handles the event of that name, in a thread of its own. An error of onto is acknowledged as
    `{"error": …}`; any other is logged, and acknowledged without its text. `on_connect(auth)` refuses a session by
    raising: `auth.AuthError`, or Flask-SocketIO's `ConnectionRefusedError`. The datastore is followed for as long as
    anybody is subscribed.
    """

    def __init__(self, view_model_cls: type[view_model.ViewModel], namespace: str | None = None) -> None:
        """Take the class of the views; the namespace is that of its collection where none is given.

        Raises JoinError when the view's joins cannot be told.
        """
        super().__init__(namespace or f"/{view_model_cls.collection_name()}")
        app.joins_of(view_model_cls)
        self.view_model_cls = view_model_cls
        self._lock = threading.Lock()  # taken before the datastore's, never while that is held
        self._engine: boiler.Engine | None = None
        # Both change in a transaction, so that commits see them whole.
        self._wanted: dict[str, set[str]] = {}  # by session
        self._readers: dict[str, set[str]] = {}  # by doc_id

    def on_subscribe_view_model(self, data: Any) -> None:
        """Send the view of `{"doc_id": …}` from now on, as soon as it exists. A subclass may first ask who wants it.

        Three events come of it: `subscribed` (doc_id), `updated` (document, doc_id), `removed` (doc_id).
        """
        doc_id, session = _doc_id(data), flask.request.sid  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
        with self._lock:
            if not self.socketio.server.manager.is_connected(session, self.namespace):
                return  # it has gone meanwhile, and nobody would end this
            if self._engine is None:
                self._engine = boiler.Engine([self.view_model_cls], context.Context.database)
                self._engine.subscribe(self._tell)
            with self._engine.transaction():  # no commit between what is sent now and what is sent next
                self._wanted.setdefault(session, set()).add(doc_id)
                self._readers.setdefault(doc_id, set()).add(session)
                self.emit("subscribed", doc_id, room=session)
                view = self._engine.view(self.view_model_cls, doc_id)
                if view is not None:
                    self.emit("updated", (dump.json_form(view.to_view_dict()), doc_id), room=session)

    def on_unsubscribe_view_model(self, data: Any) -> None:
        """Send the view of `{"doc_id": …}` no longer."""
        self._release(flask.request.sid, {_doc_id(data)})  # type: ignore[attr-defined]  # as above

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Handle an event of a session, which Flask-SocketIO brings; return what acknowledges it."""
        try:
            return super().trigger_event(event, *args)
        except flask_socketio.ConnectionRefusedError:
            raise
        except Exception as error:  # whatever user code raises is this event's news alone
            known = isinstance(error, errors.OntoError)
            if not known:
                LOG.exception("%s failed on %s", type(self).__name__, event)
            if event == "connect":  # who cannot be told to be let in is not
                raise flask_socketio.ConnectionRefusedError(str(error) if known else FAILED) from error
            return {"error": str(error) if known else FAILED}
        finally:
            if event == "disconnect":
                # Not here: a session may be found dead while a commit sends to it, and that holds the datastore's lock.
                self.socketio.start_background_task(self._release, args[0], None)

    def _release(self, session: str, doc_ids: set[str] | None) -> None:
        """End subscriptions of a session, or all of them; with the last one of all, follow no longer."""
        with self._lock:
            if self._engine is None:
                return
            with self._engine.transaction():
                wanted = self._wanted.get(session, set())
                for doc_id in wanted & (wanted if doc_ids is None else doc_ids):
                    wanted.discard(doc_id)
                    self._readers[doc_id].discard(session)
                    if not self._readers[doc_id]:
                        del self._readers[doc_id]
                if not wanted:
                    self._wanted.pop(session, None)
            if not self._wanted:
                self._engine.close()
                self._engine = None

    def _tell(self, event: boiler.Event) -> None:
        readers = self._readers.get(event.key)
        if not readers:
            return  # nobody wants it: its JSON is not made
        name, data = (
            ("removed", event.key)
            if event.document is None
            else ("updated", (dump.json_form(event.document), event.key))
        )
        for session in readers:
            self.emit(name, data, room=session)


def _doc_id(data: Any) -> str:
    doc_id = data.get("doc_id") if isinstance(data, dict) else None
    if not isinstance(doc_id, str):
        raise SubscriptionError(f'a view is asked for by {{"doc_id": "…"}}, not by {data!r}')
    return doc_id
