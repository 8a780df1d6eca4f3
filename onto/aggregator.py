"""Aggregators: a value of many entities, written as what one more and one fewer of them does to it.

    class Longest(Aggregator):
        @classmethod
        def create_accumulator(cls): return []
        @classmethod
        def accumulate(cls, accumulator, visit): return [*accumulator, visit.days]
        @classmethod
        def retract(cls, accumulator, visit): …                 # undoes `accumulate` of the same entity
        @classmethod
        def get_value(cls, accumulator): return max(accumulator, default=0)

    @attrs.getter
    def longest(self) -> int:
        return Longest.over(self.store.visits)

The names are those of Flink's aggregate functions; what differs is said at each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_NEEDED = ("create_accumulator", "accumulate", "retract", "get_value")


class Aggregator:
    """A class whose class methods aggregate; nothing is ever made of it.

    Its subclasses declare, as class methods (or static ones), pure functions of their arguments:

    - `create_accumulator()` returns what stands for no item at all;
    - `accumulate(accumulator, item)` **returns** the accumulator with one item more, a changed one or a new one
      (Flink's changes it in place and returns nothing);
    - `retract(accumulator, item)` returns the accumulator without an item that was accumulated before;
    - `get_value(accumulator)` returns the result.
    """

    # Any: what an accumulator is made of, and what comes of it, is the subclass's own matter.
    @classmethod
    def over(cls, items: Iterable[Any] | Mapping[Any, Any]) -> Any:
        """Return the value of all items, accumulated in their order; of a reference or a dict, its values.

        Raises TypeError where the class lacks one of the four, which the compiler tells before.
        """
        missing = [name for name in _NEEDED if not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls.__name__} has no {missing[0]}(): an aggregator declares {', '.join(_NEEDED)}")
        given: Any = cls  # whose methods the base does not declare, so that a missing one can be told
        accumulator = given.create_accumulator()
        for item in items.values() if isinstance(items, Mapping) else items:
            accumulator = given.accumulate(accumulator, item)
        return given.get_value(accumulator)
