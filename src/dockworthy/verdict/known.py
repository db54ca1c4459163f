"""Failures that were there before are set aside: the answer is by the new ones alone, and says so.

A failure is known where an earlier one of the same control on the same subject rests on the same facts. Lines do not
count, so what moves inside a file stays known; a second reason to fail is new, also where the first one is known.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from ..model.finding import Finding, Outcome
from ..model.result import Answer, Result, Verdict
from .files import answer_for_files
from .subjects import subjects_of

Key = tuple[str, str]


class _Before(Struct):
    """What an earlier result says of one control on one subject: facts that are still to be met, the worst severity."""

    facts: Counter[str]
    rank: int
    findings: list[Finding]


def set_known_aside(result: Result, earlier: Sequence[Finding], *, of: str, saved: bool, unknown_fails: bool) -> Result:
    """The result with known failures in `known` instead of among its findings.

    `of` names where they are known from. `saved`: that is a file, which can be out of date. `unknown_fails`: the
    policy says so.
    """
    before = _before(earlier)
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in result.findings:
        (known if _was_there(finding, before) else new).append(finding)
    return structs.replace(
        result,
        verdict=_verdict(result, new, len(known), of, unknown_fails=unknown_fails),
        findings=tuple(new),
        known=tuple(known),
        known_from=of,
        notes=(*result.notes, *(_notes(result, earlier, known, of) if saved else ())),
    )


def _before(earlier: Iterable[Finding]) -> dict[Key, _Before]:
    before: defaultdict[Key, _Before] = defaultdict(lambda: _Before(Counter(), 99, []))
    for finding in earlier:
        if finding.outcome is Outcome.FAIL:
            told = before[_key(finding)]
            told.facts.update(_facts(finding))
            told.rank = min(told.rank, finding.severity.rank)
            told.findings.append(finding)
    return before


def _was_there(finding: Finding, before: dict[Key, _Before]) -> bool:
    """Takes the facts that it meets: each stands for one failure."""
    told = before.get(_key(finding)) if finding.outcome is Outcome.FAIL else None
    facts = _facts(finding)
    if told is None or finding.severity.rank < told.rank or facts - told.facts:
        return False
    told.facts -= facts
    return True


def _key(finding: Finding) -> Key:
    file, mark, inside = finding.subject.partition("#")
    return finding.control, os.path.normpath(file) + mark + inside


def _facts(finding: Finding) -> Counter[str]:
    return Counter(evidence.says for evidence in finding.evidence)


def _verdict(result: Result, new: Sequence[Finding], known: int, of: str, *, unknown_fails: bool) -> Verdict:
    verdict = answer_for_files(new, subjects_of(new), result.unread, unknown_fails=unknown_fails)
    if not known:
        return verdict
    failures = "1 failure is" if known == 1 else f"{known} failures are"
    answer = Answer.ACCEPTED if verdict.answer is Answer.YES else verdict.answer
    return structs.replace(verdict, answer=answer, because=(*verdict.because, f"{failures} known from {of}"))


def _notes(result: Result, earlier: Sequence[Finding], known: Sequence[Finding], of: str) -> Iterable[str]:
    still = {_key(finding) for finding in result.findings if finding.outcome is Outcome.FAIL}
    failed = {_key(finding) for finding in earlier if finding.outcome is Outcome.FAIL}
    looked_at = _files(subject.id for subject in result.subjects)
    gone = {key for key in failed - still if not _files([key[1]]).isdisjoint(looked_at)}
    if gone:
        one, it = ("1 failure of it is", "it") if len(gone) == 1 else (f"{len(gone)} failures of it are", "they")
        yield f"{of}: {one} mended: save it again, so that {it} can't come back unseen"
    if failed and still and not known and _files(key[1] for key in failed).isdisjoint(looked_at):
        yield f"{of}: nothing in it is about these files: it must be made from the same folder"


def _files(subjects: Iterable[str]) -> set[str]:
    normal: Callable[[str], str] = os.path.normpath
    return {normal(subject.partition("#")[0]) for subject in subjects}
