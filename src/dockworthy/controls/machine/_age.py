"""Time between two moments that are written as RFC 3339."""

from __future__ import annotations

from ...model.moments import read_moment

_SECONDS_A_DAY = 86400


def days_between(earlier: str, later: str) -> float | None:
    """None where one of them is no moment at all."""
    start, end = read_moment(earlier), read_moment(later)
    return None if start is None or end is None else (end - start).total_seconds() / _SECONDS_A_DAY
