"""Which failures another one brings with it, and which are one and the same: what is one fault is told once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .field import Source
from .finding import Evidence, Finding


def brought_with(failing: Iterable[Finding]) -> list[tuple[Finding, Finding]]:
    """Each failure that another one brings, with that one: it follows from its control, and rests on the same line of
    the same subject. `privileged` brings all capabilities, and seccomp that is off."""
    failing = list(failing)
    causes = {control for finding in failing for control in finding.follows_from}
    places = {(f.control, f.subject, _source_of(f)): f for f in failing if f.control in causes}
    found = []
    for finding in failing:
        places_of_causes = ((control, finding.subject, _source_of(finding)) for control in finding.follows_from)
        cause = next((places[place] for place in places_of_causes if place in places and place[2]), None)
        if cause is not None:
            found.append((finding, cause))
    return found


def without_brought(failing: Iterable[Finding]) -> list[Finding]:
    """The failures that no other one brings."""
    failing = list(failing)
    brought = {id(finding) for finding, _ in brought_with(failing)}
    return [finding for finding in failing if id(finding) not in brought]


def are_one_fault(one: Sequence[Finding], other: Sequence[Finding]) -> bool:
    """Do a stricter control and a laxer one fail of the same subjects for the same facts?"""
    a, b = one[0], other[0]
    related = a.control in b.stricter_than or b.control in a.stricter_than
    return related and _facts_of(one) == _facts_of(other)


def _source_of(finding: Finding) -> Source | None:
    return finding.evidence[0].source if finding.evidence else None


def _facts_of(findings: Sequence[Finding]) -> set[tuple[str, tuple[Evidence, ...]]]:
    return {(finding.subject, finding.evidence) for finding in findings}
