"""Until when an answer holds: the first of its evidence, exceptions or knowledge to age."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..model import knowledge
from ..model.field import Set
from ..model.finding import Finding, Outcome
from ..model.knowledge import distributions
from ..model.machine import Machine
from ..model.moments import read_moment
from ..model.proof import Strength
from ..model.requirement import Requirement
from .weighing import decides

FACTS_HOLD_FOR = datetime.timedelta(days=30)
"""A machine is not what it was a month ago: read it again."""


def valid_until(
    machine: Machine, findings: Iterable[Finding], needs: Mapping[str, Requirement]
) -> tuple[datetime.datetime, str]:
    """The moment and the reason, in words. `needs`: what the use asks, by demand."""
    return min(_ends(machine, [*findings], needs), key=lambda end: end[0])


def _ends(
    machine: Machine, findings: Sequence[Finding], needs: Mapping[str, Requirement]
) -> Iterator[tuple[datetime.datetime, str]]:
    taken = _moment(machine.taken)
    yield taken + FACTS_HOLD_FOR, "the facts are a month old then"
    known = knowledge.first_to_age()
    yield _end_of_day(known.until), f"what dockworthy knows of {known.what} is from {known.on}"
    for finding in findings:
        if finding.outcome is Outcome.EXCEPTED and finding.exception is not None:
            day = datetime.date.fromisoformat(finding.exception.expires)
            yield _end_of_day(day), f"what was accepted for {finding.control} on {finding.subject} ends"
    yield from _proofs_end(machine, findings, needs)
    if isinstance(machine.host.certificates, Set):
        for certificate in machine.host.certificates.value:
            if certificate.not_after:
                yield _moment(certificate.not_after), f"the certificate {certificate.path} ends"
    if isinstance(machine.host.os, Set):
        release = machine.host.os.value
        until = distributions.security_updates_until(release.id, release.version_id)
        if until is not None and _end_of_day(until) > taken:
            yield _end_of_day(until), f"{release.name} gets no security updates after it"


def _proofs_end(
    machine: Machine, findings: Sequence[Finding], needs: Mapping[str, Requirement]
) -> Iterator[tuple[datetime.datetime, str]]:
    """When the proofs lapse on which a finding rests that decides, be it for or against."""
    told = {
        demand
        for finding in findings
        if finding.outcome in (Outcome.PASS, Outcome.FAIL) and decides(finding, needs)
        for demand in finding.demands
    }
    for proof in machine.proofs:
        if proof.lapses and proof.strength is Strength.MEASURED and proof.demand in told:
            what = proof.proves or proof.says
            yield _moment(proof.lapses), f"{what} {'was proven' if proof.good else 'counts as failed'} until then"


def _moment(text: str) -> datetime.datetime:
    """RFC 3339, in UTC; the day this program knows best where the text is none (a snapshot may say anything)."""
    return read_moment(text) or _end_of_day(distributions.KNOWN_ON)


def _end_of_day(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(23, 59, 59), datetime.UTC)
