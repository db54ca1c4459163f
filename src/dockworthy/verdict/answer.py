"""The one answer, with its reasons as sentences."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from functools import partial

from ..model.finding import Finding, Outcome
from ..model.levels import Level
from ..model.machine import Machine
from ..model.policy import Intent
from ..model.result import Answer, Verdict
from .impossible import impossible
from .intents import changes, in_words, yes_for
from .requirements import assumed, requirements
from .sentences import number_of, worst_of_use
from .validity import valid_until
from .weighing import Weighing, decides


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
