"""`Aggregator.over` in process: what it takes, in which order, and what it tells of a class that is not whole."""

from __future__ import annotations

import pytest

from onto.aggregator import Aggregator


class Joined(Aggregator):
    @classmethod
    def create_accumulator(cls) -> list[str]:
        return []

    @classmethod
    def accumulate(cls, accumulator: list[str], item: str) -> list[str]:
        return [*accumulator, item]

    @staticmethod
    def retract(accumulator: list[str], item: str) -> list[str]:
        return [one for one in accumulator if one != item]

    @classmethod
    def get_value(cls, accumulator: list[str]) -> str:
        return cls.__name__ + "".join(accumulator)


class Partial(Aggregator):
    @classmethod
    def create_accumulator(cls) -> int:
        return 0


class Below(Joined):
    pass


@pytest.mark.parametrize("items", [["b", "a"], ("b", "a"), {"1": "b", "0": "a"}, iter(["b", "a"])])
def test_items_are_accumulated_in_their_order(items: object) -> None:
    assert Joined.over(items) == "Joinedba"  # type: ignore[arg-type]  # a parameter holds one of several


def test_no_items_are_the_value_of_the_first_accumulator() -> None:
    assert Joined.over({}) == "Joined"


def test_a_class_below_is_itself() -> None:
    assert Below.over("xy") == "Belowxy"


def test_a_missing_function_is_named() -> None:
    with pytest.raises(TypeError, match=r"^Partial has no accumulate\(\): an aggregator declares create_accumulator, "):
        Partial.over([])
