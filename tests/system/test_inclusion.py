"""A reader of a view waits until it includes a call: real Kafka, Flink, StateFun."""

from __future__ import annotations

import time
from pathlib import Path

import confluent_kafka
import pytest

from compiler import emit_sql, pipeline
from flink_jobs import cluster, serve
from onto import bundle, consume, errors, gateway, wire
from onto.consume import inclusion
from tests.conftest import Road


def test_a_view_includes_a_call_once_its_token_has_been_waited_for(road: Road, tmp_path: Path) -> None:
    done = pipeline.run("examples.meeting_room", emit_sql.Settings())
    assert done.bundle is not None
    assert done.files is not None
    bundle.write(done.bundle, done.files, tmp_path / "build")
    served = serve.serve(Path(road.chosen.folder), tmp_path / "build", road.chosen)
    road.submit(tmp_path / "build")
    served()
    deadline = time.monotonic() + 300
    view = done.bundle.view("meeting_sessions")
    with gateway.Gateway(road.kafka, done.bundle.replies_topic, prefix=road.prefix) as calls:
        calls.call("meetings", "m1", "new", {"status": "not-started"}, seconds=60)
        for number in range(3):
            method, status = ("open", True) if number % 2 == 0 else ("close", False)
            reply = calls.call("meetings", "m1", method, {}, seconds=60)
            assert reply.token == (("meetings", "m1", number + 2),)
            inclusion.wait(reply.token, done.bundle, road.kafka, prefix=road.prefix, seconds=90)
            with consume.Consumer(view, road.kafka, prefix=road.prefix) as consumer:
                assert consumer.snapshot()[("m1",)]["inSession"] is status
        inclusion.wait((("nothing", "x", 1),), done.bundle, road.kafka, prefix=road.prefix)

        gone = calls.call("meetings", "m1", "delete", {}, seconds=60)
        inclusion.wait(gone.token, done.bundle, road.kafka, prefix=road.prefix, seconds=90)
        with consume.Consumer(view, road.kafka, prefix=road.prefix) as consumer:
            assert consumer.snapshot() == {}
        inclusion.wait(reply.token, done.bundle, road.kafka, prefix=road.prefix)  # long included, and a later one too
        with pytest.raises(errors.BrokerError, match="does not hold the change of m1"):
            inclusion.wait((("meetings", "m1", 99),), done.bundle, road.kafka, prefix=road.prefix, seconds=1)
        cluster.cancel(road.chosen.flink, road.jobs[0])
        while road.job_state(road.jobs[0]) not in cluster.ENDED:
            assert time.monotonic() < deadline
        new = calls.call("meetings", "m2", "new", {"status": "not-started"}, seconds=60)
        with pytest.raises(errors.BrokerError, match="did not include the change within 1 s"):
            inclusion.wait(new.token, done.bundle, road.kafka, prefix=road.prefix, seconds=1)
        stale = [confluent_kafka.TopicPartition(f"{road.prefix}meetings", 0, 1_000_000)]
        with_group = {"bootstrap.servers": road.kafka, "group.id": wire.job_group(done.bundle.app, road.prefix)}
        committing = confluent_kafka.Consumer(with_group)
        committing.commit(offsets=stale, asynchronous=False)
        committing.close()
        road.submit(tmp_path / "build")  # another job, which has read nothing whatever an earlier one had
        inclusion.wait(new.token, done.bundle, road.kafka, prefix=road.prefix, seconds=90)
        with consume.Consumer(view, road.kafka, prefix=road.prefix) as consumer:
            assert consumer.snapshot()[("m2",)]["inSession"] is False
        with pytest.raises(errors.TopicError, match="does not exist"):
            inclusion.wait(reply.token, done.bundle, road.kafka, prefix="other-")
