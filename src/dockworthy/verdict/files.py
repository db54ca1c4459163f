"""The answer about files, which know of no host and of no intent: what a machine is judged by is not imported here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..model.counts import number_of
from ..model.finding import Finding, Outcome
from ..model.result import Answer, SubjectResult, Verdict
from .sentences import worst


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
    because = worst(findings)
    if gaps:
        says = f"{number_of(gaps, 'fact')} can't be told from the files"
        because.append(f"{says}: `unknown: fail`" if unknown_fails else f"as far as written: {says}")
    because += [f"could not be judged: {says}" for _, says in unread]
    if any(not subject.worthy for subject in subjects) or (gaps and unknown_fails):
        answer = Answer.NOT_YET
    elif unread:  # what was not read may hold anything
        answer = Answer.UNDECIDED
    else:
        answer = Answer.ACCEPTED if outcomes[Outcome.EXCEPTED] else Answer.YES
    return Verdict(answer, tuple(because))
