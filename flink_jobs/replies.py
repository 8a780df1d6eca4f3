"""The replies that an entity gave lately, for commands that come again.

    kept = Replies(); kept.keep("r1", {"ok": 5}, now=100, most=32)
    kept.find("r1")   →  {"ok": 5}        dump(kept)   →  b'[["r1",{"ok":5},100]]'

They travel with every request for the entity and are seldom asked for. So each stays the text that it is, and is read
only for the command that it answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onto import wire

Reply = Mapping[str, Any]  # {"ok": result, "token": changes} or {"error": {"type", "message"}}

KEPT_MS = 10 * 60 * 1000
BETWEEN = ",\n"  # in no JSON text that is written on one line


@dataclass(slots=True)
class Replies:
    """Replies as texts `[request_id, reply, when]`, the oldest first."""

    texts: list[str] = field(default_factory=list)

    def find(self, request_id: str) -> Reply | None:
        """Return the reply to a command, None where none is kept."""
        begin = f"[{wire.dumps(request_id).decode()},"
        for one in self.texts:
            if one.startswith(begin):
                reply: Reply = json.loads(one)[1]
                return reply
        return None

    def keep(self, request_id: str, reply: Reply, now: int, most: int) -> None:
        """Add a reply, and forget the oldest: those of long ago, and all but `most`."""
        self.texts.append(wire.dumps([request_id, reply, now]).decode())
        old = max(0, len(self.texts) - most)
        while int(self.texts[old].rpartition(",")[2][:-1]) <= now - KEPT_MS:
            old += 1
        del self.texts[:old]


def dump(kept: Replies) -> bytes | None:
    """Return the replies as JSON; None when there are none."""
    return f"[{BETWEEN.join(kept.texts)}]".encode() if kept.texts else None


def load(text: bytes) -> Replies:
    """Return the replies of the JSON that `dump` made."""
    return Replies(text[1:-1].decode().split(BETWEEN))
