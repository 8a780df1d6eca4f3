"""What a call tells of the documents that it saw and did not change.

told("transfer", CallError("ValueError", "not enough on account a, touched 3 times"))
→  {"accounts/a": ("seen", 3)}: the version in which `seen` is 3, of which there is one
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from onto import calling

Seen = Mapping[str, tuple[str, Any]]

_RAISED = (
    (re.compile(r"not enough on account (\S+), touched (\d+) times"), "accounts", "seen"),
    (re.compile(r"(\S+) has only (\d+)"), "items", "stock"),
    (re.compile(r"(\S+) is full with (\d+) free"), "places", "free"),
    (re.compile(r"the highest bid of (\S+) is (\d+)"), "auctions", "highest"),
)


def told(method: str, outcome: calling.Reply | calling.CallError) -> Seen:
    """Return, by place, an attribute and its value, which only one version of the document has."""
    if isinstance(outcome, calling.CallError):
        for pattern, collection, name in _RAISED:
            found = pattern.fullmatch(outcome.message)
            if found is not None:
                return {f"{collection}/{found[1]}": (name, int(found[2]))}
        return {}
    match method:
        case "survey":
            return {f"accounts/{doc_id}": ("seen", seen) for doc_id, seen, _ in outcome.result}
        case "pay":
            return {f"tariffs/{doc_id}": ("changes", changes) for doc_id, changes, _ in outcome.result}
        case "follow":
            leader, changes, _ = outcome.result
            return {f"tariffs/{leader}": ("changes", changes)}
    return {}
