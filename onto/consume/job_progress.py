"""How far the job of an app has read, as it tells Kafka with every checkpoint.

    with JobProgress("localhost:9092", "meeting_room") as job:
        job.has_read({("tickets", 0): 17})   →  True once the views hold what followed from that record

A job tells of a record only after all that followed from it has been written: a checkpoint first flushes the sinks.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import TracebackType

import confluent_kafka

from onto import errors, wire
from onto.consume import client

Place = tuple[str, int]  # topic, partition


class JobProgress:
    """What the job of an app has told; a context manager."""

    def __init__(
        self, servers: str, app: str, *, prefix: str = "", properties: Mapping[str, str] | None = None
    ) -> None:
        """Connect; nothing is asked yet."""
        self._consumer = reader(servers, properties or {}, wire.job_group(app, prefix))

    def __enter__(self) -> JobProgress:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def has_read(self, offsets: Mapping[Place, int]) -> bool:
        """Say whether the job has read the records at these offsets; BrokerError when Kafka does not answer."""
        places = [confluent_kafka.TopicPartition(*place) for place in offsets]
        try:
            committed = self._consumer.committed(places, timeout=client.DEADLINE)
        except confluent_kafka.KafkaException as error:
            raise errors.BrokerError(f"Kafka does not answer: {error.args[0].str()}") from error
        # A partition of which the job has told nothing yet has a negative offset.
        return all(one.offset > offsets[one.topic, one.partition] for one in committed)


def reader(servers: str, properties: Mapping[str, str], group: str | None = None) -> confluent_kafka.Consumer:
    """Return a consumer that commits nothing and reads what has been committed; it has to be closed."""
    return confluent_kafka.Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": group or f"onto-{uuid.uuid4()}",  # required by librdkafka
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 0,
            **properties,
        }
    )
