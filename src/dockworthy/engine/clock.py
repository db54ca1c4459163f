"""What time it is, as records have it: the model has no clock."""

from __future__ import annotations

import datetime


def now() -> str:
    """RFC 3339, UTC, to the second."""
    return rfc3339(datetime.datetime.now(datetime.UTC).timestamp())


def rfc3339(moment: float) -> str:
    """`moment`: seconds since 1970."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def seconds_since(moment: str) -> float:
    """`moment`: RFC 3339, as the engine writes it; 0 where it is none."""
    try:
        then = datetime.datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return datetime.datetime.now(datetime.UTC).timestamp() - then
