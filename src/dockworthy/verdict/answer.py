"""The one answer, with its reasons as sentences.

Until when an answer holds: the first of its evidence, exceptions or knowledge to age.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from ..model import knowledge
from ..model.counts import number_of
from ..model.field import Set
from ..model.finding import Finding, Outcome
from ..model.knowledge import distributions
from ..model.levels import Level
from ..model.machine import Machine
from ..model.moments import read_moment
from ..model.policy import Intent
from ..model.proof import Strength
from ..model.requirement import Requirement
from ..model.result import Answer, Verdict
from .impossible import impossible
from .intents import changes, in_words, yes_for
from .requirements import assumed, requirements
from .sentences import worst_of_use
from .weighing import Weighing, decides

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


def answer_for_machine(
    machine: Machine,
    findings: Sequence[Finding],
    intent: Intent,
    *,
    level: Level,
    today: datetime.date,
    blind: Sequence[str] = (),
    stated: frozenset[str] = frozenset(),
) -> Verdict:
    """Should we run Docker in production here, for this use? `blind` says why a whole part could not be read. `stated`:
    demands of which somebody says that they are met."""
    weighing, whole = Weighing(findings, level, stated), assumed(intent)

    def answer_for(other: Intent) -> Answer:
        if impossible(machine, other, today=today):
            return Answer.NO
        answer = weighing.answer(requirements(other))
        return Answer.UNDECIDED if blind and answer in (Answer.YES, Answer.ACCEPTED) else answer

    until, why = valid_until(machine, findings, requirements(whole))
    answer = answer_for(whole)
    return Verdict(
        answer,
        because=(
            *_reasons(answer, impossible(machine, whole, today=today), findings, whole, blind),
            *_silent(weighing, whole),
        ),
        valid_until=until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        valid_because=why,
        intent=in_words(whole),
        stated=intent.is_stated,
        yes_for=yes_for(answer_for) if not intent.is_stated else (),
        changes=changes(whole, answer_for),
    )


def what_would_decide(findings: Sequence[Finding], intent: Intent) -> tuple[str, ...]:
    """What is unknown and counts for this use: each fact with what would tell it, as sentences."""
    needs = requirements(assumed(intent))
    unseen = (each for each in findings if each.outcome is Outcome.UNKNOWN and decides(each, needs))
    return tuple(f"{each.title} ({each.subject}): {_told_by(each)}" for each in unseen)


def _told_by(finding: Finding) -> str:
    return finding.tell or (finding.evidence[0].says if finding.evidence else "nothing tells")


def _reasons(
    answer: Answer, never: Sequence[str], findings: Sequence[Finding], intent: Intent, blind: Sequence[str]
) -> tuple[str, ...]:
    """Most serious first: what can't be, what is wrong, what is accepted, what is unknown."""
    needs = requirements(intent)
    deciding = [finding for finding in findings if decides(finding, needs)]
    accepted = sorted({_accepted(f) for f in deciding if f.outcome is Outcome.EXCEPTED and f.exception})
    return (*never, *worst_of_use(findings, partial(decides, needs=needs)), *accepted, *_gaps(deciding), *blind)


def _silent(weighing: Weighing, intent: Intent) -> list[str]:
    """Demands that this use makes and no control here speaks of: only a statement decides them."""
    silent = weighing.silent(requirements(intent))
    if not silent:
        return []
    return [f"nothing here tells of {', '.join(silent)}: state it under `evidence:` in dockworthy.yaml"]


def _accepted(finding: Finding) -> str:
    risk = finding.exception
    assert risk is not None
    by = f" by {risk.owner}" if risk.owner else ""
    return f"accepted until {risk.expires}{by}: {finding.title} ({finding.subject}: {risk.reason})"


def _gaps(findings: Iterable[Finding]) -> list[str]:
    count = sum(finding.outcome is Outcome.UNKNOWN for finding in findings)
    return [f"unknown: {number_of(count, 'fact')} that this use rests on"] if count else []
