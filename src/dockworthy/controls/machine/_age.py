"""Time between two moments that are written as RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime

_SECONDS_A_DAY = 86400


def days_between(earlier: str, later: str) -> float | None:
    """None where one of them is no moment at all."""
    start, end = _moment(earlier), _moment(later)
    return None if start is None or end is None else (end - start).total_seconds() / _SECONDS_A_DAY


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
