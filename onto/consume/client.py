"""What a Kafka client has to do for `Consumer`: read whole topics from their beginning.

client.open(("sessions",)); client.poll(0.1)   →  [Record("sessions", b'{"doc_id": "m1"}', b"…")]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from onto import wire

Offsets = Mapping[tuple[str, int], int]  # (topic, partition) → the offset after its last record
DEADLINE = 8.0  # seconds for each answer of the broker


class Client(Protocol):
    """One reader of topics, without a consumer group; every method may raise BrokerError."""

    def open(self, topics: tuple[str, ...]) -> None:
        """Begin to read every partition of `topics` at its earliest record."""

    def poll(self, seconds: float) -> list[wire.Record]:
        """Return the records that have come, waiting up to `seconds` for the first."""

    def ends(self) -> Offsets:
        """Ask the broker where each partition ends now."""

    def has_read(self, ends: Offsets) -> bool:
        """Say whether everything before `ends` has been returned by `poll`."""

    def close(self) -> None:
        """Give the connection back."""
