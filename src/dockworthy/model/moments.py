"""Moments as programs write them: RFC 3339."""

from __future__ import annotations

import math
from datetime import UTC, datetime

_SECONDS_A_DAY = 86400


def read_moment(text: str) -> datetime | None:
    """None for a text that is none; one without a time zone is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def days_between(earlier: str, later: str) -> float | None:
    """Below 0 where `later` comes first; None where one of them is no moment at all."""
    start, end = read_moment(earlier), read_moment(later)
    return None if start is None or end is None else (end - start).total_seconds() / _SECONDS_A_DAY


def whole_days_between(earlier: str, later: str) -> int | None:
    """Only days that are over count."""
    days = days_between(earlier, later)
    return None if days is None else math.floor(days)
