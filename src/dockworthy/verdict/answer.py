"""The one answer, with its reasons as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..model.finding import Finding, Outcome
from ..model.levels import Severity
from ..model.result import Answer, SubjectResult, Verdict
from .demands import decide


def answer_for_machine(findings: Sequence[Finding], *, blind: Sequence[str] = ()) -> Verdict:
    """Should we run Docker in production here? `blind` are reasons why a whole part could not be read."""
    outcomes = Counter(finding.outcome for finding in findings)
    answer = decide(outcomes)
    if blind and answer in (Answer.YES, Answer.ACCEPTED):
        answer = Answer.UNDECIDED
    return Verdict(answer, (*_worst(findings), *_gaps(outcomes), *blind))


def answer_for_files(
    findings: Sequence[Finding], subjects: Sequence[SubjectResult], unread: Sequence[tuple[str, str]]
) -> Verdict:
    """Are the files fit? What a file can't tell is named, and is no reason against it: "yes, as far as written"."""
    outcomes = Counter(finding.outcome for finding in findings)
    failed = [subject for subject in subjects if not subject.worthy]
    because = _worst(findings)
    if outcomes[Outcome.UNKNOWN]:
        because.append(f"as far as written: {outcomes[Outcome.UNKNOWN]} findings can't be told from the files")
    because += [f"could not be judged: {says}" for _, says in unread]
    return Verdict(Answer.NOT_YET if failed else Answer.YES, tuple(because))


def _worst(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """The most serious failures, one sentence a control, with how many objects have it."""
    times: Counter[tuple[int, str, str]] = Counter()
    for finding in findings:
        if finding.outcome is Outcome.FAIL:
            times[(finding.severity.rank, finding.control, finding.title)] += 1
    ranked = sorted(times.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1]))
    sentences = [f"{title}: not true of {_counted(count)} ({_of(rank)})" for (rank, _, title), count in ranked[:most]]
    if len(ranked) > most:
        sentences.append(f"and {len(ranked) - most} more controls fail")
    return sentences


def _of(rank: int) -> str:
    return list(Severity)[rank].value


def _counted(count: int) -> str:
    return "1 object" if count == 1 else f"{count} objects"


def _gaps(outcomes: Counter[Outcome]) -> list[str]:
    count = outcomes[Outcome.UNKNOWN]
    return [f"{count} findings are not visible from here"] if count else []
