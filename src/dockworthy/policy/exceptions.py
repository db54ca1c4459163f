"""Exceptions: failures that somebody accepts until a day. Past it they are failures again."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from msgspec import structs

from ..model.finding import AcceptedRisk, Finding, Outcome
from ..model.policy import PolicyException


def apply_exceptions(
    findings: Iterable[Finding], exceptions: Sequence[PolicyException], *, today: datetime.date
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings with accepted failures marked, and what a reader must know of the exceptions: expired, or idle."""
    used: set[int] = set()
    weighed = tuple(_weighed(finding, exceptions, used, today) for finding in findings)
    notes = []
    for index, exception in enumerate(exceptions):
        name = f"the exception for {exception.control} on {exception.subject}"
        if exception.expires < today:
            notes.append(f"{name} expired on {exception.expires}: it is a failure again ({exception.owner})")
        elif index not in used:
            notes.append(f"{name} matches no failure: it can be removed")
    return weighed, tuple(notes)


def _weighed(finding: Finding, exceptions: Sequence[PolicyException], used: set[int], today: datetime.date) -> Finding:
    if finding.outcome is not Outcome.FAIL:
        return finding
    for index, exception in enumerate(exceptions):
        if exception.expires >= today and _speaks_of(exception, finding):
            used.add(index)
            risk = AcceptedRisk(exception.reason, exception.owner, exception.expires.isoformat())
            return structs.replace(finding, outcome=Outcome.EXCEPTED, exception=risk)
    return finding


def _speaks_of(exception: PolicyException, finding: Finding) -> bool:
    """By the whole id (`container/db`, `compose.yaml#db`) or by the name alone (`db`); `*` is every subject."""
    if exception.control != finding.control:
        return False
    name = finding.subject.rsplit("#", 1)[-1].split("/", 1)[-1]
    return exception.subject in ("*", finding.subject, name)
