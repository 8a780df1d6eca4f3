"""Read your own write: wait until a view's job has taken in the changes that a call made.

    reply = calls.call("tickets", "t1", "mark", {"attending": True})
    inclusion.wait(reply.token, made, "localhost:9092")      the view's topics now hold what followed from it

A token names documents and their versions. Each stands on its collection's topic, where it has an offset. With every
checkpoint a view's job tells Kafka up to which offsets it has read, after having written all that followed from it. So
once it tells of more than these offsets, the change is in the view; whoever reads its topics to their end has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping

import confluent_kafka

from onto import bundle, errors, watermarks, wire
from onto.consume import job_progress
from onto.consume.job_progress import Place

SECONDS = 60.0
STEP = 0.1
CHUNK = 200  # records that are first looked through, from the end of a topic

Change = tuple[str, str, int]  # collection, doc_id, version


def wait(
    token: Iterable[Change],
    made: bundle.Bundle,
    servers: str,
    *,
    prefix: str = "",
    properties: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> None:
    """Return when the views of `made` include the changes; BrokerError when that takes longer than `seconds`.

    It takes as long as the job takes to its next checkpoint, and up to 10 s more on a topic to which nothing else is
    written: Flink's reader tells Kafka nothing while it waits for records. Changes of collections that no view reads
    are included already. TopicError when a collection has no topic.
    """
    deadline = time.monotonic() + seconds
    read = {source.name: source.topic for source in made.sources}
    wanted = [(wire.topic(prefix, read[each]), doc_id, version) for each, doc_id, version in token if each in read]
    if not wanted:
        return
    reader = job_progress.reader(servers, properties or {})
    try:
        offsets = _offsets(reader, wanted, deadline)
    finally:
        reader.close()
    with job_progress.JobProgress(servers, made.app, prefix=prefix, properties=properties) as job:
        while not job.has_read(offsets):
            if time.monotonic() > deadline:
                raise errors.BrokerError(
                    f"the views of {made.app} did not include the change within {seconds:g} s; `onto status` says "
                    "whether their job runs"
                )
            time.sleep(STEP)


def _offsets(reader: confluent_kafka.Consumer, wanted: list[tuple[str, str, int]], deadline: float) -> dict[Place, int]:
    """Return for each partition the offset of the last change looked for in it.

    Each round reads what is new at the ends of the topics, for a change of another entity than the one that was called
    may come after the reply, and then a larger part of what lies before.
    """
    found: dict[Place, int] = {}
    for topic in dict.fromkeys(topic for topic, _, _ in wanted):
        versions = {doc_id: version for each, doc_id, version in wanted if each == topic}
        known: dict[int, tuple[int, int]] = {}  # what has been read of each partition, from where to where
        for partition in watermarks.partitions(reader, topic):
            low, high = watermarks.ends(reader, topic, partition)
            known[partition] = (max(low, high - CHUNK),) * 2
        chunk = CHUNK
        while True:
            for partition, (first, last) in known.items():
                low, high = watermarks.ends(reader, topic, partition)
                before = max(low, first - chunk)
                last = _look(reader, (topic, partition), (last, high), versions, found, deadline)
                _look(reader, (topic, partition), (before, first), versions, found, deadline)
                known[partition] = (before, last)
            if not versions:
                break
            if time.monotonic() > deadline:
                raise errors.BrokerError(f"{topic} does not hold the change of {next(iter(versions))}")
            time.sleep(STEP)
            chunk *= 4
    return found


def _look(
    reader: confluent_kafka.Consumer, place: Place, between: tuple[int, int], versions: dict[str, int],
    found: dict[Place, int], deadline: float,
) -> int:  # fmt: skip
    """Take the versions between two offsets of a partition out of those looked for; return how far it is read.

    A later version of a document will do: the one looked for may be compacted away.
    """
    position, end = between
    if position >= end:
        return position
    reader.assign([confluent_kafka.TopicPartition(*place, position)])
    while position < end and time.monotonic() < deadline:
        message = reader.poll(STEP)
        if message is None:
            continue
        error, offset = message.error(), message.offset()
        if error is not None:
            if error.code() == confluent_kafka.KafkaError._PARTITION_EOF:
                return position  # what is beyond is of a transaction that has not ended, or nobody's record
            continue
        assert offset is not None
        position = offset + 1
        key, version = message.key(), _version(message.value())
        doc_id = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
        if offset < end and doc_id in versions and version is not None and version >= versions[doc_id]:
            del versions[doc_id]
            found[place] = max(offset, found.get(place, -1))
    return position


def _version(value: bytes | str | None) -> int | None:
    """Return the version that a change tells; one that another producer wrote tells none."""
    try:
        found = json.loads(value or b"")["v"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) else None
