"""A domain method called by the id of its entity, wherever the methods run.

    CTX.call_through(Gateway("localhost:9092", "shop-replies"))          # or an in-process Engine
    Ticket.ref("t1").mark(attending=True).result()                       # blocking
    await Ticket.ref("t1", request_id="r1", seconds=5).mark(attending=True)

The call is sent at once; any number may be under way. Called again with its request id, it is applied once.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Generator, Mapping
from concurrent import futures
from typing import Any, Generic, TypeVar

from onto import calling, context, domain_model, methods, setting, signature, view_model, wire

LOG = logging.getLogger(__name__)
M = TypeVar("M", bound=domain_model.DomainModel)


class Call:
    """A call under way: `result()` blocks for what the method returned, `await` gives the same.

    Both raise CallError with what the method raised, and NoReplyError when the call's time is up. The failure of a call
    that nobody waits for is logged.
    """

    def __init__(
        self, sent: futures.Future[calling.Reply], pending: calling.Pending, request_id: str, named: str,
        read: Callable[[Any], Any],
    ) -> None:  # fmt: skip
        """Take a call that was sent; `named` says which, for the log."""
        self.request_id = request_id
        self._sent = sent
        self._pending = pending
        self._named = named
        self._read = read
        self._waited = False

    def __del__(self) -> None:
        """Log how the call fails, or has failed, if nobody waited for it."""
        if not self._waited:
            self._sent.add_done_callback(functools.partial(_unheard, self._named))

    def result(self) -> Any:
        """Return what the method returned, as Python has it."""
        return self._read(self.reply().result)

    def reply(self) -> calling.Reply:
        """Return the reply: the result in JSON, and the token of what was changed; NoReplyError when the time is up."""
        self._waited = True
        return self._pending.reply()

    def __await__(self) -> Generator[Any, None, Any]:
        """Give what the method returned, without blocking the event loop."""
        return self._awaited().__await__()

    async def _awaited(self) -> Any:
        self._waited = True
        return self._read((await self._pending.awaited()).result)


class Ref(Generic[M]):
    """An entity by its model and id: its methods are calls."""

    def __init__(
        self, model: type[M], doc_id: str, *, through: calling.Caller | None = None, request_id: str | None = None,
        seconds: float = calling.SECONDS,
    ) -> None:  # fmt: skip
        """Refer to the entity, which need not exist; its calls have a reply within `seconds`, or NoReplyError."""
        self._model = model
        self._doc_id = doc_id
        self._through = through
        self._request_id = request_id
        self._seconds = seconds

    def __repr__(self) -> str:
        """Show the model and id."""
        return f"{self._model.__name__}.ref({self._doc_id!r})"

    def __getattr__(self, name: str) -> Callable[..., Call]:
        """Return a method of the entity; AttributeError when neither its class nor one below has it."""
        if name.startswith("_"):
            raise AttributeError(name)
        model = methods.defining(self._model, name)

        def call(*args: Any, **named: Any) -> Call:
            given = methods.dump_args(model, name, _named(model, name, args, named))
            return self._call(model, name, given)

        return call

    def _call(self, model: type[domain_model.DomainModel], method: str, args: Mapping[str, Any]) -> Call:
        # With a request id of its own, the second method would be taken for the first one called again.
        request_id, self._request_id = calling.new_id(self._request_id), None
        command = wire.Command(request_id, method, args, self._model.__name__, calling.deadline(self._seconds))
        return _send(
            self._through, self._model, self._doc_id, command, self._seconds,
            lambda result: methods.read_result(model, method, result),
        )  # fmt: skip


class ViewRef:
    """A view by its class and the id of its root: its attributes are written where methods run."""

    def __init__(
        self, view: type[view_model.ViewModel], doc_id: str, *, through: calling.Caller | None = None,
        request_id: str | None = None, seconds: float = calling.SECONDS,
    ) -> None:  # fmt: skip
        """Refer to the view of a root; what is set has a reply within `seconds`, or NoReplyError."""
        self._view = view
        self._doc_id = doc_id
        self._through = through
        self._request_id = request_id
        self._seconds = seconds

    def __repr__(self) -> str:
        """Show the view and id."""
        return f"{self._view.__name__}.ref({self._doc_id!r})"

    def set(self, **values: Any) -> Call:
        """Set attributes through their setters, all as one transaction over what the setters reach.

        Raises BadArgumentsError, and sends nothing, for an attribute that has no setter or a value that does not fit.
        """
        given = setting.dump_values(self._view, values)
        request_id, self._request_id = calling.new_id(self._request_id), None
        name, until = self._view.__name__, calling.deadline(self._seconds)
        command = wire.Command(request_id, methods.SET, given, name, until)
        return _send(
            self._through, setting.root_of(self._view), self._doc_id, command, self._seconds, lambda result: result
        )


def _send(
    through: calling.Caller | None, model: type[domain_model.DomainModel], doc_id: str, command: wire.Command,
    seconds: float, read: Callable[[Any], Any],
) -> Call:  # fmt: skip
    caller = through or context.Context.caller
    # Sent before there is a Call: the traceback of a failure in this process would keep it for ever.
    sent = caller.submit(model, doc_id, command)
    named = f"{command.model} {doc_id!r}: `{command.method}`"
    pending = calling.Pending(sent, command.request_id, seconds, caller.forget)
    return Call(sent, pending, command.request_id, named, read)


def _unheard(named: str, sent: futures.Future[calling.Reply]) -> None:
    error = None if sent.cancelled() else sent.exception()
    if error is not None:
        LOG.warning("%s failed, and nobody waited for it: %s", named, error)


def _named(
    model: type[domain_model.DomainModel], method: str, args: tuple[Any, ...], named: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Give arguments by position their names."""
    function = methods.method_of(model, method)
    if not args:
        return named
    if function is None:
        raise signature.BadArgumentsError(f"{model.__name__}.{method} takes its arguments by name")
    try:
        bound = inspect.signature(function).bind_partial(None, *args, **named).arguments
    except TypeError as error:
        raise signature.BadArgumentsError(f"{model.__name__}.{method}: {error}") from error
    return dict(list(bound.items())[1:])
