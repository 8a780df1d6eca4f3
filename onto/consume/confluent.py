"""The client on confluent-kafka (librdkafka)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import confluent_kafka

from onto import errors, watermarks, wire
from onto.consume import client

BATCH = 2000


class Confluent:
    """Reads topics with confluent-kafka; `properties` are librdkafka's."""

    def __init__(self, servers: str, properties: Mapping[str, str]) -> None:
        """Connect to `servers`; nothing is read yet."""
        self._servers = servers
        self._read: dict[tuple[str, int], int] = {}
        self._topics: list[confluent_kafka.TopicPartition] = []
        self._consumer = confluent_kafka.Consumer(
            {
                "bootstrap.servers": servers,
                # Required by librdkafka; nothing is ever committed, and `assign` joins no group.
                "group.id": f"onto-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # The end of a compacted topic may be behind its last offset: only this event tells.
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 50,
                "log_level": 0,
                **properties,
            }
        )

    def open(self, topics: tuple[str, ...]) -> None:
        """Begin to read every partition of `topics` at its earliest record."""
        try:
            known = self._consumer.list_topics(timeout=client.DEADLINE).topics
        except confluent_kafka.KafkaException as error:
            raise errors.BrokerError(f"Kafka at {self._servers} does not answer: {_text(error)}") from error
        missing = [topic for topic in topics if topic not in known]
        if missing:
            raise errors.TopicError(f"topic {', '.join(missing)} does not exist; `onto submit` creates it")
        self._topics = [
            confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING)
            for topic in topics
            for partition in known[topic].partitions
        ]
        self._consumer.assign(self._topics)

    def poll(self, seconds: float) -> list[wire.Record]:
        """Return the records that have come, waiting up to `seconds` for the first."""
        first = self._consumer.poll(seconds)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(BATCH, timeout=0)]
        return [record for message in messages if (record := self._record(message)) is not None]

    def ends(self) -> client.Offsets:
        """Ask the broker where each partition ends now."""
        return {
            (each.topic, each.partition): watermarks.ends(self._consumer, each.topic, each.partition)[1]
            for each in self._topics
        }

    def has_read(self, ends: client.Offsets) -> bool:
        """Say whether everything before `ends` has been returned by `poll`."""
        return all(self._read.get(place, 0) >= end for place, end in ends.items())

    def close(self) -> None:
        """Give the connection back."""
        self._consumer.close()

    def _record(self, message: confluent_kafka.Message) -> wire.Record | None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        if error is not None and error.code() != confluent_kafka.KafkaError._PARTITION_EOF:
            if error.fatal() or error.code() == confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise errors.BrokerError(f"{topic or self._servers}: {error.str()}")
            return None  # librdkafka reconnects by itself
        if topic is None or partition is None or offset is None:
            return None
        if error is not None:
            self._read[topic, partition] = max(offset, self._read.get((topic, partition), 0))
            return None
        self._read[topic, partition] = offset + 1
        return wire.Record(topic, _bytes(message.key()), _maybe(message.value()))


def _text(error: confluent_kafka.KafkaException) -> str:
    return str(error.args[0].str())


def _bytes(value: bytes | str | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _maybe(value: bytes | str | None) -> bytes | None:
    return None if value is None else _bytes(value)
