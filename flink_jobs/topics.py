"""The topics of a bundle: which there must be, making those that are missing, refusing those that do not fit.

wanted(bundle, "dev-")  →  (Topic("dev-users", compacted), Topic("dev-meeting_sessions", compacted), …)
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent import futures
from dataclasses import dataclass

import confluent_kafka
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType  # type: ignore[attr-defined] # its stubs do not re-export

from flink_jobs import broker
from onto import bundle, errors, wire

DEADLINE = 15.0  # seconds for each answer of the broker
PROBE = 6.0  # seconds for its first sign of life
COMPACT, DELETE = "compact", "delete"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that a bundle needs; `use` says for what, in messages."""

    name: str
    policy: str
    use: str


def wanted(made: bundle.Bundle, prefix: str) -> tuple[Topic, ...]:
    """Return every topic that the jobs of `made` read or write, without duplicates."""
    topics = [Topic(wire.topic(prefix, each.topic), COMPACT, f"collection {each.name}") for each in made.sources]
    for view in made.views:
        topics += [Topic(wire.topic(prefix, each.topic), COMPACT, f"view table {each.name}") for each in view.tables]
    if made.error_table is not None:
        topics.append(Topic(wire.topic(prefix, made.error_table.topic), DELETE, "errors"))
    return tuple({topic.name: topic for topic in topics}.values())


def of_functions(made: bundle.Bundle, prefix: str, commands: Mapping[str, str]) -> tuple[Topic, ...]:
    """Return every topic of the write side; `commands` are the topics of commands, each with its collection."""
    topics = [Topic(name, DELETE, f"commands for {collection}") for name, collection in commands.items()]
    topics += [Topic(wire.topic(prefix, each), COMPACT, f"collection {each}") for each in commands.values()]
    topics.append(Topic(wire.topic(prefix, made.replies_topic), DELETE, "replies"))
    topics.append(Topic(wire.topic(prefix, made.errors_topic), DELETE, "errors"))
    return tuple({topic.name: topic for topic in topics}.values())


def ensure(topics: tuple[Topic, ...], servers: str, properties: Mapping[str, str], partitions: int) -> tuple[str, ...]:
    """Create the missing ones, check the others, and return the names of those created.

    BrokerError when the broker cannot be reached or refuses; TopicError lists each topic that does not fit.
    """
    client = broker.client(servers, dict(properties))
    try:
        existing = client.list_topics(timeout=PROBE).topics
    except confluent_kafka.KafkaException as error:
        raise errors.BrokerError(f"Kafka at {servers} does not answer: {error.args[0].str()}") from error
    _check(client, tuple(topic for topic in topics if topic.name in existing))
    missing = tuple(topic for topic in topics if topic.name not in existing)
    _create(client, missing, partitions)
    return tuple(topic.name for topic in missing)


def delete(names: tuple[str, ...], servers: str, properties: Mapping[str, str]) -> None:
    """Delete topics; BrokerError when the broker refuses."""
    if names:
        client = broker.client(servers, dict(properties))  # has to outlive its answers
        _await(client.delete_topics(list(names)), "deleted")


def _create(client: AdminClient, topics: tuple[Topic, ...], partitions: int) -> None:
    if not topics:
        return
    new = [NewTopic(topic.name, num_partitions=partitions, config={"cleanup.policy": topic.policy}) for topic in topics]
    _await(client.create_topics(new, operation_timeout=DEADLINE), "created")


def _await(results: Mapping[str, futures.Future[None]], what: str) -> None:
    for name, future in results.items():
        try:
            future.result(timeout=DEADLINE)
        except confluent_kafka.KafkaException as error:
            if error.args[0].code() != confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                raise errors.BrokerError(f"topic {name} cannot be {what}: {error.args[0].str()}") from error
        except futures.TimeoutError:
            raise errors.BrokerError(f"topic {name} was not {what} within {DEADLINE:.0f} s") from None


def _check(client: AdminClient, topics: tuple[Topic, ...]) -> None:
    if not topics:
        return
    resources = {ConfigResource(ResourceType.TOPIC, topic.name): topic for topic in topics}
    problems = []
    for resource, future in client.describe_configs(list(resources)).items():
        try:
            config = {name: entry.value for name, entry in future.result(timeout=DEADLINE).items()}
        except (confluent_kafka.KafkaException, futures.TimeoutError) as error:
            raise errors.BrokerError(f"topic {resource.name} cannot be described: {error}") from error
        problem = _misfit(resources[resource], config)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise errors.TopicError("\n".join(problems))


def _misfit(topic: Topic, config: Mapping[str, str]) -> str | None:
    policy = config.get("cleanup.policy", DELETE)
    forever = config.get("retention.ms") == "-1" and config.get("retention.bytes", "-1") == "-1"
    if topic.policy == COMPACT and COMPACT not in policy and not forever:
        return (
            f"topic {topic.name} ({topic.use}) has cleanup.policy={policy} and so loses documents with time; "
            "set it to compact"
        )
    if topic.policy == DELETE and COMPACT in policy and DELETE not in policy:
        return f"topic {topic.name} ({topic.use}) has cleanup.policy={policy}; set it to delete"
    return None
