"""Send records to Kafka and wait until the broker has them: how the demo and the tests change collections.

send([wire.encode(change)], "localhost:9092", {})   →  the number of records that arrived
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import confluent_kafka

from onto import errors, wire

Delivered = Callable[[confluent_kafka.KafkaError | None, confluent_kafka.Message], None]

DEADLINE = 30.0  # seconds until the broker has acknowledged everything


def send(records: Iterable[wire.Record], servers: str, properties: Mapping[str, str]) -> int:
    """Write `records` in order and return their number; BrokerError when one did not arrive."""
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
        if error is not None:
            problems.append(f"{message.topic()}: {error.str()}")

    count = 0
    for record in records:
        _produce(producer, record, delivered)
        count += 1
    if producer.flush(DEADLINE) > 0 and not problems:
        problems.append(f"Kafka at {servers} did not take the records within {DEADLINE:.0f} s")
    if problems:
        raise errors.BrokerError(problems[0])
    return count


def _produce(producer: confluent_kafka.Producer, record: wire.Record, delivered: Delivered) -> None:
    while True:
        try:
            producer.produce(record.topic, key=record.key, value=record.value, on_delivery=delivered)
        except BufferError:
            producer.poll(0.1)  # the queue is full: let some of it go out
        else:
            producer.poll(0)
            return
