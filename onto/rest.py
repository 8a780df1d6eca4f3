"""Views over REST: a mediator's functions as routes of a Flask app. Flask is needed when it starts, not to import this.

A request is handled at most once: nothing is done again by itself, and an answer says that it has been done.

class MeetingSessionRest(Mediator):
    view_model_cls = MeetingSession
    rest = RestViewModelSource()

    @rest.route("/<doc_id>", methods=("GET",))
    def show(self, doc_id):
        MeetingSession.get(doc_id, f_notify=lambda obj: self.rest.emit(jsonify(obj.to_view_dict())))

MeetingSessionRest.rest.start(app)      →  GET /MeetingSession/m1
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from onto import errors, live
from onto.database import protocol
from onto.mapper import shape

if TYPE_CHECKING:
    import flask

F = TypeVar("F", bound=Callable[..., Any])
_EMITTED: contextvars.ContextVar[list[Any]] = contextvars.ContextVar("emitted")
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
_OPENAPI = "3.0.3"  # what Flasgger is told that the descriptions are


@dataclass(frozen=True, slots=True)
class _Route:
    rule: str
    methods: tuple[str, ...]
    function: Callable[..., Any]


class RestViewModelSource:
    """The routes of a mediator class, below the collection of its `view_model_cls`.

    Each request is answered by what its function emits, or returns; 404 where that is nothing. Where it raises the
    answer is 409 if another commit came between, 400 for other errors of onto, and for all others Flask's 500, which is
    logged. A function carries the description that Flasgger shows for it, in OpenAPI 3. Within a request a view is told
    of once, whatever `once` says: nobody is there to hear of a later change.
    """

    def __init__(self) -> None:
        """Make a source without routes."""
        self._routes: list[_Route] = []
        self._owner: type[Any] | None = None

    def __set_name__(self, owner: type[Any], name: str) -> None:
        """Learn the mediator."""
        self._owner = owner

    def route(self, rule: str, methods: Iterable[str] = ("GET",)) -> Callable[[F], F]:
        """Call the function for requests to the rule, written as Flask's rules are."""

        def add(function: F) -> F:
            self._routes.append(_Route(rule, tuple(methods), function))
            return function

        return add

    def emit(self, response: Any) -> None:
        """Answer the request with anything that a Flask view may return; RuntimeError outside of a request."""
        emitted = _EMITTED.get(None)
        if emitted is None:
            raise RuntimeError("`emit` answers a request, and there is none")
        emitted[:] = [response]

    def start(self, app: flask.Flask) -> None:
        """Add the routes to an app, before or after `Swagger(app)`.

        ValueError where the mediator has no `view_model_cls`, SettingsError without Flask.
        """
        try:
            import flask
        except ImportError as error:
            raise errors.SettingsError("routes need Flask: pip install 'onto[rest]'") from error

        owner, view = self._owner, getattr(self._owner, "view_model_cls", None)
        if owner is None or view is None:
            name = "the source" if owner is None else owner.__name__
            raise ValueError(f"{name} has no `view_model_cls`, below whose collection its routes are")
        blueprint = flask.Blueprint(owner.__name__, owner.__module__, url_prefix=f"/{view.collection_name()}")
        for one in self._routes:
            blueprint.add_url_rule(
                one.rule, one.function.__name__, _described(_answering(owner, one), one, view), methods=one.methods
            )
        app.register_blueprint(blueprint)
        # Flasgger says Swagger 2 of itself; it reads the app's configuration once, and its own at every request.
        described = app.swag.config if hasattr(app, "swag") else app.config.setdefault("SWAGGER", {})
        described.setdefault("openapi", _OPENAPI)


def _answering(owner: type[Any], route: _Route) -> Callable[..., Any]:
    """Return the view function of a route."""
    import flask

    @functools.wraps(route.function)
    def answer(**values: Any) -> Any:
        emitted: list[Any] = []
        answered, within = _EMITTED.set(emitted), live.ONCE.set(True)
        try:
            returned = route.function(owner(), **values)
        except errors.OntoError as error:
            conflict = isinstance(error, protocol.ConflictError | protocol.AlreadyExistsError)
            return flask.jsonify({"error": str(error)}), 409 if conflict else 400
        finally:
            live.ONCE.reset(within)
            _EMITTED.reset(answered)
        found = emitted[0] if emitted else returned
        return (flask.jsonify({"error": "there is nothing here"}), 404) if found is None else found

    return answer


def _described(answer: Callable[..., Any], route: _Route, view: type[Any]) -> Callable[..., Any]:
    """Give a view function the description that Flasgger reads, behind its docstring."""
    names = re.findall(r"<(?:[^<>]*:)?(\w+)>", route.rule)
    fields = {view.json_name(one.name): _schema(one.value_shape()) for one in view.exported()}
    content = {"application/json": {"schema": {"type": "object", "properties": fields}}}
    described = {
        "parameters": [{"name": one, "in": "path", "required": True, "schema": {"type": "string"}} for one in names],
        "responses": {
            200: {"description": view.__name__, "content": content},
            404: {"description": "there is nothing here"},
        },
    }
    text = inspect.getdoc(route.function) or route.function.__name__.replace("_", " ")
    answer.__doc__ = f"{text}\n---\n{yaml.safe_dump(described, sort_keys=False)}"
    return answer


def _schema(of: shape.Shape) -> dict[str, Any]:
    match of:
        case shape.Plain(kind) if kind in _TYPES:
            return {"type": _TYPES[kind]}
        case shape.ListOf(item) | shape.SetOf(item):
            return {"type": "array", "items": _schema(item)}
        case shape.DictOf(item):
            return {"type": "object", "additionalProperties": _schema(item)}
        case shape.Raw():
            return {}
    return {"type": "string"}
