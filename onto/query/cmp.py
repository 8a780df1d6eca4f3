"""Conditions by the name of an attribute alone, for `where`.

City.where(v.population < 1000000, v.regions.has("norcal"))
"""

from __future__ import annotations

from dataclasses import dataclass

from onto import condition


@dataclass(frozen=True, slots=True, eq=False)
class Named(condition.Comparable):
    """An attribute of whichever class is asked."""

    name: str


class _Names:
    def __getattr__(self, name: str) -> Named:
        """Return the attribute of that name."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Named(name)


v = _Names()
