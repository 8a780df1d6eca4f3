"""Names of attributes in Python and in documents.

to_json("num_hearing_aid_requested")  →  "numHearingAidRequested"
"""

from __future__ import annotations

import functools

RESERVED = ("doc_id", "doc_ref", "obj_type")  # never converted, in any document


@functools.lru_cache(maxsize=4096)
def to_json(name: str) -> str:
    """Return the camelCase key of a snake_case attribute; reserved names stay."""
    if name in RESERVED:
        return name
    bare = name.lstrip("_")
    first, *rest = bare.split("_")
    return name[: len(name) - len(bare)] + first + "".join(part[:1].upper() + part[1:] for part in rest)
