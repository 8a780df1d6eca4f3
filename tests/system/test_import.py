"""Importing documents on the real stack: each once, also when the importer is killed on its way."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import confluent_kafka

from compiler import emit_sql, pipeline
from flink_jobs import serve
from onto import bundle, consume
from tests.conftest import Road

COUNT = 1000
SECONDS = 120.0


def changes(road: Road, wanted: int) -> list[dict[str, Any]]:
    """Return the changes of meetings from the first on, as soon as there are so many."""
    found: list[dict[str, Any]] = []
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": road.kafka, "group.id": uuid.uuid4().hex, "isolation.level": "read_committed"}
    )
    try:
        consumer.assign([confluent_kafka.TopicPartition(f"{road.prefix}meetings", 0, 0)])
        deadline = time.monotonic() + SECONDS
        while len(found) < wanted:
            assert time.monotonic() < deadline, len(found)
            found += [json.loads(one.value() or b"") for one in consumer.consume(COUNT, timeout=0.1)]
    finally:
        consumer.close()
    return found


def test_an_import_that_is_killed_and_started_again_loads_every_document_once(road: Road, tmp_path: Path) -> None:
    done = pipeline.run("examples.meeting_room", emit_sql.Settings())
    assert done.bundle is not None
    assert done.files is not None
    bundle.write(done.bundle, done.files, tmp_path / "build")
    path = tmp_path / "meetings.jsonl"
    lines = [
        {"collection": "meetings", "doc_id": f"m{one}", "document": {"status": "not-started"}} for one in range(COUNT)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    served = serve.serve(Path(road.chosen.folder), tmp_path / "build", road.chosen)
    road.submit(tmp_path / "build")
    served()
    command = [
        sys.executable, "-m", "onto", "import", str(path), "--bundle", str(tmp_path / "build"),
        "--bootstrap-servers", road.kafka, "--prefix", road.prefix, "--json",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        changes(road, 1)
        first.kill()
    again = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    told = json.loads(again.stdout)
    assert (told["loaded"] + told["there"], told["refused"]) == (COUNT, [])
    assert min(told["loaded"], told["there"]) > 0, "the first was killed too late or too early"
    found = changes(road, COUNT)
    assert sorted((one["op"], one["v"], one["after"]["doc_id"]) for one in found) == sorted(
        ("c", 1, f"m{one}") for one in range(COUNT)
    )
    with consume.Consumer(done.bundle.view("meeting_sessions"), road.kafka, prefix=road.prefix) as consumer:
        assert set(road.read_until(consumer, lambda documents: len(documents) == COUNT)) == {
            (f"m{one}",) for one in range(COUNT)
        }
