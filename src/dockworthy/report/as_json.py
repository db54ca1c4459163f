"""A result as JSON, schema 1. Compact: a cluster's worth of findings is tens of megabytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec import UNSET, Struct

from .. import __version__
from ..model.demands import DEMANDS
from ..model.field import Source
from ..model.finding import Evidence, Finding, Outcome, Reference, Remedy
from ..model.fix import Fix
from ..model.result import SCHEMA, DemandAnswer, Result, Verdict
from .document import (
    CountsOut,
    DemandOut,
    Document,
    EvidenceOut,
    ExceptionOut,
    FindingOut,
    FixOut,
    ReferenceOut,
    RemedyOut,
    SubjectOut,
    ToolOut,
    UnreadOut,
    VerdictOut,
)
from .repairs import NO_REPAIRS, Repairs, repairs_for, repairs_of
from .visible import json_for_logs, without_odd_bytes

TOOL = ToolOut("dockworthy", __version__)

AT_ONCE = 1000
"""Findings in one piece."""


def json_parts(result: Result) -> Iterator[bytes]:
    """The document in UTF-8, with a newline at its end, piece by piece: as a whole it may be a hundred megabytes."""
    # In JSON a quote inside a string is escaped, so this can only be the key itself.
    head, tail = encode(document(result, findings=())).split(b'"findings":[]', 1)
    known = FindingsOut(repairs_of(result))
    yield head + b'"findings":['
    separator = b""
    for start in range(0, len(result.findings), AT_ONCE):
        some = result.findings[start : start + AT_ONCE]
        yield separator + b",".join(encode(known.finding(finding)).rstrip() for finding in some)
        separator = b","
    yield b"]" + tail


def encode(document: Struct) -> bytes:
    """Any output type as JSON. Bytes of a name that are no UTF-8 are written as `\\xff`: JSON has no word for them.
    What would turn a terminal's writing, or steer the agent that prints a log, is escaped."""
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(without_odd_bytes(msgspec.to_builtins(document)))
    return json_for_logs(encoded) + b"\n"


def document(result: Result, *, findings: tuple[FindingOut, ...]) -> Document:
    """The result in the words of schema 1, with these findings."""
    return Document(
        schema=SCHEMA,
        tool=TOOL,
        command=result.command,
        level=result.level,
        verdict=verdict_out(result.verdict),
        subjects=tuple(SubjectOut(s.id, s.kind, s.file or None, s.worthy) for s in result.subjects),
        findings=findings,
        counts=_counts(result),
        demands=tuple(_demand(demand) for demand in result.demands),
        unread=tuple(UnreadOut(what, why) for what, why in result.unread),
        read=result.read,
        notes=result.notes,
        known=tuple(map(FindingsOut().finding, result.known)) if result.known_from else UNSET,
        known_from=result.known_from or UNSET,
    )


def verdict_out(verdict: Verdict) -> VerdictOut:
    """Files are judged for no use in particular: the keys that speak of one are then left out."""
    if not verdict.intent:
        return VerdictOut(verdict.answer, verdict.because, verdict.valid_until, verdict.valid_because or UNSET)
    return VerdictOut(
        verdict.answer,
        verdict.because,
        verdict.valid_until,
        verdict.valid_because,
        verdict.intent,
        verdict.stated,
        verdict.yes_for,
        verdict.changes,
    )


class FindingsOut:
    """Remedies and references come from controls: thousands of findings share one object each, here too."""

    def __init__(self, repairs: Repairs = NO_REPAIRS) -> None:
        self._repairs = repairs
        self._remedies: dict[Remedy | None, RemedyOut | None] = {None: None}
        self._references: dict[tuple[Reference, ...], tuple[ReferenceOut, ...]] = {}

    def finding(self, finding: Finding) -> FindingOut:
        evidence = finding.evidence
        return FindingOut(
            control=finding.control,
            title=finding.title,
            subject=finding.subject,
            kind=finding.kind,
            outcome=finding.outcome,
            severity=finding.severity,
            level=finding.level,
            demand=finding.demand,
            evidence=_evidence(evidence[0]) if evidence else None,
            check_yourself=finding.check_yourself or None,
            remedy=self._remedy(finding.remedy),
            references=self._references_of(finding.references),
            exception=_exception(finding),
            more_evidence=tuple(_evidence(more) for more in evidence[1:]) or UNSET,
            tell=finding.tell or UNSET,
            also_for=finding.also_for or UNSET,
            fixes=tuple(map(_fix, repairs_for(finding, self._repairs))) or UNSET,
        )

    def _remedy(self, remedy: Remedy | None) -> RemedyOut | None:
        if remedy is not None and remedy not in self._remedies:
            self._remedies[remedy] = RemedyOut(remedy.says, remedy.command or None, remedy.costs or None)
        return self._remedies[remedy]

    def _references_of(self, references: tuple[Reference, ...]) -> tuple[ReferenceOut, ...]:
        known = self._references.get(references)
        if known is None:
            known = tuple(ReferenceOut(r.benchmark, r.version, r.id, r.retired or UNSET) for r in references)
            self._references[references] = known
        return known


_NOWHERE = Source("")


def _evidence(evidence: Evidence) -> EvidenceOut:
    source = evidence.source or _NOWHERE
    return EvidenceOut(evidence.says, source.where or None, source.line, source.path or None, source.column or UNSET)


def _fix(fix: Fix) -> FixOut:
    return FixOut(fix.kind, fix.says, fix.may_break or None)


def _exception(finding: Finding) -> ExceptionOut | None:
    risk = finding.exception
    return None if risk is None else ExceptionOut(risk.reason, risk.owner, risk.expires, risk.where or UNSET)


def _demand(answer: DemandAnswer) -> DemandOut:
    says = DEMANDS.get(answer.demand, "")
    return DemandOut(
        answer.demand, says, answer.answer, answer.fail, answer.unknown, answer.passed, answer.need, answer.because
    )


def _counts(result: Result) -> CountsOut:
    counts = Counter(finding.outcome for finding in result.findings)
    return CountsOut(
        fail=counts[Outcome.FAIL],
        unknown=counts[Outcome.UNKNOWN],
        excepted=counts[Outcome.EXCEPTED],
        passed=counts[Outcome.PASS],
        not_applicable=counts[Outcome.NOT_APPLICABLE],
        pending=counts[Outcome.PENDING],
    )
