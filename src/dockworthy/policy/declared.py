"""Declared evidence: what no fact can show. It turns an unknown into an accepted risk, never into a pass."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from msgspec import structs

from ..model.finding import AcceptedRisk, Evidence, Finding, Outcome
from ..model.policy import DeclaredEvidence


def apply_declared(
    findings: Iterable[Finding], declared: Sequence[DeclaredEvidence], *, today: datetime.date
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings with declared gaps marked, and a sentence for each declaration that no longer counts."""
    counting = {evidence.demand: evidence for evidence in declared if evidence.until >= today}
    weighed = tuple(_weighed(finding, counting) for finding in findings)
    late = [evidence for evidence in declared if evidence.until < today]
    notes = tuple(
        f"the evidence for {evidence.demand} ({evidence.what}) counted until {evidence.until}: prove it again"
        for evidence in late
    )
    return weighed, notes


def _weighed(finding: Finding, counting: dict[str, DeclaredEvidence]) -> Finding:
    evidence = counting.get(finding.demand)
    if evidence is None or finding.outcome is not Outcome.UNKNOWN:
        return finding
    says = Evidence(f"declared by {evidence.says}, proven {evidence.proven}: {evidence.what}", None)
    return structs.replace(
        finding,
        outcome=Outcome.EXCEPTED,
        evidence=(says, *finding.evidence),
        exception=AcceptedRisk(f"declared: {evidence.what}", evidence.says, evidence.until.isoformat()),
    )
