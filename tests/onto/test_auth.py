"""Who may call: tokens, the uid in the path, 401 and 403, around handlers of Flask and of Starlette."""

from __future__ import annotations

import asyncio
import datetime
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onto import auth

flask = pytest.importorskip("flask")
jwt = pytest.importorskip("jwt")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")

SECRET = "a secret that is long enough for a signature"
VERIFY = auth.Tokens(SECRET, algorithms=("HS256",), audience="shop", issuer="https://ann.example")
NOT_OURS = "the token is not one that was issued for this service: sign in and send a new one"
NO_TOKEN = "no token: send the header `Authorization: Bearer <token>`"

Answer = tuple[int, Any, str | None]
Ask = Callable[[str, str | None], Answer]


def claims(seconds: int = 60, **more: Any) -> dict[str, Any]:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return {"sub": "ann", "aud": "shop", "iss": "https://ann.example", "exp": until, **more}


def token(key: Any = SECRET, algorithm: str = "HS256", headers: Any = None, **more: Any) -> str:
    return str(jwt.encode(claims(**more), key, algorithm, headers))


def with_flask() -> Ask:
    app = flask.Flask("shop")

    @app.get("/users/<uid>/orders/<doc_id>")
    @auth.authenticate(VERIFY)
    def order(doc_id: str, uid: str) -> Any:
        return {"order": doc_id, "uid": uid}

    @app.get("/me")
    @auth.authenticate(VERIFY)
    def me(uid: str) -> Any:
        return {"uid": uid}

    def ask(path: str, authorization: str | None) -> Answer:
        headers = {} if authorization is None else {"Authorization": authorization}
        got = app.test_client().get(path, headers=headers)
        return got.status_code, got.json, got.headers.get("WWW-Authenticate")

    return ask


def with_starlette(*, is_async: bool) -> Ask:
    applications = pytest.importorskip("starlette.applications")
    responses = pytest.importorskip("starlette.responses")
    routing = pytest.importorskip("starlette.routing")

    def answered(request: Any, uid: str) -> Any:
        found = {"order": request.path_params["doc_id"]} if request.path_params else {}
        return responses.JSONResponse({**found, "uid": uid})

    async def awaited(request: Any, uid: str) -> Any:
        return answered(request, uid)

    handler = auth.authenticate(VERIFY)(awaited if is_async else answered)
    app = applications.Starlette(
        routes=[routing.Route("/users/{uid}/orders/{doc_id}", handler), routing.Route("/me", handler)]
    )

    def ask(path: str, authorization: str | None) -> Answer:
        headers = [] if authorization is None else [(b"authorization", authorization.encode())]
        return asyncio.run(asgi(app, path, headers))

    return ask


async def asgi(app: Any, path: str, headers: list[tuple[bytes, bytes]]) -> Answer:
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("shop", 80), "root_path": "",
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(one.get("body", b"") for one in sent[1:])
    wanted = dict(sent[0]["headers"]).get(b"www-authenticate")
    return sent[0]["status"], json.loads(body), None if wanted is None else wanted.decode()


@pytest.fixture(params=["flask", "starlette", "starlette, not async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return with_flask() if request.param == "flask" else with_starlette(is_async=request.param == "starlette")


def refusal(status: int, message: str) -> Answer:
    return status, {"error": {"status": status, "message": message}}, "Bearer" if status == 401 else None


def test_a_good_token_brings_its_uid(ask: Ask) -> None:
    assert ask("/users/ann/orders/o1", f"Bearer {token()}") == (200, {"order": "o1", "uid": "ann"}, None)
    assert ask("/me", f"bearer  {token()}") == (200, {"uid": "ann"}, None)


def test_the_path_of_another_is_forbidden(ask: Ask) -> None:
    expected = refusal(403, "this path belongs to another user: ask for /users/ann/…")
    assert ask("/users/bob/orders/o1", f"Bearer {token()}") == expected


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YW5uOg=="])
def test_without_a_token_nobody_is_known(ask: Ask, header: str | None) -> None:
    assert ask("/users/ann/orders/o1", header) == refusal(401, NO_TOKEN)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (lambda: "no.token.atall", NOT_OURS),
        (lambda: token(key="another secret that is long enough too"), NOT_OURS),
        (lambda: jwt.encode(claims(), None, "none"), NOT_OURS),
        (lambda: token(aud="another"), NOT_OURS),
        (lambda: token(iss="https://bob.example"), NOT_OURS),
        (lambda: jwt.encode({"sub": "ann", "aud": "shop", "iss": "https://ann.example"}, SECRET), NOT_OURS),
        (lambda: token(seconds=-1), "the token has expired: sign in and send a new one"),
        (lambda: token(sub=""), "the token names no user: sign in and send a new one"),
    ],
    ids=["text", "key", "unsigned", "audience", "issuer", "endless", "expired", "nobody"],
)
def test_a_bad_token_is_told_what_to_do(sent: Callable[[], str], message: str) -> None:
    assert with_flask()("/me", f"Bearer {sent()}") == refusal(401, message)


def test_a_decorator_without_its_verifier_says_what_to_write() -> None:
    def me(uid: str) -> str:
        return uid

    with pytest.raises(TypeError, match=r"write `@authenticate\(verify\)` over me"):
        auth.authenticate(me)


@pytest.fixture(scope="module")
def key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys_url(key: Any) -> Iterator[str]:
    published = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": "k1", "use": "sig"}

    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [published]}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/keys"
        server.shutdown()


def test_an_issuers_published_keys(key: Any, keys_url: str) -> None:
    verify = auth.IssuedTokens(keys_url, audience="shop", issuer="https://ann.example")
    assert verify(token(key, "RS256", {"kid": "k1"})) == "ann"
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for bad in (token(stranger, "RS256", {"kid": "k1"}), token(key, "RS256", {"kid": "k2"}), token(), "text"):
        with pytest.raises(auth.AuthError) as caught:
            verify(bad)
        assert (caught.value.status, str(caught.value)) == (401, NOT_OURS)


def test_keys_that_cannot_be_had_are_no_fault_of_the_caller(key: Any) -> None:
    verify = auth.IssuedTokens("http://127.0.0.1:9/keys", audience="shop", issuer="https://ann.example")
    with pytest.raises(auth.AuthError, match="try again later") as caught:
        verify(token(key, "RS256", {"kid": "k1"}))
    assert caught.value.status == 503


def test_firebase_asks_for_the_project() -> None:
    found = auth.firebase("shop-1")
    assert (found.audience, found.issuer) == ("shop-1", "https://securetoken.google.com/shop-1")
