"""Importing documents: what is wrong with a file is said line by line, and what is there is left alone."""

from __future__ import annotations

import json
import tracemalloc
from concurrent import futures
from pathlib import Path

import pytest

from onto import calling, loading, methods, wire
from onto.attrs import attrs
from onto.boiler import Engine
from onto.domain_model import DomainModel


class Crate(DomainModel):
    class Meta:
        collection_name = "crates"

    weight: int = attrs.nothing


class Barrel(Crate):
    pass


MODELS = methods.Models.around([Crate])


class Sender:
    """Sends commands to an engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def send(self, collection: str, doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
        return self._engine.submit(Crate, doc_id, command)

    def forget(self, request_id: str) -> None:
        raise AssertionError(request_id)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "crates.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_documents_are_loaded_where_there_is_none(tmp_path: Path) -> None:
    engine = Engine()
    engine.save(Barrel.new(doc_id="c1", weight=9))
    lines = [
        json.dumps({"collection": "crates", "doc_id": f"c{one}", "document": {"weight": one}})
        for one in range(loading.WINDOW + 3)
    ]
    found = loading.read(written(tmp_path, *lines, ""), MODELS)
    heard: list[int] = []
    count = len(lines)
    assert loading.load(found, Sender(engine), heard=lambda: heard.append(1)) == loading.Loaded(count - 1, 1, ())
    assert len(heard) == count
    kept, loaded = engine.get(Crate, "c1"), engine.get(Crate, "c2")
    assert (kept and kept.weight, loaded and loaded.weight) == (9, 2)
    engine.delete(Crate, "c2")
    assert loading.load(found, Sender(engine)) == loading.Loaded(1, count - 1, ())


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        text = "x" * 1000
        lines = (json.dumps({"collection": "crates", "doc_id": f"{one}{text}", "document": {}}) for one in range(count))
        path = written(tmp_path, *lines)
        tracemalloc.start()
        try:
            assert sum(1 for _ in loading.read(path, MODELS)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is made once
    assert peak(4_000) < peak(400) + 100_000  # bytes; the longer file has 3.6 MB more


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crates.jsonl"
    path.write_bytes(b"\xff\n")
    with pytest.raises(loading.LoadError, match="cannot be read"):
        loading.read(path, MODELS)


def test_every_line_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"collection": "crates", "doc_id": "c1", "document": {"weight": 1}}',
        "{",
        '{"collection": "crates", "document": {}}',
        '{"collection": "crate", "doc_id": "c1", "document": {}}',
        '{"collection": "crates", "doc_id": 7, "document": {}}',
        '{"collection": "crates", "doc_id": "c2", "document": []}',
        '{"collection": "crates", "doc_id": "c3", "document": {"weight": "much"}}',
        '{"collection": "crates", "doc_id": "c1", "document": {"weight": 1}}',
        '{"collection": "crates", "doc_id": "c4", "document": {"wieght": 1, "obj_type": "Barrel"}}',
        '{"collection": "crates", "doc_id": "c5", "document": {"colour": 1, "doc_id": "c5", "doc_ref": "crates/c5"}}',
    )
    with pytest.raises(loading.LoadError) as caught:
        loading.read(path, MODELS)
    assert str(caught.value).splitlines() == [
        f"{path}:2: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        f"{path}:3: not an object of {loading.FORM}",
        f"{path}:4: no model has the collection 'crate'",
        f"{path}:5: the doc_id is 7, not 1 to 1500 bytes of text without `/`",
        f"{path}:6: the document is no object",
        f"{path}:7: Crate.weight: 'much' is not an integer",
        f"{path}:8: crates/c1 stands in line 1 already",
        f"{path}:9: Barrel has no attribute with the key 'wieght'; did you mean 'weight'?",
        f"{path}:10: Crate has no attribute with the key 'colour'; it has weight",
    ]


def test_a_document_that_is_refused_is_named(tmp_path: Path) -> None:
    line = loading.Line("f:1", "crates", "c1", {"weight": "much"})
    done = loading.load([line], Sender(Engine()))
    assert done == loading.Loaded(0, 0, ("f:1: BadArguments: Crate.weight: 'much' is not an integer",))


def test_a_reply_that_does_not_come_ends_the_import() -> None:
    class Silent(Sender):
        def send(self, collection: str, doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
            return futures.Future()

        def forget(self, request_id: str) -> None:
            forgotten.append(request_id)

    forgotten: list[str] = []

    with pytest.raises(calling.NoReplyError):
        loading.load([loading.Line("f:1", "crates", "c1", {})], Silent(Engine()), seconds=0.01)
    assert len(forgotten) == 1
