"""The client on kafka-python, for installations without a C library."""

from __future__ import annotations

from collections.abc import Mapping

import kafka
import kafka.errors

from onto import errors, wire
from onto.consume import client


class KafkaPython:
    """Reads topics with kafka-python; `properties` are spelled as Kafka does and translated."""

    def __init__(self, servers: str, properties: Mapping[str, str]) -> None:
        """Connect to `servers`; BrokerError when nobody answers there."""
        self._servers = servers
        self._places: list[kafka.TopicPartition] = []
        try:
            self._consumer = kafka.KafkaConsumer(
                bootstrap_servers=servers.split(","),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=50,
                bootstrap_timeout_ms=int(client.DEADLINE * 1000),
                **{name.replace(".", "_"): value for name, value in properties.items()},
            )
        except kafka.errors.KafkaError as error:
            raise errors.BrokerError(f"Kafka at {servers} does not answer: {error}") from error

    def open(self, topics: tuple[str, ...]) -> None:
        """Begin to read every partition of `topics` at its earliest record."""
        try:
            known = self._consumer.topics()
            missing = [topic for topic in topics if topic not in known]
            if missing:
                raise errors.TopicError(f"topic {', '.join(missing)} does not exist; `onto submit` creates it")
            self._places = [
                kafka.TopicPartition(topic, partition)
                for topic in topics
                for partition in sorted(self._consumer.partitions_for_topic(topic) or ())
            ]
            self._consumer.assign(self._places)
            self._consumer.seek_to_beginning(*self._places)
        except kafka.errors.KafkaError as error:
            raise errors.BrokerError(f"Kafka at {self._servers} does not answer: {error}") from error

    def poll(self, seconds: float) -> list[wire.Record]:
        """Return the records that have come, waiting up to `seconds` for the first."""
        try:
            batches = self._consumer.poll(timeout_ms=int(seconds * 1000))
        except kafka.errors.KafkaError as error:
            raise errors.BrokerError(f"{self._servers}: {error}") from error
        return [wire.Record(each.topic, each.key or b"", each.value) for batch in batches.values() for each in batch]

    def ends(self) -> client.Offsets:
        """Ask the broker where each partition ends now."""
        try:
            found = self._consumer.end_offsets(self._places)
        except kafka.errors.KafkaError as error:
            raise errors.BrokerError(f"Kafka at {self._servers} does not answer: {error}") from error
        return {(place.topic, place.partition): end for place, end in found.items()}

    def has_read(self, ends: client.Offsets) -> bool:
        """Say whether everything before `ends` has been returned by `poll`."""
        places = {(place.topic, place.partition): place for place in self._places}
        return all(self._consumer.position(places[place]) >= end for place, end in ends.items())

    def close(self) -> None:
        """Give the connection back."""
        self._consumer.close()
