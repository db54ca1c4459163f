"""The one answer, with its reasons as sentences."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence

from ..model.finding import Finding, Outcome
from ..model.levels import Level, Severity
from ..model.machine import Machine
from ..model.policy import Intent
from ..model.result import Answer, SubjectResult, Verdict
from .impossible import impossible
from .intents import changes, in_words, yes_for
from .requirements import assumed, requirements
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
) -> Verdict:
    """Should we run Docker in production here, for this use? `blind` says why a whole part could not be read."""
    weighing, whole = Weighing(findings, level), assumed(intent)

    def answer_for(other: Intent) -> Answer:
        if impossible(machine, other, today=today):
            return Answer.NO
        answer = weighing.answer(requirements(other))
        return Answer.UNDECIDED if blind and answer in (Answer.YES, Answer.ACCEPTED) else answer

    until, why = valid_until(machine, findings)
    answer = answer_for(whole)
    return Verdict(
        answer,
        because=_reasons(answer, impossible(machine, whole, today=today), findings, whole, blind),
        valid_until=until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        valid_because=why,
        intent=in_words(whole),
        stated=intent.is_stated,
        yes_for=yes_for(answer_for) if not intent.is_stated else (),
        changes=changes(whole, answer_for),
    )


def _reasons(
    answer: Answer, never: Sequence[str], findings: Sequence[Finding], intent: Intent, blind: Sequence[str]
) -> tuple[str, ...]:
    """Most serious first: what can't be, what is wrong, what is accepted, what is not visible."""
    needs = requirements(intent)
    deciding = [finding for finding in findings if decides(finding, needs)]
    accepted = sorted({_accepted(f) for f in deciding if f.outcome is Outcome.EXCEPTED and f.exception})
    return (*never, *_worst(deciding), *accepted, *_gaps(deciding), *blind)


def _accepted(finding: Finding) -> str:
    risk = finding.exception
    assert risk is not None
    by = f" by {risk.owner}" if risk.owner else ""
    return f"accepted until {risk.expires}{by}: {finding.title} ({finding.subject}: {risk.reason})"


def answer_for_files(
    findings: Sequence[Finding],
    subjects: Sequence[SubjectResult],
    unread: Sequence[tuple[str, str]],
    *,
    unknown_fails: bool = False,
) -> Verdict:
    """Are the files fit? What a file can't tell is named, and is no reason against it ("yes, as far as written"),
    unless the policy says so (`unknown_fails`)."""
    outcomes = Counter(finding.outcome for finding in findings)
    gaps = outcomes[Outcome.UNKNOWN]
    because = _worst(findings)
    if gaps:
        says = f"{_number_of(gaps, 'fact')} can't be told from the files"
        because.append(f"{says}: `unknown: fail`" if unknown_fails else f"as far as written: {says}")
    because += [f"could not be judged: {says}" for _, says in unread]
    if any(not subject.worthy for subject in subjects) or (gaps and unknown_fails):
        answer = Answer.NOT_YET
    elif unread:  # what was not read may hold anything
        answer = Answer.UNDECIDED
    else:
        answer = Answer.ACCEPTED if outcomes[Outcome.EXCEPTED] else Answer.YES
    return Verdict(answer, tuple(because))


def _worst(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """The most serious failures, one sentence a control, with how many objects have it."""
    times: Counter[tuple[int, str, str]] = Counter()
    for finding in findings:
        if finding.outcome is Outcome.FAIL:
            times[(finding.severity.rank, finding.control, finding.title)] += 1
    ranked = sorted(times.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1]))
    sentences = [
        f"{title}: not true of {_number_of(count, 'object')} ({_of(rank)})" for (rank, _, title), count in ranked[:most]
    ]
    if len(ranked) > most:
        sentences.append(f"{_number_of(len(ranked) - most, 'more control')} failing")
    return sentences


def _of(rank: int) -> str:
    return list(Severity)[rank].value


def _number_of(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _gaps(findings: Iterable[Finding]) -> list[str]:
    count = sum(finding.outcome is Outcome.UNKNOWN for finding in findings)
    return [f"not visible from here: {_number_of(count, 'fact')} that this use rests on"] if count else []
