"""`authenticate`, around a handler of Flask or Starlette; neither is needed to import this.

@auth.authenticate(verify)
async def meeting(request, uid): ...        →  Starlette: the first argument is the request
def meeting(doc_id, uid): ...               →  Flask: the request is the current one
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from onto.auth import checks

Handler = Callable[..., Any]


@runtime_checkable
class Request(Protocol):
    """A request of Starlette, as far as is asked of it."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever their case."""

    @property
    def path_params(self) -> Mapping[str, Any]:
        """What the path says for the names of its route."""


def authenticate(verify: checks.Verifier) -> Callable[[Handler], Handler]:
    """Return a decorator: the handler is called with the caller's `uid`, or not at all.

    Without a token that `verify` takes the answer is 401, and 403 where the path's own `uid` is another's: both JSON.
    Raises TypeError where it stands over a handler without its verifier.
    """
    if inspect.isroutine(verify) and "uid" in inspect.signature(verify).parameters:
        raise TypeError(
            f"authenticate takes a verifier of tokens: write `@authenticate(verify)` over {verify.__name__}"
        )

    def around(handler: Handler) -> Handler:
        if inspect.iscoroutinefunction(handler):

            @functools.wraps(handler)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                # In a thread: a verifier may fetch keys.
                refused = await asyncio.to_thread(_admit, verify, args, kwargs)
                return await handler(*args, **kwargs) if refused is None else refused

            return awaited

        @functools.wraps(handler)
        def called(*args: Any, **kwargs: Any) -> Any:
            refused = _admit(verify, args, kwargs)
            return handler(*args, **kwargs) if refused is None else refused

        return called

    return around


def _admit(verify: checks.Verifier, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Put the caller's uid into the arguments; return the answer for whoever is not let in, else None."""
    request = next((one for one in args if isinstance(one, Request)), None)
    if request is None:
        header, path_uid = _header_of_flask(), kwargs.get("uid")
    else:
        header, path_uid = request.headers.get("authorization"), request.path_params.get("uid")
    try:
        kwargs["uid"] = checks.check(header, path_uid, verify)
    except checks.AuthError as error:
        return _flask(error) if request is None else _starlette(error)
    return None


def _header_of_flask() -> str | None:
    import flask

    return flask.request.headers.get("Authorization")


def _flask(error: checks.AuthError) -> Any:
    return error.body, error.status, error.headers


def _starlette(error: checks.AuthError) -> Any:
    from starlette import responses

    return responses.JSONResponse(error.body, error.status, error.headers)
