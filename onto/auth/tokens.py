"""Verifiers of signed tokens (JWT); `pip install 'onto[auth]'` brings what they need.

Tokens("a secret of 32 bytes or more", algorithms=("HS256",))("eyJ…")   →  "ann"
firebase("my-project")                                                  →  the same for Firebase's ID tokens
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from onto.auth import checks

if TYPE_CHECKING:
    import jwt

GOOGLE_KEYS = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Takes tokens signed with one key: a secret (HS256) or a public key in PEM (RS256, ES256).

    A token needs an end (`exp`) and a subject (`sub`), which is the uid; `audience` and `issuer` are compared if given.
    """

    key: str | bytes = field(repr=False)
    algorithms: tuple[str, ...]
    audience: str | None = None
    issuer: str | None = None

    def __call__(self, token: str) -> str:
        """Return the uid of a token; AuthError says what is wrong with it."""
        return _subject(token, self.key, self.algorithms, self.audience, self.issuer)


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """Takes tokens of an issuer that publishes its keys (JWKS) at `keys_url`; keys are fetched when new ones appear."""

    keys_url: str
    audience: str
    issuer: str
    algorithms: tuple[str, ...] = ("RS256",)
    _keys: jwt.PyJWKClient = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the client of the keys; it fetches nothing yet."""
        import jwt

        object.__setattr__(self, "_keys", jwt.PyJWKClient(self.keys_url))

    def __call__(self, token: str) -> str:
        """Return the uid of a token; AuthError says what is wrong with it, or 503 that the keys cannot be had."""
        import jwt

        try:
            key = self._keys.get_signing_key_from_jwt(token).key
        except jwt.PyJWKClientConnectionError as error:
            raise checks.AuthError(f"the keys at {self.keys_url} cannot be fetched: try again later", 503) from error
        except jwt.PyJWTError as error:
            raise checks.AuthError(_NOT_OURS) from error
        return _subject(token, key, self.algorithms, self.audience, self.issuer)


def firebase(project: str) -> IssuedTokens:
    """Return the verifier of the ID tokens that Firebase gives to the users of a project."""
    return IssuedTokens(GOOGLE_KEYS, audience=project, issuer=f"https://securetoken.google.com/{project}")


_NOT_OURS = "the token is not one that was issued for this service: sign in and send a new one"


def _subject(token: str, key: Any, algorithms: tuple[str, ...], audience: str | None, issuer: str | None) -> str:
    import jwt  # only who checks tokens needs it

    options: Any = {"require": ["exp", "sub"], "verify_aud": audience is not None}
    try:
        claims = jwt.decode(token, key, list(algorithms), options, audience=audience, issuer=issuer)
    except jwt.ExpiredSignatureError as error:
        raise checks.AuthError("the token has expired: sign in and send a new one") from error
    except jwt.InvalidTokenError as error:
        raise checks.AuthError(_NOT_OURS) from error
    return str(claims["sub"])
