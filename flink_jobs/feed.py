"""Send records to Kafka and wait until the broker has them: how the demo and the tests change collections.

send([wire.encode(change)], "localhost:9092", {}).count        →  1, the records that arrived
send([wire.encode(change)], "localhost:9092", {}).offsets      →  {("users", 0): 17}, of the last in each partition
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import confluent_kafka

from onto import errors, wire

Delivered = Callable[[confluent_kafka.KafkaError | None, confluent_kafka.Message], None]

DEADLINE = 30.0  # seconds until the broker has acknowledged everything


@dataclass
class Sent:
    """What has arrived: how many records, and by topic and partition the offset of the last."""

    count: int = 0
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)


def send(records: Iterable[wire.Record], servers: str, properties: Mapping[str, str]) -> Sent:
    """Write `records` in order and return what arrived; BrokerError when one did not."""
    problems: list[str] = []
    producer = confluent_kafka.Producer(
        {
            "bootstrap.servers": servers,
            "linger.ms": 5,
            "enable.idempotence": True,  # keeps the order when a send is repeated
            "message.timeout.ms": int(DEADLINE * 1000),
            "log_level": 0,
            **properties,
        }
    )

    def delivered(error: confluent_kafka.KafkaError | None, message: confluent_kafka.Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is not None:
            problems.append(f"{topic}: {error.str()}")
        elif topic is not None and partition is not None and offset is not None:
            sent.count += 1
            sent.offsets[topic, partition] = max(offset, sent.offsets.get((topic, partition), offset))

    sent = Sent()
    for record in records:
        _produce(producer, record, delivered)
    if producer.flush(DEADLINE) > 0 and not problems:
        problems.append(f"Kafka at {servers} did not take the records within {DEADLINE:.0f} s")
    if problems:
        raise errors.BrokerError(problems[0])
    return sent


def _produce(producer: confluent_kafka.Producer, record: wire.Record, delivered: Delivered) -> None:
    while True:
        try:
            producer.produce(record.topic, key=record.key, value=record.value, on_delivery=delivered)
        except BufferError:
            producer.poll(0.1)  # the queue is full: let some of it go out
        else:
            producer.poll(0)
            return
