"""Read a view's topics from the beginning and go on for as long as wanted.

    consumer.snapshot()    →  {("m1",): {"inSession": True, "attending": [{"name": "Ann"}]}}
    consumer.poll(1.0)     →  [Event(op="update", key=("m1",), …)]

What was written before the consumer started is read first, silently: it comes out as one insertion per
document, not as its history. After that, rows that arrive within `settle` seconds are taken in together, so
that one change of several tables is most often one event.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Literal

from onto import bundle, errors, rows, wire
from onto.consume import client
from onto.consume.assembly import Assembly, Event

CONFLUENT: Literal["confluent-kafka"] = "confluent-kafka"
KAFKA_PYTHON: Literal["kafka-python"] = "kafka-python"
ClientName = Literal["confluent-kafka", "kafka-python"]
STEP = 0.2  # seconds of one wait for records, so that deadlines and Ctrl-C are seen
SETTLE = 0.05


class Consumer:
    """The documents of `view`, live; a context manager."""

    def __init__(
        self,
        view: bundle.View,
        bootstrap_servers: str,
        *,
        prefix: str = "",
        using: ClientName = CONFLUENT,
        properties: Mapping[str, str] | None = None,
        settle: float = SETTLE,
        on_problem: Callable[[errors.RecordError], None] | None = None,
    ) -> None:
        """Connect and begin to read; BrokerError when Kafka does not answer, TopicError without topics.

        A record that cannot be decoded raises RecordError out of the reading methods or, where given, is
        told to `on_problem` and left out.
        """
        self._assembly = Assembly(view)
        self._settle = settle
        self._on_problem = on_problem
        self._tables = {wire.topic(prefix, table.topic): table.name for table in self._assembly.tables}
        self._client = _client(using, bootstrap_servers, properties or {})
        self._backlog: client.Offsets | None = None
        try:
            self._client.open(tuple(self._tables))
            self._backlog = self._client.ends()
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> Consumer:
        """Return the consumer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def documents(self) -> Mapping[rows.Key, Mapping[str, Any]]:
        """Return every document as of the last event that was returned."""
        return self._assembly.documents()

    def poll(self, seconds: float = 1.0) -> list[Event]:
        """Return what has happened, waiting up to `seconds`; empty while older records are still read."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            came = self._take(min(STEP, max(0.0, left)))
            if self._backlog is not None:
                if self._client.has_read(self._backlog):
                    self._backlog = None
                    return self._assembly.drain()
            elif came:
                self._let_settle()
                if events := self._assembly.drain():
                    return events
            if left <= 0:
                return []

    def events(self, *, until: Callable[[], bool] | None = None) -> Iterator[Event]:
        """Yield events as they happen, for ever or until `until` says so."""
        while until is None or not until():
            yield from self.poll(STEP)

    def run(self, callback: Callable[[Event], None], *, until: Callable[[], bool] | None = None) -> None:
        """Call `callback` with each event, for ever or until `until` says so."""
        for event in self.events(until=until):
            callback(event)

    def snapshot(self, seconds: float = 30.0) -> Mapping[rows.Key, Mapping[str, Any]]:
        """Read everything that is written by now and return the documents.

        BrokerError when that takes longer than `seconds`. What was read makes no events any more.
        """
        deadline = time.monotonic() + seconds
        ends = self._client.ends()
        while not self._client.has_read(ends):
            if time.monotonic() > deadline:
                raise errors.BrokerError(
                    f"the topics of {self._assembly.view.collection} were not read within {seconds:.0f} s"
                )
            self._take(STEP)
        self._backlog = None
        self._assembly.drain()
        return self._assembly.documents()

    def _take(self, seconds: float) -> bool:
        records = self._client.poll(seconds)
        for record in records:
            try:
                self._assembly.apply(self._tables[record.topic], record.key or None, record.value)
            except errors.RecordError as problem:
                if self._on_problem is None:
                    raise
                self._on_problem(problem)
        return bool(records)

    def _let_settle(self) -> None:
        deadline = time.monotonic() + self._settle
        while (left := deadline - time.monotonic()) > 0:
            self._take(left)


def _client(name: ClientName, servers: str, properties: Mapping[str, str]) -> client.Client:
    # Imported when asked for: an installation needs only one of the two libraries.
    if name == CONFLUENT:
        from onto.consume.confluent import Confluent

        return Confluent(servers, properties)
    from onto.consume.kafka_python import KafkaPython

    return KafkaPython(servers, properties)
