"""Fields of the host that could not be read, and dates."""

from __future__ import annotations

from datetime import UTC, datetime

from ...model.control import cis
from ...model.field import Unknown, Unset
from ...model.finding import Judgement, Reference, unknown

HOST = "host"
"""What findings of the whole machine are about here."""


def not_known(field: Unknown | Unset, *, about: str = "", what: str = "") -> Judgement:
    """For a field that has no value although there must be one; `what` says which, where it is merely absent."""
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell, about=about)
    return unknown(f"{what or field.source} is not there to be read", field.source, about=about)


def day(text: str) -> datetime | None:
    """An RFC 3339 time or day, in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def days_between(earlier: str, later: str) -> int | None:
    """Whole days from one time to the other; None where one of them is no time."""
    start, end = day(earlier), day(later)
    return None if start is None or end is None else (end - start).days


def in_both(*ids: str) -> tuple[Reference, ...]:
    """Recommendations that have the same id in CIS Docker Benchmark 1.6 and 1.8."""
    return tuple(cis(version, id) for version in ("1.6.0", "1.8.0") for id in ids)


def percent(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0


def files_not_read() -> Judgement:
    return unknown("owner and mode of the engine's files were not read")
