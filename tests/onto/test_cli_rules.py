"""`onto rules`: which documents clients may read, as the text of the app's views, sinks and forms has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onto.cli import main

APP = """
from __future__ import annotations
from onto import attrs, sink, source
from onto.context import CTX
from onto.domain_model import DomainModel
from onto.mediator import Mediator
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

class Both(Listed):
    _collection_name = "boths"

    @property
    def doc_ref(self):
        return CTX.db.collection("both").document(self.doc_id)

    @property
    def _view_refs(self):
        guests = self.store.meeting.guests
        return [self.doc_ref, *(CTX.db.document(f"users/{one}/both/b-{self.doc_id}") for one in guests)]

class Hidden(Listed):
    _collection_name = "hiddens"

    @property
    def doc_ref(self):
        return self.place()

class Wild(Listed):
    _collection_name = "wilds"

    @property
    def doc_ref(self):
        return CTX.db.document(f"{self.title}/{self.doc_id}")

class Among(Listed):
    _collection_name = "amongs"

    @property
    def doc_ref(self):
        return CTX.db.document(f"meetings/{self.doc_id}")

class Deep(Listed):
    _collection_name = "deeps"

    @property
    def _view_refs(self):
        user = CTX.db.document(f"users/{self.title}")
        yield CTX.db.document(f"users/{self.title}").collection("deep").document(self.doc_id)
        yield user.collection("open").document(self.doc_id)

class Teams(Mediator):
    source = source.domain_model(Meeting)
    sink = sink.firestore()

    @source.triggers.on_create
    def show(self, obj):
        shown = obj.to_snapshot()
        self.sink.emit(reference=CTX.db.document(f"teams/{obj.title}/meetings/{obj.doc_id}"), snapshot=shown)

def start():
    return CTX.db.collection_group("forms"), CTX.db.collection_group("listed")
"""

RULES = """\
// Written by `onto rules`; what is changed here by hand is lost the next time.
rules_version = '2';

service cloud.firestore {
  match /databases/{database}/documents {
    // Both, for whoever is signed in
    match /both/{id1} {
      allow read: if request.auth != null;
    }
    // Listed, for whoever is signed in
    match /listed/{id1} {
      allow read: if request.auth != null;
    }
    // Teams, for whoever is signed in
    match /teams/{id1}/meetings/{id3} {
      allow read: if request.auth != null;
    }
    // Both, for its user
    match /users/{uid}/both/{id3} {
      allow read: if request.auth != null && request.auth.uid == uid;
    }
    // Deep, for its user
    match /users/{uid}/deep/{id3} {
      allow read: if request.auth != null && request.auth.uid == uid;
    }
    // forms: forms that its user fills in
    match /users/{uid}/forms/{id3} {
      allow read, write: if request.auth != null && request.auth.uid == uid;
    }
    // Screen, for its user
    match /users/{uid}/screens/{id3} {
      allow read: if request.auth != null && request.auth.uid == uid;
    }
    // entities: changed by their methods alone
    match /meetings/{id1} {
      allow read, write: if false;
    }
  }
}
"""

TOLD = """\
app.py:52:9: no client may read `Hidden.doc_ref`: its place is not spelt in one piece; \
write `CTX.db.document(f"users/{uid}/…/{doc_id}")`
app.py:60:16: no client may read `Wild`: its place is not spelt in one piece; \
write `CTX.db.document(f"users/{uid}/…/{doc_id}")`
app.py:67:16: no client may read `Among`: it lies among the entities of `meetings`; give it another collection
app.py:76:15: no client may read `Deep`: its place is not spelt in one piece; \
write `CTX.db.document(f"users/{uid}/…/{doc_id}")`
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(APP)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["onto", "rules", *arguments])
    return main.main()


def test_who_may_read_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):  # what onto wrote it may write again
        assert run(monkeypatch, "app.py") == 0
        assert (tmp_path / "firestore.rules").read_text() == RULES
        told = capsys.readouterr()
        assert told.err == TOLD
        assert told.out == (
            "whoever is signed in reads Both, Listed, Teams: nothing in their paths is a uid\n"
            "wrote firestore.rules: `firebase deploy --only firestore:rules` puts it in place\n"
        )


def test_a_file_of_somebody_elses_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "firestore.rules").write_text("rules_version = '2';\n")
    assert run(monkeypatch, "app.py") == 1
    assert capsys.readouterr().err == (
        "onto: firestore.rules: not written by onto: move it away, or write elsewhere with `-o FILE`\n"
    )
    assert run(monkeypatch, "app.py", "-o", "other.rules") == 0


def test_an_app_with_errors_gets_no_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text(APP.replace("self.store.meeting.title", "self.store.meting.title", 1))
    with pytest.raises(SystemExit, match="1"):
        run(monkeypatch, "app.py")
    assert not (tmp_path / "firestore.rules").exists()
