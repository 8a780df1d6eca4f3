"""The expressions on one row as Python functions."""

from __future__ import annotations

from pyflink.table import DataTypes
from pyflink.table.udf import udf


@udf(result_type=DataTypes.STRING())  # type: ignore[untyped-decorator] # pyflink is not typed
def display_name(nickname: str, first_name: str, last_name: str) -> str:
    """Return the nickname where there is one, else the full name."""
    return nickname or f"{first_name} {last_name}"


@udf(result_type=DataTypes.BOOLEAN())  # type: ignore[untyped-decorator] # pyflink is not typed
def in_session(status: str) -> bool:
    """Tell whether the meeting is going on."""
    return status == "in-session"


@udf(result_type=DataTypes.BOOLEAN())  # type: ignore[untyped-decorator] # pyflink is not typed
def attends(attendance: bool) -> bool:
    """Tell whether the person comes."""
    return attendance
