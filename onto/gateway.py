"""Call domain methods over Kafka: a command goes out, its reply comes back by request id.

    with Gateway("localhost:9092", "shop-replies") as calls:
        calls.call("tickets", "t1", "mark", {"attending": True}).token   →  (("tickets", "t1", 2),)

A gateway reads every partition of the replies, so any number of them may be open. A command that is sent again under
its request id is answered again and applied once: after a deadline, ask again with the same id.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from concurrent import futures
from types import TracebackType
from typing import Any

import confluent_kafka

from onto import calling, errors, watermarks, wire

STEP = 0.2  # seconds of one wait for replies
BATCH = 500


class Gateway:
    """Sends commands and awaits replies; safe to use from several threads."""

    def __init__(
        self, servers: str, replies: str, *, prefix: str = "", properties: Mapping[str, str] | None = None
    ) -> None:
        """Connect; `replies` is the topic's name without the prefix. BrokerError or TopicError when that fails."""
        self._prefix = prefix
        self._pending: dict[str, futures.Future[calling.Reply]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        common = {"bootstrap.servers": servers, "log_level": 0, **(properties or {})}
        self._consumer = confluent_kafka.Consumer(
            {
                **common,
                "group.id": f"onto-{uuid.uuid4()}",  # required by librdkafka; `assign` joins no group
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
            }
        )
        self._producer = confluent_kafka.Producer(
            {**common, "enable.idempotence": True, "linger.ms": 1, "partitioner": "murmur2_random"}
        )
        try:
            self._open(wire.topic(prefix, replies))
        except BaseException:
            self._consumer.close()
            raise
        self._thread = threading.Thread(target=self._read, name="onto-replies", daemon=True)
        self._thread.start()

    def __enter__(self) -> Gateway:
        """Return the gateway itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def call(
        self,
        collection: str,
        doc_id: str,
        method: str,
        args: Mapping[str, Any],
        *,
        model: str | None = None,
        request_id: str | None = None,
        seconds: float = calling.SECONDS,
    ) -> calling.Reply:
        """Call a method with arguments in JSON; CallError with what it raised, NoReplyError after `seconds`.

        A call that has not begun by then is never begun.
        """
        request_id = calling.new_id(request_id)
        sent = self.send(collection, doc_id, wire.Command(request_id, method, args, model, calling.deadline(seconds)))
        return calling.Pending(sent, request_id, seconds, self.forget).reply()

    def send(self, collection: str, doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
        """Send a command and return its reply to come; `asyncio.wrap_future` makes it awaitable."""
        with self._lock:
            future = self._pending.setdefault(command.request_id, futures.Future())

        def delivered(error: confluent_kafka.KafkaError | None, _: confluent_kafka.Message) -> None:
            if error is not None:
                self._settle(command.request_id, errors.BrokerError(f"the command was not taken: {error.str()}"))

        record = wire.encode_command(command, collection, doc_id, self._prefix)
        while True:
            try:
                self._producer.produce(record.topic, key=record.key, value=record.value, on_delivery=delivered)
            except BufferError:
                self._producer.poll(STEP)  # the queue is full: let some of it go out
            except confluent_kafka.KafkaException as error:  # too large, for one
                told = f"the command was not taken: {error.args[0].str()} ({len(record.value or b'')} bytes)"
                self._settle(command.request_id, errors.BrokerError(told))
                return future
            else:
                self._producer.poll(0)
                return future

    def submit(self, model: type[Any], doc_id: str, command: wire.Command) -> futures.Future[calling.Reply]:
        """Send a command to an entity of a domain model."""
        return self.send(model.collection_name(), doc_id, command)

    def forget(self, request_id: str) -> None:
        """Wait no longer for a reply."""
        with self._lock:
            self._pending.pop(request_id, None)

    def close(self) -> None:
        """Let go of the connection; calls that are waited for fail."""
        self._closed.set()
        self._thread.join()
        self._producer.flush(STEP)
        for request_id in list(self._pending):
            self._settle(request_id, errors.BrokerError("the gateway was closed"))

    def _open(self, topic: str) -> None:
        places = [
            confluent_kafka.TopicPartition(topic, partition, watermarks.ends(self._consumer, topic, partition)[1])
            for partition in watermarks.partitions(self._consumer, topic)
        ]
        self._consumer.assign(places)

    def _read(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(0)
            first = self._consumer.poll(STEP)
            if first is None:
                continue
            for message in (first, *self._consumer.consume(BATCH, timeout=0)):
                key, value = message.key(), message.value()
                if message.error() is None and key is not None and value is not None:
                    request_id = key.decode() if isinstance(key, bytes) else key
                    self._settle(request_id, _outcome(request_id, value))
        self._consumer.close()

    def _settle(self, request_id: str, outcome: calling.Reply | errors.OntoError) -> None:
        with self._lock:
            future = self._pending.pop(request_id, None)
        if future is None or not future.set_running_or_notify_cancel():
            return
        if isinstance(outcome, calling.Reply):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)


def _outcome(request_id: str, value: bytes | str) -> calling.Reply | errors.OntoError:
    try:
        reply = json.loads(value)
        if "error" in reply:
            return calling.CallError(reply["error"]["type"], reply["error"]["message"])
        return calling.Reply(request_id, reply["ok"], tuple((each[0], each[1], each[2]) for each in reply["token"]))
    except (ValueError, TypeError, KeyError, IndexError):
        return errors.RecordError(f"not a reply: {value[:80]!r}")
