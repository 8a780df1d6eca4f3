"""The stream of changes as Google describes it, spoken by a script: resume tokens, filters, removals, half commits.

The test server sends none of these: it tells every target anew whenever anything changes.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.cloud.firestore_v1 import types

from onto.database import protocol
from onto.database.firestore import connection, following

ROOT = "projects/city/databases/(default)"
A, B = protocol.Scope("collection", "a"), protocol.Scope("collection", "b")
KIND = types.TargetChange.TargetChangeType
Script = list[Any]  # responses of one stream; a status ends it


class Google:
    """A server of one method, that answers each stream by the next script and keeps what it is asked."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = iter(scripts)
        self.asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
        handler = grpc.stream_stream_rpc_method_handler(
            self._listen, types.ListenRequest.deserialize, types.ListenResponse.serialize
        )
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        service = grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", {"Listen": handler})
        self.server.add_generic_rpc_handlers((service,))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def _listen(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        for one in next(self._scripts):
            if isinstance(one, int):  # so many requests are read first
                for _ in range(one):
                    self.asked.put(next(requests))
            elif isinstance(one, grpc.StatusCode):
                context.abort(one, "scripted")
            else:
                yield types.ListenResponse(one)
        for _ in requests:  # until the other side ends it
            pass


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    kept: list[Any] = []

    def make(*scripts: Script) -> tuple[Google, following.Following]:
        google = Google(*scripts)
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{google.port}")
        made = following.Following(connection.connected("city", "(default)", None))
        kept.extend((made.close, lambda: google.server.stop(None)))
        return google, made

    yield make
    for end in kept:
        end()


def change(kind: Any, *targets: int, at: int = 0, token: bytes = b"") -> Any:
    said: dict[str, Any] = {"target_change_type": kind, "target_ids": targets, "resume_token": token}
    return {"target_change": {**said, "read_time": {"seconds": at}} if at else said}


def written(path: str, n: int, *targets: int, at: int = 1) -> Any:
    document = {
        "name": f"{ROOT}/documents/{path}",
        "fields": {"n": {"integer_value": n}},
        "update_time": {"seconds": at},
    }
    return {"document_change": {"document": document, "target_ids": targets}}


def deleted(path: str, *targets: int) -> Any:
    return {"document_delete": {"document": f"{ROOT}/documents/{path}", "removed_target_ids": targets}}


def moments(found: following.Following, count: int) -> list[dict[str, dict[str, Any]]]:
    """Return what the next moments say of each collection."""
    told = []
    for _ in range(count):
        moment = found.next(None)
        assert moment is not None
        told.append({
            key.path: {path: one.document["n"] for path, one in documents.items()}
            for key, documents in moment.documents.items() if key is not None
        })  # fmt: skip
    return told


def test_a_moment_is_made_only_where_all_targets_agree(opened: Any) -> None:
    _, found = opened(
        [
            2,
            written("a/1", 1, 1),
            change(KIND.CURRENT, 1),
            change(KIND.NO_CHANGE, at=1),  # b is not whole yet
            change(KIND.CURRENT, 2),
            change(KIND.NO_CHANGE, at=2),
            written("a/1", 2, 1),
            change(KIND.NO_CHANGE, 1, at=3),  # a alone: half of a commit
            written("b/1", 2, 2),
            deleted("a/0", 1),
            change(KIND.NO_CHANGE, at=3),
            change(KIND.RESET, 1),
            written("b/1", 3, 2),
            change(KIND.NO_CHANGE, at=4),  # a is read anew
            written("a/1", 3, 1),
            change(KIND.CURRENT, 1),
            change(KIND.NO_CHANGE, at=5),
        ]
    )
    found.follow(A)
    found.follow(B)
    assert moments(found, 4) == [
        {"a": {"a/1": 1}},
        {"b": {}},
        {"a": {"a/1": 2}, "b": {"b/1": 2}},
        {"a": {"a/1": 3}, "b": {"b/1": 3}},
    ]


def test_a_broken_stream_goes_on_from_its_token_and_is_read_anew_where_a_filter_does_not_fit(opened: Any) -> None:
    google, found = opened(
        [
            1,
            written("a/1", 1, 1),
            written("a/2", 1, 1),
            change(KIND.CURRENT, 1, token=b"t1"),
            change(KIND.NO_CHANGE, at=1, token=b"t2"),
            written("a/1", 7, 1),  # told anew after the break
            grpc.StatusCode.UNAVAILABLE,
        ],
        [
            1,
            written("a/1", 2, 1),
            change(KIND.CURRENT, 1, token=b"t3"),
            change(KIND.NO_CHANGE, at=2, token=b"t4"),
            {"filter": {"target_id": 1, "count": 1}},  # a/2 has gone meanwhile
        ],
        [1, written("a/1", 3, 1), change(KIND.CURRENT, 1, token=b"t5"), change(KIND.NO_CHANGE, at=3, token=b"t6")],
    )
    found.follow(A)
    assert moments(found, 3) == [{"a": {"a/1": 1, "a/2": 1}}, {"a": {"a/1": 2, "a/2": 1}}, {"a": {"a/1": 3}}]
    assert [google.asked.get().add_target.resume_token for _ in range(3)] == [b"", b"t2", b""]


def test_a_target_that_google_lets_go_of_is_asked_for_again(opened: Any) -> None:
    google, found = opened(
        [
            1,
            written("a/1", 1, 1),
            change(KIND.CURRENT, 1, token=b"t1"),
            change(KIND.NO_CHANGE, at=1),
            {
                "target_change": {
                    "target_change_type": KIND.REMOVE,
                    "target_ids": [1],
                    "cause": {"code": 7, "message": "m"},
                }
            },
        ],
        [1, written("a/1", 2, 1), change(KIND.CURRENT, 1), change(KIND.NO_CHANGE, at=2)],
    )
    found.follow(A)
    assert moments(found, 2) == [{"a": {"a/1": 1}}, {"a": {"a/1": 2}}]
    assert [google.asked.get().add_target.resume_token for _ in range(2)] == [b"", b""]


def test_a_scope_that_is_forgotten_is_taken_off_the_stream(opened: Any) -> None:
    google, found = opened([1, change(KIND.CURRENT, 1), change(KIND.NO_CHANGE, at=1), 1])
    found.follow(A)
    assert moments(found, 1) == [{"a": {}}]
    found.forget(A)
    assert [google.asked.get().add_target.target_id, google.asked.get().remove_target] == [1, 1]
