"""What a shipment costs."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
MINIMUM = Decimal("4.90")
SURCHARGES = {"fragile": Decimal("2.50"), "express": Decimal("7.00"), "insured": Decimal("1.20")}


def freight(grams: int, price_per_kg: Decimal) -> Decimal:
    price = price_per_kg * grams / 1000
    return max(price.quantize(CENT, rounding=ROUND_HALF_UP), MINIMUM)


def surcharge(*names: str) -> Decimal:
    return sum((SURCHARGES[name] for name in names), Decimal(0))


def as_kilograms(grams: int) -> str:
    return f"{grams / 1000:.1f} kg"
