"""How urgent a patient's signs are."""

from __future__ import annotations

from tests.parity.apps.hospital.models import Severity, Vitals

FEVER = 38.0
WEIGHTS = {Severity.STABLE: 0, Severity.SERIOUS: 2, Severity.CRITICAL: 5}


def pulse_points(pulse: int | None) -> int:
    if pulse is None:
        return 0
    if pulse < 40 or pulse > 130:
        return 3
    if pulse < 50 or pulse > 110:
        return 1
    return 0


def pressure_points(systolic: int | None) -> int:
    if systolic is None:
        return 0
    for limit, points in ((70, 3), (80, 2), (100, 1)):
        if systolic <= limit:
            return points
    return 0


def score(vitals: Vitals) -> int:
    points = pulse_points(vitals.pulse) + pressure_points(vitals.systolic)
    if vitals.temperature is not None and vitals.temperature >= FEVER:
        points += 1
    return points


def colour(points: int) -> str:
    match points:
        case 0:
            return "green"
        case 1 | 2:
            return "yellow"
        case _ if points < 5:
            return "orange"
        case _:
            return "red"
