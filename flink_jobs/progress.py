"""What an app's jobs have told Kafka of how far they have read, which readers of views wait for (`wire.job_group`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent import futures

import confluent_kafka

from flink_jobs import broker
from onto import bundle, errors, wire

LOG = logging.getLogger(__name__)
DEADLINE = 15.0  # seconds for the broker's answer


def forget(made: bundle.Bundle, prefix: str, servers: str, properties: Mapping[str, str]) -> None:
    """Forget what earlier jobs of the app had read: new ones read everything, and have read nothing yet.

    BrokerError when the broker cannot be reached or refuses.
    """
    client = broker.client(servers, dict(properties))  # has to outlive its answer
    name = wire.job_group(made.app, prefix)
    try:
        known = client.list_consumer_groups(request_timeout=DEADLINE).result(timeout=DEADLINE).valid
        if any(one.group_id == name for one in known):
            client.delete_consumer_groups([name], request_timeout=DEADLINE)[name].result(timeout=DEADLINE)
    except confluent_kafka.KafkaException as error:
        if error.args[0].code() != confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise errors.BrokerError(f"consumer group {name} cannot be deleted: {error.args[0].str()}") from error
        # No reason to run no jobs.
        LOG.warning("consumer group %s cannot be deleted: whoever waits for views may not wait long enough", name)
    except futures.TimeoutError:
        raise errors.BrokerError(f"consumer group {name} was not deleted within {DEADLINE:.0f} s") from None
