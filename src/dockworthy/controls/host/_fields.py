"""Fields of the host that could not be read."""

from __future__ import annotations

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


def in_both(*ids: str) -> tuple[Reference, ...]:
    """Recommendations that have the same id in CIS Docker Benchmark 1.6 and 1.8."""
    return tuple(cis(version, id) for version in ("1.6.0", "1.8.0") for id in ids)


def percent(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0


def files_not_read() -> Judgement:
    return unknown("owner and mode of the engine's files were not read")
