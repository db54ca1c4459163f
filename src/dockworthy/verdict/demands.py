"""The answer demand by demand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from ..model.demands import DEMANDS
from ..model.finding import Finding, Outcome
from ..model.result import Answer, DemandAnswer


def answer_by_demand(findings: Iterable[Finding]) -> tuple[DemandAnswer, ...]:
    """One answer for each demand that a finding speaks of, in the order of the demands."""
    seen: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for finding in findings:
        seen[finding.demand][finding.outcome] += 1
    return tuple(_answer(demand, seen[demand]) for demand in DEMANDS if demand in seen)


def _answer(demand: str, outcomes: Counter[Outcome]) -> DemandAnswer:
    failed, unknown = outcomes[Outcome.FAIL], outcomes[Outcome.UNKNOWN]
    return DemandAnswer(demand, decide(outcomes), failed, unknown, outcomes[Outcome.PASS])


def decide(outcomes: Counter[Outcome]) -> Answer:
    """What is known to be wrong outranks what is unknown; a pending change is not yet in force."""
    if outcomes[Outcome.FAIL] or outcomes[Outcome.PENDING]:
        return Answer.NOT_YET
    if outcomes[Outcome.UNKNOWN]:
        return Answer.UNDECIDED
    return Answer.ACCEPTED if outcomes[Outcome.EXCEPTED] else Answer.YES
