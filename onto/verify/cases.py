"""Cases: small stores and histories of their changes, drawn by hypothesis, kept apart by a prefix of their ids.

    draw(app.load("examples.shop"), seed=7, number=100)   →  [Case(waves=(…, …)), …]
    placed(case, "c7-").waves[0][0]   →  ("orders", "c7-k1", {"doc_id": "c7-k1", "shop": "c7-k2", …})

A case is a few waves of steps; the engines are compared after each wave. The first wave fills a store, the later ones
edit, delete, create again and move, so that rows are retracted. Case by case hypothesis chooses ids, the values of
each type, how often attributes are missing and how much happens.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import hypothesis
from hypothesis import strategies as st

from onto import app, histories, wire

IDS = ("k1", "k2", "k3", "k4", "é😀")  # none is a word that apps are likely to compare with: `placed` renames them
MORE_IDS = ("K5", "k10", "ﬀ6")
LARGEST = 2**31  # so that products stay within 64 bits, beyond which Flink's numbers wrap and Python's do not

Document = Mapping[str, Any]
Step = tuple[str, str, Document | None]  # collection, doc_id, the document or None for its deletion
Wave = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A history in waves."""

    waves: tuple[Wave, ...]

    @property
    def size(self) -> int:
        """Return how many waves, steps and values there are."""
        return len(self.waves) + sum(1 + weight(step[2]) for wave in self.waves for step in wave)


def weight(value: Any) -> int:
    """Return how many values a JSON value is made of; plain ones count less than strange ones."""
    match value:
        case None:
            return 0
        case dict():
            return 1 + sum(2 + weight(one) for one in value.values())
        case list():
            return 1 + sum(1 + weight(one) for one in value)
        case str():
            return 1 + len(value)
        case bool():
            return 1
        case int() | float():
            return 1 if value in (0, 1) else 1 + len(str(value))
    return 1


def changes(wave: Wave) -> list[wire.Change]:
    """Return a wave as changes in stored form."""
    return [
        wire.Change(collection, doc_id, None, None if document is None else {**document, "doc_id": doc_id})
        for collection, doc_id, document in wave
    ]


def placed(case: Case, prefix: str) -> Case:
    """Return the case with `prefix` before its ids, wherever they stand in documents."""
    ids = {doc_id for wave in case.waves for _, doc_id, _ in wave} | set(IDS) | set(MORE_IDS)

    def renamed(value: Any) -> Any:
        match value:
            case str():
                return prefix + value if value in ids else value
            case list():
                return [renamed(one) for one in value]
            case dict():
                return {renamed(key): renamed(one) for key, one in value.items()}
        return value

    return Case(
        tuple(
            tuple((collection, prefix + doc_id, renamed(document)) for collection, doc_id, document in wave)
            for wave in case.waves
        )
    )


# ---------------------------------------------------------------- drawing


def draw(found: app.App, seed: int, number: int, collections: frozenset[str] | None = None) -> list[Case]:
    """Return as many different cases as asked for, the same for the same seed; only of the collections, if given."""
    drawn: list[Case] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases(found, collections))
    def collect(case: Case) -> None:
        drawn.append(case)

    collect()
    return drawn[:number]


def cases(found: app.App, collections: frozenset[str] | None = None) -> st.SearchStrategy[Case]:
    """Return the strategy for cases of an app's collections."""
    words = histories.words(found)

    @st.composite
    def composed(draw: st.DrawFn) -> Case:
        ids = draw(st.sampled_from((IDS, IDS[:2], (*IDS, *MORE_IDS))))
        writer = histories.Writer(
            found,
            ids=[one for one in ids if one not in words],
            values=draw(values()),
            kept=draw(st.sampled_from((0.85, 0.6))),
            filled=draw(st.sampled_from((0.9, 0.6, 1.0))),
            collections=collections,
        )
        # A seed, not a random that hypothesis steers: a case takes more draws than it would allow.
        random = Random(draw(st.integers(min_value=0, max_value=2**32)))
        sizes = draw(st.lists(st.integers(min_value=1, max_value=8), min_size=1, max_size=3))
        first = draw(st.integers(min_value=1, max_value=20))
        return Case(tuple(_wave(writer, random, size) for size in (first, *sizes)))

    return composed()


def _wave(writer: histories.Writer, random: Random, size: int) -> Wave:
    return tuple((one.collection, one.doc_id, one.after) for one in writer.changes(random, size))


@st.composite
def values(draw: st.DrawFn) -> histories.Values:
    """Draw what documents of one case hold: the usual values, and a few of all that there are."""
    usual = histories.USUAL

    def some(strategy: st.SearchStrategy[Any], also: tuple[Any, ...], spell: Callable[[Any], Any] = lambda x: x) -> Any:
        drawn = draw(st.lists(strategy, min_size=0, max_size=4))
        return (*also, *(spell(one) for one in drawn)) or also

    earliest, latest = datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)
    return histories.Values(
        texts=some(st.text(max_size=6), tuple(usual.texts)),
        ints=some(st.integers(-LARGEST, LARGEST), (0, 1, 2, 3, 7, -1, -4, 40, LARGEST)),
        floats=some(
            st.floats(-1e12, 1e12, allow_subnormal=False) | st.integers(-1000, 1000).map(lambda one: one / 100),
            tuple(usual.floats),
        ),
        digits=some(st.decimals(-(10**6), 10**6, places=2), tuple(usual.digits), lambda one: f"{one:f}"),
        moments=some(st.datetimes(earliest, latest), tuple(usual.moments), lambda one: one.isoformat()),
        days=some(st.dates(earliest.date(), latest.date()), tuple(usual.days), lambda one: one.isoformat()),
    )
