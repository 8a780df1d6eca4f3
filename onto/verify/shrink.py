"""A case that shows a difference, made small: fewer waves, steps, attributes, and simpler values.

    shrink(case, lambda candidates: [shows(one) for one in candidates], width=1)   →  a case of two short steps

Greedy delta debugging: of the candidates that still show the difference the smallest is taken, until none does.
`width` of them are tried at once, since a cluster answers for fifty as fast as for one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onto.verify import cases

Shows = Callable[[list[cases.Case]], list[bool]]


def shrink(case: cases.Case, shows: Shows, *, width: int, rounds: int, tell: Callable[[int], None]) -> cases.Case:
    """Return the smallest case found that still shows the difference; `tell` hears the size after each step."""
    asked = 0
    smaller = True
    while smaller:
        smaller = False
        for tried in _batched(_candidates(case), width):
            asked += 1
            if asked > rounds:
                return case
            showing = [one for one, yes in zip(tried, shows(tried), strict=True) if yes]
            if showing:
                case = min(showing, key=lambda one: one.size)
                tell(case.size)
                smaller = True
                break
    return case


def _batched(candidates: Iterator[cases.Case], width: int) -> Iterator[list[cases.Case]]:
    while batch := list(itertools.islice(candidates, width)):
        yield batch


def _candidates(case: cases.Case) -> Iterator[cases.Case]:
    """Yield smaller cases, the boldest first."""
    seen = {repr(case)}
    for one in itertools.chain(_fewer_waves(case), _fewer_steps(case), _fewer_attributes(case), _simpler(case)):
        text = repr(one)
        if text not in seen and any(one.waves):
            seen.add(text)
            yield one


def _fewer_waves(case: cases.Case) -> Iterator[cases.Case]:
    waves = case.waves
    for at in range(len(waves)):
        yield cases.Case(waves[: at + 1])
        yield cases.Case(waves[:at] + waves[at + 1 :])
    for at in range(len(waves) - 1):
        yield cases.Case((*waves[:at], waves[at] + waves[at + 1], *waves[at + 2 :]))


def _fewer_steps(case: cases.Case) -> Iterator[cases.Case]:
    flat = [(number, step) for number, wave in enumerate(case.waves) for step in wave]
    size = len(flat) // 2
    while size:
        for at in range(0, len(flat), size):
            kept = flat[:at] + flat[at + size :]
            waves = (tuple(step for number, step in kept if number == one) for one in range(len(case.waves)))
            yield cases.Case(tuple(wave for wave in waves if wave))
        size //= 2


def _fewer_attributes(case: cases.Case) -> Iterator[cases.Case]:
    for place, document in _documents(case):
        keys = list(document)
        size = len(keys)
        while size:
            for at in range(0, len(keys), size):
                gone = keys[at : at + size]
                yield _with(case, place, {key: one for key, one in document.items() if key not in gone})
            size //= 2


def _simpler(case: cases.Case) -> Iterator[cases.Case]:
    for place, document in _documents(case):
        for key, value in document.items():
            for one in _simpler_values(value):
                yield _with(case, place, {**document, key: one})


def _simpler_values(value: Any) -> Iterator[Any]:
    match value:
        case list():
            yield []
            for at in range(len(value)):
                yield value[:at] + value[at + 1 :]
                yield from ([*value[:at], one, *value[at + 1 :]] for one in _simpler_values(value[at]))
        case dict():
            yield {}
            for key in value:
                rest = {name: one for name, one in value.items() if name != key}
                yield rest
                yield from ({**value, key: one} for one in _simpler_values(value[key]))
        case bool():
            return
        case int() | float():
            yield from (one for one in (0, 1) if value not in (0, 1))
        case str() if len(value) > 1:
            yield from ("", "a", value[:-1])


def _documents(case: cases.Case) -> Iterator[tuple[tuple[int, int], Mapping[str, Any]]]:
    for number, wave in enumerate(case.waves):
        for at, (_, _, document) in enumerate(wave):
            if document is not None:
                yield (number, at), {key: one for key, one in document.items() if key != "doc_id"}


def _with(case: cases.Case, place: tuple[int, int], document: Mapping[str, Any]) -> cases.Case:
    number, at = place
    wave = case.waves[number]
    collection, doc_id, _ = wave[at]
    changed = (*wave[:at], (collection, doc_id, document), *wave[at + 1 :])
    return cases.Case((*case.waves[:number], changed, *case.waves[number + 1 :]))
