"""Faults of one control that are not all equally serious: the finding is as serious as the worst of them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ...model.field import Source
from ...model.finding import Evidence, Judgement, Outcome
from ...model.levels import Severity


class GradedFault(Struct, frozen=True):
    """What is wrong, where, and what it can cost."""

    says: str
    source: Source | None
    severity: Severity


def judge_graded(faults: Iterable[GradedFault], *, good: str, source: Source) -> Judgement:
    """Fails with every fault, the worst first, else passes with `good`."""
    worst_first = sorted(faults, key=lambda fault: fault.severity.rank)
    if not worst_first:
        return Judgement(Outcome.PASS, (Evidence(good, source),))
    evidence = tuple(Evidence(fault.says, fault.source) for fault in worst_first)
    return Judgement(Outcome.FAIL, evidence, severity=worst_first[0].severity)


def failed_as(severity: Severity, says: str, source: Source | None) -> Judgement:
    """One fault."""
    return Judgement(Outcome.FAIL, (Evidence(says, source),), severity=severity)
