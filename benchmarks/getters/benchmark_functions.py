"""What somebody would write by hand for the two rungs in Python."""

from __future__ import annotations

import re
from typing import Any

from pyflink.table.udf import udf


@udf(result_type="STRING")
def without_numbers(code: str | None) -> str:
    """Return a code without what looks like a number."""
    return re.sub(r"[0-9]+(?=-)", "#", code or "").strip("-")


@udf(result_type="BIGINT")
def balance(orders: list[Any]) -> int:  # Any: rows are not typed
    """Return the balance after all orders, which never falls below nothing."""
    total = 0
    for _, cents in sorted(orders, key=lambda one: one[0]):
        total = max(0, total + (cents or 0) - 4000)
    return total
