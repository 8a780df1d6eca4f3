"""What is asked of a request, whichever framework brings it.

check("Bearer eyJ…", "ann", verify)   →  "ann", or AuthError with the status and the sentence to answer
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onto import errors

Verifier = Callable[[str], str]
"""Takes a bearer token and returns the caller's uid, or raises AuthError; `lambda token: token` does for tests."""


class AuthError(errors.OntoError):
    """A caller who is not known (`status` 401), or may not do this (403), or cannot be told now (503).

    `str()` says what to do.
    """

    def __init__(self, message: str, status: int = 401) -> None:
        """Make the error that is answered with that HTTP status."""
        super().__init__(message)
        self.status = status

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON answer."""
        return {"error": {"status": self.status, "message": str(self)}}

    @property
    def headers(self) -> dict[str, str]:
        """Return the answer's own headers: a 401 says which scheme is wanted."""
        return {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}


def check(authorization: str | None, path_uid: str | None, verify: Verifier) -> str:
    """Return the uid of a request's caller.

    `authorization` is the header of that name, `path_uid` the uid in the request's path, None for a path without one.
    Raises AuthError: 401 without a token that `verify` takes, 403 where the path is another's.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthError("no token: send the header `Authorization: Bearer <token>`")
    uid = verify(token.strip())
    if not uid:
        raise AuthError("the token names no user: sign in and send a new one")
    if path_uid is not None and path_uid != uid:
        raise AuthError(f"this path belongs to another user: ask for /users/{uid}/…", 403)
    return uid
