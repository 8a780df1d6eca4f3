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
import uuid
from collections.abc import Iterable, Mapping

import confluent_kafka

from onto import bundle, errors, wire
from onto.consume import client

SECONDS = 60.0
STEP = 0.1
CHUNK = 200  # records that are first looked through, from the end of a topic

Place = tuple[str, int]  # topic, partition
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

    It takes as long as the job takes to its next checkpoint. Changes of collections that no view reads are included
    already. TopicError when a collection has no topic.
    """
    deadline = time.monotonic() + seconds
    read = {source.name: source.topic for source in made.sources}
    wanted = [(wire.topic(prefix, read[each]), doc_id, version) for each, doc_id, version in token if each in read]
    if not wanted:
        return
    reader = _reader(servers, f"onto-{uuid.uuid4()}", properties or {})
    job = _reader(servers, wire.topic(prefix, made.app), properties or {})
    try:
        offsets = _offsets(reader, wanted, deadline)
        places = [confluent_kafka.TopicPartition(*place) for place in offsets]
        # A partition of which the job has told nothing yet has a negative offset.
        while not all(one.offset > offsets[one.topic, one.partition] for one in _committed(job, places)):
            if time.monotonic() > deadline:
                raise errors.BrokerError(
                    f"the views of {made.app} did not include the change within {seconds:g} s; `onto status` says "
                    "whether their job runs"
                )
            time.sleep(STEP)
    finally:
        reader.close()
        job.close()


def _reader(servers: str, group: str, properties: Mapping[str, str]) -> confluent_kafka.Consumer:
    return confluent_kafka.Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 0,
            **properties,
        }
    )


def _committed(
    job: confluent_kafka.Consumer, places: list[confluent_kafka.TopicPartition]
) -> list[confluent_kafka.TopicPartition]:
    try:
        return job.committed(places, timeout=client.DEADLINE)
    except confluent_kafka.KafkaException as error:
        raise errors.BrokerError(f"Kafka does not answer: {error.args[0].str()}") from error


def _offsets(reader: confluent_kafka.Consumer, wanted: list[tuple[str, str, int]], deadline: float) -> dict[Place, int]:
    """Return for each partition the offset of the last change looked for in it.

    Each round reads what is new at the ends of the topics, for a change of another entity than the one that was called
    may come after the reply, and then a larger part of what lies before.
    """
    found: dict[Place, int] = {}
    for topic in dict.fromkeys(topic for topic, _, _ in wanted):
        versions = {doc_id: version for each, doc_id, version in wanted if each == topic}
        known: dict[int, tuple[int, int]] = {}  # what has been read of each partition, from where to where
        for partition in _partitions(reader, topic):
            low, high = _ends(reader, topic, partition)
            known[partition] = (max(low, high - CHUNK),) * 2
        chunk = CHUNK
        while True:
            for partition, (first, last) in known.items():
                low, high = _ends(reader, topic, partition)
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


def _partitions(reader: confluent_kafka.Consumer, topic: str) -> list[int]:
    try:
        described = reader.list_topics(topic, timeout=client.DEADLINE).topics[topic]
    except confluent_kafka.KafkaException as error:
        raise errors.BrokerError(f"Kafka does not answer: {error.args[0].str()}") from error
    if described.error is not None:
        raise errors.TopicError(f"topic {topic} does not exist; `onto submit` creates it")
    return list(described.partitions)


def _ends(reader: confluent_kafka.Consumer, topic: str, partition: int) -> tuple[int, int]:
    """Return the offsets at which a partition begins and ends now."""
    try:
        place = confluent_kafka.TopicPartition(topic, partition)
        low, high = reader.get_watermark_offsets(place, timeout=client.DEADLINE)
    except confluent_kafka.KafkaException as error:
        raise errors.BrokerError(f"Kafka does not answer: {error.args[0].str()}") from error
    return low, high


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
