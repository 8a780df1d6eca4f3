"""Enums of the project: their members, where all are literal values of one type.

class Status(Enum): OPEN = "open"   →  EnumClass("Status", members=(("OPEN", "open"),), kind="plain")
"""

from __future__ import annotations

from typing import Literal

from compiler import facts, model, syntax
from compiler.resolve import hierarchy


def of(info: hierarchy.ClassInfo) -> model.EnumClass | None:
    """Return an Enum with its members; None for one whose values only running it would tell, or that has aliases."""
    members: list[tuple[str, str | int]] = []
    for one in info.declared.members:
        if isinstance(one, facts.Assignment) and not one.name.startswith("_"):
            value = one.value.value if isinstance(one.value, syntax.Literal) else None
            if not isinstance(value, str | int) or isinstance(value, bool):
                return None
            members.append((one.name, value))
        elif isinstance(one, facts.Definition) and one.name.startswith("_"):
            return None  # __str__, __eq__, _missing_ and the like change what a member does
    values = {value for _, value in members}
    if not members or len(info.bases) > 0 or len(values) < len(members) or len({type(one) for one in values}) > 1:
        return None
    return model.EnumClass(info.name, info.module, tuple(members), _kind(info))


def _kind(info: hierarchy.ClassInfo) -> Literal["plain", "mixed", "textual"]:
    if "enum.StrEnum" in info.outside or "enum.IntEnum" in info.outside:
        return "textual"
    return "mixed" if len(info.outside) > 1 else "plain"
