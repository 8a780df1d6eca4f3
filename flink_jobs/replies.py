"""The replies that an entity gave lately, for commands that come again.

    kept = Replies(); kept.keep("r1", {"ok": 5}, now=100, most=32)
    kept.find("r1")   →  {"ok": 5}        kept.text   →  b'["r1",{"ok":5},100]'

They travel with every request for the entity and are seldom asked for. So they stay the text that they are: a reply is
found in it, and read only for the command that it answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onto import wire

Reply = Mapping[str, Any]  # {"ok": result, "token": changes} or {"error": {"type", "message"}}

KEPT_MS = 10 * 60 * 1000
KEPT_BYTES = 2_000_000  # of an entity's replies together
BETWEEN = b",\n"  # in no JSON text that is written on one line


@dataclass(slots=True)
class Replies:
    """Replies as texts `[request_id, reply, when]`, the oldest first, each on a line of `text`."""

    text: bytes = b""

    def __len__(self) -> int:
        """Return how many there are."""
        return self.text.count(BETWEEN) + 1 if self.text else 0

    def find(self, request_id: str) -> Reply | None:
        """Return the reply to a command, None where none is kept."""
        begin = b"[%b," % wire.dumps(request_id)
        place = 0 if self.text.startswith(begin) else self.text.find(BETWEEN + begin)
        if place < 0:
            return None
        line = self.text[place:].removeprefix(BETWEEN).partition(BETWEEN)[0]
        reply: Reply = json.loads(line)[1]
        return reply

    def keep(self, request_id: str, reply: Reply, now: int, most: int) -> None:
        """Add a reply, and forget the oldest: those of long ago, all but `most`, and those that take too many bytes."""
        kept, line = self.text, b"[%b,%b,%d]" % (wire.dumps(request_id), wire.text_of(reply), now)
        left, begin = len(self), 0  # of those that stay
        while left:
            end = kept.find(BETWEEN, begin)
            end = len(kept) if end < 0 else end
            if left < most and len(kept) - begin + len(line) <= KEPT_BYTES and _when(kept[begin:end]) > now - KEPT_MS:
                break
            begin, left = end + len(BETWEEN), left - 1
        kept = kept[begin:]
        self.text = b"%b%b%b" % (kept, BETWEEN, line) if kept else line


def _when(line: bytes) -> int:
    return int(line.rpartition(b",")[2][:-1])
