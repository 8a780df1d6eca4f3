"""Where the partitions of a topic begin and end, asked of the broker until it can say.

ends(consumer, "users", 0)   →  (0, 17)
"""

from __future__ import annotations

import time

import confluent_kafka

from onto import errors

SECONDS = 15.0  # until the broker has to have answered
STEP = 0.2

_ELECTING = (
    confluent_kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
    confluent_kafka.KafkaError.LEADER_NOT_AVAILABLE,
    confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
)


def partitions(consumer: confluent_kafka.Consumer, topic: str) -> list[int]:
    """Return the partitions of a topic; TopicError when there is none such, BrokerError when Kafka does not answer."""
    try:
        found = consumer.list_topics(topic, timeout=SECONDS).topics[topic]
    except confluent_kafka.KafkaException as error:
        raise _unanswered(error) from error
    if found.error is not None:
        raise errors.TopicError(f"topic {topic} does not exist; `onto submit` creates it")
    return list(found.partitions)


def ends(consumer: confluent_kafka.Consumer, topic: str, partition: int) -> tuple[int, int]:
    """Return the offsets at which a partition begins and ends now; BrokerError when Kafka does not answer."""
    place = confluent_kafka.TopicPartition(topic, partition)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            low, high = consumer.get_watermark_offsets(place, timeout=SECONDS)
        except confluent_kafka.KafkaException as error:
            # A partition that is new, or whose broker has gone, has a leader soon.
            if error.args[0].code() not in _ELECTING or time.monotonic() > deadline:
                raise _unanswered(error) from error
            time.sleep(STEP)
        else:
            return int(low), int(high)


def _unanswered(error: confluent_kafka.KafkaException) -> errors.BrokerError:
    return errors.BrokerError(f"Kafka does not answer: {error.args[0].str()}")
