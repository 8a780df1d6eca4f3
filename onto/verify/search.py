"""Run generated cases on Flink and in process, side by side, and make what differs small.

    Search(made, found, job, views, progress).run(drawn)  →  [Finding(Difference(…, "revenue", "4.50", None), case)]

All cases of a batch run at once in one job, each under its own prefix of ids, wave after wave. A difference is shrunk
with the plan evaluated in process where that shows it as well, and then checked on Flink; else with Flink itself, many
candidates at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from compiler import pipeline
from onto import app, boiler, errors, wire
from onto.verify import cases, outcome, running, shrink, sides

BATCH = 50  # cases that run side by side
FAST_ROUNDS, FLINK_ROUNDS = 3000, 100

Spot = tuple[str, str | None]  # view and field


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, and the smallest case found that shows it; `again` is false where it did not show twice."""

    difference: outcome.Difference
    case: cases.Case
    again: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """Who hears how far the search is."""

    waves: Callable[[int], None]  # so many more waves of cases were compared
    tell: Callable[[str], None]


@dataclass
class Search:
    """One app's job and engine, and the cases that have run there."""

    made: pipeline.Compiled
    found: app.App
    job: running.Job
    views: frozenset[str]
    progress: Progress
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Start an engine beside the job."""
        self.engine = boiler.Engine(self.found.views)

    def run(self, drawn: Sequence[cases.Case]) -> list[Finding]:
        """Return a finding for each field of a view that differs in any case, in the order in which they came."""
        smallest: dict[Spot, cases.Case] = {}
        for at in range(0, len(drawn), BATCH):
            batch = drawn[at : at + BATCH]
            for case, found in zip(batch, self.differences(batch), strict=True):
                for one in found:
                    spot = (one.view, one.field)
                    if spot not in smallest or case.size < smallest[spot].size:
                        smallest[spot] = case
        return [self._shrunk(spot, case) for spot, case in smallest.items()]

    def differences(self, batch: Sequence[cases.Case]) -> list[list[outcome.Difference]]:
        """Run cases side by side and say for each where it differs after the first wave that does."""
        prefixes = [f"c{next(self._numbers)}-" for _ in batch]
        placed = [cases.placed(case, prefix) for case, prefix in zip(batch, prefixes, strict=True)]
        found: dict[str, list[outcome.Difference]] = {prefix: [] for prefix in prefixes}
        for number in range(max(len(one.waves) for one in placed)):
            feeding = [one.waves[number] for one in placed if number < len(one.waves)]
            self._feed([change for wave in feeding for change in cases.changes(wave)])
            open_ = {prefix for prefix in prefixes if not found[prefix]}
            for one in self._compared(open_):
                found[_prefix(one.key)].append(one)
            self.progress.waves(len(feeding))
        self._clear(placed)
        return [[_unplaced(one) for one in found[prefix]] for prefix in prefixes]

    def _compared(self, prefixes: set[str]) -> list[outcome.Difference]:
        held, expected = self.job.held(), outcome.held_by(self.engine)
        ours, theirs = (one.where(lambda key: _prefix(key) in prefixes) for one in (expected, held))
        return [one for one in ours.difference(theirs) if one.view in self.views]

    def _feed(self, changes: list[wire.Change]) -> None:
        self.engine.apply(*changes)
        self.job.feed(changes)

    def _clear(self, placed: Sequence[cases.Case]) -> None:
        places = {(collection, doc_id) for case in placed for wave in case.waves for collection, doc_id, _ in wave}
        self._feed([wire.Change(collection, doc_id, None, None) for collection, doc_id in sorted(places)])

    # ------------------------------------------------------------ shrinking

    def _shrunk(self, spot: Spot, case: cases.Case) -> Finding:
        name = ".".join(one for one in spot if one)
        self.progress.tell(f"{name} differs: making the case smaller")
        with sides.Sides.opened(self.made, self.found) as both:
            small, found = case, None
            if _fast(both, case, spot):
                small = shrink.shrink(
                    case,
                    lambda tried: [_fast(both, one, spot) for one in tried],
                    width=1,
                    rounds=FAST_ROUNDS,
                    tell=lambda size: None,
                )
                found = self._on_flink([small], spot)[0]
            if found is None:
                # What is evaluated is not what the job gives, or nothing differed in process: Flink itself has to say.
                small = shrink.shrink(
                    case,
                    lambda tried: [one is not None for one in self._on_flink(tried, spot)],
                    width=BATCH,
                    rounds=FLINK_ROUNDS,
                    tell=lambda size: self.progress.tell(f"{name}: {size} values left"),
                )
                found = self._on_flink([small], spot)[0]
        if found is None:
            return Finding(outcome.Difference(spot[0], "", spot[1], None, None), case, again=False)
        return Finding(found, small)

    def _on_flink(self, tried: Sequence[cases.Case], spot: Spot) -> list[outcome.Difference | None]:
        """Return the difference at that spot for each of the cases that shows it."""
        fitting = [one for one in tried if self._fits(one)]
        found = iter(self.differences(fitting) if fitting else ())
        return [_at(next(found), spot) if one in fitting else None for one in tried]

    def _fits(self, case: cases.Case) -> bool:
        """Tell whether all values fit their attributes: a simpler text may be no date any more."""
        engine = boiler.Engine(self.found.views)
        try:
            for wave in case.waves:
                engine.apply(*cases.changes(wave))
        except errors.OntoError:
            return False
        return True


def _fast(both: sides.Sides, case: cases.Case, spot: Spot) -> bool:
    """Tell whether the plan evaluated in process differs at that spot."""
    pair = both.fresh()
    try:
        for wave in case.waves:
            pair.apply(*cases.changes(wave))
            if _at(pair.expected().difference(pair.computed()), spot) is not None:
                return True
    except errors.OntoError:
        return False
    return False


def _at(found: list[outcome.Difference], spot: Spot) -> outcome.Difference | None:
    return next((one for one in found if (one.view, one.field) == spot), None)


def _prefix(key: str) -> str:
    return key.partition("-")[0] + "-"


def _unplaced(one: outcome.Difference) -> outcome.Difference:
    return outcome.Difference(one.view, one.key.partition("-")[2], one.field, one.expected, one.found, one.raises)
