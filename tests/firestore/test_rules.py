"""The rules that `onto rules` writes, carried out by Google's emulator: who may read and write what."""

from __future__ import annotations

import base64
import itertools
import json
import pathlib
import urllib.error
import urllib.request
from typing import Any

import pytest

from onto.cli import main
from tests.firestore import google

pytestmark = pytest.mark.skipif(google.jar() is None, reason=google.MISSING)
_NUMBERS = itertools.count()

APP = """
from __future__ import annotations
from onto import attrs
from onto.context import CTX
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

class Meeting(DomainModel):
    class Meta:
        collection_name = "meetings"
    title: str = attrs.nothing
    guests: list[str] = attrs.nothing

class MeetingStore(Store):
    meeting = reference(dm_cls=Meeting)

class Listed(ViewModel):
    class Meta:
        collection_name = "listed"
    store: MeetingStore

    @attrs.getter
    def title(self) -> str:
        return self.store.meeting.title

class Screen(Listed):
    _collection_name = "screens"

    @property
    def _view_refs(self):
        for guest in self.store.meeting.guests:
            yield CTX.db.document(f"users/{guest}/screens/{self.doc_id}")

def start():
    return CTX.db.collection_group("forms")
"""

PRINTED = """
rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /users/{userId}/{documents=**} {
      allow read, write: if request.auth.uid == userId
    }
  }
}
"""


def token(project: str, uid: str | None) -> str:
    """Return the bearer of a user, as the emulator takes it: unsigned; None for the server's own."""
    if uid is None:
        return "owner"
    audience = {"iss": f"https://securetoken.google.com/{project}", "aud": project, "iat": 1, "exp": 9999999999}
    parts = ({"alg": "none", "typ": "JWT"}, {**audience, "sub": uid, "user_id": uid})
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."


class Rules:
    """A project on the emulator under some rules."""

    def __init__(self, text: str) -> None:
        self.project = f"rules-{next(_NUMBERS)}"
        content = {"rules": {"files": [{"name": "firestore.rules", "content": text}]}}
        url = f"http://{google.started()}/emulator/v1/projects/{self.project}:securityRules"
        assert self.send("PUT", url, {}, content) == 200

    def send(self, method: str, url: str, headers: dict[str, str], content: Any = None) -> int:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(url, body, {**headers, "Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def on(self, path: str, method: str, uid: str | None, *, signed_in: bool = True) -> int:
        url = f"http://{google.started()}/v1/projects/{self.project}/databases/(default)/documents/{path}"
        headers = {"Authorization": f"Bearer {token(self.project, uid)}"} if signed_in else {}
        return self.send(method, url, headers, {"fields": {"n": {"integerValue": 1}}} if method == "PATCH" else None)

    def may(self, path: str, uid: str) -> str:
        """Return what somebody may do with a document that is there: r, w, rw or nothing."""
        assert self.on(path, "PATCH", None) == 200
        read, write = self.on(path, "GET", uid) == 200, self.on(path, "PATCH", uid) == 200
        gone = self.on(path, "DELETE", uid) == 200
        assert write == gone
        return "r" * read + "w" * write


@pytest.fixture
def written(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Rules:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.setattr("sys.argv", ["onto", "rules", "app.py"])
    assert main.main() == 0
    return Rules((tmp_path / "firestore.rules").read_text())


@pytest.mark.parametrize(
    ("path", "own", "others"),
    [
        ("users/ann/screens/m", "r", ""),
        ("users/ann/forms/f", "rw", ""),
        ("listed/m", "r", "r"),
        ("meetings/m", "", ""),
        ("ontoSinks/x", "", ""),
        ("users/ann/else/x", "", ""),
        ("users/ann", "", ""),
        ("users/ann/screens/m/below/x", "", ""),
    ],
)
def test_everybody_may_what_the_app_says(written: Rules, path: str, own: str, others: str) -> None:
    assert (written.may(path, "ann"), written.may(path, "bob")) == (own, others)
    assert written.on(path, "GET", None, signed_in=False) == 403
    assert written.on(path, "PATCH", None, signed_in=False) == 403


def test_the_rule_of_the_original_documentation_is_for_the_owner_alone() -> None:
    rules = Rules(PRINTED)
    assert (rules.may("users/ann/cityForms/LA", "ann"), rules.may("users/ann/cityForms/LA", "bob")) == ("rw", "")
    assert rules.may("City/LA", "ann") == ""
